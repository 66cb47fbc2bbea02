//! What would change: two site files, field by field.

use std::collections::BTreeMap;
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
/// options are told apart by their ids, so that their order and a field's default do not matter.
pub fn changes(before: Option<&Site>, after: &Site) -> Vec<Change> {
    let before = before.map_or_else(BTreeMap::new, fields);
    let after = fields(after);
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differ = |field: &&&String| before.get(**field) != after.get(**field);
    let change = |field: &String| Change {
        field: field.clone(),
        before: before.get(field).cloned(),
        after: after.get(field).cloned(),
    };
    names.iter().filter(differ).map(|field| change(field)).collect()
}

/// Every field that is no object, by its path.
fn fields(site: &Site) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::new();
    collect(serde_json::to_value(site).unwrap_or_default(), String::new(), &mut fields);
    fields.remove("$schema");
    fields
}

fn collect(value: Value, path: String, fields: &mut BTreeMap<String, Value>) {
    let below =
        |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                collect(value, below(&name), fields);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (at, item) in items.into_iter().enumerate() {
                let id = item["id"].as_str().or(item["scale"].as_str());
                let name = id.map_or_else(|| at.to_string(), str::to_owned);
                collect(item, below(&name), fields);
            }
        }
        other => {
            fields.insert(path, other);
        }
    }
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
