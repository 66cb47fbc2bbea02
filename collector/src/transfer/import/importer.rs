//! Takes the rows of a file into a survey: all of them or, unless asked otherwise, none.
//!
//! The file is read twice: first everything is checked, then it is written. Each time a batch of
//! rows is cut off, on this thread, and made into responses on all that are allowed; while one
//! batch is being written, the next one is made. Between two batches, whoever else writes has
//! their turn.

use std::collections::HashMap;
use std::fs::File;
use std::io::Seek as _;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::super::columns::Layout;
use super::super::draft::{Context, Draft, Problem};
use super::super::rows::{Row, Rows, Table};
use super::super::{Format, From};
use super::maker::{Made, Maker};
use super::occurred::Occurred;
use crate::clock;
use crate::sites::LiveSite;
use crate::store::{Kept, Posted, Store, StoreError};

/// Most wrong rows that are listed.
const LISTED_MAX: u64 = 50;
/// Bytes of a file after which no further row is added to a batch.
const BATCH_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Takes files into one survey.
pub(crate) struct Importer {
    /// Where to.
    pub store: Store,
    /// The site.
    pub site: Arc<LiveSite>,
    /// The survey's id.
    pub survey: String,
    /// How.
    pub how: How,
}

/// How a file is taken.
#[derive(Debug, Clone)]
pub(crate) struct How {
    /// How it is written.
    pub format: Format,
    /// Whose export it is; told by its columns when `None`.
    pub from: Option<From>,
    /// Whether wrong rows are left out; otherwise one keeps everything out.
    pub skip_bad: bool,
    /// Rows written in one transaction.
    pub batch: usize,
    /// Threads that make responses from rows.
    pub threads: usize,
    /// Whether nobody else uses the database.
    pub alone: bool,
}

/// What happens during an import. The last one is `Refused`, `Imported` or `Failed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    /// The file was read so far.
    Progress {
        /// What for: `checking` or `writing`.
        step: Step,
        /// How far, in bytes.
        bytes: u64,
        /// Its length, in bytes.
        of: u64,
    },
    /// A row is wrong. Only the first of them are told.
    Wrong {
        /// The line it starts at.
        line: u64,
        /// The column or the field at fault.
        field: String,
        /// What is wrong, and what would be right.
        message: String,
    },
    /// Nothing was imported.
    Refused {
        /// How many rows are wrong; 0 when the columns are.
        wrong: u64,
    },
    /// All good rows are stored.
    Imported {
        /// Those that are new.
        added: u64,
        /// Those that revised others.
        revised: u64,
        /// Those that were there already.
        known: u64,
        /// Those that were left out.
        wrong: u64,
    },
    /// It broke off. What was written until then stays, and is known when it is tried again.
    Failed {
        /// Why.
        reason: String,
    },
}

/// What a file is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    /// To find what is wrong.
    Checking,
    /// To store it.
    Writing,
}

impl Importer {
    /// Imports a file and tells what happens. Blocks the thread.
    pub(crate) fn run(&self, file: &File, tell: &mut impl FnMut(Event)) {
        let end = self.carry(file, tell);
        tell(end.unwrap_or_else(|error| Event::Failed { reason: format!("{error:#}") }));
    }

    fn carry(&self, file: &File, tell: &mut impl FnMut(Event)) -> anyhow::Result<Event> {
        let context = self.context()?;
        let mut wrong = Listing { rows: 0, tell };
        let Some(pass) = self.pass(file, &context, &mut wrong)? else {
            return Ok(Event::Refused { wrong: 0 });
        };
        self.check(pass, &mut wrong)?;
        if wrong.rows > 0 && !self.how.skip_bad {
            return Ok(Event::Refused { wrong: wrong.rows });
        }
        let mut again = Listing { rows: LISTED_MAX, tell };
        let pass = self.pass(file, &context, &mut again)?;
        let pass = pass.ok_or_else(|| anyhow::anyhow!("the file changed meanwhile"))?;
        let Written { added, revised, known, wrong } = self.write_in_bulk(pass, tell)?;
        Ok(Event::Imported { added, revised, known, wrong })
    }

