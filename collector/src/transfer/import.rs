//! `nabz import`: a file's rows into a survey, all of them or, unless asked, none.
//!
//! The file is read twice: first everything is checked, then it is written in batches. Of a row
//! without an id, nothing is kept in memory but 16 bytes that count how often it occurred.

mod maker;

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use self::maker::Maker;
use super::columns::Layout;
use super::peers::Peer;
use super::rows::{Context, Found, Problem, Rows, table};
use super::{Format, Target};
use crate::clock;
use crate::sites::LiveSite;
use crate::store::{Kept, Posted, Store, StoreError};

/// Rows written in one transaction.
const BATCH: usize = 1_000;
/// Most wrong rows that are listed.
const LISTED_MAX: u64 = 50;

/// Take responses from a file, while no collector uses the database
#[derive(Debug, Args)]
pub struct Import {
    #[command(flatten)]
    target: Target,
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

#[derive(Debug, Clone, Copy, ValueEnum)]
enum From {
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
    /// When the database or the file cannot be used at all.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let (store, site) = self.target.open().await?;
        let result = self.carry(&store, &site).await;
        store.close().await;
        result
    }

    async fn carry(&self, store: &Store, site: &LiveSite) -> anyhow::Result<ExitCode> {
        let live = site.survey(&self.target.survey).context("the survey was removed meanwhile")?;
        let context = Context {
            site: site.site.site.clone(),
            survey: self.target.survey.clone(),
            questions: live.ever_asked(),
            zone: site.zone.clone(),
            now_ms: clock::now_ms(),
        };
        let mut file = self.open()?;
        let mut wrong = Listing { name: self.file.display().to_string(), rows: 0 };
        let Some(mut pass) = self.pass(&mut file, &context, site, "checking", &mut wrong)? else {
            return Ok(ExitCode::FAILURE);
        };
        check(&mut pass, store, &mut wrong).await?;
        wrong.close();
        if wrong.rows > 0 && !self.skip_bad {
            eprintln!("nothing was imported: put them right, or leave them out with --skip-bad");
            return Ok(ExitCode::FAILURE);
        }
        let mut again = Listing { rows: LISTED_MAX, ..wrong.clone() };
        let pass = self.pass(&mut file, &context, site, "writing", &mut again)?;
        let written = write(&mut pass.context("the file changed meanwhile")?, store).await?;
        println!(
            "{} responses added, {} were there already, {} wrong rows left out",
            written.added,
            written.known,
            wrong.rows + written.refused
        );
        Ok(ExitCode::SUCCESS)
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
        Ok(file)
    }

    /// The rows from the beginning; `None` when the columns are wrong, which is then listed.
    fn pass<'a>(
        &self,
        file: &mut File,
        context: &'a Context,
        site: &'a LiveSite,
        what: &'static str,
        wrong: &mut Listing,
    ) -> anyhow::Result<Option<Pass<'a>>> {
        file.rewind()?;
        let bar = progress(what, file.metadata()?.len());
        let file = file.try_clone()?;
        let rows = match Format::of(&self.file) {
            Format::Ndjson => Rows::of_ndjson(file),
            Format::Csv => match self.table(file, context)? {
                Ok(rows) => rows,
                Err(problems) => {
                    problems.iter().for_each(|problem| wrong.add(problem));
                    return Ok(None);
                }
            },
        };
        Ok(Some(Pass { rows, maker: Maker::new(site, context)?, context, bar }))
    }

    fn table(
        &self,
        file: File,
        context: &Context,
    ) -> anyhow::Result<Result<Rows<File>, Vec<Problem>>> {
        let mut reader = table(file);
        let header = match reader.headers() {
            Ok(header) => header.iter().map(|name| name.trim().to_owned()).collect::<Vec<_>>(),
            Err(error) => bail!("{}: the header cannot be read: {error}", self.file.display()),
        };
        let layout = Layout::of(&header, self.from.map(From::peer), &context.questions);
        let problem = |(field, message)| Problem { line: 1, field, message };
        Ok(layout
            .map(|layout| Rows::Csv { reader, layout, record: csv::StringRecord::new() })
            .map_err(|wrong| wrong.into_iter().map(problem).collect()))
    }
}

