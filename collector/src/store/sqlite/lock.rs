//! Who writes a database file: at most one process at a time.
//!
//! The operating system keeps the lock on a file beside the database, and lets go of it when the
//! process ends, however it ends. What stands in the file is for people. Readers do not ask.

use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::super::OpenError;

/// The right to write a database, for as long as it lives.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a database.
    ///
    /// # Errors
    /// When another process has it, or the file beside the database cannot be made.
    pub(super) fn take(database: &Path) -> Result<Lock, OpenError> {
        let unusable = |error: std::io::Error| OpenError::Unusable {
            path: database.to_owned(),
            reason: error.to_string(),
        };
        let path = path_of(database);
        let options = File::options().create(true).truncate(false).write(true).clone();
        let mut file = options.open(&path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(database)),
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        file.set_len(0).and_then(|()| write!(file, "{}", std::process::id())).map_err(unusable)?;
        Ok(Lock { _file: file })
    }
}

/// Lets those who want to write know where this process, which has the lock, can be reached.
pub(super) fn sign(database: &Path, address: &str) -> std::io::Result<()> {
    std::fs::write(path_of(database), format!("{} {address}", std::process::id()))
}

fn held(database: &Path) -> OpenError {
    let text = std::fs::read_to_string(path_of(database)).unwrap_or_default();
    let mut words = text.split_whitespace();
    let process = words.next().unwrap_or("another").to_owned();
    OpenError::Held { path: database.to_owned(), process, server: words.next().map(str::to_owned) }
}

fn path_of(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push("-lock");
    path.into()
}
