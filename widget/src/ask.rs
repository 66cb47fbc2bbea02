//! Defines [`Asked`]: a survey's definition in the language of one visitor.

use survey::definition::ANY_GROUP;
use survey::{Scale, Text};
use yew::AttrValue;

use crate::digits;
use crate::words::Words;

/// What is asked, and how it is written for one visitor.
#[derive(Debug)]
pub struct Asked {
    /// The visitor's locale.
    pub locale: AttrValue,
    /// The corner: `bottom-end`, …
    pub position: AttrValue,
    /// One or two questions.
    pub questions: Vec<Ask>,
    /// The last words.
    pub thanks: AttrValue,
}

/// A question.
#[derive(Debug)]
pub struct Ask {
    /// Its id.
    pub id: String,
    /// How it is answered.
    pub scale: Scale,
    /// How many faces.
    pub points: u8,
    /// The question itself.
    pub prompt: AttrValue,
    /// The labels of the ends of the scale.
    pub ends: [AttrValue; 2],
    /// What to ask after the answer, by its group or by `any`.
    pub follow_up: Vec<(String, AttrValue)>,
}

impl Asked {
    /// The card's own words in the visitor's language.
    pub fn words(&self) -> &'static Words {
        Words::of(&self.locale)
    }

    /// A number in the visitor's digits.
    pub fn number(&self, number: usize) -> String {
        digits::written(number, digits::zero(&self.locale))
    }
}

impl Ask {
    /// The lowest and the highest value; `None` for free text.
    pub fn range(&self) -> Option<(u8, u8)> {
        self.scale.range(self.points).map(std::ops::RangeInclusive::into_inner)
    }

    /// What to ask after this value was chosen.
    pub fn follow_up(&self, value: u8) -> Option<&AttrValue> {
        let group = self.scale.group(self.points, value)?;
        let find = |wanted: &str| self.follow_up.iter().find(|(key, _)| key == wanted);
        find(group.name()).or_else(|| find(ANY_GROUP)).map(|(_, prompt)| prompt)
    }
}

/// An owner's text for a visitor.
pub fn localized(text: &Text, locale: &str, site_locale: &str) -> AttrValue {
    AttrValue::from(text.get(locale, site_locale).to_owned())
}
