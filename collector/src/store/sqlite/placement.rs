//! The generations of sites in the database, and the rows of a rebuild.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::super::placement::{Generation, Placement, Placing, STEP};
use super::super::record::{Record, to_json};
use super::read::json;
use super::record::{self, COLUMNS};

/// The generations of a site: the one that is shown and, during a rebuild, the one after it.
pub(super) fn of_site(
    transaction: &Transaction,
    site: &str,
) -> rusqlite::Result<Vec<Arc<Placement>>> {
    let ready = |(generation, placing)| Arc::new(Placement::new(generation, placing));
    Ok(kept(transaction, site)?.into_iter().map(ready).collect())
}

/// The generations of a site and what decides in each.
pub(super) fn kept(
    connection: &Connection,
    site: &str,
) -> rusqlite::Result<Vec<(Generation, Placing)>> {
    connection
        .prepare_cached(
            "SELECT generation, time_zone, breakdowns FROM placements
             WHERE site = ?1 ORDER BY generation",
        )?
        .query_map([site], |row| {
            let placing = Placing { time_zone: row.get(1)?, breakdowns: json(row, 2)? };
            Ok((row.get(0)?, placing))
        })?
        .collect()
}

/// Has the responses of a site placed so from now on: at once when it is new, else by a rebuild,
/// which takes the place of one that is under way.
pub(super) fn want(
    transaction: &Transaction,
    site: &str,
    wanted: &Placing,
) -> rusqlite::Result<()> {
    let kept = kept(transaction, site)?;
    if kept.last().is_some_and(|(_, newest)| newest == wanted) {
        return Ok(());
    }
    if let [_, (under_way, _)] = kept.as_slice() {
        drop_generation(transaction, site, *under_way)?;
    }
    // No number is ever used again: rows may still hold places of a rebuild that was given up.
    let generation = kept.last().map_or(1, |(newest, _)| newest + 1);
    let counted_to = kept.first().map(|_| "");
    let breakdowns = to_json(&wanted.breakdowns);
    transaction
        .execute(
            "INSERT INTO placements VALUES (?1, ?2, ?3, ?4, ?5)",
            params![site, generation, wanted.time_zone, breakdowns, counted_to],
        )
        .map(|_| ())
}

fn drop_generation(
    transaction: &Transaction,
    site: &str,
    generation: Generation,
) -> rusqlite::Result<()> {
    for table in ["tallies", "placements"] {
        let delete = format!("DELETE FROM {table} WHERE site = ?1 AND generation = ?2");
        transaction.execute(&delete, (site, generation))?;
    }
    Ok(())
}

/// A rebuild that is under way.
pub(super) struct Rebuild {
    /// The site's key.
    pub(super) site: String,
    /// What is counted.
    pub(super) generation: Generation,
    /// The id of the last response that was.
    counted_to: String,
}

impl Rebuild {
    /// One that is under way, if any.
    pub(super) fn under_way(transaction: &Transaction) -> rusqlite::Result<Option<Rebuild>> {
        transaction
            .prepare_cached(
                "SELECT site, generation, counted_to FROM placements
                 WHERE counted_to IS NOT NULL LIMIT 1",
            )?
            .query_row([], |row| {
                Ok(Rebuild { site: row.get(0)?, generation: row.get(1)?, counted_to: row.get(2)? })
            })
            .optional()
    }

    /// The next responses to be placed, by their ids; none when all are. Some may be unreadable.
    pub(super) fn next(
        &self,
        transaction: &Transaction,
    ) -> rusqlite::Result<Vec<(String, rusqlite::Result<Record>)>> {
        after(transaction, &self.site, &self.counted_to, STEP)
    }

    /// Notes how far it has come.
    pub(super) fn reached(&self, transaction: &Transaction, id: &str) -> rusqlite::Result<()> {
        transaction
            .prepare_cached(
                "UPDATE placements SET counted_to = ?3 WHERE site = ?1 AND generation = ?2",
            )?
            .execute((&self.site, self.generation, id))
            .map(|_| ())
    }

    /// Shows the new generation and drops the old one.
    pub(super) fn swap(&self, transaction: &Transaction) -> rusqlite::Result<()> {
        for (old, _) in kept(transaction, &self.site)? {
            if old < self.generation {
                drop_generation(transaction, &self.site, old)?;
            }
        }
        let show = "UPDATE placements SET counted_to = NULL WHERE site = ?1 AND generation = ?2";
        transaction.execute(show, (&self.site, self.generation)).map(|_| ())
    }
}

/// So many responses of a site from after an id on, in the order of their ids, which can be read
/// even where the rest cannot.
pub(super) fn after(
    connection: &Connection,
    site: &str,
    id: &str,
    limit: usize,
) -> rusqlite::Result<Vec<(String, rusqlite::Result<Record>)>> {
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS}, id FROM responses WHERE site = ?1 AND id > ?2 ORDER BY id LIMIT ?3"
        ))?
        .query_map((site, id, limit as i64), |row| Ok((row.get("id")?, record::of_row(row))))?
        .collect()
}
