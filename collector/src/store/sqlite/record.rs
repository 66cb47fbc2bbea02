//! A response as a row.

use std::sync::LazyLock;

use rusqlite::types::Type;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, Transaction, params};
use survey::Definition;
use survey::response::Response;

use super::super::ingest::{Version, no_definition};
use super::super::record::{Record, groups, has_words, to_json};
use super::read::json;

/// The columns that make a [`Record`], in the order [`of_row`] reads them.
pub(super) const COLUMNS: &str =
    "response, places, submitted_at, stored_at, excluded, imported, handling,
     (SELECT generation FROM placements
      WHERE placements.site = responses.site AND counted_to IS NULL) AS shown";

/// A record from a row of [`COLUMNS`].
pub(super) fn of_row(row: &Row) -> rusqlite::Result<Record> {
    Ok(Record {
        response: json(row, 0)?,
        places: json(row, 1)?,
        submitted_at_ms: row.get(2)?,
        stored_at_ms: row.get(3)?,
        excluded: row.get(4)?,
        imported: row.get(5)?,
        handling: json(row, 6)?,
        shown: row.get(7)?,
    })
}

/// The record with this id.
pub(super) fn load(
    transaction: &Transaction,
    site: &str,
    id: &str,
) -> rusqlite::Result<Option<Record>> {
    static FIND: LazyLock<String> =
        LazyLock::new(|| format!("SELECT {COLUMNS} FROM responses WHERE site = ?1 AND id = ?2"));
    transaction.prepare_cached(&FIND)?.query_row((site, id), of_row).optional()
}

/// What writes new records. It is prepared once for many: finding it again takes its time.
pub(super) fn inserting<'a>(transaction: &'a Transaction) -> rusqlite::Result<CachedStatement<'a>> {
    transaction.prepare_cached(
        "INSERT INTO responses VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )
}

/// Writes a new record.
pub(super) fn insert(
    inserting: &mut CachedStatement,
    record: &Record,
    definition: &Definition,
) -> rusqlite::Result<()> {
    let Response { site, id, survey, .. } = &record.response;
    inserting
        .execute(params![
            site,
            id,
            survey,
            record.submitted_at_ms,
            record.stored_at_ms,
            to_json(&record.response),
            to_json(&record.places),
            record.excluded,
            record.imported,
            to_json(&record.handling),
            has_words(&record.response),
            groups(&record.response, definition),
            record.response.named_respondent(),
        ])
        .map(|_| ())
}

/// Writes a record that is there already.
pub(super) fn update(
    transaction: &Transaction,
    record: &Record,
    definition: &Definition,
) -> rusqlite::Result<()> {
    let Response { site, id, .. } = &record.response;
    transaction
        .prepare_cached(
            "UPDATE responses
             SET response = ?3, places = ?4, excluded = ?5, handling = ?6, commented = ?7, groups = ?8
             WHERE site = ?1 AND id = ?2",
        )?
        .execute(params![
            site,
            id,
            to_json(&record.response),
            to_json(&record.places),
            record.excluded,
            to_json(&record.handling),
            has_words(&record.response),
            groups(&record.response, definition),
        ])
        .map(|_| ())
}

/// Has a response that is there already found by its respondent. Apart from [`update`], because
/// that is seldom another than before, and the index then stays as it is.
pub(super) fn rename(transaction: &Transaction, response: &Response) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("UPDATE responses SET respondent = ?3 WHERE site = ?1 AND id = ?2")?
        .execute((&response.site, &response.id, response.named_respondent()))
        .map(|_| ())
}

/// The definition that responses were asked with.
pub(super) fn definition(
    connection: &Connection,
    (site, survey, version): &Version,
) -> rusqlite::Result<Definition> {
    let found = connection
        .prepare_cached(
            "SELECT definition FROM definitions WHERE site = ?1 AND survey = ?2 AND version = ?3",
        )?
        .query_row((site, survey, version), |row| json(row, 0))
        .optional()?;
    found.ok_or_else(|| {
        let reason = no_definition(site, survey, version).into();
        rusqlite::Error::FromSqlConversionFailure(0, Type::Null, reason)
    })
}

/// What is wrong with a row or what it stands on, if that is all that is wrong.
pub(super) fn damage(error: &rusqlite::Error) -> Option<String> {
    match error {
        rusqlite::Error::FromSqlConversionFailure(_, _, reason) => Some(reason.to_string()),
        rusqlite::Error::InvalidColumnType(..) => Some(error.to_string()),
        _ => None,
    }
}
