//! `cargo xtask demo`: from a fresh checkout to a survey in a browser.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::run::{Steps, cargo, run, target_dir};
use crate::widget;

/// Builds the widget, the collector and the demo, then becomes the demo.
pub(crate) fn demo(root: &Path, args: &[String]) -> Result<()> {
    widget::build(root, false)?;
    Steps::default().step("build the collector and the demo", || {
        run(&mut cargo(root, &["build", "--package", "collector", "--package", "demo"]))
    })?;
    let program = format!("demo{}", std::env::consts::EXE_SUFFIX);
    let mut demo = Command::new(target_dir(root).join("debug").join(program));
    become_program(demo.current_dir(root).args(args))
}

/// Replaces this process, so that Ctrl-C and the exit code are the program's own.
#[cfg(unix)]
fn become_program(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt as _;

    let error = command.exec();
    Err(anyhow::Error::new(error).context(format!("cannot run `{}`", crate::run::line(command))))
}

#[cfg(not(unix))]
fn become_program(command: &mut Command) -> Result<()> {
    run(command)
}
