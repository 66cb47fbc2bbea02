use reqwest::Method;
use serde_json::{Value, json};
use tests::{Collector, Reply, TOKEN, answered, new_id, response, signed};

use crate::SITE;

async fn post(collector: &Collector, path: &str, body: &Value) -> Reply {
    let headers = [("origin", "https://acme.com"), ("content-type", "text/plain")];
    collector.request(Method::POST, path, &headers, &body.to_string()).await
}

async fn as_admin(collector: &Collector, method: Method, path: &str) -> Reply {
    let token = format!("Bearer {TOKEN}");
    collector.request(method, path, &[("authorization", &token)], "").await
}

/// Posts an answer of somebody and returns its id.
async fn answer_of(
    collector: &Collector,
    respondent: &str,
    survey: &str,
    question: &str,
) -> String {
    let mut body = answered(survey, question, 3);
    body["respondent"] = json!(respondent);
    assert_eq!(collector.post(&body).await.status, 204);
    body["id"].as_str().unwrap().to_owned()
}

async fn secret(collector: &Collector) -> String {
    let reply = collector.get_as_admin("/api/v1/sites/acme/secret").await;
    reply.json()["secret"].as_str().unwrap().to_owned()
}

async fn answers(collector: &Collector) -> i64 {
    collector.summary("checkout", "").await["answered"].as_i64().unwrap()
}

#[tokio::test]
async fn one_person_is_shown_and_erased_from_everything() {
    let collector = Collector::start(SITE);
    for respondent in ["u_42", "u_42", "u_43", "~0123456789abcdef0123456789abcdef"] {
        answer_of(&collector, respondent, "checkout", "nps").await;
    }
    answer_of(&collector, "u_42", "faces", "faces").await;
    for (respondent, mine, left) in [("u_42", 3, 2), ("~0123456789abcdef0123456789abcdef", 1, 1)] {
        let path = format!("/api/v1/respondents/acme/{respondent}");
        assert_eq!(collector.get(&path).await.verdict(), "401");
        let shown = collector.get_as_admin(&path).await.json();
        assert_eq!(shown["responses"].as_array().unwrap().len(), mine, "{shown}");
        assert_eq!(shown["responses"][0]["respondent"], respondent);
        let erased = as_admin(&collector, Method::DELETE, &path).await;
        assert_eq!((erased.status, erased.json()), (200, json!({ "erased": mine })));
        assert_eq!(collector.get_as_admin(&path).await.verdict(), "404 respondent");
        let again = as_admin(&collector, Method::DELETE, &path).await;
        assert_eq!(again.verdict(), "404 respondent");
        assert_eq!(answers(&collector).await, left);
        for survey in ["checkout", "faces"] {
            let path = format!("/api/v1/surveys/acme/{survey}/export.ndjson");
            let export = collector.get_as_admin(&path).await;
            assert!(!export.text.contains(respondent), "{}", export.text);
        }
    }
    collector.verify();
}

#[tokio::test]
async fn the_people_of_a_site_that_is_no_more_are_shown_and_erased() {
    let collector = Collector::start(SITE);
    let mut file: Value = serde_json::from_str(SITE).unwrap();
    file["site"] = json!("other");
    let token = format!("Bearer {TOKEN}");
    let (headers, file) = ([("authorization", token.as_str())], file.to_string());
    let put = collector.request(Method::PUT, "/api/v1/sites/other", &headers, &file).await;
    assert_eq!(put.status, 200, "{}", put.text);
    let mut body = answered("checkout", "nps", 3);
    body["site"] = json!("other");
    body["respondent"] = json!("u_42");
    assert_eq!(collector.post(&body).await.status, 204);
    assert_eq!(as_admin(&collector, Method::DELETE, "/api/v1/sites/other").await.status, 204);

    let path = "/api/v1/respondents/other/u_42";
    let shown = collector.get_as_admin(path).await.json();
    assert_eq!(shown["responses"][0]["id"], body["id"]);
    let erased = as_admin(&collector, Method::DELETE, path).await;
    assert_eq!((erased.status, erased.json()), (200, json!({ "erased": 1 })));
    assert_eq!(collector.get_as_admin(path).await.verdict(), "404 site");
    collector.verify();
}

