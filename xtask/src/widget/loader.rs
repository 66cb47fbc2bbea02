//! The loader: the files of widget/loader as one classic script.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// The free variable in whose place the collector writes a site's rule table.
const SITE: &str = "NABZ_SITE";
/// The file that starts everything, and so comes last.
const MAIN: &str = "main.js";

/// The loader's files, in order, inside one function that keeps their names off the page.
pub(crate) fn wrapped(root: &Path) -> Result<String> {
    let folder = root.join("widget/loader");
    let mut script = String::from("(() => {\n\"use strict\";\n");
    for name in file_names(&folder)? {
        let file = folder.join(&name);
        let source =
            fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
        let _ = write!(script, "{source}\n;");
    }
    script.push_str("})();\n");
    Ok(script)
}

/// All scripts sorted by name, `main.js` last.
fn file_names(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    let mut names = entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<Vec<_>>>()?;
    names.retain(|name| name.ends_with(".js"));
    names.sort_by_key(|name| (name == MAIN, name.clone()));
    ensure!(names.last().is_some_and(|name| name == MAIN), "widget/loader holds no {MAIN}");
    Ok(names)
}

/// Returns the minified loader if the place of the rule table is still found in it.
pub(crate) fn checked(minified: String) -> Result<String> {
    let count = minified.matches(SITE).count();
    ensure!(count == 1, "the minified loader should hold {SITE} once, but holds it {count} times");
    Ok(minified)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::widget::minify;

    #[test]
    fn the_table_keeps_its_place_and_nothing_else_its_name() {
        let folder = std::env::temp_dir().join(format!("nabz-loader-{}", std::process::id()));
        let loader = folder.join("widget/loader");
        fs::create_dir_all(&loader).unwrap();
        fs::write(loader.join(MAIN), "window.nabz = { surveys: sorted() };").unwrap();
        fs::write(
            loader.join("rules.js"),
            "const table = NABZ_SITE; const sorted = () => [table, ...table.surveys].sort();",
        )
        .unwrap();

        let script = minify::script(&wrapped(&folder).unwrap()).unwrap();
        fs::remove_dir_all(&folder).unwrap();

        assert!(!script.contains("sorted"), "{script}");
        checked(script).unwrap();
    }

    #[test]
    fn a_lost_or_copied_table_is_refused() {
        assert!(checked("(()=>{})()".into()).is_err());
        assert!(checked("a(NABZ_SITE,NABZ_SITE)".into()).is_err());
    }
}
