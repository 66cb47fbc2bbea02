use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    Collector, Engine, Reply, TOKEN, answered, id_made_at, in_each_browser, new_id, now_ms,
    response, signed, wait_until,
};

use crate::SITE;
use crate::host::Host;

const ARGUMENTS: [&str; 4] = ["--admin-token", TOKEN, "--rate-limit", "0"];
const DAY_MS: u64 = 86_400_000;

/// A collector of a site that wants proof, with more in its file.
fn collector(more: &str) -> Collector {
    Collector::start_with(&site_file(more), &ARGUMENTS)
}

fn site_file(more: &str) -> String {
    SITE.replacen('{', &format!("{{ \"proof\": true, {more}"), 1)
}

async fn due(collector: &Collector, body: &Value) -> Reply {
    let headers = [("origin", "https://acme.com"), ("content-type", "text/plain")];
    collector.request(Method::POST, "/api/v1/due", &headers, &body.to_string()).await
}

/// The token that the collector gives for a response.
async fn token(collector: &Collector, id: &str) -> Value {
    let reply = due(collector, &json!({ "site": "acme", "response": id })).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let reply = reply.json();
    assert_eq!((&reply["due"], &reply["past"]), (&json!([]), &json!({})));
    reply["token"].clone()
}

async fn secret(collector: &Collector) -> String {
    let reply = collector.get_as_admin("/api/v1/sites/acme/secret").await;
    reply.json()["secret"].as_str().unwrap().to_owned()
}

/// The token that the collector gave for a response some time ago.
fn token_given(secret: &str, id: &str, ago_ms: u64) -> Value {
    let given_at_ms = now_ms() - ago_ms;
    json!(format!(
        "{given_at_ms}.{}",
        signed(&format!("{secret} showing"), &format!("{given_at_ms} {id}"))
    ))
}

/// Posts a response with a token. Whatever that is, the response is taken.
async fn post(collector: &Collector, mut body: Value, token: &Value) {
    body["token"] = token.clone();
    let reply = collector.post(&body).await;
    assert_eq!(reply.status, 204, "nothing is dropped: {}", reply.text);
}

/// Why a response is kept apart; `null` when it counts.
async fn doubt(collector: &Collector, id: &str) -> Value {
    let list = collector.get_as_admin("/api/v1/surveys/acme/checkout/responses?limit=500").await;
    let list = list.json();
    let found = list["responses"].as_array().unwrap().iter().find(|it| it["id"] == id).unwrap();
    let by = if found["excluded"] == true { json!("the collector") } else { Value::Null };
    assert_eq!(found["excluded_by"], by, "{found}");
    assert!(found["token"].is_null(), "it is never stored: {found}");
    found["excluded_why"].clone()
}

#[tokio::test]
async fn an_answer_counts_with_a_token_of_its_own() {
    let collector = collector("");
    let secret = secret(&collector).await;
    let user_signature = signed(&secret, "u_42");
    let respondents = json!({ "site": "acme", "respondent": "u_42",
        "user_signature": user_signature });
    let respondents = due(&collector, &respondents).await.json()["token"].clone();
    let check = async |id: String, token: &Value, expected: Value| {
        let body = response("checkout", &id, 1, "answered", &[("nps", json!(9))]);
        post(&collector, body, token).await;
        assert_eq!(doubt(&collector, &id.to_lowercase()).await, expected, "{token}");
    };
    let [id, other, large] = [new_id(), new_id(), new_id().to_uppercase()];
    check(id.clone(), &token(&collector, &id).await, Value::Null).await;
    check(large.clone(), &token(&collector, &large).await, Value::Null).await;
    let old = new_id();
    check(old.clone(), &token_given(&secret, &old, 7 * DAY_MS - 60_000), Value::Null).await;

    check(new_id(), &Value::Null, json!("answered without a token of its showing")).await;
    let foreign = json!("answered with a token that is not of its showing");
    check(new_id(), &token(&collector, &other).await, foreign.clone()).await;
    check(new_id(), &respondents, foreign.clone()).await;
    check(new_id(), &json!("1.ab"), foreign.clone()).await;
    check(new_id(), &json!(""), foreign.clone()).await;
    let made_up = new_id();
    check(made_up.clone(), &token_given("guessed", &made_up, 0), foreign).await;
    let late = json!("answered with a token that is more than 7 days old");
    let id = new_id();
    check(id.clone(), &token_given(&secret, &id, 7 * DAY_MS), late.clone()).await;

    let summary = collector.summary("checkout", "").await;
    assert_eq!((&summary["answered"], &summary["excluded"]), (&json!(3), &json!(7)));
    let page = collector.get_as_admin("/acme/checkout").await.text;
    let shown = format!("{} · left out by the collector", late.as_str().unwrap());
    assert!(page.contains(&shown), "{page}");
    collector.verify();
}

