//! Why a copy of a database could not be made.

use std::path::PathBuf;

use super::OpenError;

/// Why there is no copy, and what to do. What may have been written of it is removed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A server has tools of its own.
    #[error("{0} is on a server, which is copied by its own tools: pg_dump --format=custom")]
    Server(String),
    /// The file is there already.
    #[error("{} is there already: name another file, or remove it first", .0.display())]
    Taken(PathBuf),
    /// The copy cannot be written.
    #[error("{} cannot be written: {reason}. Check that there is room and that this user may write there", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
}
