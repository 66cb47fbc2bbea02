//! The oldest browsers that the widget has to work in: those of the last two years. They are not
//! to be had for tests, so what was built is compared with what is known of them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, ensure};
use oxc_compat::EngineTargets;
use serde_json::Value;
use wasmparser::{Validator, WasmFeatures};

use crate::packages;
use crate::widget::names::Names;

/// Browsers and their oldest versions, of autumn 2024.
const OLDEST: [(&str, Version); 3] =
    [("chrome", Version(131, 0)), ("firefox", Version(132, 0)), ("safari", Version(18, 1))];
/// Which browser knows what since when: MDN's data, in the public domain (CC0).
const KNOWN: &str = "@mdn/browser-compat-data@8.1.9";
/// Names that may be used although they are newer, and why.
const ALLOWED: [(&str, &str); 3] = [
    ("globalPrivacyControl", "where there is none, the visitor has not said anything"),
    ("conditions", "a member of the rule table"),
    ("font", "a member of the theme"),
];

/// A version of a browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u16, u16);

impl Version {
    /// As it is written in the data: `18.1`, `131`, or `≤79` for something older than is known.
    fn parse(text: &str) -> Option<Version> {
        let mut numbers = text.trim_start_matches('≤').split('.').map(str::parse);
        Some(Version(numbers.next()?.ok()?, numbers.next().map_or(Some(0), Result::ok)?))
    }
}

/// What the minifier may write.
pub(crate) fn targets() -> Result<EngineTargets> {
    let browsers = OLDEST.map(|(name, Version(major, minor))| format!("{name}{major}.{minor}"));
    EngineTargets::from_target_list(&browsers).map_err(|error| anyhow!(error))
}

/// Refuses a module that uses more than WebAssembly 2.0, which all of them know.
pub(crate) fn check_wasm(module: &[u8]) -> Result<()> {
    let mut validator = Validator::new_with_features(WasmFeatures::WASM2);
    validator.validate_all(module).context("the module needs a newer browser than the oldest")?;
    Ok(())
}

/// Refuses built scripts that use a name which the oldest browsers do not know.
pub(crate) fn check_scripts(root: &Path) -> Result<()> {
    let data = packages::npm(root, KNOWN)?.join("data.json");
    let data = serde_json::from_reader(BufReader::new(File::open(data)?))?;
    let known = known(&data);
    let mut names = Names::default();
    for script in built_scripts(&root.join("widget/dist"))? {
        names.read(&script)?;
    }
    let newer = newer(&names, &known);
    ensure!(
        newer.is_empty(),
        "the built scripts use what the oldest browsers lack: {newer:?}. What is tried with care, \
         or only happens to have such a name, can be allowed in {}",
        file!()
    );
    Ok(())
}

/// All scripts in a folder, and the pieces of which loaders are made.
fn built_scripts(folder: &Path) -> Result<Vec<String>> {
    let mut scripts = Vec::new();
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        if path.extension().is_some_and(|ending| ending == "js") {
            scripts.push(fs::read_to_string(&path)?);
        }
    }
    type Pieces = BTreeMap<String, BTreeMap<String, String>>;
    let pieces: Pieces = serde_json::from_str(&fs::read_to_string(folder.join("code.json"))?)?;
    let pieces = pieces.into_values().flat_map(BTreeMap::into_values);
    scripts.extend(pieces.map(|expression| format!("({expression})")));
    Ok(scripts)
}

/// The names that not all of the oldest browsers know, and that are not allowed anyway.
fn newer<'a>(names: &'a Names, known: &BTreeMap<String, bool>) -> Vec<&'a str> {
    let is_allowed = |name: &str| ALLOWED.iter().any(|(allowed, _)| *allowed == name);
    let foreign = names.foreign();
    foreign.filter(|name| known.get(*name) == Some(&false) && !is_allowed(name)).collect()
}

/// All names of interfaces, their members and built-in objects, and whether there is one of the
/// name that all of the oldest browsers know.
fn known(data: &Value) -> BTreeMap<String, bool> {
    let mut known = BTreeMap::new();
    let sections = [&data["api"], &data["javascript"]["builtins"]];
    let entries = |section: &'_ Value| section.as_object().cloned().into_iter().flatten();
    for (name, interface) in sections.into_iter().flat_map(entries) {
        for (name, entry) in entries(&interface).chain([(name, interface.clone())]) {
            let support = &entry["__compat"]["support"];
            if support.is_object() {
                let everywhere = OLDEST.iter().all(|(name, at)| knows(&support[name], *at));
                *known.entry(name).or_insert(false) |= everywhere;
            }
        }
    }
    known
}

/// Whether a version of a browser knows something under its own name, without a setting.
fn knows(support: &Value, version: Version) -> bool {
    let statements = support.as_array().map_or(std::slice::from_ref(support), Vec::as_slice);
    statements.iter().any(|statement| {
        let with = |key: &str| !statement[key].is_null();
        let added = statement["version_added"].as_str().and_then(Version::parse);
        added.is_some_and(|added| added <= version)
            && !["prefix", "alternative_name", "flags", "version_removed"].into_iter().any(with)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_is_known_when_all_of_the_oldest_know_one_of_it() {
        let everywhere = |chrome: &str, firefox: &str, safari: Value| {
            json!({ "__compat": { "support": { "chrome": { "version_added": chrome },
                "firefox": { "version_added": firefox }, "safari": safari } } })
        };
        let safari = |version: &str| json!({ "version_added": version });
        let data = json!({
            "api": {
                "Element": { "append": everywhere("54", "≤49", safari("10")),
                             "moveBefore": everywhere("133", "144", json!({ "version_added": false })),
                             "late": everywhere("131", "132", safari("18.2")),
                             "hidden": everywhere("1", "1", json!([{ "version_added": "1",
                                                                     "prefix": "webkit" }])) },
            },
            "javascript": { "builtins": {
                "Iterator": { "map": everywhere("122", "131", safari("18.4")) },
                "Array": { "map": everywhere("1", "1.5", safari("3")) },
            } },
        });
        let script = "x.append(y.map(z)); x.moveBefore(y.hidden); const { late } = x; x.ours()";
        let mut names = Names::default();
        names.read(script).unwrap();
        assert_eq!(newer(&names, &known(&data)), ["hidden", "late", "moveBefore"]);
    }

    #[test]
    fn a_module_of_today_is_refused() {
        // One function type and a memory of 64-bit addresses.
        let module = |limits: u8| [b"\0asm\x01\0\0\0".as_slice(), &[5, 3, 1, limits, 1]].concat();
        assert!(check_wasm(&module(0)).is_ok());
        assert!(check_wasm(&module(4)).is_err());
    }
}
