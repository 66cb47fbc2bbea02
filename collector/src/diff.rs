//! What would change: two site files, field by field.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;
use survey::Site;

/// One field that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The field, such as `surveys.checkout.show.event`.
    pub field: String,
    /// Its value before; `None` when it is new.
    pub before: Option<Value>,
    /// Its value after; `None` when it goes.
    pub after: Option<Value>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change { field, before, after } = self;
        match (before, after) {
            (None, Some(after)) => write!(f, "+ {field}: {after}"),
            (Some(before), None) => write!(f, "- {field}: {before}"),
            (Some(before), Some(after)) => write!(f, "~ {field}: {before} → {after}"),
            (None, None) => write!(f, "  {field}"),
        }
    }
}

/// The fields in which two site files differ, in the order of their names. Surveys, questions and
/// options are told apart by their ids; where only their order is another one, that is a change of
/// the list. A field's default is no change.
pub fn changes(before: Option<&Site>, after: &Site) -> Vec<Change> {
    let before = before.map_or_else(Fields::default, Fields::of);
    let after = Fields::of(after);
    let names: BTreeSet<&String> = before.values.keys().chain(after.values.keys()).collect();
    let fields = names.into_iter().map(|field| Change {
        field: field.clone(),
        before: before.values.get(field).cloned(),
        after: after.values.get(field).cloned(),
    });
    let lists = before.lists.iter().filter_map(|(field, old)| {
        let new = after.lists.get(field)?;
        let [was, is] = [(old, new), (new, old)].map(|(of, other)| {
            let kept = of.iter().filter(|name| other.contains(name));
            kept.cloned().map(Value::String).collect()
        });
        Some(Change { field: field.clone(), before: Some(was), after: Some(is) })
    });
    let mut changes: Vec<_> = fields.chain(lists).filter(|it| it.before != it.after).collect();
    changes.sort_by(|one, other| one.field.cmp(&other.field));
    changes
}

/// What stands in a site file, by its path.
#[derive(Default)]
struct Fields {
    /// Every field that is no object.
    values: BTreeMap<String, Value>,
    /// What the objects of each list are named, in their order.
    lists: BTreeMap<String, Vec<String>>,
}

impl Fields {
    fn of(site: &Site) -> Fields {
        let mut fields = Fields::default();
        fields.collect(serde_json::to_value(site).unwrap_or_default(), String::new());
        fields.values.remove("$schema");
        fields
    }

    fn collect(&mut self, value: Value, path: String) {
        let below =
            |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match value {
            Value::Object(object) => {
                for (name, value) in object {
                    self.collect(value, below(&name));
                }
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                let names = names_of(&items);
                for (item, name) in items.into_iter().zip(&names) {
                    self.collect(item, below(name));
                }
                self.lists.insert(path, names);
            }
            other => {
                self.values.insert(path, other);
            }
        }
    }
}

/// What the objects of a list are named: by id, or by scale, of which a second one has a number.
fn names_of(items: &[Value]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let name = item["id"].as_str().or(item["scale"].as_str());
        let name = name.map_or_else(|| at.to_string(), str::to_owned);
        let number = 1 + names.iter().filter(|it| **it == name).count();
        names.push(if number == 1 { name } else { format!("{name}-{number}") });
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = r#"{"site":"a","origins":["https://a.com"],"surveys":[
        {"id":"x","questions":[{"scale":"nps","prompt":"Old?"}]},
        {"id":"y","questions":[{"scale":"nps","prompt":"?"}]}]}"#;

    fn check(after: &str, expected: &[&str]) {
        let [before, after] =
            [BEFORE, after].map(|text| serde_json::from_str::<Site>(text).unwrap());
        let found: Vec<String> =
            changes(Some(&before), &after).iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn changes_are_named_field_by_field() {
        check(BEFORE, &[]);
        check(&BEFORE.replace("\"site\"", "\"$schema\":\"s\",\"time_zone\":\"UTC\",\"site\""), &[]);
        check(
            &BEFORE.replace("Old?", "New?"),
            &["~ surveys.x.questions.nps.prompt: \"Old?\" → \"New?\""],
        );
        let two = BEFORE.replace(
            r#"{"scale":"nps","prompt":"?"}"#,
            r#"{"scale":"agree","prompt":"1"},{"scale":"agree","prompt":"2"}"#,
        );
        let check_two = |wrong: &str, right: &str, expected: &[&str]| {
            let [before, after] = [two.clone(), two.replace(wrong, right)]
                .map(|text| serde_json::from_str::<Site>(&text).unwrap());
            let found = changes(Some(&before), &after);
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{wrong} → {right}");
        };
        check_two("\"1\"", "\"3\"", &["~ surveys.y.questions.agree.prompt: \"1\" → \"3\""]);
        check_two("\"2\"", "\"3\"", &["~ surveys.y.questions.agree-2.prompt: \"2\" → \"3\""]);
        check(
            r#"{"site":"a","origins":["https://a.com"],"surveys":[
            {"id":"y","questions":[{"scale":"nps","prompt":"?"}]},
            {"id":"x","questions":[{"scale":"nps","prompt":"Old?"}]}]}"#,
            &[r#"~ surveys: ["x","y"] → ["y","x"]"#],
        );
        check(&BEFORE.replace("\"origins\"", "\"budget\":7,\"origins\""), &["+ budget: 7.0"]);
        check(
            &BEFORE.replace("https://a.com", "https://b.com"),
            &["~ origins: [\"https://a.com\"] → [\"https://b.com\"]"],
        );
        let without_y = r#"{"site":"a","origins":["https://a.com"],"surveys":[
            {"id":"x","questions":[{"scale":"nps","prompt":"Old?"}]}]}"#;
        let found = {
            let [before, after] =
                [BEFORE, without_y].map(|text| serde_json::from_str::<Site>(text).unwrap());
            changes(Some(&before), &after)
        };
        assert!(
            found
                .iter()
                .all(|change| change.field.starts_with("surveys.y.") && change.after.is_none())
        );
        assert!(found.iter().any(|change| change.field == "surveys.y.questions.nps.prompt"));
    }
}
