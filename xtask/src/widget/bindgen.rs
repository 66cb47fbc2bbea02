//! The glue: JavaScript between the browser and the WebAssembly module.
//!
//! wasm-bindgen's tool is used as a library of exactly the version of the crate `wasm-bindgen`,
//! so that the two can never differ.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use wasm_bindgen_cli_support::{Bindgen, EncodeInto};

use super::shorten::Names;

/// What is made of the compiled module.
pub(crate) struct Bound {
    /// An ES module; its default export takes `{ module_or_path }`.
    pub(crate) glue: String,
    /// The module, without descriptions and names that only tools need.
    pub(crate) wasm: Vec<u8>,
}

/// Makes the glue for a compiled module.
pub(crate) fn bind(module: &Path) -> Result<Bound> {
    let mut output = Bindgen::new()
        .input_path(module)
        .out_name("widget")
        .web(true)?
        .typescript(false)
        .demangle(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        // Without another way for browsers of long ago.
        .encode_into(EncodeInto::Always)
        // The loader names the file: the glue cannot know the hash in it.
        .omit_default_module_path(true)
        .generate_output()
        .context("wasm-bindgen cannot bind the widget")?;
    // A snippet would be one more file that has to be hashed, served and fetched.
    let snippets: Vec<_> = output.snippets().iter().filter(|(_, code)| !code.is_empty()).collect();
    ensure!(snippets.is_empty(), "dependencies of the widget bring JavaScript: {snippets:?}");
    let modules = output.local_modules();
    ensure!(modules.is_empty(), "dependencies of the widget bring JavaScript: {modules:?}");
    let mut names = Names::default();
    let wasm = output.wasm_mut();
    wasm.imports.iter_mut().for_each(|import| names.shorten(&mut import.name));
    wasm.exports.iter_mut().for_each(|export| names.shorten(&mut export.name));
    // Sections for tools; a browser reads none of them.
    let custom: Vec<_> = wasm.customs.iter().map(|(id, _)| id).collect();
    for id in custom {
        wasm.customs.delete(id);
    }
    let wasm = wasm.emit_wasm();
    Ok(Bound { glue: names.apply(output.js()), wasm })
}
