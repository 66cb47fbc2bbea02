//! What happens to a response inside the writer's transaction.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rusqlite::Transaction;
use survey::Definition;
use survey::response::Response;
use survey::revise::{Outcome, revise};
use survey::tally::{BUCKETS_MAX, OTHER_BUCKET};

use super::super::changes::Changes;
use super::super::placement::{Buckets, Place, Placement, Places};
use super::super::record::{Amendment, Handling, Record, value_of};
use super::super::{Kept, Posted};
use super::placement::{self, Rebuild};
use super::record;
use super::tallies;

/// Site, survey and version.
type Version = (String, String, String);
/// Site, survey and breakdown key.
type Breakdown = (String, String, String);

/// The writer's working memory.
#[derive(Default)]
pub(in crate::store) struct Ingest {
    /// Changes to tallies not yet written.
    changes: Changes,
    /// The definitions that responses were asked with, as far as they were looked up.
    definitions: HashMap<Version, Arc<Definition>>,
    /// The buckets already told apart, as far as they were looked up.
    buckets: HashMap<Breakdown, HashSet<String>>,
    /// The generations of sites, as far as they were looked up in this transaction.
    placements: HashMap<String, Vec<Arc<Placement>>>,
}

impl Ingest {
    /// Stores responses and notes what they change in the tallies.
    pub(in crate::store) fn append(
        &mut self,
        transaction: &Transaction,
        batch: &[Posted],
    ) -> rusqlite::Result<Vec<Kept>> {
        batch.iter().map(|posted| self.append_one(transaction, posted)).collect()
    }

    /// Writes the changed tallies.
    pub(in crate::store) fn flush(&mut self, transaction: &Transaction) -> rusqlite::Result<()> {
        self.forget_placements();
        tallies::flush(&mut self.changes, transaction)
    }

    /// Looks up again where responses count: that may have been changed.
    pub(super) fn forget_placements(&mut self) {
        self.placements.clear();
    }

    /// Forgets what a transaction that failed had noted.
    pub(super) fn forget(&mut self) {
        *self = Ingest::default();
    }

    fn append_one(&mut self, transaction: &Transaction, posted: &Posted) -> rusqlite::Result<Kept> {
        let stored = self.load(transaction, &posted.response.site, &posted.response.id)?;
        let before = stored.as_ref().map(|record| (&record.response, record.stored_at_ms));
        match revise(before, posted.response.clone(), posted.received_at_ms) {
            Outcome::Known => return Ok(Kept::Known),
            Outcome::OtherSurvey(survey) => return Ok(Kept::OtherSurvey(survey)),
            Outcome::Unanswered => return Ok(Kept::Unanswered),
            Outcome::New(response) | Outcome::Revised(response) => {
                self.put(transaction, stored.as_ref(), response, posted)?;
            }
        }
        Ok(Kept::Stored)
    }

    fn put(
        &mut self,
        transaction: &Transaction,
        stored: Option<&Record>,
        response: Response,
        posted: &Posted,
    ) -> rusqlite::Result<()> {
        let record = match stored {
            None => Record {
                excluded: posted.excluded || response.test,
                imported: posted.imported,
                handling: Handling::default(),
                response,
                places: Places::new(),
                submitted_at_ms: posted.submitted_at_ms,
                stored_at_ms: posted.received_at_ms,
                shown: 0,
            },
            Some(before) => Record {
                excluded: before.excluded || posted.excluded || response.test,
                response,
                ..before.clone()
            },
        };
        let record = self.placed(transaction, record)?;
        if let Some(before) = stored {
            let asked = self.definition_of(transaction, before)?;
            record::update(transaction, &record, &posted.definition)?;
            self.count(before, &asked, -1);
        } else {
            record::insert(transaction, &record, &posted.definition)?;
        }
        self.count(&record, &posted.definition, 1);
        Ok(())
    }

    /// Changes what was made of a response; tells whether there is such a response.
    pub(super) fn amend(
        &mut self,
        transaction: &Transaction,
        (site, id): (&str, &str),
        amendment: &Amendment,
    ) -> rusqlite::Result<bool> {
        let Some(before) = self.load(transaction, site, id)? else { return Ok(false) };
        let asked = self.definition_of(transaction, &before)?;
        let mut record = before.clone();
        amendment.apply(&mut record);
        record::update(transaction, &record, &asked)?;
        self.count(&before, &asked, -1);
        self.count(&record, &asked, 1);
        Ok(true)
    }

    /// The record with this id, with its places in the generations that there are.
    fn load(
        &mut self,
        transaction: &Transaction,
        site: &str,
        id: &str,
    ) -> rusqlite::Result<Option<Record>> {
        let Some(mut record) = record::load(transaction, site, id)? else { return Ok(None) };
        let placements = self.placements_of(transaction, site)?;
        record.places.retain(|number, _| placements.iter().any(|it| it.generation == *number));
        Ok(Some(record))
    }

    /// A record with a place in every generation, buckets told anew. The day, once told, stays.
    fn placed(
        &mut self,
        transaction: &Transaction,
        mut record: Record,
    ) -> rusqlite::Result<Record> {
        for placement in self.placements_of(transaction, &record.response.site)? {
            let place = self.place(transaction, &record, &placement)?;
            record.places.insert(placement.generation, place);
        }
        Ok(record)
    }

