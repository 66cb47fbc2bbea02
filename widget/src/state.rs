//! Defines [`State`]: how far a visitor has come, and what each [`Action`] makes of it.

use survey::{Scale, State as Progress};

use crate::asked::{Ask, Asked};

/// What the card shows. The number is the question's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// A question.
    Question(usize),
    /// The same question answered, and what is asked about the answer.
    FollowUp(usize),
    /// The last words.
    Thanks,
    /// Nothing any more.
    Closed,
}

/// What was given to one question so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// The chosen cells, one bit for each.
    pub chosen: u32,
    /// The answer to a question for a text, else the comment.
    pub text: String,
}

/// How far a visitor has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// What the card shows.
    pub screen: Screen,
    /// What was given to each question.
    pub given: [Given; 2],
    /// Whether the card has been seen.
    pub seen: bool,
    /// Whether a list was sent without anything in it.
    pub is_missing: bool,
}

/// What a visitor can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The card came into view.
    See,
    /// Chose the cell at a place: this is the answer, and it is posted at once.
    Choose(u32),
    /// Sent the text or the list.
    Send,
    /// Went on with what was given before.
    Skip,
    /// Turned back to the first question.
    Back,
    /// Closed the card.
    Close,
    /// Left the page, perhaps for good, while something may be written and not sent.
    Leave,
}

impl Action {
    /// The action by which a button is named; `place` tells the cell that was chosen.
    pub fn named(name: &str, place: u32) -> Option<Action> {
        Some(match name {
            "see" => Action::See,
            "choose" => Action::Choose(place),
            "send" => Action::Send,
            "skip" => Action::Skip,
            "back" => Action::Back,
            "close" => Action::Close,
            "leave" => Action::Leave,
            _ => return None,
        })
    }
}

impl Default for State {
    fn default() -> State {
        State {
            screen: Screen::Question(0),
            given: [const { Given { chosen: 0, text: String::new() } }; 2],
            seen: false,
            is_missing: false,
        }
    }
}

