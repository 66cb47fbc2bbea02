//! The pages of a host with the script tag in them, a browser on its way through them, and a
//! collector, whose requests are seen.

use axum::Router;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use serde_json::{Value, json};
use tests::{Browser, Collector, Engine, Proxy, TOKEN, host, wait_for, wait_until};

/// The package for pages that are built by a bundler.
const PACKAGE: &str = include_str!("../../widget/npm/nabz.js");

/// A host, its visitor, and everything that goes between its pages and the collector.
pub(crate) struct Host {
    pub(crate) url: String,
    pub(crate) collector: Collector,
    pub(crate) proxy: Proxy,
    pub(crate) browser: Browser,
    site: String,
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

/// Adds an origin that is known only now to a site's file, and waits until the collector has it.
pub(crate) async fn allow(collector: &Collector, site: &str, file: &str, origin: &str) {
    let mut file: Value = serde_json::from_str(file).expect("a site file");
    file["origins"] = json!([origin]);
    std::fs::write(collector.folder().join("site.json"), file.to_string()).expect("a file");
    wait_until("the origin to be known", async || {
        collector.get_as_admin(&format!("/api/v1/sites/{site}")).await.text.contains(origin)
    })
    .await;
}

/// What begins at every address and every path.
type Pages<'a> = &'a [(&'static str, &'a str)];

impl Host {
    /// The demo shop.
    pub(crate) async fn shop(engine: Engine) -> Host {
        Host::of_pages(engine, demo::SITE_FILE, demo::shop).await
    }

    /// One page at every address, with this in its head before the tag, and a site file of its own.
    pub(crate) async fn with_head(engine: Engine, site: &Value, head: &str) -> Host {
        let key = site["site"].as_str().unwrap_or_default();
        let pages = |collector: &str| {
            let page = format!(
                "<!doctype html><html lang=en><title>A page</title><link rel=icon href='data:,'>
                 {head}<script async src={collector}/{key}/nabz.js></script><p>A page.</p>"
            );
            let script = ([(CONTENT_TYPE, "text/javascript")], PACKAGE);
            Router::new().route("/nabz.mjs", get(script)).fallback(get(Html(page)))
        };
        Host::of_pages(engine, &site.to_string(), pages).await
    }

    /// A page with this in it at every address, and surveys of the site `acme`. `{{tag}}` stands
    /// for the script tag and `{{collector}}` for the collector's address.
    pub(crate) async fn with_page(engine: Engine, surveys: &[Value], html: &str) -> Host {
        Host::with_pages(engine, surveys, &[("", html)], "").await
    }

    /// The same with a page for each beginning of a path, and a Content-Security-Policy.
    pub(crate) async fn with_pages(
        engine: Engine,
        surveys: &[Value],
        html: Pages<'_>,
        policy: &str,
    ) -> Host {
        let pages = |collector: &str| pages(collector, html, policy);
        Host::of_pages(engine, &site(surveys), pages).await
    }

    async fn of_pages(engine: Engine, file: &str, pages: impl Fn(&str) -> Router) -> Host {
        let arguments = ["--admin-token", TOKEN, "--rate-limit", "0"];
        let collector = Collector::start_with(file, &arguments);
        let proxy = Proxy::start(&collector.url).await;
        let url = host(pages(&proxy.url)).await;
        let parsed: Value = serde_json::from_str(file).expect("a site file");
        let site = parsed["site"].as_str().expect("a site").to_owned();
        if parsed["origins"] != json!(["*"]) {
            allow(&collector, &site, file, &url).await;
        }
        Host { url, collector, proxy, browser: Browser::start(engine).await, site }
    }

    /// Opens a page.
    pub(crate) async fn visit(&self, path: &str) {
        self.browser.open(&format!("{}{path}", self.url)).await;
    }

    /// Opens a page and waits for the loader.
    pub(crate) async fn open(&self, path: &str) {
        self.visit(path).await;
        self.browser.wait_for_loader().await;
    }

    /// The id of the survey in the page, if it is one that [`survey`] has made.
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

    /// The responses posted so far.
    pub(crate) fn posts(&self) -> Vec<Value> {
        self.proxy.responses()
    }

    /// The states posted so far, each once in a row.
    pub(crate) fn states(&self) -> Vec<String> {
        let posts = self.posts().into_iter();
        let mut states: Vec<String> =
            posts.map(|post| post["state"].as_str().unwrap_or_default().to_owned()).collect();
        states.dedup();
        states
    }

    /// The surveys of which a showing was posted, in order.
    pub(crate) fn posted(&self) -> Vec<String> {
        let mut showings: Vec<(String, String)> = Vec::new();
        for post in self.posts() {
            let [id, survey] = ["id", "survey"].map(|it| post[it].as_str().unwrap_or_default());
            if showings.iter().all(|(known, _)| known != id) {
                showings.push((id.to_owned(), survey.to_owned()));
            }
        }
        showings.into_iter().map(|(_, survey)| survey).collect()
    }

    pub(crate) async fn summary(&self, survey: &str) -> Value {
        self.collector.summary_of(&self.site, survey, "").await
    }

    pub(crate) async fn wait_for_summary(&self, survey: &str, field: &str, value: i64) {
        let what = format!("{field} of {survey} to be {value}");
        wait_until(&what, async || self.summary(survey).await[field] == value).await;
    }

    /// What the browser keeps of the site.
    pub(crate) async fn kept(&self) -> Value {
        let script = format!("return JSON.parse(localStorage.getItem('nabz:{}'))", self.site);
        self.browser.run(&script).await
    }

    /// Waits until nothing is left to be sent.
    pub(crate) async fn wait_until_sent(&self) {
        wait_until("everything to be sent", async || self.kept().await["unsent"].is_null()).await;
    }
}

fn pages(collector: &str, html: Pages<'_>, policy: &str) -> Router {
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
