use reqwest::Method;
use serde_json::Value;
use tests::{Collector, wait_until};

use crate::SITE;

/// A file as a browser gets it: its bytes over the wire, and its text.
pub(crate) async fn fetch(
    collector: &Collector,
    path: &str,
    encoding: &str,
) -> (usize, String, tests::Reply) {
    let reply = collector.request(Method::GET, path, &[("accept-encoding", encoding)], "").await;
    assert_eq!(reply.status, 200, "{path}");
    let length = reply.header("content-length").parse().unwrap();
    (length, reply.text.clone(), reply)
}

/// The names of the widget's files, as they stand in the loader.
fn assets(loader: &str) -> [String; 2] {
    let names: Vec<&str> = loader.split('"').filter(|text| text.starts_with("widget.")).collect();
    [".js", ".wasm"].map(|ending| {
        let name = names.iter().find(|name| name.ends_with(ending));
        (*name.expect("the loader names the widget's files")).to_owned()
    })
}

/// A site with one survey, as most begin.
pub(crate) const ONE_SURVEY: &str = r#"{ "site": "acme", "origins": ["https://acme.com"], "surveys": [
    { "id": "checkout",
      "questions": [{ "scale": "nps", "prompt": "How likely are you to recommend Acme to a friend?",
                      "follow_up": { "promoter": "What do you like most?", "detractor": "What went wrong?" } }],
      "show": { "event": "order_completed", "pages": ["/shop/*"], "delay_seconds": 2 },
      "again": { "answered_days": 90, "dismissed_days": 30 } }] }"#;

#[tokio::test]
async fn a_loader_has_the_code_of_what_its_surveys_use_and_no_more() {
    let check = async |file: &str, expected: &[&str]| {
        let collector = Collector::start(file);
        let (_, plain, _) = fetch(&collector, "/acme/nabz.js", "identity").await;
        for code in ["IntersectionObserver", "mouseout", "pointer:coarse", "getTimezoneOffset"] {
            assert_eq!(plain.contains(code), expected.contains(&code), "{code} for {file}");
        }
    };
    check(ONE_SURVEY, &[]).await;
    let with = |show: &str| ONE_SURVEY.replace("\"delay_seconds\": 2", show);
    check(&with("\"exit_intent\": true"), &["mouseout"]).await;
    check(&with("\"visible\": \"#faq\""), &["IntersectionObserver"]).await;
    check(&with("\"devices\": [\"phone\"]"), &["pointer:coarse"]).await;
    check(&with("\"weekdays\": [\"monday\"]"), &["getTimezoneOffset"]).await;
}

pub(crate) async fn definition_path(collector: &Collector) -> String {
    let surveys = collector.get_as_admin("/api/v1/surveys").await.json();
    let survey = &surveys["surveys"][0];
    format!(
        "/acme/{}.{}.json",
        survey["survey"].as_str().unwrap(),
        survey["version"].as_str().unwrap()
    )
}

#[tokio::test]
async fn the_loader_is_cacheable_and_names_what_there_is() {
    let collector = Collector::start(SITE);
    let (_, plain, reply) = fetch(&collector, "/acme/nabz.js", "identity").await;
    assert_eq!(reply.header("cache-control"), "public, max-age=60, stale-while-revalidate=86400");
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    let tag = reply.header("etag").to_owned();
    let again =
        collector.request(Method::GET, "/acme/nabz.js", &[("if-none-match", &tag)], "").await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    for (name, kind) in
        assets(&plain).iter().zip(["text/javascript; charset=utf-8", "application/wasm"])
    {
        for encoding in ["br", "gzip", "identity"] {
            let (_, _, reply) = fetch(&collector, &format!("/assets/{name}"), encoding).await;
            assert_eq!(reply.header("content-type"), kind);
            assert_eq!(reply.header("cache-control"), "public, max-age=31536000, immutable");
            assert_eq!(reply.header("access-control-allow-origin"), "*");
            let expected = if encoding == "identity" { "" } else { encoding };
            assert_eq!(reply.header("content-encoding"), expected);
        }
    }
    let path = definition_path(&collector).await;
    let (_, json, reply) = fetch(&collector, &path, "identity").await;
    assert_eq!(reply.header("cache-control"), "public, no-cache");
    let tag = reply.header("etag").to_owned();
    let again = collector.request(Method::GET, &path, &[("if-none-match", &tag)], "").await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    let definition: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(definition["questions"][0]["prompt"], "Would you recommend us?");
}

#[tokio::test]
async fn a_paused_survey_leaves_the_loader_and_still_takes_late_answers() {
    let paused = SITE.replace("\"id\": \"checkout\",", "\"id\": \"checkout\", \"active\": false,");
    let collector = Collector::start(&paused);
    let (_, plain, _) = fetch(&collector, "/acme/nabz.js", "identity").await;
    assert!(!plain.contains("\"checkout\"") && plain.contains("\"support\""));
    assert_eq!(collector.post(&tests::answered("checkout", "nps", 9)).await.status, 204);
}

#[tokio::test]
async fn a_survey_that_is_over_is_gone_except_in_a_preview() {
    let check = async |fields: &str, answers: usize, expected: (u16, &str)| {
        let fields = format!("\"id\": \"checkout\", {fields}");
        let collector = Collector::start(&SITE.replace("\"id\": \"checkout\",", &fields));
        for value in 0..answers {
            collector.post(&tests::answered("checkout", "nps", value as i64)).await;
        }
        let path = definition_path(&collector).await;
        assert_eq!(collector.get(&path).await.status, expected.0, "{fields}");
        let (_, loader, _) = fetch(&collector, "/acme/nabz.js", "identity").await;
        assert_eq!(loader.contains("\"checkout\""), expected.0 == 200, "{fields}");
        assert_eq!(collector.get(&format!("{path}?preview")).await.status, 200, "{fields}");
        let table = collector.get("/acme/why.json").await.json();
        let surveys = table["surveys"].as_array().unwrap();
        let survey = surveys.iter().find(|survey| survey["id"] == "checkout").unwrap();
        assert_eq!(survey["standing"], expected.1, "{fields}");
    };
    check("\"active\": false,", 0, (410, "paused")).await;
    check("\"ends\": \"2020-12-31\",", 0, (410, "ended")).await;
    check("\"starts\": \"2100-01-01\",", 0, (200, "waiting")).await;
    check("\"responses_max\": 3,", 2, (200, "live")).await;
    check("\"responses_max\": 3,", 3, (410, "full")).await;
}

#[tokio::test]
async fn a_survey_that_fills_up_leaves_the_loader() {
    let fields = "\"id\": \"checkout\", \"responses_max\": 1,";
    let collector = Collector::start(&SITE.replace("\"id\": \"checkout\",", fields));
    let is_listed = async || collector.get("/acme/nabz.js").await.text.contains("\"checkout\"");
    assert!(is_listed().await);
    collector.post(&tests::answered("checkout", "nps", 9)).await;
    wait_until("the loader to know", async || !is_listed().await).await;
}

#[tokio::test]
async fn what_is_not_there_is_404() {
    let collector = Collector::start(SITE);
    for path in [
        "/nobody/nabz.js",
        "/acme/checkout.0.json",
        "/assets/widget.0.js",
        "/assets/loader.js",
        "/a/b/c",
    ] {
        assert_eq!(collector.get(path).await.verdict(), "404", "{path}");
    }
    assert_eq!(collector.get("/healthz").await.status, 200);
    assert_eq!(collector.get("/readyz").await.status, 200);
}
