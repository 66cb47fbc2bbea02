//! Tallies in the database: signed changes in, rows out.

use deadpool_postgres::{Client, Transaction};
use futures_util::future::try_join_all;
use survey::Day;
use survey::tally::{CELLS, Cells, Row};
use tokio_postgres::IsolationLevel;

use super::super::changes::{Changes, Key};
use super::super::placement::Generation;
use super::super::{Tallies, TallyQuery};
use super::sql;
use super::trouble::Trouble;
use super::writes::Parameter;

/// Changes to tallies of one site, as the columns of one statement.
#[derive(Default)]
pub(super) struct Columns {
    site: String,
    generations: Vec<Generation>,
    /// Survey, breakdown key, bucket and series.
    names: [Vec<String>; 4],
    days: Vec<i32>,
    cells: [Vec<i64>; CELLS],
}

impl Columns {
    fn push(&mut self, names: [String; 4], generation: Generation, day: Day, cells: &Cells) {
        self.names.iter_mut().zip(names).for_each(|(column, name)| column.push(name));
        self.generations.push(generation);
        self.days.push(day.0);
        self.cells.iter_mut().zip(cells).for_each(|(column, cell)| column.push(*cell));
    }

    /// What [`sql::ADD`] takes.
    pub(super) fn parameters(&self) -> impl Iterator<Item = Parameter<'_>> {
        let [survey, key, bucket, series] = &self.names;
        let names: [Parameter; 7] =
            [&self.site, &self.generations, survey, key, bucket, &self.days, series];
        names.into_iter().chain(self.cells.iter().map(|cell| cell as Parameter))
    }
}

/// Takes all changes, site by site.
pub(super) fn take(changes: &mut Changes) -> Vec<Columns> {
    let mut sites: Vec<Columns> = Vec::new();
    for (([site, survey, key, bucket, series], generation, day), cells) in changes.take() {
        if sites.last().is_none_or(|last| last.site != site) {
            sites.push(Columns { site, ..Columns::default() });
        }
        if let Some(columns) = sites.last_mut() {
            columns.push([survey, key, bucket, series], generation, day, &cells);
        }
    }
    sites
}

/// Tallies of a site in the generation that is shown, all read in one snapshot.
pub(super) async fn read(
    client: &mut Client,
    site: &str,
    queries: &[TallyQuery],
) -> Result<Tallies, Trouble> {
    let snapshot = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead);
    let snapshot = snapshot.read_only(true).start().await?;
    let shown = snapshot.prepare_cached(sql::SHOWN).await?;
    let shown = snapshot.query_opt(&shown, &[&site]).await?;
    // Nothing was ever counted of a site that was never kept.
    let (generation, time_zone) = match shown {
        Some(row) => (row.try_get(0)?, row.try_get(1)?),
        None => (0, "UTC".to_owned()),
    };
    let rows = queries.iter().map(|query| read_one(&snapshot, (site, generation), query));
    let rows = try_join_all(rows).await?;
    snapshot.commit().await?;
    Ok(Tallies { time_zone, rows })
}

async fn read_one(
    snapshot: &Transaction<'_>,
    (site, generation): (&str, Generation),
    query: &TallyQuery,
) -> Result<Vec<Row>, Trouble> {
    let tally = snapshot.prepare_cached(sql::TALLY).await?;
    let TallyQuery { survey, key, from, to } = query;
    let rows = snapshot.query(&tally, &[&site, &generation, survey, key, &from.0, &to.0]).await?;
    let row = |row: &tokio_postgres::Row| {
        let cells = cells_at(row, 3)?;
        let day = Day(row.try_get(0)?);
        Ok(Row { day, bucket: row.try_get(1)?, series: row.try_get(2)?, cells })
    };
    rows.iter().map(row).collect()
}

/// The tallies of a survey, of every generation.
pub(super) async fn all(
    transaction: &Transaction<'_>,
    site: &str,
    survey: &str,
) -> Result<Vec<(Key, Cells)>, Trouble> {
    let rows = transaction.query(sql::ALL_TALLIES, &[&site, &survey]).await?;
    let row = |row: &tokio_postgres::Row| {
        let names = [row.try_get(0)?, row.try_get(1)?, row.try_get(2)?];
        let [key, bucket, series] = names;
        let series = [site.to_owned(), survey.to_owned(), key, bucket, series];
        Ok(((series, row.try_get(3)?, Day(row.try_get(4)?)), cells_at(row, 5)?))
    };
    rows.iter().map(row).collect()
}

/// The counters that begin at a column.
fn cells_at(row: &tokio_postgres::Row, first: usize) -> Result<Cells, Trouble> {
    let mut cells = Cells::default();
    for (at, cell) in cells.iter_mut().enumerate() {
        *cell = row.try_get(first + at)?;
    }
    Ok(cells)
}
