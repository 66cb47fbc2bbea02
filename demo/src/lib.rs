//! A small shop, a stranger to the collector: another origin, three pages that ask a question.
//!
//! `sofal.json` is its site file; `shop/` are its pages.

use anyhow::Context as _;
use axum::Router;
use axum::http::header;
use axum::routing::get;

/// The shop's site file, as its owner wrote it.
pub const SITE_FILE: &str = include_str!("../sofal.json");

/// The pages of the shop that ask a question: path and survey.
pub const ASKING: [(&str, &str); 3] =
    [("/checkout/done", "checkout"), ("/help/returns", "help"), ("/support/case", "support")];

const PAGES: [(&str, &str); 4] = [
    ("/", include_str!("../shop/index.html")),
    ("/checkout/done", include_str!("../shop/checkout-done.html")),
    ("/help/returns", include_str!("../shop/help-returns.html")),
    ("/support/case", include_str!("../shop/support-case.html")),
];

/// The site file for a shop at this origin, such as `http://127.0.0.1:8090`.
///
/// # Errors
/// When the site file is not JSON.
pub fn site_file(origin: &str) -> anyhow::Result<String> {
    let mut file: serde_json::Value = serde_json::from_str(SITE_FILE).context("sofal.json")?;
    file["origins"] = serde_json::json!([origin]);
    Ok(serde_json::to_string_pretty(&file)?)
}

/// The shop, whose pages load the surveys of the collector at this address.
pub fn shop(collector_url: &str) -> Router {
    let file = |kind: &'static str, text: &'static str| get(([(header::CONTENT_TYPE, kind)], text));
    let files = Router::new()
        .route("/style.css", file("text/css; charset=utf-8", include_str!("../shop/style.css")))
        .route(
            "/order.js",
            file("text/javascript; charset=utf-8", include_str!("../shop/order.js")),
        );
    PAGES.iter().fold(files, |router, (path, page)| {
        let page = axum::response::Html(page.replace("{{collector}}", collector_url));
        router.route(path, get(page))
    })
}
