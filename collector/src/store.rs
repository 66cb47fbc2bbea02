//! Durable storage: the interface, and what its implementations share.
//!
//! [`append`](Store::append) is what all of it is for: it says what became of each response once
//! that is durable. An implementation runs the statements of its database; what a response comes to
//! ([`ingest`]), what it changes in the tallies ([`changes`]) and where it counts ([`placement`]) is
//! decided here, once; so is how it stands in the journal until it is written as a row ([`journal`]).
//! [`sqlite`] keeps everything in one file; [`postgres`] lets several collectors share a server.

mod activity;
mod backup;
mod changes;
mod error;
mod ingest;
mod journal;
mod migration;
mod open;
mod placement;
mod posted;
mod postgres;
mod query;
mod record;
mod sqlite;
mod stored;
#[cfg(test)]
mod tests;
mod told;
mod verify;
mod whole;

use tokio::sync::mpsc;

use crate::secret;
pub use activity::Activity;
pub use backup::BackupError;
pub use error::StoreError;
pub use migration::{MigrateError, Migration};
use open::Place;
pub use open::{OpenError, without_password};
pub use placement::Placing;
pub use posted::{Kept, Posted};
pub use postgres::DistributeError;
use postgres::Postgres;
pub use query::{Page, PageQuery, Tallies, TallyQuery};
pub use record::{Amendment, HANDLING_CHARS_MAX, Handling, Record};
use sqlite::Sqlite;
pub use stored::{Changed, StoredDefinition, StoredSite};
pub use verify::{Difference, Verified, VerifyError};

/// The store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    backend: Backend,
}

/// The implementations, which have the same methods.
#[derive(Debug, Clone)]
enum Backend {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

impl From<Postgres> for Backend {
    fn from(postgres: Postgres) -> Backend {
        Backend::Postgres(Box::new(postgres))
    }
}

/// Asks the implementation that is there.
macro_rules! ask {
    ($store:expr, $backend:ident => $call:expr) => {
        match $store.backend {
            Backend::Sqlite(ref $backend) => $call,
            Backend::Postgres(ref $backend) => $call,
        }
    };
}

impl Store {
    /// Opens the database named by a URL such as `sqlite:nabz.db`, and creates it if need be.
    ///
    /// # Errors
    /// Names what is wrong with the database and what to do.
    pub async fn open(url: &str) -> Result<Store, OpenError> {
        Store::open_with_replica(url, None).await
    }

    /// The same, with summaries and lists read from a replica, which may lag behind.
    ///
    /// # Errors
    /// Names what is wrong with either database and what to do.
    pub async fn open_with_replica(url: &str, replica: Option<&str>) -> Result<Store, OpenError> {
        let replica = replica.map(open::place_of).transpose()?;
        let backend = match (open::place_of(url)?, replica) {
            (Place::Sqlite(path), None) => Backend::Sqlite(Sqlite::open(path)?),
            (Place::Postgres(target), None) => Postgres::open(target, None).await?.into(),
            (Place::Postgres(target), Some(Place::Postgres(replica))) => {
                Postgres::open(target, Some(replica)).await?.into()
            }
            _ => return Err(OpenError::NoReplica(without_password(url))),
        };
        Ok(Store { backend })
    }

    /// Opens the database named by a URL, which has to be there already.
    ///
    /// # Errors
    /// Names what is wrong with the database and what to do.
    pub async fn open_existing(url: &str) -> Result<Store, OpenError> {
        let backend = match open::place_of(url)? {
            Place::Sqlite(path) if path.exists() => Backend::Sqlite(Sqlite::open(path)?),
            Place::Sqlite(path) => return Err(OpenError::Missing(path)),
            Place::Postgres(target) => Postgres::open_existing(target).await?.into(),
        };
        Ok(Store { backend })
    }

