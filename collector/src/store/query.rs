//! What is asked of the store.

use survey::tally::Row;
use survey::{Day, Group};

use super::record::Record;

/// Which tallies of a site to read.
#[derive(Debug, Clone)]
pub struct TallyQuery {
    /// The survey's id.
    pub survey: String,
    /// The breakdown key, empty for everybody.
    pub key: String,
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
}

/// Tallies of a site as they were at one moment.
#[derive(Debug, Clone)]
pub struct Tallies {
    /// The time zone whose days they are of: that of the generation that is shown.
    pub time_zone: String,
    /// The rows of each query, in the order of the queries.
    pub rows: Vec<Vec<Row>>,
}

/// Which responses to list.
#[derive(Debug, Clone)]
pub struct PageQuery {
    /// The site's key.
    pub site: String,
    /// The survey's id.
    pub survey: String,
    /// Only those given before this time (milliseconds since 1970), or at it with a lower id.
    pub after: Option<(i64, String)>,
    /// At most so many.
    pub limit: usize,
    /// Only those with an answer in this group.
    pub group: Option<Group>,
    /// Only those in which something was written.
    pub commented: bool,
    /// Only those that are left out of every number, or only those that count.
    pub excluded: Option<bool>,
}

/// A page of responses.
#[derive(Debug, Clone)]
pub struct Page {
    /// The responses, newest first.
    pub responses: Vec<Record>,
    /// Where the next page starts; `None` after the last.
    pub next: Option<(i64, String)>,
}
