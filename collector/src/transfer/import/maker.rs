//! Makes what is stored from what a row says.

use std::hash::BuildHasher as _;
use std::sync::Arc;

use anyhow::Context as _;
use foldhash::quality::FixedState;
use sha2::{Digest as _, Sha256};
use survey::response::Response;
use survey::{Definition, Refusal, State, accept};

use super::super::draft::{Draft, Problem};
use crate::encoded::hex;
use crate::sites::LiveSite;
use crate::store::Posted;

/// Makes what is stored from what rows say, each on its own.
pub(super) struct Maker {
    /// Every definition that the survey was asked with, the current one first.
    definitions: Vec<(String, Arc<Definition>)>,
}

/// What is stored of a row, as far as that can be told without the other rows.
pub(super) struct Made {
    /// The line the row starts at.
    pub line: u64,
    /// What is stored.
    pub posted: Posted,
    /// What its id was made from.
    pub made_from: MadeFrom,
}

/// What a response's id was made from.
pub(super) enum MadeFrom {
    /// It is the file's own.
    Id {
        /// A hash of it.
        id: u64,
        /// The end of one of everything the row says.
        content: u32,
    },
    /// From everything the row says: equal rows are different responses.
    Content([u8; 32]),
    /// From the id that a peer knows it by: rows with the same one are revisions of one response.
    Key([u8; 32]),
}

impl Maker {
    /// A maker of responses to a survey.
    pub(super) fn new(site: &LiveSite, survey: &str) -> anyhow::Result<Maker> {
        let live = site.survey(survey).context("the survey was removed meanwhile")?;
        let own = |(version, definition): (&str, Arc<Definition>)| (version.to_owned(), definition);
        Ok(Maker { definitions: live.definitions().into_iter().map(own).collect() })
    }

    /// What is stored of a row.
    ///
    /// # Errors
    /// When no definition the survey was asked with takes the answers.
    pub(super) fn make(&self, draft: Draft) -> Result<Made, Problem> {
        if draft.response.answers.is_empty() && draft.response.state >= State::Answered {
            let message = match draft.imported {
                true => "no question is answered".to_owned(),
                false => format!("{}, but no question is answered", draft.response.state.name()),
            };
            return Err(Problem { line: draft.line, field: "state".to_owned(), message });
        }
        let line = draft.line;
        let made_from = MadeFrom::of(&draft);
        let Draft { mut response, submitted_at_ms, excluded, imported, handling, .. } = draft;
        if let MadeFrom::Content(hash) | MadeFrom::Key(hash) = made_from {
            response.id = id(hash, 0, submitted_at_ms);
        }
        let (version, definition) = self.fitting(&response).map_err(|refusal| {
            let field = field(&refusal.field, &response);
            Problem { line, field, message: refusal.detail }
        })?;
        response.version = Some(version.to_owned());
        let posted = Posted {
            excluded: excluded.unwrap_or(response.test),
            doubt: None,
            answer_min_ms: 0,
            response,
            text: None,
            definition,
            imported,
            handling,
            received_at_ms: submitted_at_ms,
            submitted_at_ms,
        };
        Ok(Made { line, posted, made_from })
    }

    /// The definition that takes the answers: the one that is named, else the current one, else
    /// an earlier one.
    fn fitting(&self, response: &Response) -> Result<(&str, Arc<Definition>), Refusal> {
        let named = |version: &str| Some(version) == response.version.as_deref();
        let (first, others): (Vec<_>, Vec<_>) =
            self.definitions.iter().partition(|(version, _)| named(version));
        let mut refused = None;
        for (version, definition) in first.into_iter().chain(others) {
            match accept(definition, response) {
                Ok(()) => return Ok((version, definition.clone())),
                Err(refusal) => refused = refused.or(Some(refusal)),
            }
        }
        Err(refused.unwrap_or_else(|| unreachable!("a survey has a definition")))
    }
}

impl MadeFrom {
    fn of(draft: &Draft) -> MadeFrom {
        let Draft { response, submitted_at_ms, excluded, imported, handling, key, .. } = draft;
        let Response { id, site, survey, .. } = response;
        let hash = |json: Result<Vec<u8>, _>| Sha256::digest(json.unwrap_or_default()).into();
        match key {
            _ if !id.is_empty() => {
                let excluded = excluded.unwrap_or(response.test);
                let all = (response, submitted_at_ms, excluded, imported, handling);
                let content = serde_json::to_vec(&all).unwrap_or_default();
                // The same in both ways through a file.
                let hash = FixedState::default();
                MadeFrom::Id { id: hash.hash_one(id), content: hash.hash_one(content) as u32 }
            }
            Some(key) => MadeFrom::Key(hash(serde_json::to_vec(&(site, survey, key)))),
            None => {
                let excluded = excluded.unwrap_or_default();
                let content = serde_json::to_vec(&(response, submitted_at_ms, excluded));
                MadeFrom::Content(hash(content))
            }
        }
    }
}

/// A UUID v7 of a time, and of a content as often as it occurred.
pub(super) fn id(content: [u8; 32], occurred: u32, at_ms: i64) -> String {
    let occurred = u64::from(occurred).to_be_bytes();
    let hash = Sha256::new().chain_update(content).chain_update(occurred).finalize();
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&at_ms.to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&hash[..10]);
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    let text = hex(&bytes);
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}

/// The column of a field such as `answers[0].value`.
fn field(field: &str, response: &Response) -> String {
    let answer = || {
        let (at, part) = field.strip_prefix("answers[")?.split_once("].")?;
        let answer = response.answers.get(at.parse::<usize>().ok()?)?;
        let kind = if part.starts_with("comment") { "comment" } else { "q" };
        Some(format!("{kind}:{}", answer.question))
    };
    let attribute = || field.strip_prefix("attributes.").map(|key| format!("attr:{key}"));
    answer().or_else(attribute).unwrap_or_else(|| field.to_owned())
}
