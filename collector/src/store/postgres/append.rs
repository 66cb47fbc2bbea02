//! What an [`Ingest`] learns and has written inside one transaction.
//!
//! Every transaction takes what it holds in one order: the turn to fold and entries of the journal,
//! sites, stored records, new records, buckets, tallies, each in the order of its keys. So collectors
//! never wait for each other in a circle.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use deadpool_postgres::GenericClient;
use futures_util::future::{try_join, try_join_all};
use survey::Definition;

use super::super::ingest::{
    Asked, Breakdown, Ingest, Row, RowKey, Settled, Version, no_definition, version_of,
};
use super::super::placement::Placement;
use super::record::{Columns, id_of, json, of_row};
use super::trouble::Trouble;
use super::writes::{Buckets, Erased, Parameter, Writes};
use super::{placement, sql, tallies};

/// Learns what there is about responses with these keys, and holds it until the transaction ends.
pub(super) async fn learn(
    ingest: &mut Ingest,
    transaction: &impl GenericClient,
    keys: impl IntoIterator<Item = RowKey>,
) -> Result<(), Trouble> {
    let mut sites: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (site, id) in keys {
        sites.entry(site).or_default().insert(id);
    }
    for statement in [sql::HOLD_SITE, sql::PLACEMENTS, sql::RECORDS] {
        transaction.prepare_cached(statement).await?;
    }
    // All questions travel together; the server takes them in this order.
    let placements = try_join_all(sites.keys().map(|site| hold(transaction, site)));
    let records = sites.iter().map(|(site, ids)| records(transaction, site, ids));
    let (placements, records) = try_join(placements, try_join_all(records)).await?;
    for ((site, placements), records) in sites.into_keys().zip(placements).zip(records) {
        ingest.learn_placements(site.clone(), placements);
        learn_records(ingest, transaction, &site, records).await?;
    }
    Ok(())
}

/// Holds a site and tells its generations.
async fn hold(
    transaction: &impl GenericClient,
    site: &str,
) -> Result<Vec<Arc<Placement>>, Trouble> {
    let hold = transaction.prepare_cached(sql::HOLD_SITE).await?;
    transaction.execute(&hold, &[&site]).await?;
    placement::of_site(transaction, site).await
}

/// The stored records with these ids.
async fn records(
    transaction: &impl GenericClient,
    site: &str,
    ids: &BTreeSet<String>,
) -> Result<Vec<tokio_postgres::Row>, Trouble> {
    let find = transaction.prepare_cached(sql::RECORDS).await?;
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    Ok(transaction.query(&find, &[&site, &ids]).await?)
}

/// Learns stored records of a site, and the definitions that they were asked with. Each row is let
/// go of before the next is looked at: there may be many.
pub(super) async fn learn_records(
    ingest: &mut Ingest,
    transaction: &impl GenericClient,
    site: &str,
    rows: Vec<tokio_postgres::Row>,
) -> Result<(), Trouble> {
    for row in rows {
        match asked(ingest, transaction, &row).await {
            Ok(asked) => ingest.learn_record(asked),
            Err(Trouble::Damaged(reason)) => {
                ingest.learn_damaged((site.to_owned(), id_of(&row)?), reason);
            }
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(())
}

/// The record of a row, and the definition that it was asked with.
async fn asked(
    ingest: &mut Ingest,
    transaction: &impl GenericClient,
    row: &tokio_postgres::Row,
) -> Result<Arc<Asked>, Trouble> {
    let record = of_row(row)?;
    let definition = definition(ingest, transaction, &version_of(&record.response)).await?;
    Ok(Arc::new(Asked { record, definition }))
}

/// The definition that responses were asked with.
pub(super) async fn definition(
    ingest: &mut Ingest,
    transaction: &impl GenericClient,
    version: &Version,
) -> Result<Arc<Definition>, Trouble> {
    if let Some(definition) = ingest.definition(version) {
        return Ok(definition);
    }
    let find = transaction.prepare_cached(sql::DEFINITION).await?;
    let (site, survey, number) = version;
    let Some(row) = transaction.query_opt(&find, &[site, survey, number]).await? else {
        return Err(Trouble::Damaged(no_definition(site, survey, number)));
    };
    let definition: Arc<Definition> = Arc::new(json(&row, 0)?);
    ingest.learn_definition(version.clone(), definition.clone());
    Ok(definition)
}

/// Learns the buckets in which changed values belong that were never met.
pub(super) async fn learn_buckets(
    ingest: &mut Ingest,
    transaction: &impl GenericClient,
) -> Result<(), Trouble> {
    let unknown = ingest.unknown_buckets(usize::MAX);
    let known = unknown.iter().map(|breakdown| buckets(transaction, breakdown));
    let known = try_join_all(known).await?;
    for (breakdown, known) in unknown.iter().zip(known) {
        ingest.learn_buckets(breakdown, known);
    }
    Ok(())
}

async fn buckets(
    transaction: &impl GenericClient,
    (site, survey, key): &Breakdown,
) -> Result<HashSet<String>, Trouble> {
    let find = transaction.prepare_cached(sql::BUCKETS).await?;
    let rows = transaction.query(&find, &[site, survey, key]).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

/// Writes everything that was decided on, and then does what ends it. All travels together.
pub(super) async fn write(
    ingest: &mut Ingest,
    transaction: &impl GenericClient,
    end: impl Future<Output = Result<(), Trouble>>,
) -> Result<(), Trouble> {
    let Settled { erased, rows, buckets } = ingest.settle(usize::MAX);
    let erased = Erased::of(erased);
    let sites = rows.chunk_by(|one, next| site_of(one) == site_of(next));
    let sites = sites.map(|rows| (site_of(&rows[0]).to_owned(), Columns::of(rows)));
    let sites: Vec<_> = sites.collect();
    // They are needed no more, and there may be many.
    drop(rows);
    let buckets = Buckets::of(buckets);
    let tallies = tallies::take(&mut ingest.changes);
    ingest.forget_placements();
    ingest.forget_damage();
    ingest.forget_unchanged();
    let mut writes = Writes::default();
    for Erased { site, ids } in &erased {
        writes.push(transaction, sql::ERASE, [site as Parameter, ids]).await?;
    }
    for (site, (_, revised)) in sites.iter().filter(|(_, (_, revised))| !revised.is_empty()) {
        let changed = [site as Parameter].into_iter().chain(revised.changed());
        writes.push(transaction, sql::UPDATE, changed).await?;
    }
    writes.push(transaction, sql::ADD_ROWS, []).await?;
    for (site, (new, _)) in sites.iter().filter(|(_, (new, _))| !new.is_empty()) {
        let whole = [site as Parameter].into_iter().chain(new.whole());
        writes.push(transaction, sql::INSERT, whole).await?;
    }
    for of_site in &buckets {
        writes.push(transaction, sql::PUT_BUCKETS, of_site.parameters()).await?;
    }
    for of_site in &tallies {
        writes.push(transaction, sql::ADD, of_site.parameters()).await?;
    }
    try_join(writes.run(transaction), end).await?;
    Ok(())
}

fn site_of(row: &Row) -> &str {
    &row.asked.record.response.site
}
