//! Defines what a response adds to the tallies, and the rows in which tallies are kept.

use std::borrow::Cow;

use crate::day::Day;
use crate::definition::{Definition, Question};
use crate::response::{Response, State, Value};
use crate::scale::Scale;

/// Counters in one tally row: enough for every value of every scale.
pub const CELLS: usize = 16;
/// The series that counts states; every other series is named after a question.
pub const STATES: &str = "";
/// The series that counts the joint values of a two-question metric. No question's id is like it.
pub const METRIC: &str = "+";
/// The breakdown key of rows that count everybody.
pub const EVERYBODY: &str = "";
/// Most values of one breakdown key that are told apart.
pub const BUCKETS_MAX: usize = 1_000;
/// The bucket of values beyond [`BUCKETS_MAX`].
pub const OTHER_BUCKET: &str = "(other)";

/// Cell of [`STATES`]: every response.
pub const SHOWN: usize = 0;
/// Cell of [`STATES`]: responses with at least one answer.
pub const ANSWERED: usize = 1;
/// Cell of [`STATES`]: responses gone through to the end.
pub const COMPLETED: usize = 2;
/// Cell of [`STATES`]: responses closed without any answer.
pub const DISMISSED: usize = 3;

/// Cell of [`STATES`]: responses left out of every number.
pub const EXCLUDED: usize = 4;
/// Cell of [`STATES`]: those of the answered that were imported without showings.
pub const IMPORTED: usize = 5;
/// Cell of [`STATES`]: those of the completed that were imported without showings.
pub const IMPORTED_COMPLETED: usize = 6;

/// Counters by value (a question's) or by state.
pub type Cells = [i64; CELLS];

/// What was counted on one day, in one bucket of one breakdown, for one series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The day in the site's time zone.
    pub day: Day,
    /// The value of the breakdown key that was asked for; empty for everybody.
    pub bucket: String,
    /// [`STATES`] or a question's id.
    pub series: String,
    /// The counters.
    pub cells: Cells,
}

/// A response and how it is counted.
#[derive(Debug, Clone, Copy)]
pub struct Counted<'a> {
    /// The response.
    pub response: &'a Response,
    /// The definition it was asked with.
    pub definition: &'a Definition,
    /// Left out of every number.
    pub excluded: bool,
    /// Taken from a file that knows of no showings: it counts in scores and in no rate.
    pub imported: bool,
}

impl Counted<'_> {
    /// What the response counts as: cells of series, each to be raised by one.
    ///
    /// What does not fit, which [`crate::accept()`] lets nothing be, counts nowhere.
    pub fn marks(&self) -> Vec<(Cow<'_, str>, usize)> {
        if self.excluded {
            return vec![(STATES.into(), EXCLUDED)];
        }
        let mut marks: Vec<_> = self.states().iter().map(|cell| (STATES.into(), *cell)).collect();
        for answer in &self.response.answers {
            mark_answer(&answer.question, &answer.value, self.definition, &mut marks);
        }
        marks.extend(self.joint().map(|cell| (METRIC.into(), cell)));
        marks
    }

    fn states(&self) -> &'static [usize] {
        match (self.imported, self.response.state) {
            (false, State::Shown) => &[SHOWN],
            (false, State::Dismissed) => &[SHOWN, DISMISSED],
            (false, State::Answered) => &[SHOWN, ANSWERED],
            (false, State::Completed) => &[SHOWN, ANSWERED, COMPLETED],
            (true, State::Shown | State::Dismissed) => &[],
            (true, State::Answered) => &[ANSWERED, IMPORTED],
            (true, State::Completed) => &[ANSWERED, COMPLETED, IMPORTED, IMPORTED_COMPLETED],
        }
    }

    /// The joint value of both questions, when the survey measures one and both are answered.
    fn joint(&self) -> Option<usize> {
        let metric = self.definition.metric?;
        let [first, second] = self.definition.questions.as_slice() else { return None };
        let value = |question: &Question| {
            let answer = self.response.answers.iter().find(|it| it.question == question.id())?;
            let Value::Number(number) = answer.value else { return None };
            u8::try_from(number).ok()
        };
        metric.joint(value(first)?, value(second)?)
    }
}

