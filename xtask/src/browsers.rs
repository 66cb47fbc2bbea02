//! The browsers that the tests drive, and the programs that drive them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::packages;
use crate::run::{cargo, output, run, target_dir, which};

/// Firefox's driver. Debian has no package of it, so it is built from its maker's sources.
const GECKODRIVER: &str = "0.37.1";
/// Comes with Debian's browser in most cases, and has the letters of Persian and Arabic.
const FONT: &str = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";

/// Finds Chromium, or installs it.
pub(crate) fn chromium() -> Result<()> {
    let mut packages = Vec::new();
    if is_missing("NABZ_CHROMIUM", "chromium") {
        packages.push("chromium");
    }
    if is_missing("NABZ_CHROMEDRIVER", "chromedriver") {
        packages.push("chromium-driver");
    }
    if !Path::new(FONT).exists() && !has_persian_font() {
        packages.push("fonts-dejavu-core");
    }
    install(&packages)
}

/// Finds Firefox, or installs it, and returns where its driver is.
pub(crate) fn firefox(root: &Path) -> Result<PathBuf> {
    if is_missing("NABZ_FIREFOX", "firefox") {
        install(&["firefox-esr"])?;
    }
    if let Some(path) = std::env::var_os("NABZ_GECKODRIVER") {
        return Ok(path.into());
    }
    which("geckodriver").map_or_else(|| built_geckodriver(root), Ok)
}

fn is_missing(variable: &str, program: &str) -> bool {
    std::env::var_os(variable).is_none() && which(program).is_none()
}

fn has_persian_font() -> bool {
    which("fc-list").is_some()
        && output(Command::new("fc-list").arg(":lang=fa")).is_ok_and(|fonts| !fonts.is_empty())
}

fn install(packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    packages::install(packages, "the tests need browsers that can show all languages")
}

/// Builds the driver once, without optimizing it: it hardly computes anything.
fn built_geckodriver(root: &Path) -> Result<PathBuf> {
    let folder = target_dir(root).join(format!("geckodriver-{GECKODRIVER}"));
    let program = folder.join("bin").join(format!("geckodriver{}", std::env::consts::EXE_SUFFIX));
    if program.is_file() {
        return Ok(program);
    }
    eprintln!("    building geckodriver {GECKODRIVER} into {}", folder.display());
    let build = folder.join("build");
    let mut install = cargo(root, &["install", "geckodriver", "--version", GECKODRIVER]);
    install.args(["--locked", "--debug", "--quiet", "--root"]).arg(&folder);
    install.arg("--target-dir").arg(&build).env("CARGO_PROFILE_DEV_DEBUG", "0");
    run(&mut install).context("Firefox's driver can be named by NABZ_GECKODRIVER as well")?;
    std::fs::remove_dir_all(&build)?;
    ensure!(program.is_file(), "cargo has installed no {}", program.display());
    Ok(program)
}
