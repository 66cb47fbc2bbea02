//! The compiler that builds the widget together with the standard library.
//!
//! Building the standard library needs its source, of the very version of the compiler. rustup
//! keeps it in a component; Debian in a package beside a compiler of its own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::packages;
use crate::run::{output, succeeds_within, which};

/// Where the source of the standard library lies below a sysroot.
const STD_SOURCE: &str = "lib/rustlib/src/rust/library";
/// Long enough for a few megabytes, short enough for a machine without network.
const RUSTUP_LIMIT: Duration = Duration::from_secs(60);
const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
/// What the outer cargo and rustup set for their own compiler, and would mislead another one.
const OUTER_ENVIRONMENT: [&str; 8] = [
    "CARGO",
    "RUSTC",
    "RUSTDOC",
    "RUSTUP_TOOLCHAIN",
    "RUSTUP_HOME",
    "RUST_RECURSION_COUNT",
    "LD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
];

/// A compiler that has the source of its standard library.
pub(crate) struct Toolchain {
    /// The folder that holds the compiler's libraries.
    pub(crate) sysroot: PathBuf,
    /// Set for Debian's compiler, which has no linker for WebAssembly of its own.
    linker: Option<PathBuf>,
}

impl Toolchain {
    /// Finds a compiler, or installs what is missing: rustup's component, else Debian's packages.
    pub(crate) fn find() -> Result<Toolchain> {
        let sysroot = sysroot(Command::new("rustc"))?;
        if has_std_source(&sysroot) || add_rustup_component(&sysroot) {
            return Ok(Toolchain { sysroot, linker: None });
        }
        debian(&sysroot).with_context(|| {
            format!(
                "the widget needs the source of the standard library. By hand: \
                 `rustup component add rust-src`, or on Debian `sudo apt-get install {}`",
                DEBIAN_PACKAGES.join(" ")
            )
        })
    }

    /// A call of this toolchain's cargo.
    pub(crate) fn cargo(&self) -> Command {
        let Some(linker) = &self.linker else { return Command::new("cargo") };
        let mut command = Command::new(DEBIAN_CARGO);
        for name in OUTER_ENVIRONMENT {
            command.env_remove(name);
        }
        command.env("RUSTC", DEBIAN_RUSTC);
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        command
    }
}

fn sysroot(mut rustc: Command) -> Result<PathBuf> {
    Ok(output(rustc.args(["--print", "sysroot"]))?.into())
}

fn has_std_source(sysroot: &Path) -> bool {
    sysroot.join(STD_SOURCE).is_dir()
}

fn add_rustup_component(sysroot: &Path) -> bool {
    if which("rustup").is_none() {
        return false;
    }
    eprintln!("    adding the source of the standard library: rustup component add rust-src");
    let mut rustup = Command::new("rustup");
    rustup.args(["component", "add", "rust-src"]).env("RUSTUP_MAX_RETRIES", "0");
    succeeds_within(&mut rustup, RUSTUP_LIMIT) && has_std_source(sysroot)
}

fn debian(rustup_sysroot: &Path) -> Result<Toolchain> {
    eprintln!("    rustup cannot fetch it; using Debian's compiler and source");
    if !debian_is_complete() {
        packages::install(&DEBIAN_PACKAGES, "Debian's compiler is not complete")?;
    }
    if !debian_is_complete() {
        bail!("{DEBIAN_RUSTC} has no source of its standard library, even after installing it");
    }
    let sysroot = debian_sysroot()?;
    Ok(Toolchain { sysroot, linker: Some(linker(rustup_sysroot)?) })
}

fn debian_is_complete() -> bool {
    Path::new(DEBIAN_CARGO).exists() && debian_sysroot().is_ok_and(|dir| has_std_source(&dir))
}

fn debian_sysroot() -> Result<PathBuf> {
    let mut rustc = Command::new(DEBIAN_RUSTC);
    for name in OUTER_ENVIRONMENT {
        rustc.env_remove(name);
    }
    sysroot(rustc)
}

/// rustup's linker is as new as its compiler and already there; Debian's is a package more.
fn linker(rustup_sysroot: &Path) -> Result<PathBuf> {
    let hosts = std::fs::read_dir(rustup_sysroot.join("lib/rustlib")).into_iter().flatten();
    let candidates = hosts.flatten().map(|host| host.path().join("bin/rust-lld"));
    if let Some(linker) = candidates.into_iter().find(|file| file.is_file()) {
        return Ok(linker);
    }
    if which("wasm-ld").is_none() {
        packages::install(&["lld"], "there is no linker for WebAssembly")?;
    }
    which("wasm-ld").context("the package lld has brought no wasm-ld")
}

/// Flags that replace the folders of this machine in whatever the compiler writes down.
pub(crate) fn remap(folders: &[(&Path, &str)]) -> Vec<String> {
    let flag = |folder: &OsStr, name: &str| {
        format!("--remap-path-prefix={}={name}", folder.to_string_lossy())
    };
    folders.iter().map(|(folder, name)| flag(folder.as_os_str(), name)).collect()
}
