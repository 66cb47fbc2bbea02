//! Defines [`Show`], what makes a survey appear, and [`Again`], when it may appear again.

use serde::{Deserialize, Serialize};

use crate::audience::Tests;
use crate::hours::Hours;

/// Days until a respondent who answered may be asked again.
const ANSWERED_DAYS: f64 = 90.0;
/// Days until a respondent who closed the survey unanswered may be asked again.
const DISMISSED_DAYS: f64 = 30.0;
/// Seconds between page load and showing, where nothing else is waited for.
const DELAY_SECONDS: f64 = 2.0;

/// What makes a survey appear. Of several triggers any one will do; all else has to hold, too.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Show {
    /// Trigger: this event, reported by `nabz.track("…")`. Without any trigger: the page's load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 64)))]
    pub event: Option<String>,
    /// Trigger: a click on an element that this CSS selector matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 200)))]
    pub click: Option<String>,
    /// Trigger: an element that this CSS selector matches is seen, half of it or half the screen
    /// full; it may come later than the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 200)))]
    pub visible: Option<String>,
    /// Trigger: so many percent of the page's height have come into view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub scroll_percent: Option<f64>,
    /// Trigger: the page has been in the foreground for so many seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 86_400)))]
    pub time_on_page_seconds: Option<f64>,
    /// Trigger: the mouse leaves the page at its top, as on the way to close it. There is no such
    /// thing on a touch screen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exit_intent: bool,
    /// Seconds to wait after the trigger. Without it: 2 after a page load, else 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 86_400)))]
    pub delay_seconds: Option<f64>,
    /// What the properties of the event have to be, as in
    /// `nabz.track("order_completed", { total: 12 })`. Written like `audience`.
    #[serde(default, skip_serializing_if = "Tests::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 10)))]
    pub properties: Tests,
    /// Events after which it stays away until the next page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 20), inner(length(min = 1, max = 64))))]
    pub cancel: Vec<String>,
    /// Only on pages whose path matches one of these; `*` stands for any characters. With a `?` in
    /// it the query counts too, with a `#` the fragment. A leading `!` excludes pages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 50), inner(length(min = 1, max = 500))))]
    pub pages: Vec<String>,
    /// Only on these devices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 3)))]
    pub devices: Vec<Device>,
    /// Only in these locales; `pt` covers `pt-BR`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 50), inner(length(min = 2, max = 35))))]
    pub locales: Vec<String>,
    /// Only on these days of the week, by the visitor's clock.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 7)))]
    pub weekdays: Vec<Weekday>,
    /// Only at these hours, by the visitor's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
}

impl Show {
    /// Whether the page's load is the trigger: there is no other.
    pub fn is_at_load(&self) -> bool {
        let Show { event, click, visible, scroll_percent, time_on_page_seconds, .. } = self;
        let named = event.is_some() || click.is_some() || visible.is_some();
        let measured = scroll_percent.is_some() || time_on_page_seconds.is_some();
        !(named || measured || self.exit_intent)
    }

    /// Milliseconds to wait after the trigger.
    pub fn delay_ms(&self) -> u32 {
        let default = if self.is_at_load() { DELAY_SECONDS } else { 0.0 };
        (self.delay_seconds.unwrap_or(default) * 1000.0).round() as u32
    }
}

/// When the same respondent may be asked again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Again {
    /// Days after an answer.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 3650)))]
    pub answered_days: f64,
    /// Days after closing the survey unanswered.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 3650)))]
    pub dismissed_days: f64,
}

impl Default for Again {
    fn default() -> Again {
        Again { answered_days: ANSWERED_DAYS, dismissed_days: DISMISSED_DAYS }
    }
}

/// A kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Device {
    /// A touch screen less than 600 CSS pixels wide, or high.
    Phone,
    /// A larger touch screen.
    Tablet,
    /// A screen with a mouse or the like.
    Desktop,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// The first, as ISO 8601 counts them.
    Monday = 1,
    /// The second.
    Tuesday,
    /// The third.
    Wednesday,
    /// The fourth.
    Thursday,
    /// The fifth.
    Friday,
    /// The sixth.
    Saturday,
    /// The seventh.
    Sunday,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_depends_on_the_trigger() {
        let check = |show: &str, expected: u32| {
            assert_eq!(serde_json::from_str::<Show>(show).unwrap().delay_ms(), expected, "{show}");
        };
        check("{}", 2000);
        check(r#"{"pages":["/"],"delay_seconds":0.5}"#, 500);
        check(r#"{"event":"done"}"#, 0);
        check(r#"{"event":"done","delay_seconds":1.5}"#, 1500);
        check(r##"{"click":"#help"}"##, 0);
        check(r#"{"exit_intent":true}"#, 0);
        check(r#"{"scroll_percent":50}"#, 0);
    }
}
