//! Defines [`Test`]: what an attribute of a visitor, or a property of an event, has to be.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::response::Attribute;

/// A test for each of several attributes or properties, by name. All of them have to hold.
pub type Tests = BTreeMap<String, Test>;

/// What a page says: attributes or properties by name. A `null` is as good as nothing.
pub type Given = BTreeMap<String, Option<Attribute>>;

/// What one value has to be. In a site file: a value (`"pro"`), several of which one will do
/// (`["pro", "team"]`), or an object that says more (`{"at_least": 3}`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct Test {
    /// One of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub one_of: Vec<Attribute>,
    /// None of these; holds without any value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not: Vec<Attribute>,
    /// A number that is not smaller. A text of digits is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// A number that is not greater.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// Whether there is to be a value at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
}

impl Test {
    /// Whether it holds for a value.
    pub fn holds(&self, value: Option<&Attribute>) -> bool {
        let is = |wanted: &Attribute| value.is_some_and(|value| same(wanted, value));
        let number = value.and_then(number);
        (self.one_of.is_empty() || self.one_of.iter().any(is))
            && !self.not.iter().any(is)
            && self.at_least.is_none_or(|low| number.is_some_and(|number| number >= low))
            && self.at_most.is_none_or(|high| number.is_some_and(|number| number <= high))
            && self.exists.is_none_or(|exists| exists == value.is_some())
    }
}

/// Whether all tests hold for what is given.
pub fn hold(tests: &Tests, given: &Given) -> bool {
    tests.iter().all(|(name, test)| test.holds(given.get(name).and_then(Option::as_ref)))
}

/// Equal as in JavaScript: of one type, and numbers whatever way they are written.
fn same(a: &Attribute, b: &Attribute) -> bool {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

fn number(value: &Attribute) -> Option<f64> {
    match value {
        Attribute::Whole(number) => Some(*number as f64),
        Attribute::Number(number) => Some(*number),
        Attribute::Text(_) | Attribute::Flag(_) => None,
    }
}

/// The ways to write a test.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Short(OneOrMore),
    Long {
        #[serde(default)]
        one_of: Vec<Attribute>,
        #[serde(default)]
        not: OneOrMore,
        at_least: Option<f64>,
        at_most: Option<f64>,
        exists: Option<bool>,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(Attribute),
    More(Vec<Attribute>),
}

impl Default for OneOrMore {
    fn default() -> OneOrMore {
        OneOrMore::More(Vec::new())
    }
}

impl From<OneOrMore> for Vec<Attribute> {
    fn from(written: OneOrMore) -> Vec<Attribute> {
        match written {
            OneOrMore::One(value) => vec![value],
            OneOrMore::More(values) => values,
        }
    }
}

impl From<Written> for Test {
    fn from(written: Written) -> Test {
        match written {
            Written::Short(values) => Test { one_of: values.into(), ..Test::default() },
            Written::Long { one_of, not, at_least, at_most, exists } => {
                Test { one_of, not: not.into(), at_least, at_most, exists }
            }
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Test {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Test".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let one = serde_json::json!([
            { "type": "string", "maxLength": 256 }, { "type": "number" }, { "type": "boolean" }
        ]);
        let list = serde_json::json!({
            "type": "array", "minItems": 1, "maxItems": 50, "items": { "anyOf": one }
        });
        let number = serde_json::json!({ "type": "number" });
        let long = serde_json::json!({
            "type": "object",
            "minProperties": 1,
            "additionalProperties": false,
            "properties": {
                "one_of": list,
                "not": { "description": "None of these.", "anyOf": [{ "anyOf": one }, list] },
                "at_least": number,
                "at_most": number,
                "exists": { "description": "Whether there is a value.", "type": "boolean" }
            }
        });
        schemars::json_schema!({
            "description": "A value, a list of which one value will do, or an object that says more.",
            "anyOf": [{ "anyOf": one }, list, long]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_written_short_or_long() {
        let check = |written: &str, expected: &str| {
            let test: Test = serde_json::from_str(written).unwrap();
            assert_eq!(serde_json::to_string(&test).unwrap(), expected, "{written}");
            assert_eq!(serde_json::from_str::<Test>(expected).unwrap(), test, "{expected}");
        };
        check(r#""pro""#, r#"{"one_of":["pro"]}"#);
        check(r#"["pro",3,true]"#, r#"{"one_of":["pro",3,true]}"#);
        check(r#"{"not":"free"}"#, r#"{"not":["free"]}"#);
        check(r#"{"not":["free",0.5]}"#, r#"{"not":["free",0.5]}"#);
        check(r#"{"at_least":3,"at_most":5}"#, r#"{"at_least":3.0,"at_most":5.0}"#);
        check(r#"{"exists":false}"#, r#"{"exists":false}"#);
    }
}
