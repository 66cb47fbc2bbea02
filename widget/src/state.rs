//! Defines [`State`]: how far a visitor has come, and what each [`Action`] makes of it.

use survey::text::is_right_to_left;
use survey::{Answer, Scale, State as Progress, Value};

use crate::ask::{Ask, Asked};
use crate::keys;

/// What the card shows. The number is the question's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// A question, not answered yet.
    Question(usize),
    /// The same question answered, and what is asked about the answer.
    FollowUp(usize),
    /// The last words.
    Thanks,
    /// Nothing any more.
    Closed,
}

/// Most characters that can be written: two texts of so many fit into what the collector takes for
/// one response, whatever the script they are written in.
pub const CHARS_MAX: usize = 2_000;

/// How far a visitor has come.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// What the card shows.
    pub screen: Screen,
    /// All answers so far.
    pub answers: Vec<Answer>,
    /// Where the keyboard stands in the scale.
    pub cursor: Option<u8>,
    /// The text being written.
    pub draft: String,
    /// Whether the card has been seen.
    pub seen: bool,
}

/// What a visitor can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The card came into view.
    See,
    /// Pressed a key on the scale: it can move the focus, but chooses nothing.
    Press(String),
    /// Chose a value: this is the answer, and it is posted at once.
    Choose(u8),
    /// Changed the text.
    Write(String),
    /// Sent the text.
    Send,
    /// Went on without a text.
    Skip,
    /// Closed the card.
    Close,
    /// Left the page, perhaps for good, while something may be written and not sent.
    Leave,
}

impl Default for State {
    fn default() -> State {
        State {
            screen: Screen::Question(0),
            answers: Vec::new(),
            cursor: None,
            draft: String::new(),
            seen: false,
        }
    }
}

