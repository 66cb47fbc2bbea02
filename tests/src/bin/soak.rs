//! Runs a collector for a long time under load, ends it in every way there is, and counts what
//! became of all that it acknowledged. `cargo xtask soak` runs it.
//!
//! Arguments: the folder in which the database and the ledger are, and for how many minutes. A
//! later run in the same folder goes on with both.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::{Collector, Fault, Ledger, Order, TOKEN, Visitors, nabz};

const SITE: &str = r#"{ "site": "acme", "origins": ["https://acme.com"],
  "breakdowns": ["plan", "agent", "country", "device", "locale", "page"],
  "surveys": [{ "id": "checkout", "questions": [{ "scale": "nps", "prompt": "?" }] }] }"#;
const ARGUMENTS: [&str; 6] = ["--admin-token", TOKEN, "--rate-limit", "0", "--log", "error"];
/// Visitors at the same time; each has two posts on their way.
const VISITORS: usize = 32;
/// Lives of a collector between two looks at the ledger.
const LIVES: usize = 8;
/// Milliseconds that a life lasts, at least and at most.
const LIFE_MS: std::ops::Range<u64> = 2_000..10_000;
/// Changes of the disk until the power goes.
const CHANGES_MAX: u64 = 5_000;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().expect("the first argument is a folder"));
    let minutes = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(10);
    let until = Instant::now() + Duration::from_secs(60 * minutes);
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let mut soak = Soak::new(folder.canonicalize().expect("the folder is there"));
    while Instant::now() < until {
        soak.live().await;
        soak.check();
    }
    soak.report();
}

/// How a life ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Kill,
    PowerCut,
    Stop,
}

/// What was done and seen so far.
struct Soak {
    folder: PathBuf,
    start: Instant,
    ends: [u64; 3],
    /// Milliseconds that each acknowledged post took, except on the frail disk.
    times: Vec<f64>,
    /// Milliseconds from the start of the program until it listens.
    starts: Vec<f64>,
    /// The most of a collector, except on the frail disk.
    memory_kib: u64,
    acknowledged: usize,
    stored: usize,
}

impl Soak {
    fn new(folder: PathBuf) -> Soak {
        Soak {
            folder,
            start: Instant::now(),
            ends: [0; 3],
            times: Vec::new(),
            starts: Vec::new(),
            memory_kib: 0,
            acknowledged: 0,
            stored: 0,
        }
    }

    fn database(&self) -> String {
        format!("sqlite:{}", self.folder.join("soak.db").display())
    }

    fn ledger(&self) -> PathBuf {
        self.folder.join("ledger")
    }

    /// Some lives of a collector, with visitors who stay over all of them.
    async fn live(&mut self) {
        let ends = [End::Kill, End::PowerCut, End::Kill, End::Stop];
        let mut collector = self.started(ends[0]);
        let mut visitors = Visitors::of_pages(std::slice::from_ref(&collector), VISITORS, true);
        for life in 0..LIVES {
            let end = ends[life % ends.len()];
            let measured = end != End::PowerCut;
            visitors.times();
            tokio::time::sleep(Duration::from_millis(fastrand::u64(LIFE_MS))).await;
            let times = visitors.times();
            self.times.extend(times.iter().filter(|_| measured).map(|it| it.as_secs_f64() * 1e3));
            // The frail disk keeps in memory what a power cut may take.
            if measured {
                self.memory_kib = self.memory_kib.max(collector.memory_kib());
            }
            self.end(&mut collector, end).await;
            collector = self.started(ends[(life + 1) % ends.len()]);
            visitors.find(0, &collector);
        }
        visitors.more(1).await;
        self.note(&visitors.leave().await);
        collector.stop();
    }

    /// A collector, on a frail disk if its life is to end so.
    fn started(&mut self, end: End) -> Collector {
        let (database, start) = (self.database(), Instant::now());
        let collector = match end {
            End::PowerCut => Collector::start_frail_on(SITE, &database, &ARGUMENTS),
            End::Kill | End::Stop => Collector::start_on(SITE, &database, &ARGUMENTS),
        };
        self.starts.push(start.elapsed().as_secs_f64() * 1e3);
        collector
    }

