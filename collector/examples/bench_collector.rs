//! How much ingest a collector keeps up with, beside a bare server that only parses (the ceiling)
//! and one that commits each request on its own (the floor), in one run on one machine.
//! `cargo xtask bench collector` runs it.
//!
//! Arguments: the program `nabz`, for how many seconds each server is loaded, and the URL of an empty
//! PostgreSQL database for each number of connections. Every server and the load have a process of
//! their own. What is sent is what the widget sends: shown, answered,
//! completed. Rates are printed and never asserted: a machine is never alone.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use rusqlite::Connection;
use serde_json::{Value, json};
use survey::response::Response;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

const SITE: &str = r#"{ "site": "bench", "origins": ["*"],
    "breakdowns": ["plan", "country", "device", "agent", "locale", "page"], "surveys": [
    { "id": "nps", "questions": [{ "scale": "nps", "prompt": "?" }] }] }"#;
const CONNECTIONS: [usize; 2] = [64, 256];
const TOKEN: &str = "token-of-the-bench";
const PATH: &str = "/api/v1/responses";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--ceiling"] => serve(None).await,
        ["--floor", file] => serve(Some(Path::new(file))).await,
        ["--load", address, version, connections, seconds] => {
            load(address, version, connections.parse()?, seconds.parse()?).await
        }
        [nabz, seconds, databases @ ..] if databases.len() == CONNECTIONS.len() => {
            compare(nabz, seconds, databases)
        }
        _ => anyhow::bail!("where is nabz, how many seconds, and which databases?"),
    }
}

/// Loads each server with each number of connections and prints what it did.
fn compare(nabz: &str, seconds: &str, databases: &[&str]) -> anyhow::Result<()> {
    let this = std::env::current_exe()?;
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("site.json"), SITE)?;
    println!(
        "{:<34} {:>6} {:>9} {:>6} {:>8} {:>8} {:>7} {:>9}",
        "", "conns", "per s", "share", "p50 ms", "p99 ms", "CPU", "memory"
    );
    let collector = |database: &str| collector(nabz, folder.path(), database);
    let version = version(&Server::start(&mut collector("sqlite:version.db"))?)?;
    for (connections, postgres) in CONNECTIONS.into_iter().zip(databases) {
        let mut ceiling = None;
        let mut measure = |name: &str, command: &mut Command| -> anyhow::Result<()> {
            let server = Server::start(command)?;
            let loaded = server.loaded(&this, &version, connections, seconds)?;
            let share = loaded.rate / *ceiling.get_or_insert(loaded.rate);
            loaded.print(name, connections, share);
            Ok(())
        };
        measure("ceiling: parses, answers 204", Command::new(&this).arg("--ceiling"))?;
        let name = "collector: SQLite, 6 breakdowns";
        measure(name, &mut collector(&sqlite(connections)))?;
        measure("collector: PostgreSQL, the same", &mut collector(postgres))?;
        let floor = folder.path().join(format!("floor-{connections}.db"));
        measure("floor: a transaction a request", Command::new(&this).arg("--floor").arg(floor))?;
    }
    restart(nabz, folder.path())
}

/// The version of the definition that a collector asks with, which the widget sends along.
fn version(server: &Server) -> anyhow::Result<String> {
    let request = ureq::get(format!("http://{}/api/v1/surveys", server.address));
    let mut reply = request.header("authorization", format!("Bearer {TOKEN}")).call()?;
    let surveys: Value = reply.body_mut().read_json()?;
    Ok(surveys["surveys"][0]["version"].as_str().context("a survey has a version")?.to_owned())
}

/// The database of a collector that is loaded by so many connections.
fn sqlite(connections: usize) -> String {
    format!("sqlite:collector-{connections}.db")
}

fn collector(nabz: &str, folder: &Path, database: &str) -> Command {
    let mut command = Command::new(nabz);
    command
        .args(["serve", "site.json", "--listen", "127.0.0.1:0", "--admin-token", TOKEN])
        .args(["--rate-limit", "0", "--log", "error"])
        .args(["--database", database])
        .current_dir(folder);
    command
}

