//! Explains numbers: the formula in words, the counts put in, what was left out and why.

use serde::Serialize;

use crate::definition::Metric;
use crate::metric::{MetricSummary, STAY};
use crate::score::{Kind, rounded};
use crate::summary::{QuestionSummary, Summary};

/// How the numbers of a summary came about.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Explanation {
    /// The moment the counts were read, RFC 3339.
    pub as_of: String,
    /// Which days are covered; what was given on others is left out.
    pub days: String,
    /// Each number.
    pub numbers: Vec<Explained>,
}

/// How one number came about.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Explained {
    /// Where the number stands in the summary, such as `questions.nps.score`.
    pub number: String,
    /// The formula in words.
    pub formula: String,
    /// The formula with the counts put in, and what it comes to; rounded to read.
    pub computed: String,
    /// How the interval was computed; empty where there is none.
    pub interval: &'static str,
    /// What was counted.
    pub counted: Vec<Part>,
    /// What was left out and why.
    pub left_out: Vec<Part>,
}

/// So many of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Part {
    /// What.
    pub what: String,
    /// How many.
    pub count: i64,
}

const WILSON: &str = "Wilson score interval, 95 %";
const T: &str = "Student's t interval, 95 %; none below two answers or when all are equal";
const ROCKS: &str = "adjusted Wald interval (Rocks 2016), 95 %: 0.75 promoters, 1.5 passives and \
    0.75 detractors added, widened to contain the score";

/// Explains every number of a summary whose counts were read at `as_of` (RFC 3339).
pub fn explain(summary: &Summary, as_of: String) -> Explanation {
    let mut numbers = vec![response_rate(summary), completion_rate(summary)];
    for question in &summary.questions {
        numbers.extend(score(question, summary));
        numbers.extend(mean(question, summary));
        numbers.extend(shares(question, summary));
    }
    numbers.extend(summary.metric.as_ref().map(|it| metric(it, summary)));
    let days =
        format!("{} to {}, both included, in {}", summary.from, summary.to, summary.time_zone);
    Explanation { as_of, days, numbers }
}

fn part(what: impl Into<String>, count: i64) -> Part {
    Part { what: what.into(), count }
}

fn response_rate(summary: &Summary) -> Explained {
    let funnel = summary.funnel;
    let answered = funnel.answered - funnel.imported;
    Explained {
        number: "response_rate".to_owned(),
        formula: "responses with at least one answer ÷ showings".to_owned(),
        computed: quotient(answered, funnel.shown, summary.response_rate),
        interval: "",
        counted: vec![part("answered", answered), part("shown", funnel.shown)],
        left_out: without_showing(summary),
    }
}

fn completion_rate(summary: &Summary) -> Explained {
    let funnel = summary.funnel;
    let answered = funnel.answered - funnel.imported;
    let completed = funnel.completed - funnel.imported_completed;
    Explained {
        number: "completion_rate".to_owned(),
        formula: "responses gone through to the end ÷ responses with at least one answer"
            .to_owned(),
        computed: quotient(completed, answered, summary.completion_rate),
        interval: "",
        counted: vec![part("completed", completed), part("answered", answered)],
        left_out: without_showing(summary),
    }
}

fn without_showing(summary: &Summary) -> Vec<Part> {
    vec![
        part("imported without showings", summary.funnel.imported),
        part("excluded: tests, spam, staff", summary.funnel.excluded),
    ]
}

fn quotient(part: i64, whole: i64, rate: Option<f64>) -> String {
    let result = rate.map_or_else(|| "nothing to divide by".to_owned(), |rate| rounded(rate, 4));
    format!("{part} ÷ {whole} = {result}")
}

/// What no number of a question counts.
fn left_out(answered: i64, summary: &Summary) -> Vec<Part> {
    let responses = summary.funnel.shown + summary.funnel.imported;
    vec![
        part("shown and left unanswered, or dismissed", responses - answered),
        part("excluded: tests, spam, staff", summary.funnel.excluded),
    ]
}

fn score(question: &QuestionSummary, summary: &Summary) -> Option<Explained> {
    let score = question.score.as_ref()?;
    let n = question.answered;
    let groups: Vec<(&str, i64)> =
        question.groups.iter().map(|(group, n)| (group.name(), *n)).collect();
    let (best, worst) = (groups.first()?, groups.last()?);
    let sum: i64 = numbers(question).map(|(value, count)| value * count).sum();
    let (formula, computed, interval) = match score.kind {
        Kind::Nps => (
            "100 × (promoters − detractors) ÷ answers".to_owned(),
            format!("100 × ({} − {}) ÷ {n}", best.1, worst.1),
            ROCKS,
        ),
        Kind::Csat | Kind::Ease | Kind::Agree | Kind::Yes => {
            (format!("100 × {} ÷ answers", best.0), format!("100 × {} ÷ {n}", best.1), WILSON)
        }
        Kind::Effort => ("sum of the values ÷ answers".to_owned(), format!("{sum} ÷ {n}"), T),
        Kind::Tgw => ("100 × problems named ÷ answers".to_owned(), format!("100 × {sum} ÷ {n}"), T),
    };
    Some(Explained {
        number: format!("questions.{}.score", question.id),
        formula,
        computed: format!("{computed} = {}", result(score.value)),
        interval,
        counted: groups.into_iter().map(|(group, n)| part(group, n)).collect(),
        left_out: left_out(n, summary),
    })
}

