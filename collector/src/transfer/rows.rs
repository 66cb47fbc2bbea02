//! Reads a file row by row, each into what it says of one response.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read};

use anyhow::Context as _;
use jiff::tz::TimeZone;
use serde_json::Value as Json;
use survey::response::{Attribute, Response};
use survey::{Answer, Question, State};

use super::cells;
use super::columns::{Column, Layout};
use super::dates;

/// The event of PostHog that is an answer.
const ANSWERED_EVENT: &str = "survey sent";

/// What a file is read against.
pub(super) struct Context {
    /// The site's key.
    pub site: String,
    /// The survey's id.
    pub survey: String,
    /// Every question that was ever asked.
    pub questions: Vec<Question>,
    /// The site's time zone.
    pub zone: TimeZone,
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
}

/// What a row says of a response.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// The line it starts at, from 1.
    pub line: u64,
    /// The response; its id is empty when the file has none.
    pub response: Response,
    /// When it was given.
    pub submitted_at_ms: i64,
    /// Whether it is left out of every number.
    pub excluded: bool,
    /// Whether nothing is known of showings.
    pub imported: bool,
    /// The id that a peer knows it by.
    pub key: Option<String>,
}

/// Something wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// The line the row starts at, from 1.
    pub line: u64,
    /// The column or the field at fault.
    pub field: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// What was read.
pub(super) enum Found {
    /// A response.
    Row(Box<Draft>),
    /// A row that is wrong.
    Wrong(Problem),
    /// A row about something else.
    Other,
}

/// The rows of a file.
pub(super) enum Rows<R: Read> {
    /// A table with a header.
    Csv {
        /// The cells.
        reader: csv::Reader<R>,
        /// What they hold.
        layout: Layout,
        /// The row read last.
        record: csv::StringRecord,
    },
    /// One JSON object a line.
    Ndjson {
        /// The lines.
        reader: BufReader<R>,
        /// The line read last.
        text: String,
        /// Its number.
        line: u64,
        /// Where the next one starts.
        position: u64,
    },
}

/// A table's reader: rows of any length, so that a wrong one can be told from the others.
pub(super) fn table<R: Read>(file: R) -> csv::Reader<R> {
    csv::ReaderBuilder::new().flexible(true).from_reader(file)
}

impl<R: Read> Rows<R> {
    /// The lines of a file of JSON objects.
    pub(super) fn of_ndjson(file: R) -> Rows<R> {
        Rows::Ndjson { reader: BufReader::new(file), text: String::new(), line: 0, position: 0 }
    }

    /// The next row; `None` after the last.
    ///
    /// # Errors
    /// When the file cannot be read on.
    pub(super) fn next(&mut self, context: &Context) -> anyhow::Result<Option<Found>> {
        match self {
            Rows::Csv { reader, layout, record } => next_record(reader, layout, record, context),
            Rows::Ndjson { reader, text, line, position } => loop {
                text.clear();
                *line += 1;
                let bytes = reader.read_line(text).with_context(|| format!("line {line}"))?;
                *position += bytes as u64;
                if bytes == 0 {
                    return Ok(None);
                }
                let text = text.trim_start_matches('\u{feff}').trim();
                if !text.is_empty() {
                    return Ok(Some(found(of_object(text, *line, context).map(Some))));
                }
            },
        }
    }

    /// How many bytes were read.
    pub(super) fn position(&self) -> u64 {
        match self {
            Rows::Csv { reader, .. } => reader.position().byte(),
            Rows::Ndjson { position, .. } => *position,
        }
    }
}

fn found(row: Result<Option<Draft>, Problem>) -> Found {
    match row {
        Ok(Some(draft)) => Found::Row(Box::new(draft)),
        Ok(None) => Found::Other,
        Err(problem) => Found::Wrong(problem),
    }
}

fn next_record<R: Read>(
    reader: &mut csv::Reader<R>,
    layout: &Layout,
    record: &mut csv::StringRecord,
    context: &Context,
) -> anyhow::Result<Option<Found>> {
    match reader.read_record(record) {
        Ok(true) => {
            let line = record.position().map_or(0, csv::Position::line);
            Ok(Some(found(of_record(record, line, layout, context))))
        }
        Ok(false) => Ok(None),
        Err(error) => match error.kind() {
            csv::ErrorKind::Utf8 { pos: Some(position), .. } => Ok(Some(Found::Wrong(Problem {
                line: position.line(),
                field: String::new(),
                message: "this row is not UTF-8".to_owned(),
            }))),
            _ => Err(error.into()),
        },
    }
}

fn empty(context: &Context) -> Response {
    Response {
        id: String::new(),
        site: context.site.clone(),
        survey: context.survey.clone(),
        revision: 1,
        state: State::Completed,
        answers: Vec::new(),
        version: None,
        respondent: None,
        attributes: BTreeMap::new(),
        locale: None,
        page: None,
        test: false,
        token: None,
        user_signature: None,
        verified: false,
    }
}

