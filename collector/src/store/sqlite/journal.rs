//! The journal in the file: what was acknowledged and is not written as rows yet.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::super::OpenError;
use super::super::journal::{self, Undefined};
use super::append::{self, Memory};
use super::lock::Lock;
use super::{database, fold, record};

/// For how long a collector that has the file is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// Pause between two looks whether it is done.
const PAUSE: Duration = Duration::from_millis(5);

/// Adds the posts of a transaction, a line for each that came together, as an entry.
pub(super) fn put(transaction: &Transaction, lines: &[String]) -> rusqlite::Result<i64> {
    transaction
        .prepare_cached("INSERT INTO journal (posts) VALUES (?1)")?
        .insert([lines.join("\n")])
}

/// Drops all entries up to one, but for those that were put aside.
pub(super) fn clear(transaction: &Transaction, last: i64) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("DELETE FROM journal WHERE entry <= ?1 AND NOT aside")?
        .execute([last])
        .map(|_| ())
}

/// Decides on all that stands in the journal, as it was decided on before; tells the last entry.
pub(super) fn replay(
    memory: &mut Memory,
    transaction: &Transaction,
) -> rusqlite::Result<Option<i64>> {
    let entries: Vec<(i64, String)> = transaction
        .prepare_cached("SELECT entry, posts FROM journal WHERE NOT aside ORDER BY entry")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let last = entries.last().map(|(entry, _)| *entry);
    for (entry, posts) in entries {
        for line in posts.lines() {
            let Ok(line) = journal::read(line) else {
                put_aside(transaction, entry, "it cannot be read")?;
                continue;
            };
            for post in line {
                if let Some(reason) = replay_one(memory, transaction, post)? {
                    put_aside(transaction, entry, &reason)?;
                }
            }
        }
    }
    Ok(last)
}

/// Decides on one post; tells why that cannot be done, if so.
fn replay_one(
    memory: &mut Memory,
    transaction: &Transaction,
    post: Undefined,
) -> rusqlite::Result<Option<String>> {
    match memory.definition(transaction, post.version()) {
        Ok(definition) => {
            append::append(memory, transaction, vec![post.with(definition)])?;
            Ok(None)
        }
        Err(error) => record::damage(&error).map(Some).ok_or(error),
    }
}

/// Has what was put aside looked at again: somebody may have mended what was in its way.
pub(super) fn bring_back(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("UPDATE journal SET aside = 0 WHERE aside", []).map(|_| ())
}

/// Keeps an entry that cannot be gone on with, so that nothing is lost, and passes over it.
fn put_aside(transaction: &Transaction, entry: i64, reason: &str) -> rusqlite::Result<()> {
    tracing::error!(entry, reason, "a part of the journal is put aside");
    let put = "UPDATE journal SET aside = 1 WHERE entry = ?1";
    transaction.prepare_cached(put)?.execute([entry]).map(|_| ())
}

/// Sees to it that all that was acknowledged until now is written as rows, before somebody else
/// reads them: the collector that has the file is waited for; when there is none, it is done here.
pub(super) fn settle(path: &Path) -> Result<(), OpenError> {
    let unusable = |reason| database::unusable(path, reason);
    let connection = database::open_to_look(path)?;
    let Some(last) = last(&connection).map_err(unusable)? else { return Ok(()) };
    let due = Instant::now() + PATIENCE;
    while is_left(&connection, last).map_err(unusable)? && Instant::now() < due {
        match Lock::take(path) {
            Ok(_lock) => {
                let mut connection = database::open(path)?;
                return fold(&mut connection).map_err(unusable);
            }
            Err(OpenError::Held { .. }) => std::thread::sleep(PAUSE),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The last entry, if there is any. An older database has no journal.
fn last(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    if !connection.table_exists(None, "journal")? {
        return Ok(None);
    }
    let last = "SELECT max(entry) FROM journal WHERE NOT aside";
    connection.query_row(last, [], |row| row.get(0))
}

fn is_left(connection: &Connection, last: i64) -> rusqlite::Result<bool> {
    let left = "SELECT EXISTS (SELECT 1 FROM journal WHERE NOT aside AND entry <= ?1)";
    connection.prepare_cached(left)?.query_row([last], |row| row.get(0))
}

fn fold(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    fold::all(&mut Memory::default(), &transaction)?;
    transaction.commit()
}
