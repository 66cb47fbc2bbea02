//! Spreads the tables over the machines of a Citus cluster.

use deadpool_postgres::Client;

use super::super::{OpenError, StoreError};
use super::sql;
use super::{Target, existing};

/// Why the tables were not distributed.
#[derive(Debug, thiserror::Error)]
pub enum DistributeError {
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is one server.
    #[error(
        "the database {0} is plain PostgreSQL: there is nothing to distribute over. \
         On a Citus cluster, run CREATE EXTENSION citus in it first"
    )]
    Plain(String),
}

/// Has every table spread by site, or, if it belongs to no site, copied to each machine; those that
/// are so already are left alone. Returns what was done, table by table.
pub(in crate::store) async fn distribute(target: Target) -> Result<Vec<String>, DistributeError> {
    let client = existing(&target).await?;
    let citus = client.query_one(sql::HAS_CITUS, &[]).await.map_err(StoreError::from)?;
    if !citus.get::<_, bool>(0) {
        return Err(DistributeError::Plain(target.to_string()));
    }
    let mut done = Vec::new();
    for (table, of_sites) in sql::TABLES {
        done.extend(spread(&client, table, of_sites).await?);
    }
    Ok(done)
}

async fn spread(
    client: &Client,
    table: &str,
    of_sites: bool,
) -> Result<Option<String>, StoreError> {
    let known = client.query_opt(sql::IS_DISTRIBUTED, &[&table]).await?;
    if known.is_some() {
        return Ok(None);
    }
    let statement = if of_sites { sql::DISTRIBUTE } else { sql::COPY_EVERYWHERE };
    client.execute(statement, &[&table]).await?;
    let how = if of_sites { "spread by site" } else { "copied to each machine" };
    Ok(Some(format!("{table} is {how}")))
}
