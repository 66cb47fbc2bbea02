use reqwest::Method;
use serde_json::{Value, json};
use tests::{Collector, Reply, TOKEN, answered, id_made_at, new_id, response};

use crate::SITE;

const ADDRESS: &str = "203.0.113.7";

/// Posts an answer through a proxy that says for whom.
async fn post_for(collector: &Collector, forwarded_for: &str, body: &Value) -> Reply {
    let headers = [("origin", "https://acme.com"), ("x-forwarded-for", forwarded_for)];
    collector.request(Method::POST, "/api/v1/responses", &headers, &body.to_string()).await
}

/// How many answers of the same sender are taken before the first 429.
async fn passed(collector: &Collector, forwarded_for: impl Fn(usize) -> String) -> usize {
    for number in 0..500 {
        let body = answered("checkout", "nps", 9);
        let reply = post_for(collector, &forwarded_for(number), &body).await;
        if reply.status == 429 {
            assert_eq!(reply.verdict(), "429");
            assert!(reply.header("retry-after").parse::<u32>().unwrap() >= 1);
            return number;
        }
        assert_eq!(reply.status, 204, "{}", reply.text);
    }
    500
}

#[tokio::test]
async fn behind_a_trusted_proxy_every_client_has_a_limit_of_its_own() {
    let arguments = ["--admin-token", TOKEN, "--rate-limit", "1", "--log", "debug"];
    let collector = Collector::start_with(
        SITE,
        &[&arguments[..], &["--trusted-proxies", "127.0.0.1"]].concat(),
    );
    let one = passed(&collector, |_| ADDRESS.to_owned()).await;
    assert!((50..500).contains(&one), "{one}");
    let other = answered("checkout", "nps", 9);
    assert_eq!(post_for(&collector, "203.0.113.8", &other).await.status, 204);
    // What a client makes up stands to the left of what the proxy adds.
    let made_up = format!("198.51.100.1, {ADDRESS}");
    assert_eq!(post_for(&collector, &made_up, &answered("checkout", "nps", 9)).await.status, 429);
    assert!(collector.log().contains("/api/v1/responses"));
    for file in std::fs::read_dir(collector.folder()).unwrap() {
        let content = std::fs::read(file.unwrap().path()).unwrap();
        let found = content.windows(ADDRESS.len()).any(|bytes| bytes == ADDRESS.as_bytes());
        assert!(!found, "an address is kept nowhere");
    }
}

#[tokio::test]
async fn a_client_that_is_no_trusted_proxy_is_not_believed() {
    let collector = Collector::start_with(SITE, &["--admin-token", TOKEN, "--rate-limit", "1"]);
    let all = passed(&collector, |number| format!("203.0.113.{}", number % 250)).await;
    assert!((50..500).contains(&all), "{all}");
}

#[tokio::test]
async fn respondents_and_sites_have_limits_of_their_own() {
    let collector =
        Collector::start_with(SITE, &["--admin-token", TOKEN, "--site-rate-limit", "6"]);
    let post = async |respondent: &str| {
        let mut body = response("checkout", &new_id(), 1, "shown", &[]);
        body["respondent"] = respondent.into();
        collector.post(&body).await
    };
    let mut taken = 0;
    while post("u_42").await.status == 204 {
        taken += 1;
    }
    assert!((30..60).contains(&taken), "{taken}");
    assert!(post("u_42").await.text.contains("of one respondent"));
    assert_eq!(post("u_43").await.status, 204, "the others of the office go on");
    let mut last = post("u_43").await;
    for number in 0..400 {
        if last.status == 429 {
            break;
        }
        last = post(&format!("v_{number}")).await;
    }
    assert!(last.text.contains("for one site"), "{}", last.text);
}

#[tokio::test]
async fn of_a_list_too_it_is_told_when_to_come_again() {
    let arguments = ["--admin-token", TOKEN, "--site-rate-limit", "1"];
    let collector = Collector::start_with(SITE, &arguments);
    let list = || {
        let shown = (0..40).map(|_| response("checkout", &new_id(), 1, "shown", &[]));
        shown.collect::<Value>()
    };
    assert_eq!(collector.post(&list()).await.status, 204);
    let reply = collector.post(&list()).await;
    let items = reply.json();
    assert_eq!((reply.status, &items[39]["status"]), (200, &json!(429)), "{items}");
    assert!((1..=60).contains(&reply.header("retry-after").parse::<u32>().unwrap()));
    let wrong = collector.post(&json!([answered("checkout", "nps", 12)])).await;
    assert_eq!((wrong.status, wrong.header("retry-after")), (200, ""));
}

