//! What happens to a response inside the writer's transaction.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::{OptionalExtension, Transaction, params};
use survey::response::{Response, Value};
use survey::revise::{Outcome, revise};
use survey::tally::{self, BUCKETS_MAX, EVERYBODY, OTHER_BUCKET};
use survey::{Day, Definition};

use super::tallies::Changes;
use super::{Kept, Posted};

/// The bucket of a response for each breakdown key.
type Buckets = BTreeMap<String, String>;
/// Site, survey and breakdown key.
type Breakdown = (String, String, String);

/// The writer's working memory.
#[derive(Default)]
pub(super) struct Ingest {
    /// Changes to tallies not yet written.
    changes: Changes,
    /// The buckets already told apart, as far as they were looked up.
    buckets: HashMap<Breakdown, HashSet<String>>,
}

/// What is stored of a response.
struct Record {
    response: Response,
    buckets: Buckets,
    stored_at_ms: i64,
    day: Day,
    excluded: bool,
}

impl Ingest {
    /// Stores responses and notes what they change in the tallies.
    pub(super) fn append(
        &mut self,
        transaction: &Transaction,
        batch: &[Posted],
    ) -> rusqlite::Result<Vec<Kept>> {
        batch.iter().map(|posted| self.append_one(transaction, posted)).collect()
    }

    /// Writes the changed tallies.
    pub(super) fn flush(&mut self, transaction: &Transaction) -> rusqlite::Result<()> {
        self.changes.flush(transaction)
    }

    /// Forgets what a transaction that failed had noted.
    pub(super) fn forget(&mut self) {
        *self = Ingest::default();
    }

    fn append_one(&mut self, transaction: &Transaction, posted: &Posted) -> rusqlite::Result<Kept> {
        let stored = load(transaction, &posted.response.site, &posted.response.id)?;
        let before = stored.as_ref().map(|record| (&record.response, record.stored_at_ms));
        match revise(before, posted.response.clone(), posted.received_at_ms) {
            Outcome::Known => {}
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
        let buckets = self.buckets_of(transaction, &response, &posted.breakdowns)?;
        let record = match stored {
            None => Record {
                excluded: response.test,
                response,
                buckets,
                stored_at_ms: posted.received_at_ms,
                day: posted.day,
            },
            Some(before) => {
                Record { excluded: before.excluded || response.test, response, buckets, ..*before }
            }
        };
        if let Some(before) = stored {
            self.count(before, -1);
            update(transaction, &record, &posted.definition)?;
        } else {
            insert(transaction, &record, &posted.definition, posted.submitted_at_ms)?;
        }
        self.count(&record, 1);
        Ok(())
    }

    /// Adds what a record counts as to the changes, or takes it away.
    fn count(&mut self, record: &Record, sign: i64) {
        if record.excluded {
            return;
        }
        let Response { site, survey, .. } = &record.response;
        let keyed = record.buckets.iter().map(|(key, bucket)| (key.as_str(), bucket.as_str()));
        for (key, bucket) in keyed.chain([(EVERYBODY, "")]) {
            for (series, cell) in tally::marks(&record.response) {
                self.changes.add([site, survey, key, bucket, series], record.day, cell, sign);
            }
        }
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
            if let Some(value) = response.attributes.get(key) {
                let breakdown = (response.site.clone(), response.survey.clone(), key.clone());
                let bucket = self.bucket(transaction, breakdown, value.to_string())?;
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

fn load(transaction: &Transaction, site: &str, id: &str) -> rusqlite::Result<Option<Record>> {
    transaction
        .prepare_cached(
            "SELECT response, buckets, stored_at, day, excluded
             FROM responses WHERE site = ?1 AND id = ?2",
        )?
        .query_row((site, id), |row| {
            Ok(Record {
                response: super::read::json(row, 0)?,
                buckets: super::read::json(row, 1)?,
                stored_at_ms: row.get(2)?,
                day: Day(row.get(3)?),
                excluded: row.get(4)?,
            })
        })
        .optional()
}

fn insert(
    transaction: &Transaction,
    record: &Record,
    definition: &Definition,
    submitted_at_ms: i64,
) -> rusqlite::Result<()> {
    let Response { site, id, survey, .. } = &record.response;
    transaction
        .prepare_cached(
            "INSERT INTO responses VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            site,
            id,
            survey,
            submitted_at_ms,
            record.stored_at_ms,
            record.day.0,
            to_json(&record.response),
            to_json(&record.buckets),
            record.excluded,
            has_words(&record.response),
            groups(&record.response, definition),
        ])
        .map(|_| ())
}

fn update(
    transaction: &Transaction,
    record: &Record,
    definition: &Definition,
) -> rusqlite::Result<()> {
    let Response { site, id, .. } = &record.response;
    transaction
        .prepare_cached(
            "UPDATE responses
             SET response = ?3, buckets = ?4, excluded = ?5, commented = ?6, groups = ?7
             WHERE site = ?1 AND id = ?2",
        )?
        .execute(params![
            site,
            id,
            to_json(&record.response),
            to_json(&record.buckets),
            record.excluded,
            has_words(&record.response),
            groups(&record.response, definition),
        ])
        .map(|_| ())
}

/// Whether the respondent wrote anything.
fn has_words(response: &Response) -> bool {
    let written = |text: &str| !text.trim().is_empty();
    response.answers.iter().any(|answer| {
        let text = matches!(&answer.value, Value::Text(text) if written(text));
        text || answer.comment.as_deref().is_some_and(written)
    })
}

/// The groups that the answers fell into, each between commas.
fn groups(response: &Response, definition: &Definition) -> String {
    let group = |answer: &survey::Answer| {
        let Value::Number(value) = answer.value else { return None };
        definition.question(&answer.question)?.group(u8::try_from(value).ok()?)
    };
    let names: Vec<_> =
        response.answers.iter().filter_map(group).map(survey::Group::name).collect();
    if names.is_empty() { String::new() } else { format!(",{},", names.join(",")) }
}

fn to_json(value: &impl serde::Serialize) -> String {
    // Our own types have string keys only, so this cannot fail.
    serde_json::to_string(value).unwrap_or_default()
}
