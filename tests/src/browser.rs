//! A real browser, driven as a person would: by mouse and keyboard.

use std::path::Path;
use std::sync::Mutex;

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::WindowHandle;
use thirtyfour::cdp::CdpSession;
use thirtyfour::prelude::*;

use crate::wait::{wait_for, wait_until};

mod chromium;
mod driver;
mod engine;
mod firefox;

use driver::Driver;
pub use engine::Engine;
use engine::{Started, Wishes};

/// Collects what a page must never see: errors, unhandled rejections, noise on the console.
const RECORDER: &str = "() => {
    window.__noise = [];
    addEventListener('error', (event) => __noise.push('error: ' + event.message), true);
    addEventListener('unhandledrejection', (event) => __noise.push('rejection: ' + event.reason));
    for (const level of ['error', 'warn', 'log', 'info', 'debug']) {
        console[level] = (...words) => __noise.push(level + ': ' + words.join(' '));
    } }";

/// A browser with a profile of its own; it ends when dropped.
#[derive(Debug)]
pub struct Browser {
    engine: Engine,
    wishes: Mutex<Wishes>,
    // Dropped in this order: the driver ends its browser faster than the session would, and the
    // browser writes into the folder as long as it runs.
    _driver: Driver,
    session: WebDriver,
    _folder: TempDir,
}

impl Browser {
    /// Starts a browser without a window.
    ///
    /// # Panics
    /// When it or its driver cannot be started.
    pub async fn start(engine: Engine) -> Browser {
        let Started { session, driver, folder } = engine.start().await;
        engine.before_scripts(&session, RECORDER).await;
        let wishes = Mutex::default();
        let browser = Browser { engine, session, wishes, _driver: driver, _folder: folder };
        browser.resize(1280, 800).await;
        browser
    }

    /// Which browser it is.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The devtools protocol of Chromium, for what only a bench asks.
    ///
    /// # Panics
    /// In any other browser.
    pub async fn devtools(&self) -> CdpSession {
        self.session.cdp().connect().await.expect("Chromium's devtools protocol")
    }

    /// Turns back to the page before, which has this path. Chromium's driver loses sight of a page
    /// that was kept whole when it turns back itself.
    ///
    /// # Panics
    /// When it never comes.
    pub async fn back_to(&self, path: &str) {
        self.run("setTimeout(() => history.back())").await;
        wait_until("the page before", async || {
            // While one page goes and the other comes there is none to ask.
            let at = self.session.execute("return location.pathname", Vec::new()).await;
            at.is_ok_and(|at| *at.json() == path)
        })
        .await;
    }

    /// Opens a page.
    ///
    /// # Panics
    /// When it does not load.
    pub async fn open(&self, url: &str) {
        self.session.goto(url).await.expect("the page loads");
    }

    /// Closes the tab and goes on in a new one.
    ///
    /// # Panics
    /// When there can be none.
    pub async fn change_tab(&self) {
        let new = self.session.new_tab().await.expect("a new tab");
        self.session.close_window().await.expect("a tab can be closed");
        self.session.switch_to_window(new).await.expect("the new tab is there");
    }

    /// Opens a page in a tab of its own, goes on there, and returns the tab before.
    ///
    /// # Panics
    /// When it does not load.
    pub async fn open_in_new_tab(&self, url: &str) -> WindowHandle {
        let new = self.session.new_tab().await.expect("a new tab");
        let before = self.turn_to(&new).await;
        self.open(url).await;
        before
    }

    /// Goes on in another tab, and returns the one before.
    ///
    /// # Panics
    /// When it is closed.
    pub async fn turn_to(&self, tab: &WindowHandle) -> WindowHandle {
        let before = self.session.window().await.expect("an open tab");
        self.session.switch_to_window(tab.clone()).await.expect("an open tab");
        before
    }

    /// Runs a script in the page and returns its result.
    ///
    /// # Panics
    /// When it throws.
    pub async fn run(&self, script: &str) -> Value {
        let result = self.session.execute(script, Vec::new()).await;
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
        self.engine.resize(&self.session, width, height).await;
    }

    /// Makes the system prefer `light` or `dark`.
    pub async fn prefer(&self, scheme: &str) {
        self.wish(|wishes| wishes.dark = scheme == "dark").await;
    }

    /// Makes the system put its own colours in the place of every page's, or stop it.
    pub async fn force_colours(&self, forced: bool) {
        self.wish(|wishes| wishes.forced_colours = forced).await;
    }

    /// Makes the system ask for no motion, or stop it.
    pub async fn reduce_motion(&self, still: bool) {
        self.wish(|wishes| wishes.still = still).await;
    }

    /// Makes texts twice as large as they are at first, as in the browser's own settings, or stops
    /// that: from the next page on.
    pub async fn enlarge_text(&self, large: bool) {
        self.wish(|wishes| wishes.large_text = large).await;
    }

    /// Shows the page as it would be printed, or stops that.
    pub async fn print(&self, printed: bool) {
        self.wish(|wishes| wishes.printed = printed).await;
    }

    /// Makes the device one with a screen of so many CSS pixels that fingers point at. There is no
    /// way back in the same browser.
    pub async fn hold(&self, width: u32, height: u32) {
        self.engine.hold(&self.session, width, height).await;
    }

    async fn wish(&self, change: impl FnOnce(&mut Wishes)) {
        let wishes = {
            let mut wishes = self.wishes.lock().expect("nothing panics while holding it");
            let before = *wishes;
            change(&mut wishes);
            // It takes the browser some time.
            if before == *wishes {
                return;
            }
            *wishes
        };
        self.engine.wish(&self.session, wishes).await;
    }

    /// An element of the page itself.
    ///
    /// # Panics
    /// When it is not there.
    pub async fn find(&self, selector: &str) -> WebElement {
        self.session.find(By::Css(selector)).await.expect("an element of the page")
    }

    /// Waits until an element is in the survey's card, and returns it.
    pub async fn in_card(&self, selector: &str) -> WebElement {
        let script = format!(
            "return document.querySelector('nabz-survey')?.shadowRoot.querySelector({})",
            json!(selector)
        );
        wait_for(&format!("{selector} in the card"), async || {
            let found = self.session.execute(&script, Vec::new()).await.ok()?;
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
    /// When they cannot be pressed.
    pub async fn press(&self, keys: impl Into<TypingData>) {
        let keys = self.session.action_chain().send_keys(keys);
        keys.perform().await.expect("keys can be pressed");
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

    /// Waits until the page has its `nabz`.
    pub async fn wait_for_loader(&self) {
        let script = "return !!window.nabz?.open";
        wait_until("the loader", async || self.run(script).await == true).await;
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

    /// Ends all that moves in the card, and stops the thanks from closing it.
    pub async fn hold_still(&self) {
        self.run(
            "for (const it of document.querySelector('nabz-survey').shadowRoot.getAnimations())
                 if (it.effect.target.matches('[data-brief]')) it.pause(); else it.finish()",
        )
        .await;
    }

    /// Takes a picture of what is seen.
    ///
    /// # Panics
    /// When it cannot be written.
    pub async fn picture(&self, file: &Path) {
        self.session.screenshot(file).await.expect("a picture can be taken");
    }
}
