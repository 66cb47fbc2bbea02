//! What parsers are given that nobody would write. `NABZ_FUZZ=60` has each test go on for 60 seconds,
//! as `cargo xtask test` does.

use std::process::Command;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use reqwest::Method;
use tests::{Collector, TOKEN, answered, nabz};

use crate::SITE;

/// Pieces that parsers stumble over.
const PIECES: [&str; 30] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    ":",
    "\\",
    "\n",
    "\r\n",
    "\0",
    "null",
    "true",
    "-",
    "1e999",
    "9223372036854775808",
    "0.1",
    "\u{feff}",
    "\u{202e}",
    "\u{1f600}",
    "\\ud800",
    "'",
    "=",
    "&",
    "%",
    "%00",
    "%ff",
    "../",
    ";",
    "__proto__",
];

/// Cases to try: so many, and further ones for as long as `NABZ_FUZZ` says, of which this is one of
/// so many parts. They come in the same order each time, so what fails once fails again.
fn samples<T: std::fmt::Debug>(
    cases: usize,
    parts: u32,
    strategy: impl Strategy<Value = T>,
) -> impl Iterator<Item = T> {
    let seconds = std::env::var("NABZ_FUZZ").ok().and_then(|seconds| seconds.parse().ok());
    let until = Instant::now() + Duration::from_secs(seconds.unwrap_or(0)) / parts;
    let mut runner = TestRunner::deterministic();
    let mut sample = move || strategy.new_tree(&mut runner).expect("no filters").current();
    (0..).map_while(move |case| (case < cases || Instant::now() < until).then(&mut sample))
}

/// A good text with a few pieces cut out, put in, repeated or replaced by any bytes.
fn mangled(good: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
    let piece = prop_oneof![
        prop::sample::select(&PIECES[..]).prop_map(|piece| piece.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..4),
    ];
    let edit = (any::<prop::sample::Index>(), 0..12usize, piece, 1..4usize);
    let good = good.as_bytes().to_vec();
    prop::collection::vec(edit, 1..4).prop_map(move |edits| {
        let mut text = good.clone();
        for (at, cut, piece, times) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + cut).min(text.len());
            text.splice(at..end, piece.repeat(times));
        }
        text
    })
}

#[test]
fn site_files() {
    for file in samples(3_000, 1, mangled(SITE)) {
        let text = String::from_utf8_lossy(&file);
        match survey::check::check(&text, |zone| zone == "UTC") {
            // What is good stays good, written anew.
            Ok(site) => {
                let again = serde_json::to_string(&site).unwrap();
                assert!(survey::check::check(&again, |zone| zone == "UTC").is_ok(), "{text}");
            }
            Err(problems) => {
                assert!(!problems.is_empty(), "{text}");
                let lines = text.lines().count().max(1);
                for problem in problems {
                    assert!((1..=lines + 1).contains(&problem.line), "{problem}: {text}");
                    assert!(!problem.message.is_empty() && !problem.remedy.is_empty(), "{text}");
                }
            }
        }
    }
}

#[tokio::test]
async fn bodies() {
    let collector = Collector::start(SITE);
    let mut good = answered("checkout", "nps", 9);
    good["respondent"] = "u_42".into();
    good["attributes"] = serde_json::json!({ "plan": "pro", "seats": 3 });
    let list = serde_json::json!([good, answered("support", "effort", 3)]);
    let goods = [good, list].into_iter();
    for body in goods.flat_map(|good| samples(400, 2, mangled(&good.to_string()))) {
        let reply = collector.post_text(&body).await;
        let shown = String::from_utf8_lossy(&body);
        let expected = [200, 204, 400, 403, 404, 409, 413, 422];
        assert!(expected.contains(&reply.status), "{shown}: {} {}", reply.status, reply.text);
        assert!(reply.status == 200 || !reply.verdict().is_empty(), "{shown}");
    }
    assert_eq!(collector.post(&answered("faces", "faces", 3)).await.status, 204);
    assert_eq!(collector.summary("faces", "").await["answered"], 1);
    collector.verify();
}

#[tokio::test]
async fn query_strings() {
    let collector = Collector::start(SITE);
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("authorization", bearer.as_str())];
    let summary = "from=2026-01-01&to=2026-03-31&interval=week&by=plan&compare=previous&also=faces";
    let list = "after=1700000000000-019ab4c2-7d00-7000-8000-000000000001&limit=50&group=detractor";
    for (call, query) in [("summary", summary), ("responses", list), ("summary", "explain=true")] {
        for query in samples(150, 3, mangled(query)) {
            // A client that follows the standards writes nothing else into an address.
            let encode = |byte: &u8| match byte {
                b'#' | b' ' | b'"' | b'<' | b'>' | b'\'' | 0..=32 | 127.. => format!("%{byte:02X}"),
                _ => char::from(*byte).to_string(),
            };
            let query: String = query.iter().map(encode).collect();
            let path = format!("/api/v1/surveys/acme/checkout/{call}?{query}");
            let reply = collector.request(Method::GET, &path, &headers, "").await;
            assert!([200, 400, 404].contains(&reply.status), "{path}: {}", reply.text);
            assert!(reply.status == 200 || reply.verdict().len() > 3, "a field: {path}");
        }
    }
}

#[test]
fn tables() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("site.json"), SITE).unwrap();
    let run = |arguments: &[&str]| {
        let mut nabz = Command::new(nabz());
        let output = nabz.args(arguments).current_dir(folder.path()).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    };
    assert_eq!(run(&["demo-data", "site.json", "--days", "1"]).0, Some(0));
    let table = "id,submitted_at,state,respondent,locale,page,excluded,q:nps,comment:nps,attr:plan\n\
        019ab4c2-7d00-7000-8000-000000000001,2026-01-02T03:04:05Z,completed,u_1,en,/a,false,9,\"a \"\"b\"\"\nc\",pro\n\
        ,2026-01-03T03:04:05+03:30,answered,,,,,0,,'=1+1\n";
    for (name, good) in [
        ("table.csv", table),
        (
            "lines.ndjson",
            "{\"id\":\"019ab4c2-7d00-7000-8000-000000000002\",\"submitted_at\":\"2026-01-02T03:04:05Z\",\"answers\":[{\"question\":\"nps\",\"value\":9}]}\n",
        ),
    ] {
        for file in samples(40, 2, mangled(good)) {
            std::fs::write(folder.path().join(name), &file).unwrap();
            let (code, said) =
                run(&["import", "--site", "acme", "--survey", "checkout", name, "--skip-bad"]);
            let shown = String::from_utf8_lossy(&file);
            assert!(matches!(code, Some(0 | 1)), "{shown}: {said}");
        }
    }
    let (code, said) = run(&["verify"]);
    assert_eq!(code, Some(0), "{said}");
}
