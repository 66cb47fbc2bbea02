use axum::Router;
use axum::http::header;
use axum::response::Html;
use axum::routing::get;
use serde_json::{Value, json};
use tests::{Browser, Collector, Engine, Proxy, TOKEN, host, wait_until};

/// The package for pages that are built by a bundler.
const PACKAGE: &str = include_str!("../../widget/npm/nabz.js");

/// A host page before a collector, with a proxy between them that sees everything.
pub(crate) struct Shop {
    pub(crate) url: String,
    pub(crate) collector: Collector,
    pub(crate) proxy: Proxy,
    pub(crate) browser: Browser,
}

impl Shop {
    /// The demo shop.
    pub(crate) async fn open(engine: Engine) -> Shop {
        Shop::of(engine, demo::SITE_FILE, demo::shop).await
    }

    /// One page at every address, with this in its head before the loader, and a site file of its
    /// own; the site is `sofal`.
    pub(crate) async fn with_page(engine: Engine, site: &Value, head: &str) -> Shop {
        let pages = |collector: &str| {
            let page = format!(
                "<!doctype html><html lang=en><title>A page</title><link rel=icon href='data:,'>
                 {head}<script async src={collector}/sofal/nabz.js></script><p>A page.</p>"
            );
            let script = ([(header::CONTENT_TYPE, "text/javascript")], PACKAGE);
            Router::new().route("/nabz.mjs", get(script)).fallback(get(Html(page)))
        };
        Shop::of(engine, &site.to_string(), pages).await
    }

    async fn of(engine: Engine, site: &str, pages: impl Fn(&str) -> Router) -> Shop {
        let collector = Collector::start_with(site, &["--admin-token", TOKEN, "--rate-limit", "0"]);
        let proxy = Proxy::start(&collector.url).await;
        let url = host(pages(&proxy.url)).await;
        allow(&collector, "sofal", site, &url).await;
        Shop { url, collector, proxy, browser: Browser::start(engine).await }
    }

    /// Opens a page of it.
    pub(crate) async fn visit(&self, path: &str) {
        self.browser.open(&format!("{}{path}", self.url)).await;
    }

    pub(crate) async fn summary(&self, survey: &str) -> Value {
        self.collector.summary_of("sofal", survey, "").await
    }

    pub(crate) async fn wait_for_summary(&self, survey: &str, field: &str, value: i64) {
        let what = format!("{field} of {survey} to be {value}");
        wait_until(&what, async || self.summary(survey).await[field] == value).await;
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

    /// What the browser keeps of the site.
    pub(crate) async fn kept(&self) -> Value {
        self.browser.run("return JSON.parse(localStorage.getItem('nabz:sofal'))").await
    }

    /// Waits until nothing is left to be sent.
    pub(crate) async fn wait_until_sent(&self) {
        wait_until("everything to be sent", async || self.kept().await["unsent"].is_null()).await;
    }
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
