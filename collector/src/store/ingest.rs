//! What becomes of responses, decided in memory between reading and writing.
//!
//! An implementation has an [`Ingest`] learn what the database holds about some responses: the
//! placements of their sites first, then the stored records. It then lets it decide, as often as it
//! likes: what is decided is gathered in memory. To write that, it has the buckets learned, writes
//! what [`Ingest::settle`] hands out, and last the changes of the tallies. So a response that came in
//! three posts is placed, counted and written once.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use foldhash::fast::RandomState;
use survey::Definition;
use survey::response::Response;
use survey::revise::{Outcome, answered_after_ms, revise};
use survey::tally::{BUCKETS_MAX, OTHER_BUCKET};

use super::changes::Changes;
use super::placement::{Buckets, Generation, Place, Placement, Places};
use super::record::{Amendment, Record, value_of};
use super::told::{OfSurvey, Told};
use super::{Kept, Posted};

/// Site and id of a response.
pub(super) type RowKey = (String, String);
/// Site, survey and version of a definition.
pub(super) type Version = (String, String, String);
/// Site, survey and breakdown key.
pub(super) type Breakdown = (String, String, String);

/// A record and the definition it was asked with.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// The record.
    pub(super) record: Record,
    /// The definition.
    pub(super) definition: Arc<Definition>,
}

/// A record that is to be written.
pub(super) struct Row {
    /// Whether there was none with its id.
    pub(super) new: bool,
    /// Whether the host names another respondent than before.
    pub(super) renamed: bool,
    /// As it is from now on.
    pub(super) asked: Arc<Asked>,
}

/// What is to be written, each in the order of its keys, so that writers on several machines never
/// wait for each other in a circle.
pub(super) struct Settled {
    /// Records to delete.
    pub(super) erased: BTreeSet<RowKey>,
    /// Records to write.
    pub(super) rows: Vec<Row>,
    /// Values of breakdown keys that are told apart from now on.
    pub(super) buckets: Vec<(Breakdown, String)>,
}

/// A response as it is stored, and as it is from now on.
struct Known {
    stored: Option<Arc<Asked>>,
    now: Arc<Asked>,
}

impl Known {
    fn is_changed(&self) -> bool {
        self.stored.as_ref().is_none_or(|stored| !Arc::ptr_eq(stored, &self.now))
    }
}

/// The writer's working memory.
#[derive(Default)]
pub(super) struct Ingest {
    /// Changes to tallies not yet written.
    pub(super) changes: Changes,
    /// What is known of responses.
    known: HashMap<RowKey, Known, RandomState>,
    /// Those that were changed, in the order in which they first were; some may be erased.
    waiting: VecDeque<RowKey>,
    /// How many of them were handed out so far.
    settled: u64,
    /// Stored records that cannot be gone on with, and why.
    damaged: HashMap<RowKey, String>,
    /// The records to delete.
    erased: BTreeSet<RowKey>,
    /// Values of breakdown keys that are told apart from now on, and not written yet.
    new_buckets: Vec<(Breakdown, String)>,
    /// The definitions that responses were asked with, as far as they were learned.
    definitions: HashMap<Version, Arc<Definition>>,
    /// The buckets already told apart, as far as they were learned.
    told: Told,
    /// The generations of sites, as far as they were learned in this transaction.
    placements: HashMap<String, Vec<Arc<Placement>>>,
}

impl Ingest {
    /// Learns the generations of a site.
    pub(super) fn learn_placements(&mut self, site: String, placements: Vec<Arc<Placement>>) {
        self.placements.insert(site, placements);
    }

    /// Whether the generations of a site are known.
    pub(super) fn knows_placements(&self, site: &str) -> bool {
        self.placements.contains_key(site)
    }

    /// The definition that a stored response was asked with, as far as it was learned.
    pub(super) fn definition(&self, version: &Version) -> Option<Arc<Definition>> {
        self.definitions.get(version).cloned()
    }

    /// Learns a definition.
    pub(super) fn learn_definition(&mut self, version: Version, definition: Arc<Definition>) {
        self.definitions.insert(version, definition);
    }

    /// Whether anything is known of a response.
    pub(super) fn knows(&self, key: &RowKey) -> bool {
        self.known.contains_key(key)
    }

    /// Learns a stored record. Places in generations that are no more are left out.
    pub(super) fn learn_record(&mut self, mut asked: Arc<Asked>) {
        let placements = self.placements_of(&asked.record.response.site);
        let is_current = |number: &Generation| placements.iter().any(|it| it.generation == *number);
        if !asked.record.places.keys().all(is_current) {
            let current = |asked: &mut Asked| asked.record.places.retain(|it, _| is_current(it));
            current(Arc::make_mut(&mut asked));
        }
        let key = key_of(&asked.record.response);
        self.known.insert(key, Known { stored: Some(asked.clone()), now: asked });
    }

    /// Learns that there is a record which cannot be gone on with, and why.
    pub(super) fn learn_damaged(&mut self, key: RowKey, reason: String) {
        tracing::error!(site = key.0, id = key.1, reason, "what is stored is damaged");
        self.damaged.insert(key, reason);
    }

