//! The one thread that writes: it drains what waits, does it in one transaction, commits, and only
//! then answers. No timer is needed for that: while one batch is being committed, the next one
//! gathers. What was posted is durable as text at first; as rows it is written for many posts at
//! once, or as soon as somebody wants to read it.

use std::iter;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::super::StoreError;
use super::super::activity::{Activity, Commits};
use super::append::{self, Memory};
use super::batch::{self, Job};
use super::checkpoints::Checkpoints;
use super::file::Whereabouts;
use super::lock::Lock;

/// Requests that may wait for the writer; beyond that the sender is told to come back.
const QUEUE_MAX: usize = 4_096;
/// Requests done in one transaction.
const BATCH_MAX: usize = 512;
/// How long a post waits until it is written as a row when few come after it.
const FOLD_AFTER: Duration = Duration::from_millis(100);
/// The same when the last attempt failed.
const FOLD_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// The sending end of the writer's queue.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    queue: SyncSender<Job>,
    seen: Arc<Seen>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

/// What others see of the writer.
#[derive(Debug, Default)]
pub(super) struct Seen {
    commits: Commits,
    queued: AtomicUsize,
    /// Whether something acknowledged may not be written as a row yet.
    unwritten: AtomicBool,
}

impl Seen {
    /// A job was taken from the queue.
    fn taken(&self) {
        self.queued.fetch_sub(1, Ordering::Relaxed);
    }

    /// A transaction ended, with so many posts that wait to be written as rows, as far as is known.
    pub(super) fn ended(&self, waiting: Option<usize>) {
        if waiting.is_some() {
            self.commits.count();
        }
        self.unwritten.store(waiting != Some(0), Ordering::Release);
    }
}

impl Writer {
    /// Starts the thread, which owns the connection and the right to write.
    pub(super) fn start(connection: Connection, lock: Lock) -> Writer {
        let (queue, jobs) = sync_channel(QUEUE_MAX);
        let seen = Arc::new(Seen { unwritten: AtomicBool::new(true), ..Seen::default() });
        let hand = Hand {
            whereabouts: Whereabouts::of(&connection),
            connection,
            memory: Memory::default(),
            jobs,
            seen: seen.clone(),
            closes: false,
            rebuilds: true,
        };
        let run = move || {
            hand.run();
            drop(lock);
        };
        let thread = std::thread::Builder::new().name("writer".to_owned()).spawn(run).ok();
        Writer { queue, seen, thread: Arc::new(Mutex::new(thread)) }
    }

    /// How busy it is.
    pub(super) fn activity(&self) -> Activity {
        self.seen.commits.activity(self.seen.queued.load(Ordering::Relaxed))
    }

    /// No writer: whatever is sent to it comes back as closed.
    pub(super) fn none() -> Writer {
        Writer { queue: sync_channel(0).0, seen: Arc::default(), thread: Arc::default() }
    }

    /// Queues work.
    pub(super) fn send(&self, job: Job) -> Result<(), StoreError> {
        self.seen.queued.fetch_add(1, Ordering::Relaxed);
        self.queue.try_send(job).map_err(|error| {
            self.seen.taken();
            match error {
                TrySendError::Full(_) => StoreError::Busy,
                TrySendError::Disconnected(_) => StoreError::Closed,
            }
        })
    }

    /// Has all that was acknowledged written as rows. When that cannot be done now, who reads has
    /// to make do with what there is.
    pub(super) async fn fold(&self) {
        let (reply, folded) = oneshot::channel();
        let unwritten = self.seen.unwritten.load(Ordering::Acquire);
        if unwritten && self.send(Job::Fold { reply }).is_ok() {
            let _ = folded.await;
        }
    }

    /// Lets the thread finish what is queued and waits for it.
    pub(super) async fn close(self) {
        let thread = self.thread.lock().ok().and_then(|mut thread| thread.take());
        let end = move || {
            let _ = self.queue.send(Job::Close);
            thread.map(JoinHandle::join)
        };
        let _ = tokio::task::spawn_blocking(end).await;
    }
}

/// What the thread has.
struct Hand {
    connection: Connection,
    whereabouts: Whereabouts,
    memory: Memory,
    jobs: Receiver<Job>,
    seen: Arc<Seen>,
    /// Whether nothing more is to be done.
    closes: bool,
    /// Whether a rebuild may be under way.
    rebuilds: bool,
}

impl Hand {
    fn run(mut self) {
        let checkpoints = self.connection.path().map(|path| Checkpoints::start(Path::new(path)));
        // Without that thread this one copies the log, which only takes longer.
        let checkpoints = checkpoints.and_then(Result::ok);
        // What the last writer left is done first: a journal, a rebuild that was cut off.
        let mut fold_at = Some(Instant::now());
        loop {
            let settled = self.memory.settled();
            match self.first(if self.rebuilds { Some(Instant::now()) } else { fold_at }) {
                Ok(first) => self.commit(first),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.closes || fold_at.is_some_and(|at| at <= Instant::now()) {
                self.commit(Job::Fold { reply: oneshot::channel().0 });
            }
            checkpoints.iter().for_each(Checkpoints::committed);
            if self.closes {
                return;
            }
            // Whatever waits is done between two steps, so that nobody waits for the whole.
            self.rebuilds = self.rebuilds && self.rebuild();
            let is_quiet = self.memory.waiting() > 0 && self.memory.settled() == settled;
            fold_at = fold_at.filter(|_| is_quiet).or_else(|| self.fold_at());
        }
    }

    /// When what waits now has to be written as rows.
    fn fold_at(&self) -> Option<Instant> {
        match self.memory.waiting() {
            _ if self.memory.is_unsure() => Some(Instant::now() + FOLD_AGAIN_AFTER),
            0 => None,
            _ => Some(Instant::now() + FOLD_AFTER),
        }
    }

    /// The first job that comes until a time.
    fn first(&self, until: Option<Instant>) -> Result<Job, RecvTimeoutError> {
        let first = match until {
            Some(until) => self.jobs.recv_timeout(until.saturating_duration_since(Instant::now())),
            None => self.jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        first.inspect(|_| self.seen.taken())
    }

    /// Does a job, and with it others that wait, in one transaction.
    fn commit(&mut self, first: Job) {
        let Hand { connection, whereabouts, memory, jobs, seen, closes, rebuilds } = self;
        let others = jobs.try_iter().take(BATCH_MAX - 1).inspect(|_| seen.taken());
        let jobs = iter::once(first).chain(others).inspect(|job| {
            *closes |= matches!(job, Job::Close);
            *rebuilds |= matches!(job, Job::Change(_));
        });
        batch::commit(connection, memory, jobs, whereabouts, seen);
    }

    /// Goes on with a rebuild, in a transaction of its own; tells whether there is more to do.
    fn rebuild(&mut self) -> bool {
        let begun = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let step = begun.and_then(|transaction| {
            let more = append::rebuild(&mut self.memory, &transaction)?;
            transaction.commit().map(|()| more)
        });
        step.unwrap_or_else(|error| {
            self.memory.forget();
            tracing::error!(%error, "a rebuild of tallies stopped; it goes on after the next change or start");
            false
        })
    }
}
