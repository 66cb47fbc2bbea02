//! Settings from a file: lines of `name = value`, by the names of the variables without `NABZ_`.
//!
//! A flag goes before a variable, and a variable before the file.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Arg, Command};

/// What all variables of settings begin with.
const PREFIX: &str = "NABZ_";
/// The setting that names the file.
const CONFIG: &str = "config";

/// The command line with the settings of a file as defaults, if the arguments or a variable name
/// one.
///
/// # Errors
/// When the file cannot be read or a line is wrong; names the line.
pub(crate) fn with_file(command: Command, arguments: &[OsString]) -> anyhow::Result<Command> {
    let Some(path) = file_of(arguments) else { return Ok(command) };
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("the settings {} cannot be read", path.display()))?;
    apply(command, &path, &text)
}

/// The file that `--config FILE`, `--config=FILE` or the variable names.
fn file_of(arguments: &[OsString]) -> Option<PathBuf> {
    let mut arguments = arguments.iter().skip(1);
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy();
        match text.strip_prefix("--config") {
            Some("") => return arguments.next().map(PathBuf::from),
            Some(rest) if rest.starts_with('=') => return Some(PathBuf::from(&rest[1..])),
            _ if text == "--" => break,
            _ => {}
        }
    }
    std::env::var_os(format!("{PREFIX}CONFIG")).map(PathBuf::from)
}

fn apply(mut command: Command, path: &Path, text: &str) -> anyhow::Result<Command> {
    let settings = parse(text).with_context(|| path.display().to_string())?;
    let subcommands: Vec<String> =
        command.get_subcommands().map(|it| it.get_name().to_owned()).collect();
    let known: Vec<String> =
        command.get_subcommands().flat_map(Command::get_arguments).filter_map(name_of).collect();
    for (name, (line, _)) in &settings {
        if name == CONFIG || !known.contains(name) {
            let mut known: Vec<&str> = known.iter().map(String::as_str).collect();
            known.sort_unstable();
            known.dedup();
            bail!(
                "{}: line {line}: there is no setting {name:?}; there are {}",
                path.display(),
                known.join(", ")
            );
        }
    }
    for subcommand in subcommands {
        command =
            command.mut_subcommand(subcommand, |it| it.mut_args(|arg| preset(arg, &settings)));
    }
    Ok(command)
}

/// Line and value of each setting.
type Settings = BTreeMap<String, (usize, String)>;

/// An argument with the value of the file as its default, which no help shows: it may be secret.
fn preset(arg: Arg, settings: &Settings) -> Arg {
    let Some((_, value)) = name_of(&arg).and_then(|name| settings.get(&name)) else { return arg };
    let values: Vec<String> = match arg.get_value_delimiter() {
        Some(delimiter) => value.split(delimiter).map(|part| part.trim().to_owned()).collect(),
        None => vec![value.clone()],
    };
    arg.default_values(values).required(false).hide_default_value(true)
}

/// The name of an argument in a file.
fn name_of(arg: &Arg) -> Option<String> {
    let variable = arg.get_env()?.to_str()?.strip_prefix(PREFIX)?;
    Some(variable.to_ascii_lowercase().replace('_', "-"))
}

fn parse(text: &str) -> anyhow::Result<Settings> {
    let mut settings = Settings::new();
    for (line, content) in text.lines().enumerate().map(|(at, line)| (at + 1, line.trim())) {
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let Some((name, value)) = content.split_once('=') else {
            bail!("line {line}: {content:?} is no setting: write name = value");
        };
        let (name, value) = (name.trim().to_owned(), value.trim().to_owned());
        if let Some((earlier, _)) = settings.insert(name.clone(), (line, value)) {
            bail!("line {line}: {name} was set in line {earlier} already");
        }
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Command {
        let arg =
            |name: &'static str, variable: &'static str| Arg::new(name).long(name).env(variable);
        let serve = Command::new("serve")
            .arg(arg("listen", "NABZ_TEST_LISTEN").default_value("here"))
            .arg(arg("token", "NABZ_TEST_TOKEN"))
            .arg(Arg::new("files").env("NABZ_TEST_FILES").num_args(0..).value_delimiter(','));
        Command::new("nabz").subcommand(serve)
    }

    fn check(text: &str, arguments: &[&str], expected: &str) {
        let found = apply(command(), Path::new("nabz.conf"), text).and_then(|command| {
            let matches = command.try_get_matches_from([&["nabz", "serve"], arguments].concat())?;
            let serve = matches.subcommand_matches("serve").context("serve")?;
            let values = |name| serve.get_many::<String>(name).into_iter().flatten().cloned();
            let values: Vec<_> =
                ["listen", "token", "files"].into_iter().flat_map(values).collect();
            Ok(values.join(" "))
        });
        let found = found.unwrap_or_else(|error| format!("{error:#}"));
        assert!(found.contains(expected), "{text}: {found}");
    }

    #[test]
    fn a_file_sets_what_no_flag_sets() {
        check("", &[], "here");
        check("test-listen = there\n", &[], "there");
        check("# a comment\n\n test-listen=there", &["--listen", "elsewhere"], "elsewhere");
        check("test-token = a = b # c", &[], "here a = b # c");
        check("test-files = a.json, b.json", &[], "here a.json b.json");
    }

    #[test]
    fn what_is_wrong_is_named_by_its_line() {
        check("\ntest-listen", &[], "nabz.conf: line 2: \"test-listen\" is no setting");
        check(
            "test-colour = red",
            &[],
            "line 1: there is no setting \"test-colour\"; there are test-files, test-listen, test-token",
        );
        check(
            "test-token = a\ntest-token = b",
            &[],
            "line 2: test-token was set in line 1 already",
        );
    }
}
