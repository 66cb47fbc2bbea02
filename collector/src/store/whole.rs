//! What is done to a database as a whole, by its URL.

use std::path::PathBuf;

use super::open::{self, Place, without_password};
use super::{BackupError, DistributeError, OpenError, Store, Verified, VerifyError};
use super::{postgres, sqlite};

impl Store {
    /// Writes a copy of a database to a new file, as it is at one moment; a collector may be writing
    /// meanwhile. Returns how many bytes it has.
    ///
    /// # Errors
    /// When the database is none in a file, or the copy cannot be written.
    pub async fn backup(url: &str, to: PathBuf) -> Result<u64, BackupError> {
        match open::place_of(url)? {
            Place::Sqlite(path) => sqlite::backup(path, to).await,
            Place::Postgres(_) => Err(BackupError::Server(without_password(url))),
        }
    }

    /// Puts a copy that [`Store::backup`] wrote in the place of a database, which no collector may be
    /// using. Returns the file that holds what was there before, if there was anything.
    ///
    /// # Errors
    /// When the copy is none, the database is none in a file, or cannot be replaced.
    pub async fn restore(url: &str, from: PathBuf) -> Result<Option<PathBuf>, BackupError> {
        match open::place_of(url)? {
            Place::Sqlite(path) => sqlite::restore(path, from).await,
            Place::Postgres(_) => Err(BackupError::Server(without_password(url))),
        }
    }

    /// Counts all responses of a database again and compares the tallies with that; a collector may
    /// be writing meanwhile. To `repair` writes what was counted, in one transaction a site.
    ///
    /// # Errors
    /// When there is no such database or it fails.
    pub async fn verify(url: &str, repair: bool) -> Result<Verified, VerifyError> {
        match open::place_of(url)? {
            Place::Sqlite(path) => sqlite::verify(path, repair).await,
            Place::Postgres(target) => postgres::verify(target, repair).await,
        }
    }

    /// Spreads the tables of a PostgreSQL database over the machines of its Citus cluster; returns
    /// what was done, table by table.
    ///
    /// # Errors
    /// When it is no such database, or fails.
    pub async fn distribute(url: &str) -> Result<Vec<String>, DistributeError> {
        match open::place_of(url)? {
            Place::Sqlite(_) => Err(OpenError::OneFile.into()),
            Place::Postgres(target) => postgres::distribute(target).await,
        }
    }
}
