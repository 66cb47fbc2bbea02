//! Defines [`Distribution`], how often each value was given, and the [`Score`] it comes to.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::definition::Question;
use crate::interval::{self, Interval};
use crate::scale::{Group, Scale};
use crate::tally::{CELLS, Cells};

/// Below this many answers a score is marked as thin.
pub const THIN: i64 = 30;

/// What a score measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// % promoters − % detractors, −100…100 (Reichheld 2003).
    Nps,
    /// % satisfied, 0…100.
    Csat,
    /// Mean effort, 1…7, lower is better (Dixon et al. 2010).
    Effort,
    /// CES 2.0: % who found it easy, 0…100 (Dixon et al. 2013).
    Ease,
    /// % who agree, 0…100.
    Agree,
    /// Things gone wrong per 100 answers, 0 and more, lower is better (J.D. Power's TGW).
    Tgw,
    /// % yes, 0…100; first-contact resolution where the question is whether it was solved.
    Yes,
}

impl Kind {
    /// The kind of score a scale gives; `None` for choices and free text.
    pub fn of(scale: Scale) -> Option<Kind> {
        match scale {
            Scale::Nps => Some(Kind::Nps),
            Scale::Faces | Scale::Stars | Scale::Rating | Scale::Thumbs => Some(Kind::Csat),
            Scale::Effort => Some(Kind::Effort),
            Scale::Ease => Some(Kind::Ease),
            Scale::Agree => Some(Kind::Agree),
            Scale::Problems => Some(Kind::Tgw),
            Scale::YesNo => Some(Kind::Yes),
            Scale::Choice | Scale::Text => None,
        }
    }

    /// Whether less is better.
    pub fn lower_is_better(self) -> bool {
        matches!(self, Kind::Effort | Kind::Tgw)
    }
}

/// A number with its 95 % interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Share {
    /// The share.
    pub value: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// The share that `hits` of `answered` > 0 are.
pub fn share(hits: i64, answered: i64) -> Share {
    let (low, high) = interval::wilson(hits as f64, answered as f64);
    let value = 100.0 * hits as f64 / answered as f64;
    // Multiplying by 100 may round past the point by one part in 2⁵³.
    Share { value, low: (100.0 * low).min(value), high: (100.0 * high).max(value) }
}

/// The difference between two scores of one question.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[derive(Debug, Clone)]
pub struct Distribution<'a> {
    question: &'a Question,
    cells: Cells,
    options: Vec<i64>,
}

impl<'a> Distribution<'a> {
    /// The distribution that the tallies of a question describe: its own cells, and how often
    /// each of its options was chosen.
    pub fn new(question: &'a Question, cells: Cells, options: Vec<i64>) -> Self {
        Distribution { question, cells, options }
    }

