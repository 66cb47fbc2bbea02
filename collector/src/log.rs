//! The log of a collector, on standard error.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use clap::ValueEnum;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// How the log is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people
    Text,
    /// Lines of JSON for programs
    Json,
}

/// Reads a filter.
///
/// # Errors
/// When it cannot be understood. A word alone has to be a level: as the name of a part, which it
/// could be, it would leave out everything else.
pub(crate) fn log_filter(text: &str) -> anyhow::Result<String> {
    let is_word = |part: &str| !part.contains(['=', '[', ':']);
    let words = text.split(',').map(str::trim).filter(|part| is_word(part));
    let are_levels = words.into_iter().all(|word| word.parse::<LevelFilter>().is_ok());
    let filter = EnvFilter::try_new(text).ok().filter(|_| are_levels && !text.trim().is_empty());
    let remedy = "use a level (off, error, warn, info, debug, trace), or some for parts, such as \
        info,collector=debug";
    filter.map(|_| text.to_owned()).context(remedy)
}

/// Writes what passes a filter to standard error from now on.
///
/// # Errors
/// When the filter cannot be understood.
pub(crate) fn log_to_stderr(format: LogFormat, filter: &str) -> anyhow::Result<()> {
    // The pool reports every connection that dies; the store says once what that means.
    let filter = EnvFilter::try_new(format!("deadpool=off,{filter}"))?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_alone_is_a_level() {
        let check = |text: &str, expected: bool| {
            assert_eq!(log_filter(text).is_ok(), expected, "{text}");
        };
        for good in ["info", "WARN", "off", "info,collector=debug", "collector::http=trace, warn"] {
            check(good, true);
        }
        for wrong in ["inof", "", "collector", "info,colector", "collector=loud"] {
            check(wrong, false);
        }
    }
}
