//! Writing widget/dist, which the collector embeds.
//!
//! ```text
//! widget.<hash>.js, widget.<hash>.wasm    named by their content, each also as .br and .gz
//! send.<hash>.js                          loaded when there is something to send, the same
//! locale.<language>.<hash>.json           likewise; loaded only by who speaks the language
//! loader.js                               the collector inserts a site's table and compresses
//! code.json                               conditions, facts, triggers: it inserts what is used
//! assets.json                             the names of those with a hash: script, wasm, parts
//! fingerprint.txt                         of the sources this was built from
//! ```

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::fingerprint::of_content;
use super::locales::Locales;
use super::sizes::Sizes;

const FINGERPRINT: &str = "fingerprint.txt";

/// The finished files.
pub(crate) struct Files {
    /// The ES module that starts the widget.
    pub(crate) host: String,
    /// The widget.
    pub(crate) wasm: Vec<u8>,
    /// The loader, without a site's table.
    pub(crate) loader: String,
    /// The conditions, facts and triggers, by kind and name, as JSON.
    pub(crate) code: String,
    /// Modules that are loaded only when they are needed, by name.
    pub(crate) parts: Vec<(&'static str, String)>,
    /// The card's words in other languages.
    pub(crate) locales: Locales,
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
    for (name, content) in files.locales.files() {
        write_compressed(&fresh, &asset(name, content.as_bytes())?)?;
    }
    write_file(&fresh.join(&loader.sizes.name), &loader.content)?;
    write_file(&fresh.join("code.json"), files.code.as_bytes())?;
    write_file(&fresh.join("assets.json"), names.as_bytes())?;
    write_file(&fresh.join(FINGERPRINT), fingerprint.as_bytes())?;
    swap(&fresh, &folder(root))?;
    let parts = parts.into_iter().map(|(_, part)| part);
    Ok([loader, script, wasm].into_iter().chain(parts).map(|asset| asset.sizes).collect())
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
