//! The implementation on PostgreSQL: a server, and any number of collectors that write to it.
//!
//! A thread gathers what waits and puts it into a journal, in one transaction ([`writer`], [`round`]);
//! what stands there is acknowledged, and folded into rows and tallies soon after ([`fold`]), or at
//! once when somebody reads. [`append`] is what happens to responses then, and in which order it
//! holds what; [`sql`] are all statements. A collector hears from the others which sites they changed
//! ([`listen`]). The methods, here and in [`read`], are those of [`super::Store`].

mod append;
mod configure;
mod connect;
mod distribute;
mod fold;
mod hand;
mod job;
mod listen;
mod look;
mod placement;
mod read;
mod readers;
mod rebuild;
mod record;
mod round;
pub(super) mod sink;
mod sql;
mod tallies;
#[cfg(test)]
mod tests;
mod thread;
mod tls;
mod trouble;
mod unfolded;
mod verify;
mod writer;
mod writes;

use std::sync::Arc;

use deadpool_postgres::{Client, Pool};
use tokio::sync::{mpsc, oneshot};

pub(super) use self::connect::Target;
pub use self::distribute::DistributeError;
pub(super) use self::distribute::distribute;
use self::fold::Folder;
use self::unfolded::Unfolded;
use super::activity::Commits;
use super::{
    Activity, Amendment, Changed, Kept, OpenError, Placing, Posted, StoreError, StoredDefinition,
    StoredSite, Verified, VerifyError,
};

/// Connections for everything but writing and plain reads: that of the rebuild, and some for sign-ins
/// and configuration.
const CONNECTIONS: usize = 6;
/// Changes of sites that may wait until they are taken over.
const CHANGES_MAX: usize = 256;

/// A database of a server. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Postgres {
    target: Arc<Target>,
    writer: writer::Writer,
    pool: Pool,
    readers: readers::Readers,
    rebuilds: mpsc::UnboundedSender<String>,
}

impl Postgres {
    /// Opens a database and creates its tables if need be. Summaries and lists are read from the
    /// replica, if there is one.
    pub(super) async fn open(
        target: Target,
        replica: Option<Target>,
    ) -> Result<Postgres, OpenError> {
        let pool = target.pool(CONNECTIONS);
        let mut client = target.first(&pool).await?;
        target.recognize(&client, true).await?;
        configure::migrate(&mut client, &target).await?;
        let writer = writer::Writer::start(&target);
        let readers = readers::Readers::new(&target, replica, writer.folder()).await?;
        let (rebuilds, sites) = mpsc::unbounded_channel();
        tokio::spawn(rebuild::run(pool.clone(), sites));
        let store = Postgres { writer, target: Arc::new(target), pool, readers, rebuilds };
        let sites = read::placed_sites(&client).await;
        // One that was cut off when the last collector ended goes on.
        for site in sites.map_err(|trouble| store.failed(trouble))? {
            store.rebuild(site);
        }
        Ok(store)
    }

    /// Opens a database that has to hold our tables already.
    pub(super) async fn open_existing(target: Target) -> Result<Postgres, OpenError> {
        drop(existing(&target).await?);
        Postgres::open(target, None).await
    }

    fn failed(&self, trouble: trouble::Trouble) -> OpenError {
        OpenError::Unreachable {
            place: self.target.to_string(),
            reason: StoreError::from(trouble).to_string(),
            remedy: "Check the server's log",
        }
    }

    /// Has the tallies of a site rebuilt, if they have to be.
    fn rebuild(&self, site: String) {
        let _ = self.rebuilds.send(site);
    }

    /// Returns after everything that was journaled of a site before is folded.
    pub(super) async fn fold(&self, site: &str) -> Result<(), StoreError> {
        self.writer.folder().fold(site).await
    }

    /// A connection.
    pub(super) async fn client(&self) -> Result<Client, StoreError> {
        Ok(self.pool.get().await?)
    }

    pub(super) fn activity(&self) -> Activity {
        self.writer.activity()
    }

    pub(super) async fn append(&self, mut batch: Vec<Posted>) -> Result<Vec<Kept>, StoreError> {
        let (reply, kept) = oneshot::channel();
        // Written here, because the writer is one and those who post are many.
        let line = round::line(&mut batch);
        self.writer.send(job::Job::Append { batch, line, stored: Vec::new(), reply })?;
        kept.await.map_err(|_| StoreError::Closed)?
    }