impl State {
    /// The question that is shown, and its place.
    pub fn ask<'a>(&self, asked: &'a Asked) -> Option<(usize, &'a Ask)> {
        let (Screen::Question(at) | Screen::FollowUp(at)) = self.screen else { return None };
        Some((at, asked.questions.get(at)?))
    }

    /// The point of the scale that was chosen as the answer to a question.
    pub fn chosen(&self, ask: &Ask) -> Option<u8> {
        let answer = self.answers.iter().find(|answer| answer.question == ask.id)?;
        match answer.value {
            Value::Number(number) => u8::try_from(number).ok(),
            Value::Text(_) | Value::List(_) | Value::OffScale(_) => None,
        }
    }

    /// Where the Tab key enters the scale: where the keyboard was, else the answer, else the start.
    pub fn stop(&self, ask: &Ask) -> Option<u8> {
        let start = || ask.range().map(|(low, _)| low);
        self.cursor.or_else(|| self.chosen(ask)).or_else(start)
    }

    /// Does an action; returns what there is to post.
    pub fn reduce(&mut self, asked: &Asked, action: Action) -> Option<Progress> {
        match action {
            Action::See => (!std::mem::replace(&mut self.seen, true)).then_some(Progress::Shown),
            Action::Press(key) => {
                self.press(asked, &key);
                None
            }
            Action::Choose(value) => self.choose(asked, value),
            Action::Write(text) => {
                self.draft = text;
                None
            }
            Action::Send => self.send(asked),
            Action::Skip => self.skip(asked),
            Action::Close => self.close(asked),
            Action::Leave => self.leave(asked),
        }
    }

    /// Takes what is written along without turning the page: they may come back to it.
    fn leave(&mut self, asked: &Asked) -> Option<Progress> {
        let (_, ask) = self.ask(asked)?;
        self.note(ask, self.draft.clone())
    }

    /// Goes on without what may have been noted on leaving.
    fn skip(&mut self, asked: &Asked) -> Option<Progress> {
        let (_, ask) = self.ask(asked)?;
        if let Some(answer) = self.answers.iter_mut().find(|a| a.question == ask.id) {
            answer.comment = None;
        }
        self.go_on(asked, None)
    }

    fn close(&mut self, asked: &Asked) -> Option<Progress> {
        let is_open = self.screen != Screen::Closed;
        // Who has written something meant it to be read.
        let is_written = is_open && !self.draft.trim().is_empty();
        let sent = is_written.then(|| self.send(asked)).flatten();
        self.screen = Screen::Closed;
        sent.or((is_open && self.answers.is_empty()).then_some(Progress::Dismissed))
    }

    fn press(&mut self, asked: &Asked, key: &str) -> Option<()> {
        let (_, ask) = self.ask(asked)?;
        let (stop, range) = (self.stop(ask)?, ask.range()?);
        self.cursor = Some(keys::target(key, stop, range, is_right_to_left(&asked.locale))?);
        Some(())
    }

    fn choose(&mut self, asked: &Asked, value: u8) -> Option<Progress> {
        let (at, ask) = self.ask(asked)?;
        self.cursor = Some(value);
        if self.chosen(ask) == Some(value) {
            return None;
        }
        self.answer(ask, Value::Number(value.into()));
        if ask.follow_up(value).is_some() {
            self.screen = Screen::FollowUp(at);
            return Some(Progress::Answered);
        }
        self.go_on(asked, Some(Progress::Answered))
    }

    fn send(&mut self, asked: &Asked) -> Option<Progress> {
        let (_, ask) = self.ask(asked)?;
        let text = std::mem::take(&mut self.draft);
        let new = self.note(ask, text);
        self.go_on(asked, new)
    }

    /// Adds a text to the answers; returns what there is to post.
    fn note(&mut self, ask: &Ask, mut text: String) -> Option<Progress> {
        // The text field has the same limit, but only for what is typed.
        if let Some((end, _)) = text.char_indices().nth(CHARS_MAX) {
            text.truncate(end);
        }
        if text.trim().is_empty() {
            return None;
        }
        if ask.scale == Scale::Text {
            self.answer(ask, Value::Text(text));
        } else if let Some(answer) = self.answers.iter_mut().find(|a| a.question == ask.id) {
            answer.comment = Some(text);
        }
        Some(Progress::Answered)
    }

    fn answer(&mut self, ask: &Ask, value: Value) {
        match self.answers.iter_mut().find(|answer| answer.question == ask.id) {
            Some(answer) => answer.value = value,
            None => {
                let question = ask.id.clone();
                self.answers.push(Answer { question, value, comment: None });
            }
        }
    }

    /// Turns to the next question or to the end. What was new there makes the response complete.
    fn go_on(&mut self, asked: &Asked, new: Option<Progress>) -> Option<Progress> {
        let (at, _) = self.ask(asked)?;
        self.draft = String::new();
        self.cursor = None;
        if at + 1 < asked.questions.len() {
            self.screen = Screen::Question(at + 1);
            return new;
        }
        // Skipped all the way: there is nothing to give thanks for.
        let skipped = self.answers.is_empty();
        self.screen = if skipped { Screen::Closed } else { Screen::Thanks };
        Some(if skipped { Progress::Dismissed } else { Progress::Completed })
    }
}

#[cfg(test)]
mod tests {
    use survey::Scale::{Faces, Nps, Text};

    use super::*;

    fn asked(scales: &[Scale]) -> Asked {
        let ask = |scale: &Scale| Ask {
            id: scale.name().to_owned(),
            scale: *scale,
            points: 3,
            prompt: "?".into(),
            ends: ["".into(), "".into()],
            follow_up: vec![("detractor".to_owned(), "Why?".into())],
        };
        let questions = scales.iter().map(ask).collect();
        Asked { locale: "en".into(), position: "".into(), questions, thanks: "".into() }
    }

    /// Does actions, written as words, and tells what was posted, and the screen in the end.
    fn check(scales: &[Scale], actions: &str, expected: &str) {
        let asked = asked(scales);
        let mut state = State::default();
        let mut found = Vec::new();
        for action in actions.split(' ') {
            if let Some(progress) = state.reduce(&asked, of_word(action)) {
                let answers = state.answers.iter().map(|answer| {
                    let value = match &answer.value {
                        Value::Number(number) => number.to_string(),
                        Value::Text(text) => text.clone(),
                        Value::List(options) => options.join(";"),
                        Value::OffScale(number) => number.to_string(),
                    };
                    format!(":{value}{}", answer.comment.as_deref().unwrap_or_default())
                });
                found.push(progress.name().to_owned() + &answers.collect::<String>());
            }
        }
        found.push(format!("{:?}", state.screen));
        assert_eq!(found.join(" "), expected, "{actions}");
    }

