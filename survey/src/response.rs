//! Defines [`Response`]: one showing of a survey to one respondent, as it is posted.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// How far a response has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// At least half visible, nothing done yet.
    Shown,
    /// Closed without any answer.
    Dismissed,
    /// At least one answer.
    Answered,
    /// Gone through to its end, with at least one answer.
    Completed,
}

impl State {
    /// The name used in JSON.
    pub fn name(self) -> &'static str {
        match self {
            State::Shown => "shown",
            State::Dismissed => "dismissed",
            State::Answered => "answered",
            State::Completed => "completed",
        }
    }
}

/// What was given to one question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Answer {
    /// The question's id.
    pub question: String,
    /// The value chosen or the text written.
    pub value: Value,
    /// What the respondent added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A value given to a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "a whole number, a text or a list of options")]
pub enum Value {
    /// A point of a numeric scale. 9.0 is read as 9.
    #[serde(deserialize_with = "whole")]
    Number(i64),
    /// A number that is on no scale, because it has a fraction or needs more than 53 bits.
    OffScale(f64),
    /// Free text, or the id of an option.
    Text(String),
    /// Ids of options.
    List(Vec<String>),
}

/// A response as posted: all that is known of one showing so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Response {
    /// A UUID v7 made in the browser; with `site` it makes every retry harmless.
    pub id: String,
    /// The site's key.
    pub site: String,
    /// The survey's id.
    pub survey: String,
    /// Rises with every post about the same id, from 1.
    #[serde(default = "first_revision")]
    pub revision: u32,
    /// How far the response has come.
    pub state: State,
    /// All answers so far.
    #[serde(default)]
    pub answers: Vec<Answer>,
    /// Version of the definition that was asked; the current one when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// A pseudonymous id of the respondent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub respondent: Option<String>,
    /// What the host page says about the respondent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Attribute>,
    /// The locale the survey was shown in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The path of the page it was shown on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// Marks an answer given while trying things out: stored, visible, never counted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
    /// Proves, for a day, that the collector knew the respondent, or, for seven, that it was asked
    /// about this response before; never stored.
    #[serde(default, skip_serializing)]
    pub token: Option<String>,
    /// Proves that the host named the respondent; never stored.
    #[serde(default, skip_serializing)]
    pub user_signature: Option<String>,
    /// Whether one of the two has proven the respondent; the collector decides.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub verified: bool,
}

impl Response {
    /// Whether it counts as answered: an answer does that, whatever state it is sent in.
    pub fn is_answered(&self) -> bool {
        self.state >= State::Answered || !self.answers.is_empty()
    }

    /// The respondent, if the host named them: the ids that browsers draw for themselves begin
    /// with `~`.
    pub fn named_respondent(&self) -> Option<&str> {
        self.respondent.as_deref().filter(|respondent| !respondent.starts_with('~'))
    }
}

/// The value of an attribute: a text, a number or a yes or no.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged, expecting = "a text, a number, true or false")]
pub enum Attribute {
    /// A text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
}

impl std::fmt::Display for Attribute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Attribute::Text(text) => f.write_str(text),
            Attribute::Whole(number) => write!(f, "{number}"),
            Attribute::Number(number) => write!(f, "{number}"),
            Attribute::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

/// A number without a fraction, however it is written.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let number = f64::deserialize(deserializer)?;
    let is_whole = number.fract() == 0.0 && number.abs() < 2_f64.powi(53);
    is_whole.then_some(number as i64).ok_or_else(|| D::Error::custom("not a whole number"))
}

fn first_revision() -> u32 {
    1
}

/// The time in a UUID v7, in milliseconds since 1970 (RFC 9562, section 5.7); `None` when the text
/// is not a hyphenated UUID v7.
pub fn uuid_v7_ms(id: &str) -> Option<i64> {
    let bytes = id.as_bytes();
    let shaped = bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    let of_version_7 =
        shaped && bytes[14] == b'7' && matches!(bytes[19], b'8' | b'9' | b'a' | b'b' | b'A' | b'B');
    if !of_version_7 {
        return None;
    }
    let [high, low] = [&id[..8], &id[9..13]].map(|digits| i64::from_str_radix(digits, 16).ok());
    Some((high? << 16) | low?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_read_from_a_uuid_v7_only() {
        let check = |id: &str, expected: Option<i64>| assert_eq!(uuid_v7_ms(id), expected, "{id}");
        // The example of RFC 9562, appendix A.6: 2022-02-22 19:22:22 UTC.
        check("017F22E2-79B0-7CC3-98C4-DC0C0C07398F", Some(1_645_557_742_000));
        check("017f22e2-79b0-4cc3-98c4-dc0c0c07398f", None);
        check("017f22e2-79b0-7cc3-c8c4-dc0c0c07398f", None);
        check("017f22e279b07cc398c4dc0c0c07398f", None);
        check("017f22e2-79b0-7cc3-98c4-dc0c0c07398", None);
        check("۱۷f22e2-79b0-7cc3-98c4-dc0c0c07398", None);
        check("", None);
    }
}
