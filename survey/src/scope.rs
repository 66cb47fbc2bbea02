//! Defines [`Scope`], what a summary is to cover: which days, in periods of which length, compared
//! with which others.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::site::WeekDay;

/// Days in the range when none is asked for, today included.
pub const DAYS_DEFAULT: i32 = 90;
/// Most days in a range: ten years.
pub const DAYS_MAX: i32 = 3_660;

/// Days from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
}

impl Range {
    /// The range asked for, where a missing `to` means `today` and a missing `from` the
    /// [`DAYS_DEFAULT`] days up to `to`.
    ///
    /// # Errors
    /// The name of the field at fault and what would be right.
    pub fn new(
        from: Option<Day>,
        to: Option<Day>,
        today: Day,
    ) -> Result<Range, (&'static str, String)> {
        let to = to.unwrap_or(today);
        let from = from.unwrap_or(to.plus(1 - DAYS_DEFAULT));
        if from > to {
            return Err(("from", format!("from {from} is after to {to}: swap them")));
        }
        let range = Range { from, to };
        if range.days() > DAYS_MAX {
            let detail =
                format!("{from} to {to} are {} days: ask for at most {DAYS_MAX}", range.days());
            return Err(("from", detail));
        }
        Ok(range)
    }

    /// How many days.
    pub fn days(&self) -> i32 {
        self.to.0 - self.from.0 + 1
    }

    /// The same number of days directly before.
    pub fn previous(&self) -> Range {
        Range { from: self.from.plus(-self.days()), to: self.from.plus(-1) }
    }

    pub(crate) fn contains(&self, day: Day) -> bool {
        self.from <= day && day <= self.to
    }

    /// What is left of it without the days of another range.
    fn without(self, other: Range) -> impl Iterator<Item = Range> {
        let before = Range { to: self.to.min(other.from.plus(-1)), ..self };
        let after = Range { from: self.from.max(other.to.plus(1)), ..self };
        [before, after].into_iter().filter(|left| left.from <= left.to)
    }
}

/// How long a period of the trend is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// A day.
    #[default]
    Day,
    /// A week, from the site's first day of one.
    Week,
    /// A calendar month.
    Month,
}

impl Every {
    /// The first day of the period after the one a day is in.
    pub(crate) fn next(self, day: Day, first: WeekDay) -> Day {
        match self {
            Every::Day => day.plus(1),
            Every::Week => day.week_start(first).plus(7),
            Every::Month => day.next_month(),
        }
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Every::Day => "day",
            Every::Week => "week",
            Every::Month => "month",
        })
    }
}

/// What a summary is to cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// The days.
    pub range: Range,
    /// The length of the trend's periods.
    pub every: Every,
    /// The days to compare with.
    pub compare: Option<Range>,
}

impl Scope {
    /// The ranges whose tallies are needed. No day is in two of them, or it would count twice.
    pub fn ranges(&self) -> impl Iterator<Item = Range> {
        let earlier = self.compare.into_iter().flat_map(|earlier| earlier.without(self.range));
        std::iter::once(self.range).chain(earlier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_day_is_read_twice() {
        let check = |earlier: (i32, i32), expected: &[(i32, i32)]| {
            let range = |(from, to)| Range { from: Day(from), to: Day(to) };
            let scope =
                Scope { range: range((10, 20)), every: Every::Day, compare: Some(range(earlier)) };
            let found: Vec<_> = scope.ranges().map(|range| (range.from.0, range.to.0)).collect();
            assert_eq!(found, [&[(10, 20)], expected].concat(), "{earlier:?}");
        };
        check((1, 9), &[(1, 9)]);
        check((1, 10), &[(1, 9)]);
        check((12, 15), &[]);
        check((10, 20), &[]);
        check((20, 30), &[(21, 30)]);
        check((21, 30), &[(21, 30)]);
        check((5, 25), &[(5, 9), (21, 25)]);
    }
}
