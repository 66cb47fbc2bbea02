//! Takes the pictures of the README: the widget in the demo shop, and the dashboard with a year of
//! answers. `cargo xtask pictures` runs it.

use std::path::Path;

use collector::serve::{self, Options, Running};
use tests::{Browser, Engine, host, listen};

#[tokio::main]
async fn main() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo/pictures");
    std::fs::create_dir_all(&pictures).expect("the pictures' folder");
    let (listener, address) = listen().await;
    drop(listener);
    let shop = host(demo::shop(&address)).await;
    let collector = collector_with_history(folder.path(), &address, &shop).await;
    let browser = Browser::start(Engine::Chromium).await;

    browser.resize(1000, 680).await;
    browser.open(&format!("{shop}/checkout/done")).await;
    photograph_card(&browser, &pictures.join("widget.png")).await;

    browser.resize(360, 680).await;
    browser.prefer("dark").await;
    browser.open(&format!("{shop}/help/returns")).await;
    photograph_card(&browser, &pictures.join("phone.png")).await;

    browser.prefer("light").await;
    browser.resize(1240, 1180).await;
    browser.open(collector.sign_in_link.as_deref().expect("no token was given")).await;
    browser
        .open(&format!(
            "{}/sofal/checkout?from={}&interval=week",
            collector.public_url,
            year_ago(&browser).await
        ))
        .await;
    browser.picture(&pictures.join("dashboard.png")).await;
    collector.stop().await;
}

async fn photograph_card(browser: &Browser, file: &Path) {
    browser.in_card("[role=radio]").await;
    browser.wait_until_still().await;
    browser.picture(file).await;
}

async fn collector_with_history(folder: &Path, address: &str, shop: &str) -> Running {
    let database = format!("sqlite:{}", folder.join("nabz.db").display());
    let text = demo::site_file(shop).expect("the shop's site file");
    let file = folder.join("sofal.json");
    std::fs::write(&file, &text).expect("a file in a temporary folder");
    collector::demo_data::fill(&text, &database, 365).await.expect("a year of answers");
    serve::start(Options {
        files: vec![file],
        listen: address.trim_start_matches("http://").to_owned(),
        database,
        ..Options::default()
    })
    .await
    .expect("the collector starts")
}

/// The day a year before today, as the browser tells it.
async fn year_ago(browser: &Browser) -> String {
    let script = "return new Date(Date.now() - 364 * 864e5).toISOString().slice(0, 10)";
    browser.run(script).await.as_str().unwrap_or_default().to_owned()
}
