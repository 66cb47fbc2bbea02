//! The rows that a site's configuration is kept in, and the schema.

use deadpool_postgres::{Client, GenericClient, Transaction};
use tokio_postgres::types::ToSql;

use super::super::placement::Placing;
use super::super::record::to_json;
use super::super::{OpenError, StoredDefinition, StoredSite};
use super::connect::Target;
use super::hand::begin;
use super::trouble::Trouble;
use super::{placement, sql};

/// What makes the tables: those of the first schema, and what each later one adds.
const SCHEMAS: [&str; 4] = [
    include_str!("schema.sql"),
    include_str!("to-schema-2.sql"),
    include_str!("to-schema-3.sql"),
    include_str!("to-schema-4.sql"),
];
/// The schema this release writes.
const SCHEMA: i32 = SCHEMAS.len() as i32;

/// Brings the schema up to date, unless it is; one program at a time does.
pub(super) async fn migrate(client: &mut Client, target: &Target) -> Result<(), OpenError> {
    if release(client, target).await? == Some(SCHEMA) {
        return Ok(());
    }
    let failed = |error: tokio_postgres::Error| target.unreachable(&error);
    let transaction = begin(client).await.map_err(failed)?;
    transaction.execute(sql::LOCK_SCHEMA, &[]).await.map_err(failed)?;
    // Another program may have done it while this one waited.
    let found = release(&transaction, target).await?;
    for schema in SCHEMAS.iter().skip(found.map_or(0, |found| found.unsigned_abs() as usize)) {
        transaction.batch_execute(schema).await.map_err(failed)?;
    }
    let note = if found.is_some() { sql::RAISE_RELEASE } else { sql::SET_RELEASE };
    transaction.execute(note, &[&SCHEMA]).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)
}

/// The schema that is there, if any; it has to be of no newer release.
pub(super) async fn release(
    client: &impl GenericClient,
    target: &Target,
) -> Result<Option<i32>, OpenError> {
    let failed = |error: tokio_postgres::Error| target.unreachable(&error);
    let there: bool = client.query_one(sql::HAS_RELEASE, &[]).await.map_err(failed)?.get(0);
    if !there {
        return Ok(None);
    }
    let found: i32 = client.query_one(sql::RELEASE, &[]).await.map_err(failed)?.get(0);
    if found > SCHEMA {
        return Err(OpenError::Newer { place: target.to_string(), found, known: SCHEMA });
    }
    Ok(Some(found))
}

/// Writes a site and its current definitions; the older ones of those surveys stay, retired. All
/// collectors are told.
pub(super) async fn keep_site(
    client: &mut Client,
    site: &StoredSite,
    definitions: &[StoredDefinition],
    placing: &Placing,
) -> Result<(), Trouble> {
    let transaction = begin(client).await?;
    transaction.execute(sql::CLOSE_SITE, &[&site.site]).await?;
    placement::want(&transaction, &site.site, placing).await?;
    transaction.execute(sql::PUT_SITE, &[&site.site, &site.file]).await?;
    for definition in definitions {
        let survey = &definition.definition.survey;
        transaction.execute(sql::RETIRE, &[&site.site, survey]).await?;
        put_definition(&transaction, &site.site, definition).await?;
    }
    transaction.execute(sql::TELL, &[&site.site]).await?;
    Ok(transaction.commit().await?)
}

/// Writes a definition.
pub(super) async fn put_definition(
    transaction: &Transaction<'_>,
    site: &str,
    StoredDefinition { version, definition, current }: &StoredDefinition,
) -> Result<(), Trouble> {
    let put: [&(dyn ToSql + Sync); 5] =
        [&site, &definition.survey, version, &to_json(definition), current];
    transaction.execute(sql::PUT_DEFINITION, &put).await?;
    Ok(())
}

/// Forgets a site's file. All collectors are told.
pub(super) async fn drop_site(client: &mut Client, site: &str) -> Result<(), Trouble> {
    let transaction = begin(client).await?;
    transaction.execute(sql::DROP_SITE, &[&site]).await?;
    transaction.execute(sql::TELL, &[&site]).await?;
    Ok(transaction.commit().await?)
}
