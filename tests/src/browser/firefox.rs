//! Firefox, told by its remote protocol and its preferences what a driver has no words for.

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::bidi::modules::browsing_context::{SetViewport, Viewport};
use thirtyfour::common::capabilities::firefox::{FirefoxCapabilities, FirefoxPreferences};
use thirtyfour::common::command::FormatRequestData;
use thirtyfour::prelude::*;
use thirtyfour::{RequestData, SessionId};

use super::driver::{Driver, Program};
use super::engine::{Started, Wishes};
use crate::wait::wait_until;

pub(super) async fn start() -> Started {
    let folder = TempDir::new().expect("a temporary folder");
    let driver = Driver::start(&Program {
        variable: "NABZ_GECKODRIVER",
        name: "geckodriver",
        arguments: vec![
            "--port=0".to_owned(),
            "--websocket-port=0".to_owned(),
            // Preferences can only be changed from inside; see `wish`.
            "--allow-system-access".to_owned(),
            format!("--profile-root={}", folder.path().display()),
        ],
        announces: "Listening on 127.0.0.1:",
    });
    let session = WebDriver::new(&driver.url, capabilities().expect("plain options")).await;
    let session = session.expect("Firefox starts");
    Started { session, driver, folder }
}

fn capabilities() -> WebDriverResult<FirefoxCapabilities> {
    let mut capabilities = DesiredCapabilities::firefox();
    if let Ok(binary) = std::env::var("NABZ_FIREFOX") {
        capabilities.set_firefox_binary(&binary)?;
    }
    capabilities.set_headless()?;
    let mut preferences = FirefoxPreferences::new();
    // Processes for pages that are never opened cost a fifth of the start.
    preferences.set("dom.ipc.processPrelaunch.enabled", false)?;
    capabilities.set_preferences(preferences)?;
    capabilities.enable_bidi()?;
    Ok(capabilities)
}

pub(super) async fn before_scripts(session: &WebDriver, function: &str) {
    let bidi = session.bidi().await.expect("Firefox speaks its protocol");
    bidi.script().add_preload_script(function).await.expect("a script for every page");
}

pub(super) async fn resize(session: &WebDriver, width: u32, height: u32) {
    let bidi = session.bidi().await.expect("Firefox speaks its protocol");
    let context = bidi.browsing_context().top_level().await.expect("there is a page");
    let viewport = Some(Viewport { width, height });
    let size = SetViewport { context, viewport, device_pixel_ratio: Some(2.0) };
    bidi.send(size).await.expect("the page can be resized");
}

pub(super) async fn hold(session: &WebDriver, width: u32, height: u32) {
    resize(session, width, height).await;
    // The pane of its developer tools for that makes the window the screen.
    let script = "for (const name of ['primary', 'all'])
            Services.prefs.setIntPref(`ui.${name}PointerCapabilities`, 1);
        gBrowser.selectedBrowser.browsingContext.inRDMPane = true";
    inside(session, script).await;
    let held =
        format!("return matchMedia('(pointer: coarse)').matches && screen.width === {width}");
    wait_until("Firefox to be held", async || {
        let found = session.execute(&held, Vec::new()).await;
        found.is_ok_and(|found| *found.json() == true)
    })
    .await;
}

pub(super) async fn wish(session: &WebDriver, wishes: Wishes) {
    let preferences = json!({
        "layout.css.prefers-color-scheme.content-override": if wishes.dark { 0 } else { 1 },
        "browser.display.document_color_use": if wishes.forced_colours { 2 } else { 1 },
        "ui.prefersReducedMotion": i32::from(wishes.still),
        "font.size.variable.x-western": wishes.text_pixels(),
        "font.size.variable.ar": wishes.text_pixels(),
    });
    let medium = if wishes.printed { "print" } else { "" };
    let script = format!(
        "for (const [name, value] of Object.entries({preferences}))
             Services.prefs.setIntPref(name, value);
         gBrowser.selectedBrowser.browsingContext.mediumOverride = '{medium}'"
    );
    inside(session, &script).await;
    wait_until("Firefox to follow the wishes", async || follows(session, wishes).await).await;
}

/// Runs a script in the browser around the page.
async fn inside(session: &WebDriver, script: &str) {
    let privileged = async |on: bool| {
        let context = Context(if on { "chrome" } else { "content" });
        session.handle().cmd(context).await.expect("the context can be changed");
    };
    privileged(true).await;
    session.execute(script, Vec::new()).await.expect("the browser lets itself be told");
    privileged(false).await;
}

/// Preferences reach the process of the page some time after they were set. While colours are
/// forced, whether they are dark follows from the colours themselves.
async fn follows(session: &WebDriver, wishes: Wishes) -> bool {
    let script = "const medium = document.createElement('i');
        medium.style.all = 'initial';
        document.documentElement.append(medium);
        const size = parseInt(getComputedStyle(medium).fontSize);
        medium.remove();
        const queries = ['(forced-colors: active)', '(prefers-color-scheme: dark)',
            '(prefers-reduced-motion: reduce)', 'print'];
        return [...queries.map((query) => matchMedia(query).matches), size]";
    let found = session.execute(script, Vec::new()).await.map(|found| found.json().clone());
    let Ok(Value::Array(found)) = found else { return false };
    found[0] == wishes.forced_colours
        && (wishes.forced_colours || found[1] == wishes.dark)
        && found[2] == wishes.still
        && found[3] == wishes.printed
        && found[4] == wishes.text_pixels()
}

/// Whether scripts run in the page or in the browser around it.
#[derive(Debug)]
struct Context(&'static str);

impl FormatRequestData for Context {
    fn format_request(&self, session_id: &SessionId) -> RequestData {
        RequestData::new(Method::POST, format!("/session/{session_id}/moz/context"))
            .add_body(json!({ "context": self.0 }))
    }
}