    /// Each number of the scale with how often it was given; for `problems` each number of
    /// options that were named; nothing for choices and free text.
    pub fn values(&self) -> impl Iterator<Item = (u8, i64)> + '_ {
        let range = match self.question.scale {
            Scale::Problems => Some(0..=self.question.options.len().min(CELLS - 1) as u8),
            _ => self.question.range(),
        };
        range.into_iter().flatten().map(|value| (value, self.cells[usize::from(value)]))
    }

    /// Each option with how often it was chosen.
    pub fn options(&self) -> impl Iterator<Item = (&'a str, i64)> + '_ {
        self.question
            .options
            .iter()
            .map(|option| option.id.as_str())
            .zip(self.options.iter().copied())
    }

    /// What can be answered with how often it was: options of a choice, else values.
    pub fn counts(&self) -> Vec<(String, i64)> {
        match self.question.scale {
            Scale::Choice => self.options().map(|(id, count)| (id.to_owned(), count)).collect(),
            _ => self.values().map(|(value, count)| (value.to_string(), count)).collect(),
        }
    }

    /// How many answered the question.
    pub fn answered(&self) -> i64 {
        match self.question.scale {
            Scale::Choice | Scale::Text => self.cells[0],
            _ => self.values().map(|(_, count)| count).sum(),
        }
    }

    /// Each group of the scale with how many answers fell into it, best first.
    pub fn groups(&self) -> Vec<(Group, i64)> {
        let size = |group| {
            let of_group = |&(value, _): &(u8, i64)| self.question.group(value) == Some(group);
            self.values().filter(of_group).map(|(_, count)| count).sum()
        };
        self.question.scale.groups().map(|group| (group, size(group))).collect()
    }

    /// The share of each option where there are options, else of each group; empty when nobody
    /// answered.
    pub fn shares(&self) -> BTreeMap<String, Share> {
        let n = self.answered();
        let parts: Vec<(String, i64)> = if self.question.scale.has_options() {
            self.options().map(|(id, count)| (id.to_owned(), count)).collect()
        } else {
            self.groups().into_iter().map(|(group, size)| (group.name().to_owned(), size)).collect()
        };
        parts.into_iter().filter(|_| n > 0).map(|(name, hits)| (name, share(hits, n))).collect()
    }

    /// Mean, sample variance (divided by n − 1, 0 for one answer) and n; `None` without answers
    /// or without numbers.
    pub fn moments(&self) -> Option<(f64, f64, f64)> {
        let n: i64 = self.values().map(|(_, count)| count).sum();
        if n == 0 {
            return None;
        }
        // Sums of integers are exact, so no order of adding matters.
        let sum: i64 = self.values().map(|(value, count)| i64::from(value) * count).sum();
        let squares: i64 =
            self.values().map(|(value, count)| i64::from(value).pow(2) * count).sum();
        let scatter = i128::from(n) * i128::from(squares) - i128::from(sum) * i128::from(sum);
        let variance = if n < 2 { 0.0 } else { scatter as f64 / n as f64 / (n - 1) as f64 };
        Some((sum as f64 / n as f64, variance, n as f64))
    }

    /// The interval of the mean, kept on the scale.
    pub fn mean_interval(&self) -> Option<Interval> {
        let (mean, variance, n) = self.moments()?;
        let (low, high) = interval::mean(mean, variance, n)?;
        let (lowest, highest) = (self.values().next()?.0, self.values().last()?.0);
        Some((low.max(f64::from(lowest)), high.min(f64::from(highest))))
    }

    /// The score of the scale; `None` for choices and free text.
    pub fn score(&self) -> Option<Score> {
        let kind = Kind::of(self.question.scale)?;
        let n = self.answered();
        let (value, interval) = if n == 0 { (None, None) } else { self.point_and_interval(kind) };
        let (low, high) = interval.unzip();
        Some(Score { kind, value, low, high, thin: n < THIN })
    }

    fn point_and_interval(&self, kind: Kind) -> (Option<f64>, Option<Interval>) {
        let (best, worst, n) = self.ends();
        let mean = self.moments().map(|(mean, ..)| mean);
        match kind {
            Kind::Nps => {
                let (low, high) = interval::nps(best as f64, worst as f64, n as f64);
                let value = 100.0 * (best - worst) as f64 / n as f64;
                (Some(value), Some(((100.0 * low).min(value), (100.0 * high).max(value))))
            }
            Kind::Csat | Kind::Ease | Kind::Agree | Kind::Yes => {
                let share = share(best, n);
                (Some(share.value), Some((share.low, share.high)))
            }
            Kind::Effort => (mean, self.mean_interval()),
            Kind::Tgw => (mean.map(|mean| 100.0 * mean), self.mean_interval().map(percent)),
        }
    }

    /// How many answers are in the best group, how many in the worst, and how many there are.
    fn ends(&self) -> (i64, i64, i64) {
        let groups = self.groups();
        let size = |group: Option<&(Group, i64)>| group.map_or(0, |(_, size)| *size);
        (size(groups.first()), size(groups.last()), self.answered())
    }

    /// The change from an earlier distribution of the same question; `None` where there is no
    /// score.
    pub fn change_from(&self, before: &Distribution) -> Option<Change> {
        let kind = Kind::of(self.question.scale)?;
        let change = self.score()?.value.zip(before.score()?.value).map(|(now, then)| now - then);
        let interval = change.and_then(|_| self.change_interval(before, kind));
        let (low, high) = interval.unzip();
        let significant = interval.is_some_and(|(low, high)| low > 0.0 || high < 0.0);
        Some(Change { change, low, high, significant })
    }

    fn change_interval(&self, before: &Distribution, kind: Kind) -> Option<Interval> {
        let [now, then] = [self, before].map(|side| {
            let (best, worst, n) = side.ends();
            (best as f64, worst as f64, n as f64)
        });
        match kind {
            Kind::Nps => Some(percent(interval::nps_change(now, then))),
            Kind::Csat | Kind::Ease | Kind::Agree | Kind::Yes => {
                Some(percent(interval::share_change((now.0, now.2), (then.0, then.2))))
            }
            Kind::Effort => interval::mean_change(self.moments()?, before.moments()?),
            Kind::Tgw => interval::mean_change(self.moments()?, before.moments()?).map(percent),
        }
    }
}

