//! `cargo xtask dist`: one archive with one binary, and the proof that it starts.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::npm;
use crate::run::{Steps, cargo, output, run, succeeds_within, target_dir};
use crate::widget;

/// All packages of the workspace share one version.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// What stands before the address in the line with which the collector tells that it is ready.
const READY: &str = "listening on http://";
/// A start creates a database and takes well under a second; a busy machine gets more.
const START_LIMIT: Duration = Duration::from_secs(20);
const REPLY_LIMIT: Duration = Duration::from_secs(5);

/// Builds, packs and checks a release.
pub(crate) fn dist(root: &Path) -> Result<()> {
    widget::build(root, false)?;
    let mut steps = Steps::default();
    steps.step("build the release", || {
        run(&mut cargo(root, &["build", "--release", "--package", "collector"]))
    })?;
    let name = format!("nabz-{VERSION}-{}", target_triple()?);
    let archive = steps.step("pack it", || pack(root, &name))?;
    let package = steps.step("pack the widget's package for npm", || {
        npm::pack(root, &target_dir(root).join("dist"), VERSION)
    })?;
    steps.step("start what was packed", || check(&archive, &name))?;
    let binary = target_dir(root).join("release/nabz");
    println!("\nbinary   {} bytes  {}", size(&binary)?, binary.display());
    println!("archive  {} bytes  {}", size(&archive)?, archive.display());
    println!("package  {} bytes  {}", size(&package)?, package.display());
    Ok(())
}

fn target_triple() -> Result<String> {
    let version = output(Command::new("rustc").arg("-vV"))?;
    let triple = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(triple.context("`rustc -vV` names no host")?.to_owned())
}

fn size(file: &Path) -> Result<u64> {
    let metadata = file.metadata().with_context(|| format!("read {}", file.display()))?;
    Ok(metadata.len())
}

/// Puts the binary and its papers into one folder and packs that.
fn pack(root: &Path, name: &str) -> Result<PathBuf> {
    let dist = target_dir(root).join("dist");
    let folder = dist.join(name);
    remove(&folder)?;
    std::fs::create_dir_all(&folder)?;
    let binary = target_dir(root).join("release/nabz");
    let deploy = std::fs::read_dir(root.join("collector/deploy"))?;
    let deploy = deploy.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    let papers = [root.join("README.md"), root.join("LICENSE")];
    for file in [binary].into_iter().chain(papers).chain(deploy) {
        let to = folder.join(file.file_name().context("a file has a name")?);
        std::fs::copy(&file, to).with_context(|| format!("copy {}", file.display()))?;
    }
    let archive = dist.join(format!("{name}.tar.gz"));
    run(Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg(&dist).arg(name))?;
    remove(&folder)?;
    Ok(archive)
}

fn remove(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    std::fs::remove_dir_all(folder).with_context(|| format!("remove {}", folder.display()))
}

/// Unpacks the archive far from the checkout, starts the collector there and asks how it is.
fn check(archive: &Path, name: &str) -> Result<()> {
    let empty = std::env::temp_dir().join(format!("nabz-dist-{}", std::process::id()));
    std::fs::create_dir_all(&empty)?;
    let result = run(Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(&empty))
        .and_then(|()| start_and_ask(&empty.join(name)));
    remove(&empty)?;
    result
}

fn start_and_ask(folder: &Path) -> Result<()> {
    let mut command = Command::new("./nabz");
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--database", "sqlite:./nabz.db"])
        .current_dir(folder)
        .stdout(Stdio::piped());
    let mut collector = command.spawn().context("cannot start the packed ./nabz serve")?;
    let stdout = collector.stdout.take().context("standard output was not piped")?;
    let result = address(stdout).and_then(|address| ask(&address));
    stop(&mut collector)?;
    result
}

/// Waits for the line that names the address. The rest of the output is read to the end, so that
/// the collector is never stopped by a full pipe.
pub(crate) fn address(stdout: ChildStdout) -> Result<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if let Some((_, address)) = line.split_once(READY) {
                let _ = sender.send(address.trim().trim_end_matches('/').to_owned());
            }
        }
    });
    let limit = START_LIMIT.as_secs();
    receiver
        .recv_timeout(START_LIMIT)
        .with_context(|| format!("the collector has not printed `{READY}…` within {limit} s"))
}

fn ask(address: &str) -> Result<()> {
    let mut stream = TcpStream::connect(address).with_context(|| format!("connect {address}"))?;
    stream.set_read_timeout(Some(REPLY_LIMIT))?;
    write!(stream, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply).context("read the answer of /healthz")?;
    let status = reply.lines().next().unwrap_or_default();
    ensure!(status.starts_with("HTTP/1.1 200"), "/healthz answered `{status}`");
    Ok(())
}

/// Asks the collector to end, as a service manager would; it must do so in time.
pub(crate) fn stop(collector: &mut Child) -> Result<()> {
    let mut kill = Command::new("kill");
    let asked =
        succeeds_within(kill.arg("-TERM").arg(collector.id().to_string()), Duration::from_secs(5));
    for _ in 0..100 {
        if asked && collector.try_wait()?.is_some() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    collector.kill()?;
    collector.wait()?;
    bail!("the collector has not ended within 10 s of SIGTERM")
}
