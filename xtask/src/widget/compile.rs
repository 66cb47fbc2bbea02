//! Compiling for WebAssembly, together with the standard library, for size.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::run::run;
use crate::toolchain::{Toolchain, remap};

const TARGET: &str = "wasm32-unknown-unknown";

/// Flags of unstable features, which is why the standard library is built along.
const SIZE_FLAGS: [&str; 4] = [
    // A panic is one instruction: neither its message nor the code that formats it is kept.
    "-Zunstable-options",
    "-Cpanic=immediate-abort",
    "-Zlocation-detail=none",
    "-Zfmt-debug=none",
];

/// What is compiled.
pub(crate) struct Module {
    /// How cargo is told of it.
    pub(crate) arguments: &'static [&'static str],
    /// The name of the file that it makes.
    pub(crate) file: &'static str,
}

/// The card by itself.
pub(crate) const CARD: Module = Module {
    arguments: &["--package=nabz-widget", "--features=page", "--lib", "--crate-type=cdylib"],
    file: "nabz_widget.wasm",
};

/// Compiles a module and returns its path.
pub(crate) fn compile(
    root: &Path,
    target_dir: &Path,
    toolchain: &Toolchain,
    module: &Module,
) -> Result<PathBuf> {
    let mut cargo = toolchain.cargo();
    cargo
        .current_dir(root)
        .arg("rustc")
        .args(module.arguments)
        .args(["--profile", "widget", "--target", TARGET])
        .arg("--target-dir")
        .arg(target_dir)
        .args(["-Z", "build-std=std,panic_abort"])
        .args(["-Z", "build-std-features=optimize_for_size"])
        // The stable compiler is used; this lets it take the unstable flags.
        .env("RUSTC_BOOTSTRAP", "1")
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", flags(root, &toolchain.sysroot).join("\x1f"));
    run(&mut cargo)?;
    let module = target_dir.join(TARGET).join("widget").join(module.file);
    if !module.is_file() {
        bail!("cargo has built no {}", module.display());
    }
    Ok(module)
}

fn flags(root: &Path, sysroot: &Path) -> Vec<String> {
    let mut flags = SIZE_FLAGS.map(str::to_owned).to_vec();
    let cargo_home = cargo_home();
    flags.extend(remap(&[(&cargo_home, "/cargo"), (root, "/nabz"), (sysroot, "/rust")]));
    flags
}

fn cargo_home() -> PathBuf {
    let home = || std::env::home_dir().unwrap_or_default().join(".cargo");
    std::env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from)
}
