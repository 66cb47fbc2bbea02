//! Durable storage: the interface, and its implementation on SQLite.
//!
//! One thread owns the writing connection and commits many requests in one transaction
//! ([`writer`]); [`append`] is what happens to a response in it; [`read`] answers questions on
//! connections of its own, which never wait for the writer.

mod append;
mod database;
mod placement;
mod read;
mod record;
mod tallies;
#[cfg(test)]
mod tests;
mod verify;
mod writer;

use std::sync::Arc;

use survey::response::Response;
use survey::tally::Row;
use survey::{Day, Definition};
use tokio::sync::oneshot;

pub use database::OpenError;
pub use placement::Placing;
pub use read::{Page, PageQuery, StoredDefinition, StoredSite};
pub use record::{Amendment, Handling, Record};
pub use verify::{Difference, Verified, VerifyError};

/// A response on its way into the store.
#[derive(Debug, Clone)]
pub struct Posted {
    /// What was posted; its id is in lower case.
    pub response: Response,
    /// The definition it was accepted against.
    pub definition: Arc<Definition>,
    /// Whether it comes from a file that knows of no showings.
    pub imported: bool,
    /// Whether it is left out of every number, as it was where it comes from.
    pub excluded: bool,
    /// When it arrived, in milliseconds since 1970.
    pub received_at_ms: i64,
    /// When it counts as given, if this is the first post about it.
    pub submitted_at_ms: i64,
}

/// What became of a posted response, once that is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It is new, or revised what was there.
    Stored,
    /// It was known already.
    Known,
    /// Refused: the id belongs to a response of another survey, named here.
    OtherSurvey(String),
    /// Refused: it claims to be answered, but no answer was ever given.
    Unanswered,
}

/// Which tallies to read.
#[derive(Debug, Clone)]
pub struct TallyQuery {
    /// The site's key.
    pub site: String,
    /// The survey's id.
    pub survey: String,
    /// The breakdown key, empty for everybody.
    pub key: String,
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
}

/// Why the store did not do it. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Too much is waiting to be written; try again in a moment.
    #[error("too many responses are waiting to be written")]
    Busy,
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// The writer has ended.
    #[error("the store is closed")]
    Closed,
}

/// The store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    writer: writer::Writer,
    readers: Arc<read::Readers>,
}

impl Store {
    /// Opens the database named by a URL such as `sqlite:nabz.db`, and creates it if need be.
    ///
    /// # Errors
    /// Names what is wrong with the database and what to do.
    pub fn open(url: &str) -> Result<Store, OpenError> {
        let path = database::path_of(url)?;
        let connection = database::open(&path)?;
        let readers = Arc::new(read::Readers::new(path));
        Ok(Store { writer: writer::Writer::start(connection), readers })
    }

    /// Counts all responses of a database again and compares the tallies with that; a collector may
    /// be writing meanwhile. To `repair` writes what was counted, in one transaction.
    ///
    /// # Errors
    /// When there is no such database or it fails.
    pub fn verify(url: &str, repair: bool) -> Result<Verified, VerifyError> {
        verify::verify(&database::path_of(url)?, repair)
    }

    /// Opens the database named by a URL, which has to be there already.
    ///
    /// # Errors
    /// Names what is wrong with the database and what to do.
    pub fn open_existing(url: &str) -> Result<Store, OpenError> {
        let path = database::path_of(url)?;
        if path.exists() { Store::open(url) } else { Err(OpenError::Missing(path)) }
    }

    /// Stores responses, all in one transaction, and returns after it is durable.
    ///
    /// # Errors
    /// When the queue is full or the database fails; then none of them is stored.
    pub async fn append(&self, batch: Vec<Posted>) -> Result<Vec<Kept>, StoreError> {
        let (reply, kept) = oneshot::channel();
        self.writer.send(writer::Job::Append { batch, reply })?;
        kept.await.map_err(|_| StoreError::Closed)?
    }

