use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use scratch_postgres::{Server, new_database};
use serde_json::json;
use tests::{Collector, answered, listen, refusal, wait_until};

use super::ARGUMENTS;
use crate::SITE;

#[tokio::test]
async fn a_database_that_cannot_be_used_is_named_without_its_password() {
    let server = Server::start().unwrap();
    let url = new_database(&server.url("postgres")).unwrap();
    let collector = Collector::start_on(SITE, &url, &ARGUMENTS);
    let guarded = "CREATE ROLE guarded LOGIN PASSWORD 'secret'; CREATE DATABASE bare";
    for statement in guarded.split("; ") {
        server.sql("postgres", statement).unwrap();
    }
    let at =
        |user: &str, database: &str| server.url(database).replace("nabz@", &format!("{user}@"));
    let check = |arguments: &[&str], url: &str, expected: &str| {
        let mut nabz = collector.nabz();
        let text = refusal(nabz.args(arguments).env("NABZ_DATABASE", url));
        assert!(text.contains(expected), "{url}: {text}");
        assert!(!text.contains("secret"), "{url}: {text}");
    };
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    check(&serve, &at("guarded:secreter", "bare"), "Check user and password");
    check(&serve, &at("guarded:secret", "bare"), "GRANT CREATE ON DATABASE");
    check(&serve, &at("nabz", "none"), "Create it with createdb");
    check(&serve, "postgres://u:secret@127.0.0.1:9/db", "Connection refused");
    check(&serve, "postgres://u:secret@127.0.0.1:9/", "names no database");
    check(&serve, "postgres://u:secret@127.0.0.1:port/db", "cannot be understood");
    check(&serve, "mysql://u:secret@127.0.0.1/db", "\"mysql://…@127.0.0.1/db\" is not known");
    check(&["verify"], &at("nabz", "bare"), "holds nothing of this program");
    let replica = [serve.as_slice(), &["--read-database", &url]].concat();
    check(&replica, "sqlite:nabz.db", "names a replica of a PostgreSQL --database");
    let database = url.rsplit('/').next().unwrap();
    server
        .sql(
            "postgres",
            &format!("ALTER DATABASE {database} SET default_transaction_read_only = on"),
        )
        .unwrap();
    check(&serve, &at("nabz", database), "it is read-only. If it is a replica");
    server.sql("postgres", &format!("ALTER DATABASE {database} RESET ALL")).unwrap();
    server.sql(database, "UPDATE nabz.release SET schema = 99").unwrap();
    check(&serve, &url, "is of a newer release (schema 99");
    assert_eq!(collector.post(&answered("checkout", "nps", 9)).await.status, 204);
    assert_eq!(collector.summary("checkout", "").await["answered"], json!(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_postgresql_or_too_old_is_named() {
    let server = Server::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let check = |url: &str, expected: &str| {
        let mut nabz = std::process::Command::new(tests::nabz());
        nabz.args(["serve", "--listen", "127.0.0.1:0", "--database", url]);
        let text = refusal(nabz.current_dir(folder.path()));
        assert!(text.contains(expected), "{url}: {text}");
    };
    // Engines that speak the protocol of PostgreSQL and say so, and releases of long ago.
    let says = |function: &str, text: &str| {
        let url = new_database(&server.url("postgres")).unwrap();
        let database = url.rsplit('/').next().unwrap();
        let say = format!(
            "CREATE FUNCTION public.{function} RETURNS text LANGUAGE sql AS $$ SELECT '{text}' $$"
        );
        server.sql(database, &say).unwrap();
        let first = "SET search_path = public, pg_catalog";
        server.sql("postgres", &format!("ALTER DATABASE {database} {first}")).unwrap();
        url
    };
    let cockroach = says("version()", "CockroachDB CCL v23.1.11 (x86_64-pc-linux-gnu)");
    check(&cockroach, "is CockroachDB CCL v23.1.11 (x86_64-pc-linux-gnu): use PostgreSQL 13");
    let yugabyte = says("version()", "PostgreSQL 11.2-YB-2.20.1.0-b0 on x86_64-pc-linux-gnu");
    check(&yugabyte, "is PostgreSQL 11.2-YB-2.20.1.0-b0: use PostgreSQL 13 or newer");
    check(&says("current_setting(text)", "120019"), ": use PostgreSQL 13 or newer, or Citus");
    let (listener, url) = listen().await;
    tokio::spawn(async move { axum::serve(listener, axum::Router::new()).await });
    let web = format!("postgres://u@{}/db", url.trim_start_matches("http://"));
    check(&web, "cannot be opened: ");
    // A server that takes a connection and says nothing.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("postgres://u@{}/db", listener.local_addr().unwrap());
    check(&silent, "no connection to it was there in time. Check that the server runs there");
}

/// A certificate for a name, and its key.
fn certificate(name: &str) -> (String, String) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed([name.to_owned()]).unwrap();
    (cert.pem(), KeyPair::serialize_pem(&signing_key))
}

#[tokio::test]
async fn connections_are_encrypted_when_the_url_says_so() {
    let server = Server::start().unwrap();
    let plain = new_database(&server.url("postgres")).unwrap();
    let database = plain.rsplit('/').next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name).to_str().unwrap().to_owned()
    };
    let (trusted, key) = certificate("localhost");
    let root = write("root.pem", &trusted);
    let other = write("other.pem", &certificate("localhost").0);
    let none = write("none.pem", "none");
    let by_name = plain.replace("nabz@127.0.0.1", "nabz:secret@localhost");
    let full = |url: &str, root: &str| format!("{url}?sslmode=verify-full&sslrootcert={root}");
    let check = |url: &str, expected: &str| {
        let mut nabz = std::process::Command::new(tests::nabz());
        nabz.args(["serve", "--listen", "127.0.0.1:0", "--database", url]);
        let text = refusal(nabz.current_dir(folder.path()));
        assert!(text.contains(expected), "{url}: {text}");
        assert!(!text.contains("secret"), "{url}: {text}");
    };
    check(&full(&by_name, &root), "Set ssl = on in its postgresql.conf");
    server.encrypt(&trusted, &key).unwrap();
    let how = "SELECT 1 / (current_setting('ssl') = 'on')::integer";
    wait_until("the server to encrypt", async || server.sql(database, how).is_ok()).await;
    check(&full(&by_name, &other), "invalid peer certificate: ");
    check(&full(&by_name, &other), "with sslrootcert=FILE who issued that");
    check(&full(&plain, &root), "certificate not valid for name \"127.0.0.1\"");
    check(&format!("{by_name}?sslmode=require"), "invalid peer certificate: ");
    check(&full(&by_name, &none), "it holds no certificate in PEM");
    check(&full(&by_name, "nowhere.pem"), "sslrootcert nowhere.pem of the database's URL");
    let collector = Collector::start_on(SITE, &full(&by_name, &root), &ARGUMENTS);
    assert_eq!(collector.post(&answered("checkout", "nps", 9)).await.status, 204);
    assert_eq!(collector.summary("checkout", "").await["answered"], json!(1));
    let plainly = "SELECT 1 / (count(*) FILTER (WHERE NOT ssl) = 0)::integer FROM pg_stat_ssl
        JOIN pg_stat_activity USING (pid) WHERE application_name = 'nabz'";
    server.sql(database, plainly).unwrap();
    assert!(!collector.log().contains("secret"), "{}", collector.log());
}
