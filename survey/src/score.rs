//! Defines [`Distribution`], how often each value was given, and the [`Score`] it comes to.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::definition::Question;
use crate::interval::{self, Interval};
use crate::scale::{Group, Scale};
use crate::tally::Cells;

/// Below this many answers a score is marked as thin.
pub const THIN: i64 = 30;

/// What a score measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// % promoters − % detractors, −100…100 (Reichheld 2003).
    Nps,
    /// % satisfied, 0…100.
    Csat,
    /// Mean effort, 1…7, lower is better (Dixon et al. 2010).
    Effort,
}

impl Kind {
    /// The kind of score a scale gives; `None` for free text.
    pub fn of(scale: Scale) -> Option<Kind> {
        match scale {
            Scale::Nps => Some(Kind::Nps),
            Scale::Faces => Some(Kind::Csat),
            Scale::Effort => Some(Kind::Effort),
            Scale::Text => None,
        }
    }
}

/// A number with its 95 % interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// What it measures.
    pub kind: Kind,
    /// The score, unrounded; `None` when nobody answered.
    pub value: Option<f64>,
    /// The interval's lower end.
    pub low: Option<f64>,
    /// The interval's upper end.
    pub high: Option<f64>,
    /// Whether fewer than [`THIN`] answers stand behind it.
    pub thin: bool,
}

/// A share of the answers in percent, 0…100, with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// The share.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// The difference between two scores of one question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The score now minus the score before; `None` when either has no answers.
    pub change: Option<f64>,
    /// The 95 % interval's lower end.
    pub low: Option<f64>,
    /// The 95 % interval's upper end.
    pub high: Option<f64>,
    /// Whether the interval leaves out 0.
    pub significant: bool,
}

/// How often each value of a question was given.
#[derive(Debug, Clone, Copy)]
pub struct Distribution<'a> {
    question: &'a Question,
    cells: &'a Cells,
}

impl<'a> Distribution<'a> {
    /// The distribution that tallied `cells` of a question describe.
    pub fn new(question: &'a Question, cells: &'a Cells) -> Self {
        Distribution { question, cells }
    }