/// Starts the collector again on what it has, has it counted again, and tells the size of it.
fn restart(nabz: &str, folder: &Path) -> anyhow::Result<()> {
    let database = sqlite(CONNECTIONS[0]);
    let file = database.trim_start_matches("sqlite:");
    let start = Instant::now();
    let server = Server::start(&mut collector(nabz, folder, &database))?;
    let ready = start.elapsed();
    drop(server);
    // It writes as rows what is not yet.
    let mut verify = Command::new(nabz);
    verify.args(["verify", "--database", &database]).current_dir(folder);
    ensure!(verify.status()?.success(), "the tallies are wrong");
    let connection = Connection::open(folder.join(file))?;
    connection.pragma_update(None, "wal_checkpoint", "TRUNCATE")?;
    let rows: i64 = connection.query_row("SELECT count(*) FROM responses", [], |row| row.get(0))?;
    let bytes = std::fs::metadata(folder.join(file))?.len();
    println!(
        "started again with {rows} responses in {:.0} ms; {} bytes a response on disk",
        ready.as_secs_f64() * 1_000.0,
        bytes / u64::try_from(rows.max(1))?,
    );
    Ok(())
}

/// A server as a process of its own; it is ended when dropped.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(command: &mut Command) -> anyhow::Result<Server> {
        let mut process = command.stdout(Stdio::piped()).spawn()?;
        let output = process.stdout.take().context("its output is piped")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.context("it does not say where it listens")?.to_owned();
        Ok(Server { process, address })
    }

    /// What a load does to it.
    fn loaded(
        &self,
        this: &Path,
        version: &str,
        connections: usize,
        seconds: &str,
    ) -> anyhow::Result<Loaded> {
        let before = self.cpu_seconds();
        let start = Instant::now();
        let load = Command::new(this)
            .args(["--load", &self.address, version, &connections.to_string(), seconds])
            .stderr(Stdio::inherit())
            .output()?;
        ensure!(load.status.success(), "the load failed");
        let cpu = (self.cpu_seconds() - before) / start.elapsed().as_secs_f64();
        let found: Value = serde_json::from_slice(&load.stdout)?;
        let number = |name: &str| found[name].as_f64().context("the load tells a number");
        Ok(Loaded {
            rate: number("rate")?,
            p50_ms: number("p50_ms")?,
            p99_ms: number("p99_ms")?,
            cpu,
            memory_kb: self.status("VmHWM:").unwrap_or(0),
        })
    }

    /// Seconds of processor time so far; 0 where the system does not tell.
    fn cpu_seconds(&self) -> f64 {
        let path = format!("/proc/{}/stat", self.process.id());
        let stat = std::fs::read_to_string(path).unwrap_or_default();
        let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        // User and system time are the 14th and 15th field, in hundredths of a second.
        let ticks = after_name.split(' ').skip(11).take(2).filter_map(|it| it.parse::<f64>().ok());
        ticks.sum::<f64>() / 100.0
    }

    fn status(&self, name: &str) -> Option<u64> {
        let path = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(path).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches(" kB").trim().parse().ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a server did under load.
struct Loaded {
    rate: f64,
    p50_ms: f64,
    p99_ms: f64,
    /// Processors it kept busy.
    cpu: f64,
    memory_kb: u64,
}

impl Loaded {
    fn print(&self, name: &str, connections: usize, share: f64) {
        let Loaded { rate, p50_ms, p99_ms, cpu, memory_kb } = self;
        println!(
            "{name:<34} {connections:>6} {rate:>9.0} {:>4.0} % {p50_ms:>8.1} {p99_ms:>8.1} {:>5.0} % {:>5} MiB",
            100.0 * share,
            100.0 * cpu,
            memory_kb / 1024,
        );
    }
}

/// The bare server: it parses and answers. With a file, it first commits what came, on its own.
async fn serve(file: Option<&Path>) -> anyhow::Result<()> {
    let database = file.map(database).transpose()?.map(|it| Arc::new(Mutex::new(it)));
    let take = move |body: Bytes| take(body, database.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, axum::Router::new().route(PATH, post(take))).await?)
}

