//! What this collector has put into the journal and nobody has folded yet.
//!
//! It is kept in memory for two ends: to fold it without reading it back, and to tell what a further
//! post about the same response comes to before that is done. The journal itself decides: what is
//! not here is read there.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use survey::Definition;
use survey::revise::{Standing, Verdict, judge};
use tokio::sync::Notify;

use super::super::record::Record;
use super::super::{Kept, Posted};
use crate::clock;

/// From so much weight on entries are folded at once: some megabytes in memory. That is about two
/// thousand posts where those of a showing come together, a thousand where each is of another one.
const FOLD_AT: usize = 3_400;
/// How long posts wait to be folded if there are fewer.
const FOLD_AFTER: Duration = Duration::from_millis(250);
/// The weight that may wait; beyond that, those who would add to it wait.
const WEIGHT_MAX: usize = 2 * FOLD_AT;
/// What a response weighs beside its posts, as a row that is read and written when it is folded.
const RESPONSE: usize = 2;

/// An entry of the journal: its key, and what was posted.
pub(super) type Entry = (Arc<str>, Arc<Vec<Posted>>);

/// Entries that this collector wrote, site by site.
#[derive(Debug)]
pub(super) struct Unfolded {
    /// The end of their keys, of which this collector is known.
    writer: String,
    state: Mutex<State>,
    /// There are more of them, or fewer.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    sites: BTreeMap<String, OfSite>,
    /// What all of them weigh.
    weight: usize,
    /// Since when there are any.
    since: Option<Instant>,
    /// The last time and the last number in a key.
    last: (i64, u32),
}

#[derive(Debug, Default)]
struct OfSite {
    entries: BTreeMap<Arc<str>, Weighed>,
    responses: HashMap<String, Response, RandomState>,
    /// The newest entry that was folded.
    folded: Option<Arc<str>>,
}

/// What was posted in an entry.
#[derive(Debug)]
struct Weighed {
    posts: Arc<Vec<Posted>>,
    weight: usize,
}

/// What there is of a response.
#[derive(Debug, Clone)]
struct Response {
    definition: Arc<Definition>,
    revision: u32,
    is_answered: bool,
    stored_at_ms: i64,
    /// The last entry about it.
    entry: Arc<str>,
}

impl Response {
    fn standing(&self) -> Standing<'_> {
        Standing {
            survey: &self.definition.survey,
            revision: self.revision,
            is_answered: self.is_answered,
            stored_at_ms: self.stored_at_ms,
        }
    }
}

/// What the database says about responses that were not known here.
#[derive(Default)]
pub(super) struct Found {
    /// Those that are stored, asked with the definition that was posted.
    pub(super) records: HashMap<String, Record>,
    /// Those about which nothing is sure.
    pub(super) unclear: HashSet<String>,
}

impl Unfolded {
    /// Nothing yet.
    pub(super) fn new() -> Unfolded {
        let writer = format!("{:016x}", fastrand::u64(..));
        Unfolded { writer, state: Mutex::default(), changed: Notify::new() }
    }

    /// The end of the keys of this collector's entries.
    pub(super) fn writer(&self) -> &str {
        &self.writer
    }

    /// A key for a new entry, behind all others of this collector.
    pub(super) fn next_key(&self) -> Arc<str> {
        let mut state = self.state();
        let (last_ms, number) = state.last;
        state.last = (clock::now_ms().max(last_ms), number.wrapping_add(1));
        let (ms, number) = state.last;
        // The number starts again after four thousand million entries; then the time has gone on.
        format!("{ms:012x}-{number:08x}-{}", self.writer).into()
    }

    /// The responses among posts about a site that nothing is known of here: their ids, and what
    /// survey they are of.
    pub(super) fn unknown(&self, site: &str, posts: &[Posted]) -> (Vec<String>, Vec<String>) {
        let state = self.state();
        let known = state.sites.get(site).map(|of_site| &of_site.responses);
        let is_unknown = |id: &str| known.is_none_or(|known| !known.contains_key(id));
        let responses = posts.iter().map(|posted| &posted.response);
        let unknown = responses.filter(|response| is_unknown(&response.id));
        unknown.map(|response| (response.id.clone(), response.survey.clone())).unzip()
    }

    /// Adds an entry that is in the journal, and tells what its posts come to, if that is sure: a
    /// post that is refused, or may be, has to be looked at once more.
    pub(super) fn add(&self, site: &str, (key, posts): Entry, found: &Found) -> Vec<Option<Kept>> {
        let mut state = self.state();
        let of_site = state.sites.entry(site.to_owned()).or_default();
        let known = of_site.responses.len();
        let kept = posts.iter().map(|posted| of_site.judge(&key, posted, found)).collect();
        let weight = posts.len() + RESPONSE * (of_site.responses.len() - known);
        of_site.entries.insert(key, Weighed { posts, weight });
        state.weight += weight;
        state.since.get_or_insert_with(Instant::now);
        drop(state);
        self.changed.notify_waiters();
        kept
    }