    /// Each value of the scale with how often it was given; nothing for free text.
    pub fn counts(&self) -> impl Iterator<Item = (u8, i64)> + '_ {
        self.question
            .range()
            .into_iter()
            .flatten()
            .map(|value| (value, self.cells[usize::from(value)]))
    }

    /// How many answered the question.
    pub fn answered(&self) -> i64 {
        match self.question.scale {
            Scale::Text => self.cells[0],
            _ => self.counts().map(|(_, count)| count).sum(),
        }
    }

    /// Each group of the scale with how many answers fell into it, best first.
    pub fn groups(&self) -> Vec<(Group, i64)> {
        let size = |group| {
            let of_group = |&(value, _): &(u8, i64)| self.question.group(value) == Some(group);
            self.counts().filter(of_group).map(|(_, count)| count).sum()
        };
        self.question.scale.groups().iter().map(|&group| (group, size(group))).collect()
    }

    /// The share of each group; empty when nobody answered.
    pub fn shares(&self) -> BTreeMap<Group, Share> {
        let n = self.answered() as f64;
        let shares = self.groups().into_iter().filter(|_| n > 0.0).map(|(group, size)| {
            let (low, high) = interval::wilson(size as f64, n);
            let value = 100.0 * size as f64 / n;
            // Multiplying by 100 may round past the point by one part in 2⁵³.
            let (low, high) = ((100.0 * low).min(value), (100.0 * high).max(value));
            (group, Share { value, low, high })
        });
        shares.collect()
    }

    /// Mean, sample variance (divided by n − 1, 0 for one answer) and n; `None` without answers
    /// or for free text.
    pub fn moments(&self) -> Option<(f64, f64, f64)> {
        let n: i64 = self.counts().map(|(_, count)| count).sum();
        if n == 0 {
            return None;
        }
        // Sums of integers are exact, so no order of adding matters.
        let sum: i64 = self.counts().map(|(value, count)| i64::from(value) * count).sum();
        let squares: i64 =
            self.counts().map(|(value, count)| i64::from(value).pow(2) * count).sum();
        let scatter = i128::from(n) * i128::from(squares) - i128::from(sum) * i128::from(sum);
        let variance = if n < 2 { 0.0 } else { scatter as f64 / n as f64 / (n - 1) as f64 };
        Some((sum as f64 / n as f64, variance, n as f64))
    }

    /// The interval of the mean, kept on the scale.
    pub fn mean_interval(&self) -> Option<Interval> {
        let (mean, variance, n) = self.moments()?;
        let (low, high) = interval::mean(mean, variance, n)?;
        let range = self.question.range()?;
        Some((low.max(f64::from(*range.start())), high.min(f64::from(*range.end()))))
    }

    /// The score of the scale; `None` for free text.
    pub fn score(&self) -> Option<Score> {
        let kind = Kind::of(self.question.scale)?;
        let n = self.answered();
        let (value, interval) = if n == 0 { (None, None) } else { self.point_and_interval(kind) };
        let (low, high) = interval.unzip();
        Some(Score { kind, value, low, high, thin: n < THIN })
    }

    fn point_and_interval(&self, kind: Kind) -> (Option<f64>, Option<Interval>) {
        let n = self.answered() as f64;
        match kind {
            Kind::Nps => {
                let (promoters, detractors) = self.ends();
                let (low, high) = interval::nps(promoters, detractors, n);
                let value = 100.0 * (promoters - detractors) / n;
                (Some(value), Some(((100.0 * low).min(value), (100.0 * high).max(value))))
            }
            Kind::Csat => {
                let share = self.shares()[&Group::Satisfied];
                (Some(share.value), Some((share.low, share.high)))
            }
            Kind::Effort => (self.moments().map(|(mean, ..)| mean), self.mean_interval()),
        }
    }

    /// How many answers are in the best and in the worst group.
    fn ends(&self) -> (f64, f64) {
        let groups = self.groups();
        let size = |group: Option<&(Group, i64)>| group.map_or(0.0, |(_, size)| *size as f64);
        (size(groups.first()), size(groups.last()))
    }

    /// The change from an earlier distribution of the same question; `None` for free text.
    pub fn change_from(&self, before: &Distribution) -> Option<Change> {
        let kind = Kind::of(self.question.scale)?;
        let change = self.score()?.value.zip(before.score()?.value).map(|(now, then)| now - then);
        let interval = change.and_then(|_| self.change_interval(before, kind));
        let (low, high) = interval.unzip();
        let significant = interval.is_some_and(|(low, high)| low > 0.0 || high < 0.0);
        Some(Change { change, low, high, significant })
    }

    fn change_interval(&self, before: &Distribution, kind: Kind) -> Option<Interval> {
        let percent = |(low, high): Interval| (100.0 * low, 100.0 * high);
        let [now, then] = [self, before].map(|side| {
            let (best, worst) = side.ends();
            (best, worst, side.answered() as f64)
        });
        match kind {
            Kind::Nps => Some(percent(interval::nps_change(now, then))),
            Kind::Csat => Some(percent(interval::share_change((now.0, now.2), (then.0, then.2)))),
            Kind::Effort => interval::mean_change(self.moments()?, before.moments()?),
        }
    }
}

