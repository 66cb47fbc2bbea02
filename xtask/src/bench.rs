//! `cargo xtask bench`: measurements, as ratios inside one run. They are printed, never asserted.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::browsers;
use crate::run::{Steps, cargo, run, target_dir};
use crate::widget;

/// Rows that are imported.
const IMPORTED: &str = "1000000";
/// For how long each server is loaded.
const LOAD_SECONDS: &str = "8";

/// Summaries from tallies beside the same numbers counted from the rows.
pub(crate) fn summary(root: &Path, full: bool) -> Result<()> {
    let mut bench = example(root, "bench_summary")?;
    bench.args(["100000", "1000000"]).args(full.then_some("10000000"));
    run(&mut bench)
}

/// The widget in a slow browser, beside a page whose loader draws a plain card.
pub(crate) fn widget(root: &Path) -> Result<()> {
    browsers::chromium()?;
    widget::build(root, false)?;
    run(&mut cargo(root, &["run", "--package", "tests", "--bin", "bench_widget"]))
}

/// An import beside inserting the same rows.
pub(crate) fn import(root: &Path) -> Result<()> {
    let mut bench = example(root, "bench_import")?;
    run(bench.arg(nabz(root)).arg(IMPORTED))
}

/// Ingest beside a bare server and beside a transaction a request, and a million responses.
pub(crate) fn collector(root: &Path) -> Result<()> {
    let mut bench = example(root, "bench_collector")?;
    let server = scratch_postgres::Server::start()?;
    bench.arg(nabz(root)).arg(LOAD_SECONDS);
    for _ in 0..3 {
        bench.arg(scratch_postgres::new_database(&server.url("postgres"))?);
    }
    run(&mut bench)
}

/// One, two and three collectors on one database: that of a URL, else a server of its own.
pub(crate) fn cluster(root: &Path, database: Option<String>) -> Result<()> {
    let mut bench = tests_program(root, "bench_cluster")?;
    if let Some(database) = database {
        return run(bench.arg(database).arg(LOAD_SECONDS));
    }
    let server = scratch_postgres::Server::start()?;
    let database = scratch_postgres::new_database(&server.url("postgres"))?;
    run(bench.arg(database).arg(LOAD_SECONDS))
}

/// A collector under load, ended again and again, against a ledger of what it acknowledged.
pub(crate) fn soak(root: &Path, minutes: u32, folder: Option<PathBuf>) -> Result<()> {
    let mut soak = tests_program(root, "soak")?;
    soak.arg(folder.unwrap_or_else(|| target_dir(root).join("soak")));
    run(soak.arg(minutes.to_string()))
}

/// A program of the tests, and the collectors it runs, as they are released.
fn tests_program(root: &Path, name: &str) -> Result<Command> {
    widget::build(root, false)?;
    let build = ["build", "--release", "--bins", "--package", "collector", "--package", "tests"];
    Steps::default().step("build it", || run(&mut cargo(root, &build)))?;
    let program = format!("release/{name}{}", std::env::consts::EXE_SUFFIX);
    Ok(Command::new(target_dir(root).join(program)))
}

fn nabz(root: &Path) -> PathBuf {
    target_dir(root).join(format!("release/nabz{}", std::env::consts::EXE_SUFFIX))
}

/// An example of the collector, and the collector itself, as they are released.
fn example(root: &Path, name: &str) -> Result<Command> {
    widget::build(root, false)?;
    let build = ["build", "--release", "--package", "collector", "--bins", "--example", name];
    Steps::default().step("build it", || run(&mut cargo(root, &build)))?;
    let program = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    Ok(Command::new(target_dir(root).join("release/examples").join(program)))
}
