//! Tallies in the database: signed changes in, rows out.

use std::collections::BTreeMap;

use rusqlite::{Connection, ToSql, Transaction};
use survey::tally::{CELLS, Cells, Counted, EVERYBODY, Row};
use survey::{Day, Definition};

use super::TallyQuery;
use super::placement::Generation;
use super::record::Record;

/// Site, survey, breakdown key, bucket and series.
pub(super) type Series = [String; 5];
/// Which row of tallies: those of a site and a generation lie together.
pub(super) type Key = (Series, Generation, Day);

/// Changes to tallies, added up until they are written.
#[derive(Default)]
pub(super) struct Changes(BTreeMap<Key, Cells>);

impl Changes {
    /// Raises a counter by `by`, which may be negative.
    fn add(
        &mut self,
        (series, generation, day): ([&str; 5], Generation, Day),
        cell: usize,
        by: i64,
    ) {
        let key = (series.map(str::to_owned), generation, day);
        self.0.entry(key).or_default()[cell] += by;
    }

    /// Everything that was added up.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&Key, &Cells)> {
        self.0.iter()
    }

    /// Adds what a record counts as, or takes it away, in every generation it has a place in.
    pub(super) fn count(&mut self, record: &Record, definition: &Definition, sign: i64) {
        let Record { response, excluded, imported, .. } = record;
        let counted = Counted { response, definition, excluded: *excluded, imported: *imported };
        let marks = counted.marks();
        for (generation, place) in &record.places {
            let keyed = place.buckets.iter().map(|(key, bucket)| (key.as_str(), bucket.as_str()));
            for (key, bucket) in keyed.chain([(EVERYBODY, "")]) {
                for (series, cell) in &marks {
                    let series = [&response.site, &response.survey, key, bucket, series];
                    self.add((series, *generation, place.day), *cell, sign);
                }
            }
        }
    }

    /// Adds all changes to the stored rows. The order is that of the key, so that writers on
    /// several machines never wait for each other in a circle.
    pub(super) fn flush(&mut self, transaction: &Transaction) -> rusqlite::Result<()> {
        let mut upsert = transaction.prepare_cached(&upsert_statement())?;
        for ((series, generation, day), cells) in std::mem::take(&mut self.0) {
            if cells == Cells::default() {
                continue;
            }
            let [site, survey, key, bucket, series] = &series;
            let mut values: Vec<&dyn ToSql> =
                vec![site, &generation, survey, key, bucket, &day.0, series];
            values.extend(cells.iter().map(|cell| cell as &dyn ToSql));
            upsert.execute(values.as_slice())?;
        }
        Ok(())
    }
}

fn upsert_statement() -> String {
    let list = |part: &dyn Fn(usize) -> String| (0..CELLS).map(part).collect::<Vec<_>>().join(", ");
    format!(
        "INSERT INTO tallies (site, generation, survey, key, bucket, day, series, {columns})
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, {values})
         ON CONFLICT (site, generation, survey, key, day, bucket, series) DO UPDATE SET {sums}",
        columns = list(&|cell| format!("c{cell}")),
        values = list(&|cell| format!("?{}", cell + 8)),
        sums = list(&|cell| format!("c{cell} = tallies.c{cell} + excluded.c{cell}")),
    )
}

/// The counters of a row, for a SELECT.
pub(super) const CELL_COLUMNS: &str =
    "c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15";

/// The counters in [`CELL_COLUMNS`] that begin at a column.
pub(super) fn cells_at(row: &rusqlite::Row, first: usize) -> rusqlite::Result<Cells> {
    let mut cells = Cells::default();
    for (at, cell) in cells.iter_mut().enumerate() {
        *cell = row.get(first + at)?;
    }
    Ok(cells)
}

/// The rows of a survey, a breakdown key and a range of days, of the generation that is shown.
pub(super) fn read(connection: &Connection, query: &TallyQuery) -> rusqlite::Result<Vec<Row>> {
    connection
        .prepare_cached(&format!(
            "SELECT day, bucket, series, {CELL_COLUMNS} FROM tallies
             WHERE site = ?1 AND survey = ?2 AND key = ?3 AND day BETWEEN ?4 AND ?5
               AND generation = (
                 SELECT generation FROM placements WHERE site = ?1 AND counted_to IS NULL)"
        ))?
        .query_map((&query.site, &query.survey, &query.key, query.from.0, query.to.0), |row| {
            let cells = cells_at(row, 3)?;
            Ok(Row { day: Day(row.get(0)?), bucket: row.get(1)?, series: row.get(2)?, cells })
        })?
        .collect()
}
