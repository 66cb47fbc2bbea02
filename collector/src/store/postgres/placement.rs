//! The generations of sites in the database.

use std::sync::Arc;

use deadpool_postgres::{GenericClient, Transaction};
use tokio_postgres::types::ToSql;

use super::super::placement::{Generation, Placement, Placing};
use super::super::record::to_json;
use super::record::json;
use super::sql;
use super::trouble::Trouble;

/// The generations of a site: the one that is shown and, during a rebuild, the one after it.
pub(super) async fn of_site(
    transaction: &impl GenericClient,
    site: &str,
) -> Result<Vec<Arc<Placement>>, Trouble> {
    let ready = |(generation, placing)| Arc::new(Placement::new(generation, placing));
    Ok(kept(transaction, site).await?.into_iter().map(ready).collect())
}

/// The generations of a site and what decides in each.
pub(super) async fn kept(
    transaction: &impl GenericClient,
    site: &str,
) -> Result<Vec<(Generation, Placing)>, Trouble> {
    let find = transaction.prepare_cached(sql::PLACEMENTS).await?;
    let rows = transaction.query(&find, &[&site]).await?;
    let placing = |row: &tokio_postgres::Row| {
        let placing = Placing { time_zone: row.try_get(1)?, breakdowns: json(row, 2)? };
        Ok((row.try_get(0)?, placing))
    };
    rows.iter().map(placing).collect()
}

/// Has the responses of a closed site placed so from now on: at once when it is new, else by a
/// rebuild, which takes the place of one that is under way.
pub(super) async fn want(
    transaction: &Transaction<'_>,
    site: &str,
    wanted: &Placing,
) -> Result<(), Trouble> {
    let kept = kept(transaction, site).await?;
    if kept.last().is_some_and(|(_, newest)| newest == wanted) {
        return Ok(());
    }
    if let [_, (under_way, _)] = kept.as_slice() {
        drop_generation(transaction, site, *under_way).await?;
    }
    // No number is ever used again: rows may still hold places of a rebuild that was given up.
    let generation = kept.last().map_or(1, |(newest, _)| newest + 1);
    let counted_to = kept.first().map(|_| "");
    put(transaction, site, generation, wanted, counted_to).await
}

/// Writes a new generation of a closed site; one that is not shown yet says how far it is counted.
pub(super) async fn put(
    transaction: &Transaction<'_>,
    site: &str,
    generation: Generation,
    placing: &Placing,
    counted_to: Option<&str>,
) -> Result<(), Trouble> {
    let breakdowns = to_json(&placing.breakdowns);
    let put: [&(dyn ToSql + Sync); 5] =
        [&site, &generation, &placing.time_zone, &breakdowns, &counted_to];
    transaction.execute(sql::PUT_PLACEMENT, &put).await?;
    Ok(())
}

/// Shows a generation of a closed site and drops those before it.
pub(super) async fn show(
    transaction: &Transaction<'_>,
    site: &str,
    generation: Generation,
) -> Result<(), Trouble> {
    for (old, _) in kept(transaction, site).await? {
        if old < generation {
            drop_generation(transaction, site, old).await?;
        }
    }
    reached(transaction, site, generation, None).await
}

/// Notes up to which id a generation of a closed site has been counted; `None` shows it.
pub(super) async fn reached(
    transaction: &Transaction<'_>,
    site: &str,
    generation: Generation,
    id: Option<&str>,
) -> Result<(), Trouble> {
    transaction.execute(sql::REACHED, &[&site, &generation, &id]).await?;
    Ok(())
}

async fn drop_generation(
    transaction: &Transaction<'_>,
    site: &str,
    generation: Generation,
) -> Result<(), Trouble> {
    for drop in [sql::DROP_TALLIES, sql::DROP_PLACEMENT] {
        transaction.execute(drop, &[&site, &generation]).await?;
    }
    Ok(())
}
