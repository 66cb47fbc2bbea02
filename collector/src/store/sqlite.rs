//! The implementation on SQLite: one file, and one process that writes it.
//!
//! One thread owns the writing connection ([`writer`]) and commits many requests in one transaction
//! ([`batch`]); [`append`] is what happens to a response in it, and [`journal`] where it stands until
//! [`fold`] makes it a row; [`read`] answers questions on connections of its own. The methods are
//! those of [`super::Store`].

mod append;
mod backup;
mod batch;
mod bulk;
mod checkpoints;
mod database;
mod file;
mod fold;
mod journal;
mod lock;
mod placement;
mod read;
mod record;
pub(super) mod source;
mod tallies;
#[cfg(test)]
mod tests;
mod verify;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::oneshot;

pub(super) use backup::{backup, restore};

use super::{
    Activity, Amendment, Kept, OpenError, Page, PageQuery, Placing, Posted, Record, StoreError,
    StoredDefinition, StoredSite, Tallies, TallyQuery, Verified, VerifyError,
};

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        use rusqlite::ErrorCode;
        use rusqlite::ffi::SQLITE_READONLY_DBMOVED as DATABASE_MOVED;
        let remedy = match error.sqlite_error_code() {
            _ if error.sqlite_extended_error_code() == Some(DATABASE_MOVED) => "",
            Some(ErrorCode::DatabaseBusy) => ": another program holds it",
            Some(ErrorCode::DatabaseCorrupt) => ": stop what uses it and restore a backup",
            Some(ErrorCode::DiskFull) => ": make room on its disk",
            Some(ErrorCode::SystemIoFailure) => ": look at its disk and at the system's log",
            Some(ErrorCode::ReadOnly) => ": let this user write the file and its folder",
            _ => "",
        };
        StoreError::Database(format!("{error}{remedy}"))
    }
}

/// A database file. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Sqlite {
    writer: writer::Writer,
    readers: Arc<read::Readers>,
}

impl Sqlite {
    /// Opens the database in a file, and creates it if need be. Nobody else may be writing it.
    pub(super) fn open(path: PathBuf) -> Result<Sqlite, OpenError> {
        let lock = lock::Lock::take(&path)?;
        let connection = database::open(&path)?;
        journal::bring_back(&connection).map_err(|reason| database::unusable(&path, reason))?;
        let readers = Arc::new(read::Readers::new(path));
        Ok(Sqlite { writer: writer::Writer::start(connection, lock), readers })
    }

    /// Opens the database in a file to read it, whoever writes it meanwhile.
    pub(super) fn open_to_read(path: PathBuf) -> Result<Sqlite, OpenError> {
        journal::settle(&path)?;
        let readers = Arc::new(read::Readers::new(path));
        Ok(Sqlite { writer: writer::Writer::none(), readers })
    }

    pub(super) fn sign(&self, address: &str) -> std::io::Result<()> {
        lock::sign(self.readers.path(), address)
    }

    pub(super) fn activity(&self) -> Activity {
        self.writer.activity()
    }

    pub(super) async fn append(&self, mut batch: Vec<Posted>) -> Result<Vec<Kept>, StoreError> {
        let (reply, kept) = oneshot::channel();
        let line = (batch.len() < append::MANY).then(|| super::journal::write(&mut batch));
        self.writer.send(batch::Job::Append { batch, line, reply })?;
        kept.await.map_err(|_| StoreError::Closed)?
    }

    pub(super) async fn begin_bulk(&self, bytes: u64) -> Result<(), StoreError> {
        self.write(move |transaction| bulk::begin(transaction, bytes)).await
    }

    pub(super) async fn end_bulk(&self) -> Result<(), StoreError> {
        self.write(|transaction| bulk::end(transaction)).await
    }

    pub(super) async fn amend(
        &self,
        site: String,
        id: String,
        amendment: Amendment,
    ) -> Result<bool, StoreError> {
        let (reply, done) = oneshot::channel();
        self.writer.send(batch::Job::Amend { site, id, amendment, reply })?;
        done.await.map_err(|_| StoreError::Closed)?
    }

    pub(super) async fn erase(&self, site: String, ids: Vec<String>) -> Result<usize, StoreError> {
        let (reply, done) = oneshot::channel();
        self.writer.send(batch::Job::Erase { site, ids, reply })?;
        done.await.map_err(|_| StoreError::Closed)?
    }

    pub(super) async fn of_respondent(
        &self,
        site: String,
        respondent: String,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.read(move |connection| read::of_respondent(connection, (&site, &respondent), limit))
            .await
    }

    pub(super) async fn secret(&self, site: String, fresh: String) -> Result<String, StoreError> {
        self.write(move |transaction| {
            transaction.execute("INSERT OR IGNORE INTO secrets VALUES (?1, ?2)", (&site, fresh))?;
            let find = "SELECT secret FROM secrets WHERE site = ?1";
            transaction.query_row(find, [site], |row| row.get(0))
        })
        .await
    }

