//! A connection that work is done through, whatever becomes of the server meanwhile.

use std::time::{Duration, Instant};

use deadpool_postgres::{Client, Pool, Transaction};
use tokio_postgres::IsolationLevel;

use super::super::ingest::Ingest;
use super::sql;
use super::trouble::Trouble;

/// Longest time for one attempt; a server that is silent for longer counts as lost.
const ATTEMPT_MAX: Duration = Duration::from_secs(15);
/// Pause before a lost server is tried again.
const PAUSE: Duration = Duration::from_millis(100);

/// Something that is done whole or not at all.
pub(super) trait Work {
    /// What it comes to.
    type Done;

    /// Does it, if nothing stands in the way. What the memory learns meanwhile is good only if this
    /// succeeds.
    fn attempt(
        &self,
        ingest: &mut Ingest,
        client: &Client,
    ) -> impl Future<Output = Result<Self::Done, Trouble>> + Send;
}

/// One connection, kept as long as it is good, and the working memory.
pub(super) struct Hand {
    pool: Pool,
    /// For how long work is tried before those who wait for it are told to come back.
    patience: Duration,
    /// How its connection plans statements.
    plan: &'static str,
    client: Option<Client>,
    ingest: Ingest,
}

impl Hand {
    /// Takes its connection from a pool, and tries each work for so long.
    pub(super) fn new(pool: &Pool, patience: Duration) -> Hand {
        let (pool, ingest) = (pool.clone(), Ingest::default());
        Hand { pool, patience, plan: sql::PLAN_ANEW, client: None, ingest }
    }

    /// The same, for work whose statements leave the server no choice.
    pub(super) fn for_plain_work(pool: &Pool, patience: Duration) -> Hand {
        Hand { plan: sql::PLAN_ONCE, ..Hand::new(pool, patience) }
    }

    /// The connection.
    pub(super) async fn client(&mut self) -> Result<&Client, Trouble> {
        let client = match self.client.take().filter(|client| !client.is_closed()) {
            Some(client) => client,
            None => {
                let client = self.pool.get().await?;
                client.batch_execute(self.plan).await?;
                client
            }
        };
        Ok(self.client.insert(client))
    }

    /// Tries until it is done, the database refuses it, or patience ends. What was cut off or
    /// overtaken by another collector is done again, all of it.
    pub(super) async fn insist<W: Work>(&mut self, work: &W) -> Result<W::Done, Trouble> {
        let start = Instant::now();
        let mut lost = false;
        loop {
            let attempt = tokio::time::timeout(ATTEMPT_MAX, self.attempt(work)).await;
            let trouble = match attempt {
                Ok(Ok(done)) => return Ok(done),
                Ok(Err(trouble)) => trouble,
                Err(_) => Trouble::Lost("it did not answer in time".to_owned()),
            };
            // What was told apart in memory may not have been stored.
            self.ingest.forget();
            self.end_badly(&trouble).await;
            match &trouble {
                Trouble::Damaged(_) | Trouble::Broken(_) => return Err(trouble),
                _ if start.elapsed() >= self.patience => return Err(trouble),
                Trouble::Overtaken => {}
                Trouble::Lost(reason) => {
                    if !lost {
                        tracing::warn!(reason, "the database is lost: trying again");
                        lost = true;
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    async fn attempt<W: Work>(&mut self, work: &W) -> Result<W::Done, Trouble> {
        self.client().await?;
        let Hand { client, ingest, .. } = self;
        let client = client.as_ref().ok_or_else(|| Trouble::Lost("it is gone".to_owned()))?;
        work.attempt(ingest, client).await
    }

    /// Leaves nothing of a transaction that failed. The connection goes on only if that is sure.
    async fn end_badly(&mut self, trouble: &Trouble) {
        let Some(client) = self.client.take() else { return };
        if matches!(trouble, Trouble::Overtaken | Trouble::Damaged(_)) {
            let end = tokio::time::timeout(ATTEMPT_MAX, client.batch_execute(sql::ROLL_BACK));
            if matches!(end.await, Ok(Ok(()))) {
                self.client = Some(client);
                return;
            }
        }
        drop(Client::take(client));
    }
}

/// Begins a transaction in which every statement sees what was committed before it.
pub(super) async fn begin(client: &mut Client) -> Result<Transaction<'_>, tokio_postgres::Error> {
    client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start().await
}
