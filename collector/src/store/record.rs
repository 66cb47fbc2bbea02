//! A response as it is stored: where it counts, and what can be changed about it later.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use survey::response::{Attribute, Response, Value};
use survey::{Day, Definition};

use super::placement::{Generation, Places};

/// What is stored of a response.
#[derive(Debug, Clone)]
pub struct Record {
    /// What was posted, all revisions merged.
    pub response: Response,
    /// Where it counts, in each generation.
    pub(super) places: Places,
    /// When it counts as given, in milliseconds since 1970.
    pub submitted_at_ms: i64,
    /// When it was first stored, in milliseconds since 1970.
    pub stored_at_ms: i64,
    /// Whether it is left out of every number.
    pub excluded: bool,
    /// Whether it was taken from a file that knows of no showings.
    pub imported: bool,
    /// What was made of it.
    pub handling: Handling,
    /// The generation that is shown.
    pub(super) shown: Generation,
}

impl Record {
    /// The record when all that is known of the response has become this.
    pub(super) fn revised(&self, response: Response) -> Record {
        // A test that somebody brought back stays where it is.
        let excluded = self.excluded || (response.test && !self.response.test);
        let Record { places, handling, submitted_at_ms, stored_at_ms, imported, shown, .. } = self;
        Record {
            response,
            excluded,
            places: places.clone(),
            handling: handling.clone(),
            submitted_at_ms: *submitted_at_ms,
            stored_at_ms: *stored_at_ms,
            imported: *imported,
            shown: *shown,
        }
    }

    /// The record when it looks like the work of a program, for this reason: left out of every
    /// number, unless somebody has decided about it.
    pub(super) fn doubted(mut self, doubt: Option<String>) -> Record {
        if doubt.is_some() && self.handling.excluded_by.is_none() {
            self.excluded = true;
            self.handling.excluded_by = Some("the collector".to_owned());
            self.handling.excluded_why = doubt;
        }
        self
    }

    /// The day it counts in.
    pub fn day(&self) -> Day {
        self.places.get(&self.shown).map_or(Day::default(), |place| place.day)
    }
}

/// Most characters of a text that people write about a response.
pub const HANDLING_CHARS_MAX: usize = 2_000;

/// What people made of a response.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Handling {
    /// How far it has come, such as `open` or `done`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Who takes care of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What is to be remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The day by which it is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Day>,
    /// Who left it out of the numbers, or brought it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excluded_by: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excluded_why: Option<String>,
}

impl Handling {
    /// The field of the first text with more than [`HANDLING_CHARS_MAX`] characters, if any.
    pub fn too_long(&self) -> Option<&'static str> {
        let Handling { status, owner, note, excluded_by, excluded_why, due: _ } = self;
        let texts = [
            ("status", status),
            ("owner", owner),
            ("note", note),
            ("excluded_by", excluded_by),
            ("excluded_why", excluded_why),
        ];
        let chars = |text: &String| text.chars().count();
        let too_long = |text: &Option<String>| text.as_ref().map_or(0, chars) > HANDLING_CHARS_MAX;
        texts.into_iter().find(|(_, text)| too_long(text)).map(|(name, _)| name)
    }
}

/// A change to what was made of a response. What is `None` stays; an inner `None` clears.
#[derive(Debug, Clone, Default)]
pub struct Amendment {
    /// Whether it is left out of every number, who says so, and why.
    pub excluded: Option<(bool, String, Option<String>)>,
    /// See [`Handling::status`].
    pub status: Option<Option<String>>,
    /// See [`Handling::owner`].
    pub owner: Option<Option<String>>,
    /// See [`Handling::note`].
    pub note: Option<Option<String>>,
    /// See [`Handling::due`].
    pub due: Option<Option<Day>>,
}

impl Amendment {
    /// Changes a record.
    pub(super) fn apply(&self, record: &mut Record) {
        let Amendment { excluded, status, owner, note, due } = self.clone();
        if let Some((excluded, by, why)) = excluded {
            record.excluded = excluded;
            record.handling.excluded_by = Some(by);
            record.handling.excluded_why = why;
        }
        let handling = &mut record.handling;
        set(&mut handling.status, status);
        set(&mut handling.owner, owner);
        set(&mut handling.note, note);
        set(&mut handling.due, due);
    }
}

fn set<T>(place: &mut Option<T>, new: Option<Option<T>>) {
    if let Some(new) = new {
        *place = new;
    }
}

/// What a response says about a breakdown key: its own locale or page, or an attribute.
pub(super) fn value_of<'a>(response: &'a Response, key: &str) -> Option<Cow<'a, str>> {
    match key {
        "locale" => response.locale.as_deref().map(Cow::from),
        "page" => response.page.as_deref().map(Cow::from),
        _ => response.attributes.get(key).map(|value| match value {
            Attribute::Text(text) => text.into(),
            other => other.to_string().into(),
        }),
    }
}

/// Whether the respondent wrote anything.
pub(super) fn has_words(response: &Response) -> bool {
    let written = survey::text::has_words;
    response.answers.iter().any(|answer| {
        let text = matches!(&answer.value, Value::Text(text) if written(text));
        text || answer.comment.as_deref().is_some_and(written)
    })
}

/// The groups that the answers fell into, each between commas.
pub(super) fn groups(response: &Response, definition: &Definition) -> String {
    let group = |answer: &survey::Answer| {
        let question = definition.question(&answer.question)?;
        match &answer.value {
            Value::Number(value) => question.group(u8::try_from(*value).ok()?),
            Value::List(options) => question.group(u8::try_from(options.len()).ok()?),
            Value::OffScale(_) | Value::Text(_) => None,
        }
    };
    let names: Vec<_> =
        response.answers.iter().filter_map(group).map(survey::Group::name).collect();
    if names.is_empty() { String::new() } else { format!(",{},", names.join(",")) }
}

/// As long as the JSON of most responses at most: a text that grows is copied each time.
pub(super) const JSON_BYTES: usize = 1_024;

/// Our own types as JSON.
pub(super) fn to_json(value: &impl Serialize) -> String {
    let mut json = Vec::with_capacity(JSON_BYTES);
    append_json(&mut json, value);
    String::from_utf8(json).unwrap_or_default()
}

/// The same behind other text.
pub(super) fn append_json(text: &mut Vec<u8>, value: &impl Serialize) {
    // They have string keys only, so this cannot fail.
    let _ = serde_json::to_writer(text, value);
}
