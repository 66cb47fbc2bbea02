//! Every placement and every scale in a page of a stranger, to be looked at.

use axum::Router;
use axum::extract::Path;
use axum::response::Html;
use axum::routing::get;
use serde_json::{Value, json};

use crate::{Browser, Collector, Engine, TOKEN, host};

/// Where a survey can stand; each is a survey of the gallery with this name.
pub const PLACEMENTS: [&str; 5] = ["popover", "bar", "modal", "inline", "tab"];
/// Every scale that the widget draws, with what its question needs besides; their surveys are
/// named by [`scale_survey`].
pub const SCALES: [(&str, &str); 13] = [
    ("nps", ""),
    ("faces", ""),
    ("faces", r#", "points": 5"#),
    ("stars", ""),
    ("rating", ""),
    ("effort", ""),
    ("ease", ""),
    ("agree", ""),
    ("thumbs", ""),
    ("yes_no", ""),
    ("choice", OPTIONS),
    ("choice", SEVERAL_OPTIONS),
    ("problems", OPTIONS),
];
const OPTIONS: &str = r#", "options": [{ "id": "late", "label": { "en": "It came late", "fa": "دیر رسید" } },
    { "id": "broken", "label": { "en": "Something is broken", "fa": "چیزی شکسته است" } }]"#;
const SEVERAL_OPTIONS: &str = r#", "multiple": true, "options": [
    { "id": "price", "label": { "en": "The price", "fa": "قیمت" } },
    { "id": "colours", "label": { "en": "The colours", "fa": "رنگ‌ها" } }]"#;
/// Languages, one for each direction of writing.
pub const LANGUAGES: [(&str, &str); 2] = [("en", "ltr"), ("fa", "rtl")];

/// How a page may be seen: in which colours, and on a screen of which width and height.
pub type Way = (&'static str, (u32, u32));
/// A window on a desk.
pub const DESKTOP: (u32, u32) = (1280, 800);
/// A small phone.
pub const PHONE: (u32, u32) = (360, 640);
/// All colours on all screens.
pub const EVERY_WAY: [Way; 6] = [
    ("light", DESKTOP),
    ("dark", DESKTOP),
    ("forced colours", DESKTOP),
    ("forced colours", PHONE),
    ("dark", PHONE),
    ("light", PHONE),
];
/// Enough for what differs only in its scale.
pub const TWO_WAYS: [Way; 2] = [("light", DESKTOP), ("dark", PHONE)];

/// The screens of a survey, in the order in which a visitor comes to them.
pub const SCREENS: [&str; 3] = ["question", "follow-up", "thanks"];

/// Something to choose.
const CELL: &str = "[role=radio], [role=checkbox]";

/// The name of the survey with a scale of [`SCALES`].
pub fn scale_survey(at: usize) -> String {
    format!("scale-{at}")
}

/// The surveys in the page, in one browser.
#[derive(Debug)]
pub struct Gallery {
    /// The browser.
    pub browser: Browser,
    url: String,
    _collector: Collector,
}

impl Gallery {
    /// Starts a collector, a host and a browser. The script is served to the page as its own.
    pub async fn open(engine: Engine, script: String) -> Gallery {
        let arguments = ["--admin-token", TOKEN, "--rate-limit", "0"];
        let collector = Collector::start_with(&site().to_string(), &arguments);
        let url = host(pages(&collector.url, script)).await;
        Gallery { browser: Browser::start(engine).await, url, _collector: collector }
    }

    /// Shows the first screen of a survey.
    pub async fn show(&self, survey: &str, language: &str) {
        self.browser.open(&format!("{}/{language}", self.url)).await;
        self.browser.wait_for_loader().await;
        self.browser.run(&format!("nabz.open({})", json!(survey))).await;
        if survey == "tab" {
            self.browser.click_in_card(".tab").await;
        }
        self.browser.in_card(CELL).await;
    }

    /// Goes on from one of [`SCREENS`] to the next, and waits for it.
    pub async fn go_on(&self, from: &str) {
        match from {
            "question" => {
                self.browser.click_in_card(CELL).await;
                self.browser.in_card("textarea").await;
            }
            _ => {
                self.browser.click_in_card("button[name=send]").await;
                self.browser.in_card("[data-brief]").await;
            }
        }
    }

    /// Makes the page seen in a way, with nothing moving.
    pub async fn see(&self, (colours, (width, height)): Way) {
        self.browser.resize(width, height).await;
        self.browser.force_colours(colours == "forced colours").await;
        self.browser.prefer(colours).await;
        self.browser.hold_still().await;
    }
}

/// A survey for each placement and one for each scale.
fn site() -> Value {
    let texts = |en: &str, fa: &str| json!({ "en": en, "fa": fa });
    let survey = |id: &str, mut question: Value, placement: &str| {
        question["prompt"] =
            texts("How likely are you to recommend us?", "چقدر احتمال دارد ما را پیشنهاد کنید؟");
        question["follow_up"] = json!({ "any": texts("What is the reason?", "دلیلش چیست؟") });
        let mut survey = json!({ "id": id, "questions": [question], "show": { "event": "never" } });
        if placement != "popover" {
            survey["placement"] = json!(placement);
        }
        if placement == "inline" {
            survey["target"] = json!("#here");
        }
        survey
    };
    let placed = PLACEMENTS.iter().map(|it| survey(it, json!({ "scale": "nps" }), it));
    let scales = SCALES.iter().enumerate().map(|(at, (scale, more))| {
        let question = format!("{{ \"scale\": \"{scale}\" {more} }}");
        let question = serde_json::from_str(&question).expect("a question");
        survey(&scale_survey(at), question, "popover")
    });
    json!({ "site": "acme", "origins": ["*"], "surveys": placed.chain(scales).collect::<Vec<_>>() })
}

/// A page in each language. Nothing is wrong with it, so that whatever is wrong is the widget's.
fn pages(collector: &str, script: String) -> Router {
    let collector = collector.to_owned();
    let page = async move |Path(language): Path<String>| {
        let direction = LANGUAGES.iter().find(|(name, _)| *name == language).map_or("", |it| it.1);
        Html(format!(
            "<!doctype html><html lang={language} dir={direction}><title>Acme</title>
             <meta name=viewport content='width=device-width, initial-scale=1'>
             <style>body {{ background: #fff; color: #222; font: 16px sans-serif }}</style>
             <script src=/own.js></script><script async src={collector}/acme/nabz.js></script>
             <main><h1>Acme</h1><p>A page.</p><div id=here></div></main>"
        ))
    };
    let kind = [("content-type", "text/javascript")];
    Router::new().route("/own.js", get((kind, script))).route("/{language}", get(page))
}