#[tokio::test]
async fn who_knows_an_id_may_have_it_erased() {
    let collector = Collector::start(SITE);
    let id = answer_of(&collector, "u_42", "checkout", "nps").await;
    answer_of(&collector, "u_42", "checkout", "nps").await;
    let check = async |body: Value, expected: &str, left: i64| {
        let reply = post(&collector, "/api/v1/forget", &body).await;
        assert_eq!(reply.verdict(), expected, "{body}");
        assert_eq!(reply.header("access-control-allow-origin"), "*");
        assert_eq!(answers(&collector).await, left, "{body}");
    };
    check(json!({ "site": "nobody", "ids": [id] }), "404 site", 2).await;
    check(json!({ "site": "acme", "ids": ["u_42"] }), "400 ids[0]", 2).await;
    check(json!({ "site": "acme", "ids": id }), "400 ids", 2).await;
    check(json!({ "site": "acme", "ids": vec![new_id(); 201] }), "400 ids", 2).await;
    check(json!({ "site": "acme", "ids": [new_id()] }), "204", 2).await;
    // Only a claim: whoever makes it is not to believe that something was erased.
    let claim = |ids: Value| json!({ "site": "acme", "respondent": "u_42", "ids": ids });
    for ids in [Value::Null, json!([])] {
        check(claim(ids), "400 user_signature", 2).await;
    }
    check(claim(json!([new_id()])), "204", 2).await;
    check(json!({ "site": "acme", "user_signature": "ab" }), "400 respondent", 2).await;
    check(json!({ "site": "acme" }), "400 ids", 2).await;
    check(json!([]), "400", 2).await;
    // A browser in which nothing was answered has nothing to be erased.
    check(json!({ "site": "acme", "ids": [] }), "204", 2).await;
    let wrong = json!({ "site": "acme", "respondent": "u_42", "user_signature": "ab" });
    check(wrong, "403 user_signature", 2).await;
    check(json!({ "site": "acme", "ids": [id.to_uppercase()] }), "204", 1).await;
    let user_signature = signed(&secret(&collector).await, "u_42");
    let all = json!({ "site": "acme", "respondent": "u_42", "user_signature": user_signature });
    check(all, "204", 0).await;
    let elsewhere = [("origin", "https://evil.example")];
    let body = json!({ "site": "acme", "ids": [id] }).to_string();
    let reply = collector.request(Method::POST, "/api/v1/forget", &elsewhere, &body).await;
    assert_eq!(reply.verdict(), "403");
    collector.verify();
}

