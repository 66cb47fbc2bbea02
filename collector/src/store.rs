//! Durable storage: the interface, and what its implementations share.
//!
//! [`append`](Store::append) is what all of it is for: it says what became of each response once
//! that is durable. An implementation runs the statements of its database; what a response comes to
//! ([`ingest`]), what it changes in the tallies ([`changes`]) and where it counts ([`placement`]) is
//! decided here, once. [`sqlite`] keeps everything in one file.

mod changes;
mod ingest;
mod open;
mod placement;
mod posted;
mod query;
mod record;
mod sqlite;
mod stored;
#[cfg(test)]
mod tests;
mod verify;

pub use open::OpenError;
pub use placement::Placing;
pub use posted::{Kept, Posted};
pub use query::{Page, PageQuery, Tallies, TallyQuery};
pub use record::{Amendment, Handling, Record};
use sqlite::Sqlite;
pub use stored::{StoredDefinition, StoredSite};
pub use verify::{Difference, Verified, VerifyError};

/// Why the store did not do it. Nothing was changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Too much is waiting to be written; try again in a moment.
    #[error("too many responses are waiting to be written")]
    Busy,
    /// The database failed; this is what it said.
    #[error("the database failed: {0}")]
    Database(String),
    /// The writer has ended.
    #[error("the store is closed")]
    Closed,
}

/// The store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    backend: Backend,
}

/// The implementations, which have the same methods.
#[derive(Debug, Clone)]
enum Backend {
    Sqlite(Sqlite),
}

/// Asks the implementation that is there.
macro_rules! ask {
    ($store:expr, $backend:ident => $call:expr) => {
        match $store.backend {
            Backend::Sqlite(ref $backend) => $call,
        }
    };
}

impl Store {
    /// Opens the database named by a URL such as `sqlite:nabz.db`, and creates it if need be.
    ///
    /// # Errors
    /// Names what is wrong with the database and what to do.
    pub async fn open(url: &str) -> Result<Store, OpenError> {
        let path = open::path_of(url)?;
        Ok(Store { backend: Backend::Sqlite(Sqlite::open(path)?) })
    }

    /// Opens the database named by a URL, which has to be there already.
    ///
    /// # Errors
    /// Names what is wrong with the database and what to do.
    pub async fn open_existing(url: &str) -> Result<Store, OpenError> {
        let path = open::path_of(url)?;
        if path.exists() { Store::open(url).await } else { Err(OpenError::Missing(path)) }
    }

    /// Counts all responses of a database again and compares the tallies with that; a collector may
    /// be writing meanwhile. To `repair` writes what was counted, in one transaction.
    ///
    /// # Errors
    /// When there is no such database or it fails.
    pub async fn verify(url: &str, repair: bool) -> Result<Verified, VerifyError> {
        sqlite::verify(open::path_of(url)?, repair).await
    }

    /// Stores responses, all in one transaction, and returns after it is durable.
    ///
    /// # Errors
    /// When the queue is full or the database fails; then none of them is stored.
    pub async fn append(&self, batch: Vec<Posted>) -> Result<Vec<Kept>, StoreError> {
        ask!(self, it => it.append(batch).await)
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
        ask!(self, it => it.amend(site, id, amendment).await)
    }

    /// Tallies of a site, all read at one moment: never some from before and some from after a
    /// rebuild.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tally(
        &self,
        site: String,
        queries: Vec<TallyQuery>,
    ) -> Result<Tallies, StoreError> {
        ask!(self, it => it.tally(site, queries).await)
    }

    /// One page of a survey's responses, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn responses(&self, query: PageQuery) -> Result<Page, StoreError> {
        ask!(self, it => it.responses(query).await)
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
        ask!(self, it => it.oldest_first(site, survey, after, limit).await)
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
        ask!(self, it => it.attribute_keys(site, survey).await)
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
        ask!(self, it => it.of_other_surveys(site, survey, ids).await)
    }

    /// The version of the definition that a stored response was asked with.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn asked_version(
        &self,
        site: String,
        id: String,
    ) -> Result<Option<String>, StoreError> {
        ask!(self, it => it.asked_version(site, id).await)
    }

    /// All sites.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sites(&self) -> Result<Vec<StoredSite>, StoreError> {
        ask!(self, it => it.sites().await)
    }

    /// Every definition that a site ever asked with.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn definitions(&self, site: &str) -> Result<Vec<StoredDefinition>, StoreError> {
        ask!(self, it => it.definitions(site).await)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        ask!(self, it => it.ping().await)
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
        ask!(self, it => it.keep_site(site, definitions, placing).await)
    }

    /// Forgets a site's file. Its definitions and responses stay.
    ///
    /// # Errors
    /// When the database fails; then nothing is changed.
    pub async fn drop_site(&self, site: &str) -> Result<(), StoreError> {
        ask!(self, it => it.drop_site(site).await)
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
        ask!(self, it => it.keep_session(hash, now, expires_at).await)
    }

    /// Ends a sign-in.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drop_session(&self, hash: String) -> Result<(), StoreError> {
        ask!(self, it => it.drop_session(hash).await)
    }

    /// Whether a sign-in is good at a time in milliseconds since 1970.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_session(&self, hash: String, now: i64) -> Result<bool, StoreError> {
        ask!(self, it => it.has_session(hash, now).await)
    }

    /// Ends the writer after all that was accepted is durable.
    pub async fn close(self) {
        match self.backend {
            Backend::Sqlite(it) => it.close().await,
        }
    }
}
