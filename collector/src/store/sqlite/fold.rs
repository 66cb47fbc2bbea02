//! Writes as rows what was decided on, and drops what the journal says of it.

use std::collections::HashSet;

use rusqlite::{CachedStatement, Transaction};

use super::super::ingest::{Asked, Breakdown, Row, Settled};
use super::append::{Memory, begin};
use super::{journal, record, tallies};

/// Writes as rows all that was decided on, and the tallies that it changes. The journal is empty
/// then.
pub(super) fn all(memory: &mut Memory, transaction: &Transaction) -> rusqlite::Result<()> {
    begin(memory, transaction)?;
    some(memory, transaction, usize::MAX)?;
    memory.lines.clear();
    memory.in_bulk = false;
    Ok(())
}

/// The same for so many responses at most, the oldest first.
pub(super) fn some(
    memory: &mut Memory,
    transaction: &Transaction,
    limit: usize,
) -> rusqlite::Result<()> {
    let ingest = &mut memory.ingest;
    for breakdown in ingest.unknown_buckets(limit) {
        let known = known_buckets(transaction, &breakdown)?;
        ingest.learn_buckets(&breakdown, known);
    }
    memory.empty.clear();
    let Settled { erased, rows, buckets } = ingest.settle(limit);
    for (site, id) in erased {
        transaction
            .prepare_cached("DELETE FROM responses WHERE site = ?1 AND id = ?2")?
            .execute((site, id))?;
    }
    let mut inserting = record::inserting(transaction)?;
    for row in rows {
        write_row(transaction, &mut inserting, &row)?;
    }
    put_buckets(transaction, buckets)?;
    tallies::flush(&mut ingest.changes, transaction)?;
    end_entries(memory, transaction)
}

/// Drops the entries of the journal whose responses are all written as rows.
fn end_entries(memory: &mut Memory, transaction: &Transaction) -> rusqlite::Result<()> {
    let (settled, _) = memory.ingest.settled();
    let of_no_use = memory.entries.partition_point(|(_, needed)| *needed <= settled);
    match memory.entries.drain(..of_no_use).next_back() {
        Some((last, _)) => journal::clear(transaction, last),
        None => Ok(()),
    }
}

fn write_row(
    transaction: &Transaction,
    inserting: &mut CachedStatement,
    row: &Row,
) -> rusqlite::Result<()> {
    let Asked { record, definition } = &*row.asked;
    if row.new {
        return record::insert(inserting, record, definition);
    }
    record::update(transaction, record, definition)?;
    if row.renamed { record::rename(transaction, &record.response) } else { Ok(()) }
}

fn put_buckets(
    transaction: &Transaction,
    buckets: Vec<(Breakdown, String)>,
) -> rusqlite::Result<()> {
    let mut put =
        transaction.prepare_cached("INSERT OR IGNORE INTO buckets VALUES (?1, ?2, ?3, ?4)")?;
    for ((site, survey, key), bucket) in buckets {
        put.execute((site, survey, key, bucket))?;
    }
    Ok(())
}

fn known_buckets(
    transaction: &Transaction,
    (site, survey, key): &Breakdown,
) -> rusqlite::Result<HashSet<String>> {
    transaction
        .prepare_cached("SELECT bucket FROM buckets WHERE site = ?1 AND survey = ?2 AND key = ?3")?
        .query_map((site, survey, key), |row| row.get(0))?
        .collect()
}
