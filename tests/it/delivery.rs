use reqwest::Method;
use serde_json::Value;
use tests::Collector;

use crate::SITE;

/// A file as a browser gets it: its bytes over the wire, and its text.
async fn fetch(collector: &Collector, path: &str, encoding: &str) -> (usize, String, tests::Reply) {
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
const ONE_SURVEY: &str = r#"{ "site": "acme", "origins": ["https://acme.com"], "surveys": [
    { "id": "checkout",
      "questions": [{ "scale": "nps", "prompt": "How likely are you to recommend Acme to a friend?",
                      "follow_up": { "promoter": "What do you like most?", "detractor": "What went wrong?" } }],
      "show": { "event": "order_completed", "pages": ["/shop/*"], "delay_seconds": 2 },
      "again": { "answered_days": 90, "dismissed_days": 30 } }] }"#;

#[tokio::test]
async fn the_widget_keeps_its_weight() {
    let collector = Collector::start(ONE_SURVEY);
    let (loader, _, _) = fetch(&collector, "/acme/nabz.js", "br").await;
    assert!(loader <= 2_500, "the loader has {loader} bytes");
    let (_, plain, _) = fetch(&collector, "/acme/nabz.js", "identity").await;
    let mut sum = loader;
    for name in assets(&plain) {
        sum += fetch(&collector, &format!("/assets/{name}"), "br").await.0;
    }
    sum += fetch(&collector, &definition_path(&collector).await, "br").await.0;
    assert!(sum <= 46_000, "everything until a survey is shown has {sum} bytes");
    let send = plain.split('"').find(|text| text.starts_with("send.")).expect("a part that sends");
    let send = fetch(&collector, &format!("/assets/{send}"), "br").await.0;
    assert!(send <= 1_500, "what sends the answers has {send} bytes");
    println!("loader {loader} bytes, everything {sum} bytes, and to send {send} bytes");
}

async fn definition_path(collector: &Collector) -> String {
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
    let (_, json, reply) = fetch(&collector, &definition_path(&collector).await, "identity").await;
    assert_eq!(reply.header("cache-control"), "public, max-age=31536000, immutable");
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
