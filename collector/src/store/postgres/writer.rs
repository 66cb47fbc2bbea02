//! The threads that write responses: one drains what waits, puts it into the journal, and only then
//! answers. No timer is needed for that: while one batch is being committed, the next one gathers.
//! Whoever posts waits for this thread, so it has nothing else to do when the server has answered.
//! The other does in transactions of their own what the journal does not settle: changes and
//! erasures, imports, and posts that are refused. So nobody who posts waits for those.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Client;
use futures_util::future::try_join;
use tokio::sync::mpsc;

use super::super::StoreError;
use super::super::activity::{Activity, Commits};
use super::super::ingest::Ingest;
use super::connect::Target;
use super::fold::Folder;
use super::hand::{Hand, Work};
use super::job::{Done, Job};
use super::look::Looks;
use super::round::Round;
use super::thread::Thread;
use super::trouble::Trouble;
use super::unfolded::{Found, Unfolded};
use super::{append, sql};

/// Requests that may wait for the writer; beyond that the sender is told to come back.
const QUEUE_MAX: usize = 4_096;
/// Requests done at once.
const BATCH_MAX: usize = 512;
/// For how long a batch is tried before its senders are told to come back.
const PATIENCE: Duration = Duration::from_secs(10);

/// The sending end of the writer's queue.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Job>,
    /// What the journal does not settle. The thread that does it ends when nobody can add to it.
    others: mpsc::WeakSender<Job>,
    commits: Commits,
    scribe: Thread,
    clerk: Thread,
    folder: Folder,
}

impl Writer {
    /// Starts the threads that write and fold, each with a connection of its own: what drives one
    /// of others' pool would end with the thread.
    pub(super) fn start(target: &Target) -> Writer {
        let (queue, jobs) = mpsc::channel(QUEUE_MAX);
        let (others, left) = mpsc::channel(QUEUE_MAX);
        let (unfolded, commits) = (Arc::new(Unfolded::new()), Commits::default());
        let folder = Folder::start(target, unfolded.clone(), commits.clone());
        let hand = Hand::new(&target.pool(1), PATIENCE);
        let clerk = Clerk { hand, folder: folder.clone(), commits: commits.clone() };
        let clerk = Thread::start("clerk", move || clerk.run(left));
        let waiting = others.downgrade();
        let scribe = Scribe {
            hand: Hand::for_plain_work(&target.pool(1), PATIENCE),
            looks: Looks::default(),
            unfolded,
            commits: commits.clone(),
            others,
        };
        let scribe = Thread::start("scribe", move || scribe.run(jobs));
        Writer { queue, others: waiting, commits, scribe, clerk, folder }
    }

    /// What folds the journal.
    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// How busy it is.
    pub(super) fn activity(&self) -> Activity {
        let others = self.others.upgrade();
        let queues = [Some(&self.queue), others.as_ref()].into_iter().flatten();
        self.commits.activity(queues.map(|it| it.max_capacity() - it.capacity()).sum())
    }

    /// Queues work.
    pub(super) fn send(&self, job: Job) -> Result<(), StoreError> {
        self.queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })
    }

    /// Lets them finish what is queued and waits for them.
    pub(super) async fn close(self) {
        let _ = self.queue.send(Job::Close).await;
        self.scribe.end().await;
        self.clerk.end().await;
        self.folder.close().await;
    }
}

/// What writes into the journal.
struct Scribe {
    hand: Hand,
    looks: Looks,
    unfolded: Arc<Unfolded>,
    commits: Commits,
    /// What the journal does not settle goes there.
    others: mpsc::Sender<Job>,
}