#[tokio::test]
async fn the_character_zero_is_in_no_name() {
    let collector = Collector::start(SITE);
    let id = answer_of(&collector, "u_42", "checkout", "nps").await;
    let check = async |method: Method, path: &str, body: &str, expected: &str| {
        let token = format!("Bearer {TOKEN}");
        let headers = [("authorization", token.as_str()), ("content-type", "text/plain")];
        let reply = collector.request(method, path, &headers, body).await;
        assert_eq!(reply.verdict(), expected, "{path} {body}");
    };
    let respondent = "/api/v1/respondents/acme/%00";
    check(Method::GET, respondent, "", "404").await;
    check(Method::DELETE, respondent, "", "404").await;
    check(Method::GET, "/api/v1/respondents/acme/u%0042", "", "404").await;
    check(Method::PATCH, "/api/v1/responses/acme/%00", r#"{"excluded":true}"#, "404").await;
    check(Method::POST, "/acme/checkout/%00", "excluded=true", "404").await;
    let list = "/api/v1/surveys/acme/checkout/responses?limit=1&after=";
    check(Method::GET, &format!("{list}1700000000000-%00"), "", "400 after").await;
    check(Method::GET, "/api/v1/surveys/acme/checkout/summary?by=%00", "", "400 by").await;
    check(Method::GET, "/api/v1/surveys/acme/checkout/summary?a=1&=%00", "", "400 =%00").await;
    let user_signature = signed(&secret(&collector).await, "u\0");
    let user = format!(r#""respondent":"u\u0000","user_signature":"{user_signature}""#);
    let due = format!(r#"{{"site":"acme","surveys":["checkout"],{user}}}"#);
    check(Method::POST, "/api/v1/due", &due, "400 respondent").await;
    let forget = format!(r#"{{"site":"acme",{user}}}"#);
    check(Method::POST, "/api/v1/forget", &forget, "400 respondent").await;
    let forget = format!(r#"{{"site":"acme","ids":["{id}","\u0000"]}}"#);
    check(Method::POST, "/api/v1/forget", &forget, "400 ids[1]").await;
    let mut posted = answered("checkout", "nps", 3);
    posted["attributes"] = json!({ "plan": "\0" });
    check(Method::POST, "/api/v1/responses", &posted.to_string(), "400 attributes.plan").await;
    let mut file: Value = serde_json::from_str(SITE).unwrap();
    file["site"] = json!("a\0");
    check(Method::PUT, "/api/v1/sites/a%00", &file.to_string(), "404").await;
    let table = "id,submitted_at,respondent,q:nps\n\0,2026-01-02T03:04:05Z,u_1,9\n\
        ,2026-01-02T03:04:05Z,\0,9\n,\0,u_1,9\n";
    let import = "/api/v1/surveys/acme/checkout/import?format=csv";
    let token = format!("Bearer {TOKEN}");
    let told = collector.request(Method::POST, import, &[("authorization", &token)], table).await;
    assert_eq!(told.status, 200);
    assert!(!told.text.contains("database"), "{}", told.text);
    assert_eq!(answers(&collector).await, 1);
}

#[tokio::test]
async fn a_proven_user_is_asked_seldom_on_every_device() {
    let collector = Collector::start(SITE);
    let user_signature = signed(&secret(&collector).await, "u_42");
    let due = async |more: Value| {
        let mut body = json!({ "site": "acme", "respondent": "u_42",
            "surveys": ["checkout", "faces", "gone"] });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        post(&collector, "/api/v1/due", &body).await
    };
    let proven = || json!({ "user_signature": user_signature });
    assert_eq!(due(proven()).await.json()["due"], json!(["checkout", "faces"]));
    answer_of(&collector, "u_42", "checkout", "nps").await;
    let reply = due(proven()).await;
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    let reply = reply.json();
    assert_eq!(reply["due"], json!(["faces"]));
    assert!(reply["past"]["checkout"]["answered_at"].as_i64().unwrap() > 1_700_000_000_000);
    let mut dismissed = response("faces", &new_id(), 1, "dismissed", &[]);
    dismissed["respondent"] = json!("u_42");
    dismissed["token"] = reply["token"].clone();
    assert_eq!(collector.post(&dismissed).await.status, 204);
    assert_eq!(due(proven()).await.json()["due"], json!([]));

    // Whoever only says to be somebody learns nothing of them.
    let claimed = due(json!({})).await.json();
    assert_eq!(claimed, json!({ "due": ["checkout", "faces"], "past": {} }));
    let check = async |more: Value, expected: &str| {
        assert_eq!(due(more.clone()).await.verdict(), expected, "{more}");
    };
    check(json!({ "user_signature": "00" }), "403 user_signature").await;
    check(json!({ "user_signature": user_signature, "respondent": "u_43" }), "403 user_signature")
        .await;
    check(json!({ "site": "nobody" }), "404 site").await;
    check(json!({ "surveys": "checkout" }), "400 surveys").await;
    check(json!({ "respondent": 7 }), "400 respondent").await;
    assert_eq!(post(&collector, "/api/v1/due", &json!({})).await.verdict(), "400 site");
    assert_eq!(post(&collector, "/api/v1/due", &json!([])).await.verdict(), "400");
    check(json!({ "surveys": vec!["checkout"; 201] }), "400 surveys").await;
}

#[tokio::test]
async fn what_is_not_asked_now_is_not_due() {
    let survey = |id: &str, more: &str| {
        format!(r#"{{"id":"{id}","questions":[{{"scale":"nps","prompt":"?"}}]{more}}}"#)
    };
    let surveys = [
        survey("live", r#","responses_max":2"#),
        survey("paused", r#","active":false"#),
        survey("ended", r#","ends":"2020-12-31""#),
        survey("waiting", r#","starts":"2999-01-01""#),
        survey("full", r#","responses_max":1"#),
    ];
    let site = r#"{"site":"acme","origins":["https://acme.com"],"surveys":["#;
    let collector = Collector::start(&format!("{site}{}]}}", surveys.join(",")));
    for survey in ["live", "full"] {
        assert_eq!(collector.post(&answered(survey, "nps", 9)).await.status, 204);
    }
    let asked = ["full", "waiting", "ended", "paused", "live", "full", "live"];
    let body = json!({ "site": "acme", "surveys": asked });
    let due = post(&collector, "/api/v1/due", &body).await.json();
    assert_eq!(due["due"], json!(["live"]));
}

#[tokio::test]
async fn a_proof_is_noted_and_never_stored() {
    let collector = Collector::start(SITE);
    let right = signed(&secret(&collector).await, "u_42");
    let due =
        json!({ "site": "acme", "respondent": "u_42", "surveys": [], "user_signature": right });
    let token = post(&collector, "/api/v1/due", &due).await.json()["token"].clone();
    let check = async |field: &str, value: &Value, verified: &Value| {
        let mut body = answered("checkout", "nps", 9);
        body["respondent"] = json!("u_42");
        body["verified"] = json!(true);
        body[field] = value.clone();
        assert_eq!(collector.post(&body).await.status, 204, "{body}");
        let list = collector.get_as_admin("/api/v1/surveys/acme/checkout/responses?limit=1").await;
        assert_eq!(list.json()["responses"][0]["verified"], *verified, "{body}");
        assert!(!list.text.contains(field) && !list.text.contains(&right), "{}", list.text);
    };
    check("user_signature", &json!(right), &json!(true)).await;
    check("token", &token, &json!(true)).await;
    check("user_signature", &json!("ab"), &Value::Null).await;
    check("token", &json!("1.ab"), &Value::Null).await;
}

#[tokio::test]
async fn the_secret_is_for_the_owner_and_can_be_renewed() {
    let mut collector = Collector::start(SITE);
    assert_eq!(collector.get("/api/v1/sites/acme/secret").await.verdict(), "401");
    let nobody = collector.get_as_admin("/api/v1/sites/nobody/secret").await;
    assert_eq!(nobody.verdict(), "404 site");
    let first = secret(&collector).await;
    assert_eq!(first.len(), 32);
    assert!(collector.stop());
    let run = |arguments: &[&str]| {
        let output = collector.nabz().arg("secret").args(arguments).output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap().trim().to_owned())
    };
    assert_eq!(run(&["acme"]), (true, first.clone()));
    let (good, second) = run(&["acme", "--new"]);
    assert!(good && second.len() == 32 && second != first, "{second}");
    assert_eq!(run(&["acme"]), (true, second.clone()));
    assert_eq!(run(&["nobody"]), (false, String::new()));
    let collector = collector.kill_and_restart(&["--admin-token", TOKEN]);
    assert_eq!(secret(&collector).await, second);
}
