use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};

use reqwest::Method;
use serde_json::Value;
use tests::{Collector, TOKEN, answered, nabz, wait_until};

use crate::SITE;

const ARGUMENTS: [&str; 4] = ["--admin-token", TOKEN, "--rate-limit", "0"];

/// Whether a call of the program went well, and what it said.
fn said(command: &mut Command) -> (bool, String) {
    let output = command.output().expect("nabz can be started");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

fn in_folder(folder: &Path, arguments: &[&str]) -> (bool, String) {
    said(Command::new(nabz()).args(arguments).current_dir(folder))
}

#[tokio::test]
async fn a_backup_is_taken_while_serving() {
    let collector = Collector::start(SITE);
    if !collector.database().starts_with("sqlite:") {
        let (good, text) = said(collector.nabz().args(["backup", "copy.db"]));
        assert!(!good && text.contains("pg_dump") && !text.contains("password"), "{text}");
        return;
    }
    for _ in 0..20 {
        assert_eq!(collector.post(&answered("checkout", "nps", 9)).await.status, 204);
    }
    let (good, text) = said(collector.nabz().args(["backup", "copy.db"]));
    assert!(good && text.starts_with("copy.db written: "), "{text}");
    assert_eq!(collector.post(&answered("checkout", "nps", 0)).await.status, 204);
    let (good, text) = said(collector.nabz().args(["backup", "copy.db"]));
    assert!(!good && text.contains("copy.db is there already"), "{text}");
    let (good, text) = said(collector.nabz().args(["backup", "none/copy.db"]));
    assert!(!good && text.contains("none/copy.db cannot be written"), "{text}");
    let left = std::fs::read_dir(collector.folder()).unwrap();
    let left =
        left.filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().contains("backup"));
    assert_eq!(left.count(), 0, "nothing unfinished is left behind");
    assert_eq!(collector.summary("checkout", "").await["answered"], 21);
}

#[tokio::test]
async fn a_backup_comes_back_whatever_a_crash_left() {
    let mut collector = Collector::start(SITE);
    if !collector.database().starts_with("sqlite:") {
        let (good, text) = said(collector.nabz().args(["restore", "copy.db"]));
        assert!(!good && text.contains("pg_restore") && !text.contains("password"), "{text}");
        return;
    }
    let post = async |collector: &Collector| {
        assert_eq!(collector.post(&answered("checkout", "nps", 9)).await.status, 204);
    };
    for _ in 0..20 {
        post(&collector).await;
    }
    let nabz = |arguments: &[&str]| said(collector.nabz().args(arguments));
    assert!(nabz(&["backup", "copy.db"]).0);
    post(&collector).await;
    let (good, text) = nabz(&["restore", "copy.db"]);
    assert!(!good && text.contains("nabz.db is in use by process"), "{text}");
    collector.kill();
    let nabz = |arguments: &[&str]| said(collector.nabz().args(arguments));
    assert!(collector.folder().join("nabz.db-wal").exists(), "or this shows nothing");
    let check = |copy: &str, expected: &str| {
        let (good, text) = nabz(&["restore", copy]);
        assert!(!good && text.contains(expected), "{copy}: {text}");
        let (good, text) = nabz(&["verify"]);
        assert!(good && text.contains("21 responses"), "as it was: {text}");
    };
    let whole = std::fs::read(collector.folder().join("copy.db")).unwrap();
    std::fs::write(collector.folder().join("half.db"), &whole[..whole.len() / 2]).unwrap();
    check("none.db", "there is no database none.db");
    check("site.json", "site.json is no database of this program");
    check("half.db", "half.db is damaged");
    let (good, text) = nabz(&["restore", "copy.db"]);
    assert!(good && text.contains("what it held before is in nabz.db.replaced"), "{text}");
    let (good, text) = nabz(&["verify"]);
    assert!(good && text.contains("20 responses"), "{text}");
    let (good, text) = nabz(&["verify", "--database", "sqlite:nabz.db.replaced"]);
    assert!(good && text.contains("21 responses"), "{text}");
    let (good, text) = nabz(&["restore", "copy.db"]);
    assert!(!good && text.contains("nabz.db.replaced is there already"), "{text}");
    assert!(!collector.folder().join("nabz.db.restored").exists(), "nothing unfinished is left");
    let collector = collector.kill_and_restart(&ARGUMENTS);
    assert_eq!(collector.summary("checkout", "").await["answered"], 20);
    collector.verify();
}

