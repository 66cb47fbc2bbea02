use serde_json::{Value, json};
use tests::{Collector, answered, new_id};

use crate::transfer::{SITE, export, import, stopped};

#[test]
fn wrong_rows_are_listed_and_nothing_is_half_imported() {
    let collector = stopped();
    let text = "submitted_at,q:nps,comment:nps,q:wrong\n2026-03-01,11,,\n2026-03-01,9,\"two\nlines\",\n31.3.2026,9,,\n2026-03-01,nine,,\n2026-03-01,,why,\n2026-03-01,,,\n2026-03-01,1\n2026-03-01,,,late;early\n";
    let (good, said, problems) = import(&collector, "bad.csv", text, &[]);
    assert!(!good && said.is_empty(), "{said}");
    for expected in [
        "bad.csv:2: q:nps: 11 is not on the scale nps: use a whole number from 0 to 10",
        "bad.csv:5: submitted_at: \"31.3.2026\" is no time",
        "bad.csv:6: q:nps: \"nine\" is not a whole number from 0 to 10",
        "bad.csv:7: comment:nps: a comment without an answer to \"nps\"",
        "bad.csv:8: state: no question is answered",
        "bad.csv:9: 2 cells; the header has 4",
        "bad.csv:10: q:wrong: \"early\" is no option: use a list of late, rude",
        "nothing was imported",
    ] {
        assert!(problems.contains(expected), "{expected} in\n{problems}");
    }
    assert_eq!(export(&collector, "ndjson"), "");
    let (good, said, _) = import(&collector, "bad.csv", text, &["--skip-bad"]);
    assert!(good, "{said}");
    assert_eq!(said, "1 responses added, 0 were there already, 7 wrong rows left out\n");
    assert_eq!(export(&collector, "ndjson").lines().count(), 1);

    let cells = "submitted_at,q:nps,note,due,excluded,revision\n2026-03-01,9,,31.12.,,\n2026-03-01,9,,,maybe,\n2026-03-01,9,,,,two\n";
    let cells = format!("{cells}2026-03-01,9,{},,,\n", "x".repeat(2_001));
    let (_, _, problems) = import(&collector, "cells.csv", &cells, &[]);
    for expected in [
        "cells.csv:2: due: ",
        "cells.csv:3: excluded: \"maybe\" is neither true nor false",
        "cells.csv:4: revision: \"two\" is not a whole number",
        "cells.csv:5: note: at most 2000 characters are kept",
    ] {
        assert!(problems.contains(expected), "{expected} in\n{problems}");
    }

    let lines = "{\"submitted_at\":\"2026-03-01\",\"answers\":[{\"question\":\"nps\",\"value\":\"x\"}]}\n{}\nnone\n";
    let (good, _, problems) = import(&collector, "bad.ndjson", lines, &[]);
    assert!(!good && problems.contains("bad.ndjson:1: q:nps: the scale nps takes"), "{problems}");
    assert!(problems.contains("bad.ndjson:2: submitted_at: this field is missing"), "{problems}");
    assert!(problems.contains("bad.ndjson:3: this is not JSON"), "{problems}");

    let many = format!("submitted_at,q:nps\n{}", "2026-03-01,12\n".repeat(60));
    let (_, _, problems) = import(&collector, "many.csv", &many, &[]);
    assert!(problems.contains("… and 10 more wrong rows"), "{problems}");
    assert!(!problems.contains("many.csv:52:"), "{problems}");
}

#[test]
fn a_row_that_is_too_long_is_a_wrong_row() {
    let check = |name: &str, lines: &[&str], wrong: &str, rest: u32| {
        let collector = stopped();
        let text = lines.concat();
        let (good, _, problems) = import(&collector, name, &text, &[]);
        assert!(!good && problems.contains(&format!("{name}:{wrong}")), "{problems}");
        let (good, said, problems) = import(&collector, name, &text, &["--skip-bad"]);
        let expected = format!("{rest} responses added, 0 were there already, 1 wrong rows");
        assert!(good && said.starts_with(&expected), "{said}{problems}");
    };
    let header = "submitted_at,q:nps,comment:nps\n";
    let row = "2026-03-01,9,\n";
    let long = format!("2026-03-01,9,{}\n", "x".repeat(3_000_000));
    check("long.csv", &[header, row, &long, row], "3: this row has more than a MiB\n", 2);
    let open = format!("2026-03-01,9,\"{}", "x\n".repeat(600_000));
    let wrong = "3: this row has more than a MiB and ends in line 600002: is a quote left open?";
    check("open.csv", &[header, row, &open], wrong, 1);
    let closed = format!("{open}\"\n");
    let wrong = "3: this row has more than a MiB and ends in line 600003: is a quote left open?";
    check("closed.csv", &[header, row, &closed, row], wrong, 2);
    let line =
        "{\"submitted_at\":\"2026-03-01\",\"answers\":[{\"question\":\"nps\",\"value\":9}]}\n";
    let long = format!("{{\"page\":\"{}\"}}\n", "x".repeat(3_000_000));
    check("long.ndjson", &[line, &long, line], "2: this row has more than a MiB\n", 2);
}

