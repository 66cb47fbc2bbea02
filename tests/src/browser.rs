//! A real browser, driven as a person would: by mouse and keyboard.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::common::capabilities::chrome::ChromeCapabilities;
use thirtyfour::prelude::*;

use crate::wait::{wait_for, wait_until};

/// Collects what a page must never see: errors, unhandled rejections, noise on the console.
const RECORDER: &str = "
    window.__noise = [];
    addEventListener('error', (event) => __noise.push('error: ' + event.message), true);
    addEventListener('unhandledrejection', (event) => __noise.push('rejection: ' + event.reason));
    for (const level of ['error', 'warn', 'log', 'info', 'debug']) {
        console[level] = (...words) => __noise.push(level + ': ' + words.join(' '));
    }";

/// A Chromium with a profile of its own; it ends when dropped.
#[derive(Debug)]
pub struct Browser {
    driver: WebDriver,
    process: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts headless Chromium.
    ///
    /// # Panics
    /// When Chromium or its driver cannot be started.
    pub async fn start() -> Browser {
        let (process, port) = start_driver();
        let profile = TempDir::new().expect("a temporary folder");
        let url = format!("http://127.0.0.1:{port}");
        let driver =
            WebDriver::new(url, capabilities(profile.path()).expect("plain options")).await;
        let browser =
            Browser { driver: driver.expect("Chromium starts"), process, _profile: profile };
        browser
            .devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": RECORDER }))
            .await;
        browser.resize(1280, 800).await;
        browser
    }

    /// Opens a page.
    ///
    /// # Panics
    /// When it does not load.
    pub async fn open(&self, url: &str) {
        self.driver.goto(url).await.expect("the page loads");
    }

    /// Runs a script in the page and returns its result.
    ///
    /// # Panics
    /// When it throws.
    pub async fn run(&self, script: &str) -> Value {
        let result = self.driver.execute(script, Vec::new()).await;
        result.unwrap_or_else(|error| panic!("{script}: {error}")).json().clone()
    }

    /// What the page saw of errors and noise.
    ///
    /// # Panics
    /// When the page is gone.
    pub async fn noise(&self) -> Value {
        self.run("return window.__noise").await
    }

    /// Makes the page so many CSS pixels large, at a scale of 2.
    pub async fn resize(&self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 2, "mobile": width < 500 });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// Makes the system prefer `light` or `dark`.
    pub async fn prefer(&self, scheme: &str) {
        let features = json!({ "features": [
            { "name": "prefers-color-scheme", "value": scheme },
        ]});
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// Waits until an element is in the survey's card, and returns it.
    pub async fn in_card(&self, selector: &str) -> WebElement {
        let script = format!(
            "return document.querySelector('nabz-survey')?.shadowRoot.querySelector({})",
            json!(selector)
        );
        wait_for(&format!("{selector} in the card"), async || {
            let found = self.driver.execute(&script, Vec::new()).await.ok()?;
            found.element().ok()
        })
        .await
    }

    /// Clicks an element of the card, as soon as it is there.
    ///
    /// # Panics
    /// When it cannot be clicked.
    pub async fn click_in_card(&self, selector: &str) {
        wait_until(&format!("a click on {selector}"), async || {
            self.in_card(selector).await.click().await.is_ok()
        })
        .await;
    }

    /// Presses keys where the focus is.
    ///
    /// # Panics
    /// When nothing takes them.
    pub async fn press(&self, keys: impl Into<TypingData>) {
        let focused = self.driver.active_element().await.expect("something has the focus");
        focused.send_keys(keys).await.expect("keys can be pressed");
    }

    /// Moves the focus by Tab until an element of the card has it.
    ///
    /// # Panics
    /// When it never gets there.
    pub async fn tab_to(&self, selector: &str) {
        let script = format!(
            "const it = document.activeElement?.shadowRoot?.activeElement;
             return !!it && it.matches({})",
            json!(selector)
        );
        for _ in 0..60 {
            if self.run(&script).await == true {
                return;
            }
            self.press(Key::Tab).await;
        }
        panic!("{selector} cannot be reached by Tab");
    }

    /// Whether a survey stands in the page.
    pub async fn has_card(&self) -> bool {
        self.run("return !!document.querySelector('nabz-survey')").await == true
    }

    /// Waits until the survey is gone from the page.
    pub async fn wait_until_closed(&self) {
        wait_until("the survey to close", async || !self.has_card().await).await;
    }

    /// Waits until nothing moves in the card.
    pub async fn wait_until_still(&self) {
        let script = "const root = document.querySelector('nabz-survey')?.shadowRoot;
            return !!root && root.getAnimations().every((it) => it.playState === 'finished')";
        wait_until("the card to stand still", async || self.run(script).await == true).await;
    }

    /// Takes a picture of what is seen.
    ///
    /// # Panics
    /// When it cannot be written.
    pub async fn picture(&self, file: &Path) {
        self.driver.screenshot(file).await.expect("a picture can be taken");
    }

    async fn devtools(&self, command: &str, parameters: Value) {
        let done = self.driver.cdp().send_raw(command, parameters).await;
        done.unwrap_or_else(|error| panic!("{command}: {error}"));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends its browser when it is asked to; killed, it would leave it running.
        let _ = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status();
        let _ = self.process.wait();
    }
}

fn capabilities(profile: &Path) -> WebDriverResult<ChromeCapabilities> {
    let mut capabilities = DesiredCapabilities::chrome();
    if let Ok(binary) = std::env::var("NABZ_CHROMIUM") {
        capabilities.set_binary(&binary)?;
    }
    let quiet = [
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
    for argument in quiet {
        capabilities.add_arg(argument)?;
    }
    capabilities.add_arg(&format!("--user-data-dir={}", profile.display()))?;
    Ok(capabilities)
}

/// Starts the driver on a port that the kernel picks, which it prints.
fn start_driver() -> (Child, u16) {
    let name = std::env::var("NABZ_CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned());
    let mut process = Command::new(&name)
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("{name} cannot be started ({error}): run `cargo xtask test`")
        });
    let output = BufReader::new(process.stdout.take().expect("its output is piped"));
    let port = output.lines().map_while(Result::ok).find_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    (process, port.expect("chromedriver says on which port it listens"))
}
