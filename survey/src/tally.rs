//! Defines what a response adds to the tallies, and the rows in which tallies are kept.

use crate::day::Day;
use crate::response::{Response, State, Value};

/// Counters in one tally row: enough for every value of every scale.
pub const CELLS: usize = 16;
/// The series that counts states; every other series is named after a question.
pub const STATES: &str = "";
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

/// What one response counts as: cells of series, each to be raised by one.
///
/// A number counts in the cell of its value, a text in cell 0. What does not fit, which
/// [`crate::accept()`] lets nothing be, counts nowhere.
pub fn marks(response: &Response) -> Vec<(&str, usize)> {
    let mut marks = vec![(STATES, SHOWN)];
    match response.state {
        State::Shown => {}
        State::Dismissed => marks.push((STATES, DISMISSED)),
        State::Answered => marks.push((STATES, ANSWERED)),
        State::Completed => marks.extend([(STATES, ANSWERED), (STATES, COMPLETED)]),
    }
    marks.extend(response.answers.iter().filter_map(|answer| {
        let cell = match &answer.value {
            Value::Number(number) => usize::try_from(*number).ok().filter(|cell| *cell < CELLS)?,
            Value::Text(_) => 0,
        };
        Some((answer.question.as_str(), cell))
    }));
    marks
}

/// Adds counters to counters.
pub fn add(sum: &mut Cells, more: &Cells) {
    for (sum, more) in sum.iter_mut().zip(more) {
        *sum += more;
    }
}
