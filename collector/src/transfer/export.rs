//! `nabz export` and the two addresses of the admin interface: all responses to a survey, written
//! page by page, so that memory does not grow with them and ingest goes on meanwhile.

use std::borrow::Cow;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use survey::Question;

use super::columns::{FIXED, FURTHER};
use super::{Target, cells, listed};
use crate::clock;
use crate::sites::{LiveSite, LiveSurvey};
use crate::store::{Handling, Record, Store, StoreError};

/// Responses read at once.
const PAGE: usize = 500;

/// Write all responses to a survey, also while a collector runs
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    target: Target,
    /// How to write them
    #[arg(long, env = "NABZ_FORMAT", default_value = "csv")]
    format: Format,
}

/// How responses are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table with a header
    Csv,
    /// One JSON object a line
    Ndjson,
}

impl Format {
    /// The format that a file's name tells.
    pub(super) fn of(file: &Path) -> Format {
        let lines = |ending: &std::ffi::OsStr| ending == "ndjson" || ending == "jsonl";
        if file.extension().is_some_and(lines) { Format::Ndjson } else { Format::Csv }
    }

    /// Its media type.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8",
            Format::Ndjson => "application/x-ndjson",
        }
    }

    /// The ending of its files.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Ndjson => "ndjson",
        }
    }
}

impl Export {
    /// Writes the responses to the standard output.
    ///
    /// # Errors
    /// When the database cannot be read or nobody takes the output.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let (store, site) = self.target.open_to_read().await?;
        let live = site.survey(&self.target.survey).context("the survey was removed meanwhile")?;
        let mut exporter =
            Exporter::new(store.clone(), &site, &self.target.survey, live, self.format).await?;
        let mut out = std::io::stdout().lock();
        while let Some(chunk) = exporter.chunk().await? {
            out.write_all(&chunk)?;
        }
        out.flush()?;
        drop(out);
        store.close().await;
        Ok(ExitCode::SUCCESS)
    }
}

/// All responses to a survey, chunk by chunk, oldest first.
pub(crate) struct Exporter {
    store: Store,
    site: String,
    survey: String,
    /// The columns of a table; `None` for lines of JSON.
    table: Option<Table>,
    /// Whether the header was written.
    begun: bool,
    /// After which response the next page starts; `None` after the last one.
    after: Option<(i64, String)>,
    ended: bool,
}

struct Table {
    questions: Vec<Question>,
    attributes: Vec<String>,
}

impl Exporter {
    /// Begins an export. The attributes that are columns of a table are those seen until now.
    pub(crate) async fn new(
        store: Store,
        site: &LiveSite,
        survey: &str,
        live: &LiveSurvey,
        format: Format,
    ) -> Result<Exporter, StoreError> {
        let (site, survey) = (site.site.site.clone(), survey.to_owned());
        let table = match format {
            Format::Ndjson => None,
            Format::Csv => Some(Table {
                questions: live.ever_asked(),
                attributes: store.attribute_keys(site.clone(), survey.clone()).await?,
            }),
        };
        Ok(Exporter { store, site, survey, table, begun: false, after: None, ended: false })
    }

    /// The next chunk; `None` after the last.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        if self.ended {
            return Ok(None);
        }
        let (site, survey) = (self.site.clone(), self.survey.clone());
        let page = self.store.oldest_first(site, survey, self.after.take(), PAGE).await?;
        self.ended = page.len() < PAGE;
        self.after = page.last().map(|last| (last.submitted_at_ms, last.response.id.clone()));
        let begun = std::mem::replace(&mut self.begun, true);
        Ok(Some(match &self.table {
            None => lines(&page),
            Some(table) => table.rows(&page, !begun),
        }))
    }
}

fn lines(page: &[Record]) -> Vec<u8> {
    page.iter().map(|record| format!("{}\n", listed(record))).collect::<String>().into_bytes()
}

impl Table {
    fn header(&self) -> impl Iterator<Item = String> {
        let fixed = FIXED.iter().map(|(name, _)| (*name).to_owned());
        let of_questions = self
            .questions
            .iter()
            .flat_map(|question| ["q", "comment"].map(|kind| format!("{kind}:{}", question.id())));
        let attributes = self.attributes.iter().map(|key| format!("attr:{key}"));
        let further = FURTHER.iter().map(|(name, _)| (*name).to_owned());
        fixed.chain(of_questions).chain(attributes).chain(further)
    }

    fn rows(&self, page: &[Record], with_header: bool) -> Vec<u8> {
        let mut out = csv::Writer::from_writer(Vec::new());
        let header = with_header.then(|| out.write_record(self.header()));
        let rows =
            page.iter().map(|record| out.write_record(self.row(record).map(Cow::into_owned)));
        let written: Result<(), csv::Error> = rows.collect();
        header.unwrap_or(Ok(())).and(written).expect("rows of one length go into memory");
        out.into_inner().expect("writing to memory does not fail")
    }

    fn row<'a>(&'a self, record: &'a Record) -> impl Iterator<Item = Cow<'a, str>> {
        let response = &record.response;
        let text = |text: &'a Option<String>| text.as_deref().map_or("".into(), cells::of_text);
        // Of what was imported nothing is known of showings, and so it stays when it comes back.
        let state = if record.imported { "" } else { response.state.name() };
        let fixed = [
            response.id.as_str().into(),
            clock::rfc3339(record.submitted_at_ms).into(),
            state.into(),
            text(&response.respondent),
            text(&response.locale),
            text(&response.page),
            record.excluded.to_string().into(),
        ];
        let answers = self.questions.iter().flat_map(move |question| {
            let answer = response.answers.iter().find(|answer| answer.question == question.id());
            let value = answer.map_or("".into(), |answer| cells::of_value(&answer.value));
            [value, answer.map_or("".into(), |answer| text(&answer.comment))]
        });
        let attributes = self
            .attributes
            .iter()
            .map(|key| response.attributes.get(key).map_or("".into(), cells::of_attribute));
        let Handling { status, owner, note, due, excluded_by, excluded_why } = &record.handling;
        let further = [
            response.revision.to_string().into(),
            text(&response.version),
            response.test.to_string().into(),
            response.verified.to_string().into(),
            text(status),
            text(owner),
            text(note),
            due.map_or("".into(), |day| day.to_string().into()),
            text(excluded_by),
            text(excluded_why),
        ];
        fixed.into_iter().chain(answers).chain(attributes).chain(further)
    }
}
