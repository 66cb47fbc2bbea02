//! Reads a definition for one visitor, and the answers they give: what `widget/host/asked.js` does
//! for the page.

use std::collections::BTreeMap;

use survey::definition::{ANY_GROUP, OPTIONS_MAX};
use survey::look::Thanks;
use survey::{Answer, Definition, Question, Scale, Text, Value};
use yew::AttrValue;

use crate::asked::{self, Ask, Asked, Cell, ForGroup};
use crate::drawings::{STAR, THUMB_DOWN, THUMB_UP, face};
use crate::state::Given;
use crate::words::Words;

/// A definition and its visitor.
pub struct Reading<'a> {
    /// What is asked.
    pub definition: &'a Definition,
    /// The card's own words.
    pub words: &'a Words,
    /// The visitor's locale.
    pub locale: &'a str,
    /// Writes a number in the visitor's digits.
    pub number: &'a dyn Fn(u8) -> String,
    /// Chooses the form of a text that a number wants: `one`, `few`, `other` …
    pub form: &'a dyn Fn(u8) -> String,
}

impl Reading<'_> {
    /// What the visitor is asked: the first two questions, as there are never more.
    pub fn asked(&self) -> Asked {
        let Words { back, skip, next, send, optional, choose, .. } = self.words;
        let [back, skip, next, send, optional, choose] =
            [back, skip, next, send, optional, choose].map(|word| AttrValue::from(word.clone()));
        Asked {
            words: asked::Words { back, skip, next, send, optional, choose },
            thanks: self.thanks(),
            questions: self.definition.questions.iter().take(2).map(|it| self.ask(it)).collect(),
        }
    }

    fn text(&self, text: &Text) -> AttrValue {
        AttrValue::from(text.get(self.locale, &self.definition.locale).to_owned())
    }

    fn thanks(&self) -> Vec<ForGroup> {
        let usual = || said(ANY_GROUP, AttrValue::from(self.words.thanks.clone()));
        match &self.definition.thanks {
            None => vec![usual()],
            Some(Thanks::Text(text)) => vec![said(ANY_GROUP, self.text(text))],
            Some(Thanks::ByGroup(groups)) => {
                let rows = groups.iter().map(|(group, farewell)| {
                    let link = farewell.link.as_ref();
                    ForGroup {
                        link: link.map_or(AttrValue::default(), |link| self.text(&link.label)),
                        url: link.map_or(AttrValue::default(), |link| link.url.clone().into()),
                        ..said(group, self.text(&farewell.text))
                    }
                });
                // The first row of a group counts.
                rows.chain([usual()]).collect()
            }
        }
    }

    fn ask(&self, question: &Question) -> Ask {
        let end = |own: &Option<Text>, usual: Option<&String>| match own {
            Some(text) => self.text(text),
            None => AttrValue::from(usual.cloned().unwrap_or_default()),
        };
        let ends = self.ends(question);
        let follow_up = question.follow_up.iter();
        Ask {
            scale: question.scale,
            points: question.points(),
            takes_list: question.takes_list(),
            prompt: self.text(&question.prompt),
            ends: [end(&question.low, ends.first()), end(&question.high, ends.last())],
            cells: self.cells(question),
            follow_up: follow_up.map(|(group, text)| said(group, self.text(text))).collect(),
        }
    }

    /// The labels of a scale's ends where the owner gave none: the first and the last.
    fn ends(&self, question: &Question) -> &[String] {
        let Words { likely, effort, agree, faces, .. } = self.words;
        match question.scale {
            Scale::Nps => likely,
            Scale::Effort => effort,
            Scale::Ease | Scale::Agree => agree,
            Scale::Faces if question.points() < 5 => &faces[1..4],
            Scale::Faces | Scale::Stars | Scale::Rating => faces,
            _ => &[],
        }
    }

    fn cells(&self, question: &Question) -> Vec<Cell> {
        let numbers = |range: std::ops::RangeInclusive<u8>| {
            range.map(|value| point(value, (self.number)(value), "")).collect()
        };
        let words = self.words;
        match question.scale {
            Scale::Text => Vec::new(),
            Scale::Choice => self.options(question).collect(),
            Scale::Problems => {
                self.options(question).chain([cell("", words.nothing.clone(), "")]).collect()
            }
            Scale::YesNo => vec![point(1, words.yes.clone(), ""), point(0, words.no.clone(), "")],
            Scale::Thumbs => {
                vec![point(1, words.up.clone(), THUMB_UP), point(0, words.down.clone(), THUMB_DOWN)]
            }
            Scale::Stars => (1..=5).map(|stars| point(stars, self.stars(stars), STAR)).collect(),
            Scale::Faces => {
                (1..=question.points()).map(|value| self.face(question, value)).collect()
            }
            scale => scale.range(question.points()).map_or_else(Vec::new, numbers),
        }
    }

    fn options<'a>(&'a self, question: &'a Question) -> impl Iterator<Item = Cell> + 'a {
        let options = question.options.iter().take(OPTIONS_MAX);
        options.map(|option| cell(&option.id, self.text(&option.label), ""))
    }

    fn stars(&self, stars: u8) -> String {
        let forms: &BTreeMap<String, String> = &self.words.star;
        let text = forms.get(&(self.form)(stars)).or_else(|| forms.get("other"));
        text.map_or_else(String::new, |text| text.replace("{}", &(self.number)(stars)))
    }

    /// Three faces are the middle ones of five.
    fn face(&self, question: &Question, value: u8) -> Cell {
        let at = usize::from((value + 1).saturating_sub(question.points() / 2));
        point(value, self.words.faces.get(at).cloned().unwrap_or_default(), &face(at))
    }
}