    /// Why a record cannot be gone on with, if that was learned.
    pub(super) fn damage(&self, key: &RowKey) -> Option<&String> {
        self.damaged.get(key)
    }

    /// How many changed responses wait to be settled.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How many were handed out so far, and how many will have been when all that wait now are.
    pub(super) fn settled(&self) -> (u64, u64) {
        (self.settled, self.settled + self.waiting.len() as u64)
    }

    /// The breakdowns whose buckets have to be learned before so many of the responses that wait
    /// can be placed: those with a value never met. Another collector may have met it.
    pub(super) fn unknown_buckets(&self, limit: usize) -> BTreeSet<Breakdown> {
        let mut unknown = BTreeSet::new();
        let known = self.waiting.iter().take(limit).filter_map(|key| self.known.get(key));
        for Known { now, .. } in known {
            let response = &now.record.response;
            let Response { site, survey, .. } = response;
            let told = self.told.of(site, survey);
            for key in self.placements_of(site).iter().flat_map(|it| &it.breakdowns) {
                let is_told = |value: Cow<str>| bucket_of(told, key, &value).is_some();
                if value_of(response, key).is_some_and(|value| !is_told(value)) {
                    unknown.insert((site.clone(), survey.clone(), key.as_ref().to_owned()));
                }
            }
        }
        unknown
    }

    /// Learns the buckets of a breakdown, those included that are not written yet.
    pub(super) fn learn_buckets(&mut self, breakdown: &Breakdown, buckets: HashSet<String>) {
        self.told.entry(breakdown).extend(buckets.into_iter().map(Arc::from));
    }

    /// Decides what becomes of a posted response, of this key, whose record was learned, if there is
    /// one.
    pub(super) fn append(&mut self, key: RowKey, posted: Posted) -> Kept {
        if let Some(reason) = self.damage(&key) {
            return Kept::Damaged(reason.clone());
        }
        let known = self.known.get_mut(&key);
        let now = match decide(known.as_ref().map(|known| &*known.now), posted) {
            Ok(asked) => Arc::new(asked),
            Err(kept) => return kept,
        };
        match known {
            Some(known) => {
                if !known.is_changed() {
                    self.waiting.push_back(key);
                }
                known.now = now;
                Kept::Revised
            }
            None => {
                self.waiting.push_back(key.clone());
                self.known.insert(key, Known { stored: None, now });
                Kept::New
            }
        }
    }

    /// Changes what was made of a response; tells whether there is such a response.
    pub(super) fn amend(&mut self, key: &RowKey, amendment: &Amendment) -> bool {
        let Some(known) = self.known.get_mut(key) else { return false };
        if !known.is_changed() {
            self.waiting.push_back(key.clone());
        }
        amendment.apply(&mut Arc::make_mut(&mut known.now).record);
        true
    }

    /// Has a record deleted, and counts it no more; tells whether there is such a record.
    pub(super) fn erase(&mut self, key: &RowKey) -> bool {
        let Some(Known { stored, .. }) = self.known.remove(key) else { return false };
        if let Some(stored) = stored {
            self.changes.count(&stored.record, &stored.definition, -1);
            self.erased.insert(key.clone());
        }
        true
    }

    /// Gives a learned response its place in a new generation, beside that in the one that is
    /// shown. What was stored or revised meanwhile has it.
    pub(super) fn place_anew(&mut self, key: &RowKey, generation: Generation) {
        let Some(known) = self.known.get_mut(key) else { return };
        let is_changed = known.is_changed();
        let now = &mut known.now;
        if !now.record.places.contains_key(&generation) {
            // What is another than the stored one is placed and written.
            *now = Arc::new(Asked::clone(now));
            if !is_changed {
                self.waiting.push_back(key.clone());
            }
        }
    }

    /// Places and counts so many of the responses that wait, the oldest first, and hands out what
    /// is to be written of them. What was known of them is forgotten.
    pub(super) fn settle(&mut self, limit: usize) -> Settled {
        let keys = self.waiting.drain(..limit.min(self.waiting.len()));
        self.settled += keys.len() as u64;
        let mut changed: Vec<_> = keys.filter_map(|key| self.known.remove_entry(&key)).collect();
        changed.sort_by(|(one, _), (next, _)| one.cmp(next));
        let rows = changed.into_iter().map(|(_, known)| self.row(known)).collect();
        let mut buckets = std::mem::take(&mut self.new_buckets);
        buckets.sort();
        Settled { erased: std::mem::take(&mut self.erased), rows, buckets }
    }

    /// A record to write, placed and counted. Buckets are told anew in every generation. The day,
    /// once told, stays.
    fn row(&mut self, Known { stored, now: mut asked }: Known) -> Row {
        if let Some(stored) = &stored {
            self.changes.count(&stored.record, &stored.definition, -1);
        }
        let record = &mut Arc::make_mut(&mut asked).record;
        for placement in self.placements_of(&record.response.site).to_vec() {
            let place = self.place(record, &placement);
            record.places.insert(placement.generation, place);
        }
        self.changes.count(&asked.record, &asked.definition, 1);
        let respondent = asked.record.response.named_respondent();
        let renamed =
            stored.as_ref().is_some_and(|it| it.record.response.named_respondent() != respondent);
        Row { new: stored.is_none(), renamed, asked }
    }

