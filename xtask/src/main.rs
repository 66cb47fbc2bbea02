//! `cargo xtask`: everything that is done to this repository, from one place.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

mod baseline;
mod bench;
mod browsers;
mod contract;
mod demo;
mod dist;
mod npm;
mod packages;
mod run;
mod test;
mod toolchain;
mod widget;

/// Builds, runs, tests and packs Nabz.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the widget into widget/dist, which the collector embeds
    Build {
        /// Build again even if no source has changed
        #[arg(long)]
        force: bool,
    },
    /// Build everything and run the demo; arguments are passed on to it
    Demo {
        /// Arguments of the demo itself, for example --with-history
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Run all checks and tests, or only the tests whose name contains a filter
    Test {
        /// Parts of names of tests
        filters: Vec<String>,
    },
    /// Take the pictures of the README anew, and sheets of all looks into target/pictures
    Pictures,
    /// Measure, and print ratios
    Bench {
        #[command(subcommand)]
        of: Bench,
    },
    /// Run a collector under load for a while, end it in every way there is, and count what became
    /// of all that it acknowledged; a later run goes on where this one ends
    Soak {
        /// For how long
        #[arg(long, default_value_t = 10)]
        minutes: u32,
        /// Where the database and the ledger are, target/soak unless named
        #[arg(long)]
        folder: Option<PathBuf>,
    },
    /// Pack a release into target/dist and check that it starts
    Dist,
}

#[derive(Subcommand)]
enum Bench {
    /// Summaries of 100 thousand and 1 million responses, beside counting the rows
    Summary {
        /// 10 million too, which takes minutes and 10 GB of disk
        #[arg(long)]
        full: bool,
    },
    /// The widget on slow 4G and a slow processor, beside a page that draws a plain card
    Widget,
    /// Ingest at 64 and 256 connections, beside a bare server and a transaction a request; and a
    /// file with 1 million responses
    Collector,
    /// One, two and three collectors on one PostgreSQL or Citus database
    Cluster {
        /// The database, whose site `acme` is written to; without it a server is started
        #[arg(long, value_name = "URL")]
        database: Option<String>,
    },
    /// An import of 1 million rows, beside inserting the same rows with nothing else to do
    Import,
}

fn main() -> ExitCode {
    match run_task(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run_task(task: Task) -> Result<()> {
    let root = workspace_root();
    match task {
        Task::Build { force } => widget::build(&root, force),
        Task::Demo { args } => demo::demo(&root, &args),
        Task::Test { filters } => test::test(&root, &filters),
        Task::Pictures => test::pictures(&root),
        Task::Bench { of: Bench::Summary { full } } => bench::summary(&root, full),
        Task::Bench { of: Bench::Widget } => bench::widget(&root),
        Task::Bench { of: Bench::Collector } => bench::collector(&root),
        Task::Bench { of: Bench::Cluster { database } } => bench::cluster(&root, database),
        Task::Bench { of: Bench::Import } => bench::import(&root),
        Task::Soak { minutes, folder } => bench::soak(&root, minutes, folder),
        Task::Dist => dist::dist(&root),
    }
}

/// The checkout this run was started in. Cargo names it at run time; the folder known when xtask
/// was compiled is only right as long as nobody has moved the checkout.
fn workspace_root() -> PathBuf {
    let manifest_dir = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest_dir.parent().map_or_else(|| manifest_dir.clone(), PathBuf::from)
}
