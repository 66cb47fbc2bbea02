//! The one task that writes responses: it drains what waits, does it in one transaction, commits,
//! and only then answers. What was cut off by a lost connection or overtaken by another collector is
//! done again: a response that was stored all the same is then known, and counts once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_postgres::{Client, Pool, Transaction};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_postgres::IsolationLevel;

use super::super::activity::{Activity, Commits};
use super::super::ingest::{Ingest, RowKey, key_of};
use super::super::{Amendment, Kept, Posted, StoreError};
use super::append;
use super::trouble::Trouble;

/// Requests that may wait for the writer; beyond that the sender is told to come back.
const QUEUE_MAX: usize = 4_096;
/// Requests done in one transaction.
const BATCH_MAX: usize = 512;
/// For how long a batch is tried before its senders are told to come back.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest time for one attempt; a server that is silent for longer counts as lost.
const ATTEMPT_MAX: Duration = Duration::from_secs(15);
/// Pause before a lost server is tried again.
const PAUSE: Duration = Duration::from_millis(100);

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// Work for the writer.
pub(super) enum Job {
    /// Store responses.
    Append {
        /// The responses.
        batch: Vec<Posted>,
        /// Who waits for it.
        reply: Reply<Vec<Kept>>,
    },
    /// Change what was made of a response.
    Amend {
        /// Site and id.
        key: RowKey,
        /// The change.
        amendment: Amendment,
        /// Who waits to hear whether there is such a response.
        reply: Reply<bool>,
    },
    /// Delete responses.
    Erase {
        /// Site and id of each.
        keys: Vec<RowKey>,
        /// Who waits to hear how many there were.
        reply: Reply<usize>,
    },
    /// Nothing more; what is queued before it is still done.
    Close,
}

/// What a job came to.
enum Done {
    Append(Vec<Kept>),
    Amend(bool),
    Erase(usize),
    Nothing,
    /// Nothing either: what it is about cannot be gone on with, for this reason.
    Damaged(String),
}

impl Job {
    /// The responses that it is about.
    fn keys(&self) -> Vec<RowKey> {
        match self {
            Job::Append { batch, .. } => batch.iter().map(|it| key_of(&it.response)).collect(),
            Job::Amend { key, .. } => vec![key.clone()],
            Job::Erase { keys, .. } => keys.clone(),
            Job::Close => Vec::new(),
        }
    }

    /// Those of them that it changes whole or not at all.
    fn changed(&self) -> impl Iterator<Item = &RowKey> {
        let (one, more) = match self {
            Job::Amend { key, .. } => (Some(key), &[][..]),
            Job::Erase { keys, .. } => (None, keys.as_slice()),
            Job::Append { .. } | Job::Close => (None, &[][..]),
        };
        one.into_iter().chain(more)
    }

    fn posted(&self) -> &[Posted] {
        if let Job::Append { batch, .. } = self { batch } else { &[] }
    }

    /// Decides what it comes to, once everything about it is learned.
    fn decide(&self, ingest: &mut Ingest) -> Done {
        if let Some(reason) = self.changed().find_map(|key| ingest.damage(key)) {
            return Done::Damaged(reason.clone());
        }
        match self {
            Job::Append { batch, .. } => {
                Done::Append(batch.iter().map(|posted| ingest.append(posted)).collect())
            }
            Job::Amend { key, amendment, .. } => Done::Amend(ingest.amend(key, amendment)),
            Job::Erase { keys, .. } => {
                Done::Erase(keys.iter().filter(|key| ingest.erase(key)).count())
            }
            Job::Close => Done::Nothing,
        }
    }

    /// Tells who waits. Nobody may be waiting any more; the work is done all the same.
    fn acknowledge(self, done: Result<Done, StoreError>) {
        let done = match done {
            Ok(Done::Damaged(reason)) => Err(StoreError::Damaged(reason)),
            done => done,
        };
        match (self, done) {
            (Job::Append { reply, .. }, Ok(Done::Append(kept))) => drop(reply.send(Ok(kept))),
            (Job::Amend { reply, .. }, Ok(Done::Amend(found))) => drop(reply.send(Ok(found))),
            (Job::Erase { reply, .. }, Ok(Done::Erase(erased))) => drop(reply.send(Ok(erased))),
            (Job::Erase { reply, .. }, Err(error)) => drop(reply.send(Err(error))),
            (Job::Append { reply, .. }, Err(error)) => drop(reply.send(Err(error))),
            (Job::Amend { reply, .. }, Err(error)) => drop(reply.send(Err(error))),
            _ => {}
        }
    }
}

