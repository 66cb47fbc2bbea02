//! A database file that is read as a whole while nobody else may write it.

use std::path::Path;
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, OptionalExtension};

use super::super::ingest::{Asked, Breakdown, Version, version_of};
use super::super::placement::{Generation, Placing};
use super::super::record::Record;
use super::super::{OpenError, StoreError, StoredDefinition, StoredSite};
use super::lock::Lock;
use super::{database, journal, placement, read, record};

/// A file that nobody else can write meanwhile.
#[derive(Debug, Clone)]
pub(in crate::store) struct Source {
    connection: Arc<Mutex<Connection>>,
    _lock: Arc<Lock>,
}

impl Source {
    /// Opens a file that is there and that no collector writes.
    pub(in crate::store) fn open(path: &Path) -> Result<Source, OpenError> {
        database::need_current(path)?;
        journal::settle(path)?;
        let lock = Arc::new(Lock::take(path)?);
        let connection = database::open_to_look(path)?;
        Ok(Source { connection: Arc::new(Mutex::new(connection)), _lock: lock })
    }

    /// Runs a query away from the async threads.
    async fn run<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let connection = self.connection.clone();
        let run = move || {
            let connection = connection.lock().map_err(|_| StoreError::Closed)?;
            Ok(query(&connection)?)
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| StoreError::Closed)?
    }

    /// The keys of all sites that have answers, or once had.
    pub(in crate::store) async fn placed_sites(&self) -> Result<Vec<String>, StoreError> {
        self.run(|connection| {
            connection
                .prepare("SELECT DISTINCT site FROM placements ORDER BY site")?
                .query_map([], |row| row.get(0))?
                .collect()
        })
        .await
    }

    /// The site with this key, unless its file was forgotten.
    pub(in crate::store) async fn site(
        &self,
        site: String,
    ) -> Result<Option<StoredSite>, StoreError> {
        self.run(move |connection| read::site(connection, &site)).await
    }

    /// Every definition a site ever asked with.
    pub(in crate::store) async fn definitions(
        &self,
        site: String,
    ) -> Result<Vec<StoredDefinition>, StoreError> {
        self.run(move |connection| read::definitions(connection, &site)).await
    }

    /// The generations of a site: the one that is shown and, during a rebuild, the one after it.
    pub(in crate::store) async fn placements(
        &self,
        site: String,
    ) -> Result<Vec<(Generation, Placing)>, StoreError> {
        self.run(move |connection| placement::kept(connection, &site)).await
    }

    /// The buckets of a site.
    pub(in crate::store) async fn buckets(
        &self,
        site: String,
    ) -> Result<Vec<(Breakdown, String)>, StoreError> {
        self.run(move |connection| {
            connection
                .prepare("SELECT survey, key, bucket FROM buckets WHERE site = ?1")?
                .query_map([&site], |row| {
                    Ok(((site.clone(), row.get(0)?, row.get(1)?), row.get(2)?))
                })?
                .collect()
        })
        .await
    }

    /// What the host's server signs its users' ids with, if that was ever drawn.
    pub(in crate::store) async fn secret(
        &self,
        site: String,
    ) -> Result<Option<String>, StoreError> {
        let secret = "SELECT secret FROM secrets WHERE site = ?1";
        self.run(move |connection| {
            connection.query_row(secret, [&site], |row| row.get(0)).optional()
        })
        .await
    }

    /// How many responses a site has.
    pub(in crate::store) async fn count(&self, site: String) -> Result<u64, StoreError> {
        let count = "SELECT count(*) FROM responses WHERE site = ?1";
        self.run(move |connection| connection.query_row(count, [&site], |row| row.get::<_, i64>(0)))
            .await
            .map(i64::unsigned_abs)
    }

    /// So many responses of a site from after an id on, in the order of their ids, each with its
    /// place in the generation that is shown.
    pub(in crate::store) async fn records(
        &self,
        site: String,
        after: String,
        limit: usize,
    ) -> Result<Vec<Asked>, StoreError> {
        self.run(move |connection| {
            let mut definitions = std::collections::HashMap::new();
            let ask = |(_, record): (String, rusqlite::Result<Record>)| {
                let mut record = record?;
                record.places.retain(|generation, _| *generation == record.shown);
                let version: Version = version_of(&record.response);
                if !definitions.contains_key(&version) {
                    let asked = record::definition(connection, &version)?;
                    definitions.insert(version.clone(), Arc::new(asked));
                }
                Ok(Asked { record, definition: definitions[&version].clone() })
            };
            placement::after(connection, &site, &after, limit)?.into_iter().map(ask).collect()
        })
        .await
    }
}
