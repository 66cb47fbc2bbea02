//! The one thread that writes: it drains what waits, does it in one transaction, commits, and only
//! then answers. No timer is needed: while one batch is being committed, the next one gathers.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::super::activity::{Activity, Commits};
use super::super::{Amendment, Kept, Posted, StoreError};
use super::append::{self, Memory};
use super::checkpoints::Checkpoints;
use super::lock::Lock;

/// Requests that may wait for the writer; beyond that the sender is told to come back.
const QUEUE_MAX: usize = 4_096;
/// Requests done in one transaction.
const BATCH_MAX: usize = 512;

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;
/// Something that happens after the commit, or after it failed.
type Acknowledge = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// A change that says how to acknowledge it; `None` when it failed and has said so. Without a
/// transaction nothing is done.
type Change = Box<dyn FnOnce(Option<&Transaction>) -> Option<Acknowledge> + Send>;

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
        /// The site's key.
        site: String,
        /// The response's id.
        id: String,
        /// The change.
        amendment: Amendment,
        /// Who waits to hear whether there is such a response.
        reply: Reply<bool>,
    },
    /// Delete responses.
    Erase {
        /// The site's key.
        site: String,
        /// Their ids.
        ids: Vec<String>,
        /// Who waits to hear how many there were.
        reply: Reply<usize>,
    },
    /// Any other change.
    Change(Change),
    /// Nothing more; what is queued before it is still done.
    Close,
}

impl Job {
    /// A change whose result is sent to `reply` after the commit.
    pub(super) fn change<T: Send + 'static>(
        change: impl FnOnce(&Transaction) -> rusqlite::Result<T> + Send + 'static,
        reply: Reply<T>,
    ) -> Job {
        // Nobody may be waiting any more; the work is done all the same.
        let tell = |result| drop(reply.send(result));
        Job::Change(Box::new(move |transaction| match transaction.map(change) {
            Some(Ok(done)) => Some(Box::new(move |result: Result<(), StoreError>| {
                tell(result.map(|()| done));
            }) as Acknowledge),
            Some(Err(error)) => {
                tell(Err(error.into()));
                None
            }
            None => Some(Box::new(move |result| {
                let _ = result.map_err(|error| tell(Err(error)));
            })),
        }))
    }
}

/// The sending end of the writer's queue.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Job>,
    commits: Commits,
    thread: Arc<std::sync::Mutex<Option<JoinHandle<()>>>>,
}

impl Writer {
    /// Starts the thread, which owns the connection and the right to write.
    pub(super) fn start(connection: Connection, lock: Lock) -> Writer {
        let (queue, jobs) = mpsc::channel(QUEUE_MAX);
        let commits = Commits::default();
        let counted = commits.clone();
        let run = move || {
            run(connection, jobs, &counted);
            drop(lock);
        };
        let thread = std::thread::Builder::new().name("writer".to_owned()).spawn(run).ok();
        Writer { queue, commits, thread: Arc::new(std::sync::Mutex::new(thread)) }
    }

    /// How busy it is.
    pub(super) fn activity(&self) -> Activity {
        self.commits.activity(self.queue.max_capacity() - self.queue.capacity())
    }

    /// No writer: whatever is sent to it comes back as closed.
    pub(super) fn none() -> Writer {
        Writer { queue: mpsc::channel(1).0, commits: Commits::default(), thread: Arc::default() }
    }

