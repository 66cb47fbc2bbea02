//! JSON as strangers send it: no object may name a field twice, because which of the two counts
//! would be anybody's guess; and no text holds U+0000, which not every database can be asked for.

mod misfit;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use axum::http::StatusCode;
use foldhash::fast::RandomState;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, IgnoredAny, IntoDeserializer as _,
    MapAccess, SeqAccess, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::Value;
use serde_path_to_error::Track;

use self::misfit::{at, wrong};
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
/// 400, at the field that is wrong or missing.
pub(super) fn parse_as<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let value = parse(body)?;
    if !value.is_object() {
        let detail = "the body has to be a JSON object, such as {\"site\": \"…\"}";
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    serde_path_to_error::deserialize(Sound(value))
        .map_err(|error| wrong(error.path(), &error.inner().to_string()))
}

/// Reads a body at once into what it has to be; `None` when anything is wrong, which the other two
/// can name: keeping track of where one is costs more than the reading.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let mut parser = serde_json::Deserializer::from_str(std::str::from_utf8(body).ok()?);
    let found = T::deserialize(Sound(&mut parser)).ok()?;
    parser.end().ok().map(|()| found)
}

fn found(body: &[u8]) -> Problem {
    let (mut parser, mut track) = (serde_json::Deserializer::from_slice(body), Track::new());
    let tracked = serde_path_to_error::Deserializer::new(&mut parser, &mut track);
    let problem = |detail: String| {
        let detail = format!("the body is not the JSON it should be: {detail}");
        Problem::new(StatusCode::BAD_REQUEST, detail)
    };
    match IgnoredAny::deserialize(Sound(tracked)) {
        Err(error) if error.is_data() => at(problem(error.to_string()), &track.path()),
        Err(error) => problem(error.to_string()),
        Ok(IgnoredAny) => problem("there is more behind its end".to_owned()),
    }
}

