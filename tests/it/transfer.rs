use std::process::{Command, Output, Stdio};

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Collector, TOKEN, answered, nabz, new_id, response};

pub(crate) const SITE: &str = r#"{
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

pub(crate) fn export(collector: &Collector, format: &str) -> String {
    let arguments = ["export", "--site", "acme", "--survey", "checkout", "--format", format];
    let (good, text, problems) = run(collector, &arguments);
    assert!(good, "{problems}");
    text
}

/// Writes a file and imports it.
pub(crate) fn import(
    collector: &Collector,
    name: &str,
    text: &str,
    more: &[&str],
) -> (bool, String, String) {
    std::fs::write(collector.folder().join(name), text).unwrap();
    let arguments = ["import", "--site", "acme", "--survey", "checkout", name];
    run(collector, &[&arguments, more].concat())
}

/// A collector that was stopped, so that its database can be worked on.
pub(crate) fn stopped() -> Collector {
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
    for post in &posts {
        assert_eq!(collector.post(post).await.status, 204, "{post}");
    }
    let mut later = posts[2].clone();
    later["revision"] = json!(3);
    assert_eq!(collector.post(&later).await.status, 204);
    let made_of_it = [
        (2, json!({ "excluded": true, "why": "=spam()" })),
        (
            3,
            json!({ "status": "open", "owner": "sara", "note": "call\nback", "due": "2026-12-01" }),
        ),
        // A test that somebody brought back.
        (6, json!({ "excluded": false, "why": "" })),
    ];
    for (at, body) in made_of_it {
        let path = format!("/api/v1/responses/acme/{}", posts[at]["id"].as_str().unwrap());
        let bearer = format!("Bearer {TOKEN}");
        let headers = [("authorization", bearer.as_str())];
        let reply = collector.request(Method::PATCH, &path, &headers, &body.to_string()).await;
        assert_eq!(reply.status, 204, "{body}");
    }
}

