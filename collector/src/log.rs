//! The log of a collector, on standard error.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

/// How the log is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people
    Text,
    /// Lines of JSON for programs
    Json,
}

/// Writes what passes a filter to standard error from now on.
///
/// # Errors
/// When the filter cannot be understood.
pub(crate) fn log_to_stderr(format: LogFormat, filter: &str) -> anyhow::Result<()> {
    // The pool reports every connection that dies; the store says once what that means.
    let filter = EnvFilter::try_new(format!("deadpool=off,{filter}"))
        .context("--log is not a filter such as info")?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_target(false).init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}
