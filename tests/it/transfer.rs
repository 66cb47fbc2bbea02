use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tests::{Collector, TOKEN, answered, nabz, new_id, response};

const SITE: &str = r#"{
  "site": "acme", "origins": ["https://acme.com"], "breakdowns": ["plan"], "time_zone": "Asia/Tehran",
  "surveys": [
    { "id": "checkout", "questions": [
      { "scale": "nps", "prompt": "Would you recommend us?" },
      { "id": "wrong", "scale": "problems", "prompt": "What went wrong?",
        "options": [{ "id": "late", "label": "Late" }, { "id": "rude", "label": "Rude" }] }] },
    { "id": "other", "questions": [{ "scale": "nps", "prompt": "And this?" },
                                   { "id": "why", "scale": "text", "prompt": "Why?" }] }
  ]
}"#;
const ARGUMENTS: [&str; 4] = ["--admin-token", TOKEN, "--rate-limit", "0"];
const RANGE: &str = "from=2024-01-01&to=2030-01-01&interval=month&by=plan";

/// Runs nabz in the folder and on the database of a collector; standard output and standard error.
fn run(collector: &Collector, arguments: &[&str]) -> (bool, String, String) {
    outcome(collector.nabz().args(arguments))
}

fn outcome(nabz: &mut Command) -> (bool, String, String) {
    let Output { status, stdout, stderr } = nabz.output().unwrap();
    let [stdout, stderr] = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (status.success(), stdout, stderr)
}

fn export(collector: &Collector, format: &str) -> String {
    let arguments = ["export", "--site", "acme", "--survey", "checkout", "--format", format];
    let (good, text, problems) = run(collector, &arguments);
    assert!(good, "{problems}");
    text
}

/// Writes a file and imports it.
fn import(collector: &Collector, name: &str, text: &str, more: &[&str]) -> (bool, String, String) {
    std::fs::write(collector.folder().join(name), text).unwrap();
    let arguments = ["import", "--site", "acme", "--survey", "checkout", name];
    run(collector, &[&arguments, more].concat())
}

/// A collector that was stopped, so that its database can be worked on.
fn stopped() -> Collector {
    let mut collector = Collector::start(SITE);
    assert!(collector.stop());
    collector
}

/// The summary without what names the day on which it was asked for.
async fn summary(collector: &Collector) -> Value {
    collector.summary("checkout", RANGE).await
}

async fn fill(collector: &Collector) {
    let with = |mut post: Value, fields: Value| {
        for (name, value) in fields.as_object().unwrap() {
            post[name] = value.clone();
        }
        post
    };
    let full = |fields: Value| with(answered("checkout", "nps", 9), fields);
    let words = |comment: &str| json!([{ "question": "nps", "value": 3, "comment": comment }]);
    let posts = [
        full(
            json!({ "respondent": "=1+1", "attributes": { "plan": "pro", "seats": 3, "ratio": 3.0 } }),
        ),
        full(
            json!({ "attributes": { "plan": "3", "trial": true, "=key": "a,b" }, "locale": "fa" }),
        ),
        full(json!({ "answers": words("=HYPERLINK(\"http://x\")"), "page": "/shop/done" })),
        full(json!({ "answers": words("'quoted"), "state": "completed" })),
        full(json!({ "answers": words("line one\r\nline two, \"and\" سه") })),
        full(json!({ "answers": words("-5") })),
        full(json!({ "answers": words(""), "test": true })),
        full(json!({ "answers": [{ "question": "wrong", "value": [] }] })),
        full(json!({ "answers": [{ "question": "wrong", "value": ["rude", "late"] }] })),
        response("checkout", &new_id(), 1, "shown", &[]),
        response("checkout", &new_id(), 1, "dismissed", &[]),
    ];
    for post in posts {
        assert_eq!(collector.post(&post).await.status, 204, "{post}");
    }
}

