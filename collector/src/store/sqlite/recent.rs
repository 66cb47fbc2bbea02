//! Records written lately: the next post about a showing comes within seconds, and need not be
//! looked up. Only what one process alone writes can be remembered so.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::super::ingest::{Asked, RowKey, key_of};

/// Most records that are remembered, a few megabytes.
const RECENT_MAX: usize = 2_048;

/// Records written lately.
#[derive(Default)]
pub(super) struct Recent {
    records: HashMap<RowKey, Arc<Asked>, RandomState>,
    /// Their keys in the order in which they were first written; some may be gone.
    order: VecDeque<RowKey>,
}

impl Recent {
    /// The record with this key, which is forgotten.
    pub(super) fn take(&mut self, key: &RowKey) -> Option<Arc<Asked>> {
        self.records.remove(key)
    }

    /// Remembers a record, and forgets the oldest if they are too many.
    pub(super) fn put(&mut self, asked: Arc<Asked>) {
        let key = key_of(&asked.record.response);
        self.order.push_back(key.clone());
        self.records.insert(key, asked);
        while self.order.len() > RECENT_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.records.remove(&oldest);
        }
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        *self = Recent::default();
    }
}
