//! `nabz import`: a file's rows into a survey, on this machine's database or through a running
//! collector.

mod importer;
mod maker;
mod occurred;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Seek as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::available_parallelism;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::peers::Peer;
use super::{Format, Target};
use crate::remote::Remote;

use importer::Step;
pub(crate) use importer::{Event, How, Importer};

/// Rows written in one transaction while nobody else writes.
const BATCH: usize = 4_000;

/// Take responses from a file, while no collector uses the database or through one that does
#[derive(Debug, Args)]
pub struct Import {
    #[command(flatten)]
    target: Target,
    /// The running collector to go through
    #[arg(long, env = "NABZ_SERVER")]
    server: Option<String>,
    /// Its admin token
    #[arg(long, env = "NABZ_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: Option<String>,
    /// Whose export it is; told by its columns when left out
    #[arg(long, env = "NABZ_FROM")]
    from: Option<From>,
    /// Leave out rows that are wrong; otherwise one wrong row keeps everything out
    #[arg(long, env = "NABZ_SKIP_BAD")]
    skip_bad: bool,
    /// A table (.csv) or lines of JSON (.ndjson); - reads a table from the standard input
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
}

/// Whose export a file is.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum From {
    /// Our own export
    Nabz,
    /// An export of Delighted
    Delighted,
    /// An export of Wootric (InMoment)
    Wootric,
    /// An export of PostHog's survey events
    Posthog,
}

impl From {
    fn peer(self) -> Option<Peer> {
        match self {
            From::Nabz => None,
            From::Delighted => Some(Peer::Delighted),
            From::Wootric => Some(Peer::Wootric),
            From::Posthog => Some(Peer::PostHog),
        }
    }
}

impl Import {
    /// Imports the file and says what became of its rows.
    ///
    /// # Errors
    /// When the database, the collector or the file cannot be used at all.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let display = Display { name: self.file.display().to_string(), listed: 0, bar: None };
        let Some(url) = &self.server else { return self.directly(display).await };
        let token = self.admin_token.as_ref().context("--server needs its --admin-token too")?;
        let collector = Remote::new(url, token);
        tokio::task::spawn_blocking(move || self.through(&collector, display)).await?
    }

    /// Into the database.
    async fn directly(self, mut display: Display) -> anyhow::Result<ExitCode> {
        let (store, site) = self.target.open_to_write().await?;
        let how = How {
            format: Format::of(&self.file),
            from: self.from,
            skip_bad: self.skip_bad,
            batch: BATCH,
            threads: available_parallelism().map_or(1, usize::from),
            alone: true,
        };
        let survey = self.target.survey.clone();
        let importer = Importer { store: store.clone(), site, survey, how };
        let carry = move || -> anyhow::Result<ExitCode> {
            let mut code = ExitCode::FAILURE;
            importer.run(&self.open()?, &mut |event| code = display.show(event));
            Ok(code)
        };
        let result = tokio::task::spawn_blocking(carry).await?;
        store.close().await;
        result
    }

    /// Through a running collector, which does the same and tells how far it is.
    fn through(self, collector: &Remote, mut display: Display) -> anyhow::Result<ExitCode> {
        let file = self.open()?;
        let length = file.metadata()?.len();
        let Target { site, survey, .. } = &self.target;
        let format = Format::of(&self.file).ending();
        let from = self.from.and_then(|from| from.to_possible_value());
        let from = from.map_or(String::new(), |from| format!("&from={}", from.get_name()));
        let path = format!(
            "/api/v1/surveys/{site}/{survey}/import?format={format}&skip_bad={}{from}",
            self.skip_bad
        );
        let body = display.bar("sending", length).wrap_read(file);
        let reply = collector.post(&path, body)?;
        let mut code = ExitCode::FAILURE;
        for line in BufReader::new(reply).lines() {
            let line = line.context("the collector broke off: look into its log, and try again")?;
            code = display.show(serde_json::from_str(&line)?);
        }
        Ok(code)
    }

    /// The file, or the standard input as a file: it is read twice.
    fn open(&self) -> anyhow::Result<File> {
        if self.file.as_os_str() != "-" {
            return File::open(&self.file)
                .with_context(|| format!("{} cannot be read", self.file.display()));
        }
        let mut file = tempfile::tempfile().context("no temporary file can be made")?;
        std::io::copy(&mut std::io::stdin().lock(), &mut file)?;
        file.flush()?;
        file.rewind()?;
        Ok(file)
    }
}

/// Shows people what happens.
struct Display {
    /// The file's name.
    name: String,
    /// Wrong rows that were listed.
    listed: u64,
    bar: Option<(&'static str, ProgressBar)>,
}

impl Display {
    /// Shows what happens; the code is that of the program, should nothing follow.
    fn show(&mut self, event: Event) -> ExitCode {
        if let Event::Progress { step, bytes, of } = event {
            let what = match step {
                Step::Checking => "checking",
                Step::Writing => "writing",
            };
            self.bar(what, of).set_position(bytes);
            return ExitCode::FAILURE;
        }
        if let Event::Wrong { line, field, message } = event {
            self.listed += 1;
            let separator = if field.is_empty() { "" } else { ": " };
            let wrong = format!("{}:{line}: {field}{separator}{message}", self.name);
            self.aside(&wrong);
            return ExitCode::FAILURE;
        }
        self.end(event)
    }

    fn end(&mut self, event: Event) -> ExitCode {
        if let Some((_, bar)) = self.bar.take() {
            bar.finish_and_clear();
        }
        if let Event::Refused { wrong } | Event::Imported { wrong, .. } = event
            && wrong > self.listed
        {
            eprintln!("… and {} more wrong rows", wrong - self.listed);
        }
        match event {
            Event::Refused { wrong: 0 } => eprintln!("nothing was imported: put that right"),
            Event::Refused { .. } => {
                eprintln!(
                    "nothing was imported: put them right, or leave them out with --skip-bad"
                );
            }
            Event::Failed { reason } => eprintln!("error: {}: {reason}", self.name),
            Event::Imported { added, revised, known, wrong } => {
                let revised = match revised {
                    0 => String::new(),
                    revised => format!(", {revised} revised"),
                };
                println!(
                    "{added} responses added{revised}, {known} were there already, \
                     {wrong} wrong rows left out"
                );
                return ExitCode::SUCCESS;
            }
            Event::Progress { .. } | Event::Wrong { .. } => {}
        }
        ExitCode::FAILURE
    }

    /// A line on the standard error, above the bar.
    fn aside(&self, line: &str) {
        match &self.bar {
            Some((_, bar)) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }

    /// A bar on the standard error; nothing where that is no terminal.
    fn bar(&mut self, what: &'static str, bytes: u64) -> ProgressBar {
        if let Some((shown, bar)) = &self.bar
            && *shown == what
        {
            return bar.clone();
        }
        if let Some((_, bar)) = self.bar.take() {
            bar.finish_and_clear();
        }
        // Five times a second: drawing is not what time is for.
        let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr_with_hz(5));
        let style = "{msg} [{bar:40}] {bytes}/{total_bytes} {eta}";
        bar.set_style(
            ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        bar.set_message(what);
        self.bar = Some((what, bar.clone()));
        bar
    }
}
