//! How much ingest a collector keeps up with, beside a bare server that only parses (the ceiling)
//! and one that commits each request on its own (the floor), what it takes to be asked about users
//! meanwhile, how fast it serves what browsers fetch, beside a bare server with as many bytes in
//! memory, and what a file with a million responses takes to serve; in one run on one machine.
//! `cargo xtask bench collector` runs it.
//!
//! Arguments: the program `nabz`, for how many seconds each server is loaded, and the URLs of empty
//! PostgreSQL databases: one for each number of connections, and one for the questions about users.
//! Every server and the load have a process of their own. What is sent is what the widget sends:
//! shown, answered, completed; one right after the other, and once more as it is in a busy hour, with
//! thousands of others in between. The servers take turns. Rates are printed and never asserted: a
//! machine is never alone.

mod bare;
mod load;
mod million;
mod server;
#[path = "../bench_import/table.rs"]
mod table;
mod turns;

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use serde_json::Value;

use server::Server;

const SITE: &str = r#"{ "site": "bench", "origins": ["*"],
    "breakdowns": ["plan", "country", "device", "agent", "locale", "page"], "surveys": [
    { "id": "nps", "questions": [{ "scale": "nps", "prompt": "?" }] }] }"#;
const CONNECTIONS: [usize; 2] = [64, 256];
const TOKEN: &str = "token-of-the-bench";
const PATH: &str = "/api/v1/responses";
const LOADER: &str = "/bench/nabz.js";
/// Showings under way, where their posts come one after the other (one a connection), and where
/// others come in between.
const TOGETHER: &str = "1";
const APART: &str = "16000";
/// Connections that ask about users.
const ASKING: &str = "16";
/// Connections that fetch.
const FETCHING: &str = "64";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--ceiling"] => bare::serve(None).await,
        ["--floor", file] => bare::serve(Some(Path::new(file))).await,
        ["--bytes", bytes] => bare::serve_bytes(bytes.parse()?).await,
        ["--load", address, version, connections, seconds, showings] => {
            let (connections, seconds) = (connections.parse()?, seconds.parse()?);
            load::post(address, version, connections, seconds, showings.parse()?).await
        }
        ["--ask", address, secret, connections, seconds] => {
            load::ask(address, secret, connections.parse()?, seconds.parse()?).await
        }
        ["--fetch", address, path, header, connections, seconds] => {
            load::fetch(address, path, header, connections.parse()?, seconds.parse()?).await
        }
        [nabz, seconds, databases @ .., asked] if databases.len() == CONNECTIONS.len() => {
            compare(nabz, seconds, databases, asked)
        }
        _ => anyhow::bail!("where is nabz, how many seconds, and which databases?"),
    }
}

/// Compares the servers with each number of connections, and prints what else one has to know.
fn compare(nabz: &str, seconds: &str, databases: &[&str], asked: &str) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("site.json"), SITE)?;
    println!(
        "{:<34} {:>6} {:>9} {:>13} {:>8} {:>8} {:>7} {:>9}",
        "", "conns", "per s", "share", "p50 ms", "p99 ms", "CPU", "memory"
    );
    let collector = |database: &str| collector(nabz, folder.path(), database);
    let version = version(&Server::start(&mut collector("sqlite:version.db"))?)?;
    for (connections, postgres) in CONNECTIONS.into_iter().zip(databases) {
        let connections = connections.to_string();
        let load = |server: &Server, showings: &str| {
            server.loaded(&["--load", &server.address, &version, &connections, seconds, showings])
        };
        turns::take(&connections, load, |turn| {
            let sqlite = |name| collector(&format!("sqlite:{name}-{connections}-{turn}.db"));
            let floor = folder.path().join(format!("floor-{connections}-{turn}.db"));
            let floor = floor.to_string_lossy();
            [
                ("ceiling: parses, answers 204", bare(&["--ceiling"]), TOGETHER),
                ("collector: SQLite, 6 breakdowns", sqlite("together"), TOGETHER),
                ("the same, posts far apart", sqlite("apart"), APART),
                ("collector: PostgreSQL, the same", collector(postgres), TOGETHER),
                ("the same, posts far apart", collector(postgres), APART),
                ("floor: a transaction a request", bare(&["--floor", &floor]), TOGETHER),
            ]
        })?;
    }
    for (name, database) in [("SQLite", "sqlite:asked.db"), ("PostgreSQL", asked)] {
        let server = Server::start(&mut collector(database))?;
        ask_meanwhile(&server, name, &version, seconds)?;
    }
    fetches(nabz, folder.path(), seconds)?;
    million::measure(nabz, folder.path(), &version, seconds)
}

