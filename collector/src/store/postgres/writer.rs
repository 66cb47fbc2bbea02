//! The tasks that write responses: one drains what waits, does it in one transaction, commits, and
//! only then answers; meanwhile the other does the same with what came since. What was cut off by a
//! lost connection or overtaken by another collector is done again: a response that was stored all
//! the same is then known, and counts once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_postgres::{Client, Pool, Transaction};
use futures_util::future::try_join;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_postgres::IsolationLevel;

use super::super::activity::{Activity, Commits};
use super::super::ingest::{Ingest, RowKey, key_of};
use super::super::{Amendment, Kept, Posted, StoreError};
use super::trouble::Trouble;
use super::{append, sql};

/// Requests that may wait for the writer; beyond that the sender is told to come back.
const QUEUE_MAX: usize = 4_096;
/// How many write at the same time, as if each were a collector of its own.
const HANDS: usize = 2;
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

    /// Decides what it comes to, once everything about it is learned.
    fn decide(&self, ingest: &mut Ingest) -> Done {
        if let Some(reason) = self.changed().find_map(|key| ingest.damage(key)) {
            return Done::Damaged(reason.clone());
        }
        match self {
            Job::Append { batch, .. } => {
                Done::Append(batch.iter().cloned().map(|posted| ingest.append(posted)).collect())
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
    tasks: Arc<Mutex<JoinSet<()>>>,
}

impl Writer {
    /// Starts the tasks, which write through connections of a pool.
    pub(super) fn start(pool: &Pool) -> Writer {
        let (queue, jobs) = mpsc::channel(QUEUE_MAX);
        let (jobs, commits) = (Arc::new(Mutex::new(jobs)), Commits::default());
        let hand = || Hand {
            pool: pool.clone(),
            client: None,
            ingest: Ingest::default(),
            commits: commits.clone(),
        };
        let tasks = (0..HANDS).map(|_| hand().run(jobs.clone())).collect();
        Writer { queue, commits, tasks: Arc::new(Mutex::new(tasks)) }
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

    /// Lets the tasks finish what is queued and waits for them.
    pub(super) async fn close(self) {
        let _ = self.queue.send(Job::Close).await;
        while self.tasks.lock().await.join_next().await.is_some() {}
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
    async fn run(mut self, jobs: Arc<Mutex<mpsc::Receiver<Job>>>) {
        let mut batch = Vec::new();
        loop {
            let mut queue = jobs.lock().await;
            if queue.recv_many(&mut batch, BATCH_MAX).await == 0 {
                return;
            }
            if batch.iter().any(|job| matches!(job, Job::Close)) {
                // What is behind it is still done, and then nothing more comes.
                queue.close();
            }
            drop(queue);
            self.settle(std::mem::take(&mut batch)).await;
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
            self.end_badly(&trouble).await;
            match &trouble {
                Trouble::Damaged(_) | Trouble::Broken(_) => return Err(trouble),
                _ if start.elapsed() >= PATIENCE => return Err(trouble),
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

    async fn attempt(&mut self, jobs: &[Job]) -> Result<Vec<Done>, Trouble> {
        if self.client.is_none() {
            let client = self.pool.get().await?;
            client.batch_execute(sql::PLAN_ANEW).await?;
            self.client = Some(client);
        }
        let Some(client) = &self.client else { return Ok(Vec::new()) };
        perform(&mut self.ingest, client, jobs).await
    }
}

/// Begins a transaction in which every statement sees what was committed before it.
pub(super) async fn begin(client: &mut Client) -> Result<Transaction<'_>, tokio_postgres::Error> {
    client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start().await
}

/// Does jobs in one transaction. Its begin travels with the first questions and its end with the
/// last statements: what takes time is the way there and back, not what is carried.
async fn perform(ingest: &mut Ingest, client: &Client, jobs: &[Job]) -> Result<Vec<Done>, Trouble> {
    let say = async |statement| Ok::<_, Trouble>(client.batch_execute(statement).await?);
    let keys = jobs.iter().flat_map(Job::keys);
    try_join(say(sql::BEGIN), append::learn(ingest, client, keys)).await?;
    let done = jobs.iter().map(|job| job.decide(ingest)).collect();
    append::learn_buckets(ingest, client).await?;
    append::write(ingest, client, say(sql::COMMIT)).await?;
    Ok(done)
}
