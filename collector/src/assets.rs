//! The files that the collector serves as they are: the built widget and the dashboard's style.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::encoded::{Encoded, hash};

/// The files of `widget/dist`: name and content.
static DIST: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/dist.rs"));

/// The names of the widget's files, which change with their content.
pub(crate) static WIDGET: LazyLock<Widget> = LazyLock::new(|| {
    let table = file("assets.json").unwrap_or_default();
    serde_json::from_slice(table).expect("assets.json is written by the build")
});

/// What a loader has only where its site's surveys use it.
pub(crate) static CODE: LazyLock<Code> = LazyLock::new(|| {
    let code = file("code.json").unwrap_or_default();
    serde_json::from_slice(code).expect("code.json is written by the build")
});

/// The dashboard's style sheet.
pub(crate) static STYLE: LazyLock<Style> = LazyLock::new(|| {
    let sheet = include_bytes!("pages/style.css");
    Style {
        name: format!("dashboard.{}.css", &hash(sheet)[..16]),
        content: Encoded::new(sheet.to_vec()),
    }
});

/// What is served under `/assets/`, by name: the style sheet, and of the widget's files those that
/// the build compressed.
pub(crate) static PUBLIC: LazyLock<HashMap<&str, Encoded>> = LazyLock::new(|| {
    let public = |(name, plain): &(&'static str, &'static [u8])| {
        let [br, gzip] = ["br", "gz"].map(|encoding| file(&format!("{name}.{encoding}")));
        Some((*name, Encoded::precompressed(plain, br?, gzip?)))
    };
    let sheet = (STYLE.name.as_str(), STYLE.content.clone());
    DIST.iter().filter_map(public).chain([sheet]).collect()
});

/// The names of the widget's files.
#[derive(Debug, Deserialize)]
pub(crate) struct Widget {
    /// The JavaScript that loads the WebAssembly.
    pub script: String,
    /// The WebAssembly.
    pub wasm: String,
    /// What is loaded only when it is needed, by its name in the loader's table.
    pub parts: BTreeMap<String, String>,
}

/// The code of conditions, facts and triggers, by the names they have in rules and visits.
#[derive(Debug, Deserialize)]
pub(crate) struct Code {
    /// Functions of a condition's value and a visit.
    pub condition: BTreeMap<String, String>,
    /// Functions of the loader's state and a survey's id.
    pub fact: BTreeMap<String, String>,
    /// Functions of a trigger's value and a function to call.
    pub trigger: BTreeMap<String, String>,
}

/// A style sheet and the name it is served under.
pub(crate) struct Style {
    /// The name, which changes with the content.
    pub name: String,
    /// The sheet.
    pub content: Encoded,
}

/// The loader's script, in which the site's table is still to be inserted.
pub(crate) fn loader() -> &'static str {
    let script = file("loader.js").unwrap_or_default();
    std::str::from_utf8(script).expect("the minifier writes UTF-8")
}

/// A widget file as it is, or one made by the build with `.br` or `.gz` behind its name.
pub(crate) fn file(name: &str) -> Option<&'static [u8]> {
    DIST.iter().find(|(known, _)| *known == name).map(|(_, content)| *content)
}
