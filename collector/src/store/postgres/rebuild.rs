//! Rebuilds the tallies of sites whose answers are to be placed otherwise, step by step, beside
//! ingest. Every collector looks after every rebuild: whichever comes first does the next step, so
//! one that was cut off anywhere goes on.

use std::collections::BTreeSet;
use std::time::Duration;

use deadpool_postgres::{Pool, Transaction};
use tokio::sync::mpsc;
use tokio_postgres::Row;

use super::super::ingest::{Ingest, RowKey};
use super::super::placement::{Generation, STEP};
use super::append;
use super::hand::begin;
use super::record::id_of;
use super::trouble::Trouble;
use super::{placement, sql};

/// Pause before a step that failed is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Rebuilds what has to be, among the sites that come in, until none can come any more.
pub(super) async fn run(pool: Pool, mut sites: mpsc::UnboundedReceiver<String>) {
    let mut waiting = BTreeSet::new();
    loop {
        while let Ok(site) = sites.try_recv() {
            waiting.insert(site);
        }
        let Some(site) = waiting.first().cloned() else {
            match sites.recv().await {
                Some(site) => waiting.insert(site),
                None => return,
            };
            continue;
        };
        match step(&pool, &site).await {
            Ok(true) | Err(Trouble::Overtaken) => {}
            Ok(false) => {
                waiting.remove(&site);
            }
            Err(trouble) => {
                tracing::warn!(site, ?trouble, "a rebuild of tallies waits for the database");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Goes on with the rebuild of a site by some rows; tells whether there is more to do.
async fn step(pool: &Pool, site: &str) -> Result<bool, Trouble> {
    let mut client = pool.get().await?;
    // Most of the time there is nothing to do; then nobody has to be kept out.
    if client.query(sql::REBUILD, &[&site]).await?.is_empty() {
        return Ok(false);
    }
    let transaction = begin(&mut client).await?;
    transaction.execute(sql::CLOSE_SITE, &[&site]).await?;
    let Some(under_way) = transaction.query_opt(sql::REBUILD, &[&site]).await? else {
        return Ok(false);
    };
    let generation: Generation = under_way.try_get(0)?;
    let rows = transaction
        .query(sql::NEXT, &[&site, &under_way.try_get::<_, &str>(1)?, &(STEP as i64)])
        .await?;
    place(&transaction, site, generation, rows).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Gives records their place in a new generation, or shows it when there are no more. Those that
/// cannot be read are left as they are.
async fn place(
    transaction: &Transaction<'_>,
    site: &str,
    generation: Generation,
    rows: Vec<Row>,
) -> Result<(), Trouble> {
    let keys = rows.iter().map(|row| Ok((site.to_owned(), id_of(row)?)));
    let keys: Vec<RowKey> = keys.collect::<Result<_, Trouble>>()?;
    let Some((_, last)) = keys.last() else {
        return placement::show(transaction, site, generation).await;
    };
    let mut ingest = Ingest::default();
    ingest.learn_placements(site.to_owned(), placement::of_site(transaction, site).await?);
    append::learn_records(&mut ingest, transaction, site, rows).await?;
    keys.iter().for_each(|key| ingest.place_anew(key, generation));
    append::learn_buckets(&mut ingest, transaction).await?;
    let end = placement::reached(transaction, site, generation, Some(last));
    append::write(&mut ingest, transaction, end).await
}
