//! What an [`Ingest`] learns and has written inside the writer's transaction.

use std::collections::HashSet;
use std::sync::Arc;

use rusqlite::Transaction;
use survey::response::Response;

use super::super::ingest::{Asked, Breakdown, Ingest, key_of, version_of};
use super::super::record::{Amendment, Record};
use super::super::{Kept, Posted};
use super::placement::{self, Rebuild};
use super::{record, tallies};

/// Stores responses and notes what they change in the tallies.
pub(super) fn append(
    ingest: &mut Ingest,
    transaction: &Transaction,
    batch: &[Posted],
) -> rusqlite::Result<Vec<Kept>> {
    let mut kept = Vec::with_capacity(batch.len());
    for posted in batch {
        let Response { site, id, .. } = &posted.response;
        learn(ingest, transaction, site, id)?;
        learn_buckets(ingest, transaction, &posted.response)?;
        kept.push(ingest.append(posted));
        write(ingest, transaction)?;
    }
    Ok(kept)
}

/// Changes what was made of a response; tells whether there is such a response.
pub(super) fn amend(
    ingest: &mut Ingest,
    transaction: &Transaction,
    (site, id): (&str, &str),
    amendment: &Amendment,
) -> rusqlite::Result<bool> {
    learn(ingest, transaction, site, id)?;
    let found = ingest.amend(&(site.to_owned(), id.to_owned()), amendment);
    write(ingest, transaction)?;
    Ok(found)
}

/// Deletes responses and counts them no more; tells how many there were.
pub(super) fn erase(
    ingest: &mut Ingest,
    transaction: &Transaction,
    site: &str,
    ids: &[String],
) -> rusqlite::Result<usize> {
    let mut erased = 0;
    for id in ids {
        learn(ingest, transaction, site, id)?;
        erased += usize::from(ingest.erase(&(site.to_owned(), id.clone())));
        // At once: an id that is named twice must not be found again.
        write(ingest, transaction)?;
    }
    Ok(erased)
}

/// Goes on with a rebuild by some rows; tells whether there is more to do.
pub(super) fn rebuild(ingest: &mut Ingest, transaction: &Transaction) -> rusqlite::Result<bool> {
    let Some(rebuild) = Rebuild::under_way(transaction)? else { return Ok(false) };
    learn_placements(ingest, transaction, &rebuild.site)?;
    let mut last = None;
    for record in rebuild.next(transaction)? {
        let response = record.response.clone();
        learn_record(ingest, transaction, record)?;
        learn_buckets(ingest, transaction, &response)?;
        ingest.place_anew(&key_of(&response), rebuild.generation);
        write(ingest, transaction)?;
        last = Some(response.id);
    }
    match last {
        Some(last) => rebuild.reached(transaction, &last)?,
        None => rebuild.swap(transaction)?,
    }
    flush(ingest, transaction)?;
    Ok(true)
}

/// Writes the changed tallies.
pub(super) fn flush(ingest: &mut Ingest, transaction: &Transaction) -> rusqlite::Result<()> {
    ingest.forget_placements();
    tallies::flush(&mut ingest.changes, transaction)
}

/// Learns what there is about a response.
fn learn(
    ingest: &mut Ingest,
    transaction: &Transaction,
    site: &str,
    id: &str,
) -> rusqlite::Result<()> {
    learn_placements(ingest, transaction, site)?;
    match record::load(transaction, site, id)? {
        Some(record) => learn_record(ingest, transaction, record),
        None => Ok(()),
    }
}

fn learn_placements(
    ingest: &mut Ingest,
    transaction: &Transaction,
    site: &str,
) -> rusqlite::Result<()> {
    if !ingest.knows_placements(site) {
        ingest.learn_placements(site.to_owned(), placement::of_site(transaction, site)?);
    }
    Ok(())
}

fn learn_record(
    ingest: &mut Ingest,
    transaction: &Transaction,
    record: Record,
) -> rusqlite::Result<()> {
    let version = version_of(&record.response);
    let definition = if let Some(known) = ingest.definition(&version) {
        known
    } else {
        let definition = Arc::new(record::definition(transaction, &record.response)?);
        ingest.learn_definition(version, definition.clone());
        definition
    };
    ingest.learn_record(Asked { record, definition });
    Ok(())
}

fn learn_buckets(
    ingest: &mut Ingest,
    transaction: &Transaction,
    response: &Response,
) -> rusqlite::Result<()> {
    for breakdown in ingest.unknown_buckets(response) {
        let known = known_buckets(transaction, &breakdown)?;
        ingest.learn_buckets(breakdown, known);
    }
    Ok(())
}

/// Writes the records and buckets that were decided on.
fn write(ingest: &mut Ingest, transaction: &Transaction) -> rusqlite::Result<()> {
    for (site, id) in ingest.take_erased() {
        transaction
            .prepare_cached("DELETE FROM responses WHERE site = ?1 AND id = ?2")?
            .execute((site, id))?;
    }
    for row in ingest.take_rows() {
        let Asked { record, definition } = &row.asked;
        if row.new {
            record::insert(transaction, record, definition)?;
        } else {
            record::update(transaction, record, definition)?;
        }
    }
    for ((site, survey, key), bucket) in ingest.take_buckets() {
        transaction
            .prepare_cached("INSERT OR IGNORE INTO buckets VALUES (?1, ?2, ?3, ?4)")?
            .execute((site, survey, key, bucket))?;
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
