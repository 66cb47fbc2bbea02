use reqwest::Method;
use serde_json::{Value, json};
use tests::{Collector, TOKEN, answered, wait_until};

use crate::SITE;

const OTHER: &str = r#"{ "site": "other", "origins": ["*"], "surveys": [
    { "id": "a", "questions": [{ "scale": "nps", "prompt": "?" }] }] }"#;

async fn put(collector: &Collector, path: &str, body: &str) -> tests::Reply {
    let bearer = format!("Bearer {TOKEN}");
    collector.request(Method::PUT, path, &[("authorization", &bearer)], body).await
}

async fn delete(collector: &Collector, path: &str) -> tests::Reply {
    let bearer = format!("Bearer {TOKEN}");
    collector.request(Method::DELETE, path, &[("authorization", &bearer)], "").await
}

#[tokio::test]
async fn a_changed_file_is_taken_over_and_a_broken_one_is_not() {
    let collector = Collector::start(SITE);
    let file = collector.folder().join("site.json");
    let active = async || -> Vec<String> {
        let surveys = collector.get_as_admin("/api/v1/surveys").await.json();
        let surveys = surveys["surveys"].as_array().unwrap().clone();
        let active = surveys.iter().filter(|survey| survey["active"] == true);
        active.map(|survey| survey["survey"].as_str().unwrap().to_owned()).collect()
    };
    std::fs::write(&file, "{ broken").unwrap();
    std::fs::write(&file, SITE.replace("\"id\": \"five\"", "\"id\": \"fresh\"")).unwrap();
    wait_until("the new survey", async || {
        active().await == ["checkout", "faces", "fresh", "support"]
    })
    .await;
    assert_eq!(collector.post(&answered("five", "faces", 4)).await.status, 204, "a late answer");
}

#[tokio::test]
async fn a_file_cannot_break_history() {
    let collector = Collector::start(SITE);
    collector.post(&answered("faces", "faces", 3)).await;
    let changed = SITE
        .replace(
            "{ \"scale\": \"faces\", \"prompt\"",
            "{ \"scale\": \"faces\", \"points\": 5, \"prompt\"",
        )
        .replace("\"id\": \"five\"", "\"id\": \"fresh\"");
    std::fs::write(collector.folder().join("site.json"), changed).unwrap();
    wait_until("the change", async || {
        collector.get("/acme/nabz.js").await.text.contains("\"fresh\"")
    })
    .await;
    assert_eq!(
        collector.post(&answered("faces", "faces", 5)).await.verdict(),
        "422 answers[0].value"
    );
    let restarted = collector.kill_and_restart(&["--admin-token", TOKEN]);
    assert_eq!(
        restarted.summary("faces", "").await["questions"][0]["counts"],
        json!({ "1": 0, "2": 0, "3": 1 })
    );
}

#[tokio::test]
async fn old_answers_are_told_apart_by_a_new_breakdown() {
    let collector = Collector::start(SITE);
    let file = collector.folder().join("site.json");
    for plan in ["pro", "free", "pro"] {
        let mut body = answered("checkout", "nps", 9);
        body["attributes"] = json!({ "plan": plan, "country": "ir" });
        collector.post(&body).await;
    }
    std::fs::write(&file, SITE.replace("[\"plan\"]", "[\"plan\", \"country\"]")).unwrap();
    let by = async |key: &str| {
        let path = format!("/api/v1/surveys/acme/checkout/summary?by={key}");
        collector.get_as_admin(&path).await.json()["by"].clone()
    };
    wait_until("the new breakdown", async || by("country").await[0]["answered"] == 3).await;
    assert_eq!(by("plan").await[0]["answered"], 2);
    collector.verify();
}

#[tokio::test]
async fn a_file_that_turns_to_another_site_lets_go_of_the_first() {
    let collector = Collector::start(SITE);
    std::fs::write(collector.folder().join("site.json"), OTHER).unwrap();
    wait_until("the other site", async || collector.get("/other/nabz.js").await.status == 200)
        .await;
    wait_until("the first to be free", async || {
        delete(&collector, "/api/v1/sites/acme").await.status == 204
    })
    .await;
    assert_eq!(collector.get("/acme/nabz.js").await.status, 404);
}

#[tokio::test]
async fn sites_live_through_the_api() {
    let collector = Collector::start(SITE);
    assert_eq!(put(&collector, "/api/v1/sites/acme", SITE).await.verdict(), "409");
    assert_eq!(delete(&collector, "/api/v1/sites/acme").await.verdict(), "409");
    assert_eq!(put(&collector, "/api/v1/sites/wrong", OTHER).await.verdict(), "400 site");
    let unknown = OTHER.replace("\"prompt\"", "\"promt\"");
    let reply = put(&collector, "/api/v1/sites/other", &unknown).await;
    assert_eq!(reply.verdict(), "400 surveys[0].questions[0].promt");
    assert!(reply.json()["detail"].as_str().unwrap().contains("Did you mean \"prompt\"?"));
    assert_eq!(reply.json()["problems"].as_array().unwrap().len(), 2);
    assert_eq!(collector.get("/other/nabz.js").await.status, 404);

    let large = OTHER.replace('?', &"long ".repeat(400_000));
    assert_eq!(put(&collector, "/api/v1/sites/other", &large).await.verdict(), "413");
    assert_eq!(put(&collector, "/api/v1/sites/other", OTHER).await.status, 200);
    assert_eq!(collector.get("/other/nabz.js").await.status, 200);
    let broken = OTHER
        .replace("\"nps\"", "\"effort\"")
        .replace("{ \"scale\"", "{ \"id\": \"nps\", \"scale\"");
    assert_eq!(put(&collector, "/api/v1/sites/other", &broken).await.verdict(), "409");

    let restarted = collector.kill_and_restart(&["--admin-token", TOKEN]);
    let site: Value = restarted.get_as_admin("/api/v1/sites/other").await.json();
    assert_eq!(site["surveys"][0]["questions"][0]["scale"], "nps");
    assert_eq!(delete(&restarted, "/api/v1/sites/other").await.status, 204);
    assert_eq!(restarted.get_as_admin("/api/v1/sites/other").await.verdict(), "404 site");
    assert_eq!(restarted.get("/other/nabz.js").await.status, 404);
}

#[tokio::test]
async fn the_admin_interface_wants_the_token() {
    let collector = Collector::start(SITE);
    let paths = [
        "/api/v1/surveys",
        "/api/v1/sites/acme",
        "/api/v1/surveys/acme/checkout/summary",
        "/api/v1/surveys/acme/checkout/responses",
    ];
    for path in paths {
        assert_eq!(collector.get(path).await.verdict(), "401", "{path}");
        let wrong = [("authorization", "Bearer wrong")];
        assert_eq!(
            collector.request(Method::GET, path, &wrong, "").await.verdict(),
            "401",
            "{path}"
        );
        assert_eq!(collector.get_as_admin(path).await.status, 200, "{path}");
    }
    assert_eq!(collector.request(Method::PUT, "/api/v1/sites/x", &[], "{}").await.verdict(), "401");
    assert_eq!(
        collector.get_as_admin("/api/v1/surveys/acme/nothing/summary").await.verdict(),
        "404 survey"
    );
    assert_eq!(
        collector.get_as_admin("/api/v1/surveys/nobody/x/summary").await.verdict(),
        "404 site"
    );
}