    fn context(&self) -> anyhow::Result<Context> {
        let live = self.site.survey(&self.survey);
        let live = live.ok_or_else(|| anyhow::anyhow!("the survey was removed meanwhile"))?;
        Ok(Context {
            site: self.site.site.site.clone(),
            survey: self.survey.clone(),
            questions: live.ever_asked(),
            zone: self.site.zone.clone(),
            now_ms: clock::now_ms(),
        })
    }

    /// The file from its beginning; `None` when its columns are wrong, which is then listed.
    fn pass<'a>(
        &'a self,
        mut file: &'a File,
        context: &'a Context,
        wrong: &mut Listing<impl FnMut(Event)>,
    ) -> anyhow::Result<Option<Pass<'a>>> {
        file.rewind()?;
        let (rows, layout) = match self.how.format {
            Format::Ndjson => (Rows::of_lines(file), None),
            Format::Csv => {
                let mut table = Table::new(file);
                let from = self.how.from.map(From::peer);
                match Layout::of(&table.header()?, from, &context.questions) {
                    Ok(layout) => (Rows::Table(table), Some(layout)),
                    Err(problems) => {
                        let problem = |(field, message)| Problem { line: 1, field, message };
                        problems.into_iter().map(problem).for_each(|it| wrong.add(it));
                        return Ok(None);
                    }
                }
            }
        };
        let maker = Maker::new(&self.site, &self.survey)?;
        let length = file.metadata()?.len();
        let occurred = Occurred::default();
        Ok(Some(Pass { rows, layout, maker, occurred, context, length, how: &self.how }))
    }

    /// Reads everything and lists what is wrong. What is remembered of the rows ends with it.
    fn check(&self, mut pass: Pass, wrong: &mut Listing<impl FnMut(Event)>) -> anyhow::Result<()> {
        while let Some(batch) = pass.batch()? {
            let (site, survey) = (pass.context.site.clone(), self.survey.clone());
            let ids = batch.good.iter().map(|(_, posted)| posted.response.id.clone()).collect();
            let others = Handle::current().block_on(self.store.of_other_surveys(site, survey, ids));
            let others: HashMap<String, String> = others?.into_iter().collect();
            let mut problems = batch.wrong;
            for (line, posted) in batch.good {
                let id = posted.response.id;
                let Some(other) = others.get(&id) else { continue };
                let message = format!("{id} is a response of survey {other:?}");
                problems.push(Problem { line, field: "id".to_owned(), message });
            }
            problems.sort_by_key(|problem| problem.line);
            problems.into_iter().for_each(|problem| wrong.add(problem));
            (wrong.tell)(pass.progress(Step::Checking));
        }
        Ok(())
    }

    fn write_in_bulk(&self, pass: Pass, tell: &mut impl FnMut(Event)) -> anyhow::Result<Written> {
        if !self.how.alone {
            return self.write(pass, tell);
        }
        Handle::current().block_on(self.store.begin_bulk(pass.length))?;
        let written = self.write(pass, tell);
        Handle::current().block_on(self.store.end_bulk())?;
        written
    }

    /// Writes all good rows. While one batch is written, the next one is made.
    fn write(&self, mut pass: Pass, tell: &mut impl FnMut(Event)) -> anyhow::Result<Written> {
        let mut written = Written::default();
        let mut pending: Option<JoinHandle<Result<Vec<Kept>, StoreError>>> = None;
        loop {
            let batch = pass.batch()?;
            written.wrong += batch.as_ref().map_or(0, |batch| batch.wrong.len() as u64);
            if let Some(pending) = pending.take() {
                written.count(&Handle::current().block_on(pending)??);
                tell(pass.progress(Step::Writing));
            }
            let Some(good) = batch.map(Batch::into_posted) else { return Ok(written) };
            let store = self.store.clone();
            pending = Some(Handle::current().spawn(async move { store.append(good).await }));
        }
    }
}

