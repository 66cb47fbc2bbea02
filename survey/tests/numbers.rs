//! What holds for every number, whatever is answered.

use std::collections::BTreeMap;

use proptest::prelude::*;
use survey::response::{Answer, Response, State, Value};
use survey::scope::{Every, Range, Scope};
use survey::score::Distribution;
use survey::summary::Subject;
use survey::tally::{self, Cells, Counted, Row};
use survey::{Day, Definition, Question, Summary, summarize};

const DEFINITION: &str = r#"{"survey":"s","locale":"en","position":"bottom-end","questions":[
    {"scale":"nps","prompt":"?"},
    {"scale":"problems","prompt":"?","options":[{"id":"a","label":"A"},{"id":"b","label":"B"}]}]}"#;

fn definition() -> Definition {
    serde_json::from_str(DEFINITION).unwrap()
}

prop_compose! {
    fn any_response()(
        day in 0..40i32,
        excluded in prop::bool::weighted(0.1),
        imported in prop::bool::weighted(0.1),
        nps in prop::option::of(0..=10i64),
        problems in prop::option::of(prop::sample::subsequence(vec!["a", "b"], 0..=2)),
        completed: bool,
    ) -> (Day, bool, bool, Response) {
        let named = |list: Vec<&str>| Value::List(list.into_iter().map(str::to_owned).collect());
        let values = [("nps", nps.map(Value::Number)), ("problems", problems.map(named))];
        let answer = |(question, value): (&str, Option<Value>)| {
            Some(Answer { question: question.to_owned(), value: value?, comment: None })
        };
        let answers: Vec<Answer> = values.into_iter().filter_map(answer).collect();
        let state = match (answers.is_empty(), completed) {
            (true, true) => State::Dismissed,
            (true, false) => State::Shown,
            (false, true) => State::Completed,
            (false, false) => State::Answered,
        };
        let response = r#"{"id":"i","site":"a","survey":"s","state":"shown"}"#;
        let mut response: Response = serde_json::from_str(response).unwrap();
        (response.answers, response.state) = (answers, state);
        (Day(day), excluded, imported, response)
    }
}

type Given = (Day, bool, bool, Response);

/// The rows that responses are tallied in.
fn rows<'a>(given: impl IntoIterator<Item = &'a Given>) -> Vec<Row> {
    let definition = definition();
    let mut rows: BTreeMap<(Day, String), Cells> = BTreeMap::new();
    for (day, excluded, imported, response) in given {
        let (excluded, imported) = (*excluded, *imported);
        let counted = Counted { response, definition: &definition, excluded, imported };
        for (series, cell) in counted.marks() {
            rows.entry((*day, series.into_owned())).or_default()[cell] += 1;
        }
    }
    let row = |((day, series), cells)| Row { day, bucket: String::new(), series, cells };
    rows.into_iter().map(row).collect()
}

fn summary(rows: &[Row]) -> Summary {
    let definition = definition();
    let subject = Subject {
        site: "a",
        time_zone: "UTC",
        week_starts: survey::site::WeekDay::Monday,
        definition: &definition,
        ever_asked: &definition.questions,
    };
    let range = Range { from: Day(20), to: Day(39) };
    summarize(
        subject,
        Scope { range, every: Every::Week, compare: Some(range.previous()) },
        rows,
        rows,
    )
}

proptest! {
    #[test]
    fn neither_order_nor_parts_matter(
        given in prop::collection::vec(any_response(), 0..120),
        cut in 0.0..1.0f64,
    ) {
        let whole = summary(&rows(&given));
        prop_assert_eq!(&summary(&rows(given.iter().rev())), &whole);
        let (first, second) = given.split_at((cut * given.len() as f64) as usize);
        let parts = [rows(second), rows(first)].concat();
        prop_assert_eq!(&summary(&parts), &whole);
        let funnel = whole.funnel;
        prop_assert!(funnel.completed <= funnel.answered);
        prop_assert!(funnel.answered - funnel.imported + funnel.dismissed <= funnel.shown);
    }

    #[test]
    fn days_merged_give_the_score_of_all_answers(
        days in prop::collection::vec(prop::collection::vec(0..500i64, 11), 1..10),
    ) {
        let question: Question = serde_json::from_str(r#"{"scale":"nps","prompt":"?"}"#).unwrap();
        let mut merged = Cells::default();
        let mut sums = vec![0i64; 11];
        for day in &days {
            let mut cells = Cells::default();
            cells[..11].copy_from_slice(day);
            tally::add(&mut merged, &cells);
            sums.iter_mut().zip(day).for_each(|(sum, count)| *sum += count);
        }
        let mut all = Cells::default();
        all[..11].copy_from_slice(&sums);
        let score = |cells| Distribution::new(&question, cells, Vec::new()).score();
        prop_assert_eq!(score(merged), score(all));
    }
}

/// Every way in which up to `most` answers fall on three values.
fn small_distributions(most: i64) -> impl Iterator<Item = [i64; 3]> {
    (0..=most).flat_map(move |a| {
        (0..=most - a).flat_map(move |b| (0..=most - a - b).map(move |c| [a, b, c]))
    })
}

fn holds(min: f64, low: f64, value: f64, high: f64, max: f64) -> bool {
    min <= low && low <= value && value <= high && high <= max
}

#[test]
fn every_small_distribution_has_its_point_in_its_interval() {
    let question = |json: &str| serde_json::from_str::<Question>(json).unwrap();
    let faces = question(r#"{"scale":"faces","prompt":"?"}"#);
    let nps = question(r#"{"scale":"nps","prompt":"?"}"#);
    for counts in small_distributions(12) {
        // The three faces; and a detractor, a passive and a promoter.
        let scales = [(&faces, [1, 2, 3], 0.0, 1.0, 3.0), (&nps, [6, 7, 9], -100.0, 0.0, 10.0)];
        for (question, values, min, least, most) in scales {
            let mut cells = Cells::default();
            values.into_iter().zip(counts).for_each(|(value, count)| cells[value] = count);
            let distribution = Distribution::new(question, cells, Vec::new());
            let score = distribution.score().unwrap();
            let (Some(value), Some(low), Some(high)) = (score.value, score.low, score.high) else {
                assert_eq!(counts, [0; 3]);
                continue;
            };
            assert!(holds(min, low, value, high, 100.0), "{counts:?} {score:?}");
            for share in distribution.shares().values() {
                assert!(holds(0.0, share.low, share.value, share.high, 100.0), "{share:?}");
            }
            if let Some((low, high)) = distribution.mean_interval() {
                let (mean, ..) = distribution.moments().unwrap();
                assert!(holds(least, low, mean, high, most), "{counts:?} {low} {mean} {high}");
            }
        }
    }
}
