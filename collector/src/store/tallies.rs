//! Tallies in the database: signed changes in, rows out.

use std::collections::BTreeMap;

use rusqlite::{Connection, ToSql, Transaction};
use survey::tally::{CELLS, Cells, Counted, EVERYBODY, Row};
use survey::{Day, Definition};

use super::TallyQuery;
use super::record::Record;

/// Site, survey, breakdown key, bucket and series.
type Series = [String; 5];

/// Changes to tallies, added up until they are written.
#[derive(Default)]
pub(super) struct Changes(BTreeMap<(Series, Day), Cells>);

impl Changes {
    /// Raises a counter by `by`, which may be negative.
    fn add(&mut self, series: [&str; 5], day: Day, cell: usize, by: i64) {
        self.0.entry((series.map(str::to_owned), day)).or_default()[cell] += by;
    }

    /// Adds what a record counts as, or takes it away.
    pub(super) fn count(&mut self, record: &Record, definition: &Definition, sign: i64) {
        let Record { response, excluded, imported, .. } = record;
        let counted = Counted { response, definition, excluded: *excluded, imported: *imported };
        let marks = counted.marks();
        let keyed = record.buckets.iter().map(|(key, bucket)| (key.as_str(), bucket.as_str()));
        for (key, bucket) in keyed.chain([(EVERYBODY, "")]) {
            for (series, cell) in &marks {
                let series = [&response.site, &response.survey, key, bucket, series];
                self.add(series, record.day, *cell, sign);
            }
        }
    }

    /// Adds all changes to the stored rows. The order is that of the key, so that writers on
    /// several machines never wait for each other in a circle.
    pub(super) fn flush(&mut self, transaction: &Transaction) -> rusqlite::Result<()> {
        let mut upsert = transaction.prepare_cached(&upsert_statement())?;
        for ((series, day), cells) in std::mem::take(&mut self.0) {
            if cells == Cells::default() {
                continue;
            }
            let [site, survey, key, bucket, series] = &series;
            let mut values: Vec<&dyn ToSql> = vec![site, survey, key, bucket, &day.0, series];
            values.extend(cells.iter().map(|cell| cell as &dyn ToSql));
            upsert.execute(values.as_slice())?;
        }
        Ok(())
    }
}

fn upsert_statement() -> String {
    let list = |part: &dyn Fn(usize) -> String| (0..CELLS).map(part).collect::<Vec<_>>().join(", ");
    format!(
        "INSERT INTO tallies (site, survey, key, bucket, day, series, {columns})
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, {values})
         ON CONFLICT (site, survey, key, day, bucket, series) DO UPDATE SET {sums}",
        columns = list(&|cell| format!("c{cell}")),
        values = list(&|cell| format!("?{}", cell + 7)),
        sums = list(&|cell| format!("c{cell} = tallies.c{cell} + excluded.c{cell}")),
    )
}

/// The rows of a survey, a breakdown key and a range of days.
pub(super) fn read(connection: &Connection, query: &TallyQuery) -> rusqlite::Result<Vec<Row>> {
    connection
        .prepare_cached(
            "SELECT day, bucket, series, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15
             FROM tallies WHERE site = ?1 AND survey = ?2 AND key = ?3 AND day BETWEEN ?4 AND ?5",
        )?
        .query_map((&query.site, &query.survey, &query.key, query.from.0, query.to.0), |row| {
            let mut cells = Cells::default();
            for (at, cell) in cells.iter_mut().enumerate() {
                *cell = row.get(at + 3)?;
            }
            Ok(Row { day: Day(row.get(0)?), bucket: row.get(1)?, series: row.get(2)?, cells })
        })?
        .collect()
}
