//! Plain reads: from a replica while it answers, else from the primary. What was acknowledged is
//! folded before the primary is read from; a replica shows it when it has been.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::{Client, Pool};

use super::super::{OpenError, StoreError};
use super::connect::Target;
use super::fold::Folder;
use super::trouble::Trouble;

/// Connections for plain reads.
const READERS: usize = 8;
/// For how long a replica that failed is left alone.
const REST: Duration = Duration::from_secs(5);

/// Where to read from. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Readers {
    primary: Pool,
    replica: Option<Arc<Replica>>,
    folder: Folder,
}

#[derive(Debug)]
struct Replica {
    pool: Pool,
    /// Until when it is left alone.
    rests_until: Mutex<Option<Instant>>,
}

impl Readers {
    /// Reads from the replica, if there is one. One that cannot be reached now may be later.
    pub(super) async fn new(
        primary: &Target,
        replica: Option<Target>,
        folder: &Folder,
    ) -> Result<Readers, OpenError> {
        let replica = match replica {
            None => None,
            Some(target) => Some(Arc::new(Replica::new(&target).await?)),
        };
        Ok(Readers { primary: primary.pool(READERS), replica, folder: folder.clone() })
    }

    /// Asks something about a site that changes nothing. What the replica does not answer, the
    /// primary does.
    pub(super) async fn ask<T, Answer>(
        &self,
        site: &str,
        question: impl Fn(Client) -> Answer,
    ) -> Result<T, StoreError>
    where
        Answer: Future<Output = Result<T, Trouble>>,
    {
        if let Some(replica) = self.replica.as_ref().filter(|replica| replica.is_awake()) {
            let answer = async { question(replica.pool.get().await?).await };
            match answer.await {
                Ok(found) => return Ok(found),
                Err(trouble) => replica.rest(trouble),
            }
        }
        self.folder.fold(site).await?;
        Ok(question(self.primary.get().await?).await?)
    }

    pub(super) fn close(&self) {
        self.primary.close();
        self.replica.iter().for_each(|replica| replica.pool.close());
    }
}

impl Replica {
    /// A replica that is of a kind that can be used, as far as it can be told now.
    async fn new(target: &Target) -> Result<Replica, OpenError> {
        let replica = Replica { pool: target.pool(READERS), rests_until: Mutex::new(None) };
        let recognized = match target.first(&replica.pool).await {
            Ok(client) => target.recognize(&client, false).await,
            Err(error) => Err(error),
        };
        match recognized {
            // It may come back, and nothing is lost without it.
            Err(error @ OpenError::Unreachable { .. }) => {
                tracing::warn!("--read-database: {error}. Until then the primary is read from");
                *replica.rests_until() = Some(Instant::now() + REST);
            }
            recognized => recognized?,
        }
        Ok(replica)
    }

    fn is_awake(&self) -> bool {
        self.rests_until().is_none_or(|until| Instant::now() >= until)
    }

    /// Leaves it alone for a while: looking for it again each time would hold everybody up.
    fn rest(&self, trouble: Trouble) {
        let error = StoreError::from(trouble);
        tracing::warn!(%error, "the replica does not answer: the primary is read from meanwhile");
        *self.rests_until() = Some(Instant::now() + REST);
    }

    fn rests_until(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.rests_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
