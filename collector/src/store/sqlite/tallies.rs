//! Tallies in the database: signed changes in, rows out.

use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension, ToSql, Transaction};
use survey::Day;
use survey::tally::{CELLS, Cells, Row};

use super::super::changes::Changes;
use super::super::placement::Generation;
use super::super::{Tallies, TallyQuery};

/// Adds all changes to the stored rows.
pub(super) fn flush(changes: &mut Changes, transaction: &Transaction) -> rusqlite::Result<()> {
    static UPSERT: LazyLock<String> = LazyLock::new(upsert_statement);
    let mut upsert = transaction.prepare_cached(&UPSERT)?;
    for ((series, generation, day), cells) in changes.take() {
        let [site, survey, key, bucket, series] = &series;
        let mut values: Vec<&dyn ToSql> =
            vec![site, &generation, survey, key, bucket, &day.0, series];
        values.extend(cells.iter().map(|cell| cell as &dyn ToSql));
        upsert.execute(values.as_slice())?;
    }
    Ok(())
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

/// Tallies of a site in the generation that is shown, all read in one transaction.
pub(super) fn read(
    connection: &Connection,
    site: &str,
    queries: &[TallyQuery],
) -> rusqlite::Result<Tallies> {
    let snapshot = connection.unchecked_transaction()?;
    let shown = snapshot
        .prepare_cached(
            "SELECT generation, time_zone FROM placements WHERE site = ?1 AND counted_to IS NULL",
        )?
        .query_row([site], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    // Nothing was ever counted of a site that was never kept.
    let (generation, time_zone) = shown.unwrap_or((0, "UTC".to_owned()));
    let rows = queries.iter().map(|query| read_one(&snapshot, (site, generation), query));
    Ok(Tallies { time_zone, rows: rows.collect::<rusqlite::Result<_>>()? })
}

fn read_one(
    snapshot: &Transaction,
    (site, generation): (&str, Generation),
    query: &TallyQuery,
) -> rusqlite::Result<Vec<Row>> {
    let TallyQuery { survey, key, from, to } = query;
    snapshot
        .prepare_cached(&format!(
            "SELECT day, bucket, series, {CELL_COLUMNS} FROM tallies
             WHERE site = ?1 AND generation = ?2 AND survey = ?3 AND key = ?4
               AND day BETWEEN ?5 AND ?6"
        ))?
        .query_map((site, generation, survey, key, from.0, to.0), |row| {
            let cells = cells_at(row, 3)?;
            Ok(Row { day: Day(row.get(0)?), bucket: row.get(1)?, series: row.get(2)?, cells })
        })?
        .collect()
}
