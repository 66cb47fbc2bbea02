//! JSON as strangers send it: no object may name a field twice, because which of the two counts
//! would be anybody's guess; and no text holds U+0000, which not every database can be asked for.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use foldhash::fast::RandomState;
use serde::Deserialize;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess,
    Visitor,
};
use serde_json::Value;

use super::problem::Problem;

/// So many fields most objects have at most.
const FIELDS: usize = 14;

/// Parses a body.
///
/// # Errors
/// 400 when it is no JSON, at the field that is named twice, and at a text with U+0000.
pub(super) fn parse(body: &[u8]) -> Result<Value, Problem> {
    read(body).ok_or_else(|| found(body))
}

/// Parses a body into what it has to be.
///
/// # Errors
/// 400, at the field that is wrong.
pub(super) fn parse_as<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_path_to_error::deserialize(parse(body)?)
        .map_err(|error| Problem::bad(error.path().to_string(), error.inner().to_string()))
}

/// Reads a body at once into what it has to be; `None` when anything is wrong, which the other two
/// can name: keeping track of where one is costs more than the reading.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let text = std::str::from_utf8(body).ok()?;
    // Nothing is kept of the first reading, so both together cost less than a tree of values.
    serde_json::from_str::<Sound>(text).ok()?;
    serde_json::from_str(text).ok()
}

fn found(body: &[u8]) -> Problem {
    let parser = &mut serde_json::Deserializer::from_slice(body);
    let problem = |detail: String| {
        Problem::new(
            axum::http::StatusCode::BAD_REQUEST,
            format!("the body is not the JSON it should be: {detail}"),
        )
    };
    match serde_path_to_error::deserialize::<_, Sound>(parser) {
        Err(error) if error.inner().is_data() => {
            problem(error.inner().to_string()).at(error.path().to_string())
        }
        Err(error) => problem(error.inner().to_string()),
        Ok(Sound) => problem("there is more behind its end".to_owned()),
    }
}

/// JSON in which no object names a field twice, and no text holds U+0000.
struct Sound;

impl<'de> Deserialize<'de> for Sound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Sound, D::Error> {
        deserializer.deserialize_any(Sound)
    }
}

impl<'de> Visitor<'de> for Sound {
    type Value = Sound;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Sound, E> {
        Ok(Sound)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Sound, E> {
        Ok(Sound)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Sound, E> {
        Ok(Sound)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Sound, E> {
        Ok(Sound)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Sound, E> {
        Ok(Sound)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Sound, E> {
        if value.contains('\0') {
            return Err(E::custom("U+0000 is no character of a text"));
        }
        Ok(Sound)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Sound, A::Error> {
        while let Some(Sound) = items.next_element()? {}
        Ok(Sound)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Sound, A::Error> {
        let mut known = HashSet::with_capacity_and_hasher(FIELDS, RandomState::default());
        while let Some(Name(name)) = fields.next_key()? {
            let is_known = !known.insert(name);
            fields.next_value_seed(Once { is_known })?;
        }
        Ok(Sound)
    }
}

/// The name of a field, which is copied only where it holds escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// The value of a field. The error is made here, where the field's place is known.
struct Once {
    is_known: bool,
}

impl<'de> DeserializeSeed<'de> for Once {
    type Value = Sound;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Sound, D::Error> {
        if self.is_known {
            deserializer.deserialize_any(IgnoredAny)?;
            return Err(D::Error::custom("this field is given twice; send it once"));
        }
        Sound::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: Result<Value, &str>) {
        let found =
            parse(body.as_bytes()).map_err(|problem| serde_json::json!(problem)["field"].clone());
        assert_eq!(found, expected.map_err(Value::from), "{body}");
    }

    #[test]
    fn a_field_is_given_once() {
        let good = r#"{"a":[{"b":null},{"b":-1}],"c":{"a":1.5e3},"d":"\u00e9","e":true}"#;
        check(good, serde_json::from_str(good).map_err(|_| ""));
        check(r#"{"a":1,"a":1}"#, Err("a"));
        check(r#"{"a":[0,{"b":{"c":1,"d":2,"c":3}}]}"#, Err("a[1].b.c"));
    }

    #[test]
    fn no_text_holds_the_character_zero() {
        check(r#"{"a":["b","c\u0000d"]}"#, Err("a[1]"));
        check(r#"{"a":"\u0001"}"#, Ok(serde_json::json!({ "a": "\u{1}" })));
    }

    #[test]
    fn what_is_no_json_has_no_field() {
        for body in ["", "{", "{\"a\":NaN}", "1 2", "{\"a\":1e999}"] {
            let problem = parse(body.as_bytes()).expect_err(body);
            assert!(serde_json::json!(problem)["field"].is_null(), "{body}: {problem:?}");
        }
    }
}
