//! The loader of a site: the built script with the site's rule table in it, and with the code of
//! those conditions, facts and triggers that its surveys use.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use survey::Survey;
use survey::rules::{CONDITIONS, Rules, TRIGGERS};

use crate::assets;
use crate::clock;
use crate::encoded::Encoded;
use crate::sites::LiveSite;

/// Where the build leaves room for the table.
const PLACE: &str = "NABZ_SITE";
/// For how long it is not looked again which surveys are over.
const RECENT: Duration = Duration::from_secs(1);

impl LiveSite {
    /// When each of those surveys that are wanted is due, most urgent first.
    pub(crate) fn rules(&self, is_wanted: impl Fn(&Survey) -> bool) -> Rules {
        let version_of =
            |it: &Survey| self.survey(&it.id).map_or(String::new(), |it| it.version.clone());
        self.site.rules(is_wanted, version_of, |day| clock::start_of(day, &self.zone))
    }

    /// The loader without these surveys, which are over: a page that is told of them would load the
    /// widget in vain. Made anew only when they are others than before.
    pub(crate) fn loader_without(&self, over: Vec<String>) -> Encoded {
        let mut last = self.loader.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loader) = last.as_mut().filter(|loader| loader.over == over) {
            loader.looked_at = Instant::now();
            return loader.script.clone();
        }
        let script = script(&self.rules(|survey| !over.contains(&survey.id)));
        *last = Some(Loader { over, script: script.clone(), looked_at: Instant::now() });
        script
    }

    /// The loader, if which surveys are over was looked at lately: that asks the database, and
    /// every page of the site asks for the loader.
    pub(crate) fn recent_loader(&self) -> Option<Encoded> {
        let last = self.loader.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = last.as_ref().filter(|loader| loader.looked_at.elapsed() < RECENT)?;
        Some(recent.script.clone())
    }
}

/// A loader, and the surveys that are left out of it.
#[derive(Debug)]
pub(crate) struct Loader {
    over: Vec<String>,
    script: Encoded,
    looked_at: Instant,
}

/// The loader of a site with these rules.
fn script(rules: &Rules) -> Encoded {
    let mut table = terse(serde_json::to_value(rules).unwrap_or_default());
    table["script"] = json!(assets::WIDGET.script);
    table["wasm"] = json!(assets::WIDGET.wasm);
    for (part, file) in &assets::WIDGET.parts {
        table[part] = json!(file);
    }
    let rules = table["surveys"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_used = |name: &str| rules.iter().any(|rule| rule.get(name).is_some());
    let conditions: Vec<_> = CONDITIONS.iter().filter(|it| is_used(it.name)).collect();
    let names = conditions.iter().map(|condition| condition.name);
    let facts: BTreeSet<&str> = conditions.iter().flat_map(|it| it.about).copied().collect();
    let code = [
        object("conditions", names, &assets::CODE.condition),
        object("facts", facts, &assets::CODE.fact),
        object(
            "triggers",
            TRIGGERS.into_iter().filter(|name| is_used(name)),
            &assets::CODE.trigger,
        ),
    ];
    // JSON is JavaScript; functions are not JSON.
    let table = table.to_string();
    let table = format!("{},{}}}", table.trim_end_matches('}'), code.join(","));
    Encoded::new(assets::loader().replace(PLACE, &table).into_bytes())
}

/// An entry of the table: functions by name, of which there is code.
fn object<'a>(
    entry: &str,
    names: impl IntoIterator<Item = &'a str>,
    code: &BTreeMap<String, String>,
) -> String {
    let function = |name: &str| Some(format!("{name}:{}", code.get(name)?));
    let functions: Vec<String> = names.into_iter().filter_map(function).collect();
    format!("{entry}:{{{}}}", functions.join(","))
}

/// The same value without the `.0` of whole numbers.
fn terse(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(terse).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, terse(value))).collect()
        }
        Value::Number(number) => match number.as_f64() {
            // Whole numbers are exact up to 2^53.
            Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => json!(float as i64),
            _ => Value::Number(number),
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_written_short() {
        let check = |json: &str, expected: &str| {
            let value = serde_json::from_str(json).unwrap();
            assert_eq!(terse(value).to_string(), expected, "{json}");
        };
        check(r#"{"a":[90.0,0.5,-1.0,3],"b":"1.0"}"#, r#"{"a":[90,0.5,-1,3],"b":"1.0"}"#);
        check("9007199254740993.5", "9007199254740994.0");
    }

    #[test]
    fn every_condition_and_trigger_has_its_code() {
        let code: Vec<&String> = assets::CODE.condition.keys().collect();
        let mut names = CONDITIONS.map(|condition| condition.name);
        names.sort_unstable();
        assert_eq!(code, names.iter().collect::<Vec<_>>());
        let code: Vec<&String> = assets::CODE.trigger.keys().collect();
        let mut names = TRIGGERS;
        names.sort_unstable();
        assert_eq!(code, names.iter().collect::<Vec<_>>());
    }
}
