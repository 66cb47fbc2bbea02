//! Counting everything again: do the tallies say what the rows say?
//!
//! The rows are streamed through the same [`Changes::count`] that ingest uses; in memory are the
//! tallies of one survey at a time. What is read is one snapshot, so a collector may be writing.

use std::collections::HashMap;
use std::fmt;

use survey::Day;
use survey::tally::{Cells, EVERYBODY, STATES};

use super::changes::{Changes, Key};
use super::{OpenError, StoreError};

/// A counter that does not say what the rows say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The site's key.
    pub site: String,
    /// The survey's id.
    pub survey: String,
    /// The breakdown key, empty for everybody.
    pub key: String,
    /// Its bucket.
    pub bucket: String,
    /// The day.
    pub day: Day,
    /// A question's id, one of its options, or another series of [`survey::tally`].
    pub series: String,
    /// Which counter of the series.
    pub cell: usize,
    /// What is stored.
    pub stored: i64,
    /// What the rows come to.
    pub counted: i64,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { site, survey, key, bucket, day, series, cell, stored, counted } = self;
        let series = if series == STATES { "states" } else { series };
        write!(f, "{site}/{survey} {day} ")?;
        if key != EVERYBODY {
            write!(f, "{key}={bucket} ")?;
        }
        write!(f, "{series}[{cell}]: {stored} stored, {counted} counted")
    }
}

/// What counting again came to.
#[derive(Debug, Clone, Default)]
pub struct Verified {
    /// The rows that were counted.
    pub responses: u64,
    /// Every counter that differs.
    pub differences: Vec<Difference>,
}

/// Why nothing was verified. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Every counter of a survey's stored tallies that differs from what was counted.
pub(super) fn compare(
    stored: impl IntoIterator<Item = (Key, Cells)>,
    counted: &Changes,
) -> Vec<Difference> {
    let mut left: HashMap<Key, &Cells> = counted.rows().collect();
    let mut differences = Vec::new();
    for (key, cells) in stored {
        let counted = left.remove(&key).copied().unwrap_or_default();
        differ(&key, &cells, &counted, &mut differences);
    }
    for (key, counted) in left {
        differ(&key, &Cells::default(), counted, &mut differences);
    }
    differences.sort_by_cached_key(|it| (it.day, it.to_string()));
    differences
}

fn differ(key: &Key, stored: &Cells, counted: &Cells, differences: &mut Vec<Difference>) {
    let ([site, survey, name, bucket, series], _, day) = key;
    let pairs = stored.iter().zip(counted).enumerate();
    let found = pairs.filter(|(_, (stored, counted))| stored != counted);
    differences.extend(found.map(|(cell, (stored, counted))| Difference {
        site: site.clone(),
        survey: survey.clone(),
        key: name.clone(),
        bucket: bucket.clone(),
        day: *day,
        series: series.clone(),
        cell,
        stored: *stored,
        counted: *counted,
    }));
}
