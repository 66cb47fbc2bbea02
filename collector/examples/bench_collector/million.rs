//! What a collector needs that has a million responses, beside what is promised.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rusqlite::Connection;

use crate::server::Server;
use crate::table::{self, Attribute};
use crate::{TOGETHER, collector};

const RESPONSES: i64 = 1_000_000;
const FILE: &str = "million.db";
const DATABASE: &str = "sqlite:million.db";
const ATTRIBUTES: [Attribute; 4] = [
    ("plan", &["free", "pro", "team"]),
    ("country", &["ir", "de", "fr", "us", "jp"]),
    ("device", &["phone", "desktop"]),
    ("agent", &["agent-0", "agent-1", "agent-2", "agent-3", "agent-4", "agent-5", "agent-6"]),
];
/// Connections that do nothing, and for how long.
const IDLE: usize = 1_000;
const IDLE_TIME: Duration = Duration::from_secs(10);
/// Connections that post on top of the million.
const POSTING: &str = "64";
const READY_MAX: Duration = Duration::from_secs(30);

/// Fills a file, and prints what serving it takes.
pub(crate) fn measure(
    nabz: &str,
    folder: &Path,
    version: &str,
    seconds: &str,
) -> anyhow::Result<()> {
    fill(nabz, folder)?;
    println!("{:<50} {:>12}   goal", "with 1,000,000 responses", "measured");
    let start = || ready(&mut collector(nabz, folder, DATABASE));
    let (server, took) = start()?;
    print("from start to ready, after a clean stop", &ms(took), "< 100 ms");
    print("processor time in 10 s without a request", &ms(idle(&server)?), "nothing");
    let load = ["--load", &server.address, version, POSTING, seconds, TOGETHER];
    let posts = server.loaded(&load)?.rate * seconds.parse::<f64>()?;
    let memory = format!("{:.0} MiB", server.memory_kb() as f64 / 1024.0);
    print(&format!("memory at most, after {posts:.0} posts more"), &memory, "< 64 MiB");
    drop(server);
    let (server, took) = start()?;
    print("from start to ready, after it was killed", &ms(took), "< 100 ms");
    let visitors = (0..IDLE).map(|_| visitor(&server.address));
    let visitors: Vec<TcpStream> = visitors.collect::<anyhow::Result<_>>()?;
    print("processor time in 10 s with 1,000 connections", &ms(idle(&server)?), "nothing");
    drop((visitors, server));
    let (rows, bytes) = on_disk(nabz, folder)?;
    let each = format!("{} bytes", bytes / rows);
    print(&format!("a response on disk, of {rows}"), &each, "");
    let program = std::fs::metadata(nabz)?.len() as f64 / 1e6;
    print("the program", &format!("{program:.1} MB"), "< 20 MB");
    Ok(())
}

fn print(what: &str, measured: &str, goal: &str) {
    println!("{}", format!("{what:<50} {measured:>12}   {goal}").trim_end());
}

fn ms(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1e3)
}

/// Imports the million into a new file.
fn fill(nabz: &str, folder: &Path) -> anyhow::Result<()> {
    // It keeps the site.
    drop(ready(&mut collector(nabz, folder, DATABASE))?);
    let table = folder.join("million.csv");
    table::write(&table, RESPONSES, &ATTRIBUTES)?;
    let mut import = Command::new(nabz);
    import
        .args(["import", "--site", "bench", "--survey", "nps", "--database", DATABASE])
        .arg(&table)
        .current_dir(folder)
        .stdout(Stdio::null());
    ensure!(import.status()?.success(), "the import failed");
    Ok(std::fs::remove_file(table)?)
}

/// Starts a collector; how long it took until it could store.
fn ready(command: &mut Command) -> anyhow::Result<(Server, Duration)> {
    let start = Instant::now();
    let server = Server::start(command)?;
    let url = format!("http://{}/readyz", server.address);
    while ureq::get(&url).call().is_err() {
        ensure!(start.elapsed() < READY_MAX, "it does not become ready");
    }
    Ok((server, start.elapsed()))
}

/// A connection that had something answered and says nothing more.
fn visitor(address: &str) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET /healthz HTTP/1.1\r\nHost: {address}\r\n\r\n")?;
    let read = stream.read(&mut [0; 1_024])?;
    ensure!(read > 0, "the server hung up");
    Ok(stream)
}

/// Processor time that a server takes while nobody asks anything.
fn idle(server: &Server) -> anyhow::Result<Duration> {
    // What was asked last may still be under way.
    sleep(Duration::from_secs(1));
    let before = server.cpu_seconds();
    sleep(IDLE_TIME);
    Ok(Duration::from_secs_f64(server.cpu_seconds() - before))
}

/// Has all counted again, and tells how many responses there are and how many bytes they take.
fn on_disk(nabz: &str, folder: &Path) -> anyhow::Result<(u64, u64)> {
    // It writes as rows what is not yet.
    let mut verify = Command::new(nabz);
    verify.args(["verify", "--database", DATABASE]).current_dir(folder).stdout(Stdio::null());
    ensure!(verify.status()?.success(), "the tallies are wrong");
    let file = folder.join(FILE);
    let connection = Connection::open(&file)?;
    connection.pragma_update(None, "wal_checkpoint", "TRUNCATE")?;
    let rows: i64 = connection.query_row("SELECT count(*) FROM responses", [], |row| row.get(0))?;
    let rows = u64::try_from(rows).ok().filter(|rows| *rows > 0).context("it has responses")?;
    Ok((rows, std::fs::metadata(file)?.len()))
}