/// The sending end of the writer's queue.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Job>,
    commits: Commits,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Writer {
    /// Starts the task, which writes through connections of a pool.
    pub(super) fn start(pool: Pool) -> Writer {
        let (queue, jobs) = mpsc::channel(QUEUE_MAX);
        let commits = Commits::default();
        let counted = commits.clone();
        let hand = Hand { pool, client: None, ingest: Ingest::default(), commits: counted };
        let task = tokio::spawn(hand.run(jobs));
        Writer { queue, commits, task: Arc::new(Mutex::new(Some(task))) }
    }

    /// How busy it is.
    pub(super) fn activity(&self) -> Activity {
        self.commits.activity(self.queue.max_capacity() - self.queue.capacity())
    }

    /// Queues work.
    pub(super) fn send(&self, job: Job) -> Result<(), StoreError> {
        self.queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })
    }

    /// Lets the task finish what is queued and waits for it.
    pub(super) async fn close(self) {
        let _ = self.queue.send(Job::Close).await;
        if let Some(task) = self.task.lock().await.take() {
            let _ = task.await;
        }
    }
}

/// What writes: one connection, kept as long as it is good, and the working memory.
struct Hand {
    pool: Pool,
    client: Option<Client>,
    ingest: Ingest,
    commits: Commits,
}

impl Hand {
    async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut batch = Vec::new();
        while jobs.recv_many(&mut batch, BATCH_MAX).await > 0 {
            let last = batch.iter().any(|job| matches!(job, Job::Close));
            self.settle(std::mem::take(&mut batch)).await;
            if last {
                return;
            }
        }
    }

    /// Does a batch and tells everybody how it went. When the database refuses something in it, its
    /// jobs are done one by one, so that the one it is in keeps out no other.
    async fn settle(&mut self, jobs: Vec<Job>) {
        match self.insist(&jobs).await {
            Ok(done) => {
                for (job, done) in jobs.into_iter().zip(done) {
                    job.acknowledge(Ok(done));
                }
            }
            Err(Trouble::Damaged(error)) if jobs.len() > 1 => {
                tracing::error!(error, "a batch of {} is written one by one", jobs.len());
                for job in jobs {
                    let done = self.insist(std::slice::from_ref(&job)).await;
                    let one = done.map(|mut done| done.pop().unwrap_or(Done::Nothing));
                    job.acknowledge(one.map_err(StoreError::from));
                }
            }
            Err(trouble) => {
                let error = StoreError::from(trouble);
                tracing::error!(%error, "a batch of {} could not be written", jobs.len());
                jobs.into_iter().for_each(|job| job.acknowledge(Err(error.clone())));
            }
        }
    }

    /// Tries until it is done, the database refuses it, or patience ends.
    async fn insist(&mut self, jobs: &[Job]) -> Result<Vec<Done>, Trouble> {
        let start = Instant::now();
        let mut lost = false;
        loop {
            let attempt = tokio::time::timeout(ATTEMPT_MAX, self.attempt(jobs)).await;
            let trouble = match attempt {
                Ok(Ok(done)) => {
                    self.commits.count();
                    return Ok(done);
                }
                Ok(Err(trouble)) => trouble,
                Err(_) => Trouble::Lost("it did not answer in time".to_owned()),
            };
            // What was told apart in memory may not have been stored.
            self.ingest.forget();
            match &trouble {
                Trouble::Damaged(_) => return Err(trouble),
                Trouble::Broken(_) => {
                    drop(self.client.take().map(Client::take));
                    return Err(trouble);
                }
                _ if start.elapsed() >= PATIENCE => return Err(trouble),
                Trouble::Overtaken => {}
                Trouble::Lost(reason) => {
                    if !lost {
                        tracing::warn!(reason, "the database is lost: trying again");
                        lost = true;
                    }
                    // Half a transaction may still be open on it.
                    drop(self.client.take().map(Client::take));
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    async fn attempt(&mut self, jobs: &[Job]) -> Result<Vec<Done>, Trouble> {
        if self.client.is_none() {
            self.client = Some(self.pool.get().await?);
        }
        let Some(client) = &mut self.client else { return Ok(Vec::new()) };
        let transaction = begin(client).await?;
        let done = perform(&mut self.ingest, &transaction, jobs).await?;
        transaction.commit().await?;
        Ok(done)
    }
}

/// Begins a transaction in which every statement sees what was committed before it.
pub(super) async fn begin(client: &mut Client) -> Result<Transaction<'_>, tokio_postgres::Error> {
    client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start().await
}

async fn perform(
    ingest: &mut Ingest,
    transaction: &Transaction<'_>,
    jobs: &[Job],
) -> Result<Vec<Done>, Trouble> {
    append::learn(ingest, transaction, jobs.iter().flat_map(Job::keys)).await?;
    let responses = jobs.iter().flat_map(Job::posted).map(|posted| &posted.response);
    append::learn_buckets(ingest, transaction, responses).await?;
    let done = jobs.iter().map(|job| job.decide(ingest)).collect();
    append::write(ingest, transaction).await?;
    Ok(done)
}
