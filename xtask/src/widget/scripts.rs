//! The widget's JavaScript: the files of widget/loader as one classic script, those of its folders
//! `condition`, `fact` and `trigger` as one expression each, those of widget/host as one module
//! with the glue and the style sheet, and each of [`PARTS`] as one module.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::minify;
use super::style::squeeze;

/// The free variable in whose place the collector writes a site's rule table.
const SITE: &str = "NABZ_SITE";
/// The free variable in whose place all conditions, facts and triggers are written.
const CODE: &str = "NABZ_CODE";
/// The file that starts everything, and so comes last.
const MAIN: &str = "main.js";

/// Folders of widget/ with what is loaded only when it is needed.
pub(crate) const PARTS: [&str; 2] = ["send", "why"];
/// What a part takes from another one.
const BORROWED: [(&str, &str); 1] = [("why", "send/clean.js")];

/// The loader's files, in order, inside one function that keeps their names off the page.
pub(crate) fn loader(root: &Path) -> Result<String> {
    let files = joined(&root.join("widget/loader"))?;
    ensure!(files.contains(SITE), "widget/loader has no place for the rule table");
    Ok(format!("(() => {{\n\"use strict\";\n{files}}})();\n"))
}

/// What a loader has only where its site's surveys use it: conditions, facts and triggers, by
/// folder and name, each a minified expression.
pub(crate) fn code(root: &Path) -> Result<BTreeMap<&'static str, BTreeMap<String, String>>> {
    let of_kind = |kind: &'static str| {
        let folder = root.join("widget/loader").join(kind);
        let part = |name: String| {
            let source = with_imports(&folder, &read(&folder, &name)?)?;
            let code = minify::expression(&source).with_context(|| format!("{kind}/{name}"))?;
            Ok((name.trim_end_matches(".js").to_owned(), code))
        };
        Ok((kind, scripts(&folder)?.into_iter().map(part).collect::<Result<_>>()?))
    };
    ["condition", "fact", "trigger"].into_iter().map(of_kind).collect()
}

/// A module in which what it imports by default, one line each, stands in the import's place.
fn with_imports(folder: &Path, source: &str) -> Result<String> {
    let mut imports = String::new();
    let mut rest = String::new();
    for line in source.lines() {
        let import = line.strip_prefix("import ").and_then(|line| line.split_once(" from \""));
        match import {
            Some((name, file)) => {
                let shared = read(folder, file.trim_end_matches("\";"))?;
                imports += &shared.replace("export default", &format!("const {name} ="));
            }
            None => rest += &format!("{line}\n"),
        }
    }
    if imports.is_empty() {
        return Ok(rest);
    }
    let body = imports + &rest.replace("export default", "return");
    Ok(format!("export default (() => {{\n{body}}})();\n"))
}

/// The host part: what stands between the loader and the card, around the guarded glue, with the
/// style sheet and some constants. Only what its own files export is seen from outside.
pub(crate) fn host(root: &Path, glue: &str, constants: &str) -> Result<String> {
    let folder = root.join("widget/host");
    let glue = glue.replace("export function ", "function ");
    let style = squeeze(&fs::read_to_string(folder.join("style.css")).context("read the style")?);
    Ok(format!("{glue}{constants}const CARD_STYLE = {style:?};\n{}", joined(&folder)?))
}

/// One of [`PARTS`]: only what its own files export is seen from outside.
pub(crate) fn part(root: &Path, name: &str) -> Result<String> {
    let widget = root.join("widget");
    let mut script = joined(&widget.join(name))?;
    for (_, file) in BORROWED.iter().filter(|(part, _)| *part == name) {
        script.insert_str(0, &(read(&widget, file)? + "\n;"));
    }
    if !script.contains(CODE) {
        return Ok(script);
    }
    let entry = |(name, code): (String, String)| format!("{name}: {code}");
    let object = |(kind, functions): (&str, BTreeMap<_, _>)| {
        let functions: Vec<String> = functions.into_iter().map(entry).collect();
        format!("{kind}: {{ {} }}", functions.join(", "))
    };
    let code: Vec<String> = code(root)?.into_iter().map(object).collect();
    Ok(script.replacen(CODE, &format!("{{ {} }}", code.join(", ")), 1))
}

/// All scripts of a folder, one after the other.
fn joined(folder: &Path) -> Result<String> {
    scripts(folder)?.iter().map(|name| Ok(read(folder, name)? + "\n;")).collect()
}

/// The names of a folder's scripts, sorted, `main.js` last.
fn scripts(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    let mut names = entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<Vec<_>>>()?;
    names.retain(|name| name.ends_with(".js"));
    names.sort_by_key(|name| (name == MAIN, name.clone()));
    Ok(names)
}

fn read(folder: &Path, name: &str) -> Result<String> {
    let file = folder.join(name);
    fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))
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

    #[test]
    fn the_table_keeps_its_place_and_nothing_else_its_name() {
        let folder = std::env::temp_dir().join(format!("nabz-loader-{}", std::process::id()));
        let loader_folder = folder.join("widget/loader");
        fs::create_dir_all(&loader_folder).unwrap();
        fs::write(loader_folder.join(MAIN), "window.nabz = { surveys: sorted() };").unwrap();
        fs::write(
            loader_folder.join("rules.js"),
            "const table = NABZ_SITE; const sorted = () => [table, ...table.surveys].sort();",
        )
        .unwrap();

        let script = minify::script(&loader(&folder).unwrap()).unwrap();
        fs::remove_dir_all(&folder).unwrap();

        assert!(!script.contains("sorted"), "{script}");
        checked(script).unwrap();
    }

    #[test]
    fn what_is_imported_is_part_of_the_expression() {
        let folder = std::env::temp_dir().join(format!("nabz-parts-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("twice.js"), "export default (n) => n * 2;\n").unwrap();
        let source = "import twice from \"./twice.js\";\nexport default (n) => twice(n) + 1;\n";

        let code = minify::expression(&with_imports(&folder, source).unwrap()).unwrap();
        fs::remove_dir_all(&folder).unwrap();

        assert!(code.contains("*2") && !code.contains("twice"), "{code}");
    }

    #[test]
    fn a_lost_or_copied_table_is_refused() {
        assert!(checked("(()=>{})()".into()).is_err());
        assert!(checked("a(NABZ_SITE,NABZ_SITE)".into()).is_err());
    }
}