/// One way through a file.
struct Pass<'a> {
    rows: Rows<&'a File>,
    layout: Option<Layout>,
    maker: Maker,
    occurred: Occurred,
    context: &'a Context,
    length: u64,
    how: &'a How,
}

/// Some rows.
struct Batch {
    /// What is stored of the good ones, each with its line.
    good: Vec<(u64, Posted)>,
    /// What is wrong with the others.
    wrong: Vec<Problem>,
}

impl Batch {
    /// What is stored, in the order of ids: the database finds its places faster so.
    fn into_posted(self) -> Vec<Posted> {
        let mut good: Vec<Posted> = self.good.into_iter().map(|(_, posted)| posted).collect();
        // Stable: revisions of one response stay in their order.
        good.sort_by(|a, b| a.response.id.cmp(&b.response.id));
        good
    }
}

impl Pass<'_> {
    /// The next rows; `None` at the end.
    fn batch(&mut self) -> anyhow::Result<Option<Batch>> {
        let mut rows = Vec::with_capacity(self.how.batch);
        let start = self.rows.position();
        while rows.len() < self.how.batch
            && self.rows.position() - start < BATCH_BYTES_MAX
            && let Some(row) = self.rows.next()?
        {
            rows.push(row);
        }
        if rows.is_empty() {
            return Ok(None);
        }
        let made = in_parallel(&rows, self.how.threads, |row| self.make(row));
        let mut batch = Batch { good: Vec::with_capacity(rows.len()), wrong: Vec::new() };
        for made in made {
            let told = |made: Made| Ok((made.line, self.occurred.posted(made)?));
            match made.and_then(|made| made.map(told).transpose()) {
                Ok(good) => batch.good.extend(good),
                Err(problem) => batch.wrong.push(problem),
            }
        }
        Ok(Some(batch))
    }

    fn make(&self, row: &Row) -> Result<Option<Made>, Problem> {
        let draft = Draft::of(row, self.layout.as_ref(), self.context)?;
        draft.map(|draft| self.maker.make(draft)).transpose()
    }

    fn progress(&self, step: Step) -> Event {
        Event::Progress { step, bytes: self.rows.position(), of: self.length }
    }
}

/// Does something with each item on several threads, and returns the results in order.
fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let work = &work;
    std::thread::scope(|scope| {
        let parts = items.chunks(items.len().div_ceil(threads.max(1)).max(1));
        let running: Vec<_> = parts
            .map(|part| scope.spawn(move || part.iter().map(work).collect::<Vec<R>>()))
            .collect();
        let results = running.into_iter().map(std::thread::ScopedJoinHandle::join);
        // A panic there is one here.
        results.flat_map(|part| part.unwrap_or_else(|it| std::panic::resume_unwind(it))).collect()
    })
}

/// What became of the rows.
#[derive(Default)]
struct Written {
    added: u64,
    revised: u64,
    known: u64,
    wrong: u64,
}

impl Written {
    fn count(&mut self, kept: &[Kept]) {
        for kept in kept {
            match kept {
                Kept::New => self.added += 1,
                Kept::Revised => self.revised += 1,
                Kept::Known => self.known += 1,
                Kept::OtherSurvey(_) | Kept::Unanswered | Kept::Damaged(_) => self.wrong += 1,
            }
        }
    }
}

/// Tells of wrong rows, as long as that helps.
struct Listing<'a, T: FnMut(Event)> {
    /// How many rows are wrong.
    rows: u64,
    tell: &'a mut T,
}

impl<T: FnMut(Event)> Listing<'_, T> {
    fn add(&mut self, Problem { line, field, message }: Problem) {
        self.rows += 1;
        if self.rows <= LISTED_MAX {
            (self.tell)(Event::Wrong { line, field, message });
        }
    }
}
