//! `cargo xtask bench`: measurements, as ratios inside one run. They are printed, never asserted.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::browsers;
use crate::run::{Steps, cargo, run, target_dir};
use crate::widget;

/// Summaries from tallies beside the same numbers counted from the rows.
pub(crate) fn summary(root: &Path, full: bool) -> Result<()> {
    widget::build(root, false)?;
    let build = ["build", "--release", "--package", "collector", "--example", "bench_summary"];
    Steps::default().step("build it", || run(&mut cargo(root, &build)))?;
    let program = format!("bench_summary{}", std::env::consts::EXE_SUFFIX);
    let mut bench = Command::new(target_dir(root).join("release/examples").join(program));
    bench.args(["100000", "1000000"]).args(full.then_some("10000000"));
    run(&mut bench)
}

/// The widget in a slow browser, beside a page whose loader draws a plain card.
pub(crate) fn widget(root: &Path) -> Result<()> {
    browsers::chromium()?;
    widget::build(root, false)?;
    run(&mut cargo(root, &["run", "--package", "tests", "--bin", "bench_widget"]))
}