#[tokio::test]
async fn what_was_decided_about_a_response_stays() {
    let collector = collector("");
    let [with, without, disguised] = [new_id(), new_id(), new_id()];
    let given = token(&collector, &with).await;
    let answer = [("nps", json!(9))];
    let none = Value::Null;
    let revise = async |id: &str, revision: u32, state: &str, token: &Value| {
        let answers: &[_] = if ["shown", "dismissed"].contains(&state) { &[] } else { &answer };
        post(&collector, response("checkout", id, revision, state, answers), token).await;
        doubt(&collector, id).await
    };
    assert_eq!(revise(&new_id(), 1, "dismissed", &none).await, none, "no answer, no doubt");
    assert_eq!(revise(&with, 1, "shown", &none).await, none);
    assert_eq!(revise(&with, 2, "answered", &given).await, none);
    assert_eq!(revise(&with, 2, "answered", &none).await, none, "known already");
    assert_eq!(revise(&with, 3, "completed", &given).await, none);
    let doubted = json!("answered without a token of its showing");
    let late = token(&collector, &without).await;
    assert_eq!(revise(&without, 1, "shown", &none).await, none);
    assert_eq!(revise(&without, 2, "answered", &none).await, doubted);
    assert_eq!(revise(&without, 3, "completed", &late).await, doubted);
    // An answer is one, whatever it is called.
    let body = response("checkout", &disguised, 1, "shown", &answer);
    post(&collector, body, &none).await;
    assert_eq!(doubt(&collector, &disguised).await, doubted);

    let bearer = format!("Bearer {TOKEN}");
    let path = format!("/api/v1/responses/acme/{without}");
    let back = json!({ "excluded": false }).to_string();
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(collector.request(Method::PATCH, &path, &headers, &back).await.status, 204);
    post(&collector, response("checkout", &without, 4, "completed", &answer), &none).await;
    assert_eq!(collector.summary("checkout", "").await["answered"], 2);

    // A token, and what was decided without one, outlive the collector's end.
    let id = new_id();
    let given = token(&collector, &id).await;
    let apart = answered("checkout", "nps", 0);
    post(&collector, apart.clone(), &none).await;
    let collector = collector.kill_and_restart(&ARGUMENTS);
    assert_eq!(doubt(&collector, apart["id"].as_str().unwrap()).await, doubted);
    post(&collector, response("checkout", &id, 1, "completed", &answer), &given).await;
    assert_eq!(doubt(&collector, &id).await, none);
    collector.verify();
}

#[tokio::test]
async fn a_person_needs_a_while_from_the_token_on() {
    let collector = collector("\"answer_seconds_min\": 60,");
    let secret = secret(&collector).await;
    let check = async |ago_ms: u64, expected: Option<&str>| {
        // What the id says is only a claim.
        let id = id_made_at(now_ms() - 600_000);
        let body = response("checkout", &id, 1, "answered", &[("nps", json!(9))]);
        let given = match ago_ms {
            0 => token(&collector, &id).await,
            _ => token_given(&secret, &id, ago_ms),
        };
        post(&collector, body, &given).await;
        let doubt = doubt(&collector, &id).await;
        match expected {
            None => assert_eq!(doubt, Value::Null),
            Some(end) => assert!(doubt.as_str().is_some_and(|it| it.ends_with(end)), "{doubt}"),
        }
    };
    check(0, Some("s after it got its token; a person needs 60 s")).await;
    check(60_000, None).await;
    collector.verify();
}

