//! The command line.

mod values;

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use ipnet::IpNet;
use survey::check::Problem;

use self::values::{connections, listed, network, number, public_url, tls_files, token};
use crate::apply::{self, Apply};
use crate::log::{LogFormat, log_filter, log_to_stderr};
use crate::serve::{self, Options, Running};
use crate::servers::{Distribute, Migrate};
use crate::store::{Store, Verified, without_password};
use crate::transfer::{Export, Import, Score};
use crate::{demo_data, settings, sites};

/// Nabz: self-hosted micro-surveys.
#[derive(Debug, Parser)]
#[command(name = "nabz", version, about)]
struct Cli {
    /// A file of settings: lines of name = value, by the names of the variables without NABZ_
    #[arg(long, env = "NABZ_CONFIG", global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the collector
    Serve(Serve),
    /// Say what is wrong with site files
    Check {
        /// Site files
        #[arg(required = true, value_name = "SITE.json")]
        files: Vec<PathBuf>,
    },
    /// Print the JSON Schema of site files
    Schema,
    /// Say what a site file would change in a running collector
    Diff(Apply),
    /// Change a site of a running collector to what its file says
    Apply(Apply),
    /// Count all responses again and say where the tallies differ; a collector may be running
    Verify {
        #[command(flatten)]
        database: Database,
        /// Write what was counted where it is not what the tallies say
        #[arg(long)]
        repair: bool,
    },
    /// Write a copy of the database to a new file; a collector may be running
    Backup {
        /// The file, which is a database that can be served at once
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        database: Database,
    },
    /// Put a copy that backup wrote in the place of the database, while no collector uses it; what
    /// was there is kept beside it
    Restore {
        /// The copy
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        database: Database,
    },
    /// Print the secret with which the server of a site signs the ids of its users, while no
    /// collector uses the file
    Secret {
        /// The site's key
        site: String,
        #[command(flatten)]
        database: Database,
        /// Draw a new one first, which collectors on PostgreSQL take at once
        #[arg(long)]
        new: bool,
    },
    Distribute(Distribute),
    Migrate(Migrate),
    Score(Score),
    Export(Export),
    Import(Import),
    /// Fill a database with a believable past, for trying things out, while no collector uses it
    DemoData {
        /// The site file
        #[arg(value_name = "SITE.json")]
        file: PathBuf,
        #[command(flatten)]
        database: Database,
        /// How many days back it starts
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=3660))]
        days: u16,
    },
}

/// The argument of all that work on a database.
#[derive(Debug, Clone, Args)]
pub(crate) struct Database {
    /// Where answers are kept: sqlite:PATH, or the postgres:// URL of a database
    #[arg(
        long = "database",
        env = "NABZ_DATABASE",
        hide_env_values = true,
        default_value = "sqlite:nabz.db",
        value_name = "URL"
    )]
    pub(crate) url: String,
}