/// What a row of a table says; `None` when it is about something else.
fn of_record(
    record: &csv::StringRecord,
    line: u64,
    layout: &Layout,
    context: &Context,
) -> Result<Option<Draft>, Problem> {
    let wrong = |field: &str, message| Problem { line, field: field.to_owned(), message };
    if record.len() != layout.columns.len() {
        let message = format!("{} cells; the header has {}", record.len(), layout.columns.len());
        return Err(wrong("", message));
    }
    let response = empty(context);
    let imported = !layout.has_state();
    let mut draft =
        Draft { line, response, submitted_at_ms: 0, excluded: false, imported, key: None };
    let mut comments = Vec::new();
    for ((column, name), cell) in layout.columns.iter().zip(&layout.names).zip(record) {
        match column {
            Column::Event if cell != ANSWERED_EVENT => return Ok(None),
            Column::Comment(at) => {
                let text = text_of(cell, layout);
                comments.extend(text.map(|text| (*at, name, text)));
            }
            column => {
                draft
                    .take(column, cell, layout, context)
                    .map_err(|message| wrong(name, message))?;
            }
        }
    }
    for (at, name, text) in comments {
        let id = context.questions[at].id();
        let answer = draft.response.answers.iter_mut().find(|answer| answer.question == id);
        let Some(answer) = answer else {
            return Err(wrong(name, format!("a comment without an answer to {id:?}")));
        };
        answer.comment = Some(text);
    }
    Ok(Some(draft))
}

/// The text of a cell; a peer's is taken as it stands.
fn text_of(cell: &str, layout: &Layout) -> Option<String> {
    match layout.peer {
        None => cells::to_text(cell),
        Some(_) => (!cell.trim().is_empty()).then(|| cell.to_owned()),
    }
}

impl Draft {
    /// Takes over what a cell says.
    fn take(
        &mut self,
        column: &Column,
        cell: &str,
        layout: &Layout,
        context: &Context,
    ) -> Result<(), String> {
        let response = &mut self.response;
        match column {
            Column::Id => response.id = cell.trim().to_ascii_lowercase(),
            Column::Key => self.key = text_of(cell, layout),
            Column::SubmittedAt => {
                self.submitted_at_ms = dates::parse(cell, &context.zone, context.now_ms)?;
            }
            // A row that does not say how far it came knows nothing of showings.
            Column::State if cell.is_empty() => self.imported = true,
            Column::State => response.state = state(cell)?,
            Column::Respondent => response.respondent = text_of(cell, layout),
            Column::Locale => response.locale = text_of(cell, layout),
            Column::Page => response.page = text_of(cell, layout),
            Column::Excluded => self.excluded = flag(cell)?,
            Column::Value(_) if cell.is_empty() => {}
            Column::Value(at) => {
                let question = &context.questions[*at];
                let value = cells::to_value(question, cell)?;
                let question = question.id().to_owned();
                response.answers.push(Answer { question, value, comment: None });
            }
            Column::Attribute(key) => {
                let value = match layout.peer {
                    None => cells::to_attribute(cell),
                    Some(_) => Some(cell)
                        .filter(|cell| !cell.is_empty() && !is_address(cell))
                        .map(|cell| Attribute::Text(cell.to_owned())),
                };
                response.attributes.extend(value.map(|value| (key.clone(), value)));
            }
            Column::Comment(_) | Column::Event | Column::Nothing => {}
        }
        Ok(())
    }
}

/// An e-mail address: a respondent may be one, an attribute never.
fn is_address(cell: &str) -> bool {
    !cell.contains(char::is_whitespace)
        && cell.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}

fn state(cell: &str) -> Result<State, String> {
    let all = [State::Shown, State::Dismissed, State::Answered, State::Completed];
    all.into_iter()
        .find(|state| state.name() == cell.trim())
        .ok_or_else(|| format!("{cell:?} is not one of {}", all.map(State::name).join(", ")))
}

fn flag(cell: &str) -> Result<bool, String> {
    match cell.trim().to_ascii_lowercase().as_str() {
        "" | "false" => Ok(false),
        "true" => Ok(true),
        _ => Err(format!("{cell:?} is neither true nor false")),
    }
}

/// What a line of JSON says.
fn of_object(text: &str, line: u64, context: &Context) -> Result<Draft, Problem> {
    let wrong = |field: &str, message| Problem { line, field: field.to_owned(), message };
    let mut object: Json = serde_json::from_str(text)
        .map_err(|error| wrong("", format!("this is not JSON: {error}")))?;
    let Some(fields) = object.as_object_mut() else {
        return Err(wrong("", "this is not a JSON object".to_owned()));
    };
    let time = fields.remove("submitted_at").unwrap_or_default();
    let time =
        time.as_str().ok_or_else(|| wrong("submitted_at", "this field is missing".into()))?;
    let submitted_at_ms = dates::parse(time, &context.zone, context.now_ms)
        .map_err(|message| wrong("submitted_at", message))?;
    let excluded = fields.remove("excluded").is_some_and(|it| it == true);
    let imported = fields.remove("imported").is_some_and(|it| it == true);
    let imported = imported || !fields.contains_key("state");
    if imported {
        // As in a table: what knows nothing of showings came to its end.
        fields.insert("state".to_owned(), State::Completed.name().into());
    }
    fields.entry("id").or_insert_with(|| "".into());
    fields.insert("site".to_owned(), context.site.as_str().into());
    fields.insert("survey".to_owned(), context.survey.as_str().into());
    let mut response: Response = serde_path_to_error::deserialize(&object)
        .map_err(|error| wrong(&error.path().to_string(), error.inner().to_string()))?;
    response.id.make_ascii_lowercase();
    Ok(Draft { line, response, submitted_at_ms, excluded, imported, key: None })
}
