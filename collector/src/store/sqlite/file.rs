//! The file among others: who may read it, and whether it is still there.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

/// Makes the file, if there is none, so that only this user can read it: there are answers in it,
/// and secrets. What cannot be made here fails when it is opened.
pub(super) fn make_private(path: &Path) {
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _ = options.open(path);
}

/// Where a file was when it was opened, and which one that was.
#[derive(Debug)]
pub(super) struct Whereabouts {
    path: PathBuf,
    file: Option<Number>,
}

/// What tells one file from another whatever they are named.
type Number = (u64, u64);

impl Whereabouts {
    /// That of the file of an open connection.
    pub(super) fn of(connection: &Connection) -> Whereabouts {
        let path = PathBuf::from(connection.path().unwrap_or_default());
        let file = number(&path);
        Whereabouts { path, file }
    }

    /// Refuses to go on when the file is not there any more: SQLite would write to what nobody can
    /// find, and all of it would be gone at the end.
    pub(super) fn expect_file(&self) -> rusqlite::Result<()> {
        if self.file.is_none() || number(&self.path) == self.file {
            return Ok(());
        }
        let moved = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY_DBMOVED);
        let path = self.path.display();
        let said = format!("{path} was moved, removed or replaced: put it back, or start again");
        Err(rusqlite::Error::SqliteFailure(moved, Some(said)))
    }
}

/// `None` where there is no file, or where the system does not number them.
fn number(path: &Path) -> Option<Number> {
    #[cfg(unix)]
    return std::fs::metadata(path).ok().map(|file| {
        use std::os::unix::fs::MetadataExt as _;
        (file.dev(), file.ino())
    });
    #[cfg(not(unix))]
    None
}