#[tokio::test]
async fn an_export_comes_back_whole() {
    let first = Collector::start(SITE);
    fill(&first).await;
    // Also while the collector runs.
    let exports = ["csv", "ndjson"].map(|format| (format, export(&first, format)));
    let table = &exports[0].1;
    let header = "id,submitted_at,state,respondent,locale,page,excluded,q:nps,comment:nps,q:wrong,comment:wrong,attr:=key,attr:plan,attr:ratio,attr:seats,attr:trial,revision,version,test,verified,status,owner,note,due,excluded_by,excluded_why\n";
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
    std::fs::write(first.folder().join("all.csv"), table).unwrap();
    let scored = ["score", "--scale", "problems", "--column", "q:wrong", "all.csv"];
    let (good, said, problems) = run(&first, &scored);
    assert!(good && said.starts_with("TGW (per 100 answers): 100.0 "), "{said}{problems}");
    assert!(said.contains("answers: 2 ") && said.contains("clean: 1\ncomplaint: 1\n"), "{said}");
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
        for (other, expected) in &exports {
            assert_eq!(export(&second, other), *expected, "{format} to {other}");
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
async fn who_was_proven_stays_proven() {
    let first = stopped();
    let text = "submitted_at,q:nps,respondent,verified\n\
                2026-03-01,10,u_42,true\n2026-03-01,9,u_43,false\n";
    let (good, said, problems) = import(&first, "old.csv", text, &[]);
    assert!(good && said.starts_with("2 responses added"), "{said}{problems}");
    for format in ["csv", "ndjson"] {
        let exported = export(&first, format);
        let says_so = |line: &&str| line.contains(",true,") || line.contains("\"verified\":true");
        let proven: Vec<&str> = exported.lines().filter(says_so).collect();
        assert!(matches!(proven[..], [one] if one.contains("u_42")), "{format}: {exported}");
        let second = stopped();
        import(&second, &format!("all.{format}"), &exported, &[]);
        assert_eq!(export(&second, format), exported);
    }
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
fn a_time_is_the_same_in_a_table_and_in_a_line() {
    let times = [
        ("2026-03-01T14:05:00Z", "2026-03-01T14:05:00Z"),
        ("2026-03-01T14:05:00.5+03:30", "2026-03-01T10:35:00.5Z"),
        ("2026-03-01T14:05:00-0700", "2026-03-01T21:05:00Z"),
        ("2026-03-01 14:05:00.123456789", "2026-03-01T10:35:00.123Z"),
        ("2026-03-01", "2026-02-28T20:30:00Z"),
        ("1713418460", "2024-04-18T05:34:20Z"),
    ];
    let answers = json!([{ "question": "nps", "value": 9 }]);
    let line = |time: Value| format!("{}\n", json!({ "submitted_at": time, "answers": answers }));
    let rows: String = times.iter().map(|(time, _)| format!("{time},9\n")).collect();
    let texts: String = times.iter().map(|(time, _)| line(json!(time))).collect();
    let numbers = times.map(|(time, _)| time.parse::<i64>().map_or(json!(time), Value::from));
    let numbers: String = numbers.map(line).concat();
    let mut expected = times.map(|(_, time)| time);
    expected.sort_unstable();
    let table = format!("submitted_at,q:nps\n{rows}");
    for (name, text) in [("a.csv", table), ("a.ndjson", texts), ("b.ndjson", numbers)] {
        let collector = stopped();
        let (good, _, problems) = import(&collector, name, &text, &[]);
        assert!(good, "{text}{problems}");
        let lines = export(&collector, "ndjson");
        let found = lines.lines().map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            line["submitted_at"].as_str().unwrap().to_owned()
        });
        assert_eq!(found.collect::<Vec<_>>(), expected, "{text}");
    }
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
    check(
        &["import", "--site", "acme", "--survey", "checkout", "--server", "http://x", "no.csv"],
        "--admin-token",
    );
    assert!(!collector.folder().join("no.db").exists(), "looking creates nothing");
}

#[tokio::test]
async fn a_running_collector_takes_what_its_database_refuses() {
    let collector = Collector::start(SITE);
    let text = "submitted_at,q:nps\n2026-03-01,10\n2026-03-01,11\n2026-03-02 10:00:00,3\n";
    // A server takes several writers; a file has one.
    if collector.database().starts_with("sqlite:") {
        let (good, _, problems) = import(&collector, "rows.csv", text, &[]);
        let way_out = format!("import through it with --server {}", collector.url);
        assert!(!good && problems.contains("nabz.db is in use by process"), "{problems}");
        assert!(problems.contains(&way_out), "{problems}");
        let (good, _, problems) = run(
            &collector,
            &["serve", "site.json", "--listen", "127.0.0.1:0", "--admin-token", TOKEN],
        );
        let way_out = format!("the collector at {}: stop it first", collector.url);
        assert!(!good && problems.contains(&way_out), "a second collector: {problems}");
    }

    let server = ["--server", collector.url.as_str(), "--admin-token", TOKEN];
    let (good, said, problems) = import(&collector, "rows.csv", text, &server);
    assert!(!good && said.is_empty(), "{said}");
    assert!(problems.contains("rows.csv:3: q:nps: 11 is not on the scale nps"), "{problems}");
    assert!(problems.contains("nothing was imported"), "{problems}");
    assert_eq!(summary(&collector).await["answered"], 0);
    let (good, said, _) =
        import(&collector, "rows.csv", text, &[&server[..], &["--skip-bad"]].concat());
    assert!(good, "{said}");
    assert_eq!(said, "2 responses added, 0 were there already, 1 wrong rows left out\n");
    assert_eq!(summary(&collector).await["answered"], 2);
    let lines = export(&collector, "ndjson");
    let (good, said, _) = import(&collector, "again.ndjson", &lines, &server);
    assert!(good && said.starts_with("0 responses added, 2 were there already"), "{said}");
    let (_, _, problems) = import(&collector, "columns.csv", "q:nps\n9\n", &server);
    assert!(problems.contains("columns.csv:1: submitted_at: this column is missing"), "{problems}");
    collector.verify();

    let check = async |query: &str, token: &str, expected: &str| {
        let path = format!("/api/v1/surveys/acme/{query}");
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let reply = collector.request(Method::POST, &path, &headers, text).await;
        assert_eq!(reply.verdict(), expected, "{query}");
    };
    check("checkout/import", "wrong", "401").await;
    check("none/import", TOKEN, "404 survey").await;
    check("checkout/import?format=xml", TOKEN, "400 format").await;
    check("checkout/import?from=excel", TOKEN, "400 from").await;
    check("checkout/import?skip_bad=perhaps", TOKEN, "400 skip_bad").await;
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
