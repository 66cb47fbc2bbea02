//! Packages of Debian, npm, Python and Rust: fetched only when missing, and never without saying so.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::{cargo, output, run, target_dir, which};

/// Installs packages with apt, saying why before doing it.
pub(crate) fn install(packages: &[&str], why: &str) -> Result<()> {
    let by_hand = format!("sudo apt-get install -y --no-install-recommends {}", packages.join(" "));
    if which("apt-get").is_none() {
        bail!("{why}. On Debian: {by_hand}; elsewhere install what these packages hold");
    }
    eprintln!("    {why}: installing the Debian packages {}", packages.join(", "));
    let mut install = apt_get(&["install", "-y", "--no-install-recommends"])?;
    install.args(packages);
    // The lists of packages may be missing or old, but fetching them takes longer than most
    // packages: so that comes second.
    if run(&mut install).is_ok() {
        return Ok(());
    }
    run(&mut apt_get(&["update"])?)
        .and_then(|()| run(&mut install))
        .with_context(|| format!("{why}. By hand: sudo apt-get update && {by_hand}"))
}

/// Fetches a package of npm, such as `typescript@5.9.3`, into a folder of its own below target, and
/// returns where its files are. For checks and tests only: nothing of it is ever shipped.
pub(crate) fn npm(root: &Path, package: &str) -> Result<PathBuf> {
    let folder = package.replace(['@', '/'], "-");
    let folder = target_dir(root).join(folder.trim_start_matches('-'));
    let name = package.rsplit_once('@').map_or(package, |(name, _)| name);
    let files = folder.join("node_modules").join(name);
    if files.is_dir() {
        return Ok(files);
    }
    if which("npm").is_none() {
        install(&["nodejs", "npm"], &format!("{package} is fetched by npm"))?;
    }
    eprintln!("    fetching {package} into {}", folder.display());
    std::fs::create_dir_all(&folder)?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--silent", "--prefix"]);
    run(npm.arg(&folder).arg(package))?;
    Ok(files)
}

/// A Python package in an environment of its own; returns the folder of its programs.
pub(crate) fn python(root: &Path, package: &str) -> Result<PathBuf> {
    let folder = target_dir(root).join(package.replace("==", "-"));
    let done = folder.join("complete");
    if !done.is_file() {
        let mut make = Command::new("python3");
        make.args(["-m", "venv", "--clear"]).arg(&folder);
        if run(&mut make).is_err() {
            install(&["python3-venv"], &format!("{package} is fetched by pip"))?;
            run(&mut make)?;
        }
        eprintln!("    fetching {package} into {}", folder.display());
        let mut pip = Command::new(folder.join("bin/pip"));
        run(pip.args(["install", "--quiet", "--disable-pip-version-check", package]))?;
        std::fs::write(done, "")?;
    }
    Ok(folder.join("bin"))
}

/// A program of a package from the Rust registry, built once into the target folder. It is run and
/// not shipped, so it is built as fast as can be.
pub(crate) fn cargo_program(root: &Path, name: &str, version: &str) -> Result<PathBuf> {
    let folder = target_dir(root).join(format!("{name}-{version}"));
    let program = folder.join("bin").join(name);
    if !program.is_file() {
        eprintln!("    building {name} {version} into {}", folder.display());
        let mut install = cargo(root, &["install", name, "--version", version, "--locked"]);
        install.args(["--debug", "--quiet", "--no-default-features", "--root"]).arg(&folder);
        run(install.env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
    }
    Ok(program)
}

fn apt_get(args: &[&str]) -> Result<Command> {
    let mut command = if output(Command::new("id").arg("-u"))? == "0" {
        Command::new("apt-get")
    } else {
        // Fails at once instead of asking for a password in the middle of a build.
        let mut command = Command::new("sudo");
        command.args(["-n", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        command
    };
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("-q").args(args);
    Ok(command)
}