impl Scribe {
    async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut batch = Vec::new();
        loop {
            self.unfolded.has_room().await;
            if jobs.recv_many(&mut batch, BATCH_MAX).await == 0 {
                return;
            }
            if batch.iter().any(|job| matches!(job, Job::Close)) {
                // What is behind it is still done, and then nothing more comes.
                jobs.close();
            }
            self.settle(std::mem::take(&mut batch)).await;
        }
    }

    /// Does by way of the journal what can be, and hands on all else.
    async fn settle(&mut self, jobs: Vec<Job>) {
        let (round, mut others) = Round::of(jobs, &self.unfolded);
        if !round.is_empty() {
            others.extend(self.journal(round).await);
        }
        for job in others {
            if let Err(refused) = self.others.try_send(job) {
                refused.into_inner().acknowledge(Err(StoreError::Busy));
            }
        }
    }

    /// Writes posts into the journal; hands back what is not settled by that.
    async fn journal(&mut self, round: Round) -> Vec<Job> {
        let Scribe { looks, unfolded, .. } = self;
        let journal = Journal { round: &round, writer: unfolded.writer(), looks };
        let written = self.hand.insist(&journal).await;
        match written {
            Ok(found) => {
                self.commits.count();
                round.acknowledge(&found, &self.unfolded)
            }
            // One of them is at fault, and which is found out when they are done as a whole.
            Err(Trouble::Damaged(_)) => round.into_jobs(),
            Err(trouble) => {
                refuse(round.into_jobs(), &trouble.into());
                Vec::new()
            }
        }
    }
}

/// What does everything else.
struct Clerk {
    hand: Hand,
    folder: Folder,
    commits: Commits,
}

impl Clerk {
    async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut batch = Vec::new();
        while jobs.recv_many(&mut batch, BATCH_MAX).await > 0 {
            self.settle(std::mem::take(&mut batch)).await;
        }
    }

    /// Does jobs in one transaction, with nothing about them left in the journal. When the database
    /// refuses something in it, they are done one by one, so that the one it is in keeps out no
    /// other.
    async fn settle(&mut self, jobs: Vec<Job>) {
        match self.insist(&jobs).await {
            Ok(done) => {
                for (job, done) in jobs.into_iter().zip(done) {
                    job.acknowledge(Ok(done));
                }
            }
            Err(StoreError::Damaged(error)) if jobs.len() > 1 => {
                tracing::error!(error, "a batch of {} is written one by one", jobs.len());
                for job in jobs {
                    let done = self.insist(std::slice::from_ref(&job)).await;
                    let one = done.map(|mut done| done.pop().unwrap_or(Done::Nothing));
                    job.acknowledge(one);
                }
            }
            Err(error) => refuse(jobs, &error),
        }
    }

    async fn insist(&mut self, jobs: &[Job]) -> Result<Vec<Done>, StoreError> {
        let sites: BTreeSet<String> =
            jobs.iter().flat_map(Job::keys).map(|(site, _)| site).collect();
        for site in &sites {
            self.folder.fold(site).await?;
        }
        let done = self.hand.insist(&Whole(jobs)).await?;
        self.commits.count();
        Ok(done)
    }
}

/// Tells those who wait that nothing could be done, and why.
fn refuse(jobs: Vec<Job>, error: &StoreError) {
    tracing::error!(%error, "a batch of {} could not be written", jobs.len());
    jobs.into_iter().for_each(|job| job.acknowledge(Err(error.clone())));
}

/// A round on its way into the journal.
struct Journal<'a> {
    round: &'a Round,
    writer: &'a str,
    looks: &'a Looks,
}

impl Work for Journal<'_> {
    type Done = Vec<Found>;

    async fn attempt(&self, _: &mut Ingest, client: &Client) -> Result<Vec<Found>, Trouble> {
        self.round.write(client, self.writer, self.looks).await
    }
}

/// Jobs that are done in one transaction. Its begin travels with the first questions and its end
/// with the last statements: what takes time is the way there and back, not what is carried.
struct Whole<'a>(&'a [Job]);

impl Work for Whole<'_> {
    type Done = Vec<Done>;

    async fn attempt(&self, ingest: &mut Ingest, client: &Client) -> Result<Vec<Done>, Trouble> {
        let say = async |statement| Ok::<_, Trouble>(client.batch_execute(statement).await?);
        let keys = self.0.iter().flat_map(Job::keys);
        try_join(say(sql::BEGIN), append::learn(ingest, client, keys)).await?;
        let done = self.0.iter().map(|job| job.decide(ingest)).collect();
        append::learn_buckets(ingest, client).await?;
        append::write(ingest, client, say(sql::COMMIT)).await?;
        Ok(done)
    }
}
