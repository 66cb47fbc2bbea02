//! Plain reads, on connections of their own, and the rows that a site's configuration is kept in.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde::de::DeserializeOwned;

use super::super::placement::Placing;
use super::super::record::Record;
use super::super::{Page, PageQuery, StoreError, StoredDefinition, StoredSite};
use super::record::{self, COLUMNS};
use super::{database, placement};

/// Connections kept open for reading.
const READERS_MAX: usize = 8;

/// Connections that only read.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Connections to the database in a file, opened when needed.
    pub(super) fn new(path: PathBuf) -> Readers {
        Readers { path, idle: Mutex::new(Vec::new()) }
    }

    /// The database's file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Closes the connections that are not in use.
    pub(super) fn close(&self) {
        if let Ok(mut idle) = self.idle.lock() {
            idle.clear();
        }
    }

    /// Runs a query away from the async threads.
    pub(super) async fn run<T: Send + 'static>(
        self: &std::sync::Arc<Self>,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let readers = self.clone();
        let run = move || -> Result<T, StoreError> {
            let idle = readers.idle.lock().ok().and_then(|mut idle| idle.pop());
            let connection = idle.map_or_else(|| database::open_reader(&readers.path), Ok)?;
            let result = query(&connection)?;
            if let Ok(mut idle) = readers.idle.lock()
                && idle.len() < READERS_MAX
            {
                idle.push(connection);
            }
            Ok(result)
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| StoreError::Closed)?
    }
}

/// One page of a survey's responses, newest first.
pub(super) fn responses(connection: &Connection, query: &PageQuery) -> rusqlite::Result<Page> {
    let (time, id) = query.after.clone().unwrap_or((i64::MAX, String::new()));
    let group = query.group.map_or(String::new(), |group| format!(",{group},"));
    // As conditions of their own, so that there are indexes for them.
    let commented = if query.commented { "AND commented" } else { "" };
    let excluded = match query.excluded {
        None => "",
        Some(true) => "AND excluded",
        Some(false) => "AND NOT excluded",
    };
    let mut rows: Vec<Record> = connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM responses
             WHERE site = ?1 AND survey = ?2 AND (submitted_at, id) < (?3, ?4)
               {commented} {excluded} AND (?5 = '' OR instr(groups, ?5) > 0)
             ORDER BY submitted_at DESC, id DESC LIMIT ?6"
        ))?
        .query_map(
            // One more than asked for tells whether there is a next page.
            params![query.site, query.survey, time, id, group, query.limit as i64 + 1],
            record::of_row,
        )?
        .collect::<rusqlite::Result<_>>()?;
    let more = rows.len() > query.limit;
    rows.truncate(query.limit);
    let next = rows.last().filter(|_| more);
    let next = next.map(|last| (last.submitted_at_ms, last.response.id.clone()));
    Ok(Page { responses: rows, next })
}

/// So many of a survey's responses, oldest first, from after a time and an id on.
pub(super) fn oldest_first(
    connection: &Connection,
    (site, survey): (&str, &str),
    after: Option<(i64, String)>,
    limit: usize,
) -> rusqlite::Result<Vec<Record>> {
    let (time, id) = after.unwrap_or((i64::MIN, String::new()));
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM responses
             WHERE site = ?1 AND survey = ?2 AND (submitted_at, id) > (?3, ?4)
             ORDER BY submitted_at, id LIMIT ?5"
        ))?
        .query_map(params![site, survey, time, id, limit as i64], record::of_row)?
        .collect()
}

/// The keys of all attributes that a survey's responses have, in order.
pub(super) fn attribute_keys(
    connection: &Connection,
    site: &str,
    survey: &str,
) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare_cached(
            "SELECT DISTINCT attribute.key
             FROM responses, json_each(responses.response, '$.attributes') AS attribute
             WHERE site = ?1 AND survey = ?2 ORDER BY attribute.key",
        )?
        .query_map((site, survey), |row| row.get(0))?
        .collect()
}

