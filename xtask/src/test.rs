//! `cargo xtask test`: everything a change must pass.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::packages;
use crate::run::{Steps, cargo, output, run, succeeds_within, target_dir, which};
use crate::widget;

/// The version that checks the loader's types. It is the last that runs on Debian's Node.
const TYPESCRIPT: &str = "typescript@5.9.3";
/// Comes with Debian's browser in most cases, and has the letters of Persian and Arabic.
const FONT: &str = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";

/// Runs all checks and tests; with filters only the tests whose names contain one of them.
pub(crate) fn test(root: &Path, filters: &[String]) -> Result<()> {
    let mut steps = Steps::default();
    steps.step("find a browser", find_browser)?;
    steps.step("build the widget", || widget::build(root, false))?;
    if filters.is_empty() {
        steps.step("check the format", || check_format(root))?;
        steps.step("lint", || lint(root))?;
        steps.step("check the loader's types", || check_types(root))?;
    }
    // The end to end tests start the programs as a user would, so these are built first.
    steps.step("build the programs", || {
        run(&mut cargo(root, &["build", "--workspace", "--bins"]))
    })?;
    steps
        .step("run the tests", || run(cargo(root, &["test", "--workspace", "--"]).args(filters)))?;
    steps.print_table();
    Ok(())
}

/// Takes the pictures of the README, by the same browser that the tests drive.
pub(crate) fn pictures(root: &Path) -> Result<()> {
    let mut steps = Steps::default();
    steps.step("find a browser", find_browser)?;
    steps.step("build the widget", || widget::build(root, false))?;
    steps.step("take the pictures", || {
        run(&mut cargo(root, &["run", "--package", "tests", "--bin", "pictures"]))
    })
}

/// The tests of the page drive a real browser; they find it by the same names.
fn find_browser() -> Result<()> {
    let missing = |variable: &str, program: &str| {
        std::env::var_os(variable).is_none() && which(program).is_none()
    };
    let mut packages = Vec::new();
    if missing("NABZ_CHROMIUM", "chromium") {
        packages.push("chromium");
    }
    if missing("NABZ_CHROMEDRIVER", "chromedriver") {
        packages.push("chromium-driver");
    }
    if !Path::new(FONT).exists() && !has_persian_font() {
        packages.push("fonts-dejavu-core");
    }
    if packages.is_empty() {
        return Ok(());
    }
    packages::install(&packages, "the tests need a browser that can show all languages")
}

fn has_persian_font() -> bool {
    which("fc-list").is_some()
        && output(Command::new("fc-list").arg(":lang=fa")).is_ok_and(|fonts| !fonts.is_empty())
}

fn check_format(root: &Path) -> Result<()> {
    need_component("fmt", "rustfmt")?;
    run(&mut cargo(root, &["fmt", "--all", "--check"])).context("`cargo fmt --all` repairs it")
}

fn lint(root: &Path) -> Result<()> {
    need_component("clippy", "clippy")?;
    let args = ["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    run(&mut cargo(root, &args))
}

/// Adds a part of the toolchain that minimal installations leave out.
fn need_component(subcommand: &str, component: &str) -> Result<()> {
    let mut version = Command::new("cargo");
    version.args([subcommand, "--version"]);
    if succeeds_within(&mut version, std::time::Duration::from_secs(30)) {
        return Ok(());
    }
    eprintln!("    `cargo {subcommand}` is missing: adding rustup's component {component}");
    run(Command::new("rustup").args(["component", "add", component])).with_context(|| {
        format!("`cargo {subcommand}` is missing; your system's package may be named {component}")
    })
}

/// The loader is JavaScript with types in comments, so that its source is what is served.
fn check_types(root: &Path) -> Result<()> {
    let folder = target_dir(root).join(TYPESCRIPT.replace('@', "-"));
    let compiler = folder.join("node_modules/typescript/bin/tsc");
    if which("npm").is_none() {
        packages::install(&["nodejs", "npm"], "the loader's types are checked by TypeScript")?;
    }
    if !compiler.is_file() {
        eprintln!("    fetching {TYPESCRIPT} into {}", folder.display());
        std::fs::create_dir_all(&folder)?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--silent", "--prefix"]);
        run(npm.arg(&folder).arg(TYPESCRIPT))?;
    }
    run(Command::new("node").arg(compiler).arg("--project").arg(root.join("widget")))
}