/// What reads JSON text, or what is read, and finds no object in it that names a field twice, and
/// no text with U+0000: not in what is ignored either.
struct Sound<T>(T);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Sound<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(Sound(visitor))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_option(Sound(visitor))
    }

    /// An object: a list would be read as its fields in their order.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(Sound(visitor))
    }

    /// One of several names: nothing can stand beside it that would have to be looked at.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let Name(name) = Name::deserialize(self)?;
        visitor.visit_enum(name.into_deserializer())
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Sound<V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        self.0.expecting(formatter)
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(Sound(value))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<V::Value, E> {
        self.0.visit_bool(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<V::Value, E> {
        self.0.visit_i64(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<V::Value, E> {
        self.0.visit_u64(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<V::Value, E> {
        self.0.visit_f64(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<V::Value, E> {
        if value.contains('\0') {
            return Err(E::custom("U+0000 is no character of a text"));
        }
        self.0.visit_str(value)
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<V::Value, E> {
        // It stands like this in the body, where U+0000 can only be written as an escape.
        self.0.visit_borrowed_str(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Sound(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<V::Value, A::Error> {
        let known = HashSet::with_capacity_and_hasher(FIELDS, RandomState::default());
        self.0.visit_map(Fields { fields, known, is_known: false })
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Sound<A> {
    type Error = A::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, A::Error> {
        self.0.next_element_seed(Once { seed, is_known: false })
    }
}

/// The fields of an object.
struct Fields<'de, A> {
    fields: A,
    known: HashSet<Cow<'de, str>, RandomState>,
    /// Whether the name that was read last had been read before.
    is_known: bool,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<'de, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        let Some(Name(name)) = self.fields.next_key()? else { return Ok(None) };
        let key = match &name {
            Cow::Borrowed(name) => seed.deserialize(BorrowedStrDeserializer::new(name)),
            Cow::Owned(name) => seed.deserialize(name.as_str().into_deserializer()),
        };
        self.is_known = !self.known.insert(name);
        key.map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        self.fields.next_value_seed(Once { seed, is_known: self.is_known })
    }
}

/// The name of a field, which is copied only where it holds escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// The value of a field or a list. The error is made here, where the field's place is known.
struct Once<T> {
    seed: T,
    is_known: bool,
}

impl<'de, T: DeserializeSeed<'de>> DeserializeSeed<'de> for Once<T> {
    type Value = T::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T::Value, D::Error> {
        if self.is_known {
            deserializer.deserialize_any(IgnoredAny)?;
            return Err(D::Error::custom("this field is given twice; send it once"));
        }
        self.seed.deserialize(Sound(deserializer))
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;
    use survey::response::Response;

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
        for body in ["", "{", "{\"a\":NaN}", "1 2", "{\"a\":1e999}", "\"\\u0000\""] {
            let problem = parse(body.as_bytes()).expect_err(body);
            assert!(serde_json::json!(problem)["field"].is_null(), "{body}: {problem:?}");
        }
    }

    /// JSON as it may be sent: `Text` and names are made of pieces, which can be written in several
    /// ways.
    #[derive(Debug, Clone)]
    enum Sent {
        Plain(&'static str),
        Text(Vec<usize>),
        List(Vec<Sent>),
        Object(Vec<(Vec<usize>, Sent)>),
    }

    /// How pieces of a text are written, and what they mean.
    const PIECES: [(&str, &str); 9] = [
        ("a", "a"),
        ("\\u0061", "a"),
        ("id", "id"),
        ("answers", "answers"),
        ("attributes", "attributes"),
        ("value", "value"),
        ("\\n", "\n"),
        ("\\\\u0000", "\\u0000"),
        ("\\u0000", "\0"),
    ];

    fn text(
        pieces: &[usize],
        of: impl Fn(&(&'static str, &'static str)) -> &'static str,
    ) -> String {
        pieces.iter().map(|piece| of(&PIECES[*piece])).collect()
    }

    impl Sent {
        fn written(&self) -> String {
            let quoted = |pieces: &[usize]| format!("\"{}\"", text(pieces, |piece| piece.0));
            match self {
                Sent::Plain(text) => (*text).to_owned(),
                Sent::Text(pieces) => quoted(pieces),
                Sent::List(items) => {
                    let items: Vec<String> = items.iter().map(Sent::written).collect();
                    format!("[{}]", items.join(", "))
                }
                Sent::Object(fields) => {
                    let fields = fields.iter();
                    let fields: Vec<String> = fields
                        .map(|(name, value)| format!("{}:{}", quoted(name), value.written()))
                        .collect();
                    format!("{{{}}}", fields.join(","))
                }
            }
        }

        fn is_sound(&self) -> bool {
            match self {
                Sent::Plain(_) => true,
                Sent::Text(pieces) => !text(pieces, |piece| piece.1).contains('\0'),
                Sent::List(items) => items.iter().all(Sent::is_sound),
                Sent::Object(fields) => {
                    let names = fields.iter().map(|(name, _)| text(name, |piece| piece.1));
                    let names: HashSet<String> = names.collect();
                    names.len() == fields.len() && fields.iter().all(|(_, value)| value.is_sound())
                }
            }
        }
    }

    fn sent() -> impl Strategy<Value = Sent> {
        let pieces = || vec(0..PIECES.len(), 0..2);
        let plain = select(&["null", "true", "9", "9.0", "-1.5e3", "18446744073709551616"]);
        let leaf = prop_oneof![plain.prop_map(Sent::Plain), pieces().prop_map(Sent::Text)];
        leaf.prop_recursive(4, 24, 5, move |inner| {
            let fields = vec((pieces(), inner.clone()), 0..5).prop_map(Sent::Object);
            prop_oneof![vec(inner, 0..5).prop_map(Sent::List), fields]
        })
    }

    proptest! {
        #[test]
        fn only_what_is_sound_is_read(sent in sent()) {
            let body = sent.written();
            prop_assert_eq!(parse(body.as_bytes()).is_ok(), sent.is_sound(), "{}", body);
        }

        #[test]
        fn a_response_is_read_at_once_as_it_is_read_step_by_step(
            more in vec((select(&["id", "answers", "attributes", "more", "p\\u0061ge"]), sent()), 0..3),
            answer in sent(),
            attribute in sent(),
        ) {
            let more: String =
                more.iter().map(|(name, value)| format!("\"{name}\":{},", value.written())).collect();
            let [answer, attribute] = [answer, attribute].map(|sent| sent.written());
            let body = format!(
                r#"{{{more}"site":"a","survey":"s","state":"answered","attributes":{{"a":{attribute}}},
                "answers":[{{"question":"nps","value":{answer}}}],"id":"1"}}"#
            );
            let at_once = read::<Response>(body.as_bytes());
            prop_assert_eq!(at_once, parse_as::<Response>(body.as_bytes()).ok(), "{}", body);
        }
    }
}
