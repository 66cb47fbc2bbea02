//! Plain reads. What may lag behind is read from a replica, if there is one; everything else about
//! responses after what was journaled is folded.

use deadpool_postgres::Client;
use tokio_postgres::types::ToSql;

use super::super::record::Record;
use super::super::{
    Page, PageQuery, StoreError, StoredDefinition, StoredSite, Tallies, TallyQuery,
};
use super::record::{json, of_row};
use super::trouble::Trouble;
use super::{Postgres, sql, tallies};

impl Postgres {
    pub(in crate::store) async fn tally(
        &self,
        site: String,
        queries: Vec<TallyQuery>,
    ) -> Result<Tallies, StoreError> {
        let (site, queries) = (&site, &queries);
        let ask = |mut client| async move { tallies::read(&mut client, site, queries).await };
        self.readers.ask(site, ask).await
    }

    pub(in crate::store) async fn responses(&self, query: PageQuery) -> Result<Page, StoreError> {
        let query = &query;
        let ask = |client| async move { page(&client, query).await };
        self.readers.ask(&query.site, ask).await
    }

    pub(in crate::store) async fn oldest_first(
        &self,
        site: String,
        survey: String,
        after: Option<(i64, String)>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let (time, id) = after.unwrap_or((i64::MIN, String::new()));
        let (site, limit) = (&site, limit as i64);
        let asked: [&(dyn ToSql + Sync); 5] = [site, &survey, &time, &id, &limit];
        let asked = &asked;
        let ask = |client| async move { records(&client, sql::OLDEST_FIRST, asked).await };
        self.readers.ask(site, ask).await
    }

    pub(in crate::store) async fn attribute_keys(
        &self,
        site: String,
        survey: String,
    ) -> Result<Vec<String>, StoreError> {
        let (site, survey) = (&site, &survey);
        let ask = |client: Client| async move {
            let rows = client.query(sql::ATTRIBUTE_KEYS, &[site, survey]).await?;
            Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
        };
        self.readers.ask(site, ask).await
    }

    pub(in crate::store) async fn of_other_surveys(
        &self,
        site: String,
        survey: String,
        ids: Vec<String>,
    ) -> Result<Vec<(String, String)>, StoreError> {
        self.fold(&site).await?;
        let client = self.client().await?;
        let rows = client.query(sql::OF_OTHER_SURVEYS, &[&site, &survey, &ids]).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    }

    /// Those of people named by the host have an index; a browser's own id is looked for in all
    /// rows.
    pub(in crate::store) async fn of_respondent(
        &self,
        site: String,
        respondent: String,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        let of = if respondent.starts_with('~') { sql::OF_DRAWN } else { sql::OF_NAMED };
        self.fold(&site).await?;
        let client = self.client().await?;
        Ok(records(&client, of, &[&site, &respondent, &(limit as i64)]).await?)
    }

    pub(in crate::store) async fn asked_version(
        &self,
        site: String,
        id: String,
    ) -> Result<Option<String>, StoreError> {
        self.fold(&site).await?;
        let client = self.client().await?;
        let find = client.prepare_cached(sql::ASKED_VERSION).await?;
        let row = client.query_opt(&find, &[&site, &id]).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?.flatten())
    }

    pub(in crate::store) async fn sites(&self) -> Result<Vec<StoredSite>, StoreError> {
        let rows = self.client().await?.query(sql::SITES, &[]).await?;
        let site = |row: &tokio_postgres::Row| {
            Ok(StoredSite { site: row.try_get(0)?, file: row.try_get(1)? })
        };
        rows.iter().map(site).collect()
    }

    pub(in crate::store) async fn site(
        &self,
        site: &str,
    ) -> Result<Option<StoredSite>, StoreError> {
        let row = self.client().await?.query_opt(sql::SITE, &[&site]).await?;
        row.map(|row| Ok(StoredSite { site: site.to_owned(), file: row.try_get(0)? })).transpose()
    }

    pub(in crate::store) async fn definitions(
        &self,
        site: &str,
    ) -> Result<Vec<StoredDefinition>, StoreError> {
        let rows = self.client().await?.query(sql::DEFINITIONS, &[&site]).await?;
        let definition = |row: &tokio_postgres::Row| {
            Ok(StoredDefinition {
                version: row.try_get(0)?,
                definition: json(row, 1)?,
                current: row.try_get(2)?,
            })
        };
        rows.iter().map(definition).collect()
    }
}

/// The keys of all sites that have answers, or once had.
pub(super) async fn placed_sites(client: &Client) -> Result<Vec<String>, Trouble> {
    let rows = client.query(sql::PLACED_SITES, &[]).await?;
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

/// One page of a survey's responses, newest first.
async fn page(client: &Client, query: &PageQuery) -> Result<Page, Trouble> {
    let (time, id) = query.after.clone().unwrap_or((i64::MAX, String::new()));
    let group = query.group.map_or(String::new(), |group| format!(",{group},"));
    // One more than asked for tells whether there is a next page.
    let limit = query.limit as i64 + 1;
    let PageQuery { site, survey, commented, excluded, .. } = query;
    let asked: [&(dyn ToSql + Sync); 8] =
        [site, survey, &time, &id, commented, &group, &limit, excluded];
    let mut responses = records(client, sql::PAGE, &asked).await?;
    let more = responses.len() > query.limit;
    responses.truncate(query.limit);
    let next = responses.last().filter(|_| more);
    let next = next.map(|last| (last.submitted_at_ms, last.response.id.clone()));
    Ok(Page { responses, next })
}

/// The records that a statement finds.
async fn records(
    client: &Client,
    statement: &str,
    asked: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Record>, Trouble> {
    let find = client.prepare_cached(statement).await?;
    client.query(&find, asked).await?.iter().map(of_row).collect()
}