fn mark_answer<'a>(
    question: &'a str,
    value: &'a Value,
    definition: &Definition,
    marks: &mut Vec<(Cow<'a, str>, usize)>,
) {
    let is_choice = || definition.question(question).is_some_and(|q| q.scale == Scale::Choice);
    let options = match value {
        Value::List(options) => options.as_slice(),
        Value::Text(option) if is_choice() => std::slice::from_ref(option),
        _ => &[],
    };
    let cell = match value {
        Value::Number(number) => usize::try_from(*number).unwrap_or(CELLS),
        Value::List(_) if !is_choice() => options.len(),
        _ => 0,
    };
    if cell < CELLS {
        marks.push((question.into(), cell));
        marks.extend(options.iter().map(|option| (option_series(question, option).into(), 0)));
    }
}

/// The series that counts in its cell 0 how often an option was chosen.
pub fn option_series(question: &str, option: &str) -> String {
    format!("{question}/{option}")
}

/// Adds counters to counters.
pub fn add(sum: &mut Cells, more: &Cells) {
    for (sum, more) in sum.iter_mut().zip(more) {
        *sum += more;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(metric: &str, state: &str, answers: &str, expected: &str) {
        let definition = format!(
            r#"{{"survey":"s","locale":"en","position":"bottom-end","metric":{metric},"questions":[
            {{"id":"a","scale":"agree","prompt":"a"}},{{"id":"b","scale":"agree","prompt":"b"}}]}}"#
        );
        let definition: Definition = serde_json::from_str(&definition).unwrap();
        let response = format!(
            r#"{{"id":"i","site":"a","survey":"s","state":"{state}","answers":[{answers}]}}"#
        );
        let response: Response = serde_json::from_str(&response).unwrap();
        let counted = Counted {
            response: &response,
            definition: &definition,
            excluded: false,
            imported: false,
        };
        let show = |marks: Vec<(Cow<str>, usize)>| {
            marks
                .iter()
                .map(|(series, cell)| format!("{series}:{cell}"))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(show(counted.marks()), expected, "{answers}");
        assert_eq!(show(Counted { excluded: true, ..counted }.marks()), ":4");
        let imported = Counted { imported: true, ..counted };
        assert!(imported.marks().iter().all(|mark| *mark != (STATES.into(), SHOWN)));
    }

    #[test]
    fn a_response_counts_as_its_state_its_values_and_their_joint() {
        let (a, b) = (r#"{"question":"a","value":6}"#, r#"{"question":"b","value":7}"#);
        check("null", "shown", "", ":0");
        check("null", "dismissed", "", ":0 :3");
        check("null", "answered", a, ":0 :1 a:6");
        check("null", "completed", &format!("{a},{b}"), ":0 :1 :2 a:6 b:7");
        check("\"value_enhancement\"", "answered", a, ":0 :1 a:6");
        check("\"value_enhancement\"", "completed", &format!("{b},{a}"), ":0 :1 :2 b:7 a:6 +:13");
    }

    #[test]
    fn options_count_each_and_how_many() {
        let definition = r#"{"survey":"s","locale":"en","position":"bottom-end","questions":[
            {"id":"p","scale":"problems","prompt":"a"},{"id":"c","scale":"choice","prompt":"b"}]}"#;
        let definition: Definition = serde_json::from_str(definition).unwrap();
        let response = r#"{"id":"i","site":"a","survey":"s","state":"answered","answers":[
            {"question":"p","value":["x","y"]},{"question":"c","value":"z"}]}"#;
        let response: Response = serde_json::from_str(response).unwrap();
        let counted = Counted {
            response: &response,
            definition: &definition,
            excluded: false,
            imported: false,
        };
        let marks = counted.marks();
        let found: Vec<_> = marks.iter().map(|(series, cell)| (series.as_ref(), *cell)).collect();
        let expected = [("", 0), ("", 1), ("p", 2), ("p/x", 0), ("p/y", 0), ("c", 0), ("c/z", 0)];
        assert_eq!(found, expected);
    }
}
