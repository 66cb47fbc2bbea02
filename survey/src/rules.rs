//! Defines [`Rules`], the table the loader carries, and [`Rule::verdict`], whether a survey is due.
//!
//! A rule is a map from the name of a condition to its value; a survey is due when what it waits
//! for has happened and all its conditions hold. The loader decides the same in JavaScript
//! (`widget/loader/rules.js`), because a page on which nothing is due must not download
//! WebAssembly. Both run the vectors of `golden/rules.json`.

use serde::{Deserialize, Serialize};

use crate::audience::{self, Given, Tests};
use crate::condition;
use crate::day::Day;
use crate::definition::Survey;
use crate::show::Device;
use crate::site::Storage;

/// Milliseconds in a day.
pub const DAY_MS: f64 = 86_400_000.0;

/// What the loader of a site knows: which surveys are live, and when each is due.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// The site's key.
    pub site: String,
    /// Whether anything may be kept in visitors' browsers.
    #[serde(default, skip_serializing_if = "Storage::is_local")]
    pub storage: Storage,
    /// Whether a visitor's Global Privacy Control is honoured.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub respect_gpc: bool,
    /// Whether the widget asks for a token for every showing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub proof: bool,
    /// The live surveys, most urgent first.
    pub surveys: Vec<Rule>,
}

/// When one survey is due. What is left out does not matter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The survey's id.
    pub id: String,
    /// The version of its current definition.
    pub version: String,
    /// Trigger: this event. Without any trigger it is the page's load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Trigger: a click on an element that this selector matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub click: Option<String>,
    /// Trigger: an element that this selector matches is seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible: Option<String>,
    /// Trigger: so much of the page's height has come into view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scroll_percent: Option<f64>,
    /// Trigger: the page has been in the foreground for so long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_on_page_seconds: Option<f64>,
    /// Trigger: the mouse leaves the page at its top.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exit_intent: bool,
    /// Milliseconds between the trigger and showing.
    pub delay_ms: u32,
    /// What the properties of the event have to be.
    #[serde(default, skip_serializing_if = "Tests::is_empty")]
    pub properties: Tests,
    /// Events none of which may have been tracked on the page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cancel: Vec<String>,
    /// Globs one of which the page has to match, and with a `!` before it none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<String>,
    /// The devices it is for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<Device>,
    /// The locales it is for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locales: Vec<String>,
    /// What the visitor's attributes have to be.
    #[serde(default, skip_serializing_if = "Tests::is_empty")]
    pub audience: Tests,
    /// How old the visitor's account has to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_age_days: Option<Span>,
    /// Days of the visitor's week, from 1 for Monday to 7 for Sunday.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<u8>,
    /// The part of the visitor's day, in minutes since midnight: from, until.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<[u16; 2]>,
    /// Not before this time, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<f64>,
    /// Not from this time on, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<f64>,
    /// Share of respondents who are asked; left out when it is everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<f64>,
    /// Days of quiet after an answer.
    pub answered_days: f64,
    /// Days of quiet after a dismissal.
    pub dismissed_days: f64,
    /// Days of quiet after any other survey of the site was shown.
    #[serde(default, skip_serializing_if = "crate::site::is_zero")]
    pub budget_days: f64,
}

/// How much there has to be of something.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// Not less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 36_500)))]
    pub at_least: Option<f64>,
    /// Not more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 36_500)))]
    pub at_most: Option<f64>,
}

