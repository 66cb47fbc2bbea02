//! How fast a table is imported, tallies included, beside inserting the same rows into the same
//! tables with nothing else to do, in one run. `cargo xtask bench import` runs it.
//!
//! Arguments: the program `nabz`, and how many rows. Rates are printed and never asserted: a
//! machine is never alone.

mod table;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use collector::sites::Sites;
use collector::store::Store;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

const SITE: &str = r#"{ "site": "bench", "origins": ["*"], "breakdowns": ["plan"], "surveys": [
    { "id": "nps", "questions": [{ "scale": "nps", "prompt": "?" }] }] }"#;
const PLANS: table::Attribute = ("plan", &["free", "free", "pro", "team"]);
/// Rows inserted in one transaction.
const BATCH: usize = 10_000;
/// How often the memory of the import is looked at.
const GLANCE: Duration = Duration::from_millis(20);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let nabz = arguments.next().context("where is nabz?")?;
    let rows: i64 = arguments.next().context("how many rows?")?.parse()?;
    let folder = tempfile::tempdir()?;
    let table = folder.path().join("rows.csv");
    table::write(&table, rows, &[PLANS])?;
    let store = Store::open(&url(folder.path())).await?;
    Sites::load(store.clone()).await?.load_file(SITE).await?;
    store.close().await;

    let (imported, memory_kb) = import(&nabz, folder.path(), &table)?;
    ensure!(store_holds(folder.path(), rows)?, "not all rows were imported");
    let inserted = insert_again(folder.path())?;
    let rate = |took: Duration| rows as f64 / took.as_secs_f64();
    println!(
        "{:>10}  {:>14}  {:>14}  {:>6}  {:>10}",
        "rows", "import", "raw insert", "ratio", "memory"
    );
    println!(
        "{rows:>10}  {:>10.0} /s  {:>10.0} /s  {:>4.0} %  {:>6.0} MiB",
        rate(imported),
        rate(inserted),
        100.0 * inserted.as_secs_f64() / imported.as_secs_f64(),
        memory_kb as f64 / 1024.0,
    );
    Ok(())
}

fn url(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("bench.db").display())
}

/// Imports the table with the real program: how long it took, and the most memory it had, in KiB.
fn import(nabz: &str, folder: &Path, table: &Path) -> anyhow::Result<(Duration, u64)> {
    let start = Instant::now();
    let mut process = Command::new(nabz)
        .args(["import", "--site", "bench", "--survey", "nps", "--database", &url(folder)])
        .arg(table)
        .stdout(Stdio::null())
        .spawn()?;
    let mut memory_kb = 0;
    loop {
        memory_kb = memory_kb.max(peak_kb(process.id()).unwrap_or(0));
        if let Some(status) = process.try_wait()? {
            ensure!(status.success(), "the import failed");
            return Ok((start.elapsed(), memory_kb));
        }
        std::thread::sleep(GLANCE);
    }
}

/// The most memory that a process has had, where the system tells.
fn peak_kb(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").trim().parse().ok()
}

fn store_holds(folder: &Path, rows: i64) -> anyhow::Result<bool> {
    let connection = Connection::open(folder.join("bench.db"))?;
    let found: i64 =
        connection.query_row("SELECT count(*) FROM responses", [], |row| row.get(0))?;
    Ok(found == rows)
}

/// Inserts the rows as they are kept into the same tables of another database, in the same order
/// and as durably; only that is timed.
fn insert_again(folder: &Path) -> anyhow::Result<Duration> {
    let source = Connection::open(folder.join("bench.db"))?;
    let mut target = Connection::open(folder.join("raw.db"))?;
    target.pragma_update(None, "journal_mode", "WAL")?;
    target.pragma_update(None, "synchronous", "FULL")?;
    let schema = "SELECT sql FROM sqlite_schema WHERE tbl_name = 'responses' AND sql IS NOT NULL";
    for sql in source.prepare(schema)?.query_map([], |row| row.get::<_, String>(0))? {
        target.execute_batch(&sql?)?;
    }
    let mut select = source.prepare("SELECT * FROM responses ORDER BY site, id")?;
    let columns = select.column_count();
    let places = vec!["?"; columns].join(", ");
    let mut found = select.query([])?;
    let mut took = Duration::ZERO;
    loop {
        let mut batch: Vec<Vec<Value>> = Vec::with_capacity(BATCH);
        while batch.len() < BATCH
            && let Some(row) = found.next()?
        {
            batch.push((0..columns).map(|at| row.get(at)).collect::<Result<_, _>>()?);
        }
        if batch.is_empty() {
            return Ok(took);
        }
        let start = Instant::now();
        let transaction = target.transaction()?;
        let mut insert =
            transaction.prepare_cached(&format!("INSERT INTO responses VALUES ({places})"))?;
        for row in &batch {
            insert.execute(params_from_iter(row))?;
        }
        drop(insert);
        transaction.commit()?;
        took += start.elapsed();
    }
}
