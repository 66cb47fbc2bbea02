//! Copies of the database file.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode};

use super::super::BackupError;
use super::database;

/// Copies a database to a file that is not there yet; returns its size in bytes.
pub(in super::super) async fn backup(path: PathBuf, to: PathBuf) -> Result<u64, BackupError> {
    let copy = move || {
        let connection = database::open_to_look(&path)?;
        if to.exists() {
            return Err(BackupError::Taken(to));
        }
        copy(&connection, &to)
    };
    tokio::task::spawn_blocking(copy)
        .await
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

/// Writes what a connection sees at this moment into a file. It is there whole or not at all.
pub(super) fn copy(connection: &Connection, to: &Path) -> Result<u64, BackupError> {
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let written = || -> Result<u64, Box<dyn std::error::Error>> {
        let unfinished = tempfile::Builder::new().prefix(".nabz-backup-").tempfile_in(folder)?;
        let name = unfinished.path().to_str().ok_or("its name is no text")?;
        connection.execute("VACUUM INTO ?1", [name])?;
        unfinished.as_file().sync_all()?;
        let file = unfinished.persist(to)?;
        Ok(file.metadata()?.len())
    };
    written().map_err(|reason| match reason.downcast::<rusqlite::Error>() {
        Ok(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
            let from = connection.path().unwrap_or_default();
            database::unusable(Path::new(from), *error).into()
        }
        Ok(error) => unwritable(to, &*error),
        Err(error) => unwritable(to, &*error),
    })
}

fn unwritable(to: &Path, reason: &dyn Display) -> BackupError {
    BackupError::Unwritable { path: to.to_owned(), reason: reason.to_string() }
}
