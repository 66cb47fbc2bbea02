//! What becomes of responses, decided in memory between reading and writing.
//!
//! An implementation has an [`Ingest`] learn what the database holds about a batch: the placements
//! of its sites first, then the stored records, then the buckets. It then lets it decide, writes the
//! rows and the buckets it hands out, and last the changes of the tallies.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use survey::Definition;
use survey::response::Response;
use survey::revise::{Outcome, answered_after_ms, revise};
use survey::tally::{BUCKETS_MAX, OTHER_BUCKET};

use super::changes::Changes;
use super::placement::{Buckets, Generation, Place, Placement, Places};
use super::record::{Amendment, Record, value_of};
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
    /// As it is from now on.
    pub(super) asked: Asked,
}

/// The writer's working memory.
#[derive(Default)]
pub(super) struct Ingest {
    /// Changes to tallies not yet written.
    pub(super) changes: Changes,
    /// The records of this batch, as they were stored or are from now on.
    records: HashMap<RowKey, Asked>,
    /// Those that are not written yet, in order, and whether they are new.
    unwritten: BTreeMap<RowKey, bool>,
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

    /// Learns a stored record.
    pub(super) fn learn_record(&mut self, asked: Asked) {
        let asked = self.current(asked);
        self.records.insert(key_of(&asked.record.response), asked);
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

    /// What is stored with an id, as far as it was learned.
    pub(super) fn stored(&self, key: &RowKey) -> Option<&Response> {
        self.records.get(key).map(|asked| &asked.record.response)
    }

    /// A stored record as it is to be gone on with: places in generations that are no more are
    /// left out.
    pub(super) fn current(&self, mut asked: Asked) -> Asked {
        let placements = self.placements_of(&asked.record.response.site);
        let is_current = |number: &Generation| placements.iter().any(|it| it.generation == *number);
        asked.record.places.retain(|number, _| is_current(number));
        asked
    }

    /// The breakdowns whose buckets have to be learned before a response, or one that is stored
    /// with its id, can be placed: those with a value never met. Another collector may have met it.
    pub(super) fn unknown_buckets(
        &self,
        response: &Response,
        stored: Option<&Response>,
    ) -> Vec<Breakdown> {
        let Response { site, survey, .. } = response;
        let is_told = |key: &str, value: &str| {
            let told = self.told.of(site, survey, key);
            told.is_some_and(|told| told.contains(value) || told.len() >= BUCKETS_MAX)
        };
        let mut unknown = Vec::new();
        for key in self.placements_of(site).iter().flat_map(|it| &it.breakdowns) {
            let mut values =
                [Some(response), stored].into_iter().flatten().filter_map(|it| value_of(it, key));
            if values.any(|value| !is_told(key, &value)) {
                unknown.push((site.clone(), survey.clone(), key.clone()));
            }
        }
        unknown
    }

    /// Learns the buckets of a breakdown, those included that are not written yet.
    pub(super) fn learn_buckets(&mut self, breakdown: &Breakdown, buckets: HashSet<String>) {
        self.told.entry(breakdown).extend(buckets);
    }

    /// Decides what becomes of a posted response whose record was learned, and notes what that
    /// changes in the tallies.
    pub(super) fn append(&mut self, posted: &Posted) -> Kept {
        let key = key_of(&posted.response);
        if let Some(reason) = self.damage(&key) {
            return Kept::Damaged(reason.clone());
        }
        let stored = self.records.get(&key).cloned();
        let (kept, asked) = self.decide(stored.as_ref(), posted.clone());
        if let Some(asked) = asked {
            self.put(stored.is_none(), asked);
        }
        kept
    }

    /// Decides what becomes of a posted response when this is stored, and notes what that changes
    /// in the tallies; also the record to write, if any.
    pub(super) fn decide(
        &mut self,
        stored: Option<&Asked>,
        posted: Posted,
    ) -> (Kept, Option<Asked>) {
        let Posted { response, definition, received_at_ms, submitted_at_ms, .. } = posted;
        let Posted { imported, excluded, handling, doubt, answer_min_ms, .. } = posted;
        let before = stored.map(|it| (&it.record.response, it.record.stored_at_ms));
        let took_ms = answered_after_ms(before, &response, received_at_ms);
        let doubt = doubt.or_else(|| too_soon(took_ms, answer_min_ms));
        match (revise(before, response, received_at_ms), stored) {
            (Outcome::Known, _) => (Kept::Known, None),
            (Outcome::OtherSurvey(survey), _) => (Kept::OtherSurvey(survey), None),
            (Outcome::Unanswered, _) => (Kept::Unanswered, None),
            (Outcome::Revised(response), Some(stored)) => {
                let record = stored.record.revised(response).doubted(doubt);
                (Kept::Revised, Some(self.placed(Some(stored), Asked { record, definition })))
            }
            (Outcome::New(response) | Outcome::Revised(response), _) => {
                let record = Record {
                    response,
                    places: Places::new(),
                    submitted_at_ms,
                    stored_at_ms: received_at_ms,
                    excluded,
                    imported,
                    handling,
                    shown: 0,
                }
                .doubted(doubt);
                (Kept::New, Some(self.placed(None, Asked { record, definition })))
            }
        }
    }

    /// A record with its places, counted instead of the one before it. Buckets are told anew in
    /// every generation. The day, once told, stays.
    fn placed(&mut self, before: Option<&Asked>, mut after: Asked) -> Asked {
        for placement in self.placements_of(&after.record.response.site).to_vec() {
            let place = self.place(&after.record, &placement);
            after.record.places.insert(placement.generation, place);
        }
        self.count(before, &after);
        after
    }

    fn count(&mut self, before: Option<&Asked>, after: &Asked) {
        if let Some(before) = before {
            self.changes.count(&before.record, &before.definition, -1);
        }
        self.changes.count(&after.record, &after.definition, 1);
    }

    /// Changes what was made of a response; tells whether there is such a response.
    pub(super) fn amend(&mut self, key: &RowKey, amendment: &Amendment) -> bool {
        let Some(before) = self.records.get(key).cloned() else { return false };
        let mut after = before.clone();
        amendment.apply(&mut after.record);
        self.count(Some(&before), &after);
        self.put(false, after);
        true
    }

    /// Has a record deleted, and counts it no more; tells whether there is such a record.
    pub(super) fn erase(&mut self, key: &RowKey) -> bool {
        let Some(before) = self.records.remove(key) else { return false };
        self.changes.count(&before.record, &before.definition, -1);
        let is_new = self.unwritten.remove(key).unwrap_or_default();
        if !is_new {
            self.erased.insert(key.clone());
        }
        true
    }

    /// Gives a learned response its place in a new generation, beside that in the one that is
    /// shown. What was stored or revised meanwhile has it, and is counted there.
    pub(super) fn place_anew(&mut self, key: &RowKey, generation: Generation) {
        let Some(mut asked) = self.records.get(key).cloned() else { return };
        let placements = self.placements_of(&key.0);
        let new = placements.iter().find(|it| it.generation == generation).cloned();
        let Some(new) = new.filter(|_| !asked.record.places.contains_key(&generation)) else {
            return;
        };
        let place = self.place(&asked.record, &new);
        asked.record.places.insert(generation, place);
        self.unwritten.entry(key.clone()).or_insert(false);
        self.records.insert(key.clone(), asked.clone());
        asked.record.places.retain(|number, _| *number == generation);
        self.changes.count(&asked.record, &asked.definition, 1);
    }

    /// Has a record take the place of the one before it.
    fn put(&mut self, new: bool, after: Asked) {
        let key = key_of(&after.record.response);
        self.unwritten.entry(key.clone()).or_insert(new);
        self.records.insert(key, after);
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
    fn buckets_of(&mut self, response: &Response, keys: &[String]) -> Buckets {
        let mut buckets = Buckets::new();
        for key in keys {
            if let Some(value) = value_of(response, key) {
                buckets.insert(key.clone(), self.bucket(response, key, &value));
            }
        }
        buckets
    }

    /// The value itself while there are few enough of them, else [`OTHER_BUCKET`].
    fn bucket(&mut self, response: &Response, key: &str, value: &str) -> String {
        let Response { site, survey, .. } = response;
        let told = self.told.of(site, survey, key);
        if told.is_some_and(|told| told.contains(value)) {
            return value.to_owned();
        }
        if told.is_some_and(|told| told.len() >= BUCKETS_MAX) {
            return OTHER_BUCKET.to_owned();
        }
        let breakdown = (site.clone(), survey.clone(), key.to_owned());
        self.told.entry(&breakdown).insert(value.to_owned());
        self.new_buckets.push((breakdown, value.to_owned()));
        value.to_owned()
    }

    /// The records to write now, in the order of their keys, so that writers on several machines
    /// never wait for each other in a circle. All records are forgotten.
    pub(super) fn take_rows(&mut self) -> Vec<Row> {
        let mut records = std::mem::take(&mut self.records);
        let unwritten = std::mem::take(&mut self.unwritten);
        let row = |(key, new)| records.remove(&key).map(|asked| Row { new, asked });
        unwritten.into_iter().filter_map(row).collect()
    }

    /// The records to delete now, in the order of their keys.
    pub(super) fn take_erased(&mut self) -> BTreeSet<RowKey> {
        std::mem::take(&mut self.erased)
    }

    /// The values of breakdown keys to write now.
    pub(super) fn take_buckets(&mut self) -> Vec<(Breakdown, String)> {
        let mut buckets = std::mem::take(&mut self.new_buckets);
        buckets.sort();
        buckets
    }

    /// Forgets where responses count and what is damaged: that may have been changed.
    pub(super) fn forget_placements(&mut self) {
        self.placements.clear();
        self.damaged.clear();
    }

    /// Forgets what a transaction that failed had noted.
    pub(super) fn forget(&mut self) {
        *self = Ingest::default();
    }
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

/// Buckets by site, survey and breakdown key: found without copying the three names.
#[derive(Default)]
struct Told(Named<Named<Named<HashSet<String>>>>);
/// Something by its name, found fast.
type Named<T> = HashMap<String, T, foldhash::fast::RandomState>;

impl Told {
    fn of(&self, site: &str, survey: &str, key: &str) -> Option<&HashSet<String>> {
        self.0.get(site)?.get(survey)?.get(key)
    }

    fn entry(&mut self, (site, survey, key): &Breakdown) -> &mut HashSet<String> {
        let surveys = self.0.entry(site.clone()).or_default();
        surveys.entry(survey.clone()).or_default().entry(key.clone()).or_default()
    }
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
