use reqwest::Method;
use serde_json::{Value, json};
use tests::{Collector, TOKEN, answered, new_id, response};

use crate::SITE;

#[tokio::test]
async fn answers_become_scores() {
    let collector = Collector::start(SITE);
    for value in [10, 10, 9, 8, 3] {
        assert_eq!(collector.post(&answered("checkout", "nps", value)).await.status, 204);
    }
    collector.post(&response("checkout", &new_id(), 1, "shown", &[])).await;
    collector.post(&response("checkout", &new_id(), 1, "dismissed", &[])).await;
    let summary = collector.summary("checkout", "").await;
    let found = ["shown", "answered", "completed", "dismissed"].map(|field| summary[field].clone());
    assert_eq!(found, [7, 5, 0, 1].map(Value::from));
    assert_eq!(summary["response_rate"], 5.0 / 7.0);
    let question = &summary["questions"][0];
    assert_eq!(question["groups"], json!({ "promoter": 3, "passive": 1, "detractor": 1 }));
    assert_eq!(question["counts"]["10"], 2);
    assert_eq!(question["counts"]["0"], 0);
    assert_eq!(question["mean"], 8.0);
    let score = &question["score"];
    assert_eq!(
        (&score["kind"], &score["value"], &score["thin"]),
        (&json!("nps"), &json!(40.0), &json!(true))
    );
    assert!(score["low"].as_f64() < Some(40.0) && score["high"].as_f64() > Some(40.0), "{score}");
    assert_eq!(summary["trend"].as_array().map(Vec::len), Some(90));
    assert_eq!(summary["trend"][89]["answered"], 5);
}

#[tokio::test]
async fn without_answers_there_is_no_score() {
    let collector = Collector::start(SITE);
    let summary = collector.summary("checkout", "").await;
    assert_eq!(summary["response_rate"], Value::Null);
    assert_eq!(summary["questions"][0]["score"]["value"], Value::Null);
    assert_eq!(summary["questions"][0]["mean"], Value::Null);
}

#[tokio::test]
async fn retries_and_revisions_count_once() {
    let collector = Collector::start(SITE);
    let id = new_id();
    let nps = |value: i32| [("nps", json!(value))];
    let posts = [
        (2, "answered", 3),
        (1, "answered", 10),
        (2, "answered", 3),
        (3, "completed", 9),
        (3, "completed", 9),
        (4, "answered", 9),
    ];
    for (revision, state, value) in posts {
        let post = response("checkout", &id, revision, state, &nps(value));
        assert_eq!(collector.post(&post).await.status, 204, "{post}");
    }
    let dismissed = response("checkout", &id, 5, "dismissed", &[]);
    assert_eq!(collector.post(&dismissed).await.status, 204);
    let summary = collector.summary("checkout", "").await;
    let found = ["shown", "answered", "completed", "dismissed"].map(|field| summary[field].clone());
    assert_eq!(found, [1, 1, 1, 0].map(Value::from));
    assert_eq!(summary["questions"][0]["counts"]["9"], 1);
    assert_eq!(summary["questions"][0]["answered"], 1);
    collector.verify();
}

