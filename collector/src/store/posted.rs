//! Responses on their way into the store.

use std::sync::Arc;

use survey::Definition;
use survey::response::Response;

use super::record::Handling;

/// A response on its way into the store.
#[derive(Debug, Clone)]
pub struct Posted {
    /// What was posted; its id is in lower case.
    pub response: Response,
    /// The same as JSON in one line, if it came like this and nothing of it was left out.
    pub text: Option<String>,
    /// The definition it was accepted against.
    pub definition: Arc<Definition>,
    /// Whether it comes from a file that knows of no showings.
    pub imported: bool,
    /// Whether it is left out of every number, if this is the first post about it.
    pub excluded: bool,
    /// What was made of it where it comes from, if this is the first post about it.
    pub handling: Handling,
    /// Why it looks like the work of a program, if it does: it is kept and left out of every
    /// number, unless somebody has decided otherwise.
    pub doubt: Option<String>,
    /// Milliseconds that a person needs to answer: a first answer that comes sooner is doubted,
    /// too. 0 where nothing is too soon.
    pub answer_min_ms: i64,
    /// When it arrived, in milliseconds since 1970.
    pub received_at_ms: i64,
    /// When it counts as given, if this is the first post about it.
    pub submitted_at_ms: i64,
}

/// What became of a posted response, once that is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It is new.
    New,
    /// It revised what was there.
    Revised,
    /// It was known already.
    Known,
    /// Refused: the id belongs to a response of another survey, named here.
    OtherSurvey(String),
    /// Refused: it claims to be answered, but no answer was ever given.
    Unanswered,
    /// Not stored: what there is with its id cannot be gone on with, for this reason.
    Damaged(String),
}
