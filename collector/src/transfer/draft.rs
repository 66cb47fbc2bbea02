//! What a row says of one response.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use survey::response::{Attribute, Response};
use survey::text::has_words;
use survey::{Answer, Day, Question, State};

use super::cells;
use super::columns::{Column, Layout};
use super::dates;
use super::objects;
use super::rows::{Content, Row};
use crate::store::{HANDLING_CHARS_MAX, Handling};

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
    /// Whether it is left out of every number; tests are when it is not said.
    pub excluded: Option<bool>,
    /// Whether nothing is known of showings.
    pub imported: bool,
    /// What was made of it.
    pub handling: Handling,
    /// The id that a peer knows it by.
    pub key: Option<String>,
}

/// Something wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// The line the row starts at, from 1.
    pub line: u64,
    /// The column or the field at fault; empty for the whole row.
    pub field: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// A field and what is wrong with it.
pub(super) type Wrong = (String, String);

impl Draft {
    /// What a row says; `None` when it is about something else.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub(super) fn of(
        row: &Row,
        layout: Option<&Layout>,
        context: &Context,
    ) -> Result<Option<Draft>, Problem> {
        let said = match (&row.content, layout) {
            (Content::Cells(cells), Some(layout)) => of_cells(cells, layout, context),
            (Content::Cells(_), None) => Ok(None),
            (Content::Line(text), _) => objects::read(text, context).map(Some),
            (Content::TooLong { to }, _) => Err((String::new(), too_long(row.line, *to))),
        };
        let line = row.line;
        let problem = |(field, message)| Problem { line, field, message };
        let Some(draft) = said.map_err(problem)? else { return Ok(None) };
        if let Some(field) = draft.handling.too_long() {
            let message = format!("at most {HANDLING_CHARS_MAX} characters are kept");
            return Err(problem((field.to_owned(), message)));
        }
        Ok(Some(Draft { line, ..draft }))
    }

    /// What is so until a row says otherwise.
    pub(super) fn empty(context: &Context) -> Draft {
        Draft {
            line: 0,
            response: Response {
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
            },
            submitted_at_ms: 0,
            excluded: None,
            imported: false,
            handling: Handling::default(),
            key: None,
        }
    }
}

/// What is wrong with a row of more than a MiB from a line to another.
fn too_long(line: u64, to: u64) -> String {
    match to - line {
        0 => "this row has more than a MiB".to_owned(),
        _ => format!("this row has more than a MiB and ends in line {to}: is a quote left open?"),
    }
}

/// What a row of a table says; `None` when it is about something else.
fn of_cells(
    cells: &csv::ByteRecord,
    layout: &Layout,
    context: &Context,
) -> Result<Option<Draft>, Wrong> {
    if cells.len() != layout.columns.len() {
        let message = format!("{} cells; the header has {}", cells.len(), layout.columns.len());
        return Err((String::new(), message));
    }
    let mut draft = Draft { imported: !layout.has_state(), ..Draft::empty(context) };
    let mut comments = Vec::new();
    for ((column, name), cell) in layout.columns.iter().zip(&layout.names).zip(cells) {
        let utf8 = |_| (name.clone(), "this cell is not UTF-8".to_owned());
        let cell = std::str::from_utf8(cell).map_err(utf8)?;
        match column {
            Column::Event if cell != ANSWERED_EVENT => return Ok(None),
            Column::Comment(at) => {
                let text = text_of(cell, layout);
                comments.extend(text.map(|text| (*at, name, text)));
            }
            column => draft
                .take(column, cell, layout, context)
                .map_err(|message| (name.clone(), message))?,
        }
    }
    for (at, name, text) in comments {
        let id = context.questions[at].id();
        let answer = draft.response.answers.iter_mut().find(|answer| answer.question == id);
        let Some(answer) = answer else {
            return Err((name.clone(), format!("a comment without an answer to {id:?}")));
        };
        answer.comment = Some(text);
    }
    Ok(Some(draft))
}

/// The text of a cell; a peer's is taken as it stands.
fn text_of(cell: &str, layout: &Layout) -> Option<String> {
    match layout.peer {
        None => cells::to_text(cell),
        Some(_) => has_words(cell).then(|| cell.to_owned()),
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
        let text = || text_of(cell, layout);
        match column {
            Column::Id => response.id = cell.trim().to_ascii_lowercase(),
            Column::Key => self.key = text(),
            Column::SubmittedAt => {
                self.submitted_at_ms = dates::parse(cell, &context.zone, context.now_ms)?;
            }
            // A row that does not say how far it came knows nothing of showings.
            Column::State if cell.is_empty() => self.imported = true,
            Column::State => response.state = state(cell)?,
            Column::Respondent => response.respondent = text(),
            Column::Locale => response.locale = text(),
            Column::Page => response.page = text(),
            Column::Excluded => self.excluded = flag(cell)?,
            Column::Revision => response.revision = revision(cell)?,
            Column::Version => response.version = text(),
            Column::Test => response.test = flag(cell)?.unwrap_or_default(),
            Column::Verified => response.verified = flag(cell)?.unwrap_or_default(),
            Column::Status => self.handling.status = text(),
            Column::Owner => self.handling.owner = text(),
            Column::Note => self.handling.note = text(),
            Column::Due => self.handling.due = day(cell)?,
            Column::ExcludedBy => self.handling.excluded_by = text(),
            Column::ExcludedWhy => self.handling.excluded_why = text(),
            Column::Value(_) if !has_words(cell) => {}
            Column::Value(at) => {
                let question = &context.questions[*at];
                let value = cells::to_value(question, cell)?;
                let question = question.id().to_owned();
                response.answers.push(Answer { question, value, comment: None });
            }
            Column::Attribute(key) => {
                let value = attribute(cell, layout);
                response.attributes.extend(value.map(|value| (key.clone(), value)));
            }
            Column::Comment(_) | Column::Event | Column::Nothing => {}
        }
        Ok(())
    }
}

fn attribute(cell: &str, layout: &Layout) -> Option<Attribute> {
    if layout.peer.is_none() {
        return cells::to_attribute(cell);
    }
    let kept = !cell.is_empty() && !is_address(cell);
    kept.then(|| Attribute::Text(cell.to_owned()))
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

fn flag(cell: &str) -> Result<Option<bool>, String> {
    match cell.trim() {
        "" => Ok(None),
        cell if cell.eq_ignore_ascii_case("false") => Ok(Some(false)),
        cell if cell.eq_ignore_ascii_case("true") => Ok(Some(true)),
        _ => Err(format!("{cell:?} is neither true nor false")),
    }
}

fn revision(cell: &str) -> Result<u32, String> {
    match cell.trim() {
        "" => Ok(1),
        text => text.parse().map_err(|_| format!("{cell:?} is not a whole number from 1")),
    }
}

fn day(cell: &str) -> Result<Option<Day>, String> {
    let text = Some(cell.trim()).filter(|text| !text.is_empty());
    text.map(str::parse).transpose()
}