#[tokio::test]
async fn metrics_have_a_token_of_their_own_and_tell_what_happened() {
    let arguments = [&ARGUMENTS[..], &["--metrics-token", "token-of-prometheus"]].concat();
    let collector = Collector::start_with(SITE, &arguments);
    let post = answered("checkout", "nps", 9);
    collector.post(&post).await;
    collector.post(&post).await;
    collector.post(&answered("checkout", "nps", 12)).await;
    collector.post_text("{").await;
    collector.get("/acme/nabz.js").await;
    collector.get("/no/such/page/at/all").await;
    assert_eq!(collector.get("/metrics").await.verdict(), "401");
    let headers = [("authorization", "Bearer token-of-prometheus")];
    let other = collector.request(Method::GET, "/api/v1/surveys", &headers, "").await;
    assert_eq!(other.verdict(), "401", "the token opens nothing else");
    assert_eq!(collector.get_as_admin("/metrics").await.status, 200);
    let reply = collector.request(Method::GET, "/metrics", &headers, "").await;
    assert!(reply.header("content-type").starts_with("application/openmetrics-text"));
    let value = |name: &str| {
        let line = reply.text.lines().find_map(|line| line.strip_prefix(name));
        let value = line.and_then(|rest| rest.trim().parse::<f64>().ok());
        value.unwrap_or_else(|| panic!("{name} in {}", reply.text))
    };
    assert_eq!(value("nabz_responses_total{outcome=\"stored\"}"), 1.0);
    assert_eq!(value("nabz_responses_total{outcome=\"known\"}"), 1.0);
    assert_eq!(value("nabz_responses_total{outcome=\"out_of_bounds\"}"), 1.0);
    assert_eq!(value("nabz_responses_total{outcome=\"malformed\"}"), 1.0);
    assert_eq!(value("nabz_requests_total{route=\"/api/v1/responses\",status=\"204\"}"), 2.0);
    assert_eq!(value("nabz_requests_total{route=\"/{site}/{file}\",status=\"200\"}"), 1.0);
    assert_eq!(value("nabz_requests_total{route=\"none\",status=\"404\"}"), 1.0);
    assert_eq!(value("nabz_request_seconds_count{route=\"/api/v1/responses\"}"), 4.0);
    assert!(value("nabz_commits_total") >= 1.0);
    assert_eq!(value("nabz_waiting"), 0.0);
    assert!(value("nabz_connections") >= 1.0);
    assert!(reply.text.ends_with("# EOF\n"));
}

#[test]
fn settings_come_from_a_file_too() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("site.json", SITE);
    write("nabz.conf", "# the file\ndatabase = sqlite:other.db\n");
    let (good, text) = in_folder(
        folder.path(),
        &["--config", "nabz.conf", "demo-data", "site.json", "--days", "3"],
    );
    assert!(good && text.contains("written to sqlite:other.db"), "{text}");
    let in_variable = |arguments: &[&str]| {
        let mut command = Command::new(nabz());
        said(command.args(arguments).env("NABZ_CONFIG", "nabz.conf").current_dir(folder.path()))
    };
    let (good, text) = in_variable(&["backup", "copy.db"]);
    assert!(good && text.contains("copy.db written"), "{text}");
    let (good, text) = in_variable(&["backup", "copy2.db", "--database", "sqlite:none.db"]);
    assert!(!good && text.contains("none.db"), "{text}");
    write("nabz.conf", "listen = 127.0.0.1:0\ncolour = red\n");
    let (good, text) = in_variable(&["serve"]);
    assert!(!good && text.contains("nabz.conf: line 2: there is no setting \"colour\""), "{text}");
    let (good, text) = in_folder(folder.path(), &["--config=none.conf", "serve"]);
    assert!(!good && text.contains("the settings none.conf cannot be read"), "{text}");
}

