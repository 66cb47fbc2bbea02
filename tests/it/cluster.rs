//! Each test has a PostgreSQL server of its own, because it ends it or changes how it runs.

/// From a collector to its database: refusals and encryption.
mod connections;
/// Summaries read from a server that follows the one that is written to.
mod replica;

use reqwest::Method;
use scratch_postgres::{End, Server, new_database};
use serde_json::json;
use tests::{
    Collector, TOKEN, Visitors, answered, check_ledger, new_id, refusal, response, signed,
    wait_until,
};

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
async fn a_user_who_answered_at_one_collector_is_asked_by_none() {
    let server = Server::start().unwrap();
    let collectors = collectors(&server, 3);
    let secret = collectors[0].get_as_admin("/api/v1/sites/acme/secret").await.json();
    let user_signature = signed(secret["secret"].as_str().unwrap(), "u_42");
    let headers = [("origin", "https://acme.com"), ("content-type", "text/plain")];
    let due = async |collector: &Collector| {
        let body = json!({ "site": "acme", "respondent": "u_42", "surveys": ["checkout", "faces"],
            "user_signature": user_signature });
        let reply =
            collector.request(Method::POST, "/api/v1/due", &headers, &body.to_string()).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    };
    for collector in &collectors {
        assert_eq!(due(collector).await["due"], json!(["checkout", "faces"]));
    }
    // What is acknowledged by one is known to all at once, however it is proven there.
    let mut answer = answered("checkout", "nps", 9);
    answer["respondent"] = json!("u_42");
    answer["user_signature"] = json!(user_signature);
    assert_eq!(collectors[0].post(&answer).await.status, 204);
    let mut dismissed = response("faces", &new_id(), 1, "dismissed", &[]);
    dismissed["respondent"] = json!("u_42");
    for (at, left) in [(1, json!(["faces"])), (2, json!([]))] {
        let reply = due(&collectors[at]).await;
        assert_eq!(reply["due"], left);
        dismissed["token"] = reply["token"].clone();
        let next = &collectors[(at + 1) % 3];
        assert_eq!(next.post(&dismissed).await.status, 204);
    }
    assert_eq!(due(&collectors[0]).await["due"], json!([]));
    // A renewed secret is soon the only one that counts, without a restart.
    let renewed = collectors[1].nabz().args(["secret", "acme", "--new"]).output().unwrap();
    assert!(renewed.status.success(), "{renewed:?}");
    for collector in &collectors {
        wait_until("the old signature to be refused", async || {
            let body = json!({ "site": "acme", "respondent": "u_42", "surveys": [],
                "user_signature": user_signature });
            let path = "/api/v1/due";
            let reply = collector.request(Method::POST, path, &headers, &body.to_string()).await;
            reply.status == 403
        })
        .await;
    }
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
