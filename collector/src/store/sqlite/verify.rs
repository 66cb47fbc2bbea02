//! The rows that are counted again, and the tallies they are compared with.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use survey::tally::Cells;
use survey::{Day, Definition};

use super::super::OpenError;
use super::super::changes::{Changes, Key};
use super::super::ingest::{Version, version_of};
use super::super::verify::{Verified, VerifyError, compare};
use super::record::{self, COLUMNS};
use super::tallies::{CELL_COLUMNS, cells_at, flush};
use super::{database, journal, placement};

impl From<rusqlite::Error> for VerifyError {
    fn from(error: rusqlite::Error) -> VerifyError {
        VerifyError::Store(error.into())
    }
}

/// Counts all responses of the database in a file again, and has the tallies say so if asked to.
pub(super) fn verify(path: &Path, repair: bool) -> Result<Verified, VerifyError> {
    journal::settle(path)?;
    let mut connection =
        if repair { database::open_existing(path)? } else { database::open_to_look(path)? };
    // A repair must not be overtaken by a collector between counting and writing.
    let behavior =
        if repair { TransactionBehavior::Immediate } else { TransactionBehavior::Deferred };
    let transaction = connection.transaction_with_behavior(behavior)?;
    need_whole(&transaction, path)?;
    let mut verified = Verified::default();
    for (site, survey) in surveys(&transaction)? {
        let (responses, mut counted) = recount(&transaction, &site, &survey)?;
        let differences = compare(stored(&transaction, &site, &survey)?, &counted);
        if repair && !differences.is_empty() {
            transaction
                .execute("DELETE FROM tallies WHERE site = ?1 AND survey = ?2", [site, survey])?;
            flush(&mut counted, &transaction)?;
        }
        verified.responses += responses;
        verified.differences.extend(differences);
    }
    transaction.commit()?;
    Ok(verified)
}

/// Refuses a file whose pages contradict each other.
pub(super) fn need_whole(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let found = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get::<_, String>(0))
        .map_err(|reason| database::unusable(path, reason))?;
    if found == "ok" {
        return Ok(());
    }
    Err(OpenError::Damaged { path: path.to_owned(), reason: found })
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
    let mut definitions: HashMap<Version, Definition> = HashMap::new();
    let mut counted = Changes::default();
    let mut responses = 0;
    let select = format!("SELECT {COLUMNS} FROM responses WHERE site = ?1 AND survey = ?2");
    let mut statement = transaction.prepare(&select)?;
    for record in statement.query_map([site, survey], record::of_row)? {
        let mut record = record?;
        record.places.retain(|number, _| placements.iter().any(|it| it.generation == *number));
        let version = version_of(&record.response);
        if !definitions.contains_key(&version) {
            let asked = record::definition(transaction, &version)?;
            definitions.insert(version.clone(), asked);
        }
        counted.count(&record, &definitions[&version], 1);
        responses += 1;
    }
    Ok((responses, counted))
}

/// The tallies of a survey, of every generation.
fn stored(
    transaction: &Transaction,
    site: &str,
    survey: &str,
) -> rusqlite::Result<Vec<(Key, Cells)>> {
    let select = format!(
        "SELECT key, bucket, series, generation, day, {CELL_COLUMNS}
         FROM tallies WHERE site = ?1 AND survey = ?2"
    );
    transaction
        .prepare(&select)?
        .query_map([site, survey], |row| {
            let series = [site.into(), survey.into(), row.get(0)?, row.get(1)?, row.get(2)?];
            Ok(((series, row.get(3)?, Day(row.get(4)?)), cells_at(row, 5)?))
        })?
        .collect()
}