#[tokio::test]
async fn what_is_answered_sooner_than_a_person_can_is_kept_apart_where_the_site_says_so() {
    let careful = SITE.replacen('{', "{ \"answer_seconds_min\": 1.5,", 1);
    let collector = Collector::start(&careful);
    let now_ms = tests::now_ms();
    let post = async |id: &str, revision: u32, state: &str, value: Option<i32>| {
        let answers = value.map(|value| ("nps", json!(value)));
        let body = response("checkout", id, revision, state, answers.as_slice());
        assert_eq!(collector.post(&body).await.status, 204, "nothing is dropped");
    };
    // By a program at once, and after a showing; by a person, who was without a connection.
    let [at_once, at_sight, person] = [0, 0, 60_000].map(|ms| id_made_at(now_ms - ms));
    post(&at_once, 1, "answered", Some(0)).await;
    post(&at_sight, 1, "shown", None).await;
    post(&at_sight, 2, "answered", Some(0)).await;
    post(&at_sight, 3, "completed", Some(0)).await;
    post(&person, 1, "shown", None).await;
    post(&person, 2, "completed", Some(9)).await;
    let summary = collector.summary("checkout", "").await;
    assert_eq!((&summary["answered"], &summary["excluded"]), (&json!(1), &json!(2)));
    assert_eq!(summary["questions"][0]["counts"]["9"], 1);
    let page = collector.get_as_admin("/acme/checkout").await.text;
    assert_eq!(
        page.matches("a person needs 1.5 s · left out by the collector").count(),
        2,
        "{page}"
    );
    // The site's own programs, and a site that says nothing, are believed.
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("authorization", bearer.as_str())];
    let body = answered("checkout", "nps", 9).to_string();
    let reply = collector.request(Method::POST, "/api/v1/responses", &headers, &body).await;
    assert_eq!(reply.status, 204);
    assert_eq!(collector.summary("checkout", "").await["answered"], 2);
    collector.verify();
}

#[tokio::test]
async fn too_many_answers_of_one_respondent_are_kept_apart_and_can_be_brought_back() {
    let collector = Collector::start(SITE);
    let mut ids = Vec::new();
    for value in [9, 9, 9, 9, 9, 0, 0] {
        let mut body = answered("checkout", "nps", value);
        body["respondent"] = "u_42".into();
        ids.push(body["id"].as_str().unwrap().to_owned());
        assert_eq!(collector.post(&body).await.status, 204, "nothing is dropped");
    }
    let answered_by = async |expected: i32| {
        assert_eq!(collector.summary("checkout", "").await["answered"], expected);
        collector.verify();
    };
    answered_by(5).await;
    let path = "/api/v1/surveys/acme/checkout/responses?excluded=true";
    let left_out = collector.get_as_admin(path).await.json();
    let left_out = left_out["responses"].as_array().unwrap();
    assert_eq!(left_out.len(), 2);
    assert_eq!(left_out[1]["excluded_by"], "the collector");
    assert_eq!(left_out[1]["excluded_why"], "answer 6 of one respondent within 24 hours");
    let page = collector.get_as_admin("/acme/checkout").await.text;
    assert!(page.contains("answer 6 of one respondent within 24 hours"), "{page}");

    let bearer = format!("Bearer {TOKEN}");
    let path = format!("/api/v1/responses/acme/{}", ids[5]);
    let back = json!({ "excluded": false }).to_string();
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(collector.request(Method::PATCH, &path, &headers, &back).await.status, 204);
    answered_by(6).await;
    let mut later = response("checkout", &ids[5], 2, "completed", &[("nps", json!(1))]);
    later["respondent"] = "u_42".into();
    assert_eq!(collector.post(&later).await.status, 204);
    answered_by(6).await;
    assert_eq!(collector.summary("checkout", "").await["questions"][0]["counts"]["1"], 1);
}