/// Rounds for a page: half away from zero, at `digits` decimals. Scores are rounded nowhere else.
pub fn rounded(value: f64, digits: usize) -> String {
    let power = 10f64.powi(digits as i32);
    // f64::round rounds half away from zero. The nudge undoes what a product such as
    // 1.005 × 100 loses to binary fractions.
    let nudged = value * power * (1.0 + f64::EPSILON);
    let rounded = nudged.round() / power;
    // Adding zero turns −0 into 0.
    format!("{:.digits$}", rounded + 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn question(scale: &str) -> Question {
        serde_json::from_str(&format!(r#"{{"scale":{scale},"prompt":"p"}}"#)).unwrap()
    }

    fn cells(counts: &[i64]) -> Cells {
        let mut cells = Cells::default();
        cells[..counts.len()].copy_from_slice(counts);
        cells
    }

    fn check(scale: &str, counts: &[i64], expected: &str) {
        let (question, cells) = (question(scale), cells(counts));
        let score = Distribution::new(&question, &cells).score().unwrap();
        let number = |value: Option<f64>| value.map_or("null".into(), |value| rounded(value, 2));
        let found = format!("{} {} {}", number(score.value), number(score.low), number(score.high));
        assert_eq!(found, expected, "{scale} {counts:?}");
        assert_eq!(score.thin, counts.iter().sum::<i64>() < THIN);
    }

    #[test]
    fn scores_and_their_intervals() {
        check(r#""nps""#, &[0; 11], "null null null");
        check(r#""nps""#, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], "100.00 -48.50 100.00");
        check(r#""nps""#, &[57, 0, 0, 0, 0, 0, 0, 83, 0, 0, 200], "42.06 33.63 49.75");
        check(r#""faces""#, &[0, 1, 2, 7], "70.00 39.68 89.22");
        check(r#""faces","points":5"#, &[0, 1, 2, 3, 4, 5], "60.00 35.75 80.18");
        check(r#""effort""#, &[0, 0, 1, 0, 0, 0, 0, 0], "2.00 null null");
        check(r#""effort""#, &[0, 0, 3, 0, 0, 0, 0, 0], "2.00 null null");
        check(r#""effort""#, &[0, 1, 0, 0, 0, 0, 0, 1], "4.00 1.00 7.00");
        check(r#""effort""#, &[0, 4, 3, 2, 1, 0, 0, 0], "2.00 1.25 2.75");
    }

    #[test]
    fn rounding_is_half_away_from_zero() {
        let check = |value: f64, digits, expected: &str| {
            assert_eq!(rounded(value, digits), expected, "{value}");
        };
        check(0.5, 0, "1");
        check(-0.5, 0, "-1");
        check(2.5, 0, "3");
        check(1.005, 2, "1.01");
        check(-33.333_333, 1, "-33.3");
        check(-0.04, 1, "0.0");
    }

    #[test]
    fn a_change_is_real_only_when_its_interval_leaves_out_zero() {
        let nps = question(r#""nps""#);
        let check = |now: &[i64], before: &[i64], expected: Option<bool>| {
            let (now, before) = (cells(now), cells(before));
            let change = Distribution::new(&nps, &now)
                .change_from(&Distribution::new(&nps, &before))
                .unwrap();
            assert_eq!(change.change.map(|_| change.significant), expected);
        };
        check(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8], &[4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4], Some(true));
        check(&[2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6], &[4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4], Some(false));
        check(&[2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6], &[0], None);
    }

    proptest! {
        #[test]
        fn scores_stay_on_their_scale_and_in_their_interval(
            scale in prop::sample::select(vec![(r#""nps""#, -100.0, 100.0), (r#""faces""#, 0.0, 100.0), (r#""effort""#, 1.0, 7.0)]),
            counts in prop::collection::vec(0i64..2_000, 11),
        ) {
            let (scale, min, max) = scale;
            let (question, cells) = (question(scale), cells(&counts));
            let score = Distribution::new(&question, &cells).score().unwrap();
            if let (Some(value), Some(low), Some(high)) = (score.value, score.low, score.high) {
                prop_assert!(min <= low && low <= value && value <= high && high <= max, "{score:?}");
            }
        }

        #[test]
        fn a_promoter_more_never_lowers_nps(counts in prop::collection::vec(0i64..500, 11)) {
            let nps = question(r#""nps""#);
            let before = cells(&counts);
            let mut after = before;
            after[10] += 1;
            let value = |cells| Distribution::new(&nps, cells).score().unwrap().value.unwrap_or(-100.0);
            prop_assert!(value(&after) >= value(&before));
        }
    }
}
