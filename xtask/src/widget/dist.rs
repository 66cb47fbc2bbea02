//! Writing widget/dist, which the collector embeds.
//!
//! ```text
//! widget.<hash>.js, widget.<hash>.wasm    named by their content, each also as .br and .gz
//! send.<hash>.js                          loaded when there is something to send, the same
//! loader.js                               the collector inserts a site's table and compresses
//! assets.json                             the names of those with a hash: script, wasm, parts
//! fingerprint.txt                         of the sources this was built from
//! ```

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::fingerprint::of_content;
use crate::run::table;

/// What a visitor may have to download in all, in bytes of brotli.
const BUDGET: usize = 46_000;
const FINGERPRINT: &str = "fingerprint.txt";

/// The finished files.
pub(crate) struct Files {
    /// The ES module that starts the widget.
    pub(crate) host: String,
    /// The widget.
    pub(crate) wasm: Vec<u8>,
    /// The loader, without a site's table.
    pub(crate) loader: String,
    /// Modules that are loaded only when they are needed, by name.
    pub(crate) parts: Vec<(&'static str, String)>,
}

/// The sizes of one file in bytes.
pub(crate) struct Sizes {
    name: String,
    raw: usize,
    gzip: usize,
    brotli: usize,
    /// Whether every visitor who is asked has to download it before that.
    needed: bool,
}

struct Asset {
    sizes: Sizes,
    content: Vec<u8>,
    gzip: Vec<u8>,
    brotli: Vec<u8>,
}

impl Asset {
    /// The same, not needed before a survey is shown.
    fn lazy(mut self) -> Asset {
        self.sizes.needed = false;
        self
    }
}

/// Whether widget/dist was built from the sources with this fingerprint.
pub(crate) fn is_current(root: &Path, fingerprint: &str) -> bool {
    fs::read_to_string(folder(root).join(FINGERPRINT)).is_ok_and(|text| text == fingerprint)
}

/// Writes all files, compressed, in place of those of the build before.
pub(crate) fn write(root: &Path, files: &Files, fingerprint: &str) -> Result<Vec<Sizes>> {
    let script = asset(hashed("widget", "js", files.host.as_bytes()), files.host.as_bytes())?;
    let wasm = asset(hashed("widget", "wasm", &files.wasm), &files.wasm)?;
    let loader = asset("loader.js".to_owned(), files.loader.as_bytes())?;
    let mut parts = Vec::new();
    for (name, code) in &files.parts {
        parts.push((*name, asset(hashed(name, "js", code.as_bytes()), code.as_bytes())?.lazy()));
    }
    let names = assets_json(&script, &wasm, &parts);

    let fresh = emptied(folder(root).with_extension("new"))?;
    for asset in [&script, &wasm].into_iter().chain(parts.iter().map(|(_, part)| part)) {
        write_compressed(&fresh, asset)?;
    }
    write_file(&fresh.join(&loader.sizes.name), &loader.content)?;
    write_file(&fresh.join("assets.json"), names.as_bytes())?;
    write_file(&fresh.join(FINGERPRINT), fingerprint.as_bytes())?;
    swap(&fresh, &folder(root))?;
    let parts = parts.into_iter().map(|(_, part)| part);
    Ok([loader, script, wasm].into_iter().chain(parts).map(|asset| asset.sizes).collect())
}

/// The sizes of all files as aligned columns, with the sum of what has to be there before a
/// survey is shown, and what the budget leaves.
pub(crate) fn size_table(sizes: &[Sizes]) -> String {
    let needed = || sizes.iter().filter(|file| file.needed);
    let sum = |size: fn(&Sizes) -> usize| needed().map(size).sum::<usize>();
    let brotli = sum(|file| file.brotli);
    let row = |name: &str, raw, gzip, brotli| {
        vec![name.to_owned(), thousands(raw), thousands(gzip), thousands(brotli)]
    };
    let mut rows = vec![["bytes", "raw", "gzip", "brotli"].map(str::to_owned).to_vec()];
    let listed = |file: &Sizes| row(&file.name, file.raw, file.gzip, file.brotli);
    rows.extend(needed().map(listed));
    rows.push(row("sum", sum(|file| file.raw), sum(|file| file.gzip), brotli));
    rows.extend(sizes.iter().filter(|file| !file.needed).map(listed));
    let (word, rest) =
        if brotli <= BUDGET { ("left of", BUDGET - brotli) } else { ("OVER", brotli - BUDGET) };
    format!("{}{} {word} the budget of {}", table(&rows), thousands(rest), thousands(BUDGET))
}

fn folder(root: &Path) -> PathBuf {
    root.join("widget/dist")
}

fn hashed(name: &str, extension: &str, content: &[u8]) -> String {
    format!("{name}.{}.{extension}", of_content(content))
}

fn assets_json(script: &Asset, wasm: &Asset, parts: &[(&str, Asset)]) -> String {
    let name = |asset: &Asset| asset.sizes.name.clone();
    let parts: Vec<String> =
        parts.iter().map(|(part, asset)| format!("\"{part}\": \"{}\"", name(asset))).collect();
    format!(
        "{{\"script\": \"{}\", \"wasm\": \"{}\", \"parts\": {{{}}}}}\n",
        name(script),
        name(wasm),
        parts.join(", ")
    )
}

fn asset(name: String, content: &[u8]) -> Result<Asset> {
    let (gzip, brotli) = (gzip(content)?, brotli(content)?);
    let (raw, needed) = (content.len(), true);
    let sizes = Sizes { name, raw, gzip: gzip.len(), brotli: brotli.len(), needed };
    Ok(Asset { sizes, content: content.to_vec(), gzip, brotli })
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

fn brotli(mut content: &[u8]) -> Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 24,
        size_hint: content.len(),
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut content, &mut compressed, &parameters)?;
    Ok(compressed)
}

