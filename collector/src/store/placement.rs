//! Where responses count: on which day, and in which bucket of each breakdown key.
//!
//! A site's time zone and breakdown keys decide that. When they change, every response gets a
//! second place beside the one that is shown, and the tallies of those are counted beside the
//! tallies that are shown: a *generation* further. What arrives meanwhile counts in both. The
//! writer does this in steps of [`STEP`] rows, between the batches it commits; the last step makes
//! the new generation the one that is shown and drops the old one, in one transaction. What was
//! reached stands in the database, so a rebuild that was cut off goes on at the next start.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use survey::Day;

use crate::clock;

/// Rows that get their new place in one transaction: few milliseconds that ingest has to wait.
pub(super) const STEP: usize = 250;

/// The bucket of a response for each breakdown key. Few different texts, in very many responses.
pub(super) type Buckets = BTreeMap<Arc<str>, Arc<str>>;
/// Numbers the placements of a site; the lower of two is shown while the higher is counted.
pub(super) type Generation = i64;
/// Where a response counts, in each generation.
pub(super) type Places = BTreeMap<Generation, Place>;

/// Where a response counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// The day.
    pub(super) day: Day,
    /// The buckets.
    pub(super) buckets: Buckets,
}

/// What decides where the responses of a site count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placing {
    pub(super) time_zone: String,
    pub(super) breakdowns: Vec<String>,
}

impl Placing {
    /// By the days of a time zone (IANA) and by breakdown keys, whose order means nothing.
    pub fn new(time_zone: &str, breakdowns: &[String]) -> Placing {
        let mut breakdowns = breakdowns.to_vec();
        breakdowns.sort();
        breakdowns.dedup();
        Placing { time_zone: time_zone.to_owned(), breakdowns }
    }
}

/// A generation of a site: what decides, ready for use.
#[derive(Debug)]
pub(super) struct Placement {
    /// Its number.
    pub(super) generation: Generation,
    /// The breakdown keys.
    pub(super) breakdowns: Vec<Arc<str>>,
    zone: TimeZone,
}

impl Placement {
    /// A generation placed so. A time zone that is unknown here, which no check lets pass, is UTC.
    pub(super) fn new(generation: Generation, placing: Placing) -> Placement {
        let zone = TimeZone::get(&placing.time_zone).unwrap_or(TimeZone::UTC);
        let breakdowns = placing.breakdowns.into_iter().map(Arc::from).collect();
        Placement { generation, breakdowns, zone }
    }

    /// The day of a time in milliseconds since 1970.
    pub(super) fn day_of(&self, ms: i64) -> Day {
        clock::day_of(ms, &self.zone)
    }
}