#[test]
fn a_field_that_is_not_read_makes_a_line_wrong() {
    let check = |fields: &str, answer: &str, expected: &str| {
        let collector = stopped();
        let good = r#"{"submitted_at":"2026-03-01","answers":[{"question":"nps","value":9}]}"#;
        let line = format!(
            r#"{{"submitted_at":"2026-03-01","answers":[{{"question":"nps","value":3{answer}}}]{fields}}}"#
        );
        let text = format!("{good}\n{line}\n");
        let (good, _, problems) = import(&collector, "a.ndjson", &text, &[]);
        assert!(!good && problems.contains(&format!("a.ndjson:2: {expected}\n")), "{problems}");
        let (_, said, _) = import(&collector, "a.ndjson", &text, &["--skip-bad"]);
        assert!(said.starts_with("1 responses added, 0 were there already, 1 wrong"), "{said}");
    };
    let near = |field: &str, near: &str| {
        format!("{field}: there is no such field; \"{near}\" is probably meant")
    };
    check(r#","respondant":"u_42""#, "", &near("respondant", "respondent"));
    check("", r#","coment":"why""#, &near("answers[0].coment", "comment"));
    check("", r#","x":1"#, "answers[0].x: there is no such field; take it out");
    check(
        r#","colour":"red""#,
        "",
        "colour: there is no such field; move it into \"attributes\" to keep it, or take it out",
    );
    check(
        r#","submitted_at":true"#,
        "",
        "submitted_at: \"true\" is no time: use 2026-03-31, 2026-03-31 14:05:00 or 2026-03-31T14:05:00Z",
    );
    check(r#","submitted_at":null"#, "", "submitted_at: this field is missing");
}

#[test]
fn an_id_says_one_thing() {
    let check = |name: &str, lines: &[String], wrong: &str, kept: &str, expected: &[i64]| {
        let collector = stopped();
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let (good, said, problems) = import(&collector, name, &text, &[]);
        assert_eq!(good, wrong.is_empty(), "{said}{problems}");
        assert!(problems.contains(wrong), "{problems}");
        assert!(good || export(&collector, "ndjson").is_empty(), "half imported: {text}");
        let (_, again, problems) = import(&collector, name, &text, &["--skip-bad"]);
        assert!(if good { said } else { again }.starts_with(kept), "{text}{problems}");
        let lines = export(&collector, "ndjson");
        let values = lines.lines().map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            line["answers"][0]["value"].as_i64().unwrap()
        });
        assert_eq!(values.collect::<Vec<_>>(), expected, "{text}");
    };
    let id = new_id();
    let header = "id,submitted_at,q:nps,revision".to_owned();
    let row =
        |day: &str, value: u8, revision: &str| format!("{id},2026-03-{day},{value},{revision}");
    let table = |rows: &[String]| [std::slice::from_ref(&header), rows].concat();
    let without_id = ",2026-03-01,7,".to_owned();
    check(
        "contradiction.csv",
        &table(&[row("01", 9, ""), without_id.clone(), row("01", 2, "1"), without_id]),
        "contradiction.csv:4: id: line 2 says something else under this id: take one of the two out",
        "3 responses added, 0 were there already, 1 wrong rows left out",
        &[7, 7, 9],
    );
    check(
        "far.csv",
        &table(&[vec![row("01", 9, ""); 9_000], vec![row("02", 9, "")]].concat()),
        "far.csv:9002: id: line 2 says something else under this id",
        "1 responses added, 8999 were there already, 1 wrong rows left out",
        &[9],
    );
    check(
        "upper.csv",
        &table(&[row("01", 9, ""), row("01", 9, "1").to_uppercase()]),
        "",
        "1 responses added, 1 were there already, 0 wrong rows left out",
        &[9],
    );
    check(
        "revisions.csv",
        &table(&[row("01", 9, "1"), row("05", 2, "3"), row("05", 8, "2"), row("07", 4, "4")]),
        "",
        "1 responses added, 2 revised, 1 were there already, 0 wrong rows left out",
        &[4],
    );
    let line = |value: u8| {
        json!({ "id": id, "submitted_at": "2026-03-01", "answers": [{ "question": "nps", "value": value }] })
            .to_string()
    };
    check(
        "contradiction.ndjson",
        &[line(9), line(9), line(3)],
        "contradiction.ndjson:3: id: line 1 says something else under this id",
        "1 responses added, 1 were there already, 1 wrong rows left out",
        &[9],
    );
}

#[tokio::test]
async fn an_id_of_another_survey_is_a_wrong_row() {
    let mut collector = Collector::start(SITE);
    let post = answered("other", "nps", 9);
    collector.post(&post).await;
    assert!(collector.stop());
    let id = post["id"].as_str().unwrap();
    let text = format!("id,submitted_at,q:nps\n{id},2026-03-01,9\n{id},2026-03-01,9\n");
    let (good, _, problems) = import(&collector, "ids.csv", &text, &[]);
    assert!(!good);
    for line in [2, 3] {
        let expected = format!("ids.csv:{line}: id: {id} is a response of survey \"other\"");
        assert_eq!(problems.matches(&expected).count(), 1, "{problems}");
    }
    let (_, said, _) = import(&collector, "ids.csv", &text, &["--skip-bad"]);
    assert_eq!(said, "0 responses added, 0 were there already, 2 wrong rows left out\n");
}
