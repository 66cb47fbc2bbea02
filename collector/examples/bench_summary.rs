//! How long a summary takes, beside the same numbers counted from the rows, in one run; and how
//! long ingest waits while the tallies are rebuilt. `cargo xtask bench summary` runs it.
//!
//! Arguments: how many responses. Times are printed and never asserted: a machine is never alone.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, ensure};
use collector::serve::{self, Options};
use collector::sites::Sites;
use collector::store::{Handling, Posted, Store, TallyQuery};
use rusqlite::Connection;
use survey::response::{Attribute, Response};
use survey::{Answer, Day, Definition, State, Value};

const SITE: &str = r#"{ "site": "bench", "origins": ["*"], "breakdowns": ["plan"], "surveys": [
    { "id": "nps", "questions": [{ "scale": "nps", "prompt": "?" }] }] }"#;
const TOKEN: &str = "token-of-the-bench";
const DAY_MS: i64 = 86_400_000;
const DAYS: i64 = 364;
/// Responses stored in one transaction.
const BATCH: i64 = 5_000;
/// Summaries asked for; scans take so long that fewer have to do.
const REQUESTS: usize = 51;
const SCANS: usize = 3;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    println!(
        "{:>10}  {:>10}  {:>11}  {:>16}  {:>16}",
        "responses", "build", "summary", "rows, as kept", "rows, narrow"
    );
    for argument in std::env::args().skip(1) {
        bench(argument.parse().context("how many responses?")?).await?;
    }
    Ok(())
}

async fn bench(responses: i64) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("bench.db");
    let database = format!("sqlite:{}", file.display());
    let now_ms = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
    let start = Instant::now();
    let store = Store::open(&database).await?;
    let asked = fill(&store, responses, now_ms).await?;
    let built = start.elapsed();
    store.close().await;

    let summary = summaries(&database).await?;
    let [kept, narrow] = scans(&Connection::open(&file)?, now_ms)?;
    let ratio = |scan: Duration| scan.as_secs_f64() / summary.as_secs_f64();
    println!(
        "{responses:>10}  {:>8.1} s  {:>8.2} ms  {:>8.0} ms {:>3.0}×  {:>8.0} ms {:>3.0}×",
        built.as_secs_f64(),
        ms(summary),
        ms(kept),
        ratio(kept),
        ms(narrow),
        ratio(narrow),
    );
    rebuild(Store::open(&database).await?, &asked, responses, now_ms).await
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// What is asked: the definition and its version.
type Asked = (Arc<Definition>, String);

/// Stores responses evenly over a year.
async fn fill(store: &Store, responses: i64, now_ms: i64) -> anyhow::Result<Asked> {
    let sites = Sites::load(store.clone()).await?;
    sites.load_file(SITE).await?;
    let site = sites.get("bench").context("the site was just loaded")?;
    let live = site.survey("nps").context("the site has the survey")?;
    let asked = (live.definition(), live.version.clone());
    let since_ms = now_ms - (DAYS - 1) * DAY_MS;
    let at_ms = |number: i64| since_ms + number * ((DAYS - 1) * DAY_MS) / responses;
    for first in (0..responses).step_by(BATCH as usize) {
        let batch = first..(first + BATCH).min(responses);
        store.append(batch.map(|number| posted(&asked, number, at_ms(number))).collect()).await?;
    }
    Ok(asked)
}

/// The response with a number: six states and eleven values in turn, three plans.
fn posted((definition, version): &Asked, number: i64, at_ms: i64) -> Posted {
    let state = [State::Shown, State::Dismissed, State::Answered, State::Completed];
    let state = state[usize::try_from(number * 7 % 4).unwrap_or(0)];
    let value = Value::Number((number * 5 + number / 13) % 11);
    let answer = Answer { question: "nps".to_owned(), value, comment: None };
    let plan = ["free", "free", "pro", "team"][usize::try_from(number * 3 / 4 % 4).unwrap_or(0)];
    let response = Response {
        id: format!("{:08x}-{:04x}-7000-8000-{number:012x}", at_ms >> 16, at_ms & 0xffff),
        site: "bench".to_owned(),
        survey: "nps".to_owned(),
        revision: 1,
        state,
        answers: if state < State::Answered { Vec::new() } else { vec![answer] },
        version: Some(version.clone()),
        respondent: Some(format!("visitor-{}", number % 40_000)),
        attributes: BTreeMap::from([("plan".to_owned(), Attribute::Text(plan.to_owned()))]),
        locale: Some("en".to_owned()),
        page: Some("/checkout/done".to_owned()),
        test: false,
        token: None,
        user_signature: None,
        verified: false,
    };
    Posted {
        response,
        text: None,
        definition: definition.clone(),
        imported: false,
        excluded: false,
        doubt: None,
        answer_min_ms: 0,
        handling: Handling::default(),
        received_at_ms: at_ms,
        submitted_at_ms: at_ms,
    }
}

