//! Holds a file against the JSON Schema: names, types and ranges.
//!
//! It understands the keywords that our own schema uses, and nothing else.

use std::collections::BTreeSet;

use jsonc_parser::ast::{Object, Value as Json};
use jsonc_parser::common::Ranged;
use serde_json::Value as Schema;

use super::{Lines, Problem};
use crate::day::Day;
use crate::hours::TimeOfDay;
use crate::nearest::nearest;

/// Every place where the file does not fit the schema.
pub(super) fn problems(lines: &Lines) -> Vec<Problem> {
    let root = super::schema().to_value();
    let mut shape = Shape { lines, root: &root, problems: Vec::new() };
    shape.value(lines.tree, &root, "");
    shape.problems
}

struct Shape<'a> {
    lines: &'a Lines<'a>,
    root: &'a Schema,
    problems: Vec<Problem>,
}

impl<'a> Shape<'a> {
    fn report(&mut self, at: &impl Ranged, field: &str, message: String, remedy: String) {
        let line = self.lines.line_of(at.range().start);
        self.problems.push(Problem { line, field: field.to_owned(), message, remedy });
    }

    fn value(&mut self, value: &Json, schema: &'a Schema, field: &str) {
        let options = self.options(schema);
        let names: Vec<&str> =
            options.iter().filter_map(|option| option["const"].as_str()).collect();
        if !names.is_empty() {
            return self.name(value, &names, field);
        }
        let Some(fitting) = options.iter().find(|option| fits(value, option)) else {
            let mut wanted: Vec<&str> = options
                .iter()
                .flat_map(|option| types(option))
                .filter(|name| *name != "null")
                .map(title)
                .collect();
            wanted.dedup();
            let message = format!("{} does not fit here", title(kind(value)));
            return self.report(value, field, message, format!("Write {}.", wanted.join(" or ")));
        };
        match value {
            Json::Object(object) => self.object(object, fitting, field),
            Json::Array(array) => {
                self.bounds(
                    value,
                    array.elements.len() as f64,
                    fitting,
                    ["minItems", "maxItems"],
                    field,
                );
                for (at, element) in array.elements.iter().enumerate() {
                    self.value(element, &fitting["items"], &format!("{field}[{at}]"));
                }
            }
            Json::StringLit(text) => self.text(value, &text.value, fitting, field),
            Json::NumberLit(number) => {
                let number = number.value.parse().unwrap_or(f64::INFINITY);
                self.bounds(value, number, fitting, ["minimum", "maximum"], field);
            }
            Json::BooleanLit(_) | Json::NullKeyword(_) => {}
        }
    }

