//! The card's own words in other languages: one file for each, which only its visitors download.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use super::fingerprint::of_content;

/// The languages, and one hash over all of them: sixteen names would weigh more than a file.
pub(crate) struct Locales {
    /// In the order of their names.
    files: Vec<(String, String)>,
    hash: String,
}

impl Locales {
    /// Reads widget/locales. Every file has the fields of the others.
    pub(crate) fn read(root: &Path) -> Result<Locales> {
        let folder = root.join("widget/locales");
        let entries =
            fs::read_dir(&folder).with_context(|| format!("read {}", folder.display()))?;
        let mut files = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let Some(language) =
                path.file_name().and_then(|name| name.to_str()?.strip_suffix(".json"))
            else {
                bail!("{} is no locale", path.display());
            };
            let text = fs::read_to_string(&path)?;
            files.push((language.to_owned(), text.lines().map(str::trim).collect::<String>()));
        }
        files.sort();
        ensure!(!files.is_empty(), "{} is empty", folder.display());
        let hash = of_content(format!("{files:?}").as_bytes());
        Ok(Locales { files, hash })
    }

    /// What the host part has to know: the languages and the hash.
    pub(crate) fn constants(&self) -> String {
        let languages: Vec<&str> =
            self.files.iter().map(|(language, _)| language.as_str()).collect();
        format!("const LOCALES = {languages:?}, LOCALES_HASH = {:?};\n", self.hash)
    }

    /// The name and the content of each file.
    pub(crate) fn files(&self) -> impl Iterator<Item = (String, &str)> {
        let name = |language: &str| format!("locale.{language}.{}.json", self.hash);
        self.files.iter().map(move |(language, text)| (name(language), text.as_str()))
    }
}
