//! What an [`Ingest`] learns and has written inside one transaction.
//!
//! Every transaction takes what it holds in one order: sites, stored records, new records, buckets,
//! tallies, each in the order of its keys. So collectors never wait for each other in a circle.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use deadpool_postgres::Transaction;
use futures_util::future::{try_join, try_join_all};
use survey::response::Response;
use tokio_postgres::types::ToSql;

use super::super::ingest::{
    Asked, Breakdown, Ingest, Row, RowKey, Version, key_of, no_definition, version_of,
};
use super::super::placement::Placement;
use super::record::{Columns, id_of, json, of_row};
use super::trouble::Trouble;
use super::{placement, sql, tallies};

/// Learns what there is about responses with these keys, and holds it until the transaction ends.
pub(super) async fn learn(
    ingest: &mut Ingest,
    transaction: &Transaction<'_>,
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
        learn_records(ingest, transaction, &site, &records).await?;
    }
    Ok(())
}

/// Holds a site and tells its generations.
async fn hold(transaction: &Transaction<'_>, site: &str) -> Result<Vec<Arc<Placement>>, Trouble> {
    let hold = transaction.prepare_cached(sql::HOLD_SITE).await?;
    transaction.execute(&hold, &[&site]).await?;
    placement::of_site(transaction, site).await
}

/// The stored records with these ids.
async fn records(
    transaction: &Transaction<'_>,
    site: &str,
    ids: &BTreeSet<String>,
) -> Result<Vec<tokio_postgres::Row>, Trouble> {
    let find = transaction.prepare_cached(sql::RECORDS).await?;
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    Ok(transaction.query(&find, &[&site, &ids]).await?)
}

/// Learns stored records of a site, and the definitions that they were asked with.
pub(super) async fn learn_records(
    ingest: &mut Ingest,
    transaction: &Transaction<'_>,
    site: &str,
    rows: &[tokio_postgres::Row],
) -> Result<(), Trouble> {
    for row in rows {
        match asked(ingest, transaction, row).await {
            Ok(asked) => ingest.learn_record(asked),
            Err(Trouble::Damaged(reason)) => {
                ingest.learn_damaged((site.to_owned(), id_of(row)?), reason);
            }
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(())
}

/// The record of a row, and the definition that it was asked with.
async fn asked(
    ingest: &mut Ingest,
    transaction: &Transaction<'_>,
    row: &tokio_postgres::Row,
) -> Result<Asked, Trouble> {
    let record = of_row(row)?;
    let version = version_of(&record.response);
    if let Some(definition) = ingest.definition(&version) {
        return Ok(Asked { record, definition });
    }
    let definition = Arc::new(definition(transaction, &version).await?);
    ingest.learn_definition(version, definition.clone());
    Ok(Asked { record, definition })
}

/// The definition that responses were asked with.
async fn definition(
    transaction: &Transaction<'_>,
    (site, survey, version): &Version,
) -> Result<survey::Definition, Trouble> {
    let find = transaction.prepare_cached(sql::DEFINITION).await?;
    match transaction.query_opt(&find, &[site, survey, version]).await? {
        Some(row) => json(&row, 0),
        None => Err(Trouble::Damaged(no_definition(site, survey, version))),
    }
}

/// Learns the buckets in which values belong that were never met.
pub(super) async fn learn_buckets(
    ingest: &mut Ingest,
    transaction: &Transaction<'_>,
    responses: impl IntoIterator<Item = &Response>,
) -> Result<(), Trouble> {
    let unknown = |response| ingest.unknown_buckets(response, ingest.stored(&key_of(response)));
    let unknown: BTreeSet<Breakdown> = responses.into_iter().flat_map(unknown).collect();
    let known = unknown.iter().map(|breakdown| buckets(transaction, breakdown));
    let known = try_join_all(known).await?;
    for (breakdown, known) in unknown.into_iter().zip(known) {
        ingest.learn_buckets(&breakdown, known);
    }
    Ok(())
}

async fn buckets(
    transaction: &Transaction<'_>,
    (site, survey, key): &Breakdown,
) -> Result<HashSet<String>, Trouble> {
    let find = transaction.prepare_cached(sql::BUCKETS).await?;
    let rows = transaction.query(&find, &[site, survey, key]).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

/// Writes everything that was decided on.
pub(super) async fn write(
    ingest: &mut Ingest,
    transaction: &Transaction<'_>,
) -> Result<(), Trouble> {
    let erased: Vec<RowKey> = ingest.take_erased().into_iter().collect();
    for of_site in erased.chunk_by(|(one, _), (next, _)| one == next) {
        let ids: Vec<&str> = of_site.iter().map(|(_, id)| id.as_str()).collect();
        transaction.execute(sql::ERASE, &[&of_site[0].0, &ids]).await?;
    }
    let rows = ingest.take_rows();
    let sites = rows.chunk_by(|one, next| site_of(one) == site_of(next));
    let sites: Vec<_> = sites.map(|rows| (site_of(&rows[0]), Columns::of(rows))).collect();
    let new = sites.iter().map(|(site, (new, _))| insert(transaction, site, new));
    try_join_all(new).await?;
    let revised = sites.iter().map(|(site, (_, revised))| update(transaction, site, revised));
    try_join_all(revised).await?;
    put_buckets(transaction, &ingest.take_buckets()).await?;
    tallies::flush(&mut ingest.changes, transaction).await?;
    ingest.forget_placements();
    Ok(())
}

fn site_of(row: &Row) -> &str {
    &row.asked.record.response.site
}

async fn insert(
    transaction: &Transaction<'_>,
    site: &str,
    columns: &Columns,
) -> Result<(), Trouble> {
    if columns.len() == 0 {
        return Ok(());
    }
    let insert = transaction.prepare_cached(sql::INSERT).await?;
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&site];
    parameters.extend(columns.whole());
    let written = transaction.execute(&insert, &parameters).await?;
    // Another collector stored one of them since it was looked for.
    if written == columns.len() as u64 { Ok(()) } else { Err(Trouble::Overtaken) }
}

async fn update(
    transaction: &Transaction<'_>,
    site: &str,
    columns: &Columns,
) -> Result<(), Trouble> {
    if columns.len() == 0 {
        return Ok(());
    }
    let update = transaction.prepare_cached(sql::UPDATE).await?;
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&site];
    parameters.extend(columns.changed());
    transaction.execute(&update, &parameters).await?;
    Ok(())
}

/// Keeps values of breakdown keys, which are in order.
pub(super) async fn put_buckets(
    transaction: &Transaction<'_>,
    buckets: &[(Breakdown, String)],
) -> Result<(), Trouble> {
    for of_site in buckets.chunk_by(|((one, ..), _), ((next, ..), _)| one == next) {
        let put = transaction.prepare_cached(sql::PUT_BUCKETS).await?;
        let column = |pick: fn(&(Breakdown, String)) -> &String| -> Vec<&str> {
            of_site.iter().map(|bucket| pick(bucket).as_str()).collect()
        };
        let surveys = column(|((_, survey, _), _)| survey);
        let keys = column(|((_, _, key), _)| key);
        let values = column(|(_, value)| value);
        let site = &of_site[0].0.0;
        transaction.execute(&put, &[site, &surveys, &keys, &values]).await?;
    }
    Ok(())
}
