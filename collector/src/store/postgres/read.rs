//! Plain reads.

use deadpool_postgres::Client;
use tokio_postgres::types::ToSql;

use super::super::record::Record;
use super::super::{Page, PageQuery, StoredDefinition, StoredSite};
use super::record::{json, of_row};
use super::sql;
use super::trouble::Trouble;

/// One page of a survey's responses, newest first.
pub(super) async fn responses(client: &Client, query: &PageQuery) -> Result<Page, Trouble> {
    let (time, id) = query.after.clone().unwrap_or((i64::MAX, String::new()));
    let group = query.group.map_or(String::new(), |group| format!(",{group},"));
    // One more than asked for tells whether there is a next page.
    let limit = query.limit as i64 + 1;
    let PageQuery { site, survey, commented, excluded, .. } = query;
    let parameters: [&(dyn ToSql + Sync); 8] =
        [site, survey, &time, &id, commented, &group, &limit, excluded];
    let page = client.prepare_cached(sql::PAGE).await?;
    let rows = client.query(&page, &parameters).await?;
    let mut responses: Vec<Record> = rows.iter().map(of_row).collect::<Result<_, _>>()?;
    let more = responses.len() > query.limit;
    responses.truncate(query.limit);
    let next = responses.last().filter(|_| more);
    let next = next.map(|last| (last.submitted_at_ms, last.response.id.clone()));
    Ok(Page { responses, next })
}

/// So many of a survey's responses, oldest first, from after a time and an id on.
pub(super) async fn oldest_first(
    client: &Client,
    (site, survey): (&str, &str),
    after: Option<(i64, String)>,
    limit: usize,
) -> Result<Vec<Record>, Trouble> {
    let (time, id) = after.unwrap_or((i64::MIN, String::new()));
    let find = client.prepare_cached(sql::OLDEST_FIRST).await?;
    let rows = client.query(&find, &[&site, &survey, &time, &id, &(limit as i64)]).await?;
    rows.iter().map(of_row).collect()
}

/// The keys of all attributes that a survey's responses have, in order.
pub(super) async fn attribute_keys(
    client: &Client,
    site: &str,
    survey: &str,
) -> Result<Vec<String>, Trouble> {
    let rows = client.query(sql::ATTRIBUTE_KEYS, &[&site, &survey]).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

/// Which of these ids belong to responses of another survey of the site, and of which.
pub(super) async fn of_other_surveys(
    client: &Client,
    (site, survey): (&str, &str),
    ids: &[String],
) -> Result<Vec<(String, String)>, Trouble> {
    let rows = client.query(sql::OF_OTHER_SURVEYS, &[&site, &survey, &ids]).await?;
    let pair = |row: &tokio_postgres::Row| Ok((row.try_get(0)?, row.try_get(1)?));
    rows.iter().map(pair).collect()
}

/// At most so many of a respondent's responses, newest first. Those of people named by the host
/// have an index; a browser's own id is looked for in all rows.
pub(super) async fn of_respondent(
    client: &Client,
    (site, respondent): (&str, &str),
    limit: usize,
) -> Result<Vec<Record>, Trouble> {
    let of = if respondent.starts_with('~') { sql::OF_DRAWN } else { sql::OF_NAMED };
    let find = client.prepare_cached(of).await?;
    let rows = client.query(&find, &[&site, &respondent, &(limit as i64)]).await?;
    rows.iter().map(of_row).collect()
}

/// The version of the definition that a stored response was asked with.
pub(super) async fn asked_version(
    client: &Client,
    site: &str,
    id: &str,
) -> Result<Option<String>, Trouble> {
    let find = client.prepare_cached(sql::ASKED_VERSION).await?;
    let row = client.query_opt(&find, &[&site, &id]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?.flatten())
}

/// All sites.
pub(super) async fn sites(client: &Client) -> Result<Vec<StoredSite>, Trouble> {
    let rows = client.query(sql::SITES, &[]).await?;
    let site =
        |row: &tokio_postgres::Row| Ok(StoredSite { site: row.try_get(0)?, file: row.try_get(1)? });
    rows.iter().map(site).collect()
}

/// The keys of all sites that have answers, or once had.
pub(super) async fn placed_sites(client: &Client) -> Result<Vec<String>, Trouble> {
    let rows = client.query(sql::PLACED_SITES, &[]).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

/// The site with this key.
pub(super) async fn site(client: &Client, site: &str) -> Result<Option<StoredSite>, Trouble> {
    let row = client.query_opt(sql::SITE, &[&site]).await?;
    row.map(|row| Ok(StoredSite { site: site.to_owned(), file: row.try_get(0)? })).transpose()
}

/// Every definition a site ever asked with.
pub(super) async fn definitions(
    client: &Client,
    site: &str,
) -> Result<Vec<StoredDefinition>, Trouble> {
    let rows = client.query(sql::DEFINITIONS, &[&site]).await?;
    let definition = |row: &tokio_postgres::Row| {
        Ok(StoredDefinition {
            version: row.try_get(0)?,
            definition: json(row, 1)?,
            current: row.try_get(2)?,
        })
    };
    rows.iter().map(definition).collect()
}