impl State {
    /// The question that is shown, and its place.
    pub fn ask<'a>(&self, asked: &'a Asked) -> Option<(usize, &'a Ask)> {
        let (Screen::Question(at) | Screen::FollowUp(at)) = self.screen else { return None };
        Some((at, asked.questions.get(at)?))
    }

    /// Does an action, with what stands in the text field; returns what there is to post.
    pub fn reduce(&mut self, asked: &Asked, action: Action, draft: String) -> Option<Progress> {
        if action == Action::See {
            return (!std::mem::replace(&mut self.seen, true)).then_some(Progress::Shown);
        }
        self.is_missing = false;
        if action == Action::Close {
            return self.close(asked, draft);
        }
        let (at, ask) = self.ask(asked)?;
        match action {
            Action::Send if ask.takes_list && self.given[at].chosen == 0 => {
                self.is_missing = true;
                None
            }
            Action::Send => self.send(asked, draft),
            Action::Skip => self.go_on(asked, None),
            Action::Choose(place) => self.choose(asked, place, draft),
            Action::Back | Action::See | Action::Close | Action::Leave => {
                self.given[at].text = draft;
                self.turn_to(asked, 0);
                None
            }
        }
    }

    /// What there is to post when the page is left, perhaps for good: all answers, and among them
    /// what is only written yet. Nothing changes here: they may come back to it.
    pub fn left(&self, asked: &Asked, draft: String) -> Option<[Given; 2]> {
        let (at, _) = self.ask(asked)?;
        let mut left = State { given: self.given.clone(), ..*self };
        left.given[at].text = draft;
        (left.given != self.given && left.is_answered(asked)).then_some(left.given)
    }

    fn choose(&mut self, asked: &Asked, place: u32, draft: String) -> Option<Progress> {
        let (at, ask) = self.ask(asked)?;
        let given = &mut self.given[at];
        let (before, cell, clean) = (given.chosen, 1 << place, ask.clean());
        let ends_it = !ask.takes_list || cell == clean;
        // Something that went wrong takes back that nothing did, and the other way round.
        given.chosen = if ends_it { cell } else { (before ^ cell) & !clean };
        let is_new = given.chosen != 0 && given.chosen != before;
        let new = is_new.then_some(Progress::Answered);
        self.turn_to(asked, at);
        if ends_it && self.screen == Screen::Question(at) {
            self.given[at].text = draft;
            return self.go_on(asked, new);
        }
        new
    }

    fn send(&mut self, asked: &Asked, draft: String) -> Option<Progress> {
        let (at, _) = self.ask(asked)?;
        let given = &mut self.given[at];
        let new = (given.text != draft).then_some(Progress::Answered);
        given.text = draft;
        self.go_on(asked, new)
    }

    fn close(&mut self, asked: &Asked, draft: String) -> Option<Progress> {
        let is_open = self.screen != Screen::Closed;
        // Who has written something meant it to be read.
        let is_written = is_open && !draft.is_empty();
        let sent = is_written.then(|| self.send(asked, draft)).flatten();
        self.screen = Screen::Closed;
        sent.or((is_open && !self.is_answered(asked)).then_some(Progress::Dismissed))
    }

    /// Turns to the next question or to the end. What was new there makes the response complete.
    fn go_on(&mut self, asked: &Asked, new: Option<Progress>) -> Option<Progress> {
        let (at, _) = self.ask(asked)?;
        if at + 1 < asked.questions.len() {
            self.turn_to(asked, at + 1);
            return new;
        }
        // Skipped all the way: there is nothing to give thanks for.
        let is_answered = self.is_answered(asked);
        self.screen = if is_answered { Screen::Thanks } else { Screen::Closed };
        Some(if is_answered { Progress::Completed } else { Progress::Dismissed })
    }

    /// Shows a question, and what was asked about its answer if it has one.
    fn turn_to(&mut self, asked: &Asked, at: usize) {
        let chosen = self.given[at].chosen;
        let follow_up = asked.questions.get(at).and_then(|ask| ask.follow_up(chosen));
        let is_followed = chosen != 0 && follow_up.is_some();
        self.screen = if is_followed { Screen::FollowUp(at) } else { Screen::Question(at) };
    }

    /// Whether any question has its answer. A comment is none.
    fn is_answered(&self, asked: &Asked) -> bool {
        asked.questions.iter().zip(&self.given).any(|(ask, given)| {
            given.chosen != 0 || (ask.scale == Scale::Text && !given.text.is_empty())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two cells that are followed up, `no` and `so`, and one that is not, for each question.
    /// Scales as words: `nps`, `choice*` of several, `problems`, `text`.
    fn asked(scales: &str) -> Asked {
        let mut fields = ["Back", "Skip", "Next", "Send", "Optional", "Choose", "0"].to_vec();
        let scales: Vec<&str> = scales.split(' ').collect();
        fields.push(if scales.len() == 1 { "1" } else { "2" });
        for scale in scales {
            let name = scale.trim_end_matches('*');
            let takes_list = if name == "problems" || name != scale { "1" } else { "0" };
            fields.extend([name, "3", takes_list, "?", "", ""]);
            let cells: &[&str] = match name {
                "text" => &["0"],
                "nps" => &["3", "0", "0", "", "6", "6", "", "9", "9", ""],
                _ => &["3", "a", "A", "", "b", "B", "", "", "None", ""],
            };
            fields.extend(cells);
            fields.extend(match name {
                "nps" => ["1", "detractor", "Why?", "", ""].as_slice(),
                "problems" => &["1", "complaint", "Why?", "", ""],
                _ => &["0"],
            });
        }
        Asked::read(&fields.join("\u{1f}"))
    }

    /// Does actions, written as words, and tells what was posted, and the screen in the end.
    fn check(scales: &str, actions: &str, expected: &str) {
        let asked = asked(scales);
        let mut state = State::default();
        let mut found = Vec::new();
        for action in actions.split(' ') {
            let (action, draft) = of_word(action);
            let posted = match action {
                Action::Leave => {
                    let left = state.left(&asked, draft.to_owned());
                    left.map(|given| (Progress::Answered, given))
                }
                _ => state
                    .reduce(&asked, action, draft.to_owned())
                    .map(|progress| (progress, state.given.clone())),
            };
            if let Some((progress, given)) = posted {
                let given = given.iter().filter(|given| **given != Given::default());
                let given = given.map(|given| format!(":{:b}{}", given.chosen, given.text));
                found.push(progress.name().to_owned() + &given.collect::<String>());
            }
        }
        found.push(format!("{:?}", state.screen));
        assert_eq!(found.join(" "), expected, "{scales}: {actions}");
    }

    /// An action and, behind a colon, what stands in the text field then.
    fn of_word(word: &str) -> (Action, &str) {
        let (name, draft) = word.split_once(':').unwrap_or((word, ""));
        let place = name.parse();
        let named = || Action::named(name, 0).unwrap();
        (place.map_or_else(|_| named(), Action::Choose), draft)
    }

    #[test]
    fn the_first_click_is_posted_at_once() {
        check("nps", "see 0", "shown answered:1 FollowUp(0)");
        check("nps", "see 2", "shown completed:100 Thanks");
        check("nps nps", "see 0", "shown answered:1 FollowUp(0)");
        check("nps nps", "see 2", "shown answered:100 Question(1)");
    }

    #[test]
    fn a_follow_up_is_sent_or_skipped() {
        check("nps", "0 send:slow", "answered:1 completed:1slow Thanks");
        check("nps", "0 send", "answered:1 completed:1 Thanks");
        check("nps", "0 skip:slow", "answered:1 completed:1 Thanks");
        check("nps nps", "0 send:slow 2", "answered:1 answered:1slow completed:1slow:100 Thanks");
        check("nps nps", "0 skip 2", "answered:1 completed:1:100 Thanks");
    }

    #[test]
    fn a_score_can_be_changed_while_its_follow_up_is_asked() {
        check("nps", "0 1:slow", "answered:1 answered:10 FollowUp(0)");
        check("nps", "0 0", "answered:1 FollowUp(0)");
        check("nps", "0 2:slow", "answered:1 completed:100slow Thanks");
    }

    #[test]
    fn a_list_is_sent_when_it_is_whole() {
        check("choice*", "0 1 send", "answered:1 answered:11 completed:11 Thanks");
        check("choice*", "0 0 send", "answered:1 Question(0)");
        check("choice*", "send skip", "dismissed Closed");
        check("choice", "1", "completed:10 Thanks");
    }

    #[test]
    fn nothing_went_wrong_is_an_answer() {
        check("problems", "2", "completed:100 Thanks");
        check("problems", "0 1", "answered:1 answered:11 FollowUp(0)");
        check("problems", "0 2", "answered:1 completed:100 Thanks");
        check("problems", "0 0", "answered:1 Question(0)");
        check("problems nps", "2 back 0", "answered:100 answered:1 FollowUp(0)");
        check("problems", "0 send:late", "answered:1 completed:1late Thanks");
    }

    #[test]
    fn one_can_turn_back_and_forth() {
        check("nps nps", "2 back", "answered:100 Question(0)");
        check("nps nps", "2 back skip 2", "answered:100 completed:100:100 Thanks");
        check("nps nps", "2 back 2", "answered:100 Question(1)");
        check("nps nps", "2 back 0", "answered:100 answered:1 FollowUp(0)");
        check("nps nps", "0 send:slow back", "answered:1 answered:1slow FollowUp(0)");
        check(
            "nps nps",
            "2 0 back:late 2 skip",
            "answered:100 answered:100:1 completed:100:1late Thanks",
        );
        check("nps text", "2 back:Hi 2 send:Hi", "answered:100 completed:100:0Hi Thanks");
    }

    #[test]
    fn closing_is_a_dismissal_only_without_an_answer() {
        check("nps", "see close", "shown dismissed Closed");
        check("nps", "see close close", "shown dismissed Closed");
        check("nps", "0 close", "answered:1 Closed");
        check("nps", "2 close", "completed:100 Closed");
        check("nps nps", "2 close", "answered:100 Closed");
        check("nps", "0 close:slow", "answered:1 completed:1slow Closed");
        check("text", "close:Hi", "completed:0Hi Closed");
    }

    #[test]
    fn a_text_can_be_the_question() {
        check("text", "send:Hi", "completed:0Hi Thanks");
        check("text", "skip", "dismissed Closed");
        check("text nps", "skip 2", "completed:100 Thanks");
        check("nps text", "2 skip", "answered:100 completed:100 Thanks");
        check("nps text", "2 send:Hi", "answered:100 completed:100:0Hi Thanks");
    }

    #[test]
    fn what_is_written_is_posted_when_the_page_is_left() {
        check("nps", "0 leave:slow", "answered:1 answered:1slow FollowUp(0)");
        check(
            "nps",
            "0 leave:slow send:slower",
            "answered:1 answered:1slow completed:1slower Thanks",
        );
        check("nps", "0 leave:slow skip", "answered:1 answered:1slow completed:1 Thanks");
        check("nps", "0 leave leave", "answered:1 FollowUp(0)");
        check("text", "leave:Hi close:Hi", "answered:0Hi completed:0Hi Closed");
        check("nps", "leave", "Question(0)");
    }

    #[test]
    fn what_comes_too_late_changes_nothing() {
        check("nps", "see see", "shown Question(0)");
        check("nps", "2 0 send skip", "completed:100 Thanks");
        check("nps", "close 0 send skip", "dismissed Closed");
    }
}