    fn of_word(word: &str) -> Action {
        match word.split_at(1) {
            ("v", _) => Action::See,
            ("p", key) => Action::Press(key.to_owned()),
            ("w", text) => Action::Write(text.to_owned()),
            ("s", _) => Action::Send,
            ("k", _) => Action::Skip,
            ("x", _) => Action::Close,
            ("l", _) => Action::Leave,
            _ => Action::Choose(word.parse().unwrap()),
        }
    }

    #[test]
    fn the_first_click_is_posted_at_once() {
        check(&[Nps], "v 3", "shown answered:3 FollowUp(0)");
        check(&[Nps], "v 9", "shown completed:9 Thanks");
        check(&[Nps, Faces], "v 3", "shown answered:3 FollowUp(0)");
        check(&[Nps, Faces], "v 9", "shown answered:9 Question(1)");
        check(&[Nps], "v p5 pArrowRight", "shown Question(0)");
    }

    #[test]
    fn a_follow_up_is_sent_or_skipped() {
        check(&[Nps], "3 wslow s", "answered:3 completed:3slow Thanks");
        check(&[Nps], "3 s", "answered:3 completed:3 Thanks");
        check(&[Nps], "3 wslow k", "answered:3 completed:3 Thanks");
        check(&[Nps, Faces], "3 wslow s 2", "answered:3 answered:3slow completed:3slow:2 Thanks");
        check(&[Nps, Faces], "3 k 2", "answered:3 completed:3:2 Thanks");
    }

    #[test]
    fn a_score_can_be_changed_while_its_follow_up_is_asked() {
        check(&[Nps], "3 4", "answered:3 answered:4 FollowUp(0)");
        check(&[Nps], "3 3", "answered:3 FollowUp(0)");
        check(&[Nps], "3 wslow 9", "answered:3 completed:9 Thanks");
    }

    #[test]
    fn closing_is_a_dismissal_only_without_an_answer() {
        check(&[Nps], "v x", "shown dismissed Closed");
        check(&[Nps], "v x x", "shown dismissed Closed");
        check(&[Nps], "3 x", "answered:3 Closed");
        check(&[Nps], "9 x", "completed:9 Closed");
        check(&[Nps, Faces], "9 x", "answered:9 Closed");
        check(&[Nps], "3 wslow x", "answered:3 completed:3slow Closed");
        check(&[Text], "wHi x", "completed:Hi Closed");
        check(&[Text], "w\t x", "dismissed Closed");
    }

    #[test]
    fn a_text_can_be_the_question() {
        check(&[Text], "wHi s", "completed:Hi Thanks");
        check(&[Text], "k", "dismissed Closed");
        check(&[Text, Faces], "k 2", "completed:2 Thanks");
        check(&[Faces, Text], "2 k", "answered:2 completed:2 Thanks");
        check(&[Faces, Text], "2 wHi s", "answered:2 completed:2:Hi Thanks");
    }

    #[test]
    fn what_is_written_is_noted_when_the_page_is_left() {
        check(&[Nps], "3 wslow l", "answered:3 answered:3slow FollowUp(0)");
        check(&[Nps], "3 wslow l wslower s", "answered:3 answered:3slow completed:3slower Thanks");
        check(&[Nps], "3 wslow l k", "answered:3 answered:3slow completed:3 Thanks");
        check(&[Nps], "3 w\t l l", "answered:3 FollowUp(0)");
        check(&[Text], "wHi l x", "answered:Hi completed:Hi Closed");
        check(&[Nps], "l", "Question(0)");
    }

    #[test]
    fn what_comes_too_late_changes_nothing() {
        check(&[Nps], "v v", "shown Question(0)");
        check(&[Nps], "9 3 s k", "completed:9 Thanks");
        check(&[Nps], "x 3 s k", "dismissed Closed");
    }

    #[test]
    fn a_text_is_cut_at_its_limit() {
        let asked = asked(&[Text]);
        let mut state = State::default();
        state.reduce(&asked, Action::Write("ن".repeat(CHARS_MAX + 1)));
        state.reduce(&asked, Action::Send);
        let Value::Text(text) = &state.answers[0].value else { panic!("a text was sent") };
        assert_eq!(text.chars().count(), CHARS_MAX);
    }
}
