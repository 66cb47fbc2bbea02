//! A collector as a process of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::Value;
use tempfile::TempDir;

use crate::disk::Order;
use crate::lines::lines_of;
use crate::post::Reply;
use crate::wait_until;

/// The admin token of the tests.
pub const TOKEN: &str = "token-of-the-tests";

/// The binary, as `cargo build` left it beside the tests.
///
/// # Panics
/// When it has not been built.
pub fn nabz() -> PathBuf {
    program("nabz")
}

/// A program of the workspace, as `cargo build` left it.
///
/// # Panics
/// When it has not been built.
pub fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a running program has a path");
    // Tests run from target/debug/deps, programs from the folder around it.
    let folder = own.ancestors().skip(1).find(|folder| !folder.ends_with("deps"));
    let folder = folder.expect("a program lies in a folder");
    let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} is missing: run `cargo build --workspace --bins`", path.display());
    path
}

/// What a program says on standard error when it refuses to run.
///
/// # Panics
/// When it runs.
pub fn refusal(program: &mut Command) -> String {
    let mut process = program.stderr(Stdio::piped()).spawn().expect("it can be started");
    let lines = lines_of(process.stderr.take().expect("its errors are piped"));
    let mut said = String::new();
    // The lines end with the process.
    loop {
        match lines.recv_timeout(Duration::from_secs(20)) {
            Ok(line) => said += &(line + "\n"),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                let _ = process.kill();
                let _ = process.wait();
                panic!("it runs: {said}");
            }
        }
    }
    assert!(!process.wait().expect("a child can be waited for").success(), "{said}");
    said
}

/// The URL of a database in a file of the folder a collector runs in.
const FILE: &str = "sqlite:nabz.db";

/// The URL of a new database: on the PostgreSQL server that the tests are given, else a file in the
/// folder a collector runs in.
fn new_database() -> String {
    match std::env::var("NABZ_TEST_POSTGRES") {
        Ok(server) => scratch_postgres::new_database(&server).expect("the server makes databases"),
        Err(_) => FILE.to_owned(),
    }
}

/// The file of a collector's log, which goes on after a restart.
const LOG: &str = "log";

fn log_in(folder: &Path) -> std::fs::File {
    let mut append = std::fs::OpenOptions::new();
    append.create(true).append(true).open(folder.join(LOG)).expect("a file in a temporary folder")
}

fn folder_with(site: &str) -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    std::fs::write(folder.path().join("site.json"), site).expect("a file in it");
    folder
}

/// What starts a collector in a folder with a `site.json`.
fn serve(name: &str, folder: &Path, database: &str, arguments: &[&str]) -> Command {
    let mut serve = Command::new(program(name));
    serve.args(["serve", "site.json", "--listen", "127.0.0.1:0", "--database", database]);
    serve.args(arguments).current_dir(folder);
    serve
}

/// A running collector with a folder of its own; it is killed when dropped.
#[derive(Debug)]
pub struct Collector {
    /// Its address, such as `http://127.0.0.1:4711`.
    pub url: String,
    /// What it printed after the address.
    pub printed: String,
    folder: TempDir,
    database: String,
    program: &'static str,
    process: Child,
    client: Client,
}

