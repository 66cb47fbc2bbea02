//! Computes what two questions together measure.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::definition::Metric;
use crate::interval;
use crate::score::{Share, THIN, share};
use crate::tally::Cells;

/// The share of customers who stay, in percent, by how their problem was resolved: unsolved,
/// solved with high effort, solved without (Gartner's published rates).
pub const STAY: [f64; 3] = [27.0, 37.0, 61.0];
/// The sum of both agreements from which on their mean is 6 or more.
const ENHANCED: usize = 12;

/// The joint score of two questions.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MetricSummary {
    /// What it measures.
    pub kind: Metric,
    /// How many answered both questions.
    pub answered: i64,
    /// `value_enhancement`: the share whose mean is 6 or more, in percent. `resolution_effort`:
    /// the expected share who stay, in percent. `None` when nobody answered both.
    pub value: Option<f64>,
    /// The 95 % interval's lower end.
    pub low: Option<f64>,
    /// The 95 % interval's upper end.
    pub high: Option<f64>,
    /// `value_enhancement`: the mean over both questions, 1–7. `resolution_effort`: the value.
    pub mean: Option<f64>,
    /// The lower end of the mean's 95 % interval.
    pub mean_low: Option<f64>,
    /// The upper end of the mean's 95 % interval.
    pub mean_high: Option<f64>,
    /// Whether fewer than 30 answers stand behind it.
    pub thin: bool,
    /// The share of each joint outcome.
    pub shares: BTreeMap<&'static str, Share>,
}

impl Metric {
    /// The cell in which both values together are counted: the sum 2–14 of two agreements; or
    /// 0 unsolved, 1 solved with high effort (5–7), 2 solved without.
    pub fn joint(self, first: u8, second: u8) -> Option<usize> {
        match self {
            Metric::ValueEnhancement => Some(usize::from(first) + usize::from(second)),
            Metric::ResolutionEffort if first == 0 => Some(0),
            Metric::ResolutionEffort => Some(if second >= 5 { 1 } else { 2 }),
        }
    }

    /// The score that tallied joint values come to.
    pub fn summarize(self, cells: &Cells) -> MetricSummary {
        match self {
            Metric::ValueEnhancement => value_enhancement(cells),
            Metric::ResolutionEffort => resolution_effort(cells),
        }
    }
}

fn value_enhancement(cells: &Cells) -> MetricSummary {
    let answered: i64 = cells[2..=14].iter().sum();
    let enhanced: i64 = cells[ENHANCED..=14].iter().sum();
    let means = (2..=14usize).map(|sum| (sum as f64 / 2.0, cells[sum]));
    let (mean, interval) = mean_of(means, (1.0, 7.0));
    let shares = shares(answered, [("enhanced", enhanced), ("not_enhanced", answered - enhanced)]);
    let value = shares.get("enhanced");
    MetricSummary {
        kind: Metric::ValueEnhancement,
        answered,
        value: value.map(|share| share.value),
        low: value.map(|share| share.low),
        high: value.map(|share| share.high),
        mean,
        mean_low: interval.map(|(low, _)| low),
        mean_high: interval.map(|(_, high)| high),
        thin: answered < THIN,
        shares,
    }
}

fn resolution_effort(cells: &Cells) -> MetricSummary {
    let [unsolved, hard, easy] = [cells[0], cells[1], cells[2]];
    let answered = unsolved + hard + easy;
    let (value, interval) =
        mean_of(STAY.into_iter().zip([unsolved, hard, easy]), (STAY[0], STAY[2]));
    let (low, high) = interval.unzip();
    let outcomes = [
        ("unsolved", unsolved),
        ("solved_with_high_effort", hard),
        ("solved_without_high_effort", easy),
    ];
    MetricSummary {
        kind: Metric::ResolutionEffort,
        answered,
        value,
        low,
        high,
        mean: value,
        mean_low: low,
        mean_high: high,
        thin: answered < THIN,
        shares: shares(answered, outcomes),
    }
}

fn shares<const N: usize>(
    answered: i64,
    outcomes: [(&'static str, i64); N],
) -> BTreeMap<&'static str, Share> {
    let answered_any = outcomes.into_iter().filter(|_| answered > 0);
    answered_any.map(|(name, hits)| (name, share(hits, answered))).collect()
}

/// The mean of values, each given so many times, with its t interval kept between two bounds.
fn mean_of(
    values: impl Iterator<Item = (f64, i64)> + Clone,
    (lowest, highest): (f64, f64),
) -> (Option<f64>, Option<(f64, f64)>) {
    let n: i64 = values.clone().map(|(_, count)| count).sum();
    if n == 0 {
        return (None, None);
    }
    let n = n as f64;
    let mean = values.clone().map(|(value, count)| value * count as f64).sum::<f64>() / n;
    let scatter: f64 = values.map(|(value, count)| (value - mean).powi(2) * count as f64).sum();
    let variance = if n < 2.0 { 0.0 } else { scatter / (n - 1.0) };
    let interval = interval::mean(mean, variance, n);
    (Some(mean), interval.map(|(low, high)| (low.max(lowest), high.min(highest))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(metric: Metric, joints: &[usize], expected: [Option<f64>; 4]) {
        let mut cells = Cells::default();
        joints.iter().for_each(|cell| cells[*cell] += 1);
        let found = metric.summarize(&cells);
        for (found, expected) in
            [found.value, found.low, found.high, found.mean].into_iter().zip(expected)
        {
            let close = match (found, expected) {
                (Some(found), Some(expected)) => (found - expected).abs() < 1e-4,
                (found, expected) => found == expected,
            };
            assert!(close, "{metric:?} {joints:?}: {found:?} {expected:?}");
        }
    }

    #[test]
    fn value_enhancement_is_a_share_of_those_who_agree_to_both() {
        check(Metric::ValueEnhancement, &[], [None; 4]);
        // proportion_confint(2, 4, method="wilson")
        check(
            Metric::ValueEnhancement,
            &[12, 14, 11, 2],
            [Some(50.0), Some(15.0039), Some(84.9961), Some(4.875)],
        );
    }

    #[test]
    fn resolution_effort_is_the_mean_of_the_published_rates() {
        check(Metric::ResolutionEffort, &[0], [Some(27.0), None, None, Some(27.0)]);
        // t.interval(0.95, 3, loc=46.5, scale=std([27,37,61,61], ddof=1)/2), kept within 27…61
        check(
            Metric::ResolutionEffort,
            &[0, 1, 2, 2],
            [Some(46.5), Some(27.0), Some(61.0), Some(46.5)],
        );
        assert_eq!(Metric::ResolutionEffort.joint(0, 1), Some(0));
        assert_eq!(Metric::ResolutionEffort.joint(1, 5), Some(1));
        assert_eq!(Metric::ResolutionEffort.joint(1, 4), Some(2));
    }
}