    async fn end(&mut self, collector: &mut Collector, end: End) {
        self.ends[end as usize] += 1;
        match end {
            End::Kill => collector.kill(),
            End::Stop => assert!(collector.stop(), "it stops when asked"),
            End::PowerCut => {
                let (after, seed) = (fastrand::u64(..CHANGES_MAX), fastrand::u64(..));
                collector.order(Some(Order { fault: Fault::Cut, after, seed }));
                collector.end().await;
            }
        }
    }

    /// Writes down what was acknowledged.
    fn note(&self, ledger: &Ledger) {
        let mut lines = String::new();
        for (id, value) in ledger {
            let _ = writeln!(lines, "{id} {value}");
        }
        let mut append = OpenOptions::new();
        let file = append.create(true).append(true).open(self.ledger());
        file.and_then(|mut file| file.write_all(lines.as_bytes())).expect("a ledger is kept");
    }

    /// Looks for all of the ledger, and has everything counted again.
    fn check(&mut self) {
        let text = std::fs::read_to_string(self.ledger()).expect("a ledger was kept");
        let line = |line: &str| line.split_once(' ').map(|(id, value)| (id.into(), value.into()));
        let mut missing: std::collections::HashMap<String, String> =
            text.lines().filter_map(line).collect();
        self.acknowledged = missing.len();
        let mut ids = HashSet::new();
        for response in exported(&self.database()) {
            let id = response["id"].as_str().expect("an id").to_owned();
            if let Some(value) = missing.remove(&id) {
                assert_eq!(response["state"], "completed", "{id} was acknowledged");
                assert_eq!(response["answers"][0]["value"].to_string(), value, "{id}");
            }
            assert!(ids.insert(id), "one is there twice: {response}");
        }
        assert!(missing.is_empty(), "{} acknowledged ones are lost", missing.len());
        self.stored = ids.len();
        let verify = Command::new(nabz()).args(["verify", "--database", &self.database()]).status();
        assert!(verify.expect("nabz can be started").success(), "the tallies are wrong");
    }

    fn report(mut self) {
        let seconds = self.start.elapsed().as_secs_f64();
        let bytes = std::fs::metadata(self.folder.join("soak.db")).map_or(0, |about| about.len());
        let [kills, cuts, stops] = self.ends;
        let posts = self.times.len();
        let rows = [
            ("responses acknowledged", self.acknowledged.to_string()),
            // Otherwise the check before this would have ended it.
            ("lost, doubled, counted wrongly", "0, 0, 0".to_owned()),
            ("responses stored", self.stored.to_string()),
            ("kills, power cuts, stops", format!("{kills}, {cuts}, {stops}")),
            ("posts measured", posts.to_string()),
            (
                "a post, p50 and p99",
                format!("{} and {} ms", p(&mut self.times, 50), p(&mut self.times, 99)),
            ),
            (
                "from start to listening, p50 and p99",
                format!("{} and {} ms", p(&mut self.starts, 50), p(&mut self.starts, 99)),
            ),
            ("memory, at most", format!("{} MiB", self.memory_kib / 1_024)),
            ("bytes a response on disk", (bytes / self.stored.max(1) as u64).to_string()),
            ("time", format!("{seconds:.0} s")),
        ];
        rows.iter().for_each(|(name, value)| println!("{name:<38} {value}"));
    }
}

/// All responses of a database, as they are exported.
fn exported(database: &str) -> impl Iterator<Item = Value> {
    let mut export = Command::new(nabz());
    export.args(["export", "--site", "acme", "--survey", "checkout", "--format", "ndjson"]);
    let export = export.args(["--database", database]).stdout(Stdio::piped()).spawn();
    let output = export.expect("nabz can be started").stdout.expect("its output is piped");
    let lines = BufReader::new(output).lines();
    lines.map(|line| serde_json::from_str(&line.expect("a line")).expect("a line is JSON"))
}

/// The value below which so many percent of all lie, in words.
fn p(values: &mut [f64], percent: usize) -> String {
    values.sort_unstable_by(f64::total_cmp);
    let at = values.len().saturating_sub(1) * percent / 100;
    values.get(at).map_or("?".to_owned(), |value| format!("{value:.1}"))
}
