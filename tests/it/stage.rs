//! A page of another origin with surveys in it, for tests of what a visitor sees.

use axum::Router;
use axum::extract::Path;
use axum::response::Html;
use axum::routing::get;
use serde_json::{Value, json};
use tests::{Browser, Collector, Engine, Proxy, TOKEN, host, wait_until};

use crate::host::allow;

/// The page, what it is about, and everything that goes between it and the collector.
pub(crate) struct Stage {
    pub(crate) url: String,
    pub(crate) proxy: Proxy,
    pub(crate) browser: Browser,
    _collector: Collector,
}

impl Stage {
    /// Puts surveys, which wait to be called, into a page with a body; the last part of its
    /// address is its language.
    pub(crate) async fn open(engine: Engine, surveys: Value, body: &str) -> Stage {
        let mut surveys = surveys;
        for survey in surveys.as_array_mut().expect("a list of surveys") {
            survey["show"] = json!({ "event": "never" });
        }
        let site = json!({ "site": "acme", "origins": ["https://acme.com"], "surveys": surveys });
        let site = site.to_string();
        let collector = Collector::start_with(&site, &["--admin-token", TOKEN]);
        let proxy = Proxy::start(&collector.url).await;
        let head = format!("<script async src={}/acme/nabz.js></script>", proxy.url);
        let body = body.to_owned();
        let page = async move |Path(language): Path<String>| {
            Html(format!(
                "<!doctype html><html lang={language}><title>Acme</title>
                 <meta name=viewport content='width=device-width, initial-scale=1'>{head}{body}"
            ))
        };
        let url = host(Router::new().route("/{language}", get(page))).await;
        allow(&collector, "acme", &site, &url).await;
        Stage { url, proxy, browser: Browser::start(engine).await, _collector: collector }
    }

    /// Opens the page in a language and calls for a survey.
    pub(crate) async fn call(&self, survey: &str, language: &str) {
        self.browser.open(&format!("{}/{language}", self.url)).await;
        self.browser.wait_for_loader().await;
        self.browser.run(&format!("nabz.open({})", json!(survey))).await;
    }

    /// Opens the page and calls for a survey, until its card is there.
    pub(crate) async fn show(&self, survey: &str, language: &str) {
        self.call(survey, language).await;
        self.browser.in_card(".screen").await;
    }

    /// What a script makes of the card, `card`, and the shadow around it, `shadow`.
    pub(crate) async fn ask(&self, script: &str) -> Value {
        let found = "const shadow = document.querySelector('nabz-survey')?.shadowRoot;
            const card = shadow?.querySelector('.card');";
        self.browser.run(&format!("{found} return {script}")).await
    }

    /// Waits until a script says what is expected of the card.
    pub(crate) async fn wait_for(&self, script: &str, expected: Value) {
        let what = format!("{script} to be {expected}");
        wait_until(&what, async || self.ask(script).await == expected).await;
    }

    /// Waits until these answers were posted last.
    pub(crate) async fn wait_for_answers(&self, what: &str, expected: Value) {
        let last = || self.proxy.responses().last().map(|response| response["answers"].clone());
        wait_until(&format!("{what} to post {expected}"), async || {
            last().as_ref() == Some(&expected)
        })
        .await;
    }
}
