//! Defines [`Standing`]: whether a survey is asked at all, whatever its rules say.

use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::definition::Survey;

/// Whether a survey is asked at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is.
    Live,
    /// Its owner has paused it.
    Paused,
    /// Its first day is still to come.
    Waiting,
    /// Its last day is over.
    Ended,
    /// As many have answered as were wanted.
    Full,
    /// It is no longer in its site's file.
    Removed,
}

impl Survey {
    /// How it stands on a day, in the site's time zone, when so many have answered.
    pub fn standing(&self, today: Day, answered: u64) -> Standing {
        if !self.active {
            Standing::Paused
        } else if self.ends.is_some_and(|last| today > last) {
            Standing::Ended
        } else if self.responses_max.is_some_and(|most| answered >= most) {
            Standing::Full
        } else if self.starts.is_some_and(|first| today < first) {
            Standing::Waiting
        } else {
            Standing::Live
        }
    }
}

impl Standing {
    /// Whether it will not be asked again until its owner changes it.
    pub fn is_over(self) -> bool {
        !matches!(self, Standing::Live | Standing::Waiting)
    }

    /// What is said of it, as in "the survey …".
    pub fn words(self) -> &'static str {
        match self {
            Standing::Live => "is asked",
            Standing::Paused => "is paused",
            Standing::Waiting => "has not begun",
            Standing::Ended => "has ended",
            Standing::Full => "has all the responses that were wanted",
            Standing::Removed => "is no longer one of the site",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_survey_stands_as_its_days_and_its_limit_say() {
        let check = |fields: &str, today: &str, answered: u64, expected: Standing| {
            let json = format!(r#"{{"id":"s","questions":[]{fields}}}"#);
            let survey: Survey = serde_json::from_str(&json).unwrap();
            assert_eq!(survey.standing(today.parse().unwrap(), answered), expected, "{json}");
        };
        check("", "2026-03-31", 1_000, Standing::Live);
        check(r#","active":false"#, "2026-03-31", 0, Standing::Paused);
        check(r#","starts":"2026-03-31","ends":"2026-03-31""#, "2026-03-31", 0, Standing::Live);
        check(r#","starts":"2026-04-01""#, "2026-03-31", 0, Standing::Waiting);
        check(r#","ends":"2026-03-30""#, "2026-03-31", 0, Standing::Ended);
        check(r#","responses_max":10"#, "2026-03-31", 9, Standing::Live);
        check(r#","responses_max":10"#, "2026-03-31", 10, Standing::Full);
    }
}
