//! Copies of the database file, and their way back.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode};

use super::super::BackupError;
use super::database;
use super::lock::Lock;
use super::verify::need_whole;

/// Copies a database to a file that is not there yet; returns its size in bytes.
pub(in super::super) async fn backup(path: PathBuf, to: PathBuf) -> Result<u64, BackupError> {
    away(move || {
        let connection = database::open_to_look(&path)?;
        if to.exists() {
            return Err(BackupError::Taken(to));
        }
        copy(&connection, &to)
    })
    .await
}

/// Puts a copy in the place of a database, which nobody may be using; returns what that one is
/// named from now on, if there was one.
pub(in super::super) async fn restore(
    path: PathBuf,
    from: PathBuf,
) -> Result<Option<PathBuf>, BackupError> {
    away(move || {
        let copied = database::open_to_look(&from)?;
        need_whole(&copied, &from)?;
        let _lock = Lock::take(&path)?;
        let aside = beside(&path, ".replaced");
        if aside.exists() {
            return Err(BackupError::Taken(aside));
        }
        let coming = beside(&path, ".restored");
        let _ = std::fs::remove_file(&coming);
        copy(&copied, &coming)?;
        put_aside(&path, &aside)?;
        std::fs::rename(&coming, &path).map_err(|reason| unwritable(&path, &reason))?;
        Ok(Some(aside).filter(|aside| aside.exists()))
    })
    .await
}

/// Gives a database another name, and its log with it: that must not be taken for the next one's.
fn put_aside(path: &Path, aside: &Path) -> Result<(), BackupError> {
    for kind in ["", "-wal"] {
        let (from, to) = (beside(path, kind), beside(aside, kind));
        if from.exists() {
            std::fs::rename(&from, &to).map_err(|reason| unwritable(&to, &reason))?;
        }
    }
    // Made anew from the log whenever it is missing.
    let _ = std::fs::remove_file(beside(path, "-shm"));
    Ok(())
}

/// The path with something behind it.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// Does work that blocks on a thread for that.
async fn away<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work)
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
