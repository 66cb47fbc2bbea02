//! Makes what is stored from what a row says.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};
use survey::response::Response;
use survey::{Definition, Refusal, State, accept};

use super::super::rows::{Context, Draft, Problem};
use crate::encoded::hex;
use crate::sites::LiveSite;
use crate::store::{Handling, Posted};

/// Makes what is stored from what a row says.
pub(super) struct Maker<'a> {
    /// Every definition that the survey was asked with, the current one first.
    definitions: Vec<(&'a str, Arc<Definition>)>,
    /// How often a content without an id occurred, by the beginning of its hash. Should two
    /// contents share it, one of them gets a higher number, which is as good as any.
    occurred: HashMap<u64, u64>,
}

impl<'a> Maker<'a> {
    /// A maker of responses to a survey.
    pub(super) fn new(site: &'a LiveSite, context: &Context) -> anyhow::Result<Maker<'a>> {
        let live = site.survey(&context.survey).context("the survey was removed meanwhile")?;
        Ok(Maker { definitions: live.definitions(), occurred: HashMap::new() })
    }

    /// What is stored of a row.
    ///
    /// # Errors
    /// When no definition the survey was asked with takes the answers.
    pub(super) fn posted(&mut self, draft: Draft) -> Result<Posted, Problem> {
        if draft.response.answers.is_empty() && draft.response.state >= State::Answered {
            let message = match draft.imported {
                true => "no question is answered".to_owned(),
                false => format!("{}, but no question is answered", draft.response.state.name()),
            };
            return Err(Problem { line: draft.line, field: "state".to_owned(), message });
        }
        let Draft { line, mut response, submitted_at_ms, excluded, imported, key } = draft;
        let made = response.id.is_empty();
        if made {
            let content = content(&response, submitted_at_ms, excluded, key.as_deref());
            // What a peer knows by an id is one response, however often it is exported.
            let occurred = if key.is_some() { 0 } else { self.occurred(content) };
            response.id = id(content, occurred, submitted_at_ms);
        }
        let (version, definition) = self.fitting(&response).map_err(|refusal| {
            let field = field(&refusal.field, &response);
            Problem { line, field, message: refusal.detail }
        })?;
        response.version = Some(version.to_owned());
        Ok(Posted {
            doubt: None,
            excluded: excluded || response.test,
            handling: Handling::default(),
            response,
            definition,
            imported,
            received_at_ms: submitted_at_ms,
            submitted_at_ms,
        })
    }

    /// The definition that takes the answers: the one that is named, else the current one, else
    /// an earlier one.
    fn fitting(&self, response: &Response) -> Result<(&'a str, Arc<Definition>), Refusal> {
        let named = |version: &&str| Some(*version) == response.version.as_deref();
        let mut all: Vec<_> = self.definitions.iter().collect();
        all.sort_by_key(|(version, _)| !named(version));
        let mut first = None;
        for (version, definition) in all {
            match accept(definition, response) {
                Ok(()) => return Ok((version, definition.clone())),
                Err(refusal) => first = first.or(Some(refusal)),
            }
        }
        Err(first.unwrap_or_else(|| unreachable!("a survey has a definition")))
    }

    /// How often a content occurred before.
    fn occurred(&mut self, content: [u8; 32]) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = content;
        let count = self.occurred.entry(u64::from_be_bytes([a, b, c, d, e, f, g, h])).or_default();
        *count += 1;
        *count - 1
    }
}

/// The hash of everything a row says, or of the id by which a peer knows it.
fn content(response: &Response, at_ms: i64, excluded: bool, key: Option<&str>) -> [u8; 32] {
    let Response { site, survey, .. } = response;
    let text = match key {
        Some(key) => serde_json::to_vec(&(site, survey, key)),
        None => serde_json::to_vec(&(response, at_ms, excluded)),
    };
    Sha256::digest(text.unwrap_or_default()).into()
}

/// A UUID v7 of a time, and of a content as often as it occurred.
fn id(content: [u8; 32], occurred: u64, at_ms: i64) -> String {
    let hash = Sha256::new().chain_update(content).chain_update(occurred.to_be_bytes()).finalize();
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
