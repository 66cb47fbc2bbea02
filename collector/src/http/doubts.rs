//! Answers that look like the work of a program. They are stored and acknowledged like all others,
//! but kept apart: left out of every number, the reason beside them, until their owner decides.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

use survey::response::Response;

use crate::signature::{About, age_ms};

/// Answered showings of one survey to one respondent within a day beyond which the next ones are
/// doubted. The widget asks nobody that often, unless asked for by a page; five leave room for a
/// person who tries it out on several devices.
const SHOWINGS_MAX: usize = 5;
const DAY_MS: i64 = 86_400_000;
/// Most respondents that are remembered: at least the last half as many who answered.
const RESPONDENTS_MAX: usize = 100_000;

/// What is remembered of who answered, for a day and in memory only.
#[derive(Default)]
pub(crate) struct Doubts {
    hashes: RandomState,
    answered: Mutex<Answered>,
}

/// Those who answered lately, and those before them, who are forgotten all at once.
#[derive(Default)]
struct Answered {
    lately: Respondents,
    before: Respondents,
}

/// Of each survey and respondent, hashed: the ids answered and when, in milliseconds.
type Respondents = HashMap<u64, Vec<(u64, i64)>, foldhash::fast::RandomState>;

impl Doubts {
    /// Why a response received at a time (milliseconds since 1970) is doubted, if it is.
    pub(super) fn about(&self, response: &Response, now_ms: i64) -> Option<String> {
        let Response { site, survey, respondent, id, .. } = response;
        let respondent = respondent.as_deref().filter(|_| response.is_answered())?;
        let who = self.hashes.hash_one((site, survey, respondent));
        let showings = self.showings(who, self.hashes.hash_one(id), now_ms);
        (showings > SHOWINGS_MAX)
            .then(|| format!("answer {showings} of one respondent within 24 hours"))
    }

    /// The place of an answered showing among those of the same respondent within a day.
    fn showings(&self, who: u64, showing: u64, now_ms: i64) -> usize {
        // Nothing panics while holding the lock.
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        let Answered { lately, before } = &mut *answered;
        if lately.len() >= RESPONDENTS_MAX / 2 && !lately.contains_key(&who) {
            std::mem::swap(lately, before);
            lately.clear();
        }
        let known = || before.remove(&who).unwrap_or_else(|| Vec::with_capacity(1));
        let showings = lately.entry(who).or_insert_with(known);
        let is_recent = |(_, at_ms): &(u64, i64)| now_ms - at_ms < DAY_MS;
        showings.retain(is_recent);
        let known = showings.iter().position(|(known, _)| *known == showing);
        let place = known.unwrap_or(showings.len());
        // Beyond the limit the exact number matters to nobody.
        if known.is_none() && place <= SHOWINGS_MAX {
            showings.push((showing, now_ms));
        }
        place + 1
    }
}

/// Why an answered response received at a time (milliseconds since 1970) is doubted where it has to
/// prove with the site's secret that a token was asked for, at least so many milliseconds ago.
pub(super) fn unproven(
    response: &Response,
    secret: &str,
    answer_min_ms: i64,
    now_ms: i64,
) -> Option<String> {
    let Some(token) = &response.token else {
        return Some("answered without a token of its showing".to_owned());
    };
    let about = About::Showing(&response.id);
    let Some(age_ms) = age_ms(secret, about, token, now_ms) else {
        return Some("answered with a token that is not of its showing".to_owned());
    };
    if age_ms >= about.good_for_ms() {
        let days = about.good_for_ms() / DAY_MS;
        return Some(format!("answered with a token that is more than {days} days old"));
    }
    // The clock of another collector may be a little ahead.
    (0..answer_min_ms).contains(&age_ms).then(|| {
        let [seconds, min] = [age_ms, answer_min_ms].map(|ms| ms as f64 / 1e3);
        format!("answered {seconds:.1} s after it got its token; a person needs {min} s")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature;

    fn answered(id: &str, respondent: &str) -> Response {
        let json = serde_json::json!({
            "id": id, "site": "acme", "survey": "nps", "state": "answered", "respondent": respondent,
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn the_sixth_answer_of_one_respondent_in_a_day_is_doubted() {
        let doubts = Doubts::default();
        let check = |id: &str, respondent: &str, now_ms: i64, expected: bool| {
            let found = doubts.about(&answered(id, respondent), now_ms);
            assert_eq!(found.is_some(), expected, "{id} {respondent} {now_ms}: {found:?}");
        };
        for id in ["1", "2", "3", "4", "5"] {
            check(id, "ann", 0, false);
        }
        check("6", "ann", 1, true);
        check("7", "ann", 2, true);
        check("5", "ann", 3, false);
        check("6", "bob", 3, false);
        check("8", "ann", DAY_MS, false);
    }

    #[test]
    fn an_answer_is_one_in_any_state() {
        let doubts = Doubts::default();
        for number in 1..=6 {
            let mut shown = answered(&number.to_string(), "ann");
            shown.state = survey::State::Shown;
            assert!(doubts.about(&shown, 0).is_none(), "nothing was answered");
            let answer = serde_json::json!({ "question": "nps", "value": 9 });
            shown.answers = vec![serde_json::from_value(answer).unwrap()];
            assert_eq!(doubts.about(&shown, 0).is_some(), number > SHOWINGS_MAX, "{number}");
        }
    }

    #[test]
    fn a_token_proves_its_own_showing_for_a_while() {
        let given = |id: &str| signature::token("secret", About::Showing(id), 0);
        let check = |token: Option<String>, now_ms: i64, expected: &str| {
            let response = Response { token, ..answered("1", "ann") };
            let doubt = unproven(&response, "secret", 1_500, now_ms).unwrap_or_default();
            assert_eq!(doubt, expected, "{now_ms}");
        };
        check(Some(given("1")), 1_500, "");
        check(Some(given("1")), 7 * DAY_MS - 1, "");
        check(Some(given("1")), -1, "");
        check(None, 1_500, "answered without a token of its showing");
        let others = "answered with a token that is not of its showing";
        check(Some(given("2")), 1_500, others);
        check(Some(String::new()), 1_500, others);
        let respondents = signature::token("secret", About::Respondent("ann"), 0);
        check(Some(respondents), 1_500, others);
        check(Some(given("1") + "0"), 1_500, others);
        let old = "answered with a token that is more than 7 days old";
        check(Some(given("1")), 7 * DAY_MS, old);
        let soon = |s: &str| format!("answered {s} s after it got its token; a person needs 1.5 s");
        check(Some(given("1")), 0, &soon("0.0"));
        check(Some(given("1")), 1_400, &soon("1.4"));
    }

    #[test]
    fn memory_is_bounded() {
        let doubts = Doubts::default();
        for number in 0..=RESPONDENTS_MAX {
            doubts.about(&answered("1", &number.to_string()), 0);
            doubts.about(&answered(&number.to_string(), "ann"), 0);
        }
        let remembered = doubts.answered.lock().unwrap();
        assert!(remembered.lately.len() + remembered.before.len() <= RESPONDENTS_MAX);
        drop(remembered);
        assert!(
            doubts.about(&answered("new", "ann"), 0).is_some(),
            "who comes often is remembered"
        );
    }
}
