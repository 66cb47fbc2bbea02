//! A page of a stranger with the script tag in it, before a collector whose requests are seen.

use axum::Router;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{Html, IntoResponse};
use serde_json::{Value, json};
use tests::{Browser, Collector, Engine, Proxy, host, wait_for, wait_until};

/// A browser on its way through a stranger's pages.
pub(crate) struct Page {
    pub(crate) url: String,
    pub(crate) collector: Collector,
    pub(crate) proxy: Proxy,
    pub(crate) browser: Browser,
}

/// A survey whose question tells which one it is.
pub(crate) fn survey(id: &str, fields: Value) -> Value {
    let mut survey = json!({ "id": id,
        "questions": [{ "scale": "nps", "prompt": format!("Question of {id}?") }] });
    if let (Value::Object(survey), Value::Object(fields)) = (&mut survey, fields) {
        survey.extend(fields);
    }
    survey
}

/// A site file with surveys.
pub(crate) fn site(surveys: &[Value]) -> String {
    json!({ "site": "acme", "origins": ["*"], "surveys": surveys }).to_string()
}

impl Page {
    /// Starts everything. Every address of the host has a page with this in it, where `{{tag}}`
    /// stands for the script tag and `{{collector}}` for the collector's address.
    pub(crate) async fn start(engine: Engine, surveys: &[Value], html: &'static str) -> Page {
        Page::start_with(engine, surveys, &[("", html)], "").await
    }

    /// The same with a page for each beginning of a path, and a Content-Security-Policy.
    pub(crate) async fn start_with(
        engine: Engine,
        surveys: &[Value],
        html: &[(&'static str, &str)],
        policy: &'static str,
    ) -> Page {
        let collector = Collector::start(&site(surveys));
        let proxy = Proxy::start(&collector.url).await;
        let url = host(pages(&proxy.url, html, policy)).await;
        Page { url, collector, proxy, browser: Browser::start(engine).await }
    }

    /// Opens a page and waits for the loader.
    pub(crate) async fn open(&self, path: &str) {
        self.browser.open(&format!("{}{path}", self.url)).await;
        let is_there = "return !!window.nabz?.open";
        wait_until("the loader", async || self.browser.run(is_there).await == true).await;
    }

    /// The id of the survey in the page.
    pub(crate) async fn shown(&self) -> Option<String> {
        let script = "const root = document.querySelector('nabz-survey')?.shadowRoot;
            return root?.textContent.match(/Question of ([\\w-]+)/)?.[1]";
        self.browser.run(script).await.as_str().map(str::to_owned)
    }

    /// Waits until a survey is in the page, and says which.
    pub(crate) async fn next_shown(&self) -> String {
        let address = self.browser.run("return location.href").await;
        wait_for(&format!("a survey at {address}"), async || self.shown().await).await
    }

    /// How many requests had this in their first line.
    pub(crate) fn asked(&self, part: &str) -> usize {
        self.proxy.seen().iter().filter(|(line, _)| line.contains(part)).count()
    }

    /// The surveys of which a showing was posted, in order.
    pub(crate) fn posted(&self) -> Vec<String> {
        let mut showings: Vec<(String, String)> = Vec::new();
        for (line, body) in self.proxy.seen() {
            let posted: Value = serde_json::from_str(&body).unwrap_or_default();
            let items = posted.as_array().filter(|_| line.starts_with("POST /api/v1/responses"));
            for item in items.into_iter().flatten() {
                let [id, survey] = ["id", "survey"].map(|it| item[it].as_str().unwrap_or_default());
                if showings.iter().all(|(known, _)| known != id) {
                    showings.push((id.to_owned(), survey.to_owned()));
                }
            }
        }
        showings.into_iter().map(|(_, survey)| survey).collect()
    }
}

fn pages(collector: &str, html: &[(&'static str, &str)], policy: &str) -> Router {
    let tag = format!("<script async src={collector}/acme/nabz.js></script>");
    let fill = |text: &str| text.replace("{{tag}}", &tag).replace("{{collector}}", collector);
    let html: Vec<_> = html.iter().map(|(path, html)| (*path, fill(html))).collect();
    let policy = fill(policy);
    Router::new().fallback(move |uri: Uri| async move {
        let Some((_, html)) = html.iter().find(|(path, _)| uri.path().starts_with(path)) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let mut headers = HeaderMap::new();
        if !policy.is_empty() {
            headers.insert(CONTENT_SECURITY_POLICY, policy.parse().expect("a header"));
        }
        (headers, Html(format!("<!doctype html><html lang=en><title>Host</title>{html}")))
            .into_response()
    })
}