fn database(file: &Path) -> anyhow::Result<Connection> {
    let connection = Connection::open(file)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(
        "CREATE TABLE responses (site TEXT, id TEXT, response TEXT, PRIMARY KEY (site, id))
         WITHOUT ROWID",
    )?;
    Ok(connection)
}

async fn take(body: Bytes, database: Option<Arc<Mutex<Connection>>>) -> StatusCode {
    let Ok(response) = serde_json::from_slice::<Response>(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    let Some(database) = database else { return StatusCode::NO_CONTENT };
    let database = database.lock_owned().await;
    let store =
        tokio::task::spawn_blocking(move || {
            database
                .prepare_cached("INSERT OR REPLACE INTO responses VALUES (?1, ?2, ?3)")?
                .execute((&response.site, &response.id, String::from_utf8_lossy(&body)))
        });
    match store.await {
        Ok(Ok(_)) => StatusCode::NO_CONTENT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Sends as fast as the answers come, on so many connections, and prints the rate and how long
/// answers took.
async fn load(
    address: &str,
    version: &str,
    connections: usize,
    seconds: f64,
) -> anyhow::Result<()> {
    let start = Instant::now();
    let until = start + Duration::from_secs_f64(seconds);
    let visitor = |at| visit(address.to_owned(), version.to_owned(), at, until);
    let visitors = (0..connections).map(|at| tokio::spawn(visitor(at)));
    let mut times = Vec::new();
    for visitor in visitors.collect::<Vec<_>>() {
        times.extend(visitor.await??);
    }
    let took = start.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: f64| times[(share * (times.len() - 1) as f64) as usize].as_secs_f64() * 1e3;
    let rate = times.len() as f64 / took;
    println!("{}", json!({ "rate": rate, "p50_ms": at(0.5), "p99_ms": at(0.99) }));
    Ok(())
}

/// One connection: one showing after the other, three posts each.
async fn visit(
    address: String,
    version: String,
    at: usize,
    until: Instant,
) -> anyhow::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(&address).await?;
    stream.set_nodelay(true)?;
    let mut times = Vec::new();
    let mut reply = [0; 2_048];
    for showing in 0.. {
        let id = uuid::Uuid::now_v7();
        for (step, state) in ["shown", "answered", "completed"].into_iter().enumerate() {
            if Instant::now() >= until {
                return Ok(times);
            }
            let body = post_of(&id.to_string(), &version, at + showing, step, state);
            let request = format!(
                "POST {PATH} HTTP/1.1\r\nHost: {address}\r\nOrigin: https://acme.com\r\n\
                 Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let start = Instant::now();
            stream.write_all(request.as_bytes()).await?;
            let mut bytes = 0;
            while !reply[..bytes].windows(4).any(|end| end == b"\r\n\r\n") {
                let more = stream.read(&mut reply[bytes..]).await?;
                ensure!(more > 0, "the server hung up");
                bytes += more;
            }
            times.push(start.elapsed());
            let head = String::from_utf8_lossy(&reply[..bytes]);
            ensure!(head.starts_with("HTTP/1.1 204"), "{head}");
        }
    }
    Ok(times)
}

/// What the widget sends in a step of a showing.
fn post_of(id: &str, version: &str, number: usize, step: usize, state: &str) -> String {
    let value = number % 11;
    let answers = match step {
        0 => String::new(),
        1 => format!(r#"{{"question":"nps","value":{value}}}"#),
        _ => format!(r#"{{"question":"nps","value":{value},"comment":"Well packed, and fast."}}"#),
    };
    let plan = ["free", "pro", "team"][number % 3];
    let country = ["ir", "de", "fr", "us", "jp"][number % 5];
    let device = ["phone", "desktop"][number % 2];
    format!(
        r#"{{"id":"{id}","site":"bench","survey":"nps","version":"{version}","revision":{},"state":"{state}",
        "answers":[{answers}],"respondent":"~{id}","locale":"en","page":"/checkout/done",
        "attributes":{{"plan":"{plan}","country":"{country}","device":"{device}",
        "agent":"agent-{}"}}}}"#,
        step + 1,
        number % 7
    )
}
