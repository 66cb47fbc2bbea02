//! Statements that change rows, and the columns of those that change many.

use deadpool_postgres::GenericClient;
use futures_util::future::try_join_all;
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

use super::super::ingest::{Breakdown, RowKey};
use super::trouble::Trouble;

/// What a statement is told.
pub(super) type Parameter<'a> = &'a (dyn ToSql + Sync);

/// Statements and what they are told.
#[derive(Default)]
pub(super) struct Writes<'a>(Vec<(Statement, Vec<Parameter<'a>>)>);

impl<'a> Writes<'a> {
    /// One more, behind all others.
    pub(super) async fn push(
        &mut self,
        transaction: &impl GenericClient,
        statement: &str,
        parameters: impl IntoIterator<Item = Parameter<'a>>,
    ) -> Result<(), Trouble> {
        let statement = transaction.prepare_cached(statement).await?;
        self.0.push((statement, parameters.into_iter().collect()));
        Ok(())
    }

    /// Has all of them done. They travel together, and the server takes them in their order.
    pub(super) async fn run(&self, transaction: &impl GenericClient) -> Result<(), Trouble> {
        let all = self.0.iter().map(|(statement, told)| transaction.execute(statement, told));
        try_join_all(all).await?;
        Ok(())
    }
}

/// Responses of a site that are to be deleted.
pub(super) struct Erased {
    pub(super) site: String,
    pub(super) ids: Vec<String>,
}

impl Erased {
    /// Site by site, of keys in their order.
    pub(super) fn of(keys: impl IntoIterator<Item = RowKey>) -> Vec<Erased> {
        let mut sites: Vec<Erased> = Vec::new();
        for (site, id) in keys {
            match sites.last_mut().filter(|last| last.site == site) {
                Some(last) => last.ids.push(id),
                None => sites.push(Erased { site, ids: vec![id] }),
            }
        }
        sites
    }
}

/// Values of a site's breakdown keys that are to be kept.
#[derive(Default)]
pub(super) struct Buckets {
    site: String,
    surveys: Vec<String>,
    keys: Vec<String>,
    values: Vec<String>,
}

impl Buckets {
    /// Site by site, of values in their order.
    pub(super) fn of(values: impl IntoIterator<Item = (Breakdown, String)>) -> Vec<Buckets> {
        let mut sites: Vec<Buckets> = Vec::new();
        for ((site, survey, key), value) in values {
            if sites.last().is_none_or(|last| last.site != site) {
                sites.push(Buckets { site, ..Buckets::default() });
            }
            if let Some(last) = sites.last_mut() {
                last.surveys.push(survey);
                last.keys.push(key);
                last.values.push(value);
            }
        }
        sites
    }

    /// What [`super::sql::PUT_BUCKETS`] takes.
    pub(super) fn parameters(&self) -> [Parameter<'_>; 4] {
        [&self.site, &self.surveys, &self.keys, &self.values]
    }
}
