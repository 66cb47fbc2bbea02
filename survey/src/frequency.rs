//! Decides whether a respondent may be asked again, by what is stored of them: the same limits as
//! in [`crate::rules`], for all of a named respondent's devices.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::response::{Response, State};
use crate::rules::DAY_MS;
use crate::site::Site;

/// What happened with one survey, last. Times are milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Past {
    /// When it was shown.
    pub shown_at: i64,
    /// When it was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<i64>,
    /// When it was closed without an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dismissed_at: Option<i64>,
}

/// What happened with each survey, from responses and the times at which they were given.
pub fn past<'a>(
    responses: impl IntoIterator<Item = (&'a Response, i64)>,
) -> BTreeMap<String, Past> {
    let mut past: BTreeMap<String, Past> = BTreeMap::new();
    for (response, at) in responses {
        let last = past.entry(response.survey.clone()).or_default();
        last.shown_at = last.shown_at.max(at);
        match response.state {
            State::Shown => {}
            State::Dismissed => last.dismissed_at = last.dismissed_at.max(Some(at)),
            State::Answered | State::Completed => last.answered_at = last.answered_at.max(Some(at)),
        }
    }
    past
}

/// Whether a survey of a site may be shown to a respondent with this past: it is asked at all, was
/// not answered or dismissed too short a time ago, and no other one was shown within the budget.
pub fn may_show(site: &Site, survey: &str, past: &BTreeMap<String, Past>, now_ms: i64) -> bool {
    let Some(survey) = site.survey(survey).filter(|survey| survey.active) else { return false };
    let recent = |at: i64, days: f64| ((now_ms - at) as f64) < days * DAY_MS;
    let own = past.get(&survey.id).copied().unwrap_or_default();
    let is_recent = |at: Option<i64>, days: f64| at.is_some_and(|at| recent(at, days));
    let others = past.iter().filter(|(id, _)| **id != survey.id);
    !is_recent(own.answered_at, survey.again.answered_days)
        && !is_recent(own.dismissed_at, survey.again.dismissed_days)
        && !is_recent(others.map(|(_, other)| other.shown_at).max(), site.budget)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;
    const NOW: i64 = 20_000 * DAY;

    /// The surveys that may be shown, after things that happened so many days ago.
    fn check(happened: &[(&str, &str, i64)], expected: &[&str]) {
        let survey = |id: &str, rest: &str| {
            format!(r#"{{"id":"{id}","questions":[{{"scale":"nps","prompt":"?"}}]{rest}}}"#)
        };
        let again = r#","again":{"answered_days":90,"dismissed_days":30}"#;
        let surveys = [survey("a", again), survey("b", again), survey("c", r#","active":false"#)];
        let site = format!(
            r#"{{"site":"s","origins":["*"],"budget":7,"surveys":[{}]}}"#,
            surveys.join(",")
        );
        let site: Site = serde_json::from_str(&site).unwrap();
        let response = |(survey, state, days): &(&str, &str, i64)| {
            let json = format!(r#"{{"id":"","site":"s","survey":"{survey}","state":"{state}"}}"#);
            (serde_json::from_str::<Response>(&json).unwrap(), NOW - days * DAY)
        };
        let responses: Vec<_> = happened.iter().map(response).collect();
        let past = past(responses.iter().map(|(response, at)| (response, *at)));
        let all = ["a", "b", "c", "unknown"];
        let found: Vec<_> = all.into_iter().filter(|id| may_show(&site, id, &past, NOW)).collect();
        assert_eq!(found, expected, "{happened:?}");
    }

    #[test]
    fn limits_hold_over_all_responses() {
        check(&[], &["a", "b"]);
        check(&[("a", "answered", 89)], &["b"]);
        check(&[("a", "completed", 90)], &["a", "b"]);
        check(&[("a", "completed", 200), ("a", "answered", 8)], &["b"]);
        check(&[("a", "dismissed", 29)], &["b"]);
        check(&[("a", "dismissed", 30)], &["a", "b"]);
        check(&[("a", "shown", 6)], &["a"]);
        check(&[("a", "shown", 7)], &["a", "b"]);
        check(&[("a", "answered", 3)], &[]);
        check(&[("gone", "answered", 1)], &[]);
    }
}
