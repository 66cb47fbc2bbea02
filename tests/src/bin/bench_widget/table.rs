//! Medians beside each other.

use std::fmt::Write as _;

use super::run::Run;

/// What is measured: its name, where it stands, and how many decimals are worth printing.
type Row = (&'static str, fn(&Run) -> f64, usize);

const ROWS: [Row; 7] = [
    ("visible after, ms", |run| run.visible, 0),
    ("whole after, ms", |run| run.whole, 0),
    ("requests until then", |run| run.requests, 0),
    ("bytes of these", |run| run.bytes, 0),
    ("longest task over 50 ms", |run| run.task, 0),
    ("JavaScript heap, bytes", |run| run.heap, 0),
    ("layout shift", |run| run.shift, 3),
];

/// The medians of the plain card, of a survey that is due and of none due, and the ratio of the
/// first two.
pub(crate) fn of([floor, due, quiet]: &[Vec<Run>; 3]) -> String {
    let mut text =
        line(&["median", "plain card", "survey", "ratio", "none due"].map(str::to_owned));
    for (name, value, decimals) in ROWS {
        let [floor, due, quiet] = [floor, due, quiet].map(|runs| median(runs, value));
        let ratio = if floor > 0.0 { format!("{:.2}", due / floor) } else { "–".to_owned() };
        let number = |number: f64| format!("{number:.decimals$}");
        text += &line(&[name.to_owned(), number(floor), number(due), ratio, number(quiet)]);
    }
    text + "Goals: visible within 1.80 of the plain card, no task over 50 ms more than it has, no\n\
        layout shift, one request while none is due.\n"
}

fn line([name, cells @ ..]: &[String; 5]) -> String {
    let mut line = format!("{name:<24}");
    for cell in cells {
        let _ = write!(line, "{cell:>12}");
    }
    line + "\n"
}

fn median(runs: &[Run], value: fn(&Run) -> f64) -> f64 {
    let mut values: Vec<f64> = runs.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1], values[middle])
    } else {
        values[middle]
    }
}
