//! Chromium, told by its devtools protocol what a driver has no words for.

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::common::capabilities::chrome::ChromeCapabilities;
use thirtyfour::prelude::*;

use super::driver::{Driver, Program};
use super::engine::{Started, Wishes};

const QUIET: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
];

pub(super) async fn start() -> Started {
    let driver = Driver::start(&Program {
        variable: "NABZ_CHROMEDRIVER",
        name: "chromedriver",
        arguments: vec!["--port=0".to_owned()],
        announces: "started successfully on port ",
    });
    let folder = TempDir::new().expect("a temporary folder");
    let capabilities = capabilities(&folder).expect("plain options");
    let session = WebDriver::new(&driver.url, capabilities).await.expect("Chromium starts");
    Started { session, driver, folder }
}

fn capabilities(profile: &TempDir) -> WebDriverResult<ChromeCapabilities> {
    let mut capabilities = DesiredCapabilities::chrome();
    if let Ok(binary) = std::env::var("NABZ_CHROMIUM") {
        capabilities.set_binary(&binary)?;
    }
    for argument in QUIET {
        capabilities.add_arg(argument)?;
    }
    capabilities.add_arg(&format!("--user-data-dir={}", profile.path().display()))?;
    Ok(capabilities)
}

pub(super) async fn before_scripts(session: &WebDriver, function: &str) {
    let script = json!({ "source": format!("({function})()") });
    devtools(session, "Page.addScriptToEvaluateOnNewDocument", script).await;
}

pub(super) async fn resize(session: &WebDriver, width: u32, height: u32) {
    let size = json!({ "width": width, "height": height, "deviceScaleFactor": 2,
        "mobile": width < 500 });
    devtools(session, "Emulation.setDeviceMetricsOverride", size).await;
}

pub(super) async fn hold(session: &WebDriver, width: u32, height: u32) {
    let device = json!({ "width": width, "height": height, "deviceScaleFactor": 2, "mobile": true,
        "screenWidth": width, "screenHeight": height });
    devtools(session, "Emulation.setDeviceMetricsOverride", device).await;
    let touch = json!({ "enabled": true });
    devtools(session, "Emulation.setTouchEmulationEnabled", touch).await;
}

pub(super) async fn wish(session: &WebDriver, wishes: Wishes) {
    let media = if wishes.printed { "print" } else { "" };
    let features = json!({ "media": media, "features": [
        { "name": "prefers-color-scheme", "value": if wishes.dark { "dark" } else { "light" } },
        { "name": "forced-colors", "value": if wishes.forced_colours { "active" } else { "none" } },
        { "name": "prefers-reduced-motion",
          "value": if wishes.still { "reduce" } else { "no-preference" } },
    ]});
    devtools(session, "Emulation.setEmulatedMedia", features).await;
    let size = json!({ "fontSizes": { "standard": wishes.text_pixels() } });
    devtools(session, "Page.setFontSizes", size).await;
}

async fn devtools(session: &WebDriver, command: &str, parameters: Value) {
    let done = session.cdp().send_raw(command, parameters).await;
    done.unwrap_or_else(|error| panic!("{command}: {error}"));
}
