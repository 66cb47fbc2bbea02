//! How many posts a second one, two and three collectors acknowledge on one database.
//! `cargo xtask bench cluster` runs it.
//!
//! Arguments: the database's URL, and for how many seconds each is loaded. The site `acme` of that
//! database is written to. Compare the ratios: a machine is never alone.

use std::time::{Duration, Instant};

use tests::{Collector, TOKEN, Visitors, check_ledger};

const SITE: &str = r#"{ "site": "acme", "origins": ["https://acme.com"],
  "breakdowns": ["plan", "agent", "country", "device", "locale", "page"],
  "surveys": [{ "id": "checkout", "questions": [{ "scale": "nps", "prompt": "?" }] }] }"#;
const ARGUMENTS: [&str; 4] = ["--admin-token", TOKEN, "--rate-limit", "0"];
/// Visitors at the same time; each has two posts on their way.
const VISITORS: usize = 64;
/// Posts of one visit: shown, the same again, answered, completed.
const POSTS: usize = 4;
/// Visits before anything is measured.
const WARM_UP: usize = 200;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let database = arguments.next().expect("the first argument is the database's URL");
    let seconds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(10);
    for (kept, what) in
        [(true, "each visitor keeps to one collector"), (false, "each post goes to another one")]
    {
        println!("{what}\n{:>10}  {:>9}  {:>5}", "collectors", "posts/s", "ratio");
        let mut first = None;
        for count in 1..=3 {
            let rate = rate(&database, count, Duration::from_secs(seconds), kept).await;
            let ratio = rate / *first.get_or_insert(rate);
            println!("{count:>10}  {rate:>9.0}  {ratio:>5.2}");
        }
    }
}

/// The posts a second that so many collectors acknowledge.
async fn rate(database: &str, count: usize, time: Duration, keep_to_one: bool) -> f64 {
    let start = || Collector::start_on(SITE, database, &ARGUMENTS);
    let collectors: Vec<Collector> = (0..count).map(|_| start()).collect();
    let mut visitors = Visitors::of_pages(&collectors, VISITORS, keep_to_one);
    visitors.more(WARM_UP).await;
    let (before, start) = (visitors.acknowledged(), Instant::now());
    tokio::time::sleep(time).await;
    let visits = visitors.acknowledged() - before;
    let rate = (visits * POSTS) as f64 / start.elapsed().as_secs_f64();
    let ledger = visitors.leave().await;
    check_ledger(&collectors[0], &ledger).await;
    rate
}
