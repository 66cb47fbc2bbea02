//! Our numbers are those of scipy and statsmodels: `golden/scores.json`.

use serde_json::{Map, Value, json};
use survey::Question;
use survey::definition::Metric;
use survey::score::Distribution;
use survey::tally::Cells;

/// Beyond a few billionths of its size, no difference is one of rounding.
const TOLERANCE: f64 = 1e-9;

fn vectors(part: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../golden/scores.json")).unwrap();
    all[part].as_array().unwrap().clone()
}

fn question(case: &Value) -> Question {
    let mut question = Map::from_iter([("prompt".to_owned(), json!("?"))]);
    for field in ["scale", "points"] {
        question.extend(case.get(field).map(|value| (field.to_owned(), value.clone())));
    }
    if let Some(options) = case["options_of_scale"].as_array() {
        let options = options.iter().map(|id| json!({ "id": id, "label": id }));
        question.insert("options".to_owned(), options.collect());
    }
    serde_json::from_value(Value::Object(question)).unwrap()
}

fn cells(counts: &Value) -> Cells {
    let mut cells = Cells::default();
    for (value, count) in counts.as_object().unwrap() {
        cells[value.parse::<usize>().unwrap()] = count.as_i64().unwrap();
    }
    cells
}

fn distribution<'a>(question: &'a Question, given: &Value) -> Distribution<'a> {
    let named = |id: &str| given["options"][id].as_i64().unwrap_or_default();
    let options = question.options.iter().map(|option| named(&option.id)).collect();
    Distribution::new(question, cells(&given["counts"]), options)
}

/// Holds what we found to what is expected, field by field.
fn check(found: &Value, expected: &Value, at: &str) {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            let names = |map: &Map<String, Value>| map.keys().cloned().collect::<Vec<_>>().len();
            assert_eq!(names(found), names(expected), "{at}: {found:?} {expected:?}");
            for (name, expected) in expected {
                check(&found[name], expected, &format!("{at} {name}"));
            }
        }
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            let close = (a - b).abs() <= TOLERANCE * b.abs().max(1.0);
            assert!(close, "{at}: found {a}, expected {b}");
        }
        _ => assert_eq!(found, expected, "{at}"),
    }
}

#[test]
fn scores_are_those_of_the_reference() {
    for case in vectors("scores") {
        let question = question(&case);
        let distribution = distribution(&question, &case);
        let mut found = json!(distribution.score().unwrap());
        let (low, high) = distribution.mean_interval().unzip();
        found["answered"] = json!(distribution.answered());
        found["mean"] = json!(distribution.moments().map(|(mean, ..)| mean));
        found["mean_low"] = json!(low);
        found["mean_high"] = json!(high);
        found["shares"] = json!(distribution.shares());
        check(&found, &case["expected"], &format!("{} {}", case["scale"], case["counts"]));
    }
}

#[test]
fn changes_are_those_of_the_reference() {
    for case in vectors("changes") {
        let question = question(&case);
        let [now, before] = ["now", "before"].map(|side| distribution(&question, &case[side]));
        let found = json!(now.change_from(&before).unwrap());
        let at = format!("{} {} {}", case["scale"], case["now"], case["before"]);
        check(&found, &case["expected"], &at);
    }
}

#[test]
fn metrics_are_those_of_the_reference() {
    for case in vectors("metrics") {
        let metric: Metric = serde_json::from_value(case["metric"].clone()).unwrap();
        let found = json!(metric.summarize(&cells(&case["counts"])));
        check(&found, &case["expected"], &format!("{} {}", case["metric"], case["counts"]));
    }
}
