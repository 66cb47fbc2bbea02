//! Settings from a file: lines of `name = value`, by the names of the variables without `NABZ_`.
//!
//! A flag goes before a variable, and a variable before the file.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Arg, Command};
use survey::nearest::nearest;

/// What all variables of settings begin with.
const PREFIX: &str = "NABZ_";
/// The setting that names the file.
const CONFIG: &str = "config";

/// The command line with the settings of a file as defaults, if the arguments or a variable name
/// one. A variable that is none, but nearly, is warned about.
///
/// # Errors
/// When the file cannot be read, or a line of it or a variable is wrong; names that.
pub(crate) fn prepare(command: Command, arguments: &[OsString]) -> anyhow::Result<Command> {
    let set = |(name, value): (OsString, OsString)| name.into_string().ok().zip(Some(value));
    for (name, value) in std::env::vars_os().filter_map(set) {
        check_variable(&command, arguments, &name, &value)?;
        if let Some(meant) = meant(&command, &name) {
            eprintln!("warning: there is no setting {name}; did you mean {meant}?");
        }
    }
    let Some(path) = file_of(arguments) else { return Ok(command) };
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("the settings {} cannot be read", path.display()))?;
    apply(command, &path, &text)
}

/// The setting that a variable was probably meant to be, when it is none.
fn meant(command: &Command, variable: &str) -> Option<String> {
    let name = variable.strip_prefix(PREFIX)?.to_ascii_lowercase().replace('_', "-");
    let all = std::iter::once(command).chain(command.get_subcommands());
    let known: Vec<String> = all.flat_map(Command::get_arguments).filter_map(name_of).collect();
    if known.contains(&name) {
        return None;
    }
    let meant = nearest(&name, known.iter().map(String::as_str))?;
    Some(format!("{PREFIX}{}", meant.to_ascii_uppercase().replace('-', "_")))
}

/// Refuses a variable that the chosen command cannot take; the parser would blame the flag.
fn check_variable(
    command: &Command,
    arguments: &[OsString],
    name: &str,
    value: &OsStr,
) -> anyhow::Result<()> {
    let chosen = arguments.iter().skip(1).find_map(|it| command.find_subcommand(it));
    let mut settings = chosen.into_iter().flat_map(Command::get_arguments);
    let arg = settings.find(|arg| arg.get_env().is_some_and(|it| it == name));
    arg.map_or(Ok(()), |arg| check(arg, value)).with_context(|| name.to_owned())
}

/// Refuses a value that an argument cannot have.
fn check(arg: &Arg, value: &OsStr) -> anyhow::Result<()> {
    let given = match arg.get_long() {
        Some(long) => [OsStr::new("--"), OsStr::new(long), OsStr::new("="), value]
            .into_iter()
            .collect::<OsString>(),
        None => value.to_owned(),
    };
    // A flag that stands alone is set by words such as true in a variable or a file only.
    if !arg.get_action().takes_values() {
        return Ok(());
    }
    let alone = Command::new("").no_binary_name(true).arg(arg.clone().required(false));
    let error = match alone.try_get_matches_from([given]) {
        Ok(_) => return Ok(()),
        Err(error) => error.to_string(),
    };
    let said = error.lines().take_while(|line| !line.is_empty()).map(str::trim);
    bail!("{}", said.collect::<Vec<_>>().join(" ").trim_start_matches("error: "))
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
    for (name, (line, value)) in &settings {
        check_setting(&command, name, value)
            .with_context(|| format!("{}: line {line}", path.display()))?;
    }
    let subcommands: Vec<String> =
        command.get_subcommands().map(|it| it.get_name().to_owned()).collect();
    for subcommand in subcommands {
        command =
            command.mut_subcommand(subcommand, |it| it.mut_args(|arg| preset(arg, &settings)));
    }
    Ok(command)
}

/// Refuses a setting that there is not, and a value that it cannot have.
fn check_setting(command: &Command, name: &str, value: &str) -> anyhow::Result<()> {
    let arguments = || command.get_subcommands().flat_map(Command::get_arguments);
    let mut settings =
        arguments().filter(|arg| name_of(arg).is_some_and(|it| it == name)).peekable();
    if name == CONFIG || settings.peek().is_none() {
        let known: BTreeSet<String> = arguments().filter_map(name_of).collect();
        let known: Vec<String> = known.into_iter().collect();
        bail!("there is no setting {name:?}; there are {}", known.join(", "));
    }
    settings.try_for_each(|arg| check(arg, OsStr::new(value)))
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
            .arg(arg("rate", "NABZ_TEST_RATE").value_parser(clap::value_parser!(u32)))
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
            "line 1: there is no setting \"test-colour\"; there are test-files, test-listen, test-rate, test-token",
        );
        check(
            "test-token = a\ntest-token = b",
            &[],
            "line 2: test-token was set in line 1 already",
        );
        check(
            "\ntest-rate = abc",
            &[],
            "nabz.conf: line 2: invalid value 'abc' for '--rate <rate>'",
        );
    }

    #[test]
    fn what_is_wrong_with_a_variable_is_named_by_it() {
        let check = |arguments: &[&str], name: &str, value: &str, expected: &str| {
            let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
            let found = check_variable(&command(), &arguments, name, OsStr::new(value));
            let found = found.map_or_else(|error| format!("{error:#}"), |()| "good".to_owned());
            assert!(found.starts_with(expected), "{name}={value}: {found}");
        };
        check(&["nabz", "serve"], "NABZ_TEST_RATE", "3", "good");
        check(&["nabz", "serve"], "NABZ_TEST_RATE", "x", "NABZ_TEST_RATE: invalid value 'x' for");
        check(&["nabz"], "NABZ_TEST_RATE", "x", "good");
        check(&["nabz", "serve"], "NABZ_OTHER", "x", "good");
    }

    #[test]
    fn a_variable_that_is_nearly_one_is_told_which() {
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(meant(&command(), name).as_deref(), expected, "{name}");
        };
        check("NABZ_TEST_LISTN", Some("NABZ_TEST_LISTEN"));
        check("NABZ_TEST_LISTEN", None);
        check("NABZ_COLOUR", None);
        check("TEST_LISTN", None);
    }
}
