//! The rows that are counted again, and the tallies they are compared with.

use std::collections::HashMap;
use std::pin::pin;

use deadpool_postgres::{Client, Transaction};
use futures_util::TryStreamExt as _;
use survey::Definition;
use tokio_postgres::IsolationLevel;

use super::super::changes::Changes;
use super::super::ingest::no_definition;
use super::super::verify::{Verified, compare};
use super::record::{json, of_row};
use super::trouble::Trouble;
use super::{placement, read, sql, tallies};

/// Counts all responses again, site by site, and has the tallies say so if asked to.
pub(super) async fn verify(client: &mut Client, repair: bool) -> Result<Verified, Trouble> {
    let mut verified = Verified::default();
    for site in read::placed_sites(client).await? {
        let Verified { responses, differences } = verify_site(client, &site, repair).await?;
        verified.responses += responses;
        verified.differences.extend(differences);
    }
    Ok(verified)
}

/// Counts the responses of a site again, and has its tallies say so if asked to.
pub(super) async fn verify_site(
    client: &mut Client,
    site: &str,
    repair: bool,
) -> Result<Verified, Trouble> {
    let mut verified = Verified::default();
    let transaction = look(client, site, repair).await?;
    for row in transaction.query(sql::SURVEYS, &[&site]).await? {
        let survey: String = row.try_get(0)?;
        let (responses, mut counted) = recount(&transaction, site, &survey).await?;
        let stored = tallies::all(&transaction, site, &survey).await?;
        let differences = compare(stored, &counted);
        if repair && !differences.is_empty() {
            transaction.execute(sql::DROP_SURVEY_TALLIES, &[&site, &survey]).await?;
            for of_site in tallies::take(&mut counted) {
                let parameters: Vec<_> = of_site.parameters().collect();
                transaction.execute(sql::ADD, &parameters).await?;
            }
        }
        verified.responses += responses;
        verified.differences.extend(differences);
    }
    transaction.commit().await?;
    Ok(verified)
}

/// Begins to look at a site: at one snapshot of it, or for a repair with everybody kept out.
async fn look<'a>(
    client: &'a mut Client,
    site: &str,
    repair: bool,
) -> Result<Transaction<'a>, Trouble> {
    if !repair {
        let snapshot = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead);
        return Ok(snapshot.read_only(true).start().await?);
    }
    let transaction = super::hand::begin(client).await?;
    transaction.execute(sql::CLOSE_SITE, &[&site]).await?;
    Ok(transaction)
}

/// How many responses a survey has, and what they come to.
async fn recount(
    transaction: &Transaction<'_>,
    site: &str,
    survey: &str,
) -> Result<(u64, Changes), Trouble> {
    let placements = placement::of_site(transaction, site).await?;
    // Nothing else can be asked while rows are coming in.
    let definitions = definitions(transaction, site, survey).await?;
    let mut counted = Changes::default();
    let mut responses = 0;
    let rows = transaction.query_raw(sql::ALL_RECORDS, [site, survey]).await?;
    let mut rows = pin!(rows);
    while let Some(row) = rows.try_next().await? {
        let mut record = of_row(&row)?;
        record.places.retain(|number, _| placements.iter().any(|it| it.generation == *number));
        let version = record.response.version.clone().unwrap_or_default();
        let missing = || Trouble::Damaged(no_definition(site, survey, &version));
        let asked = definitions.get(&version).ok_or_else(missing)?;
        counted.count(&record, asked, 1);
        responses += 1;
    }
    Ok((responses, counted))
}

/// Every definition that a survey ever asked with, by version.
async fn definitions(
    transaction: &Transaction<'_>,
    site: &str,
    survey: &str,
) -> Result<HashMap<String, Definition>, Trouble> {
    let rows = transaction.query(sql::DEFINITIONS, &[&site]).await?;
    let definitions = rows.iter().map(|row| Ok((row.try_get(0)?, json(row, 1)?)));
    let mut definitions: HashMap<String, Definition> =
        definitions.collect::<Result<_, Trouble>>()?;
    definitions.retain(|_, definition| definition.survey == survey);
    Ok(definitions)
}