/// The median time of summaries over a year, by week and by plan, from a collector over HTTP.
async fn summaries(database: &str) -> anyhow::Result<Duration> {
    let running = serve::start(Options {
        database: database.to_owned(),
        read_database: None,
        admin_token: Some(TOKEN.to_owned()),
        rate_limit: 0,
        ..Options::default()
    })
    .await?;
    let address = running.address;
    let ask = move || (0..REQUESTS).map(|_| request(address)).collect::<anyhow::Result<_>>();
    let times: Vec<Duration> = tokio::task::spawn_blocking(ask).await??;
    running.stop().await;
    Ok(median(times))
}

fn request(address: SocketAddr) -> anyhow::Result<Duration> {
    let today = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() / 86_400;
    let from = Day(i32::try_from(today)?).plus(1 - DAYS as i32);
    let start = Instant::now();
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET /api/v1/surveys/bench/nps/summary?from={from}&interval=week&by=plan HTTP/1.1\r\n\
         Host: bench\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n"
    )?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply)?;
    let took = start.elapsed();
    ensure!(reply.starts_with("HTTP/1.1 200") && reply.contains("\"value\":\"team\""), "{reply}");
    Ok(took)
}

/// The median times of counting the same numbers from the rows: as they are kept, which means
/// reading JSON, and from a copy that has nothing but the four columns needed.
fn scans(connection: &Connection, now_ms: i64) -> anyhow::Result<[Duration; 2]> {
    let columns = "submitted_at / 604800000 AS week, response ->> '$.state' AS state,
        response ->> '$.attributes.plan' AS plan, response ->> '$.answers[0].value' AS value";
    let rows = format!(
        "FROM responses WHERE site = 'bench' AND survey = 'nps'
         AND submitted_at BETWEEN {} AND {now_ms}",
        now_ms - DAYS * DAY_MS
    );
    let count = |from: &str| {
        format!("SELECT week, state, plan, value, count(*) {from} GROUP BY 1, 2, 3, 4")
    };
    let kept = time(connection, &count(&format!("FROM (SELECT {columns} {rows})")))?;
    connection.execute_batch(&format!("CREATE TEMP TABLE narrow AS SELECT {columns} {rows}"))?;
    Ok([kept, time(connection, &count("FROM narrow"))?])
}

fn time(connection: &Connection, query: &str) -> anyhow::Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..SCANS {
        let start = Instant::now();
        let mut statement = connection.prepare(query)?;
        let groups = statement.query_map([], |row| row.get::<_, i64>(4))?.count();
        ensure!(groups > 100, "only {groups} groups");
        times.push(start.elapsed());
    }
    Ok(median(times))
}

/// Adds a breakdown key, stores one response after the other until old answers are told apart by
/// it, and says how long each had to wait.
async fn rebuild(store: Store, asked: &Asked, responses: i64, now_ms: i64) -> anyhow::Result<()> {
    let sites = Sites::load(store.clone()).await?;
    let query = TallyQuery {
        survey: "nps".to_owned(),
        key: "locale".to_owned(),
        from: Day(0),
        to: Day(i32::MAX),
    };
    let mut waits = Vec::new();
    let start = Instant::now();
    sites.load_file(&SITE.replace("[\"plan\"]", "[\"plan\", \"locale\"]")).await?;
    let told_apart = async || -> anyhow::Result<bool> {
        let tallies = store.tally("bench".to_owned(), vec![query.clone()]).await?;
        Ok(!tallies.rows[0].is_empty())
    };
    while !told_apart().await? {
        let number = responses + i64::try_from(waits.len())?;
        let start = Instant::now();
        store.append(vec![posted(asked, number, now_ms)]).await?;
        waits.push(start.elapsed());
    }
    let took = start.elapsed();
    let most = waits.iter().max().copied().unwrap_or_default();
    println!(
        "            rebuilt in {:.1} s; beside it {} appends: median {:.1} ms, most {:.0} ms",
        took.as_secs_f64(),
        waits.len(),
        ms(median(waits.clone())),
        ms(most),
    );
    store.close().await;
    Ok(())
}
