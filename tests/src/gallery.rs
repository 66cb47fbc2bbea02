//! Every placement and every scale in a page of a stranger, to be looked at, and the panel that
//! says why one is not shown.

use axum::Router;
use axum::extract::Path;
use axum::response::Html;
use axum::routing::get;
use serde_json::{Value, json};

use crate::{Browser, Collector, Engine, TOKEN, host, wait_until};

/// Where a survey can stand; each is a survey of the gallery with this id.
pub const PLACEMENTS: [&str; 5] = ["popover", "bar", "modal", "inline", "tab"];
/// Every scale: the id of its survey, and its question.
pub const SCALES: [(&str, &str); 16] = [
    ("nps", r#"{ "scale": "nps" }"#),
    ("faces", r#"{ "scale": "faces" }"#),
    ("faces-5", r#"{ "scale": "faces", "points": 5 }"#),
    ("stars", r#"{ "scale": "stars" }"#),
    ("rating", r#"{ "scale": "rating" }"#),
    ("thumbs", r#"{ "scale": "thumbs" }"#),
    ("effort", r#"{ "scale": "effort" }"#),
    ("ease", r#"{ "scale": "ease" }"#),
    ("agree", r#"{ "scale": "agree" }"#),
    ("yes-no", r#"{ "scale": "yes_no" }"#),
    ("choice", r#"{ "scale": "choice", "options": OPTIONS }"#),
    ("choices", r#"{ "scale": "choice", "multiple": true, "options": OPTIONS }"#),
    ("problems", r#"{ "scale": "problems", "options": OPTIONS }"#),
    ("text", r#"{ "scale": "text" }"#),
    ("long", r#"{ "scale": "agree" }"#),
    ("review", r#"{ "scale": "nps" }"#),
];
/// A survey with every condition there is.
const RULED: &str = "ruled";
/// Languages, one for each direction of writing.
pub const LANGUAGES: [(&str, &str); 2] = [("en", "ltr"), ("fa", "rtl")];

/// How a page may be seen: in which colours, and on a screen of which width and height.
pub type Way = (&'static str, (u32, u32));
/// A window on a desk.
pub const DESKTOP: (u32, u32) = (1280, 800);
/// The smallest screen that anything has to fit on.
pub const SMALLEST: (u32, u32) = (320, 568);
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

/// The screens of a survey, in the order in which a visitor comes to them.
pub fn screens(survey: &str) -> &'static [&'static str] {
    match survey {
        "tab" => &["tab", "question", "follow-up", "thanks"],
        // What is written answers and explains itself.
        "text" => &["question"],
        // Sent before anything is chosen.
        "choices" | "problems" => &["question", "error", "follow-up"],
        // The thanks of a scale are those of every placement, unless they have a link.
        scale if scale != "review" && SCALES.iter().any(|(id, _)| *id == scale) => {
            &["question", "follow-up"]
        }
        _ => &["question", "follow-up", "thanks"],
    }
}

/// What sends a question that is not answered by one click.
const UNSENT: &str = ".screen:not([data-answered]) [name=send]";

/// The surveys in the page, in one browser.
#[derive(Debug)]
pub struct Gallery {
    /// The browser.
    pub browser: Browser,
    url: String,
    declarations: &'static str,
    _collector: Collector,
}

impl Gallery {
    /// Starts a collector, a host and a browser. The script is served to the page as its own.
    pub async fn open(engine: Engine, script: String) -> Gallery {
        let arguments = ["--admin-token", TOKEN, "--rate-limit", "0"];
        let collector = Collector::start_with(&site().to_string(), &arguments);
        let url = host(pages(&collector.url, script)).await;
        let browser = Browser::start(engine).await;
        Gallery { browser, url, declarations: "", _collector: collector }
    }

    /// The same, where scripts may use what this one declares.
    pub fn with(self, declarations: &'static str) -> Gallery {
        Gallery { declarations, ..self }
    }

    /// Runs a script in the page and returns its result.
    pub async fn ask(&self, script: &str) -> Value {
        self.browser.run(&format!("{} {script}", self.declarations)).await
    }

    /// Waits until a script returns this.
    pub async fn wait_for(&self, script: &str, expected: Value) {
        let what = format!("{script} to be {expected}");
        wait_until(&what, async || self.ask(script).await == expected).await;
    }

    /// Shows the first screen of a survey.
    pub async fn show(&self, survey: &str, language: &str) {
        self.browser.open(&format!("{}/{language}", self.url)).await;
        self.browser.wait_for_loader().await;
        self.browser.run(&format!("nabz.open({})", json!(survey))).await;
        let first = if screens(survey)[0] == "tab" { ".tab" } else { ".screen" };
        self.browser.in_card(first).await;
    }

    /// Shows a survey, and waits until its card stands in the place of the sketch: what a test
    /// changes in a sketch is drawn anew.
    pub async fn show_card(&self, survey: &str, language: &str) {
        self.show(survey, language).await;
        // A sketch says nothing.
        self.browser.in_card("[role=status]:not(:empty)").await;
    }

    /// Goes on to one of the [`screens`] from the one before, and waits for it.
    pub async fn go_on(&self, to: &str) {
        let (clicks, next): (&[&str], _) = match to {
            "question" => (&[".tab"], ".screen"),
            "error" => (&[UNSENT], "#missing:not(:empty)"),
            "follow-up" => (&[".scale button", UNSENT], "[data-answered] textarea"),
            _ => (&["[name=send]"], "[data-brief]"),
        };
        for selector in clicks {
            // Only where several can be chosen is there something to send before the follow-up.
            if *selector != UNSENT || self.has(UNSENT).await {
                self.browser.click_in_card(selector).await;
            }
        }
        self.browser.in_card(next).await;
    }

    /// Opens the panel that says why nothing is shown, with every condition and a trouble in view.
    pub async fn show_panel(&self, language: &str) {
        self.browser.open(&format!("{}/{language}", self.url)).await;
        self.browser.wait_for_loader().await;
        let script = format!(
            "nabz.set({{ storage: 'none' }});
             return nabz.why().then(() => {{
                 const {{ shadowRoot }} = document.querySelector('nabz-why');
                 for (const it of shadowRoot.querySelectorAll('details'))
                     it.open = it.querySelector('b').textContent === {};
             }})",
            json!(RULED)
        );
        self.browser.run(&script).await;
    }

    async fn has(&self, selector: &str) -> bool {
        let script = format!(
            "return !!document.querySelector('nabz-survey').shadowRoot.querySelector({})",
            json!(selector)
        );
        self.browser.run(&script).await == true
    }

    /// Makes the page seen in a way, with nothing moving.
    pub async fn see(&self, (colours, (width, height)): Way) {
        self.browser.resize(width, height).await;
        self.browser.force_colours(colours == "forced colours").await;
        self.browser.prefer(colours).await;
        if self.browser.has_card().await {
            self.browser.hold_still().await;
        }
    }
}

/// A survey for each placement and one for each scale.
fn site() -> Value {
    let surveys = PLACEMENTS.iter().map(|placement| {
        let mut survey = survey(placement, json!({ "scale": "nps" }));
        survey["placement"] = json!(placement);
        if *placement == "inline" {
            survey["target"] = json!("#here");
        }
        survey
    });
    let options = json!([
        { "id": "late", "label": { "en": "It came late", "fa": "دیر رسید" } },
        { "id": "lost", "label": { "en": "Something was missing", "fa": "چیزی کم بود" } },
        { "id": "rude", "label": { "en": "Nobody helped", "fa": "کسی کمک نکرد" } },
    ]);
    let scales = SCALES.iter().map(|(id, question)| {
        let question = question.replace("OPTIONS", &options.to_string());
        survey(id, serde_json::from_str(&question).expect("a question"))
    });
    let surveys: Vec<_> = surveys.chain(scales).chain([ruled()]).collect();
    json!({ "site": "acme", "origins": ["*"], "budget": 7, "surveys": surveys })
}

/// What the panel has most to say about.
fn ruled() -> Value {
    let mut survey = survey(RULED, json!({ "scale": "nps" }));
    let more = json!({
        "priority": 1, "sample": 0.5, "starts": "2026-01-01", "ends": "2099-12-31",
        "audience": { "plan": ["pro", "team"], "orders": { "at_least": 3 }, "role": { "not": "staff" } },
        "account_age_days": { "at_least": 30 },
        "show": {
            "event": "order_completed", "properties": { "total": { "at_least": 100 } },
            "cancel": ["order_failed"], "pages": ["/shop/*", "!/shop/cart"],
            "devices": ["phone", "tablet"], "locales": ["en", "fa"],
            "weekdays": ["monday", "tuesday"], "hours": { "from": "09:00", "until": "17:30" },
        },
    });
    if let (Value::Object(survey), Value::Object(more)) = (&mut survey, more) {
        survey.extend(more);
    }
    survey
}

fn survey(id: &str, mut question: Value) -> Value {
    let texts = |en: &str, fa: &str| json!({ "en": en, "fa": fa });
    question["prompt"] = match id {
        // Longer than anybody should ask, with a word that fits into no line.
        "long" => texts(
            "How much do you agree that everything about your order, from the first search to the \
             Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft, \
             went as you would have liked it to go?",
            "چقدر موافقید که همه‌چیز در سفارش شما، از نخستین جست‌وجو تا رسیدن بسته به دست شما، \
             همان‌طور که دوست داشتید پیش رفت؟",
        ),
        _ => texts("How likely are you to recommend us?", "چقدر احتمال دارد ما را پیشنهاد کنید؟"),
    };
    if id != "text" {
        question["follow_up"] = json!({ "any": texts("What is the reason?", "دلیلش چیست؟") });
    }
    let mut survey = json!({ "id": id, "questions": [question], "show": { "event": "never" } });
    if id == "review" {
        let label = texts("Tell us what happened", "بگویید چه پیش آمد");
        survey["thanks"] = json!({ "detractor": {
            "text": texts("We are sorry. Thank you for being frank!", "متأسفیم. از صراحت شما سپاسگزاریم!"),
            "link": { "label": label, "url": "/contact" } } });
    }
    survey
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