#[tokio::test]
async fn what_is_wrong_is_refused_and_changes_nothing() {
    let collector = Collector::start(SITE);
    let check = async |body: &str, expected: &str| {
        let reply = collector.post_text(body).await;
        assert_eq!(reply.verdict(), expected, "{body:.300}\n{}", reply.text);
        assert_eq!(reply.header("access-control-allow-origin"), "*");
        assert_eq!(reply.header("access-control-expose-headers"), "retry-after");
    };
    let with = |field: &str, value: Value| {
        let mut body = answered("checkout", "nps", 9);
        body[field] = value;
        body.to_string()
    };
    check("{", "400").await;
    check("", "400").await;
    check("7", "400").await;
    check(&"[".repeat(10_000), "400").await;
    check(&format!("{{\"site\":{}", "{\"a\":".repeat(2_000)), "400").await;
    check(&with("padding", json!("x".repeat(20 * 1024))), "413").await;
    check(&"x".repeat(70 * 1024), "413").await;
    check(&with("site", json!("nobody")), "404 site").await;
    check(&with("site", json!(7)), "400 site").await;
    check(&with("survey", json!("nothing")), "404 survey").await;
    check(&with("id", json!("7")), "400 id").await;
    check(&with("id", json!("b54adc00-67f9-4cf4-9f2f-4d6ab6b8a3d9")), "400 id").await;
    check(&with("state", json!("done")), "400 state").await;
    check(&with("revision", json!(-1)), "400 revision").await;
    check(&with("version", json!("0")), "400 version").await;
    check(&with("answers", json!({})), "400 answers").await;
    check(&with("answers", json!([])), "400 state").await;
    check(&with("answers", json!([{ "question": "nps" }])), "400 answers[0].value").await;
    check(&with("answers", json!([{ "value": 9 }])), "400 answers[0].question").await;
    check(&with("answers", json!([["nps", 9]])), "400 answers[0]").await;
    check(r#"{"site":"acme","survey":"checkout","state":"shown"}"#, "400 id").await;
    check(r#"{"site":"acme"}"#, "400 survey").await;
    check(&with("answers", json!([{ "question": "nps", "value": 9.5 }])), "422 answers[0].value")
        .await;
    check(&with("answers", json!([{ "question": "nps", "value": null }])), "400 answers[0].value")
        .await;
    check(&with("answers", json!([{ "question": "nps", "value": "9" }])), "400 answers[0].value")
        .await;
    check(&with("answers", json!([{ "question": "nps", "value": 11 }])), "422 answers[0].value")
        .await;
    check(&with("answers", json!([{ "question": "nps", "value": -1 }])), "422 answers[0].value")
        .await;
    check(&with("answers", json!([{ "question": "ces", "value": 1 }])), "400 answers[0].question")
        .await;
    for blank in ["", "  ", "\u{200c}\u{200b}\u{feff}\u{ad} \u{200f}"] {
        let blank = response("support", &new_id(), 1, "answered", &[("why", json!(blank))]);
        check(&blank.to_string(), "422 answers[0].value").await;
    }
    check(&with("respondent", json!("x".repeat(129))), "422 respondent").await;
    check(&with("attributes", json!({ "plan": [] })), "400 attributes.plan").await;
    assert_eq!(collector.summary("checkout", "").await["shown"], 0);
    check(&with("unknown", json!("ignored")), "204").await;
    assert_eq!(collector.summary("checkout", "").await["shown"], 1);
}

#[tokio::test]
async fn an_id_belongs_to_one_survey() {
    let collector = Collector::start(SITE);
    let id = new_id();
    collector.post(&response("checkout", &id, 1, "shown", &[])).await;
    let other = response("faces", &id, 2, "answered", &[("faces", json!(3))]);
    assert_eq!(collector.post(&other).await.verdict(), "409 id");
    assert_eq!(collector.summary("faces", "").await["shown"], 0);
}

#[tokio::test]
async fn of_a_list_the_good_ones_are_stored() {
    let collector = Collector::start(SITE);
    let good = || answered("checkout", "nps", 9);
    assert_eq!(collector.post(&json!([good(), good()])).await.status, 204);
    let reply = collector.post(&json!([good(), answered("checkout", "nps", 12), good()])).await;
    assert_eq!(reply.status, 200);
    let statuses: Vec<_> =
        reply.json().as_array().unwrap().iter().map(|item| item["status"].clone()).collect();
    assert_eq!(statuses, [204, 422, 204]);
    assert_eq!(reply.json()[1]["field"], "answers[0].value");
    let many: Vec<Value> = (0..51).map(|_| good()).collect();
    assert_eq!(collector.post(&json!(many)).await.verdict(), "400");
    assert_eq!(collector.post(&json!([])).await.status, 204);
    assert_eq!(collector.summary("checkout", "").await["answered"], 4);
    collector.verify();
}

#[tokio::test]
async fn only_allowed_origins_may_post() {
    let collector = Collector::start(SITE);
    let own = collector.url.clone();
    let bearer = format!("Bearer {TOKEN}");
    let check = async |headers: &[(&str, &str)], expected: &str| {
        let body = answered("checkout", "nps", 9).to_string();
        let reply = collector.request(Method::POST, "/api/v1/responses", headers, &body).await;
        assert_eq!(reply.verdict(), expected, "{headers:?}");
        assert_eq!(reply.header("access-control-allow-origin"), "*");
    };
    check(&[("origin", "https://acme.com")], "204").await;
    check(&[("origin", "https://shop.acme.com")], "204").await;
    check(&[("origin", &own)], "204").await;
    check(&[("origin", "https://evil.example")], "403").await;
    check(&[("origin", "http://acme.com")], "403").await;
    check(&[("origin", "null")], "403").await;
    check(&[("origin", "https://evil.example/.acme.com")], "403").await;
    check(&[("origin", "https://x@shop.acme.com")], "403").await;
    check(&[("origin", "https://acme.com"), ("origin", "https://acme.com")], "403").await;
    check(&[("origin", "https://acme.com"), ("origin", "https://evil.example")], "403").await;
    check(&[], "403").await;
    check(&[("authorization", "Bearer wrong")], "403").await;
    check(&[("authorization", &bearer)], "204").await;
    check(&[("origin", "https://acme.com"), ("content-type", "application/json")], "204").await;
    let preflight = collector.request(
        Method::OPTIONS,
        "/api/v1/responses",
        &[("origin", "https://acme.com")],
        "",
    );
    let preflight = preflight.await;
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-headers"), "content-type");
    assert_eq!(preflight.header("access-control-allow-origin"), "*");
    let wrong_method = collector.get("/api/v1/responses").await;
    assert_eq!(wrong_method.verdict(), "405");
    assert_eq!(wrong_method.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn tests_are_stored_and_never_counted() {
    let collector = Collector::start(SITE);
    let mut test = answered("checkout", "nps", 0);
    test["test"] = json!(true);
    assert_eq!(collector.post(&test).await.status, 204);
    collector.post(&answered("checkout", "nps", 10)).await;
    let summary = collector.summary("checkout", "").await;
    assert_eq!(
        (&summary["shown"], &summary["questions"][0]["score"]["value"]),
        (&json!(1), &json!(100.0))
    );
    let listed = collector.get_as_admin("/api/v1/surveys/acme/checkout/responses").await.json();
    let excluded: Vec<_> =
        listed["responses"].as_array().unwrap().iter().map(|r| r["excluded"].clone()).collect();
    assert_eq!(excluded, [false, true]);
    collector.verify();
}

#[tokio::test]
async fn responses_are_listed_page_by_page() {
    let collector = Collector::start(SITE);
    let mut ids = Vec::new();
    for value in 0..5 {
        let mut body = answered("checkout", "nps", value * 2);
        let comments = ["words", "  ", "می\u{200c}خواهم", "\u{200c}\u{feff} \u{200f}", "words"];
        body["answers"][0]["comment"] = json!(comments[value as usize]);
        ids.insert(0, body["id"].clone());
        collector.post(&body).await;
    }
    let list = async |query: &str| {
        let path = format!("/api/v1/surveys/acme/checkout/responses?{query}");
        collector.get_as_admin(&path).await.json()
    };
    let ids_of = |page: &Value| -> Vec<Value> {
        page["responses"].as_array().unwrap().iter().map(|r| r["id"].clone()).collect()
    };
    let first = list("limit=2").await;
    let next = first["next"].as_str().unwrap().to_owned();
    let second = list(&format!("limit=3&after={next}")).await;
    assert_eq!([ids_of(&first), ids_of(&second)].concat(), ids);
    assert_eq!(second["next"], Value::Null);
    assert_eq!(ids_of(&list("comment=true").await).len(), 3);
    assert_eq!(ids_of(&list("group=detractor").await).len(), 4);
    assert_eq!(ids_of(&list("group=passive").await).len(), 1);
    let newest = &first["responses"][0];
    assert_eq!(newest["answers"][0], json!({ "question": "nps", "value": 8, "comment": "words" }));
    assert!(newest["submitted_at"].as_str().unwrap().starts_with(newest["day"].as_str().unwrap()));
    for (query, field) in
        [("limit=0", "limit"), ("limit=501", "limit"), ("after=x", "after"), ("group=x", "group")]
    {
        let path = format!("/api/v1/surveys/acme/checkout/responses?{query}");
        assert_eq!(collector.get_as_admin(&path).await.verdict(), format!("400 {field}"));
    }
}

#[tokio::test]
async fn summaries_cover_what_is_asked_for() {
    let collector = Collector::start(SITE);
    for (plan, value) in [("pro", 10), ("pro", 9), ("free", 0)] {
        let mut body = answered("checkout", "nps", value);
        body["attributes"] = json!({ "plan": plan });
        collector.post(&body).await;
    }
    let by = collector.summary("checkout", "by=plan").await["by"].clone();
    let found: Vec<_> = by
        .as_array()
        .unwrap()
        .iter()
        .map(|b| (&b["value"], &b["questions"][0]["score"]["value"]))
        .collect();
    assert_eq!(found, [(&json!("pro"), &json!(100.0)), (&json!("free"), &json!(-100.0))]);
    collector.verify();
    let compared = collector.summary("checkout", "compare=previous&interval=month").await;
    assert_eq!(compared["compare"]["questions"][0]["change"], Value::Null);
    let past = collector.summary("checkout", "from=2020-01-01&to=2020-12-31&interval=month").await;
    assert_eq!((past["shown"].clone(), past["trend"].as_array().unwrap().len()), (json!(0), 12));
    let wrong = [
        ("from=2026-02-30", "from"),
        ("to=yesterday", "to"),
        ("from=2026-02-01&to=2026-01-01", "from"),
        ("from=1926-01-01&to=2026-01-01", "from"),
        ("interval=year", "interval"),
        ("compare=2026-01-01", "compare"),
        ("also=faces", "also"),
        ("compare=last", "compare"),
        ("by=country", "by"),
    ];
    for (query, field) in wrong {
        let path = format!("/api/v1/surveys/acme/checkout/summary?{query}");
        assert_eq!(
            collector.get_as_admin(&path).await.verdict(),
            format!("400 {field}"),
            "{query}"
        );
    }
}

#[tokio::test]
async fn too_many_answers_from_one_address_have_to_wait() {
    let collector = Collector::start_with(SITE, &["--admin-token", TOKEN, "--rate-limit", "1"]);
    let mut statuses = Vec::new();
    for _ in 0..60 {
        let reply = collector.post(&answered("checkout", "nps", 9)).await;
        if reply.status == 429 {
            assert!(reply.header("retry-after").parse::<u32>().unwrap() >= 1);
            assert_eq!(reply.header("access-control-allow-origin"), "*");
        }
        statuses.push(reply.status);
    }
    assert_eq!(statuses[..50], [204; 50]);
    assert!(statuses.contains(&429), "{statuses:?}");
}