#[tokio::test]
async fn an_export_comes_back_whole() {
    let first = Collector::start(SITE);
    fill(&first).await;
    // Also while the collector runs.
    let exports = ["csv", "ndjson"].map(|format| (format, export(&first, format)));
    let table = &exports[0].1;
    let header = "id,submitted_at,state,respondent,locale,page,excluded,q:nps,comment:nps,q:wrong,comment:wrong,attr:=key,attr:plan,attr:ratio,attr:seats,attr:trial\n";
    assert!(table.starts_with(header), "{table}");
    for cell in [
        ",'=1+1,",
        "\"'=HYPERLINK(\"\"http://x\"\")\"",
        ",''quoted,",
        ",-5,",
        ",rude;late,",
        ",3.0,3,",
        ",'3,",
    ] {
        assert!(table.contains(cell), "{cell} in {table}");
    }
    for (format, text) in &exports {
        let path = format!("/api/v1/surveys/acme/checkout/export.{format}");
        assert_eq!(first.get(&path).await.status, 401);
        assert_eq!(first.get_as_admin(&path).await.text, *text);
        let second = stopped();
        let file = format!("all.{format}");
        let (good, said, problems) = import(&second, &file, text, &[]);
        assert!(good && said.starts_with("11 responses added, 0 were"), "{said}{problems}");
        assert_eq!(export(&second, format), *text);
        let (good, said, _) = import(&second, &file, text, &[]);
        assert!(good && said.starts_with("0 responses added, 11 were there already"), "{said}");
        if *format == "ndjson" {
            assert_eq!(export(&second, "csv"), exports[0].1);
        } else {
            assert_eq!(export(&second, "ndjson").lines().count(), 11);
        }
        let second = second.kill_and_restart(&ARGUMENTS);
        assert_eq!(summary(&second).await, summary(&first).await);
    }
    let reply = first.get_as_admin("/api/v1/surveys/acme/checkout/export.csv").await;
    assert_eq!(reply.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(reply.header("content-disposition"), "attachment; filename=\"acme-checkout.csv\"");
    assert_eq!(
        first.get_as_admin("/api/v1/surveys/acme/none/export.csv").await.verdict(),
        "404 survey"
    );
}

#[tokio::test]
async fn rows_without_showings_count_in_scores_and_in_no_rate() {
    let collector = stopped();
    let text = "submitted_at,q:nps\n2026-03-01,10\n2026-03-01,10\n2026-03-02 10:00:00,3\n";
    let (good, said, problems) = import(&collector, "old.csv", text, &[]);
    assert!(good && said.starts_with("3 responses added"), "{said}{problems}");
    let (_, said, _) = import(&collector, "old.csv", text, &[]);
    assert!(said.starts_with("0 responses added, 3 were there already"), "{said}");
    let exported = export(&collector, "csv");
    assert!(exported.contains(",2026-02-28T20:30:00Z,,"), "{exported}");
    let second = stopped();
    import(&second, "again.csv", &exported, &[]);
    assert_eq!(export(&second, "csv"), exported);
    for collector in [collector, second] {
        let collector = collector.kill_and_restart(&ARGUMENTS);
        let summary = summary(&collector).await;
        let counted = ["shown", "answered", "completed"].map(|field| summary[field].clone());
        assert_eq!(counted, [0, 3, 3].map(Value::from));
        assert_eq!(summary["response_rate"], Value::Null);
        assert_eq!(summary["questions"][0]["counts"]["10"], 2);
        // One of them is on the first of March, in the site's time zone.
        let march = collector.summary("checkout", "from=2026-03-01&to=2026-03-01").await;
        assert_eq!(march["answered"], 2);
    }
}

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
fn columns_surveys_and_files_that_are_not_there_are_named() {
    let collector = stopped();
    let check = |text: &str, expected: &str| {
        let (good, _, problems) = import(&collector, "columns.csv", text, &["--skip-bad"]);
        assert!(!good && problems.contains(expected), "{text}: {problems}");
    };
    check(
        "submited_at,q:nps\n",
        "columns.csv:1: submitted_at: this column is missing; the file has submited_at, q:nps (\"submited_at\" is near)",
    );
    check(
        "submitted_at,q:npx\n",
        "columns.csv:1: q:npx: there is no such column; \"q:nps\" is probably meant",
    );
    check("submitted_at\n", "columns.csv:1: q:nps: this column is missing");
    let check = |arguments: &[&str], expected: &str| {
        let (good, _, problems) = run(&collector, arguments);
        assert!(!good && problems.contains(expected), "{arguments:?}: {problems}");
    };
    check(
        &["export", "--site", "acme", "--survey", "chekout"],
        "has no survey \"chekout\"; it has checkout, other",
    );
    check(&["export", "--site", "emca", "--survey", "checkout"], "there is no site \"emca\"");
    check(
        &["export", "--site", "acme", "--survey", "checkout", "--database", "sqlite:no.db"],
        "there is no database no.db",
    );
    check(&["import", "--site", "acme", "--survey", "checkout", "no.csv"], "no.csv cannot be read");
    assert!(!collector.folder().join("no.db").exists(), "looking creates nothing");
}

#[tokio::test]
async fn an_id_of_another_survey_is_a_wrong_row() {
    let collector = Collector::start(SITE);
    let post = answered("other", "nps", 9);
    collector.post(&post).await;
    let id = post["id"].as_str().unwrap();
    let text = format!("id,submitted_at,q:nps\n{id},2026-03-01,9\n");
    let (good, _, problems) = import(&collector, "ids.csv", &text, &[]);
    assert!(
        !good
            && problems.contains(&format!("ids.csv:2: id: {id} is a response of survey \"other\"")),
        "{problems}"
    );
}

#[test]
fn exports_of_peers_are_understood() {
    let check = |name: &str, text: &str, expected: &[Value]| {
        let collector = stopped();
        for said in ["2 responses added, 0 were", "0 responses added, 2 were"] {
            let (good, found, problems) = import(&collector, "peer.csv", text, &[]);
            assert!(good && found.starts_with(said), "{name}: {found}{problems}");
        }
        let exported = export(&collector, "ndjson");
        for (line, expected) in exported.lines().zip(expected) {
            let found: Value = serde_json::from_str(line).unwrap();
            let fields =
                ["submitted_at", "answers", "respondent", "attributes", "imported", "excluded"];
            let found: Vec<&Value> = fields.iter().map(|field| &found[field]).collect();
            assert_eq!(json!(found), *expected, "{name}");
        }
        assert_eq!(exported.lines().count(), 2);
    };
    let answer = |value: i64, comment: &str| json!([{ "question": "nps", "value": value, "comment": comment }]);
    check(
        "Delighted",
        "Response ID,Survey type,Score,Comment,Created at,Person email,Person name,Plan,Contact\n\
         1,nps,10,=great,2026-03-01 10:00:00 UTC,ann@acme.com,Ann,pro,ann@acme.com\n2,nps,3,,2026-03-02 10:00:00 UTC,,,,\n",
        &[
            json!(["2026-03-01T10:00:00Z", answer(10, "=great"), "ann@acme.com", { "plan": "pro" }, true, false]),
            json!(["2026-03-02T10:00:00Z", [{ "question": "nps", "value": 3 }], null, null, true, false]),
        ],
    );
    check(
        "Wootric",
        "id,created_at,score,text,email,excluded_from_calculations,plan\n\
         7,2026-03-01 03:00:00 -0700,10,fast,bo@acme.com,false,3\n8,2026-03-02 10:00:00 -0700,0,slow,,true,\n",
        &[
            json!(["2026-03-01T10:00:00Z", answer(10, "fast"), "bo@acme.com", { "plan": "3" }, true, false]),
            json!(["2026-03-02T17:00:00Z", answer(0, "slow"), null, null, true, true]),
        ],
    );
    check(
        "PostHog",
        "uuid,event,timestamp,distinct_id,properties.$survey_response,person.properties.plan\n\
         a,survey sent,2026-03-01T10:00:00.5Z,u1,10,pro\nb,survey shown,2026-03-01T10:00:00Z,u2,,\nc,survey sent,2026-03-02T10:00:00Z,u3,2,\n",
        &[
            json!(["2026-03-01T10:00:00.5Z", [{ "question": "nps", "value": 10 }], "u1", { "plan": "pro" }, true, false]),
            json!(["2026-03-02T10:00:00Z", [{ "question": "nps", "value": 2 }], "u3", null, true, false]),
        ],
    );
}

#[test]
fn a_table_is_read_from_the_standard_input() {
    let collector = stopped();
    let mut process = collector
        .nabz()
        .args(["import", "--site", "acme", "--survey", "checkout", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = process.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, b"submitted_at,q:nps\n2026-03-01,9\n").unwrap();
    drop(input);
    let said = String::from_utf8(process.wait_with_output().unwrap().stdout).unwrap();
    assert!(said.starts_with("1 responses added"), "{said}");
}

#[test]
fn a_column_has_a_score() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("q.csv"), "id,q:nps\na,10\nb,9\nc,\nd,2\n").unwrap();
    let (good, said, _) = outcome(
        Command::new(nabz())
            .args(["score", "--scale", "nps", "--column", "q:nps", "q.csv"])
            .current_dir(folder.path()),
    );
    assert!(
        good && said.starts_with("NPS: 33.3 (95 % interval: ") && said.contains("answers: 3"),
        "{said}"
    );
    std::fs::write(folder.path().join("bad.csv"), "10\n9\neleven\n").unwrap();
    let (good, said, problems) = outcome(
        Command::new(nabz())
            .args(["score", "--scale", "nps", "bad.csv"])
            .current_dir(folder.path()),
    );
    assert!(!good && said.contains("NPS: 100.0"), "{said}");
    assert!(
        problems.contains("bad.csv:3: \"eleven\" is not a whole number from 0 to 10"),
        "{problems}"
    );
}
