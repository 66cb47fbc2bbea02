//! Responses out and in: exports, imports, and the score of a column.
//!
//! [`cells`] says how values stand in the cells of a table, and back; [`columns`] and [`peers`] what
//! the columns of a file hold; [`rows`] cuts a file into rows, and [`draft`] reads what one says,
//! [`objects`] where it is JSON; [`export`] and [`import`] carry whole surveys in bounded chunks;
//! [`score`] needs no database at all.

mod cells;
mod columns;
mod dates;
mod draft;
mod export;
mod import;
mod listed;
mod objects;
mod peers;
mod rows;
mod score;
mod separator;

use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use clap::Args;

use crate::command::Database;
use crate::sites::{LiveSite, Sites};
use crate::store::{OpenError, Store, without_password};

pub(crate) use export::Exporter;
pub use export::{Export, Format};
pub use import::Import;
pub(crate) use import::{Event, From, How, Importer};
pub(crate) use listed::listed;
pub use score::Score;

/// Which survey is carried, and where it is kept.
#[derive(Debug, Clone, Args)]
pub struct Target {
    /// The site's key
    #[arg(long, env = "NABZ_SITE")]
    site: String,
    /// The survey's id
    #[arg(long, env = "NABZ_SURVEY")]
    survey: String,
    #[command(flatten)]
    database: Database,
}

impl Target {
    /// Opens the database to read it, also while a collector runs.
    async fn open_to_read(&self) -> anyhow::Result<(Store, Arc<LiveSite>)> {
        self.find(Store::open_to_read(&self.database.url).await?).await
    }

    /// Opens the database to change it, which nobody else may be doing.
    async fn open_to_write(&self) -> anyhow::Result<(Store, Arc<LiveSite>)> {
        let store =
            Store::open_existing(&self.database.url).await.map_err(|error| match &error {
                OpenError::Held { server: Some(url), .. } => {
                    anyhow!("{error}, or import through it with --server {url}")
                }
                _ => error.into(),
            })?;
        self.find(store).await
    }

    /// Finds the site that has the survey.
    async fn find(&self, store: Store) -> anyhow::Result<(Store, Arc<LiveSite>)> {
        let sites = Sites::load(store.clone()).await?;
        let list = |names: Vec<String>| names.join(", ");
        let site = sites.get(&self.site).with_context(|| {
            let known = sites.all().iter().map(|live| live.site.site.clone()).collect();
            format!(
                "there is no site {:?} in {}; there are: {}. `nabz serve SITE.json` adds one",
                self.site,
                without_password(&self.database.url),
                list(known)
            )
        })?;
        site.survey(&self.survey).with_context(|| {
            let known = site.surveys.keys().cloned().collect();
            format!("site {:?} has no survey {:?}; it has {}", self.site, self.survey, list(known))
        })?;
        Ok((store, site))
    }
}