fn mean(question: &QuestionSummary, summary: &Summary) -> Option<Explained> {
    let mean = question.mean?;
    let sum: i64 = numbers(question).map(|(value, count)| value * count).sum();
    Some(Explained {
        number: format!("questions.{}.mean", question.id),
        formula: "sum of the values ÷ answers".to_owned(),
        computed: format!("{sum} ÷ {} = {}", question.answered, rounded(mean, 2)),
        interval: T,
        counted: question
            .counts
            .iter()
            .map(|(value, n)| part(format!("value {value}"), *n))
            .collect(),
        left_out: left_out(question.answered, summary),
    })
}

fn shares(question: &QuestionSummary, summary: &Summary) -> Option<Explained> {
    let (name, first) = question.shares.first_key_value()?;
    let hits = |share: f64| (share * question.answered as f64 / 100.0).round() as i64;
    let of =
        |(name, share): (&String, &crate::score::Share)| part(name.as_str(), hits(share.value));
    Some(Explained {
        number: format!("questions.{}.shares", question.id),
        formula: "100 × how many ÷ answers, for each".to_owned(),
        computed: format!(
            "for {name}: 100 × {} ÷ {} = {}",
            hits(first.value),
            question.answered,
            rounded(first.value, 2)
        ),
        interval: WILSON,
        counted: question.shares.iter().map(of).collect(),
        left_out: left_out(question.answered, summary),
    })
}

fn metric(metric: &MetricSummary, summary: &Summary) -> Explained {
    let n = metric.answered;
    let hits = |name: &str| {
        let share = metric.shares.get(name).map_or(0.0, |share| share.value);
        (share * n as f64 / 100.0).round() as i64
    };
    let counted: Vec<Part> = metric.shares.keys().map(|name| part(*name, hits(name))).collect();
    let (formula, computed, interval) = match metric.kind {
        Metric::ValueEnhancement => {
            let formula =
                "100 × those whose mean over both questions is 6 or more ÷ those who answered both";
            (formula, format!("100 × {} ÷ {n}", hits("enhanced")), WILSON)
        }
        Metric::ResolutionEffort => {
            let formula = "the mean of the share that stays (Gartner): 27 % unsolved, 37 % solved \
                with high effort, 61 % solved without, over those who answered both questions";
            let names = ["unsolved", "solved_with_high_effort", "solved_without_high_effort"];
            let terms: Vec<String> = names
                .iter()
                .zip(STAY)
                .map(|(name, rate)| format!("{} × {rate}", hits(name)))
                .collect();
            (formula, format!("({}) ÷ {n}", terms.join(" + ")), T)
        }
    };
    Explained {
        number: "metric".to_owned(),
        formula: formula.to_owned(),
        computed: format!("{computed} = {}", result(metric.value)),
        interval,
        counted,
        left_out: left_out(n, summary),
    }
}

/// The values of a question as numbers; nothing where they are options.
fn numbers(question: &QuestionSummary) -> impl Iterator<Item = (i64, i64)> + '_ {
    question.counts.iter().filter_map(|(value, count)| Some((value.parse().ok()?, *count)))
}

