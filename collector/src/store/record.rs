//! A response as it is stored: where it counts, and what can be changed about it later.

use serde::{Deserialize, Serialize};
use survey::response::{Response, Value};
use survey::{Day, Definition};

use super::placement::{Generation, Places};
use super::posted::Posted;

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
    /// What becomes of a record, or a new one, when something is posted that comes to `response`.
    pub(super) fn revised(before: Option<&Record>, response: Response, posted: &Posted) -> Record {
        let mut record = match before {
            None => Record {
                response,
                places: Places::new(),
                submitted_at_ms: posted.submitted_at_ms,
                stored_at_ms: posted.received_at_ms,
                excluded: posted.excluded,
                imported: posted.imported,
                handling: posted.handling.clone(),
                shown: 0,
            },
            Some(before) => Record {
                // A test that somebody brought back stays where it is.
                excluded: before.excluded || (response.test && !before.response.test),
                response,
                ..before.clone()
            },
        };
        if let Some(doubt) = &posted.doubt
            && record.handling.excluded_by.is_none()
        {
            record.excluded = true;
            record.handling.excluded_by = Some("the collector".to_owned());
            record.handling.excluded_why = Some(doubt.clone());
        }
        record
    }

    /// The day it counts in.
    pub fn day(&self) -> Day {
        self.places.get(&self.shown).map_or(Day::default(), |place| place.day)
    }
}

/// What people made of a response.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Handling {
    /// How far it has come, such as `open` or `done`.
    pub status: Option<String>,
    /// Who takes care of it.
    pub owner: Option<String>,
    /// What is to be remembered.
    pub note: Option<String>,
    /// The day by which it is to be done.
    pub due: Option<Day>,
    /// Who left it out of the numbers, or brought it back.
    pub excluded_by: Option<String>,
    /// Why.
    pub excluded_why: Option<String>,
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
pub(super) fn value_of(response: &Response, key: &str) -> Option<String> {
    match key {
        "locale" => response.locale.clone(),
        "page" => response.page.clone(),
        _ => response.attributes.get(key).map(ToString::to_string),
    }
}

/// Whether the respondent wrote anything.
pub(super) fn has_words(response: &Response) -> bool {
    let written = |text: &str| !text.trim().is_empty();
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

/// Our own types as JSON.
pub(super) fn to_json(value: &impl Serialize) -> String {
    // They have string keys only, so this cannot fail.
    serde_json::to_string(value).unwrap_or_default()
}