/// One way through a file.
struct Pass<'a> {
    rows: Rows<File>,
    maker: Maker<'a>,
    context: &'a Context,
    bar: ProgressBar,
}

impl Pass<'_> {
    /// The good ones of the next rows, each with its line; `None` at the end.
    fn batch(
        &mut self,
        mut wrong: impl FnMut(&Problem),
    ) -> anyhow::Result<Option<Vec<(u64, Posted)>>> {
        let mut batch = Vec::with_capacity(BATCH);
        let mut ended = false;
        while batch.len() < BATCH && !ended {
            match self.rows.next(self.context)? {
                None => ended = true,
                Some(Found::Other) => {}
                Some(Found::Wrong(problem)) => wrong(&problem),
                Some(Found::Row(draft)) => {
                    let line = draft.line;
                    match self.maker.posted(*draft) {
                        Ok(posted) => batch.push((line, posted)),
                        Err(problem) => wrong(&problem),
                    }
                }
            }
        }
        self.bar.set_position(self.rows.position());
        if ended {
            self.bar.finish_and_clear();
        }
        Ok((!ended || !batch.is_empty()).then_some(batch))
    }
}

/// Reads everything and lists what is wrong.
async fn check(pass: &mut Pass<'_>, store: &Store, wrong: &mut Listing) -> anyhow::Result<()> {
    while let Some(batch) = pass.batch(|problem| wrong.add(problem))? {
        let (site, survey) = (pass.context.site.clone(), pass.context.survey.clone());
        let ids = batch.iter().map(|(_, posted)| posted.response.id.clone()).collect();
        for (id, other) in store.of_other_surveys(site, survey, ids).await? {
            let line = batch.iter().find(|(_, posted)| posted.response.id == id);
            let message = format!("{id} is a response of survey {other:?}");
            let line = line.map_or(0, |(line, _)| *line);
            wrong.add(&Problem { line, field: "id".to_owned(), message });
        }
    }
    Ok(())
}

/// What became of the rows.
#[derive(Default)]
struct Written {
    added: u64,
    known: u64,
    refused: u64,
}

/// Writes all good rows. While one batch is written, the next one is read.
async fn write(pass: &mut Pass<'_>, store: &Store) -> anyhow::Result<Written> {
    let mut written = Written::default();
    let mut pending: Option<tokio::task::JoinHandle<Result<Vec<Kept>, StoreError>>> = None;
    loop {
        let batch = pass.batch(|_| {})?;
        if let Some(pending) = pending.take() {
            written.count(&pending.await??);
        }
        let Some(batch) = batch else { return Ok(written) };
        let store = store.clone();
        let batch = batch.into_iter().map(|(_, posted)| posted).collect();
        pending = Some(tokio::spawn(async move { store.append(batch).await }));
    }
}

impl Written {
    fn count(&mut self, kept: &[Kept]) {
        for kept in kept {
            match kept {
                Kept::Stored => self.added += 1,
                Kept::Known => self.known += 1,
                Kept::OtherSurvey(_) | Kept::Unanswered => self.refused += 1,
            }
        }
    }
}

/// Lists wrong rows on the standard error, as long as that helps.
#[derive(Clone)]
struct Listing {
    /// The file's name.
    name: String,
    /// How many rows are wrong.
    rows: u64,
}

impl Listing {
    fn add(&mut self, problem: &Problem) {
        self.rows += 1;
        if self.rows <= LISTED_MAX {
            let Problem { line, field, message } = problem;
            let separator = if field.is_empty() { "" } else { ": " };
            eprintln!("{}:{line}: {field}{separator}{message}", self.name);
        }
    }

    fn close(&self) {
        if self.rows > LISTED_MAX {
            eprintln!("… and {} more wrong rows", self.rows - LISTED_MAX);
        }
    }
}

/// A bar on the standard error; nothing where that is no terminal.
fn progress(what: &'static str, bytes: u64) -> ProgressBar {
    // Five times a second: drawing is not what time is for.
    let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr_with_hz(5));
    let style = "{msg} [{bar:40}] {bytes}/{total_bytes} {eta}";
    bar.set_style(
        ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar.set_message(what);
    bar
}