    /// The sites that have entries.
    pub(super) fn sites(&self) -> Vec<String> {
        let state = self.state();
        let sites = state.sites.iter().filter(|(_, of_site)| !of_site.entries.is_empty());
        sites.map(|(site, _)| site.clone()).collect()
    }

    /// The oldest entries of a site, about as many as are folded at once.
    pub(super) fn oldest(&self, site: &str) -> Vec<Entry> {
        let state = self.state();
        let mut weight = 0;
        let entries = state.sites.get(site).into_iter().flat_map(|of_site| &of_site.entries);
        let few = entries.take_while(|(_, entry)| {
            let is_more = weight < FOLD_AT;
            weight += entry.weight;
            is_more
        });
        few.map(|(key, entry)| (key.clone(), entry.posts.clone())).collect()
    }

    /// What was posted in an entry of a site, if it is here.
    pub(super) fn posts(&self, site: &str, key: &str) -> Option<Arc<Vec<Posted>>> {
        Some(self.state().sites.get(site)?.entries.get(key)?.posts.clone())
    }

    /// Forgets entries that are in the journal no more.
    pub(super) fn folded<'a>(&self, site: &str, keys: impl IntoIterator<Item = &'a str>) {
        let mut state = self.state();
        let Some(of_site) = state.sites.get_mut(site) else { return };
        let gone = keys.into_iter().filter_map(|key| of_site.entries.remove_entry(key));
        let gone: Vec<(Arc<str>, Weighed)> = gone.collect();
        if let Some((newest, _)) = gone.last() {
            of_site.forget(newest.clone());
        }
        state.weight -= gone.iter().map(|(_, entry)| entry.weight).sum::<usize>();
        state.since = (state.weight > 0).then(Instant::now);
        drop(state);
        self.changed.notify_waiters();
    }

    /// Returns when it is time to fold.
    pub(super) async fn due(&self) {
        loop {
            let changed = self.changed.notified();
            let State { weight, since, .. } = *self.state();
            match since {
                Some(_) if weight >= FOLD_AT => return,
                Some(since) => {
                    let until = tokio::time::Instant::from_std(since + FOLD_AFTER);
                    if tokio::time::timeout_at(until, changed).await.is_err() {
                        return;
                    }
                }
                None => changed.await,
            }
        }
    }

    /// Returns when more may be added.
    pub(super) async fn has_room(&self) {
        loop {
            let changed = self.changed.notified();
            if self.state().weight < WEIGHT_MAX {
                return;
            }
            changed.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OfSite {
    fn judge(&mut self, entry: &Arc<str>, posted: &Posted, found: &Found) -> Option<Kept> {
        let Posted { response, definition, received_at_ms, .. } = posted;
        if found.unclear.contains(&response.id) {
            return None;
        }
        let stored =
            || found.records.get(&response.id).map(|record| of_record(record, posted, entry));
        let known = self.responses.get(&response.id).cloned().or_else(stored);
        let standing = known.as_ref().map(Response::standing);
        let kept = match judge(standing, response, *received_at_ms) {
            Verdict::New => Kept::New,
            Verdict::Revised => Kept::Revised,
            Verdict::Known => return Some(Kept::Known),
            Verdict::OtherSurvey(_) | Verdict::Unanswered => return None,
        };
        let now = Response {
            definition: definition.clone(),
            revision: response.revision,
            is_answered: standing.is_some_and(|it| it.is_answered) || !response.answers.is_empty(),
            stored_at_ms: standing.map_or(*received_at_ms, |it| it.stored_at_ms),
            entry: entry.clone(),
        };
        self.responses.insert(response.id.clone(), now);
        Some(kept)
    }

    /// Forgets what is known of responses in entries up to the one that was the newest the last
    /// time. What was folded just now is kept once more: a post on its way may have been looked for
    /// in the database before it was there.
    fn forget(&mut self, newest: Arc<str>) {
        if let Some(folded) = self.folded.replace(newest) {
            self.responses.retain(|_, response| response.entry > folded);
        }
    }
}

/// A stored record of a response that was posted again.
fn of_record(record: &Record, posted: &Posted, entry: &Arc<str>) -> Response {
    let Record { response, stored_at_ms, .. } = record;
    Response {
        definition: posted.definition.clone(),
        revision: response.revision,
        is_answered: !response.answers.is_empty(),
        stored_at_ms: *stored_at_ms,
        entry: entry.clone(),
    }
}
