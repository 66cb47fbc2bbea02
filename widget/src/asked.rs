//! Defines [`Asked`]: what a survey asks one visitor, in their language and their digits.
//!
//! The page's part reads the definition and writes all of it as one text (`widget/host/asked.js`):
//! that crosses into WebAssembly with a fraction of the code that reading objects takes.

use std::str::Split;

use survey::Scale;
use survey::definition::ANY_GROUP;
use yew::AttrValue;

/// Ends a field. The page's part takes it out of every text.
const FIELD_END: char = '\u{1f}';

/// What is asked, and how it is written for one visitor.
#[derive(Debug, PartialEq, Eq)]
pub struct Asked {
    /// What the card's own buttons say.
    pub words: Words,
    /// The last words, by the group of the first answer or by `any`.
    pub thanks: Vec<ForGroup>,
    /// One or two questions.
    pub questions: Vec<Ask>,
}

/// The card's own words.
#[derive(Debug, PartialEq, Eq)]
pub struct Words {
    /// Turns back to the first question.
    pub back: AttrValue,
    /// Goes on without a text.
    pub skip: AttrValue,
    /// Goes on with the answer that is given already.
    pub next: AttrValue,
    /// Sends a text or a list.
    pub send: AttrValue,
    /// Stands in an empty text field.
    pub optional: AttrValue,
    /// Says that a list is still empty.
    pub choose: AttrValue,
}

/// A question.
#[derive(Debug, PartialEq, Eq)]
pub struct Ask {
    /// How it is answered.
    pub scale: Scale,
    /// How many faces.
    pub points: u8,
    /// Whether an answer is a list.
    pub takes_list: bool,
    /// The question itself.
    pub prompt: AttrValue,
    /// The labels of the ends of the scale.
    pub ends: [AttrValue; 2],
    /// What can be chosen; of `problems` the last one is that there were none.
    pub cells: Vec<Cell>,
    /// What to ask after the answer, by its group or by `any`.
    pub follow_up: Vec<ForGroup>,
}

/// Something that can be chosen.
#[derive(Debug, PartialEq, Eq)]
pub struct Cell {
    /// The value it stands for.
    pub value: AttrValue,
    /// What it says.
    pub label: AttrValue,
    /// What is drawn instead, as the path of an SVG in a square of 24; perhaps empty.
    pub drawing: AttrValue,
}

/// What is said to one group.
#[derive(Debug, PartialEq, Eq)]
pub struct ForGroup {
    /// Its name, or `any`.
    pub group: AttrValue,
    /// What is said.
    pub text: AttrValue,
    /// What a link says; empty without one.
    pub link: AttrValue,
    /// Where the link leads.
    pub url: AttrValue,
}

impl Asked {
    /// Reads what the page's part wrote. What is missing there is empty.
    pub fn read(text: &str) -> Asked {
        let mut fields = Fields(text.split(FIELD_END));
        let words = Words {
            back: fields.text(),
            skip: fields.text(),
            next: fields.text(),
            send: fields.text(),
            optional: fields.text(),
            choose: fields.text(),
        };
        Asked { words, thanks: fields.for_groups(), questions: fields.list(Fields::ask) }
    }
}

impl Ask {
    /// What to ask after these cells were chosen.
    pub fn follow_up(&self, chosen: u32) -> Option<&AttrValue> {
        self.said(&self.follow_up, chosen).map(|row| &row.text)
    }

    /// What is said to those who chose these cells.
    pub fn said<'a>(&self, rows: &'a [ForGroup], chosen: u32) -> Option<&'a ForGroup> {
        let find = |group: &str| rows.iter().find(|row| row.group == group);
        let group = self.group_value(chosen).and_then(|value| self.scale.group(self.points, value));
        group.and_then(|group| find(group.name())).or_else(|| find(ANY_GROUP))
    }

    /// The bit of the cell that says that nothing went wrong; 0 where there is none.
    pub fn clean(&self) -> u32 {
        if self.scale == Scale::Problems { (1 << self.cells.len()) >> 1 } else { 0 }
    }

    /// The value that has a group: what was chosen, of problems how many.
    fn group_value(&self, chosen: u32) -> Option<u8> {
        if self.scale == Scale::Problems {
            return Some((chosen & !self.clean()).count_ones() as u8);
        }
        self.cells.get(chosen.trailing_zeros() as usize)?.value.parse().ok()
    }
}

struct Fields<'a>(Split<'a, char>);

impl Fields<'_> {
    fn text(&mut self) -> AttrValue {
        AttrValue::from(self.0.next().unwrap_or_default().to_owned())
    }

    fn number(&mut self) -> u8 {
        self.text().parse().unwrap_or_default()
    }

    fn list<T>(&mut self, read: fn(&mut Self) -> T) -> Vec<T> {
        (0..self.number()).map(|_| read(self)).collect()
    }

    fn for_groups(&mut self) -> Vec<ForGroup> {
        self.list(|fields| ForGroup {
            group: fields.text(),
            text: fields.text(),
            link: fields.text(),
            url: fields.text(),
        })
    }

    fn ask(&mut self) -> Ask {
        let name = self.text();
        Ask {
            scale: Scale::ALL.into_iter().find(|it| it.name() == &*name).unwrap_or(Scale::Text),
            points: self.number(),
            takes_list: self.number() > 0,
            prompt: self.text(),
            ends: [self.text(), self.text()],
            cells: self.list(|fields| Cell {
                value: fields.text(),
                label: fields.text(),
                drawing: fields.text(),
            }),
            follow_up: self.for_groups(),
        }
    }
}