#[tokio::test]
async fn what_is_known_otherwise_needs_no_token() {
    let collector = collector("");
    let bearer = format!("Bearer {TOKEN}");
    let admin = [("authorization", bearer.as_str())];
    let body = answered("checkout", "nps", 9).to_string();
    let reply = collector.request(Method::POST, "/api/v1/responses", &admin, &body).await;
    assert_eq!(reply.status, 204, "the site's own program");
    let table = "submitted_at,q:nps\n2026-01-02T03:04:05Z,9\n";
    let import = "/api/v1/surveys/acme/checkout/import?format=csv";
    assert_eq!(collector.request(Method::POST, import, &admin, table).await.status, 200);
    let mut signed_by_host = answered("checkout", "nps", 9);
    signed_by_host["respondent"] = json!("u_42");
    signed_by_host["user_signature"] = json!(signed(&secret(&collector).await, "u_42"));
    post(&collector, signed_by_host.clone(), &Value::Null).await;
    assert_eq!(doubt(&collector, signed_by_host["id"].as_str().unwrap()).await, Value::Null);
    let query = "from=2026-01-01";
    assert_eq!(collector.summary("checkout", query).await["answered"], 3);
    // A test is left out as one.
    let mut test = answered("checkout", "nps", 9);
    test["test"] = json!(true);
    assert_eq!(collector.post(&test).await.status, 204);
    assert_eq!(collector.summary("checkout", query).await["answered"], 3);
    let page = collector.get_as_admin("/acme/checkout").await.text;
    assert!(!page.contains("left out by the collector"), "{page}");
    let mut only_claimed = answered("checkout", "nps", 9);
    only_claimed["respondent"] = json!("u_42");
    only_claimed["user_signature"] = json!("ab");
    post(&collector, only_claimed.clone(), &Value::Null).await;
    let doubt = doubt(&collector, only_claimed["id"].as_str().unwrap()).await;
    assert_eq!(doubt, "answered without a token of its showing");
    collector.verify();
}

