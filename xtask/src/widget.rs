//! `cargo xtask build`: from the widget's sources to the files the collector embeds.
//!
//! Compile ([`compile`]), make the glue between WebAssembly and the browser ([`bindgen`]), keep
//! its traps away from the host page ([`guard`]), join it with the other JavaScript ([`scripts`]),
//! minify that ([`minify`]), write everything with its compressed forms ([`dist`]), and tell what
//! it weighs ([`sizes`]).

use std::path::Path;

use anyhow::Result;

use crate::baseline;
use crate::run::{Steps, target_dir};
use crate::toolchain::Toolchain;

pub(crate) mod app;
mod bindgen;
mod compile;
mod dist;
mod fingerprint;
mod guard;
mod locales;
mod minify;
pub(crate) mod names;
mod scripts;
mod shorten;
mod sizes;
mod style;

use locales::Locales;

/// Builds the widget, unless it was built from the same sources before.
pub(crate) fn build(root: &Path, force: bool) -> Result<()> {
    let fingerprint = fingerprint::of_sources(root)?;
    if !force && dist::is_current(root, &fingerprint) {
        eprintln!("    the widget is up to date");
        return Ok(());
    }
    let mut steps = Steps::default();
    let toolchain = steps.step("find a compiler for the widget", Toolchain::find)?;
    let wasm = steps.step("compile the widget", || {
        compile::compile(root, &target_dir(root).join("wasm"), &toolchain, &compile::CARD)
    })?;
    let bound = steps.step("bind it to JavaScript", || bindgen::bind(&wasm))?;
    baseline::check_wasm(&bound.wasm)?;
    let files = steps.step("minify the scripts", || {
        let locales = Locales::read(root)?;
        let glue = guard::guard(&bound.glue)?;
        let host = minify::module(&scripts::host(root, &glue, &locales.constants())?)?;
        let loader = minify::script(&scripts::loader(root)?)?;
        let part = |name| Ok((name, minify::module(&scripts::part(root, name)?)?));
        let parts = scripts::PARTS.into_iter().map(part).collect::<Result<_>>()?;
        let loader = scripts::checked(loader)?;
        let code = serde_json::to_string(&scripts::code(root)?)?;
        Ok(dist::Files { host, wasm: bound.wasm, loader, code, parts, locales })
    })?;
    let sizes =
        steps.step("compress and write widget/dist", || dist::write(root, &files, &fingerprint))?;
    println!("\n{}", sizes::compared(root, &sizes));
    Ok(())
}