/// Has users asked about while others post: each time all that was posted before has to be found.
fn ask_meanwhile(server: &Server, name: &str, version: &str, seconds: &str) -> anyhow::Result<()> {
    let request = ureq::get(format!("http://{}/api/v1/sites/bench/secret", server.address));
    let mut reply = request.header("authorization", format!("Bearer {TOKEN}")).call()?;
    let found: Value = reply.body_mut().read_json()?;
    let secret = found["secret"].as_str().context("a site has a secret")?;
    let address = &server.address;
    let connections = CONNECTIONS[0].to_string();
    let (posts, asked) = std::thread::scope(|scope| {
        let ask = ["--ask", address, secret, ASKING, seconds];
        let asked = scope.spawn(move || server.loaded(&ask));
        let posts = server.loaded(&["--load", address, version, &connections, seconds, TOGETHER]);
        (posts, asked.join())
    });
    posts?.print(&format!("collector: {name}, beside"), &connections, "");
    let asked = asked.map_err(|_| anyhow::anyhow!("those who ask have panicked"))??;
    asked.print("  questions about users", ASKING, "");
    Ok(())
}

/// Has what browsers fetch served, each beside as many bytes of a bare server.
fn fetches(nabz: &str, folder: &Path, seconds: &str) -> anyhow::Result<()> {
    let server = Server::start(&mut collector(nabz, folder, "sqlite:version.db"))?;
    let get = |path: &str, name: &str, value: &str| {
        ureq::get(format!("http://{}{path}", server.address)).header(name, value).call()
    };
    let mut loader = get(LOADER, "accept-encoding", "identity")?;
    let tag = loader.headers().get("etag").context("the loader has a tag")?.to_str()?.to_owned();
    let loader = loader.body_mut().read_to_string()?;
    let wasm = loader.split('"').find(|text| text.ends_with(".wasm")).context("it names files")?;
    let wasm = format!("/assets/{wasm}");
    for (what, path, name, value) in [
        ("loader", LOADER, "accept-encoding", "identity"),
        ("loader, brotli", LOADER, "accept-encoding", "br"),
        ("loader, known already", LOADER, "if-none-match", &tag),
        ("WebAssembly, brotli", &wasm, "accept-encoding", "br"),
    ] {
        let bytes = get(path, name, value)?.body_mut().read_to_vec()?.len().to_string();
        let bare = Server::start(&mut bare(&["--bytes", &bytes]))?;
        let header = format!("{name}: {value}");
        let load = |server: &Server| {
            let address = &server.address;
            server.loaded(&["--fetch", address, path, &header, FETCHING, seconds])
        };
        let ceiling = load(&bare)?;
        ceiling.print(&format!("ceiling: {bytes} bytes"), FETCHING, "");
        let loaded = load(&server)?;
        let share = format!("{:.0} %", 100.0 * loaded.rate / ceiling.rate);
        loaded.print(&format!("collector: {what}"), FETCHING, &share);
    }
    Ok(())
}

/// The version of the definition that a collector asks with, which the widget sends along.
fn version(server: &Server) -> anyhow::Result<String> {
    let request = ureq::get(format!("http://{}/api/v1/surveys", server.address));
    let mut reply = request.header("authorization", format!("Bearer {TOKEN}")).call()?;
    let surveys: Value = reply.body_mut().read_json()?;
    Ok(surveys["surveys"][0]["version"].as_str().context("a survey has a version")?.to_owned())
}

/// A bare server, which this program is with these arguments.
fn bare(arguments: &[&str]) -> Command {
    let this = std::env::current_exe().unwrap_or_default();
    let mut command = Command::new(this);
    command.args(arguments);
    command
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