fn result(value: Option<f64>) -> String {
    value.map_or_else(|| "no score: nobody answered".to_owned(), |value| rounded(value, 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::{Every, Range, Scope};
    use crate::summary::{Subject, summarize};
    use crate::tally::{Cells, Row};
    use crate::{Day, Definition, site::WeekDay};
    use expect_test::{Expect, expect};

    fn check(questions: &str, metric: &str, series: &[(&str, &[i64])], expected: &Expect) {
        let definition = format!(
            r#"{{"survey":"s","locale":"en","position":"bottom-end","metric":{metric},"questions":{questions}}}"#
        );
        let definition: Definition = serde_json::from_str(&definition).unwrap();
        let day = Day::new(2026, 1, 2).unwrap();
        let row = |(series, counts): &(&str, &[i64])| {
            let mut cells = Cells::default();
            cells[..counts.len()].copy_from_slice(counts);
            Row { day, bucket: String::new(), series: (*series).to_owned(), cells }
        };
        let rows: Vec<Row> = series.iter().map(row).collect();
        let scope = Scope { range: Range { from: day, to: day }, every: Every::Day, compare: None };
        let subject = Subject {
            site: "a",
            time_zone: "UTC",
            week_starts: WeekDay::Monday,
            definition: &definition,
            ever_asked: &definition.questions,
        };
        let summary = summarize(subject, scope, &rows, &[]);
        let explanation = explain(&summary, "2026-01-03T00:00:00Z".to_owned());
        let lines = explanation.numbers.iter().map(|it| {
            let parts = |parts: &[Part]| -> String {
                parts.iter().map(|part| format!(" {} {};", part.count, part.what)).collect()
            };
            format!(
                "{}: {}\n    {}\n    counted{}\n    left out{}\n",
                it.number,
                it.formula,
                it.computed,
                parts(&it.counted),
                parts(&it.left_out)
            )
        });
        expected.assert_eq(&format!("{}\n{}", explanation.days, lines.collect::<String>()));
    }

    #[test]
    fn every_number_says_where_it_comes_from() {
        check(
            r#"[{"id":"nps","scale":"nps","prompt":"p"}]"#,
            "null",
            &[("", &[20, 10, 4, 3, 2, 1, 1]), ("nps", &[2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 5])],
            &expect![[r#"
                2026-01-02 to 2026-01-02, both included, in UTC
                response_rate: responses with at least one answer ÷ showings
                    9 ÷ 20 = 0.4500
                    counted 9 answered; 20 shown;
                    left out 1 imported without showings; 2 excluded: tests, spam, staff;
                completion_rate: responses gone through to the end ÷ responses with at least one answer
                    3 ÷ 9 = 0.3333
                    counted 3 completed; 9 answered;
                    left out 1 imported without showings; 2 excluded: tests, spam, staff;
                questions.nps.score: 100 × (promoters − detractors) ÷ answers
                    100 × (5 − 2) ÷ 10 = 30.00
                    counted 5 promoter; 3 passive; 2 detractor;
                    left out 11 shown and left unanswered, or dismissed; 2 excluded: tests, spam, staff;
                questions.nps.mean: sum of the values ÷ answers
                    74 ÷ 10 = 7.40
                    counted 2 value 0; 0 value 1; 0 value 2; 0 value 3; 0 value 4; 0 value 5; 0 value 6; 0 value 7; 3 value 8; 0 value 9; 5 value 10;
                    left out 11 shown and left unanswered, or dismissed; 2 excluded: tests, spam, staff;
                questions.nps.shares: 100 × how many ÷ answers, for each
                    for detractor: 100 × 2 ÷ 10 = 20.00
                    counted 2 detractor; 3 passive; 5 promoter;
                    left out 11 shown and left unanswered, or dismissed; 2 excluded: tests, spam, staff;
            "#]],
        );
    }

    #[test]
    fn a_metric_says_it_too() {
        check(
            r#"[{"id":"solved","scale":"yes_no","prompt":"p"},{"id":"effort","scale":"effort","prompt":"p"}]"#,
            "\"resolution_effort\"",
            &[
                ("", &[3, 2, 2]),
                ("solved", &[1, 1]),
                ("effort", &[0, 0, 1, 0, 0, 0, 0, 1]),
                ("+", &[1, 0, 1]),
            ],
            &expect![[r#"
                2026-01-02 to 2026-01-02, both included, in UTC
                response_rate: responses with at least one answer ÷ showings
                    2 ÷ 3 = 0.6667
                    counted 2 answered; 3 shown;
                    left out 0 imported without showings; 0 excluded: tests, spam, staff;
                completion_rate: responses gone through to the end ÷ responses with at least one answer
                    2 ÷ 2 = 1.0000
                    counted 2 completed; 2 answered;
                    left out 0 imported without showings; 0 excluded: tests, spam, staff;
                questions.solved.score: 100 × yes ÷ answers
                    100 × 1 ÷ 2 = 50.00
                    counted 1 yes; 1 no;
                    left out 1 shown and left unanswered, or dismissed; 0 excluded: tests, spam, staff;
                questions.solved.mean: sum of the values ÷ answers
                    1 ÷ 2 = 0.50
                    counted 1 value 0; 1 value 1;
                    left out 1 shown and left unanswered, or dismissed; 0 excluded: tests, spam, staff;
                questions.solved.shares: 100 × how many ÷ answers, for each
                    for no: 100 × 1 ÷ 2 = 50.00
                    counted 1 no; 1 yes;
                    left out 1 shown and left unanswered, or dismissed; 0 excluded: tests, spam, staff;
                questions.effort.score: sum of the values ÷ answers
                    9 ÷ 2 = 4.50
                    counted 1 low; 0 medium; 1 high;
                    left out 1 shown and left unanswered, or dismissed; 0 excluded: tests, spam, staff;
                questions.effort.mean: sum of the values ÷ answers
                    9 ÷ 2 = 4.50
                    counted 0 value 1; 1 value 2; 0 value 3; 0 value 4; 0 value 5; 0 value 6; 1 value 7;
                    left out 1 shown and left unanswered, or dismissed; 0 excluded: tests, spam, staff;
                questions.effort.shares: 100 × how many ÷ answers, for each
                    for high: 100 × 1 ÷ 2 = 50.00
                    counted 1 high; 1 low; 0 medium;
                    left out 1 shown and left unanswered, or dismissed; 0 excluded: tests, spam, staff;
                metric: the mean of the share that stays (Gartner): 27 % unsolved, 37 % solved with high effort, 61 % solved without, over those who answered both questions
                    (1 × 27 + 0 × 37 + 1 × 61) ÷ 2 = 44.00
                    counted 0 solved_with_high_effort; 1 solved_without_high_effort; 1 unsolved;
                    left out 1 shown and left unanswered, or dismissed; 0 excluded: tests, spam, staff;
            "#]],
        );
    }
}
