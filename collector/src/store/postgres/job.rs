//! What the writer is given to do.

use tokio::sync::oneshot;

use super::super::ingest::{Ingest, RowKey, key_of};
use super::super::{Amendment, Kept, Posted, StoreError};

/// Who waits for something.
pub(super) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// Work for the writer.
pub(super) enum Job {
    /// Store responses.
    Append {
        /// The responses.
        batch: Vec<Posted>,
        /// The same as they are to stand in the journal, if they may go through it.
        line: Option<String>,
        /// What became of those that are stored already.
        stored: Vec<Option<Kept>>,
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
pub(super) enum Done {
    Append(Vec<Kept>),
    Amend(bool),
    Erase(usize),
    Nothing,
    /// Nothing either: what it is about cannot be gone on with, for this reason.
    Damaged(String),
}

impl Job {
    /// The responses that it is about.
    pub(super) fn keys(&self) -> Vec<RowKey> {
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
    pub(super) fn decide(&self, ingest: &mut Ingest) -> Done {
        if let Some(reason) = self.changed().find_map(|key| ingest.damage(key)) {
            return Done::Damaged(reason.clone());
        }
        match self {
            Job::Append { batch, stored, .. } => {
                let stored = stored.iter().cloned().chain(std::iter::repeat(None));
                let all = batch.iter().zip(stored);
                let append = |(posted, stored): (&Posted, Option<Kept>)| {
                    stored
                        .unwrap_or_else(|| ingest.append(key_of(&posted.response), posted.clone()))
                };
                Done::Append(all.map(append).collect())
            }
            Job::Amend { key, amendment, .. } => Done::Amend(ingest.amend(key, amendment)),
            Job::Erase { keys, .. } => {
                Done::Erase(keys.iter().filter(|key| ingest.erase(key)).count())
            }
            Job::Close => Done::Nothing,
        }
    }

    /// Tells who waits. Nobody may be waiting any more; the work is done all the same.
    pub(super) fn acknowledge(self, done: Result<Done, StoreError>) {
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
