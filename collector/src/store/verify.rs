//! Counting everything again: do the tallies say what the rows say?
//!
//! The rows are streamed through the same [`Changes::count`] that ingest uses; in memory are the
//! tallies of one survey at a time. What is read is one snapshot, so a collector may be writing.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use survey::tally::{Cells, EVERYBODY, STATES};
use survey::{Day, Definition};

use super::database::{self, OpenError};
use super::placement;
use super::record::{self, COLUMNS};
use super::tallies::{CELL_COLUMNS, Changes, Key, cells_at};

/// A counter that does not say what the rows say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The site's key.
    pub site: String,
    /// The survey's id.
    pub survey: String,
    /// The breakdown key, empty for everybody.
    pub key: String,
    /// Its bucket.
    pub bucket: String,
    /// The day.
    pub day: Day,
    /// A question's id, one of its options, or another series of [`survey::tally`].
    pub series: String,
    /// Which counter of the series.
    pub cell: usize,
    /// What is stored.
    pub stored: i64,
    /// What the rows come to.
    pub counted: i64,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { site, survey, key, bucket, day, series, cell, stored, counted } = self;
        let series = if series == STATES { "states" } else { series };
        write!(f, "{site}/{survey} {day} ")?;
        if key != EVERYBODY {
            write!(f, "{key}={bucket} ")?;
        }
        write!(f, "{series}[{cell}]: {stored} stored, {counted} counted")
    }
}

/// What counting again came to.
#[derive(Debug, Clone, Default)]
pub struct Verified {
    /// The rows that were counted.
    pub responses: u64,
    /// Every counter that differs.
    pub differences: Vec<Difference>,
}

/// Why nothing was verified. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
}

/// Counts all responses of the database in a file again, and has the tallies say so if asked to.
pub(super) fn verify(path: &Path, repair: bool) -> Result<Verified, VerifyError> {
    let mut connection =
        if repair { database::open_existing(path)? } else { database::open_to_look(path)? };
    // A repair must not be overtaken by a collector between counting and writing.
    let behavior =
        if repair { TransactionBehavior::Immediate } else { TransactionBehavior::Deferred };
    let transaction = connection.transaction_with_behavior(behavior)?;
    let mut verified = Verified::default();
    for (site, survey) in surveys(&transaction)? {
        let (responses, mut counted) = recount(&transaction, &site, &survey)?;
        let differences = compare(&transaction, &site, &survey, &counted)?;
        if repair && !differences.is_empty() {
            transaction
                .execute("DELETE FROM tallies WHERE site = ?1 AND survey = ?2", [site, survey])?;
            counted.flush(&transaction)?;
        }
        verified.responses += responses;
        verified.differences.extend(differences);
    }
    transaction.commit()?;
    Ok(verified)
}

fn surveys(connection: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    connection
        .prepare("SELECT site, survey FROM responses UNION SELECT site, survey FROM tallies")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// How many responses a survey has, and what they come to.
fn recount(
    transaction: &Transaction,
    site: &str,
    survey: &str,
) -> rusqlite::Result<(u64, Changes)> {
    let placements = placement::of_site(transaction, site)?;
    let mut definitions: HashMap<Option<String>, Definition> = HashMap::new();
    let mut counted = Changes::default();
    let mut responses = 0;
    let select = format!("SELECT {COLUMNS} FROM responses WHERE site = ?1 AND survey = ?2");
    let mut statement = transaction.prepare(&select)?;
    for record in statement.query_map([site, survey], record::of_row)? {
        let mut record = record?;
        record.places.retain(|number, _| placements.iter().any(|it| it.generation == *number));
        let version = record.response.version.clone();
        if !definitions.contains_key(&version) {
            let asked = record::definition(transaction, &record.response)?;
            definitions.insert(version.clone(), asked);
        }
        counted.count(&record, &definitions[&version], 1);
        responses += 1;
    }
    Ok((responses, counted))
}

/// Every counter of a survey that differs from what was counted.
fn compare(
    transaction: &Transaction,
    site: &str,
    survey: &str,
    counted: &Changes,
) -> rusqlite::Result<Vec<Difference>> {
    let select = format!(
        "SELECT key, bucket, series, generation, day, {CELL_COLUMNS}
         FROM tallies WHERE site = ?1 AND survey = ?2"
    );
    let mut left: HashMap<&Key, &Cells> = counted.rows().collect();
    let mut differences = Vec::new();
    let mut statement = transaction.prepare(&select)?;
    let mut rows = statement.query([site, survey])?;
    while let Some(row) = rows.next()? {
        let series = [site.into(), survey.into(), row.get(0)?, row.get(1)?, row.get(2)?];
        let key: Key = (series, row.get(3)?, Day(row.get(4)?));
        let counted = left.remove(&key).copied().unwrap_or_default();
        differ(&key, &cells_at(row, 5)?, &counted, &mut differences);
    }
    for (key, counted) in left {
        differ(key, &Cells::default(), counted, &mut differences);
    }
    differences.sort_by_cached_key(|it| (it.day, it.to_string()));
    Ok(differences)
}

fn differ(key: &Key, stored: &Cells, counted: &Cells, differences: &mut Vec<Difference>) {
    let ([site, survey, name, bucket, series], _, day) = key;
    let pairs = stored.iter().zip(counted).enumerate();
    let found = pairs.filter(|(_, (stored, counted))| stored != counted);
    differences.extend(found.map(|(cell, (stored, counted))| Difference {
        site: site.clone(),
        survey: survey.clone(),
        key: name.clone(),
        bucket: bucket.clone(),
        day: *day,
        series: series.clone(),
        cell,
        stored: *stored,
        counted: *counted,
    }));
}
