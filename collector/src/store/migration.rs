//! Carries everything from a database file to a server: site by site, in steps that can be cut off
//! and done again. A site is served there only after all of it has arrived and been counted.

use super::open::{self, Place};
use super::postgres::{Postgres, sink};
use super::sqlite::source::Source;
use super::{OpenError, StoreError};

/// Responses carried in one transaction.
const STEP: usize = 1_000;

/// A database on its way.
#[derive(Debug)]
pub struct Migration {
    source: Source,
    target: Postgres,
}

/// Why a database was not carried, or not all of it. What was carried is whole and can stay.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A database failed.
    #[error("{0}. What was carried so far stays; run the same again to go on")]
    Store(#[from] StoreError),
    /// It only goes from a file to a server.
    #[error("only from sqlite:PATH to postgres://… is carried")]
    OtherWay,
    /// The site has answers of its own there.
    #[error(
        "site {site:?} is in use in the new database, with {there} of {here} responses: \
         nothing of it was changed. Carry into a database without it, or export and import"
    )]
    InUse {
        /// The site's key.
        site: String,
        /// Its responses in the file.
        here: u64,
        /// Its responses on the server.
        there: u64,
    },
    /// The recount does not say what the file says.
    #[error("site {site:?} has {there} responses in the new database, and {here} in the file")]
    Differs {
        /// The site's key.
        site: String,
        /// Its responses in the file.
        here: u64,
        /// Its responses on the server.
        there: u64,
    },
}

impl Migration {
    /// Opens a file, with all others kept out of it, and a server's database.
    ///
    /// # Errors
    /// Names what is wrong with either and what to do.
    pub async fn open(from: &str, to: &str) -> Result<Migration, MigrateError> {
        let (Place::Sqlite(path), Place::Postgres(target)) =
            (open::place_of(from)?, open::place_of(to)?)
        else {
            return Err(MigrateError::OtherWay);
        };
        let source = Source::open(&path)?;
        Ok(Migration { source, target: Postgres::open(target, None).await? })
    }

    /// The keys of all sites in the file, and how many responses each has.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn sites(&self) -> Result<Vec<(String, u64)>, MigrateError> {
        let mut sites = Vec::new();
        for site in self.source.placed_sites().await? {
            let count = self.source.count(site.clone()).await?;
            sites.push((site, count));
        }
        Ok(sites)
    }

    /// Carries a site; says after each step how many responses were looked at. Returns how many
    /// were written: those that had arrived before are not.
    ///
    /// # Errors
    /// When the site is in use there or a database fails.
    pub async fn carry(&self, site: &str, mut step: impl FnMut(u64)) -> Result<u64, MigrateError> {
        let here = self.source.count(site.to_owned()).await?;
        if self.target.site(site).await?.is_some() {
            let there = self.count(site).await?;
            // It was carried before: a site is written last.
            return if there >= here { Ok(0) } else { Err(in_use(site, here, there)) };
        }
        self.frame(site, here).await?;
        let (mut after, mut written) = (String::new(), 0);
        loop {
            let records = self.source.records(site.to_owned(), after.clone(), STEP).await?;
            let Some(last) = records.last() else { break };
            after.clone_from(&last.record.response.id);
            let looked = records.len() as u64;
            let mut client = self.target.client().await?;
            let put = sink::records(&mut client, site, records).await;
            written += put?;
            step(looked);
        }
        let stored = self.source.site(site.to_owned()).await?;
        let secret = self.source.secret(site.to_owned()).await?;
        if let Some((_, wanted)) = self.source.placements(site.to_owned()).await?.last() {
            let mut client = self.target.client().await?;
            let secret = secret.as_deref();
            sink::finish(&mut client, site, wanted, stored.as_ref(), secret).await?;
        }
        let there = self.count(site).await?;
        if there == here {
            Ok(written)
        } else {
            Err(MigrateError::Differs { site: site.to_owned(), here, there })
        }
    }

    /// Carries what responses of a site stand on, unless an earlier run has.
    async fn frame(&self, site: &str, here: u64) -> Result<(), MigrateError> {
        let placements = self.source.placements(site.to_owned()).await?;
        let Some(shown) = placements.first() else { return Ok(()) };
        let definitions = self.source.definitions(site.to_owned()).await?;
        let buckets = self.source.buckets(site.to_owned()).await?;
        let mut client = self.target.client().await?;
        if sink::frame(&mut client, site, shown, &definitions, buckets).await? {
            return Ok(());
        }
        Err(in_use(site, here, self.count(site).await?))
    }

    async fn count(&self, site: &str) -> Result<u64, MigrateError> {
        self.target.fold(site).await?;
        let client = self.target.client().await?;
        Ok(sink::count(&client, site).await?)
    }
}

fn in_use(site: &str, here: u64, there: u64) -> MigrateError {
    MigrateError::InUse { site: site.to_owned(), here, there }
}