/// The answers, as they are posted.
pub fn answers(definition: &Definition, asked: &Asked, given: &[Given; 2]) -> Vec<Answer> {
    let asked = definition.questions.iter().zip(&asked.questions).zip(given);
    asked.filter_map(|((question, ask), given)| answer(question, ask, given)).collect()
}

fn answer(question: &Question, ask: &Ask, given: &Given) -> Option<Answer> {
    let text = (!given.text.is_empty()).then(|| given.text.clone());
    let id = question.id().to_owned();
    if question.scale == Scale::Text {
        return text.map(|text| Answer { question: id, value: Value::Text(text), comment: None });
    }
    let chosen = ask.cells.iter().enumerate().filter(|(at, _)| given.chosen >> at & 1 == 1);
    let mut values = chosen.map(|(_, cell)| cell.value.to_string());
    let value = if given.chosen == 0 {
        return None;
    } else if ask.takes_list {
        // That nothing went wrong is an empty list.
        Value::List(values.filter(|value| !value.is_empty()).collect())
    } else if question.scale == Scale::Choice {
        Value::Text(values.next()?)
    } else {
        Value::Number(values.next()?.parse().ok()?)
    };
    Some(Answer { question: id, value, comment: text })
}

fn cell(value: &str, label: impl Into<AttrValue>, drawing: &str) -> Cell {
    let [value, drawing] = [value, drawing].map(|text| AttrValue::from(text.to_owned()));
    Cell { value, label: label.into(), drawing }
}

fn point(value: u8, label: impl Into<AttrValue>, drawing: &str) -> Cell {
    cell(&value.to_string(), label, drawing)
}

fn said(group: &str, text: AttrValue) -> ForGroup {
    let group = AttrValue::from(group.to_owned());
    ForGroup { group, text, link: AttrValue::default(), url: AttrValue::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is posted for chosen cells and a text, as JSON.
    fn check(question: &str, chosen: u32, text: &str, expected: &str) {
        let json = format!(
            r#"{{"survey":"s","locale":"en","questions":[{{"prompt":"?","id":"q",{question}}}]}}"#
        );
        let definition: Definition = serde_json::from_str(&json).unwrap();
        let words = Words::default();
        let number = |number: u8| number.to_string();
        let form = |number: u8| if number == 1 { "one" } else { "other" }.to_owned();
        let reading = Reading {
            definition: &definition,
            words: &words,
            locale: "en",
            number: &number,
            form: &form,
        };
        let asked = reading.asked();
        let given = [Given { chosen, text: text.to_owned() }, Given::default()];
        let mut found = answers(&definition, &asked, &given);
        let found = found.pop().map(|answer| serde_json::to_string(&answer).unwrap());
        assert_eq!(found.unwrap_or_default(), expected, "{question}");
    }

    #[test]
    fn answers_are_what_the_collector_takes() {
        check(
            r#""scale":"nps""#,
            1 << 10,
            "fast",
            r#"{"question":"q","value":10,"comment":"fast"}"#,
        );
        check(r#""scale":"faces","points":5"#, 1, "", r#"{"question":"q","value":1}"#);
        check(r#""scale":"yes_no""#, 2, "", r#"{"question":"q","value":0}"#);
        check(r#""scale":"text""#, 0, "Hi", r#"{"question":"q","value":"Hi"}"#);
        check(r#""scale":"nps""#, 0, "Hi", "");
        let options = r#""options":[{"id":"a","label":"A"},{"id":"b","label":"B"}]"#;
        let choice = format!(r#""scale":"choice",{options}"#);
        check(&choice, 2, "", r#"{"question":"q","value":"b"}"#);
        let several = format!(r#""multiple":true,{choice}"#);
        check(&several, 3, "", r#"{"question":"q","value":["a","b"]}"#);
        let problems = format!(r#""scale":"problems",{options}"#);
        check(&problems, 4, "", r#"{"question":"q","value":[]}"#);
    }
}
