//! Which database a URL names, and why one cannot be opened.

use std::path::PathBuf;

/// Why a database cannot be opened, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is of no known kind.
    #[error("--database {0:?} is not known. Use sqlite:PATH, such as sqlite:nabz.db")]
    UnknownUrl(String),
    /// There is no such file.
    #[error("there is no database {}: name the collector's with --database", .0.display())]
    Missing(PathBuf),
    /// The file cannot be opened, created or read.
    #[error(
        "the database {} cannot be opened: {reason}. \
         Check that its folder exists and that this user may write there", path.display()
    )]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the database says.
        reason: String,
    },
    /// The file is some other program's.
    #[error("{} is no database of this program. Name another file with --database", .0.display())]
    Foreign(PathBuf),
    /// The file was written by a newer release.
    #[error(
        "the database {} is of a newer release (schema {found}; this release knows {known}). \
         Start that release again, or restore a backup made before the update", path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i32,
        /// The schema of this release.
        known: i32,
    },
}

/// The file that a database URL names.
pub(super) fn path_of(url: &str) -> Result<PathBuf, OpenError> {
    let path = url.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path));
    // A database in memory would lose what was acknowledged, and is another one for each reader.
    path.filter(|path| !path.is_empty() && !path.starts_with(':'))
        .map(PathBuf::from)
        .ok_or_else(|| OpenError::UnknownUrl(url.to_owned()))
}
