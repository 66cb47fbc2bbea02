//! One transaction of the writer: jobs in, answers out after the commit.

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::super::{Amendment, Kept, Posted, StoreError};
use super::append::{self, Memory};
use super::file::Whereabouts;
use super::fold;
use super::writer::Seen;

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
        /// The same as they are to stand in the journal, unless they come in bulk.
        line: Option<String>,
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
    /// Any other change. It finds all that was stored before it as rows.
    Change(Change),
    /// Write as rows what is not yet.
    Fold {
        /// Who waits for it.
        reply: Reply<()>,
    },
    /// Nothing more; what is queued before it is still done.
    Close,
}

impl Job {
    /// What is to be appended, if that does not come in bulk.
    fn posted(&self) -> Option<&[Posted]> {
        match self {
            Job::Append { batch, line: Some(_), .. } => Some(batch),
            _ => None,
        }
    }

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

/// Does all jobs in one transaction and tells everybody how it went. What waits to be written as
/// rows comes first: those answered last send more meanwhile, which can still join.
pub(super) fn commit(
    connection: &mut Connection,
    memory: &mut Memory,
    jobs: impl Iterator<Item = Job>,
    whereabouts: &Whereabouts,
    seen: &Seen,
) {
    let mut waiting: Vec<Acknowledge> = Vec::new();
    let result = transact(connection, memory, jobs, whereabouts, &mut waiting);
    let result = result.map_err(StoreError::from);
    match &result {
        Ok(()) => seen.ended(Some(memory.waiting())),
        Err(error) => {
            // What was told apart in memory may not have been stored.
            memory.forget();
            seen.ended(None);
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
    jobs: impl Iterator<Item = Job>,
    whereabouts: &Whereabouts,
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
    if let Some(transaction) = &transaction {
        failure =
            append::begin(memory, transaction).and_then(|()| append::catch_up(memory, transaction));
    }
    // No more may join from here on: who sent the first of them waits.
    let jobs = jobs.collect::<Vec<_>>();
    if let Some(transaction) = transaction.as_ref().filter(|_| failure.is_ok()) {
        let batch = jobs.iter().filter_map(Job::posted).flatten();
        failure = append::look_ahead(memory, transaction, batch);
    }
    for job in jobs {
        // After a failure nothing more is tried, but everybody has to be told.
        let transaction = transaction.as_ref().filter(|_| failure.is_ok());
        if let Err(error) = perform(transaction, memory, job, waiting) {
            failure = Err(error);
        }
    }
    failure?;
    let Some(transaction) = transaction else { return Ok(()) };
    append::end(memory, &transaction)?;
    whereabouts.expect_file()?;
    transaction.commit()
}

fn perform(
    transaction: Option<&Transaction>,
    memory: &mut Memory,
    job: Job,
    waiting: &mut Vec<Acknowledge>,
) -> rusqlite::Result<()> {
    match job {
        Job::Append { batch, line, reply } => {
            let keep = |transaction| append::keep(memory, transaction, batch, line);
            wait(transaction.map_or(Ok(Vec::new()), keep).map(Ok), reply, waiting)
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
            let folded = transaction.map_or(Ok(()), |t| fold::all(memory, t));
            let transaction = transaction.filter(|_| folded.is_ok());
            // A change that fails has told its sender; the others of the batch go on without it.
            waiting.extend(match transaction {
                Some(transaction) => within_savepoint(transaction, change)?,
                None => change(None),
            });
            memory.forget_stored();
            folded
        }
        Job::Fold { reply } => {
            let folded = transaction.map_or(Ok(()), |t| fold::all(memory, t));
            wait(folded.map(Ok), reply, waiting)
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