/// Which of these ids belong to responses of another survey of the site, and of which.
pub(super) fn of_other_surveys(
    connection: &Connection,
    (site, survey): (&str, &str),
    ids: &[String],
) -> rusqlite::Result<Vec<(String, String)>> {
    let others = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM responses WHERE site = ?1 AND survey < ?2)
                 OR EXISTS (SELECT 1 FROM responses WHERE site = ?1 AND survey > ?2)",
        )?
        .query_row((site, survey), |row| row.get::<_, bool>(0))?;
    if !others {
        return Ok(Vec::new());
    }
    let mut find = connection.prepare_cached(
        "SELECT survey FROM responses WHERE site = ?1 AND id = ?2 AND survey <> ?3",
    )?;
    let mut found = Vec::new();
    for id in ids {
        let other = find.query_row((site, id, survey), |row| row.get(0)).optional()?;
        found.extend(other.map(|other| (id.clone(), other)));
    }
    Ok(found)
}

/// The version of the definition that a stored response was asked with.
pub(super) fn asked_version(
    connection: &Connection,
    site: &str,
    id: &str,
) -> rusqlite::Result<Option<String>> {
    let version = connection
        .prepare_cached(
            "SELECT response ->> '$.version' FROM responses WHERE site = ?1 AND id = ?2",
        )?
        .query_row((site, id), |row| row.get(0))
        .optional()?;
    Ok(version.flatten())
}

/// At most so many of a respondent's responses, newest first. Those of people named by the host
/// have an index; a browser's own id is looked for in all rows.
pub(super) fn of_respondent(
    connection: &Connection,
    (site, respondent): (&str, &str),
    limit: usize,
) -> rusqlite::Result<Vec<Record>> {
    // Left to itself, SQLite guesses that a site has few rows, and reads all of them.
    let theirs = if respondent.starts_with('~') {
        "responses WHERE respondent IS NULL AND response ->> '$.respondent' = ?2"
    } else {
        "responses INDEXED BY responses_by_respondent WHERE respondent = ?2"
    };
    connection
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM {theirs} AND site = ?1
             ORDER BY submitted_at DESC, id DESC LIMIT ?3"
        ))?
        .query_map(params![site, respondent, limit as i64], record::of_row)?
        .collect()
}

/// All sites.
pub(super) fn sites(connection: &Connection) -> rusqlite::Result<Vec<StoredSite>> {
    connection
        .prepare_cached("SELECT site, file FROM sites")?
        .query_map([], |row| Ok(StoredSite { site: row.get(0)?, file: row.get(1)? }))?
        .collect()
}

/// The site with this key.
pub(super) fn site(connection: &Connection, site: &str) -> rusqlite::Result<Option<StoredSite>> {
    connection
        .prepare_cached("SELECT file FROM sites WHERE site = ?1")?
        .query_row([site], |row| Ok(StoredSite { site: site.to_owned(), file: row.get(0)? }))
        .optional()
}

/// Every definition a site ever asked with.
pub(super) fn definitions(
    connection: &Connection,
    site: &str,
) -> rusqlite::Result<Vec<StoredDefinition>> {
    connection
        .prepare_cached("SELECT version, definition, current FROM definitions WHERE site = ?1")?
        .query_map([site], |row| {
            Ok(StoredDefinition {
                version: row.get(0)?,
                definition: json(row, 1)?,
                current: row.get(2)?,
            })
        })?
        .collect()
}

/// Writes a site and its current definitions; the older ones of those surveys stay, retired.
pub(super) fn keep_site(
    transaction: &Transaction,
    site: &StoredSite,
    definitions: &[StoredDefinition],
    placing: &Placing,
) -> rusqlite::Result<()> {
    placement::want(transaction, &site.site, placing)?;
    let insert = "INSERT OR REPLACE INTO sites VALUES (?1, ?2)";
    transaction.execute(insert, (&site.site, &site.file))?;
    for StoredDefinition { version, definition, current } in definitions {
        let json = serde_json::to_string(definition).unwrap_or_default();
        let retire = "UPDATE definitions SET current = 0 WHERE site = ?1 AND survey = ?2";
        transaction.execute(retire, (&site.site, &definition.survey))?;
        transaction.execute(
            "INSERT INTO definitions VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (site, survey, version) DO UPDATE SET current = excluded.current",
            (&site.site, &definition.survey, version, json, current),
        )?;
    }
    Ok(())
}

/// A column of JSON that we wrote ourselves.
pub(super) fn json<T: DeserializeOwned>(row: &rusqlite::Row, column: usize) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|error| {
        let kind = rusqlite::types::Type::Text;
        rusqlite::Error::FromSqlConversionFailure(column, kind, Box::new(error))
    })
}