/// What is known of a respondent and the page when a trigger fires.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Visit {
    /// The trigger that fired, one of [`TRIGGERS`]; `None` for an event and for the page's load.
    pub trigger: Option<String>,
    /// The event that was tracked.
    pub event: Option<String>,
    /// Its properties.
    pub properties: Given,
    /// All events that were tracked on the page so far.
    pub events: Vec<String>,
    /// The page's path, decoded.
    pub path: String,
    /// Its query with the `?` before it, decoded; empty when there is none.
    pub query: String,
    /// Its fragment with the `#` before it, decoded; empty when there is none.
    pub fragment: String,
    /// Whether the visitor points with a finger.
    pub touch: bool,
    /// The shorter side of the screen, in CSS pixels.
    pub screen_pixels: f64,
    /// The visitor's locale.
    pub locale: String,
    /// What the host page says about the visitor.
    pub attributes: Given,
    /// When their account was made, in milliseconds since 1970.
    pub created_at: Option<f64>,
    /// The time, in milliseconds since 1970.
    pub now: f64,
    /// Minutes that the visitor's clock is ahead of UTC.
    pub utc_offset_minutes: f64,
    /// The respondent's own draw for this survey, 0 ≤ draw < 1.
    pub draw: f64,
    /// When they last answered this survey, in milliseconds since 1970.
    pub answered_at: Option<f64>,
    /// When they last dismissed this survey.
    pub dismissed_at: Option<f64>,
    /// When they were last shown any other survey of the site.
    pub other_shown_at: Option<f64>,
}

/// What a survey can wait for in the page, apart from its load and from events, as rules name it.
pub const TRIGGERS: [&str; 5] =
    ["click", "visible", "scroll_percent", "time_on_page_seconds", "exit_intent"];

/// A condition of a rule.
pub struct Condition {
    /// How rules name it.
    pub name: &'static str,
    /// The fields of a [`Visit`] that it looks at, apart from the time.
    pub about: &'static [&'static str],
    /// Whether it holds.
    holds: fn(&Rule, &Visit) -> bool,
}

/// The conditions in the order in which they are asked. Drawing for the sample leaves a trace in
/// the browser, so it comes after all that leaves none.
pub const CONDITIONS: [Condition; 15] = [
    Condition {
        name: "properties",
        about: &["properties"],
        holds: |rule, visit| audience::hold(&rule.properties, &visit.properties),
    },
    Condition {
        name: "cancel",
        about: &["events"],
        holds: |rule, visit| condition::cancel(&rule.cancel, visit),
    },
    Condition {
        name: "pages",
        about: &["path", "query", "fragment"],
        holds: |rule, visit| condition::pages(&rule.pages, visit),
    },
    Condition {
        name: "devices",
        about: &["touch", "screen_pixels"],
        holds: |rule, visit| condition::devices(&rule.devices, visit),
    },
    Condition {
        name: "locales",
        about: &["locale"],
        holds: |rule, visit| condition::locales(&rule.locales, visit),
    },
    Condition {
        name: "audience",
        about: &["attributes"],
        holds: |rule, visit| audience::hold(&rule.audience, &visit.attributes),
    },
    Condition {
        name: "account_age_days",
        about: &["created_at"],
        holds: |rule, visit| {
            rule.account_age_days.is_none_or(|span| condition::account_age(span, visit))
        },
    },
    Condition {
        name: "weekdays",
        about: &["utc_offset_minutes"],
        holds: |rule, visit| condition::weekdays(&rule.weekdays, visit),
    },
    Condition {
        name: "hours",
        about: &["utc_offset_minutes"],
        holds: |rule, visit| rule.hours.is_none_or(|hours| condition::hours(hours, visit)),
    },
    Condition {
        name: "starts",
        about: &[],
        holds: |rule, visit| rule.starts.is_none_or(|starts| visit.now >= starts),
    },
    Condition {
        name: "ends",
        about: &[],
        holds: |rule, visit| rule.ends.is_none_or(|ends| visit.now < ends),
    },
    Condition {
        name: "sample",
        about: &["draw"],
        holds: |rule, visit| rule.sample.is_none_or(|sample| visit.draw < sample),
    },
    Condition {
        name: "answered_days",
        about: &["answered_at"],
        holds: |rule, visit| condition::quiet(rule.answered_days, visit.answered_at, visit),
    },
    Condition {
        name: "dismissed_days",
        about: &["dismissed_at"],
        holds: |rule, visit| condition::quiet(rule.dismissed_days, visit.dismissed_at, visit),
    },
    Condition {
        name: "budget_days",
        about: &["other_shown_at"],
        holds: |rule, visit| condition::quiet(rule.budget_days, visit.other_shown_at, visit),
    },
];