    pub(super) async fn set_secret(&self, site: String, secret: String) -> Result<(), StoreError> {
        let put = "INSERT OR REPLACE INTO secrets VALUES (?1, ?2)";
        self.write(move |transaction| transaction.execute(put, (site, secret))).await.map(|_| ())
    }

    pub(super) async fn tally(
        &self,
        site: String,
        queries: Vec<TallyQuery>,
    ) -> Result<Tallies, StoreError> {
        self.read(move |connection| tallies::read(connection, &site, &queries)).await
    }

    pub(super) async fn responses(&self, query: PageQuery) -> Result<Page, StoreError> {
        self.read(move |connection| read::responses(connection, &query)).await
    }

    pub(super) async fn oldest_first(
        &self,
        site: String,
        survey: String,
        after: Option<(i64, String)>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.read(move |connection| read::oldest_first(connection, (&site, &survey), after, limit))
            .await
    }

    pub(super) async fn attribute_keys(
        &self,
        site: String,
        survey: String,
    ) -> Result<Vec<String>, StoreError> {
        self.read(move |connection| read::attribute_keys(connection, &site, &survey)).await
    }

    pub(super) async fn of_other_surveys(
        &self,
        site: String,
        survey: String,
        ids: Vec<String>,
    ) -> Result<Vec<(String, String)>, StoreError> {
        self.read(move |connection| read::of_other_surveys(connection, (&site, &survey), &ids))
            .await
    }

    pub(super) async fn asked_version(
        &self,
        site: String,
        id: String,
    ) -> Result<Option<String>, StoreError> {
        self.read(move |connection| read::asked_version(connection, &site, &id)).await
    }

    pub(super) async fn sites(&self) -> Result<Vec<StoredSite>, StoreError> {
        self.readers.run(read::sites).await
    }

    pub(super) async fn site(&self, site: &str) -> Result<Option<StoredSite>, StoreError> {
        let site = site.to_owned();
        self.readers.run(move |connection| read::site(connection, &site)).await
    }

    pub(super) async fn definitions(
        &self,
        site: &str,
    ) -> Result<Vec<StoredDefinition>, StoreError> {
        let site = site.to_owned();
        self.readers.run(move |connection| read::definitions(connection, &site)).await
    }

    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        // What stands in the file's head is written once more: only that shows that there is room.
        self.write(database::touch).await
    }

    pub(super) async fn keep_site(
        &self,
        site: StoredSite,
        definitions: Vec<StoredDefinition>,
        placing: Placing,
    ) -> Result<(), StoreError> {
        let keep = move |transaction: &rusqlite::Transaction| {
            read::keep_site(transaction, &site, &definitions, &placing)
        };
        self.write(keep).await
    }

    pub(super) async fn drop_site(&self, site: &str) -> Result<(), StoreError> {
        let site = site.to_owned();
        let drop = move |transaction: &rusqlite::Transaction| {
            transaction.execute("DELETE FROM sites WHERE site = ?1", [site])
        };
        self.write(drop).await.map(|_| ())
    }

    pub(super) async fn keep_session(
        &self,
        hash: String,
        now: i64,
        expires_at: i64,
    ) -> Result<(), StoreError> {
        self.write(move |transaction| {
            transaction.execute("DELETE FROM sessions WHERE expires_at <= ?1", [now])?;
            transaction
                .execute("INSERT OR REPLACE INTO sessions VALUES (?1, ?2)", (hash, expires_at))
        })
        .await
        .map(|_| ())
    }

    pub(super) async fn drop_session(&self, hash: String) -> Result<(), StoreError> {
        let end = move |transaction: &rusqlite::Transaction| {
            transaction.execute("DELETE FROM sessions WHERE hash = ?1", [hash])
        };
        self.write(end).await.map(|_| ())
    }

    pub(super) async fn has_session(&self, hash: String, now: i64) -> Result<bool, StoreError> {
        let count = "SELECT count(*) FROM sessions WHERE hash = ?1 AND expires_at > ?2";
        self.readers
            .run(move |connection| {
                connection.query_row(count, (hash, now), |row| row.get::<_, i64>(0))
            })
            .await
            .map(|count| count > 0)
    }

    pub(super) async fn close(self) {
        // The writer has to be the last to close the database: only it can tidy up the log.
        self.readers.close();
        self.writer.close().await;
    }

    /// Runs a query that sees all responses that were acknowledged.
    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.fold().await;
        self.readers.run(query).await
    }

    /// Runs a change on the writer's thread, in a transaction with whatever else is waiting.
    async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&rusqlite::Transaction) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, done) = oneshot::channel();
        self.writer.send(batch::Job::change(change, reply))?;
        done.await.map_err(|_| StoreError::Closed)?
    }
}

/// Counts all responses of the database in a file again.
pub(super) async fn verify(path: PathBuf, repair: bool) -> Result<Verified, VerifyError> {
    let count = move || verify::verify(&path, repair);
    tokio::task::spawn_blocking(count).await.map_err(|_| StoreError::Closed)?
}
