//! Why a copy of a database could not be made or brought back.

use std::path::PathBuf;

use super::OpenError;

/// Why there is no copy, or why it was not brought back, and what to do. What there was is as it was.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A server has tools of its own.
    #[error(
        "{0} is on a server, which has tools of its own: pg_dump --format=custom, and pg_restore"
    )]
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