impl Rule {
    /// The rule of a survey. `starts_at` tells when a day starts in the site's time zone, in
    /// milliseconds since 1970.
    pub fn of(
        survey: &Survey,
        version: String,
        budget_days: f64,
        starts_at: &dyn Fn(Day) -> f64,
    ) -> Rule {
        let show = survey.show.clone();
        Rule {
            id: survey.id.clone(),
            version,
            delay_ms: show.delay_ms(),
            event: show.event,
            click: show.click,
            visible: show.visible,
            scroll_percent: show.scroll_percent,
            time_on_page_seconds: show.time_on_page_seconds,
            exit_intent: show.exit_intent,
            properties: show.properties,
            cancel: show.cancel,
            pages: show.pages,
            devices: show.devices,
            locales: show.locales,
            audience: survey.audience.clone(),
            account_age_days: survey.account_age_days,
            weekdays: show.weekdays.into_iter().map(|weekday| weekday as u8).collect(),
            hours: show.hours.map(|hours| [hours.from.0, hours.until.0]),
            starts: survey.starts.map(starts_at),
            ends: survey.ends.map(|last| starts_at(last.plus(1))),
            sample: (survey.sample < 1.0).then_some(survey.sample),
            answered_days: survey.again.answered_days,
            dismissed_days: survey.again.dismissed_days,
            budget_days,
        }
    }

    /// What holds the survey back: `event` when it waits for something else than what happened,
    /// else the first of [`CONDITIONS`] that does not hold, without its unit. `None` when it is due.
    pub fn verdict(&self, visit: &Visit) -> Option<&'static str> {
        if !self.is_triggered(visit) {
            return Some("event");
        }
        let refused = CONDITIONS.iter().find(|condition| !(condition.holds)(self, visit))?;
        Some(refused.name.trim_end_matches("_days"))
    }

    /// Whether what happened is what the survey waits for.
    fn is_triggered(&self, visit: &Visit) -> bool {
        match (&visit.trigger, &visit.event) {
            (Some(trigger), _) => self.triggers().contains(&trigger.as_str()),
            (None, Some(event)) => self.event.as_ref() == Some(event),
            (None, None) => self.event.is_none() && self.triggers().is_empty(),
        }
    }

    /// Those of [`TRIGGERS`] that it waits for.
    fn triggers(&self) -> Vec<&'static str> {
        let waits = [
            self.click.is_some(),
            self.visible.is_some(),
            self.scroll_percent.is_some(),
            self.time_on_page_seconds.is_some(),
            self.exit_intent,
        ];
        TRIGGERS.into_iter().zip(waits).filter(|(_, waits)| *waits).map(|(name, _)| name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Vector {
        name: String,
        rule: Rule,
        #[serde(default)]
        budget_days: f64,
        visit: Visit,
        expected: String,
    }

    #[test]
    fn golden_vectors_hold() {
        let vectors: Vec<Vector> =
            serde_json::from_str(include_str!("../golden/rules.json")).unwrap();
        for mut vector in vectors {
            vector.rule.budget_days += vector.budget_days;
            let found = vector.rule.verdict(&vector.visit).unwrap_or("due");
            assert_eq!(found, vector.expected, "{}", vector.name);
        }
    }

    #[test]
    fn every_condition_has_vectors_that_hold_and_that_do_not() {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../golden/rules.json")).unwrap();
        for Condition { name, .. } in CONDITIONS {
            let concerned = |vector: &&serde_json::Value| {
                vector["rule"].get(name).or(vector.get(name)).is_some()
            };
            let verdicts: Vec<&str> = vectors
                .as_array()
                .unwrap()
                .iter()
                .filter(concerned)
                .filter_map(|vector| vector["expected"].as_str())
                .collect();
            assert!(verdicts.contains(&"due"), "{name} holds in no vector");
            let refused = name.trim_end_matches("_days");
            assert!(verdicts.contains(&refused), "{name} holds in every vector");
        }
    }
}
