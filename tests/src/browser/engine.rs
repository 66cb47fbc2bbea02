//! The browsers, each of which is told some things in its own way.

use tempfile::TempDir;
use thirtyfour::WebDriver;

use super::driver::Driver;
use super::{chromium, firefox};

/// A browser that the widget has to work in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Chromium, for all browsers made of it.
    Chromium,
    /// Firefox.
    Firefox,
}

/// What the page is told of its user's wishes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Wishes {
    /// Dark colours instead of light ones.
    pub(super) dark: bool,
    /// The system's colours in place of the page's.
    pub(super) forced_colours: bool,
    /// No motion.
    pub(super) still: bool,
    /// Texts twice as large as browsers have them.
    pub(super) large_text: bool,
    /// Paper instead of a screen.
    pub(super) printed: bool,
}

impl Wishes {
    /// How large texts are where a page says nothing, in CSS pixels.
    pub(super) fn text_pixels(self) -> u32 {
        if self.large_text { 32 } else { 16 }
    }
}

/// A browser that has just been started.
pub(super) struct Started {
    pub(super) session: WebDriver,
    pub(super) driver: Driver,
    /// Where its profile lies.
    pub(super) folder: TempDir,
}

impl Engine {
    pub(super) async fn start(self) -> Started {
        match self {
            Engine::Chromium => chromium::start().await,
            Engine::Firefox => firefox::start().await,
        }
    }

    /// Has a function called in every page, before the page's own scripts.
    pub(super) async fn before_scripts(self, session: &WebDriver, function: &str) {
        match self {
            Engine::Chromium => chromium::before_scripts(session, function).await,
            Engine::Firefox => firefox::before_scripts(session, function).await,
        }
    }

    /// Makes the page so many CSS pixels large, at a scale of 2.
    pub(super) async fn resize(self, session: &WebDriver, width: u32, height: u32) {
        match self {
            Engine::Chromium => chromium::resize(session, width, height).await,
            Engine::Firefox => firefox::resize(session, width, height).await,
        }
    }

    /// Makes the device one with a screen of so many CSS pixels that fingers point at.
    pub(super) async fn hold(self, session: &WebDriver, width: u32, height: u32) {
        match self {
            Engine::Chromium => chromium::hold(session, width, height).await,
            Engine::Firefox => firefox::hold(session, width, height).await,
        }
    }

    pub(super) async fn wish(self, session: &WebDriver, wishes: Wishes) {
        match self {
            Engine::Chromium => chromium::wish(session, wishes).await,
            Engine::Firefox => firefox::wish(session, wishes).await,
        }
    }
}
