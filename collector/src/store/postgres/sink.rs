//! Rows that come from another database, and are written as they are.

use std::collections::HashMap;
use std::sync::Arc;

use deadpool_postgres::{Client, Transaction};
use sha2::{Digest as _, Sha256};

use super::super::ingest::{Asked, Breakdown, Row};
use super::super::placement::{Generation, Placing};
use super::super::record::{Record, to_json};
use super::super::{StoreError, StoredDefinition, StoredSite};
use super::hand::begin;
use super::record::Columns;
use super::trouble::Trouble;
use super::writes::{Buckets, Parameter};
use super::{configure, placement, sql, verify};

/// How many responses a site has here.
pub(in crate::store) async fn count(client: &Client, site: &str) -> Result<u64, StoreError> {
    let count: i64 = client.query_one(sql::COUNT, &[&site]).await?.try_get(0)?;
    Ok(count.unsigned_abs())
}

/// Writes what has to be there before a site's responses; tells whether they can follow, because
/// nothing else decides there where they count.
pub(in crate::store) async fn frame(
    client: &mut Client,
    site: &str,
    (generation, placing): &(Generation, Placing),
    definitions: &[StoredDefinition],
    buckets: Vec<(Breakdown, String)>,
) -> Result<bool, StoreError> {
    let frame = async {
        let transaction = begin(client).await?;
        transaction.execute(sql::CLOSE_SITE, &[&site]).await?;
        match placement::kept(&transaction, site).await?.as_slice() {
            [] => placement::put(&transaction, site, *generation, placing, None).await?,
            [(number, there)] if number == generation && there == placing => {}
            _ => return Ok(false),
        }
        for definition in definitions {
            configure::put_definition(&transaction, site, definition).await?;
        }
        for of_site in Buckets::of(buckets) {
            transaction.execute(sql::PUT_BUCKETS, &of_site.parameters()).await?;
        }
        transaction.commit().await?;
        Ok::<_, Trouble>(true)
    };
    Ok(frame.await?)
}

/// Writes those of a site's responses that are not there as they are; returns how many.
pub(in crate::store) async fn records(
    client: &mut Client,
    site: &str,
    records: Vec<Asked>,
) -> Result<u64, StoreError> {
    let transaction = begin(client).await?;
    let ids: Vec<&str> = records.iter().map(|it| it.record.response.id.as_str()).collect();
    let known = digests(&transaction, site, &ids).await?;
    let arrived = |record: &Record| known.get(&record.response.id) == Some(&digest(record));
    let rows = records.into_iter().filter(|asked| !arrived(&asked.record)).map(Arc::new);
    let rows: Vec<Row> = rows.map(|asked| Row { new: true, renamed: false, asked }).collect();
    if !rows.is_empty() {
        let (columns, _) = Columns::of(&rows);
        let mut parameters: Vec<Parameter> = vec![&site];
        parameters.extend(columns.whole());
        transaction.execute(sql::PUT_RECORDS, &parameters).await?;
    }
    transaction.commit().await?;
    Ok(rows.len() as u64)
}

/// What is here of responses, told by their digests.
async fn digests(
    transaction: &Transaction<'_>,
    site: &str,
    ids: &[&str],
) -> Result<HashMap<String, Vec<u8>>, Trouble> {
    let find = transaction.prepare_cached(sql::DIGESTS).await?;
    let rows = transaction.query(&find, &[&site, &ids]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// The same digest as that of [`sql::DIGESTS`].
fn digest(record: &Record) -> Vec<u8> {
    let Record { response, places, handling, excluded, .. } = record;
    let parts = [to_json(response), to_json(places), to_json(handling), excluded.to_string()];
    Sha256::digest(parts.concat()).to_vec()
}

/// Counts a site's responses into its tallies, and serves it from now on, placed as it was wanted
/// last.
pub(in crate::store) async fn finish(
    client: &mut Client,
    site: &str,
    wanted: &Placing,
    stored: Option<&StoredSite>,
    secret: Option<&str>,
) -> Result<(), StoreError> {
    verify::verify_site(client, site, true).await?;
    let transaction = begin(client).await?;
    transaction.execute(sql::CLOSE_SITE, &[&site]).await?;
    placement::want(&transaction, site, wanted).await?;
    if let Some(StoredSite { site, file }) = stored {
        transaction.execute(sql::PUT_SITE, &[site, file]).await?;
    }
    if let Some(secret) = secret {
        transaction.execute(sql::SET_SECRET, &[&site, &secret]).await?;
    }
    transaction.execute(sql::TELL, &[&site]).await?;
    Ok(transaction.commit().await?)
}
