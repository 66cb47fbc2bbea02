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
use super::record::{Handling, JSON_BYTES, append_json};

/// A post as it stands in the journal. Its definition is found by its version.
#[derive(Deserialize)]
struct Entry {
    response: Response,
    #[serde(flatten)]
    beside: Beside<'static>,
}

/// What the collector decided about a post.
#[derive(Serialize, Deserialize)]
struct Beside<'a> {
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

/// Posts as text, without a line's end. The texts as which they came are used up for it.
pub(super) fn write(batch: &mut [Posted]) -> String {
    let sent = batch.iter().flat_map(|posted| &posted.text).map(String::len);
    let mut line = Vec::with_capacity(sent.sum::<usize>() + JSON_BYTES);
    line.push(b'[');
    for posted in batch {
        line.extend(if line.len() > 1 { "," } else { "" }.bytes());
        line.extend_from_slice(br#"{"response":"#);
        match posted.text.take() {
            Some(text) => line.extend_from_slice(text.as_bytes()),
            None => append_json(&mut line, &posted.response),
        }
        let end = line.len();
        append_json(&mut line, &Beside::of(posted));
        // One object of the two: the brace that opens the second gives way to a comma.
        line[end] = b',';
    }
    line.push(b']');
    String::from_utf8(line).unwrap_or_default()
}

impl Beside<'_> {
    fn of(posted: &Posted) -> Beside<'_> {
        Beside {
            imported: posted.imported,
            excluded: posted.excluded,
            handling: Cow::Borrowed(&posted.handling),
            doubt: posted.doubt.as_deref().map(Cow::Borrowed),
            answer_min_ms: posted.answer_min_ms,
            received_at_ms: posted.received_at_ms,
            submitted_at_ms: posted.submitted_at_ms,
        }
    }
}

/// A post from the journal, which only lacks its definition.
pub(super) struct Undefined(Entry);

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
        let Entry { response, beside } = self.0;
        Posted {
            response,
            text: None,
            definition,
            imported: beside.imported,
            excluded: beside.excluded,
            handling: beside.handling.into_owned(),
            doubt: beside.doubt.map(Cow::into_owned),
            answer_min_ms: beside.answer_min_ms,
            received_at_ms: beside.received_at_ms,
            submitted_at_ms: beside.submitted_at_ms,
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::super::record::to_json;
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
        // What nobody knows is passed over, however it is nested.
        let (open, close) = ("[".repeat(126), "]".repeat(126));
        let came =
            to_json(&all[0].response).replacen('{', &format!("{{ \"new\": {open}{close}, "), 1);
        let mut written = all.clone();
        written[0].text = Some(came.clone());
        let text = write(&mut written);
        assert!(text.contains(&came) && written[0].text.is_none());
        assert!(!text.contains('\n'));
        let read = read(&text).unwrap();
        assert_eq!(read[0].version(), ("a".to_owned(), "s".to_owned(), "1".to_owned()));
        let read: Vec<Posted> =
            read.into_iter().map(|it| it.with(shelf.definition.clone())).collect();
        assert_eq!(format!("{read:?}"), format!("{all:?}"));
    }
}