    /// Queues work.
    pub(super) fn send(&self, job: Job) -> Result<(), StoreError> {
        self.queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })
    }

    /// Lets the thread finish what is queued and waits for it.
    pub(super) async fn close(self) {
        let _ = self.queue.send(Job::Close).await;
        let thread = self.thread.lock().ok().and_then(|mut thread| thread.take());
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

fn run(mut connection: Connection, mut jobs: mpsc::Receiver<Job>, commits: &Commits) {
    let mut memory = Memory::default();
    let checkpoints = connection.path().map(|path| Checkpoints::start(Path::new(path)));
    // Without that thread this one copies the log, which only takes longer.
    let checkpoints = checkpoints.and_then(Result::ok);
    // One that was cut off when the last writer ended goes on.
    let mut rebuilding = true;
    while let Some(batch) = gather(&mut jobs, rebuilding) {
        let last = batch.iter().any(|job| matches!(job, Job::Close));
        let changed = batch.iter().any(|job| matches!(job, Job::Change(_)));
        if !batch.is_empty() {
            commit(&mut connection, &mut memory, batch, commits);
            checkpoints.iter().for_each(Checkpoints::committed);
        }
        if last {
            return;
        }
        // Whatever waits is done between two steps, so that nobody waits for the whole.
        rebuilding = (rebuilding || changed) && rebuild(&mut connection, &mut memory);
    }
}

/// All that waits, at most [`BATCH_MAX`]; `None` when no more can come. Waits for the first,
/// unless there is something else to do.
fn gather(jobs: &mut mpsc::Receiver<Job>, busy: bool) -> Option<Vec<Job>> {
    let mut batch = Vec::new();
    if !busy {
        batch.push(jobs.blocking_recv()?);
    }
    while batch.len() < BATCH_MAX {
        match jobs.try_recv() {
            Ok(next) => batch.push(next),
            Err(mpsc::error::TryRecvError::Disconnected) if batch.is_empty() => return None,
            Err(_) => break,
        }
    }
    Some(batch)
}

/// Goes on with a rebuild, in a transaction of its own; tells whether there is more to do.
fn rebuild(connection: &mut Connection, memory: &mut Memory) -> bool {
    let step = connection.transaction_with_behavior(TransactionBehavior::Immediate).and_then(|t| {
        let more = append::rebuild(memory, &t)?;
        t.commit().map(|()| more)
    });
    step.unwrap_or_else(|error| {
        memory.forget();
        tracing::error!(%error, "a rebuild of tallies stopped; it goes on after the next change or start");
        false
    })
}

/// Does all jobs in one transaction and tells everybody how it went.
fn commit(connection: &mut Connection, memory: &mut Memory, jobs: Vec<Job>, commits: &Commits) {
    let mut waiting: Vec<Acknowledge> = Vec::with_capacity(jobs.len());
    let result = transact(connection, memory, jobs, &mut waiting).map_err(StoreError::from);
    match &result {
        Ok(()) => commits.count(),
        Err(error) => {
            // What was told apart in memory may not have been stored.
            memory.forget();
            tracing::error!(%error, "a batch of {} could not be written", waiting.len());
        }
    }
    for acknowledge in waiting {
        acknowledge(result.clone());
    }
}

fn transact(
    connection: &mut Connection,
    memory: &mut Memory,
    jobs: Vec<Job>,
    waiting: &mut Vec<Acknowledge>,
) -> rusqlite::Result<()> {
    let mut failure = Ok(());
    let transaction = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => Some(transaction),
        Err(error) => {
            failure = Err(error);
            None
        }
    };
    for job in jobs {
        // After a failure nothing more is tried, but everybody has to be told.
        let transaction = transaction.as_ref().filter(|_| failure.is_ok());
        if let Err(error) = perform(transaction, memory, job, waiting) {
            failure = Err(error);
        }
    }
    failure?;
    let Some(transaction) = transaction else { return Ok(()) };
    append::fold(memory, &transaction)?;
    transaction.commit()
}

fn perform(
    transaction: Option<&Transaction>,
    memory: &mut Memory,
    job: Job,
    waiting: &mut Vec<Acknowledge>,
) -> rusqlite::Result<()> {
    match job {
        Job::Append { batch, reply } => {
            let kept = transaction.map_or(Ok(Vec::new()), |t| append::append(memory, t, batch));
            wait(kept.map(Ok), reply, waiting)
        }
        Job::Amend { site, id, amendment, reply } => {
            let key = (site, id);
            let found =
                transaction.map_or(Ok(Ok(false)), |t| append::amend(memory, t, &key, &amendment));
            wait(found, reply, waiting)
        }
        Job::Erase { site, ids, reply } => {
            let erased = transaction.map_or(Ok(Ok(0)), |t| append::erase(memory, t, &site, &ids));
            wait(erased, reply, waiting)
        }
        Job::Change(change) => {
            if let Some(transaction) = transaction {
                append::fold(memory, transaction)?;
            }
            // A change that fails has told its sender; the others of the batch go on without it.
            waiting.extend(match transaction {
                Some(transaction) => within_savepoint(transaction, change)?,
                None => change(None),
            });
            memory.forget_stored();
            Ok(())
        }
        Job::Close => Ok(()),
    }
}

/// Has the result told after the commit; an error of the database ends the batch.
fn wait<T: Default + Send + 'static>(
    result: rusqlite::Result<Result<T, StoreError>>,
    reply: Reply<T>,
    waiting: &mut Vec<Acknowledge>,
) -> rusqlite::Result<()> {
    let (done, result) = match result {
        Ok(Ok(done)) => (done, Ok(())),
        // Nothing was changed for it: the others of the batch go on.
        Ok(Err(error)) => {
            let _ = reply.send(Err(error));
            return Ok(());
        }
        Err(error) => (T::default(), Err(error)),
    };
    waiting.push(Box::new(move |result| {
        // Nobody may be waiting any more; the work is done all the same.
        let _ = reply.send(result.map(|()| done));
    }));
    result
}

fn within_savepoint(
    transaction: &Transaction,
    change: Change,
) -> rusqlite::Result<Option<Acknowledge>> {
    transaction.execute_batch("SAVEPOINT change")?;
    let done = change(Some(transaction));
    let end = if done.is_some() { "RELEASE change" } else { "ROLLBACK TO change; RELEASE change" };
    // A failure of the disk has ended the whole transaction: nothing may go on as if it had not.
    transaction.execute_batch(end)?;
    Ok(done)
}