#[derive(Debug, Args)]
struct Serve {
    /// Site files, between commas in the variable; they are watched, and a change shows at once
    #[arg(value_name = "SITE.json", env = "NABZ_SITES", value_delimiter = ',', value_parser = listed)]
    files: Vec<PathBuf>,
    /// Where to listen; port 0 picks a free one
    #[arg(long, env = "NABZ_LISTEN", default_value = "127.0.0.1:8080")]
    listen: String,
    /// The address as browsers see it: scheme and host
    #[arg(long, env = "NABZ_PUBLIC_URL", value_parser = public_url)]
    public_url: Option<String>,
    #[command(flatten)]
    database: Database,
    /// A replica of that PostgreSQL database, from which summaries and lists are read
    #[arg(long, env = "NABZ_READ_DATABASE", hide_env_values = true, value_name = "URL")]
    read_database: Option<String>,
    /// The token of the admin interface and of the dashboard; without one, a link to sign in once
    #[arg(long, env = "NABZ_ADMIN_TOKEN", hide_env_values = true, value_parser = token)]
    admin_token: Option<String>,
    /// A token that opens /metrics and nothing else
    #[arg(long, env = "NABZ_METRICS_TOKEN", hide_env_values = true, value_parser = token)]
    metrics_token: Option<String>,
    /// Responses a second from one address, ten times that in a burst, and one a second of one
    /// respondent; 0 for no limit
    #[arg(long, env = "NABZ_RATE_LIMIT", default_value_t = 20, value_parser = number)]
    rate_limit: u32,
    /// Responses a second for one site, ten times that in a burst; 0 for no limit
    #[arg(long, env = "NABZ_SITE_RATE_LIMIT", default_value_t = 0, value_parser = number)]
    site_rate_limit: u32,
    /// Addresses or networks of proxies in front, between commas; those are believed when they say
    /// in X-Forwarded-For or Forwarded for whom they ask
    #[arg(long, env = "NABZ_TRUSTED_PROXIES", value_delimiter = ',', value_parser = network)]
    trusted_proxies: Vec<IpNet>,
    /// Speak TLS with this certificate, in PEM with those that lead to its issuer; a change of the
    /// file is followed
    #[arg(long, env = "NABZ_TLS_CERTIFICATE", value_name = "FILE")]
    tls_certificate: Option<PathBuf>,
    /// The private key of the certificate, in PEM
    #[arg(long, env = "NABZ_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Connections served at the same time; those that ask for nothing make room for others
    #[arg(long, env = "NABZ_CONNECTIONS", default_value_t = serve::CONNECTIONS_MAX, value_parser = connections)]
    connections: usize,
    /// How to write the log
    #[arg(long, env = "NABZ_LOG_FORMAT", default_value = "text")]
    log_format: LogFormat,
    /// What to log, such as info or collector=debug
    #[arg(long, env = "NABZ_LOG", default_value = "info", value_parser = log_filter)]
    log: String,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let command = settings::prepare(Cli::command(), &arguments);
    let parsed = command.map(|command| command.get_matches_from(arguments));
    match parsed.and_then(|matches| run(Cli::from_arg_matches(&matches)?.command)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(serve) => block_on(run_serve(serve)),
        Command::Check { files } => check(&files),
        Command::Schema => {
            // Whoever reads only the first lines has seen what they wanted.
            let _ = writeln!(std::io::stdout(), "{:#}", survey::check::schema().to_value());
            Ok(ExitCode::SUCCESS)
        }
        Command::Diff(args) => apply::run(&args, false),
        Command::Apply(args) => apply::run(&args, true),
        Command::Verify { database, repair } => block_on(verify(&database.url, repair)),
        Command::Backup { file, database } => block_on(backup(&database.url, file)),
        Command::Restore { file, database } => block_on(restore(&database.url, file)),
        Command::Secret { site, database, new } => block_on(secret(site, &database.url, new)),
        Command::Distribute(distribute) => block_on(distribute.run()),
        Command::Migrate(migrate) => block_on(migrate.run()),
        Command::Score(score) => score.run(),
        Command::Export(export) => block_on(export.run()),
        Command::Import(import) => block_on(import.run()),
        Command::DemoData { file, database, days } => {
            let text = read(&file)?;
            let written = block_on(demo_data::fill(&text, &database.url, i32::from(days)))?;
            let database = without_password(&database.url);
            println!("{written} responses over {days} days written to {database}");
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

async fn run_serve(serve: Serve) -> anyhow::Result<ExitCode> {
    log_to_stderr(serve.log_format, &serve.log)?;
    let running = serve::start(Options {
        files: serve.files,
        listen: serve.listen,
        public_url: serve.public_url,
        database: serve.database.url,
        read_database: serve.read_database,
        admin_token: serve.admin_token,
        rate_limit: serve.rate_limit,
        site_rate_limit: serve.site_rate_limit,
        metrics_token: serve.metrics_token,
        trusted_proxies: serve.trusted_proxies,
        connections: serve.connections,
        tls: tls_files(serve.tls_certificate, serve.tls_key)?,
    })
    .await?;
    // Whoever reads the address may stop the collector at once.
    let stop = asked_to_stop()?;
    announce(&running)?;
    stop.await;
    tracing::info!("stopping: finishing what was accepted");
    running.stop().await;
    Ok(ExitCode::SUCCESS)
}

fn announce(running: &Running) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on {}", running.url)?;
    if let Some(link) = &running.sign_in_link {
        writeln!(out, "sign in (this link works once): {link}")?;
    }
    Ok(out.flush()?)
}

/// Listens from now on for Ctrl-C, and for the signals that service managers send; waits until one
/// says to stop when awaited.
fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let (mut terminate, mut interrupt, mut hang_up) = {
        use tokio::signal::unix::{SignalKind, signal};
        (
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::hangup())?,
        )
    };
    Ok(async move {
        #[cfg(unix)]
        loop {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = interrupt.recv() => return,
                // The terminal was closed; or, without one, somebody wants files to be read anew.
                _ = hang_up.recv() => match std::io::stdin().is_terminal() {
                    true => return,
                    false => tracing::info!("site files and certificates are watched: nothing has to be reloaded"),
                },
            }
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// Prints the problems of each file, or that there are none, and what could be better in it.
fn check(files: &[PathBuf]) -> anyhow::Result<ExitCode> {
    let mut good = true;
    for path in files {
        let file = path.display();
        let text = read(path)?;
        let problems = match sites::check(&text) {
            Ok(site) => {
                println!(
                    "{file}: site {:?} with {} surveys is good",
                    site.site,
                    site.surveys.len()
                );
                survey::check::advice(&text, &site)
            }
            Err(problems) => {
                good = false;
                problems
            }
        };
        for Problem { line, field, message, remedy } in problems {
            let at = if field.is_empty() { String::new() } else { format!("{field}: ") };
            println!("{file}:{line}: {at}{message}. {remedy}");
        }
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn backup(database: &str, file: PathBuf) -> anyhow::Result<ExitCode> {
    let bytes = Store::backup(database, file.clone()).await?;
    println!("{} written: {bytes} bytes", file.display());
    Ok(ExitCode::SUCCESS)
}

async fn restore(database: &str, file: PathBuf) -> anyhow::Result<ExitCode> {
    let before = Store::restore(database, file.clone()).await?;
    println!("{database} holds what {} does", file.display());
    if let Some(before) = before {
        println!("what it held before is in {}", before.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints every difference between the tallies and the rows, and what was done about them.
async fn verify(database: &str, repair: bool) -> anyhow::Result<ExitCode> {
    let Verified { responses, differences } = Store::verify(database, repair).await?;
    for difference in &differences {
        println!("{difference}");
    }
    let found = differences.len();
    let good = found == 0 || repair;
    match (found, repair) {
        (0, _) => println!("{responses} responses counted again: the tallies say the same"),
        (_, true) => println!("{responses} responses counted again: {found} counters repaired"),
        (_, false) => println!(
            "{responses} responses counted again: {found} counters differ. \
             Set them right with --repair"
        ),
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints the secret of a site.
async fn secret(site: String, database: &str, new: bool) -> anyhow::Result<ExitCode> {
    let store = Store::open_existing(database).await?;
    if store.site(&site).await?.is_none() {
        bail!("there is no site {site:?} in {}", without_password(database));
    }
    if new {
        store.renew_secret(site.clone()).await?;
    }
    println!("{}", store.secret(site).await?);
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
