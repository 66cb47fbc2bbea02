//! Each test has a PostgreSQL server of its own, because it ends it.

use reqwest::Method;
use scratch_postgres::{End, Server, new_database};
use serde_json::json;
use tests::{Collector, TOKEN, Visitors, check_ledger, refusal, wait_until};

use crate::SITE;

const ARGUMENTS: [&str; 4] = ["--admin-token", TOKEN, "--rate-limit", "0"];
/// Responses that have to be acknowledged between two disasters.
const BETWEEN: usize = 60;

/// Collectors on one new database.
fn collectors(server: &Server, count: usize) -> Vec<Collector> {
    let database = new_database(&server.url("postgres")).unwrap();
    (0..count).map(|_| Collector::start_on(SITE, &database, &ARGUMENTS)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_whatever_dies() {
    let mut server = Server::start().unwrap();
    let mut collectors = collectors(&server, 3);
    let mut visitors = Visitors::new(&collectors, 16);
    visitors.more(BETWEEN).await;
    // From here on all answers are placed anew, beside ingest and through every disaster.
    let more_keys = SITE.replace(r#"["plan"]"#, r#"["plan", "page"]"#);
    for collector in &collectors {
        std::fs::write(collector.folder().join("site.json"), &more_keys).unwrap();
    }
    for number in 0..collectors.len() {
        collectors[number].kill();
        visitors.more(BETWEEN).await;
        let killed = collectors.remove(number);
        collectors.insert(number, killed.kill_and_restart(&ARGUMENTS));
        visitors.find(number, &collectors[number]);
        visitors.more(BETWEEN).await;
    }
    for how in [End::Immediate, End::Fast, End::Immediate] {
        server.end(how).unwrap();
        server.run().unwrap();
        visitors.more(BETWEEN).await;
    }
    // A rolling restart.
    for number in 0..collectors.len() {
        assert!(collectors[number].stop());
        let stopped = collectors.remove(number);
        collectors.insert(number, stopped.kill_and_restart(&ARGUMENTS));
        visitors.find(number, &collectors[number]);
    }
    visitors.more(BETWEEN).await;
    let ledger = visitors.leave().await;
    for collector in &collectors {
        check_ledger(collector, &ledger).await;
    }
    wait_until("the new breakdown", async || {
        collectors[0].get_as_admin("/api/v1/surveys/acme/checkout/summary?by=page").await.status
            == 200
    })
    .await;
    check_ledger(&collectors[1], &ledger).await;
}

#[tokio::test]
async fn a_change_reaches_all_and_goes_on_doing_so_after_the_server_was_away() {
    let mut server = Server::start().unwrap();
    let collectors = collectors(&server, 2);
    let bearer = format!("Bearer {TOKEN}");
    let put = async |collector: &Collector, prompt: &str| {
        let site = SITE.replace("\"acme\"", "\"other\"").replace("How was it?", prompt);
        let headers = [("authorization", bearer.as_str())];
        let reply = collector.request(Method::PUT, "/api/v1/sites/other", &headers, &site).await;
        assert!(reply.status < 300, "{}", reply.text);
    };
    let reaches = async |collector: &Collector, prompt: &str| {
        wait_until(prompt, async || {
            let site = collector.get_as_admin("/api/v1/sites/other").await;
            let loader = collector.get("/other/nabz.js").await;
            site.text.contains(prompt) && loader.status == 200
        })
        .await;
    };
    put(&collectors[0], "Was it good?").await;
    reaches(&collectors[1], "Was it good?").await;
    put(&collectors[1], "Was it well?").await;
    reaches(&collectors[0], "Was it well?").await;
    server.end(End::Immediate).unwrap();
    server.run().unwrap();
    put(&collectors[0], "Was it fine?").await;
    reaches(&collectors[1], "Was it fine?").await;
    let headers = [("authorization", bearer.as_str())];
    let gone = collectors[1].request(Method::DELETE, "/api/v1/sites/other", &headers, "").await;
    assert!(gone.status < 300, "{}", gone.text);
    wait_until("the end of the site", async || {
        collectors[0].get("/other/nabz.js").await.status == 404
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_is_good_on_every_collector() {
    let server = Server::start().unwrap();
    let collectors = collectors(&server, 2);
    let [first, second] = collectors.as_slice() else { panic!("two were started") };
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", &first.url)];
    let form = format!("token={TOKEN}&to=/acme");
    let reply = first.request(Method::POST, "/sign-in", &headers, &form).await;
    let cookie = reply.header("set-cookie").split(';').next().unwrap();
    let page = second.request(Method::GET, "/acme", &[("cookie", cookie)], "").await;
    assert_eq!(page.status, 200);
}

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
    assert_eq!(collector.post(&tests::answered("checkout", "nps", 9)).await.status, 204);
    assert_eq!(collector.summary("checkout", "").await["answered"], json!(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_carried_to_a_server_whole_and_goes_on_after_a_cut() {
    let server = Server::start().unwrap();
    let to = new_database(&server.url("postgres")).unwrap();
    let mut collectors = vec![Collector::start_on(SITE, "sqlite:nabz.db", &ARGUMENTS)];
    let mut visitors = Visitors::new(&collectors, 8);
    visitors.more(1_050).await;
    let ledger = visitors.leave().await;
    let mut file = collectors.remove(0);
    let id = ledger.keys().next().unwrap();
    let path = format!("/api/v1/responses/acme/{id}");
    let headers = [("authorization", format!("Bearer {TOKEN}"))];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let spam = json!({ "excluded": true, "why": "spam" }).to_string();
    assert_eq!(file.request(Method::PATCH, &path, &headers, &spam).await.status, 204);
    let summary = file.summary("checkout", "by=plan").await;
    let command = |file: &Collector| {
        let mut migrate = file.nabz();
        migrate.args(["migrate", "--from", "sqlite:nabz.db", "--to", &to]);
        migrate
    };
    let migrate = |file: &Collector| {
        let output = command(file).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let refused = refusal(&mut command(&file));
    assert!(refused.contains("is in use by process"), "{refused}");
    assert!(file.stop());
    let whole = format!("{} responses of 1 sites carried", ledger.len());
    let said = migrate(&file);
    assert!(said.starts_with(&whole) && said.contains("the tallies say the same"), "{said}");
    assert!(migrate(&file).starts_with("0 responses of 1 sites carried"));
    // As if it had been cut off: the site is written last.
    let database = to.rsplit('/').next().unwrap();
    server.sql(database, "DELETE FROM nabz.sites").unwrap();
    server.sql(database, &format!("DELETE FROM nabz.responses WHERE id = '{id}'")).unwrap();
    assert!(migrate(&file).starts_with("1 responses of 1 sites carried"));
    let served = Collector::start_on(SITE, &to, &ARGUMENTS);
    assert_eq!(served.summary("checkout", "by=plan").await, summary);
    check_ledger(&served, &ledger).await;
    // What is there now is never overwritten.
    server.sql(database, &format!("DELETE FROM nabz.responses WHERE id = '{id}'")).unwrap();
    let refused = refusal(&mut command(&file));
    assert!(refused.contains("site \"acme\" is in use in the new database"), "{refused}");
}
