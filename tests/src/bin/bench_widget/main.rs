//! How long a visitor with a slow phone waits for a question, and what the page pays for it: the
//! widget beside a page whose loader draws a plain card by itself, with one request.
//! `cargo xtask bench widget` runs it.
//!
//! Medians of ten runs, each in a browser that has never seen the page: slow 4G (150 ms there and
//! back, 1.6 Mbit/s), a processor a quarter as fast as this one.

use std::path::Path;

use axum::Router;
use axum::http::header;
use axum::response::Html;
use axum::routing::get;
use collector::serve::{self, Options, Running};
use tests::{host, listen};

mod run;
mod table;

use run::{Run, run};

const RUNS: usize = 10;
const PAGE: &str = include_str!("../../../bench/page.html");
const RECORDER: &str = include_str!("../../../bench/recorder.js");
const FLOOR: &str = include_str!("../../../bench/floor.js");
/// One survey, due as soon as its page is there, and on no other page.
const SITE: &str = include_str!("../../../bench/site.json");

#[tokio::main]
async fn main() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let (listener, address) = listen().await;
    drop(listener);
    let floor = host(Router::new().route("/floor.js", script(FLOOR))).await;
    let shop = host(pages(&format!("{floor}/floor.js"), &format!("{address}/acme/nabz.js"))).await;
    let collector = start(folder.path(), &address, &shop).await;

    let mut columns: [Vec<Run>; 3] = Default::default();
    for at in 0..RUNS {
        for (runs, path) in columns.iter_mut().zip(["/floor", "/due", "/quiet"]) {
            runs.push(run(&format!("{shop}{path}"), path != "/quiet").await);
        }
        eprintln!("run {} of {RUNS}", at + 1);
    }
    collector.stop().await;
    println!("{}", table::of(&columns));
}

fn script(text: &'static str) -> axum::routing::MethodRouter {
    get(([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], text))
}

/// The same page three times: with the plain card, with a survey that is due, and with none.
fn pages(floor: &str, loader: &str) -> Router {
    let page = |loader: &str| {
        let page = PAGE.replace("{{recorder}}", RECORDER).replace("{{loader}}", loader);
        get(async || Html(page))
    };
    Router::new()
        .route("/floor", page(floor))
        .route("/due", page(loader))
        .route("/quiet", page(loader))
}

async fn start(folder: &Path, address: &str, shop: &str) -> Running {
    let file = folder.join("acme.json");
    std::fs::write(&file, SITE.replace("https://acme.com", shop)).expect("a file in a folder");
    let options = Options {
        files: vec![file],
        listen: address.trim_start_matches("http://").to_owned(),
        database: format!("sqlite:{}", folder.join("nabz.db").display()),
        ..Options::default()
    };
    serve::start(options).await.expect("the collector starts")
}
