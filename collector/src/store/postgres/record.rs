//! Responses as rows, read one by one and written as columns.

use serde::de::DeserializeOwned;
use tokio_postgres::Row;

use super::super::ingest::{self, Asked};
use super::super::record::{Record, groups, has_words, to_json};
use super::trouble::Trouble;
use super::writes::Parameter;

/// A record from a row of the statements that read whole ones.
pub(super) fn of_row(row: &Row) -> Result<Record, Trouble> {
    Ok(Record {
        response: json(row, 0)?,
        places: json(row, 1)?,
        submitted_at_ms: row.try_get(2)?,
        stored_at_ms: row.try_get(3)?,
        excluded: row.try_get(4)?,
        imported: row.try_get(5)?,
        handling: json(row, 6)?,
        shown: row.try_get::<_, Option<_>>(7)?.unwrap_or_default(),
    })
}

/// The id of such a row, even if the rest of it cannot be read.
pub(super) fn id_of(row: &Row) -> Result<String, Trouble> {
    Ok(row.try_get(8)?)
}

/// A column of JSON that we wrote ourselves.
pub(super) fn json<T: DeserializeOwned>(row: &Row, column: usize) -> Result<T, Trouble> {
    serde_json::from_str(row.try_get(column)?)
        .map_err(|error| Trouble::Damaged(format!("column {column} cannot be read: {error}")))
}

/// The columns of records that are written in one statement.
#[derive(Default)]
pub(super) struct Columns {
    ids: Vec<String>,
    surveys: Vec<String>,
    submitted_at: Vec<i64>,
    stored_at: Vec<i64>,
    responses: Vec<String>,
    places: Vec<String>,
    excluded: Vec<bool>,
    imported: Vec<bool>,
    handling: Vec<String>,
    commented: Vec<bool>,
    groups: Vec<String>,
    respondents: Vec<Option<String>>,
}

impl Columns {
    /// The columns of the new records and of those that are there already.
    pub(super) fn of(rows: &[ingest::Row]) -> (Columns, Columns) {
        let (mut new, mut revised) = (Columns::default(), Columns::default());
        for row in rows {
            if row.new { new.push(&row.asked) } else { revised.push(&row.asked) }
        }
        (new, revised)
    }

    fn push(&mut self, Asked { record, definition }: &Asked) {
        self.ids.push(record.response.id.clone());
        self.surveys.push(record.response.survey.clone());
        self.submitted_at.push(record.submitted_at_ms);
        self.stored_at.push(record.stored_at_ms);
        self.responses.push(to_json(&record.response));
        self.places.push(to_json(&record.places));
        self.excluded.push(record.excluded);
        self.imported.push(record.imported);
        self.handling.push(to_json(&record.handling));
        self.commented.push(has_words(&record.response));
        self.groups.push(groups(&record.response, definition));
        self.respondents.push(record.response.named_respondent().map(str::to_owned));
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// What [`super::sql::INSERT`] takes behind the site.
    pub(super) fn whole(&self) -> [Parameter<'_>; 12] {
        [
            &self.ids,
            &self.surveys,
            &self.submitted_at,
            &self.stored_at,
            &self.responses,
            &self.places,
            &self.excluded,
            &self.imported,
            &self.handling,
            &self.commented,
            &self.groups,
            &self.respondents,
        ]
    }

    /// What [`super::sql::UPDATE`] takes behind the site.
    pub(super) fn changed(&self) -> [Parameter<'_>; 8] {
        [
            &self.ids,
            &self.responses,
            &self.places,
            &self.excluded,
            &self.handling,
            &self.commented,
            &self.groups,
            &self.respondents,
        ]
    }
}
