//! `cargo xtask test`: everything a change must pass.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::baseline;
use crate::browsers;
use crate::contract;
use crate::npm;
use crate::packages;
use crate::run::{Steps, cargo, run, succeeds_within, target_dir};
use crate::widget;

/// The version that checks the loader's types. It is the last that runs on Debian's Node.
const TYPESCRIPT: &str = "typescript@5.9.3";
/// Finds what keeps people from using a page. Its licence, MPL 2.0, lets it be used as it is.
const AXE: &str = "axe-core@4.14.1";
/// The version of cargo-deny that checks what is depended on.
const CARGO_DENY: &str = "0.20.2";
/// How many browsers may run at once; each is a dozen processes.
const MOST_BROWSERS: usize = 4;
/// Names a database of a PostgreSQL server to the tests, which make their own beside it.
const POSTGRES: &str = "NABZ_TEST_POSTGRES";
/// Says for how many seconds each parser is given nonsense.
const FUZZ: &str = "NABZ_FUZZ";
/// So many of them unless somebody says otherwise.
const FUZZ_SECONDS: &str = "60";
/// Modules of tests that are the same on every database, or have a server of their own.
const WITHOUT_STORE: [&str; 12] = [
    "chromium::",
    "firefox::",
    "access::",
    "cluster::",
    "commands::",
    "delivery::",
    "edge::",
    "faults::",
    "pages::",
    "readme::",
    "dashboard::",
    "tls::",
];

/// Runs all checks and tests; with filters only the tests whose names contain one of them.
pub(crate) fn test(root: &Path, filters: &[String]) -> Result<()> {
    let mut steps = Steps::default();
    steps.step("find Chromium", browsers::chromium)?;
    let geckodriver = steps.step("find Firefox", || browsers::firefox(root))?;
    let axe = steps.step("find axe-core", || packages::npm(root, AXE))?.join("axe.min.js");
    steps.step("find PostgreSQL", find_postgres)?;
    steps.step("build the widget", || widget::build(root, false))?;
    let app = steps.step("build a yew app with a survey in it", || widget::app::build(root))?;
    if filters.is_empty() {
        steps.step("check the format", || check_format(root))?;
        steps.step("lint", || lint(root))?;
        steps.step("check the loader's types", || check_types(root))?;
        steps.step("check for names that old browsers lack", || baseline::check_scripts(root))?;
        steps.step("check licences and sources", || check_dependencies(root))?;
    }
    // The end to end tests start the programs as a user would, so these are built first.
    steps.step("build the programs", || {
        run(&mut cargo(root, &["build", "--workspace", "--bins"]))
    })?;
    if filters.is_empty() {
        steps.step("hold the interface against its document", || contract::check(root))?;
    }
    steps.step("run the tests", || {
        let mut tests = cargo(root, &["test", "--workspace", "--"]);
        tests.args(filters).env("NABZ_GECKODRIVER", &geckodriver).env("NABZ_AXE", &axe);
        tests.env("NABZ_YEW_APP", &app);
        if std::env::var_os(FUZZ).is_none() {
            tests.env(FUZZ, FUZZ_SECONDS);
        }
        if std::env::var_os("RUST_TEST_THREADS").is_none() {
            let cores = std::thread::available_parallelism()?.get();
            tests.env("RUST_TEST_THREADS", cores.min(MOST_BROWSERS).to_string());
        }
        run(&mut tests)
    })?;
    steps.step("run those of the store on PostgreSQL", || test_postgres(root, filters))?;
    steps.print_table();
    Ok(())
}

fn find_postgres() -> Result<()> {
    if scratch_postgres::programs().is_some() {
        return Ok(());
    }
    packages::install(&["postgresql"], "the store is tested on PostgreSQL too")
}

/// Runs the tests that store something once more, on a real server, and those of that server.
fn test_postgres(root: &Path, filters: &[String]) -> Result<()> {
    let server = scratch_postgres::Server::start()?;
    let mut tests = cargo(root, &["test", "--workspace", "--lib", "--test", "it"]);
    tests.env(POSTGRES, server.url("postgres")).args(["--", "--include-ignored"]);
    tests.args(WITHOUT_STORE.iter().flat_map(|name| ["--skip", name])).args(filters);
    run(&mut tests)
}

/// Takes the pictures of the README, and those of everything that the widget can look like.
pub(crate) fn pictures(root: &Path) -> Result<()> {
    let mut steps = Steps::default();
    steps.step("find Chromium", browsers::chromium)?;
    steps.step("build the widget", || widget::build(root, false))?;
    let programs = ["build", "--package", "collector", "--package", "tests", "--bins"];
    steps.step("build the programs", || run(&mut cargo(root, &programs)))?;
    let program = |name: &str| Command::new(target_dir(root).join("debug").join(name));
    steps.step("take the README's pictures", || run(&mut program("pictures")))?;
    let folder = target_dir(root).join("pictures");
    steps.step("draw sheets of all there is", || run(program("sheets").arg(folder)))
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

/// What may be depended on stands in deny.toml.
fn check_dependencies(root: &Path) -> Result<()> {
    let deny = packages::cargo_program(root, "cargo-deny", CARGO_DENY)?;
    run(Command::new(deny).current_dir(root).args(["check", "bans", "licenses", "sources"]))
}

/// The loader is JavaScript with types in comments, so that its source is what is served.
fn check_types(root: &Path) -> Result<()> {
    let compiler = packages::npm(root, TYPESCRIPT)?.join("bin/tsc");
    for project in ["widget", "widget/npm"] {
        run(Command::new("node").arg(&compiler).arg("--project").arg(root.join(project)))?;
    }
    npm::check(root, &compiler)
}
