//! Posted responses as text, for as long as they are acknowledged and not yet written as rows.
//!
//! To write a post into the journal is the least that makes it durable. Some time later all that
//! stands there is decided once more, written as rows, and counted: a *fold*.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use survey::Definition;
use survey::response::Response;

use super::Posted;
use super::ingest::{Version, version_of};
use super::record::{Handling, to_json};

/// A post as it stands in the journal. Its definition is found by its version.
#[derive(Serialize, Deserialize)]
struct Entry<'a> {
    response: Cow<'a, Response>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    imported: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    excluded: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    handling: Cow<'a, Handling>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    doubt: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "is_default")]
    answer_min_ms: i64,
    received_at_ms: i64,
    submitted_at_ms: i64,
}

/// Posts as text, without a line's end.
pub(super) fn write(batch: &[Posted]) -> String {
    let entries = batch.iter().map(|posted| Entry {
        response: Cow::Borrowed(&posted.response),
        imported: posted.imported,
        excluded: posted.excluded,
        handling: Cow::Borrowed(&posted.handling),
        doubt: posted.doubt.as_deref().map(Cow::Borrowed),
        answer_min_ms: posted.answer_min_ms,
        received_at_ms: posted.received_at_ms,
        submitted_at_ms: posted.submitted_at_ms,
    });
    to_json(&entries.collect::<Vec<_>>())
}

/// A post from the journal, which only lacks its definition.
pub(super) struct Undefined(Entry<'static>);

/// The posts of a text that [`write`] made.
///
/// # Errors
/// When it did not.
pub(super) fn read(text: &str) -> serde_json::Result<Vec<Undefined>> {
    Ok(serde_json::from_str::<Vec<Entry>>(text)?.into_iter().map(Undefined).collect())
}

impl Undefined {
    /// Which definition it was accepted against.
    pub(super) fn version(&self) -> Version {
        version_of(&self.0.response)
    }

    /// The post, with that definition.
    pub(super) fn with(self, definition: Arc<Definition>) -> Posted {
        let entry = self.0;
        Posted {
            response: entry.response.into_owned(),
            definition,
            imported: entry.imported,
            excluded: entry.excluded,
            handling: entry.handling.into_owned(),
            doubt: entry.doubt.map(Cow::into_owned),
            answer_min_ms: entry.answer_min_ms,
            received_at_ms: entry.received_at_ms,
            submitted_at_ms: entry.submitted_at_ms,
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::super::tests::shelf::Shelf;
    use super::*;

    #[tokio::test]
    async fn what_is_read_is_what_was_written() {
        let mut shelf = Shelf::in_a_file().await;
        let mut all = vec![shelf.posted("pro", 0), shelf.posted("free", 7)];
        let posted = &mut all[1];
        posted.response.verified = true;
        posted.response.test = true;
        (posted.imported, posted.excluded) = (true, true);
        posted.handling.note = Some("ring\nthem".to_owned());
        posted.doubt = Some("too fast".to_owned());
        posted.answer_min_ms = 900;
        let text = write(&all);
        assert!(!text.contains('\n'));
        let read = read(&text).unwrap();
        assert_eq!(read[0].version(), ("a".to_owned(), "s".to_owned(), "1".to_owned()));
        let read: Vec<Posted> =
            read.into_iter().map(|it| it.with(shelf.definition.clone())).collect();
        assert_eq!(format!("{read:?}"), format!("{all:?}"));
    }
}