fn percent((low, high): Interval) -> Interval {
    (100.0 * low, 100.0 * high)
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

    fn of<'a>(question: &'a Question, counts: &[i64]) -> Distribution<'a> {
        let mut cells = Cells::default();
        cells[..counts.len()].copy_from_slice(counts);
        Distribution::new(question, cells, Vec::new())
    }

    fn check(scale: &str, counts: &[i64], expected: &str) {
        let question = question(scale);
        let score = of(&question, counts).score().unwrap();
        let number = |value: Option<f64>| value.map_or("null".into(), |value| rounded(value, 2));
        let found = format!("{} {} {}", number(score.value), number(score.low), number(score.high));
        assert_eq!(found, expected, "{scale} {counts:?}");
        assert_eq!(score.thin, counts.iter().sum::<i64>() < THIN);
    }

    const PROBLEMS: &str = r#""problems","options":[{"id":"a","label":"A"},{"id":"b","label":"B"},{"id":"c","label":"C"}]"#;

    #[test]
    fn scores_and_their_intervals() {
        check(r#""nps""#, &[0; 11], "null null null");
        check(r#""nps""#, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], "100.00 -48.50 100.00");
        check(r#""nps""#, &[57, 0, 0, 0, 0, 0, 0, 83, 0, 0, 200], "42.06 33.63 49.75");
        check(r#""faces""#, &[0, 1, 2, 7], "70.00 39.68 89.22");
        check(r#""faces","points":5"#, &[0, 1, 2, 3, 4, 5], "60.00 35.75 80.18");
        check(r#""stars""#, &[0, 1, 2, 3, 4, 5], "60.00 35.75 80.18");
        check(r#""rating""#, &[0, 1, 0, 0, 0, 0, 0, 1, 1, 3, 4], "70.00 39.68 89.22");
        check(r#""thumbs""#, &[3, 7], "70.00 39.68 89.22");
        check(r#""yes_no""#, &[3, 7], "70.00 39.68 89.22");
        check(r#""ease""#, &[0, 1, 1, 0, 1, 2, 2, 3], "70.00 39.68 89.22");
        check(r#""agree""#, &[0, 1, 1, 0, 0, 1, 3, 4], "70.00 39.68 89.22");
        check(r#""effort""#, &[0, 0, 1, 0, 0, 0, 0, 0], "2.00 null null");
        check(r#""effort""#, &[0, 0, 3, 0, 0, 0, 0, 0], "2.00 null null");
        check(r#""effort""#, &[0, 1, 0, 0, 0, 0, 0, 1], "4.00 1.00 7.00");
        check(r#""effort""#, &[0, 4, 3, 2, 1, 0, 0, 0], "2.00 1.25 2.75");
        check(PROBLEMS, &[4, 3, 2, 1], "100.00 24.59 175.41");
        check(PROBLEMS, &[4], "0.00 null null");
    }

    #[test]
    fn options_have_shares_of_those_who_answered() {
        let question = question(
            r#""choice","multiple":true,"options":[{"id":"a","label":"A"},{"id":"b","label":"B"}]"#,
        );
        let mut cells = Cells::default();
        cells[0] = 10;
        let distribution = Distribution::new(&question, cells, vec![7, 10]);
        let shares: Vec<_> =
            distribution.shares().into_iter().map(|(id, s)| (id, s.value)).collect();
        assert_eq!(shares, [("a".to_owned(), 70.0), ("b".to_owned(), 100.0)]);
        assert_eq!(distribution.score(), None);
        assert_eq!(distribution.counts(), [("a".to_owned(), 7), ("b".to_owned(), 10)]);
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
            let change = of(&nps, now).change_from(&of(&nps, before)).unwrap();
            assert_eq!(change.change.map(|_| change.significant), expected);
        };
        check(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8], &[4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4], Some(true));
        check(&[2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6], &[4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4], Some(false));
        check(&[2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6], &[0], None);
    }

    proptest! {
        #[test]
        fn scores_stay_on_their_scale_and_in_their_interval(
            scale in prop::sample::select(vec![
                (r#""nps""#, -100.0, 100.0), (r#""faces""#, 0.0, 100.0), (r#""rating""#, 0.0, 100.0),
                (r#""effort""#, 1.0, 7.0), (r#""ease""#, 0.0, 100.0), (PROBLEMS, 0.0, 300.0),
            ]),
            counts in prop::collection::vec(0i64..2_000, 11),
        ) {
            let (scale, min, max) = scale;
            let question = question(scale);
            let score = of(&question, &counts).score().unwrap();
            if let (Some(value), Some(low), Some(high)) = (score.value, score.low, score.high) {
                prop_assert!(min <= low && low <= value && value <= high && high <= max, "{score:?}");
            }
        }

        #[test]
        fn a_promoter_more_never_lowers_nps(counts in prop::collection::vec(0i64..500, 11)) {
            let nps = question(r#""nps""#);
            let value = |counts: &[i64]| of(&nps, counts).score().unwrap().value.unwrap_or(-100.0);
            let mut more = counts.clone();
            more[10] += 1;
            prop_assert!(value(&more) >= value(&counts));
        }
    }
}