    fn place(
        &mut self,
        transaction: &Transaction,
        record: &Record,
        placement: &Placement,
    ) -> rusqlite::Result<Place> {
        let told = record.places.get(&placement.generation).map(|place| place.day);
        let day = told.unwrap_or_else(|| placement.day_of(record.submitted_at_ms));
        let buckets = self.buckets_of(transaction, &record.response, &placement.breakdowns)?;
        Ok(Place { day, buckets })
    }

    fn placements_of(
        &mut self,
        transaction: &Transaction,
        site: &str,
    ) -> rusqlite::Result<Vec<Arc<Placement>>> {
        if let Some(known) = self.placements.get(site) {
            return Ok(known.clone());
        }
        let placements = placement::of_site(transaction, site)?;
        self.placements.insert(site.to_owned(), placements.clone());
        Ok(placements)
    }

    /// Goes on with a rebuild by some rows; tells whether there is more to do.
    pub(in crate::store) fn rebuild(
        &mut self,
        transaction: &Transaction,
    ) -> rusqlite::Result<bool> {
        let Some(rebuild) = Rebuild::under_way(transaction)? else { return Ok(false) };
        let records = rebuild.next(transaction)?;
        for record in &records {
            // What was stored or revised meanwhile has its new place, and is counted there.
            if !record.places.contains_key(&rebuild.generation) {
                self.place_anew(transaction, &rebuild, record.clone())?;
            }
        }
        match records.last() {
            Some(last) => rebuild.reached(transaction, &last.response.id)?,
            None => rebuild.swap(transaction)?,
        }
        self.flush(transaction)?;
        Ok(true)
    }

    /// Gives a response its place in the new generation, beside that in the one that is shown.
    fn place_anew(
        &mut self,
        transaction: &Transaction,
        rebuild: &Rebuild,
        mut record: Record,
    ) -> rusqlite::Result<()> {
        let placements = self.placements_of(transaction, &rebuild.site)?;
        record.places.retain(|number, _| placements.iter().any(|it| it.generation == *number));
        let Some(new) = placements.iter().find(|it| it.generation == rebuild.generation) else {
            return Ok(());
        };
        let asked = self.definition_of(transaction, &record)?;
        let place = self.place(transaction, &record, new)?;
        record.places.insert(new.generation, place);
        record::update(transaction, &record, &asked)?;
        record.places.retain(|number, _| *number == new.generation);
        self.count(&record, &asked, 1);
        Ok(())
    }

    /// Adds what a record counts as to the changes, or takes it away.
    fn count(&mut self, record: &Record, definition: &Definition, sign: i64) {
        self.changes.count(record, definition, sign);
    }

    /// The definition that a stored response was asked with.
    fn definition_of(
        &mut self,
        transaction: &Transaction,
        record: &Record,
    ) -> rusqlite::Result<Arc<Definition>> {
        let Response { site, survey, version, .. } = &record.response;
        let key = (site.clone(), survey.clone(), version.clone().unwrap_or_default());
        if let Some(known) = self.definitions.get(&key) {
            return Ok(known.clone());
        }
        let definition = Arc::new(record::definition(transaction, &record.response)?);
        self.definitions.insert(key, definition.clone());
        Ok(definition)
    }

    /// The bucket of a response for each breakdown key whose attribute it has.
    fn buckets_of(
        &mut self,
        transaction: &Transaction,
        response: &Response,
        keys: &[String],
    ) -> rusqlite::Result<Buckets> {
        let mut buckets = Buckets::new();
        for key in keys {
            if let Some(value) = value_of(response, key) {
                let breakdown = (response.site.clone(), response.survey.clone(), key.clone());
                let bucket = self.bucket(transaction, breakdown, value)?;
                buckets.insert(key.clone(), bucket);
            }
        }
        Ok(buckets)
    }

    /// The value itself while there are few enough of them, else [`OTHER_BUCKET`].
    fn bucket(
        &mut self,
        transaction: &Transaction,
        breakdown: Breakdown,
        value: String,
    ) -> rusqlite::Result<String> {
        if !self.buckets.contains_key(&breakdown) {
            let known = known_buckets(transaction, &breakdown)?;
            self.buckets.insert(breakdown.clone(), known);
        }
        let known = self.buckets.entry(breakdown.clone()).or_default();
        if known.contains(&value) {
            return Ok(value);
        }
        if known.len() >= BUCKETS_MAX {
            return Ok(OTHER_BUCKET.to_owned());
        }
        known.insert(value.clone());
        let (site, survey, key) = breakdown;
        transaction
            .prepare_cached("INSERT OR IGNORE INTO buckets VALUES (?1, ?2, ?3, ?4)")?
            .execute((site, survey, key, &value))?;
        Ok(value)
    }
}

fn known_buckets(
    transaction: &Transaction,
    (site, survey, key): &Breakdown,
) -> rusqlite::Result<HashSet<String>> {
    transaction
        .prepare_cached("SELECT bucket FROM buckets WHERE site = ?1 AND survey = ?2 AND key = ?3")?
        .query_map((site, survey, key), |row| row.get(0))?
        .collect()
}