    /// Changes what was made of a response; tells whether there is such a response.
    ///
    /// # Errors
    /// When the database fails; then nothing is changed.
    pub async fn amend(
        &self,
        site: String,
        id: String,
        amendment: Amendment,
    ) -> Result<bool, StoreError> {
        let (reply, done) = oneshot::channel();
        self.writer.send(writer::Job::Amend { site, id, amendment, reply })?;
        done.await.map_err(|_| StoreError::Closed)?
    }

    /// The tallies of a range of days.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tally(&self, query: TallyQuery) -> Result<Vec<Row>, StoreError> {
        self.readers.run(move |connection| tallies::read(connection, &query)).await
    }

    /// One page of a survey's responses, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn responses(&self, query: PageQuery) -> Result<Page, StoreError> {
        self.readers.run(move |connection| read::responses(connection, &query)).await
    }

    /// So many of a survey's responses, oldest first, from after a time and an id on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn oldest_first(
        &self,
        site: String,
        survey: String,
        after: Option<(i64, String)>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.readers
            .run(move |connection| read::oldest_first(connection, (&site, &survey), after, limit))
            .await
    }

    /// The keys of all attributes that a survey's responses have, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn attribute_keys(
        &self,
        site: String,
        survey: String,
    ) -> Result<Vec<String>, StoreError> {
        self.readers.run(move |connection| read::attribute_keys(connection, &site, &survey)).await
    }

    /// Which of these ids belong to responses of another survey of the site, and of which.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of_other_surveys(
        &self,
        site: String,
        survey: String,
        ids: Vec<String>,
    ) -> Result<Vec<(String, String)>, StoreError> {
        self.readers
            .run(move |connection| read::of_other_surveys(connection, (&site, &survey), &ids))
            .await
    }

    /// All sites.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sites(&self) -> Result<Vec<StoredSite>, StoreError> {
        self.readers.run(read::sites).await
    }

    /// Every definition that a site ever asked with.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn definitions(&self, site: &str) -> Result<Vec<StoredDefinition>, StoreError> {
        let site = site.to_owned();
        self.readers.run(move |connection| read::definitions(connection, &site)).await
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.write(|transaction| transaction.query_row("SELECT 1", [], |_| Ok(()))).await
    }

    /// Keeps a site and its definitions; those given are its current ones. When its answers are
    /// to be placed otherwise than before, they are in the background, and shown so once all are.
    ///
    /// # Errors
    /// When the database fails; then nothing is changed.
    pub async fn keep_site(
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

    /// Forgets a site's file. Its definitions and responses stay.
    ///
    /// # Errors
    /// When the database fails; then nothing is changed.
    pub async fn drop_site(&self, site: &str) -> Result<(), StoreError> {
        let site = site.to_owned();
        let drop = move |transaction: &rusqlite::Transaction| {
            transaction.execute("DELETE FROM sites WHERE site = ?1", [site])
        };
        self.write(drop).await.map(|_| ())
    }

    /// Keeps a sign-in until a time in milliseconds since 1970, and drops those that ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_session(
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

    /// Ends a sign-in.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drop_session(&self, hash: String) -> Result<(), StoreError> {
        let end = move |transaction: &rusqlite::Transaction| {
            transaction.execute("DELETE FROM sessions WHERE hash = ?1", [hash])
        };
        self.write(end).await.map(|_| ())
    }

    /// Whether a sign-in is good at a time in milliseconds since 1970.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_session(&self, hash: String, now: i64) -> Result<bool, StoreError> {
        let count = "SELECT count(*) FROM sessions WHERE hash = ?1 AND expires_at > ?2";
        self.readers
            .run(move |connection| {
                connection.query_row(count, (hash, now), |row| row.get::<_, i64>(0))
            })
            .await
            .map(|count| count > 0)
    }

    /// Runs a change on the writer's thread, in a transaction with whatever else is waiting.
    async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&rusqlite::Transaction) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, done) = oneshot::channel();
        self.writer.send(writer::Job::change(change, reply))?;
        done.await.map_err(|_| StoreError::Closed)?
    }

    /// Ends the writer after all that was accepted is durable.
    pub async fn close(self) {
        // The writer has to be the last to close the database: only it can tidy up the log.
        self.readers.close();
        self.writer.close().await;
    }
}
