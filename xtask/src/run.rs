//! Running programs, and telling what is being done and how long it took.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often a program with a time limit is looked at.
const POLL: Duration = Duration::from_millis(50);

/// The steps of one task: each gets a heading and a line with its duration.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<(String, Duration)>,
}

impl Steps {
    /// Does one step under a heading; its failure names the step.
    pub(crate) fn step<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        eprintln!("==> {name}");
        let start = Instant::now();
        let result = work().with_context(|| format!("step “{name}” failed"))?;
        let took = start.elapsed();
        eprintln!("    {} s", seconds(took));
        self.done.push((name.to_owned(), took));
        Ok(result)
    }

    /// Prints the steps and their durations, as the last thing of a task.
    pub(crate) fn print_table(&self) {
        let mut rows: Vec<_> = self
            .done
            .iter()
            .map(|(name, took)| vec![name.clone(), format!("{} s", seconds(*took))])
            .collect();
        let total = self.done.iter().map(|(_, took)| *took).sum();
        rows.push(vec!["total".to_owned(), format!("{} s", seconds(total))]);
        println!("\n{}", table(&rows));
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64())
}

/// Lines of aligned columns: the first to the left, the others, numbers, to the right.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            let width = widths[column];
            let _ = match column {
                0 => write!(text, "{cell:<width$}"),
                _ => write!(text, "  {cell:>width$}"),
            };
        }
        text.push('\n');
    }
    text
}

/// Runs a program with its output passed through. An error holds the whole command line.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run `{}`", line(command)))?;
    check(command, status)
}

/// Runs a program and returns what it wrote to standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    command.stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output().with_context(|| format!("cannot run `{}`", line(command)))?;
    check(command, output.status)?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs a program without any output and for a limited time; tells whether it succeeded.
pub(crate) fn succeeds_within(command: &mut Command, limit: Duration) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return false };
    let start = Instant::now();
    while start.elapsed() < limit {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => std::thread::sleep(POLL),
            Err(_) => break,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}

fn check(command: &Command, status: ExitStatus) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    bail!("`{}` failed ({status})", line(command))
}

/// The command as one would type it, with the environment it was given.
pub(crate) fn line(command: &Command) -> String {
    let environment = command.get_envs().filter_map(|(name, value)| {
        // Encoded flags hold separators that cannot be typed; they follow from the code anyway.
        let value = value.filter(|_| name != "CARGO_ENCODED_RUSTFLAGS")?;
        Some(format!("{}={}", name.to_string_lossy(), quote(&value.to_string_lossy())))
    });
    let program = std::iter::once(command.get_program()).chain(command.get_args());
    let words = program.map(|word| quote(&word.to_string_lossy()));
    environment.chain(words).collect::<Vec<_>>().join(" ")
}

fn quote(word: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || "-_=./,:+@%".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A cargo call in the workspace, with the compiler that runs xtask.
pub(crate) fn cargo(root: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root).args(args);
    command
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir))
}

/// Where a program is found on the PATH.
pub(crate) fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_can_be_typed_again() {
        let mut command = Command::new("cargo");
        command.env("RUSTC", "/usr/bin/rustc").args(["build", "--config", "a = 'b'"]);
        assert_eq!(line(&command), r"RUSTC=/usr/bin/rustc cargo build --config 'a = '\''b'\'''");
    }

    #[test]
    fn tables_align_numbers_to_the_right() {
        let rows = [vec!["wasm".to_owned(), "1,000".to_owned()], vec!["js".into(), "9".into()]];
        assert_eq!(table(&rows), "wasm  1,000\njs        9\n");
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        let mut command = Command::new("sleep");
        assert!(!succeeds_within(command.arg("60"), Duration::from_millis(100)));
    }
}