    /// The alternatives that a schema allows, references and choices resolved.
    fn options(&self, schema: &'a Schema) -> Vec<&'a Schema> {
        if let Some(reference) = schema["$ref"].as_str() {
            let found = self.root.pointer(reference.trim_start_matches('#'));
            return found.map_or(Vec::new(), |found| self.options(found));
        }
        match schema.get("anyOf").or(schema.get("oneOf")).and_then(Schema::as_array) {
            Some(options) => options.iter().flat_map(|option| self.options(option)).collect(),
            None => vec![schema],
        }
    }

    /// One of a few names.
    fn name(&mut self, value: &Json, names: &[&str], field: &str) {
        let all = format!("Use one of {}.", names.join(", "));
        match value {
            Json::StringLit(text) if names.contains(&&*text.value) => {}
            Json::StringLit(text) => {
                let remedy = match nearest(&text.value, names.iter().copied()) {
                    Some(near) => format!("Did you mean {near:?}? {all}"),
                    None => all,
                };
                self.report(value, field, format!("{:?} is not known", text.value), remedy);
            }
            _ => {
                self.report(value, field, format!("{} does not fit here", title(kind(value))), all);
            }
        }
    }

    fn object(&mut self, object: &Object, schema: &'a Schema, field: &str) {
        let known = schema["properties"].as_object();
        let others = schema.get("additionalProperties").filter(|others| others.is_object());
        let mut seen = BTreeSet::new();
        for property in &object.properties {
            let name = property.name.as_str();
            let path = if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") };
            if !seen.insert(name.to_owned()) {
                let message = "this field is given twice".to_owned();
                self.report(property, &path, message, "Keep one of them.".to_owned());
            }
            match known.and_then(|known| known.get(name)).or(others) {
                Some(schema) => self.value(&property.value, schema, &path),
                None => self.unknown(property, name, known, &path),
            }
        }
        let required =
            schema["required"].as_array().into_iter().flatten().filter_map(Schema::as_str);
        for missing in required.filter(|name| !seen.contains(*name)) {
            let about =
                known.and_then(|known| known[missing]["description"].as_str()).unwrap_or_default();
            let first_sentence = about.split(['.', ':']).next().unwrap_or_default();
            let message = format!("the field {missing:?} is missing");
            self.report(
                object,
                field,
                message,
                format!("Add it: {}.", lower_first(first_sentence)),
            );
        }
        self.bounds(
            object,
            object.properties.len() as f64,
            schema,
            ["minProperties", "maxProperties"],
            field,
        );
    }

    fn unknown(
        &mut self,
        at: &impl Ranged,
        name: &str,
        known: Option<&serde_json::Map<String, Schema>>,
        path: &str,
    ) {
        let names: Vec<&str> =
            known.into_iter().flat_map(|known| known.keys().map(String::as_str)).collect();
        let remedy = match nearest(name, names.iter().copied()) {
            Some(near) => format!("Did you mean {near:?}?"),
            None => format!("Remove it; known here are {}.", names.join(", ")),
        };
        self.report(at, path, "there is no such field".to_owned(), remedy);
    }

    fn text(&mut self, at: &Json, text: &str, schema: &Schema, field: &str) {
        // Keys are the only pattern there is.
        if schema.get("pattern").is_some() && !is_key(text) {
            let remedy = "Use 1 to 64 lower case letters a–z, digits and hyphens, not starting with a hyphen.";
            self.report(at, field, format!("{text:?} cannot be a key"), remedy.to_owned());
        }
        let misread = match schema["format"].as_str() {
            Some("date") => text.parse::<Day>().err(),
            Some("time-of-day") => text.parse::<TimeOfDay>().err(),
            _ => None,
        };
        if let Some((message, remedy)) = misread.as_deref().and_then(|it| it.split_once("; ")) {
            let remedy = format!("W{}.", remedy.trim_start_matches('w'));
            self.report(at, field, message.to_owned(), remedy);
        }
        self.bounds(at, text.chars().count() as f64, schema, ["minLength", "maxLength"], field);
    }

    fn bounds(
        &mut self,
        at: &impl Ranged,
        size: f64,
        schema: &Schema,
        names: [&str; 2],
        field: &str,
    ) {
        let [min, max] = names.map(|name| schema[name].as_f64());
        if min.is_none_or(|min| size >= min) && max.is_none_or(|max| size <= max) {
            return;
        }
        let unit = match names[0] {
            "minItems" => " entries",
            "minLength" => " characters",
            "minProperties" => " fields",
            _ => "",
        };
        let remedy = match (min, max) {
            (Some(min), Some(max)) => format!("Use {min} to {max}{unit}."),
            (Some(min), None) => format!("Use at least {min}{unit}."),
            (None, max) => format!("Use at most {}{unit}.", max.unwrap_or_default()),
        };
        self.report(at, field, format!("{size}{unit} is out of range"), remedy);
    }
}

/// `^[a-z0-9][a-z0-9-]{0,63}$`
fn is_key(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 64
        && text.bytes().next().is_some_and(plain)
        && text.bytes().all(|byte| plain(byte) || byte == b'-')
}

fn types(schema: &Schema) -> impl Iterator<Item = &str> {
    let one = schema["type"].as_str();
    let many = schema["type"].as_array().into_iter().flatten().filter_map(Schema::as_str);
    one.into_iter().chain(many)
}

fn fits(value: &Json, schema: &Schema) -> bool {
    let whole =
        |value: &Json| value.as_number_lit().is_some_and(|n| n.value.parse::<i64>().is_ok());
    types(schema).any(|name| name == kind(value) || (name == "integer" && whole(value)))
}

/// The name JSON Schema gives to a value's type.
fn kind(value: &Json) -> &'static str {
    match value {
        Json::StringLit(_) => "string",
        Json::NumberLit(_) => "number",
        Json::BooleanLit(_) => "boolean",
        Json::Object(_) => "object",
        Json::Array(_) => "array",
        Json::NullKeyword(_) => "null",
    }
}

/// What people call a JSON type.
fn title(kind: &str) -> &str {
    match kind {
        "string" => "a text",
        "number" => "a number",
        "integer" => "a whole number",
        "boolean" => "true or false",
        "object" => "an object",
        "array" => "a list",
        other => other,
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_lowercase().chain(chars).collect())
}