#[tokio::test]
async fn every_token_is_asked_for_by_itself() {
    let collector =
        Collector::start_with(&site_file(""), &["--admin-token", TOKEN, "--rate-limit", "1"]);
    let check = async |more: Value, expected: &str| {
        let mut body = json!({ "site": "acme" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(due(&collector, &body).await.verdict(), expected, "{body}");
    };
    check(json!({ "response": "1" }), "400 response").await;
    check(json!({ "response": [new_id(), new_id()] }), "400 response").await;
    check(json!({ "user_signature": "ab" }), "400 respondent").await;
    check(json!({ "site": "nobody", "response": new_id() }), "404 site").await;
    let mut given = 0;
    while due(&collector, &json!({ "site": "acme", "response": new_id() })).await.status == 200 {
        given += 1;
        assert!(given < 500, "there is an end");
    }
    check(json!({ "response": new_id() }), "429").await;
}

in_each_browser! {
    the_widget_proves_its_answers,
    an_answer_waits_for_its_token,
    without_a_token_everything_is_shown_and_answers_are_kept_apart,
}

/// A site that wants proof and asks at once.
fn site(more: &Value) -> Value {
    let mut site = json!({ "site": "sofal", "origins": ["*"], "proof": true, "surveys": [
        { "id": "nps", "questions": [{ "scale": "nps", "prompt": "Would you recommend us?" }],
          "show": { "delay_seconds": 0 } }] });
    site.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    site
}

/// A script that makes of a call for a token what an expression says.
fn instead_of_due(what: &str) -> String {
    format!(
        "<script>const real = fetch; window.fetch = (url, more) =>
            String(url).endsWith('/due') ? {what} : real(url, more);</script>"
    )
}

async fn counts_are(shop: &Host, answered: i64, excluded: i64) {
    shop.wait_until_sent().await;
    let summary = shop.summary("nps").await;
    assert_eq!((&summary["answered"], &summary["excluded"]), (&json!(answered), &json!(excluded)));
    assert_eq!(shop.browser.noise().await, json!([]));
}

async fn the_widget_proves_its_answers(engine: Engine) {
    let nobody = "<script>Object.defineProperty(navigator, 'globalPrivacyControl',
        { value: true })</script>";
    for (file, head) in [(json!({}), ""), (json!({ "respect_gpc": true }), nobody)] {
        let shop = Host::with_head(engine, &site(&file), head).await;
        shop.visit("/").await;
        shop.browser.click_in_card("[role=radio][value='9']").await;
        shop.wait_for_summary("nps", "completed", 1).await;
        let posts = shop.posts();
        assert!(posts.iter().all(|post| post["token"] == posts[0]["token"]), "{posts:?}");
        let seen = shop.proxy.seen();
        let asked: Vec<Value> = seen
            .iter()
            .filter(|(line, _)| line == "POST /api/v1/due")
            .map(|(_, body)| serde_json::from_str(body).unwrap())
            .collect();
        assert_eq!(asked, [json!({ "site": "sofal", "response": posts[0]["id"] })]);
        assert_eq!(shop.summary("nps").await["excluded"], 0);
        assert_eq!(shop.browser.noise().await, json!([]));
    }

    // What could not be sent is sent from the next page with its token.
    let shop = Host::with_head(engine, &site(&json!({})), "").await;
    shop.visit("/").await;
    shop.wait_for_summary("nps", "shown", 1).await;
    shop.proxy.answer_instead(Some((0, "")));
    shop.browser.click_in_card("[role=radio][value='9']").await;
    let waiting = async || shop.kept().await["unsent"].to_string().contains("\"completed\"");
    wait_until("the answer to wait", waiting).await;
    shop.visit("/").await;
    shop.proxy.answer_instead(None);
    shop.visit("/").await;
    shop.wait_for_summary("nps", "completed", 1).await;
    counts_are(&shop, 1, 0).await;
    assert_eq!(shop.asked("/api/v1/due"), 1);
}

async fn an_answer_waits_for_its_token(engine: Engine) {
    let later = instead_of_due(
        "new Promise((done) => { window.release = () => done(real(url, { ...more, signal: null })) })",
    );
    let shop = Host::with_head(engine, &site(&json!({})), &later).await;
    shop.visit("/").await;
    shop.browser.click_in_card("[role=radio][value='9']").await;
    wait_until("the answer to be stored", async || {
        shop.kept().await["unsent"].to_string().contains("\"completed\"")
    })
    .await;
    assert_eq!(shop.posts(), Vec::<Value>::new(), "nothing is sent before");
    shop.browser.run("release()").await;
    shop.wait_for_summary("nps", "completed", 1).await;
    counts_are(&shop, 1, 0).await;
}

async fn without_a_token_everything_is_shown_and_answers_are_kept_apart(engine: Engine) {
    let out_of_reach = "Promise.reject(new TypeError('unreachable'))";
    let silent = "new Promise((_, no) => more.signal.addEventListener('abort', no))";
    let failing = "real(url + '/nowhere', more)";
    for what in [out_of_reach, silent, failing] {
        let shop = Host::with_head(engine, &site(&json!({})), &instead_of_due(what)).await;
        shop.visit("/").await;
        shop.browser.click_in_card("[role=radio][value='9']").await;
        shop.wait_for_summary("nps", "excluded", 1).await;
        counts_are(&shop, 0, 1).await;
        let page = shop.collector.get_as_admin("/sofal/nps").await.text;
        assert!(page.contains("answered without a token of its showing"), "{page}");
    }
}