    fn place(&mut self, record: &Record, placement: &Placement) -> Place {
        let told = record.places.get(&placement.generation).map(|place| place.day);
        let day = told.unwrap_or_else(|| placement.day_of(record.submitted_at_ms));
        Place { day, buckets: self.buckets_of(&record.response, &placement.breakdowns) }
    }

    fn placements_of(&self, site: &str) -> &[Arc<Placement>] {
        self.placements.get(site).map_or(&[], Vec::as_slice)
    }

    /// The bucket of a response for each breakdown key whose attribute it has.
    fn buckets_of(&mut self, response: &Response, keys: &[Arc<str>]) -> Buckets {
        let mut buckets = Buckets::new();
        for key in keys {
            if let Some(value) = value_of(response, key) {
                buckets.insert(key.clone(), self.bucket(response, key, &value));
            }
        }
        buckets
    }

    /// The bucket of a value, which is a new one while there are few enough of them.
    fn bucket(&mut self, response: &Response, key: &str, value: &str) -> Arc<str> {
        let Response { site, survey, .. } = response;
        if let Some(bucket) = bucket_of(self.told.of(site, survey), key, value) {
            return bucket;
        }
        let bucket: Arc<str> = value.into();
        let breakdown = (site.clone(), survey.clone(), key.to_owned());
        self.told.entry(&breakdown).insert(bucket.clone());
        self.new_buckets.push((breakdown, value.to_owned()));
        bucket
    }

    /// Forgets where responses count: that may have been changed.
    pub(super) fn forget_placements(&mut self) {
        self.placements.clear();
    }

    /// Forgets what is known of responses that were not changed.
    pub(super) fn forget_unchanged(&mut self) {
        if self.known.len() > self.waiting.len() {
            self.known.retain(|_, known| known.is_changed());
        }
    }

    /// Forgets what is damaged: that may have been mended.
    pub(super) fn forget_damage(&mut self) {
        self.damaged.clear();
    }

    /// Forgets what a transaction that failed had noted.
    pub(super) fn forget(&mut self) {
        *self = Ingest::default();
    }
}

/// The value itself if it is told apart, [`OTHER_BUCKET`] where no more can be, else `None`.
fn bucket_of(told: Option<&OfSurvey>, key: &str, value: &str) -> Option<Arc<str>> {
    let told = told?.get(key)?;
    let other = || (told.len() >= BUCKETS_MAX).then(|| OTHER_BUCKET.into());
    told.get(value).cloned().or_else(other)
}

/// What a response comes to when something is posted about it: the record that is from now on, or
/// why that is the same as before.
fn decide(before: Option<&Asked>, posted: Posted) -> Result<Asked, Kept> {
    let Posted { response, definition, received_at_ms, submitted_at_ms, .. } = posted;
    let Posted { imported, excluded, handling, doubt, answer_min_ms, .. } = posted;
    let known = before.map(|it| (&it.record.response, it.record.stored_at_ms));
    let took_ms = answered_after_ms(known, &response, received_at_ms);
    let doubt = doubt.or_else(|| too_soon(took_ms, answer_min_ms));
    let response = match revise(known, response, received_at_ms) {
        Outcome::Known => return Err(Kept::Known),
        Outcome::OtherSurvey(survey) => return Err(Kept::OtherSurvey(survey)),
        Outcome::Unanswered => return Err(Kept::Unanswered),
        Outcome::New(response) | Outcome::Revised(response) => response,
    };
    let record = match before {
        Some(before) => before.record.revised(response),
        None => Record {
            response,
            places: Places::new(),
            submitted_at_ms,
            stored_at_ms: received_at_ms,
            excluded,
            imported,
            handling,
            shown: 0,
        },
    };
    Ok(Asked { record: record.doubted(doubt), definition })
}

/// Why an answer that took so long looks like the work of a program, if it does.
fn too_soon(took_ms: Option<i64>, min_ms: i64) -> Option<String> {
    let took_ms = took_ms.filter(|took_ms| *took_ms < min_ms)?;
    let seconds = |ms: i64| ms as f64 / 1e3;
    Some(format!(
        "answered {:.1} s after it was shown; a person needs {} s",
        seconds(took_ms),
        seconds(min_ms)
    ))
}

/// Site and id of a response.
pub(super) fn key_of(response: &Response) -> RowKey {
    (response.site.clone(), response.id.clone())
}

/// What is wrong with a record when nobody knows any more what was asked.
pub(super) fn no_definition(site: &str, survey: &str, version: &str) -> String {
    format!("survey {survey:?} of site {site:?} has no definition {version:?}")
}

/// Which definition a response was asked with.
pub(super) fn version_of(response: &Response) -> Version {
    let version = response.version.clone().unwrap_or_default();
    (response.site.clone(), response.survey.clone(), version)
}
