use std::collections::BTreeMap;

use serde_json::{Value, json};
use tests::Collector;

use crate::delivery::{ONE_SURVEY, definition_path, fetch};

/// What each download may weigh, in bytes of brotli; files of one kind have one budget.
const BUDGETS: [(&str, usize); 6] = [
    ("loader with one survey", 2_500),
    ("loader with twenty surveys", 5_000),
    ("everything until a survey is shown", 46_000),
    ("send", 1_500),
    ("why", 6_000),
    ("locale", 600),
];
/// The files that [`BUDGETS`] has in sums only.
const SUMMED: &str = "widget";

#[tokio::test]
async fn every_download_keeps_its_weight() {
    let weights = weights().await;
    let budgets: BTreeMap<&str, usize> = BUDGETS.into();
    for (name, bytes) in &weights {
        let budget = budgets.get(name.as_str()).unwrap_or_else(|| panic!("{name} has no budget"));
        println!("{name}: {bytes} of {budget} bytes");
        assert!(bytes <= budget, "{name} has {bytes} bytes, which is over its {budget}");
    }
    assert_eq!(weights.len(), budgets.len(), "there is something of each budget: {weights:?}");
}

/// The weights of all downloads as they come over the wire; of one kind the heaviest.
async fn weights() -> BTreeMap<String, usize> {
    let collector = Collector::start(ONE_SURVEY);
    let weigh = async |path: &str| fetch(&collector, path, "br").await.0;
    let loader = weigh("/acme/nabz.js").await;
    let mut sum = loader + weigh(&definition_path(&collector).await).await;
    let mut weights = BTreeMap::new();
    for name in files() {
        let bytes = weigh(&format!("/assets/{name}")).await;
        match name.split('.').next() {
            Some(SUMMED) => sum += bytes,
            kind => {
                let heaviest = weights.entry(kind.unwrap_or_default().to_owned()).or_default();
                *heaviest = bytes.max(*heaviest);
            }
        }
    }
    let twenty = Collector::start(&twenty_surveys());
    let twenty = fetch(&twenty, "/acme/nabz.js", "br").await.0;
    weights.extend([
        ("loader with one survey".to_owned(), loader),
        ("loader with twenty surveys".to_owned(), twenty),
        ("everything until a survey is shown".to_owned(), sum),
    ]);
    weights
}

/// The names of all files that the build has compressed.
fn files() -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../widget/dist");
    let files = std::fs::read_dir(folder).expect("the built widget");
    let names = files.filter_map(|file| file.ok()?.file_name().into_string().ok());
    names.filter_map(|name| name.strip_suffix(".br").map(str::to_owned)).collect()
}

/// Twenty surveys that use every trigger and every condition there is: at least ten rules each.
fn twenty_surveys() -> String {
    let survey = |at: usize| {
        let trigger = match at % 6 {
            0 => json!({ "event": format!("step_{at}_completed"), "cancel": ["order_failed"],
                "properties": { "total": { "at_least": 10 * at } } }),
            1 => json!({ "click": format!("#help-{at} button") }),
            2 => json!({ "visible": format!("[data-section='{at}']") }),
            3 => json!({ "scroll_percent": 40 + at }),
            4 => json!({ "time_on_page_seconds": 10 + at }),
            _ => json!({ "exit_intent": true }),
        };
        let mut show = json!({
            "pages": [format!("/shop/{at}/*"), format!("!/shop/{at}/cart*")],
            "devices": ["phone", "tablet"], "locales": ["en", "fa"], "delay_seconds": at,
            "weekdays": ["monday", "tuesday", "wednesday", "thursday"],
            "hours": { "from": "09:00", "until": "17:30" },
        });
        show.as_object_mut().unwrap().extend(trigger.as_object().unwrap().clone());
        json!({
            "id": format!("survey-{at}"), "show": show,
            "questions": [{ "scale": "nps", "prompt": "How likely are you to recommend us?" }],
            "audience": { "plan": ["pro", "team"], "orders": { "at_least": at } },
            "account_age_days": { "at_least": 7 + at }, "sample": 0.25, "priority": 20 - at,
            "starts": "2026-01-01", "ends": "2027-12-31",
            "again": { "answered_days": 90 + at, "dismissed_days": 30 },
        })
    };
    let surveys: Vec<Value> = (0..20).map(survey).collect();
    json!({ "site": "acme", "origins": ["*"], "budget": 7, "surveys": surveys }).to_string()
}
