use axum::Router;
use axum::extract::Path;
use axum::http::header;
use axum::response::Html;
use axum::routing::get;
use serde_json::{Value, json};
use tests::{Browser, Collector, Engine, TOKEN, host, in_each_browser};

use crate::widget::allow;

in_each_browser! {
    axe_finds_nothing_in_any_placement,
    axe_finds_nothing_in_any_scale,
    axe_finds_what_is_wrong_in_a_card,
}

const PLACEMENTS: [&str; 1] = ["popover"];
/// Every scale that the widget draws, with what its question needs besides.
const SCALES: [(&str, &str); 8] = [
    ("nps", ""),
    ("faces", ""),
    ("faces", r#", "points": 5"#),
    ("stars", ""),
    ("rating", ""),
    ("effort", ""),
    ("ease", ""),
    ("agree", ""),
];
/// How a page may be seen: in which colours, and on a screen of which width and height.
type Way = (&'static str, (u32, u32));
const DESKTOP: (u32, u32) = (1280, 800);
const PHONE: (u32, u32) = (360, 640);
const EVERY_WAY: [Way; 6] = [
    ("light", DESKTOP),
    ("dark", DESKTOP),
    ("forced colours", DESKTOP),
    ("forced colours", PHONE),
    ("dark", PHONE),
    ("light", PHONE),
];
/// Enough for what differs only in its scale.
const TWO_WAYS: [Way; 2] = [("light", DESKTOP), ("dark", PHONE)];
/// Languages, one for each direction of writing.
const LANGUAGES: [(&str, &str); 2] = [("en", "ltr"), ("fa", "rtl")];

/// What axe looks for: everything up to WCAG 2.2 AA, and what is good practice beyond.
const TAGS: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/// A survey for each placement and one for each scale.
fn site() -> Value {
    let texts = |en: &str, fa: &str| json!({ "en": en, "fa": fa });
    let survey = |id: String, mut question: Value, placement: &str| {
        question["prompt"] = texts("How was it?", "چطور بود؟");
        question["follow_up"] = json!({ "any": texts("What went wrong?", "چه چیزی بد بود؟") });
        let mut survey = json!({ "id": id, "questions": [question], "show": { "event": "never" } });
        if placement != "popover" {
            survey["placement"] = json!(placement);
        }
        if placement == "inline" {
            survey["target"] = json!("#here");
        }
        survey
    };
    let placed = PLACEMENTS.map(|it| survey(it.to_owned(), json!({ "scale": "nps" }), it));
    let scales = SCALES.iter().enumerate().map(|(at, (scale, more))| {
        let question = format!("{{ \"scale\": \"{scale}\" {more} }}");
        let question = serde_json::from_str(&question).expect("a question");
        survey(format!("scale-{at}"), question, "popover")
    });
    let surveys: Vec<Value> = placed.into_iter().chain(scales).collect();
    json!({ "site": "acme", "origins": ["https://acme.com"], "surveys": surveys })
}

/// A page in which axe itself finds nothing, so that whatever it finds is the widget's.
fn page(collector: &str) -> Router {
    let collector = collector.to_owned();
    let page = async move |Path(language): Path<String>| {
        let direction = LANGUAGES.iter().find(|(name, _)| *name == language).map_or("", |it| it.1);
        Html(format!(
            "<!doctype html><html lang={language} dir={direction}><title>Acme</title>
             <meta name=viewport content='width=device-width, initial-scale=1'>
             <style>body {{ background: #fff; color: #222 }}</style>
             <script src=/axe.js></script><script async src={collector}/acme/nabz.js></script>
             <main><h1>Acme</h1><p>A page.</p><div id=here></div></main>"
        ))
    };
    let path = std::env::var("NABZ_AXE").expect("NABZ_AXE names axe-core: run `cargo xtask test`");
    let axe = std::fs::read_to_string(path).expect("axe-core");
    let script = [(header::CONTENT_TYPE, "text/javascript")];
    Router::new().route("/axe.js", get((script, axe))).route("/{language}", get(page))
}

/// The surveys of [`site`] in the pages of [`page`], in one browser.
struct Hall {
    url: String,
    _collector: Collector,
    browser: Browser,
    found: Vec<String>,
}

impl Hall {
    async fn open(engine: Engine) -> Hall {
        let site = site().to_string();
        let collector = Collector::start_with(&site, &["--admin-token", TOKEN]);
        let url = host(page(&collector.url)).await;
        allow(&collector, "acme", &site, &url).await;
        let browser = Browser::start(engine).await;
        Hall { url, _collector: collector, browser, found: Vec::new() }
    }

    async fn show(&self, survey: &str, language: &str) {
        self.browser.open(&format!("{}/{language}", self.url)).await;
        self.browser.wait_for_loader().await;
        self.browser.run(&format!("nabz.open({})", json!(survey))).await;
        self.browser.in_card("[role=radio]").await;
    }

    /// Goes through all screens of a survey, and looks at each of them in every way.
    async fn check(&mut self, survey: &str, name: &str, ways: &[Way]) {
        for (language, _) in LANGUAGES {
            self.show(survey, language).await;
            self.look_at(&format!("{name}, question, {language}"), ways).await;
            self.browser.click_in_card("[role=radio]").await;
            self.browser.in_card("textarea").await;
            self.look_at(&format!("{name}, follow-up, {language}"), ways).await;
            self.browser.click_in_card("button[name=send]").await;
            self.browser.in_card("[data-brief]").await;
            self.look_at(&format!("{name}, thanks, {language}"), ways).await;
        }
    }

    async fn look_at(&mut self, name: &str, ways: &[Way]) {
        for (look, (width, height)) in ways {
            self.browser.resize(*width, *height).await;
            self.browser.force_colours(*look == "forced colours").await;
            self.browser.prefer(look).await;
            self.browser.hold_still().await;
            let found = self.browser.run(&axe()).await;
            let found = found.as_array().expect("a list").iter();
            self.found.extend(found.map(|line| format!("{name}, {look}, {width} px: {line}")));
        }
    }

    fn nothing_was_found(&self) {
        assert!(self.found.is_empty(), "axe found\n{}", self.found.join("\n"));
    }
}

/// Runs axe over the page and returns a line for each thing it finds.
fn axe() -> String {
    format!(
        "return axe.run({{ runOnly: {} }}).then(({{ violations, passes }}) => {{
            const inCard = ({{ target }}) => target.flat().length > 1;
            const seen = passes.some(({{ nodes }}) => nodes.some(inCard));
            const lines = violations.flatMap(({{ id, impact, nodes }}) => nodes.map((node) =>
                `${{id}} (${{impact}}) at ${{node.target.flat().join(' ')}}: ${{node.failureSummary}}`));
            return seen ? lines : [...lines, 'axe has not looked into the card'];
        }})",
        json!(TAGS)
    )
}

async fn axe_finds_nothing_in_any_placement(engine: Engine) {
    let mut hall = Hall::open(engine).await;
    for placement in PLACEMENTS {
        hall.check(placement, placement, &EVERY_WAY).await;
    }
    hall.nothing_was_found();
}

async fn axe_finds_nothing_in_any_scale(engine: Engine) {
    let mut hall = Hall::open(engine).await;
    for (at, (scale, more)) in SCALES.iter().enumerate() {
        hall.check(&format!("scale-{at}"), &format!("{scale}{more}"), &TWO_WAYS).await;
    }
    hall.nothing_was_found();
}

/// What was found is nothing only if something would be found.
async fn axe_finds_what_is_wrong_in_a_card(engine: Engine) {
    let hall = Hall::open(engine).await;
    hall.show("popover", "en").await;
    hall.browser.hold_still().await;
    let script =
        "const card = document.querySelector('nabz-survey').shadowRoot.querySelector('h2');
        card.style.color = '#ddd'; card.append(new Image());";
    hall.browser.run(script).await;
    let found = hall.browser.run(&axe()).await;
    let rules = found
        .as_array()
        .expect("a list")
        .iter()
        .map(|line| line.as_str().and_then(|line| line.split(' ').next()).unwrap_or_default());
    assert_eq!(rules.collect::<Vec<_>>(), ["color-contrast", "image-alt"], "{found}");
}
