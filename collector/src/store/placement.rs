//! Where responses count: on which day, and in which bucket of each breakdown key.
//!
//! A site's time zone and breakdown keys decide that. When they change, every response gets a
//! second place beside the one that is shown, and the tallies of those are counted beside the
//! tallies that are shown: a *generation* further. What arrives meanwhile counts in both. The
//! writer does this in steps of [`STEP`] rows, between the batches it commits; the last step makes
//! the new generation the one that is shown and drops the old one, in one transaction. What was
//! reached stands in the database, so a rebuild that was cut off goes on at the next start.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use rusqlite::{OptionalExtension, Transaction, params};
use serde::{Deserialize, Serialize};
use survey::Day;

use super::read::json;
use super::record::{self, COLUMNS, Record};
use crate::clock;

/// Rows that get their new place in one transaction: few milliseconds that ingest has to wait.
const STEP: usize = 250;

/// The bucket of a response for each breakdown key.
pub(super) type Buckets = BTreeMap<String, String>;
/// Numbers the placements of a site; the lower of two is shown while the higher is counted.
pub(super) type Generation = i64;
/// Where a response counts, in each generation.
pub(super) type Places = BTreeMap<Generation, Place>;

/// Where a response counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// The day.
    pub(super) day: Day,
    /// The buckets.
    pub(super) buckets: Buckets,
}

/// What decides where the responses of a site count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placing {
    time_zone: String,
    breakdowns: Vec<String>,
}

impl Placing {
    /// By the days of a time zone (IANA) and by breakdown keys, whose order means nothing.
    pub fn new(time_zone: &str, breakdowns: &[String]) -> Placing {
        let mut breakdowns = breakdowns.to_vec();
        breakdowns.sort();
        breakdowns.dedup();
        Placing { time_zone: time_zone.to_owned(), breakdowns }
    }
}

/// A generation of a site: what decides, ready for use.
#[derive(Debug)]
pub(super) struct Placement {
    /// Its number.
    pub(super) generation: Generation,
    /// The breakdown keys.
    pub(super) breakdowns: Vec<String>,
    zone: TimeZone,
}

impl Placement {
    /// The day of a time in milliseconds since 1970.
    pub(super) fn day_of(&self, ms: i64) -> Day {
        clock::day_of(ms, &self.zone)
    }
}

/// The generations of a site: the one that is shown and, during a rebuild, the one after it.
pub(super) fn of_site(
    transaction: &Transaction,
    site: &str,
) -> rusqlite::Result<Vec<Arc<Placement>>> {
    let ready = |(generation, placing): (Generation, Placing)| {
        let zone = TimeZone::get(&placing.time_zone).unwrap_or(TimeZone::UTC);
        Arc::new(Placement { generation, breakdowns: placing.breakdowns, zone })
    };
    Ok(kept(transaction, site)?.into_iter().map(ready).collect())
}

fn kept(transaction: &Transaction, site: &str) -> rusqlite::Result<Vec<(Generation, Placing)>> {
    transaction
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
    let breakdowns = record::to_json(&wanted.breakdowns);
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

    /// The next responses to be placed; none when all are.
    pub(super) fn next(&self, transaction: &Transaction) -> rusqlite::Result<Vec<Record>> {
        transaction
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM responses WHERE site = ?1 AND id > ?2 ORDER BY id LIMIT ?3"
            ))?
            .query_map((&self.site, &self.counted_to, STEP as i64), record::of_row)?
            .collect()
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
