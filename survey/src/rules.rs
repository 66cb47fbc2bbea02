//! Defines [`Rules`], the table the loader carries, and [`Rule::verdict`], whether a survey is due.
//!
//! The loader decides the same in JavaScript (`widget/loader/rules.js`), because a page on which
//! nothing is due must not download WebAssembly. Both run the vectors of `golden/rules.json`.

use serde::{Deserialize, Serialize};

use crate::definition::Survey;
use crate::site::Storage;

/// Milliseconds in a day.
pub const DAY_MS: f64 = 86_400_000.0;

/// What the loader of a site knows: which surveys are live, and when each is due.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// The site's key.
    pub site: String,
    /// Days of quiet between any two surveys for one respondent.
    #[serde(default, skip_serializing_if = "crate::site::is_zero")]
    pub budget_days: f64,
    /// Whether anything may be kept in visitors' browsers.
    #[serde(default, skip_serializing_if = "Storage::is_local")]
    pub storage: Storage,
    /// Whether a visitor's Global Privacy Control is honoured.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub respect_gpc: bool,
    /// The live surveys, most urgent first.
    pub surveys: Vec<Rule>,
}

/// When one survey is due.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The survey's id.
    pub id: String,
    /// The version of its current definition.
    pub version: String,
    /// The event to wait for; without it the page's load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Globs one of which the page's path has to match; empty for every page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<String>,
    /// Milliseconds between the trigger and showing.
    pub delay_ms: u32,
    /// Days of quiet after an answer.
    pub answered_days: f64,
    /// Days of quiet after a dismissal.
    pub dismissed_days: f64,
    /// Share of respondents who are asked; left out when it is everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<f64>,
}

/// What is known of a respondent and the page when a trigger fires.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Visit {
    /// The page's path.
    pub path: String,
    /// The event that was tracked; `None` for the page's load.
    pub event: Option<String>,
    /// The time, in milliseconds since 1970.
    pub now: f64,
    /// The respondent's own draw for this survey, 0 ≤ draw < 1.
    pub draw: f64,
    /// When they last answered this survey, in milliseconds since 1970.
    pub answered_at: Option<f64>,
    /// When they last dismissed this survey.
    pub dismissed_at: Option<f64>,
    /// When they were last shown any other survey of the site.
    pub other_shown_at: Option<f64>,
}

/// Whether a survey is due, and which rule holds it back if not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is.
    Due,
    /// It waits for another trigger.
    Event,
    /// It belongs on other pages.
    Pages,
    /// The respondent is not in the sample.
    Sample,
    /// They answered it not long ago.
    Answered,
    /// They dismissed it not long ago.
    Dismissed,
    /// They were shown another survey not long ago.
    Budget,
}

impl Rule {
    /// The rule of a survey.
    pub fn of(survey: &Survey, version: String) -> Rule {
        Rule {
            id: survey.id.clone(),
            version,
            event: survey.show.event.clone(),
            pages: survey.show.pages.clone(),
            delay_ms: survey.show.delay_ms(),
            answered_days: survey.again.answered_days,
            dismissed_days: survey.again.dismissed_days,
            sample: (survey.sample < 1.0).then_some(survey.sample),
        }
    }

    /// Whether the survey is due for this visit; the first rule that says no is named.
    pub fn verdict(&self, visit: &Visit, budget_days: f64) -> Verdict {
        let recent =
            |at: Option<f64>, days: f64| at.is_some_and(|at| visit.now - at < days * DAY_MS);
        let off_page = !self.pages.is_empty()
            && !self.pages.iter().any(|glob| matches_glob(glob, &visit.path));
        let rules = [
            (self.event != visit.event, Verdict::Event),
            (off_page, Verdict::Pages),
            (visit.draw >= self.sample.unwrap_or(1.0), Verdict::Sample),
            (recent(visit.answered_at, self.answered_days), Verdict::Answered),
            (recent(visit.dismissed_at, self.dismissed_days), Verdict::Dismissed),
            (recent(visit.other_shown_at, budget_days), Verdict::Budget),
        ];
        rules.iter().find(|(held_back, _)| *held_back).map_or(Verdict::Due, |(_, verdict)| *verdict)
    }
}

/// Whether a path matches a glob in which `*` stands for any characters, slashes included.
pub fn matches_glob(glob: &str, path: &str) -> bool {
    let mut parts = glob.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = path.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
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
        expected: Verdict,
    }

    #[test]
    fn golden_vectors_hold() {
        let vectors: Vec<Vector> =
            serde_json::from_str(include_str!("../golden/rules.json")).unwrap();
        for vector in vectors {
            let found = vector.rule.verdict(&vector.visit, vector.budget_days);
            assert_eq!(found, vector.expected, "{}", vector.name);
        }
    }

    #[test]
    fn globs_match_whole_paths() {
        let check = |glob: &str, path: &str, expected: bool| {
            assert_eq!(matches_glob(glob, path), expected, "{glob} for {path}");
        };
        check("/", "/", true);
        check("/", "/shop", false);
        check("/shop/*", "/shop/done/1", true);
        check("/shop/*", "/shop", false);
        check("*/done", "/shop/done", true);
        check("/a*b*c", "/abc", true);
        check("/a*b*c", "/a-b", false);
        check("/ab*ba", "/aba", false);
        check("*", "", true);
    }
}
