//! `nabz migrate` and `nabz distribute`: from a database file to a PostgreSQL server, and from there
//! to a Citus cluster.

use std::process::ExitCode;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::command::Database;
use crate::store::{Migration, Store, Verified, without_password};

/// Carry everything from a SQLite database to PostgreSQL, while no collector uses the file; a run
/// that was cut off goes on where it was
#[derive(Debug, Args)]
pub(crate) struct Migrate {
    /// The database that there is
    #[arg(long, env = "NABZ_MIGRATE_FROM", value_name = "sqlite:PATH")]
    from: String,
    /// The database to carry it to
    #[arg(long, env = "NABZ_MIGRATE_TO", hide_env_values = true, value_name = "URL")]
    to: String,
}

/// Spread the tables of a PostgreSQL database, on the coordinator of a Citus cluster, over its
/// machines; what is spread already is left alone
#[derive(Debug, Args)]
pub(crate) struct Distribute {
    #[command(flatten)]
    database: Database,
}

impl Distribute {
    /// Prints what became of each table.
    ///
    /// # Errors
    /// When it is no such database, or fails.
    pub(crate) async fn run(&self) -> anyhow::Result<ExitCode> {
        let done = Store::distribute(&self.database.url).await?;
        done.iter().for_each(|line| println!("{line}"));
        if done.is_empty() {
            println!("all tables are distributed already");
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Migrate {
    /// Carries all sites, counts them again, and says what was done.
    ///
    /// # Errors
    /// When a database cannot be opened or fails, or a site is in use in the new one.
    pub(crate) async fn run(&self) -> anyhow::Result<ExitCode> {
        let migration = Migration::open(&self.from, &self.to).await?;
        let sites = migration.sites().await?;
        let bar = progress(sites.iter().map(|(_, responses)| responses).sum());
        let mut written = 0;
        for (site, _) in &sites {
            written += migration.carry(site, |looked| bar.inc(looked)).await?;
        }
        bar.finish_and_clear();
        println!("{written} responses of {} sites carried", sites.len());
        let Verified { responses, differences } = Store::verify(&self.to, false).await?;
        let to = without_password(&self.to);
        if differences.is_empty() {
            println!("{responses} responses counted again there: the tallies say the same");
            println!("start the collectors with --database {to}");
            return Ok(ExitCode::SUCCESS);
        }
        differences.iter().for_each(|difference| println!("{difference}"));
        println!("the tallies differ: set them right with nabz verify --repair --database {to}");
        Ok(ExitCode::FAILURE)
    }
}

fn progress(responses: u64) -> ProgressBar {
    // Five times a second: drawing is not what time is for.
    let target = ProgressDrawTarget::stderr_with_hz(5);
    let bar = ProgressBar::with_draw_target(Some(responses), target);
    let style = ProgressStyle::with_template("carrying [{bar:40}] {pos}/{len} responses {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