    /// Opens the database named by a URL only to read it, whoever writes it meanwhile. What would
    /// change a file comes back as [`StoreError::Closed`].
    ///
    /// # Errors
    /// Names what is wrong with the database and what to do.
    pub async fn open_to_read(url: &str) -> Result<Store, OpenError> {
        let backend = match open::place_of(url)? {
            Place::Sqlite(path) if path.exists() => Backend::Sqlite(Sqlite::open_to_read(path)?),
            Place::Sqlite(path) => return Err(OpenError::Missing(path)),
            Place::Postgres(target) => Postgres::open_existing(target).await?.into(),
        };
        Ok(Store { backend })
    }

    /// Lets other processes that would write the file know where this one can be reached.
    ///
    /// # Errors
    /// When that cannot be written down; they then learn its number only.
    pub fn sign(&self, address: &str) -> std::io::Result<()> {
        match &self.backend {
            Backend::Sqlite(it) => it.sign(address),
            // A server lets many write.
            Backend::Postgres(_) => Ok(()),
        }
    }

    /// How busy the writer is.
    pub fn activity(&self) -> Activity {
        ask!(self, it => it.activity())
    }

    /// What other collectors on the same database change from now on.
    pub fn follow(&self) -> mpsc::Receiver<Changed> {
        match &self.backend {
            // There are no others.
            Backend::Sqlite(_) => mpsc::channel(1).1,
            Backend::Postgres(it) => it.follow(),
        }
    }

    /// Stores responses, all in one transaction, and returns after it is durable.
    ///
    /// # Errors
    /// When the queue is full or the database fails; then none of them is stored.
    pub async fn append(&self, batch: Vec<Posted>) -> Result<Vec<Kept>, StoreError> {
        ask!(self, it => it.append(batch).await)
    }

    /// Makes ready for many new responses, about as many bytes, while nobody else uses the
    /// database; [`Store::end_bulk`] or the next opening ends that.
    ///
    /// # Errors
    /// When the database fails; then nothing is changed.
    pub async fn begin_bulk(&self, bytes: u64) -> Result<(), StoreError> {
        // A server is never somebody's alone.
        let Backend::Sqlite(it) = &self.backend else { return Ok(()) };
        it.begin_bulk(bytes).await
    }

    /// Ends what [`Store::begin_bulk`] began.
    ///
    /// # Errors
    /// When the database fails; then the next opening does it.
    pub async fn end_bulk(&self) -> Result<(), StoreError> {
        let Backend::Sqlite(it) = &self.backend else { return Ok(()) };
        it.end_bulk().await
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

    /// Deletes the responses with these ids and counts them no more; tells how many there were.
    ///
    /// # Errors
    /// When the database fails; then nothing is changed.
    pub async fn erase(&self, site: String, ids: Vec<String>) -> Result<usize, StoreError> {
        ask!(self, it => it.erase(site, ids).await)
    }

    /// At most so many of a respondent's responses, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn of_respondent(
        &self,
        site: String,
        respondent: String,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        ask!(self, it => it.of_respondent(site, respondent, limit).await)
    }

    /// The secret of a site, drawn when there is none yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn secret(&self, site: String) -> Result<String, StoreError> {
        let fresh = secret::random()?;
        ask!(self, it => it.secret(site, fresh).await)
    }

    /// Draws another secret for a site.
    ///
    /// # Errors
    /// When the database fails; then nothing is changed.
    pub async fn renew_secret(&self, site: String) -> Result<(), StoreError> {
        let fresh = secret::random()?;
        ask!(self, it => it.set_secret(site, fresh).await)
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

    /// The site with this key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn site(&self, site: &str) -> Result<Option<StoredSite>, StoreError> {
        ask!(self, it => it.site(site).await)
    }

    /// Every definition that a site ever asked with.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn definitions(&self, site: &str) -> Result<Vec<StoredDefinition>, StoreError> {
        ask!(self, it => it.definitions(site).await)
    }

    /// Whether something can be stored just now.
    ///
    /// # Errors
    /// When it cannot.
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
            Backend::Postgres(it) => it.close().await,
        }
    }
}
