//! Opens the SQLite database and brings its schema up to date.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags, Transaction};

use super::super::OpenError;
use super::backup;
use super::bulk;
use super::checkpoints::LOG_PAGES_MAX;
use super::file;

/// The schema this release writes, in SQLite's `user_version`.
const SCHEMA_VERSION: i32 = 4;
/// What leads from each schema to the next one, from the first on.
const MIGRATIONS: [&str; 3] = [
    include_str!("to-schema-2.sql"),
    include_str!("to-schema-3.sql"),
    include_str!("to-schema-4.sql"),
];
/// Marks a file as ours, in SQLite's `application_id`: "nabz".
const APPLICATION_ID: i32 = 0x6e61_627a;

/// Opens the writing connection.
pub(super) fn open(path: &Path) -> Result<Connection, OpenError> {
    let unusable = |reason| unusable(path, reason);
    file::make_private(path);
    let mut connection = Connection::open(path).map_err(unusable)?;
    // SQLite opens what it cannot write to read it, and fails when it is too late.
    if connection.is_readonly(MAIN_DB).map_err(unusable)? {
        let reason = "its file can only be read".to_owned();
        return Err(OpenError::Unusable { path: path.to_owned(), reason });
    }
    let found = recognize(&connection, path)?;
    prepare(&mut connection, found.is_none()).map_err(unusable)?;
    if let Some(older) = found.filter(|found| *found < SCHEMA_VERSION) {
        migrate(&mut connection, path, older)?;
    }
    bulk::end(&connection).map_err(unusable)?;
    Ok(connection)
}

/// Opens the writing connection of a database that has to be there.
pub(super) fn open_existing(path: &Path) -> Result<Connection, OpenError> {
    open_to_look(path)?;
    open(path)
}

/// Opens a connection that only reads, of a database that has to be there.
pub(super) fn open_to_look(path: &Path) -> Result<Connection, OpenError> {
    if !path.exists() {
        return Err(OpenError::Missing(path.to_owned()));
    }
    let connection = open_reader(path).map_err(|reason| unusable(path, reason))?;
    match recognize(&connection, path)? {
        None => Err(OpenError::Foreign(path.to_owned())),
        Some(_) => Ok(connection),
    }
}

/// Refuses a database that is not there, or not of this release's schema.
pub(super) fn need_current(path: &Path) -> Result<(), OpenError> {
    let connection = open_to_look(path)?;
    match pragma(&connection, "user_version").map_err(|reason| unusable(path, reason))? {
        SCHEMA_VERSION => Ok(()),
        _ => Err(OpenError::Older(path.to_owned())),
    }
}

/// The schema of a database, `None` when it is empty; it has to be ours and of no newer release.
fn recognize(connection: &Connection, path: &Path) -> Result<Option<i32>, OpenError> {
    let unusable = |reason| unusable(path, reason);
    let id = pragma(connection, "application_id").map_err(unusable)?;
    let found = pragma(connection, "user_version").map_err(unusable)?;
    let empty = is_empty(connection).map_err(unusable)?;
    if !empty && id != APPLICATION_ID {
        return Err(OpenError::Foreign(path.to_owned()));
    }
    if found > SCHEMA_VERSION {
        return Err(OpenError::Newer {
            place: path.display().to_string(),
            found,
            known: SCHEMA_VERSION,
        });
    }
    Ok((!empty).then_some(found))
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
pub(super) fn unusable(path: &Path, reason: rusqlite::Error) -> OpenError {
    let (path, said) = (path.to_owned(), reason.to_string());
    match reason.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => OpenError::Foreign(path),
        Some(ErrorCode::DatabaseCorrupt) => OpenError::Damaged { path, reason: said },
        _ => OpenError::Unusable { path, reason: said },
    }
}

/// Opens a connection that only reads.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(connection)
}

fn prepare(connection: &mut Connection, empty: bool) -> rusqlite::Result<()> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A commit that was acknowledged must survive a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES_MAX)?;
    // In KiB when negative: enough for where new rows, their index and their tallies go.
    connection.pragma_update(None, "cache_size", -8 * 1024)?;
    connection.set_prepared_statement_cache_capacity(64);
    if empty {
        let transaction = connection.transaction()?;
        transaction.execute_batch(include_str!("schema.sql"))?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Brings a database of an older release up to date, after a copy of it was made.
fn migrate(connection: &mut Connection, path: &Path, found: i32) -> Result<(), OpenError> {
    let unusable = |reason| unusable(path, reason);
    let mut before = path.as_os_str().to_owned();
    before.push(format!(".schema-{found}"));
    let before = PathBuf::from(before);
    backup::copy(connection, &before)
        .map_err(|error| OpenError::Unsaved { path: path.to_owned(), reason: error.to_string() })?;
    let done = usize::try_from(found - 1).unwrap_or_default();
    let transaction = connection.transaction().map_err(unusable)?;
    for migration in &MIGRATIONS[done.min(MIGRATIONS.len())..] {
        transaction.execute_batch(migration).map_err(unusable)?;
    }
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION).map_err(unusable)?;
    transaction.commit().map_err(unusable)?;
    let before = before.display();
    tracing::info!(%before, "the database is of schema {SCHEMA_VERSION} now; as it was is kept");
    Ok(())
}

/// Writes something that changes nothing.
pub(super) fn touch(transaction: &Transaction) -> rusqlite::Result<()> {
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i32> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}
