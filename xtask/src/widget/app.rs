//! A yew app of somebody else with a survey in it, for the tests.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use super::compile::{Module, compile};
use crate::run::target_dir;
use crate::toolchain::Toolchain;

const APP: Module =
    Module { arguments: &["--package=yew-app", "--bin=yew-app"], file: "yew-app.wasm" };

/// Builds the app as its owner would and returns the folder of its files, `app.js` and
/// `app_bg.wasm`.
pub(crate) fn build(root: &Path) -> Result<PathBuf> {
    let toolchain = Toolchain::find()?;
    let module = compile(root, &target_dir(root).join("wasm"), &toolchain, &APP)?;
    let folder = target_dir(root).join("yew-app");
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name("app").web(true)?.typescript(false);
    // As its own tool does it: the glue knows where the WebAssembly lies.
    bindgen.omit_default_module_path(false);
    bindgen.generate(&folder).context("wasm-bindgen cannot bind the app")?;
    Ok(folder)
}
