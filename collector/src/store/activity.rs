//! How busy a store is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a writer has to do and has done.
#[derive(Debug, Clone, Copy)]
pub struct Activity {
    /// Requests that wait for it.
    pub waiting: usize,
    /// Transactions that it committed.
    pub commits: u64,
}

/// The transactions that a writer committed.
#[derive(Debug, Clone, Default)]
pub(super) struct Commits(Arc<AtomicU64>);

impl Commits {
    /// One more.
    pub(super) fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// So many until now, beside how many requests wait.
    pub(super) fn activity(&self, waiting: usize) -> Activity {
        Activity { waiting, commits: self.0.load(Ordering::Relaxed) }
    }
}