impl Collector {
    /// Starts a collector with a site file and the tests' token.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(site: &str) -> Collector {
        Collector::start_with(site, &["--admin-token", TOKEN, "--rate-limit", "0"])
    }

    /// Starts a collector with a site file and arguments of its own.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_with(site: &str, arguments: &[&str]) -> Collector {
        Collector::start_on(site, &new_database(), arguments)
    }

    /// Starts a collector with a site file and arguments of its own on a database.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_on(site: &str, database: &str, arguments: &[&str]) -> Collector {
        Collector::run(folder_with(site), database.to_owned(), "nabz", arguments)
    }

    /// Starts a collector with a site file on a database in a file, on a disk that takes orders.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_frail(site: &str, arguments: &[&str]) -> Collector {
        Collector::start_frail_on(site, FILE, arguments)
    }

    /// The same on a database in a file that may be there already.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_frail_on(site: &str, database: &str, arguments: &[&str]) -> Collector {
        Collector::run(folder_with(site), database.to_owned(), "frail", arguments)
    }

    /// The same, after a first start during which the disk had this order.
    ///
    /// # Panics
    /// When the first start went well, or the second one does not.
    pub fn start_frail_after(order: Order, site: &str, arguments: &[&str]) -> Collector {
        let folder = folder_with(site);
        order.leave(folder.path());
        refusal(&mut serve("frail", folder.path(), FILE, arguments));
        Order::take_back(folder.path());
        Collector::run(folder, FILE.to_owned(), "frail", arguments)
    }

    fn run(
        folder: TempDir,
        database: String,
        program: &'static str,
        arguments: &[&str],
    ) -> Collector {
        let mut process = serve(program, folder.path(), &database, arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log_in(folder.path()))
            .spawn()
            .expect("nabz can be started");
        let lines = lines_of(process.stdout.take().expect("its output is piped"));
        let first = lines.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|_| {
            let log = std::fs::read_to_string(folder.path().join(LOG)).unwrap_or_default();
            panic!("nabz does not say where it listens: {log}")
        });
        let url = first.strip_prefix("listening on ").expect("the first line names the address");
        let with_link = !arguments.contains(&"--admin-token");
        let printed = with_link.then(|| lines.recv_timeout(Duration::from_secs(20)).ok()).flatten();
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        let client = client.expect("a client without TLS needs nothing");
        Collector {
            url: url.to_owned(),
            printed: printed.unwrap_or_default(),
            folder,
            database,
            program,
            process,
            client,
        }
    }

    /// Kills the process without warning and starts it again on the same folder.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn kill_and_restart(mut self, arguments: &[&str]) -> Collector {
        self.kill();
        let folder =
            std::mem::replace(&mut self.folder, TempDir::new().expect("a temporary folder"));
        Collector::run(folder, self.database.clone(), self.program, arguments)
    }

    /// Asks the process to stop, waits for its end, and says whether it went well.
    ///
    /// # Panics
    /// When the process cannot be waited for.
    pub fn stop(&mut self) -> bool {
        self.signal("TERM") && self.process.wait().expect("a child can be waited for").success()
    }

    /// Sends a signal to the process; says whether it was there.
    ///
    /// # Panics
    /// When signals cannot be sent.
    pub fn signal(&self, name: &str) -> bool {
        let (name, id) = (format!("-{name}"), self.process.id().to_string());
        Command::new("kill").args([name, id]).status().expect("kill is there").success()
    }

    /// Kills the process without warning.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Waits for a process that is to end by itself.
    ///
    /// # Panics
    /// When it does not.
    pub async fn end(&mut self) {
        let process = &mut self.process;
        wait_until("the end of the process", async || {
            process.try_wait().expect("a child can be waited for").is_some()
        })
        .await;
    }

    /// Gives its disk an order, or takes it back; only for one that was started as frail.
    pub fn order(&self, order: Option<Order>) {
        match order {
            Some(order) => order.leave(self.folder.path()),
            None => Order::take_back(self.folder.path()),
        }
    }

    /// The most memory that its process had so far, in KiB; 0 where the system does not tell.
    pub fn memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.unwrap_or_default();
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        most.and_then(|most| most.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
    }

    /// The program, to be run in this collector's folder and on its database.
    pub fn nabz(&self) -> Command {
        let mut nabz = Command::new(nabz());
        nabz.env("NABZ_DATABASE", &self.database).current_dir(self.folder.path());
        nabz
    }

    /// The URL of its database.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// What it has logged so far.
    ///
    /// # Panics
    /// When that cannot be read.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join(LOG)).expect("its log can be read")
    }

    /// The folder it runs in, with `site.json`, and `nabz.db` unless a server keeps the data.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Has all responses counted again, while the collector runs.
    ///
    /// # Panics
    /// When the tallies say something else.
    pub fn verify(&self) {
        let output = self.nabz().arg("verify").output().expect("nabz can be started");
        let said =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }

    /// A request with headers and a body.
    ///
    /// # Panics
    /// When the collector does not answer.
    pub async fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &(impl AsRef<[u8]> + ?Sized),
    ) -> Reply {
        let request = self.client.request(method, format!("{}{path}", self.url));
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        Reply::read(
            request.body(body.as_ref().to_vec()).send().await.expect("the collector answers"),
        )
        .await
    }

    /// Gets a page or a file, without a token.
    pub async fn get(&self, path: &str) -> Reply {
        self.request(Method::GET, path, &[], "").await
    }

    /// Gets something with the admin token.
    pub async fn get_as_admin(&self, path: &str) -> Reply {
        self.request(Method::GET, path, &[("authorization", &format!("Bearer {TOKEN}"))], "").await
    }

    /// Posts one response or a list of them, as a page of `https://acme.com`.
    pub async fn post(&self, body: &Value) -> Reply {
        self.post_text(&body.to_string()).await
    }

    /// Posts a body, as a page of `https://acme.com`.
    pub async fn post_text(&self, body: &(impl AsRef<[u8]> + ?Sized)) -> Reply {
        let headers = [("origin", "https://acme.com"), ("content-type", "text/plain")];
        self.request(Method::POST, "/api/v1/responses", &headers, body).await
    }

    /// The summary of a survey of the site `acme`, with what stands behind the `?`.
    pub async fn summary(&self, survey: &str, query: &str) -> Value {
        self.summary_of("acme", survey, query).await
    }

    /// The summary of a survey, with what stands behind the `?`.
    ///
    /// # Panics
    /// When there is none.
    pub async fn summary_of(&self, site: &str, survey: &str, query: &str) -> Value {
        let path = format!("/api/v1/surveys/{site}/{survey}/summary?{query}");
        let reply = self.get_as_admin(&path).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("the collector's log:\n{}", self.log());
        }
    }
}