#[test]
fn what_settings_cannot_be_is_said() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("site.json"), SITE).unwrap();
    let check = |file: &str, variable: (&str, &str), arguments: &[&str], expected: &str| {
        std::fs::write(folder.path().join("nabz.conf"), file).unwrap();
        let mut command = Command::new(nabz());
        command.args(["--config", "nabz.conf"]).args(arguments).env(variable.0, variable.1);
        let (good, text) = said(command.current_dir(folder.path()));
        assert!(!good && text.contains(expected), "{file} {variable:?} {arguments:?}: {text}");
    };
    let none = ("NABZ_NONE", "");
    let no_certificate = "--tls-key needs its certificate: name that with --tls-certificate too";
    check("tls-key = k", none, &["serve"], no_certificate);
    check("", ("NABZ_TLS_KEY", "k"), &["serve"], no_certificate);
    check("", none, &["serve", "--tls-key", "k"], no_certificate);
    check("tls-certificate = c", none, &["serve"], "--tls-certificate needs its key");
    check("tls-key = k", none, &["serve", "--tls-certificate", "c"], "c cannot be read");
    let import = ["import", "--site", "acme", "--survey", "checkout", "site.json"];
    check("server = http://127.0.0.1:1", none, &import, "--server needs its --admin-token");
    check("\nrate-limit = x", none, &["serve"], "nabz.conf: line 2: invalid value 'x' for");
    check("", ("NABZ_RATE_LIMIT", "x"), &["serve"], "NABZ_RATE_LIMIT: invalid value 'x' for");
    check("", ("NABZ_CONNECTIONS", "0"), &["serve"], "use a whole number from 1 on");
    check("log = inof", none, &["serve"], "use a level");
    check("", ("NABZ_PUBLIC_URL", "https://a?x"), &["serve"], "use scheme and host only");
    check("", ("NABZ_SITES", "site.json, b.json"), &["serve"], "the site file b.json cannot");
    check("", ("NABZ_RATE_LIMT", "5"), &["serve", "no.json"], "did you mean NABZ_RATE_LIMIT?");
}

/// A collector that a service manager starts, with a socket at so many file handles from 3 on.
fn handed(socket: OwnedFd, count: usize, folder: &Path) -> Command {
    let handles = ["3<&0", "4<&0"][..count].join(" ");
    let script = format!("LISTEN_PID=$$ LISTEN_FDS={count} exec \"$0\" serve {handles}");
    let mut command = Command::new("sh");
    command.args(["-c", &script]).arg(nabz()).current_dir(folder).stdin(Stdio::from(socket));
    command
}

#[tokio::test]
async fn a_socket_that_is_handed_over_is_listened_at() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut command = handed(listener.into(), 1, folder.path());
    let mut process = command.stdout(Stdio::null()).spawn().unwrap();
    // The socket is open already: what is asked before the collector listens is answered then.
    let reply =
        tests::raw(&url, b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
}

#[test]
fn sockets_that_cannot_be_listened_at_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let two = TcpListener::bind("127.0.0.1:0").unwrap();
    let (good, text) = said(&mut handed(two.into(), 2, folder.path()));
    assert!(!good && text.contains("keep one ListenStream="), "{text}");
    let local = UnixListener::bind(folder.path().join("socket")).unwrap();
    let (good, text) = said(&mut handed(local.into(), 1, folder.path()));
    assert!(!good && text.contains("is none of TCP"), "{text}");
}

#[tokio::test]
async fn a_hang_up_stops_nothing() {
    let collector = Collector::start(SITE);
    assert!(collector.signal("HUP"));
    wait_until("a word in the log", async || collector.log().contains("reloaded")).await;
    assert_eq!(collector.get("/healthz").await.status, 200);
}

/// Every reference in a document, with what it leads to.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| match value {
            Value::String(to) if name == "$ref" => found.push(to.clone()),
            _ => references(value, found),
        }),
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_document_of_the_interface_names_what_is_there() {
    let collector = Collector::start(SITE);
    let document = collector.get("/api/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 20, "{found:?}");
    for to in found {
        let pointer = to.strip_prefix('#').expect("a reference within the document");
        assert!(document.pointer(pointer).is_some(), "{to} leads nowhere");
    }
    let paths = document["paths"].as_object().unwrap();
    for (path, calls) in paths {
        for method in calls.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let reply = collector.request(method.clone(), path, &[], "").await;
            assert!(
                reply.status != 405 && !reply.text.contains("there is nothing at"),
                "{method} {path}: {}",
                reply.text
            );
        }
    }
    for path in ["/api/v1/responses", "/api/v1/surveys/{site}/{survey}/summary"] {
        assert!(paths.contains_key(path), "{path}");
    }
}