    pub(super) async fn amend(
        &self,
        site: String,
        id: String,
        amendment: Amendment,
    ) -> Result<bool, StoreError> {
        let (reply, found) = oneshot::channel();
        self.writer.send(job::Job::Amend { key: (site, id), amendment, reply })?;
        found.await.map_err(|_| StoreError::Closed)?
    }

    pub(super) async fn erase(&self, site: String, ids: Vec<String>) -> Result<usize, StoreError> {
        let (reply, erased) = oneshot::channel();
        let keys = ids.into_iter().map(|id| (site.clone(), id)).collect();
        self.writer.send(job::Job::Erase { keys, reply })?;
        erased.await.map_err(|_| StoreError::Closed)?
    }

    pub(super) async fn secret(&self, site: String, fresh: String) -> Result<String, StoreError> {
        let client = self.pool.get().await?;
        client.execute(sql::PUT_SECRET, &[&site, &fresh]).await?;
        Ok(client.query_one(sql::SECRET, &[&site]).await?.try_get(0)?)
    }

    pub(super) async fn set_secret(&self, site: String, secret: String) -> Result<(), StoreError> {
        let client = self.pool.get().await?;
        client.execute(sql::SET_SECRET, &[&site, &secret]).await?;
        client.execute(sql::TELL, &[&site]).await?;
        Ok(())
    }

    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.pool.get().await?.batch_execute(sql::PING).await?)
    }

    pub(super) async fn keep_site(
        &self,
        site: StoredSite,
        definitions: Vec<StoredDefinition>,
        placing: Placing,
    ) -> Result<(), StoreError> {
        let mut client = self.pool.get().await?;
        configure::keep_site(&mut client, &site, &definitions, &placing).await?;
        self.rebuild(site.site);
        Ok(())
    }

    pub(super) async fn drop_site(&self, site: &str) -> Result<(), StoreError> {
        Ok(configure::drop_site(&mut self.pool.get().await?, site).await?)
    }

    pub(super) async fn keep_session(
        &self,
        hash: String,
        now: i64,
        expires_at: i64,
    ) -> Result<(), StoreError> {
        let client = self.pool.get().await?;
        client.execute(sql::END_SESSIONS, &[&now]).await?;
        client.execute(sql::PUT_SESSION, &[&hash, &expires_at]).await?;
        Ok(())
    }

    pub(super) async fn drop_session(&self, hash: String) -> Result<(), StoreError> {
        self.pool.get().await?.execute(sql::DROP_SESSION, &[&hash]).await?;
        Ok(())
    }

    pub(super) async fn has_session(&self, hash: String, now: i64) -> Result<bool, StoreError> {
        let client = self.pool.get().await?;
        Ok(client.query_one(sql::HAS_SESSION, &[&hash, &now]).await?.try_get(0)?)
    }

    /// Hears of changed sites, and has their tallies rebuilt if they have to be.
    pub(super) fn follow(&self) -> mpsc::Receiver<Changed> {
        let (heard, mut changes) = mpsc::channel(CHANGES_MAX);
        let (pass_on, changed) = mpsc::channel(CHANGES_MAX);
        tokio::spawn(listen::run((*self.target).clone(), heard));
        let rebuilds = self.rebuilds.clone();
        tokio::spawn(async move {
            while let Some(change) = changes.recv().await {
                if let Changed::Site(site) = &change {
                    let _ = rebuilds.send(site.clone());
                }
                if pass_on.send(change).await.is_err() {
                    return;
                }
            }
        });
        changed
    }

    pub(super) async fn close(self) {
        self.writer.close().await;
        self.pool.close();
        self.readers.close();
    }
}

/// A connection to a database that has to hold our tables already.
async fn existing(target: &Target) -> Result<Client, OpenError> {
    let mut client = target.first(&target.pool(1)).await?;
    target.recognize(&client, false).await?;
    match configure::release(&client, target).await? {
        Some(_) => configure::migrate(&mut client, target).await.map(|()| client),
        None => Err(OpenError::Empty(target.to_string())),
    }
}

/// Counts all responses of a database again, those included that were only journaled.
pub(super) async fn verify(target: Target, repair: bool) -> Result<Verified, VerifyError> {
    let mut client = existing(&target).await?;
    let (unfolded, commits) = (Arc::new(Unfolded::new()), Commits::default());
    let folder = Folder::start(&target, unfolded, commits);
    for site in read::placed_sites(&client).await.map_err(StoreError::from)? {
        folder.fold(&site).await?;
    }
    folder.close().await;
    Ok(verify::verify(&mut client, repair).await.map_err(StoreError::from)?)
}