fn write_compressed(folder: &Path, asset: &Asset) -> Result<()> {
    let name = &asset.sizes.name;
    write_file(&folder.join(name), &asset.content)?;
    write_file(&folder.join(format!("{name}.gz")), &asset.gzip)?;
    write_file(&folder.join(format!("{name}.br")), &asset.brotli)
}

fn write_file(path: &Path, content: &[u8]) -> Result<()> {
    fs::write(path, content).with_context(|| format!("write {}", path.display()))
}

/// Renames the whole folder, so that an interrupted build never leaves a part of one.
fn swap(fresh: &Path, current: &Path) -> Result<()> {
    let old = emptied(current.with_extension("old"))?;
    if current.exists() {
        fs::rename(current, old.join("dist")).context("move the old widget/dist away")?;
    }
    fs::rename(fresh, current).context("move the new widget/dist into its place")?;
    fs::remove_dir_all(&old).context("remove the old widget/dist")
}

/// Makes an empty folder, whatever was in its place.
fn emptied(folder: PathBuf) -> Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("empty {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
    Ok(folder)
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(
            [0, 999, 1_000, 46_000, 1_234_567].map(thousands),
            ["0", "999", "1,000", "46,000", "1,234,567"]
        );
    }

    #[test]
    fn the_table_tells_what_the_budget_leaves() {
        let file = |brotli, needed| {
            let name = "widget.js".to_owned();
            Sizes { name, raw: 9_000, gzip: 4_000, brotli, needed }
        };
        let check = |sizes: &[Sizes], expected: &str| {
            let table = size_table(sizes);
            assert!(table.ends_with(expected), "{table}");
        };
        check(&[file(45_000, true)], "\n1,000 left of the budget of 46,000");
        check(&[file(45_000, true), file(1_001, true)], "\n1 OVER the budget of 46,000");
        check(&[file(45_000, true), file(9_000, false)], "\n1,000 left of the budget of 46,000");
    }
}
