//! What stood in a file before a row: how often its content or its key did, and what was said of its
//! id. Of a row nothing else is kept in memory, some 35 bytes with the place it takes.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::super::draft::Problem;
use super::maker::{Made, MadeFrom, id};
use crate::store::Posted;

/// What the rows before said, by the beginning of a hash. Should two contents or keys share that,
/// one of them gets a higher number, which is as good as any. In trees, because a table that grows
/// is in memory twice meanwhile.
#[derive(Default)]
pub(super) struct Occurred {
    /// How often contents and keys occurred, and the time of the first row in which they did.
    made: BTreeMap<u64, (u32, i64)>,
    /// The row with the highest revision of each id that is the file's own.
    given: BTreeMap<u64, Given>,
}

/// A row whose id is the file's own.
struct Given {
    /// The line it starts at. More lines than fit have no place in memory either.
    line: u32,
    revision: u32,
    /// The end of a hash of all it says.
    content: u32,
    /// When the first row with its id was given, in seconds since 1970.
    first_s: u32,
}

impl Occurred {
    /// What is stored of the next row of a file.
    ///
    /// # Errors
    /// When a row before says something else under the same id and revision: only one of them
    /// could be kept.
    pub(super) fn posted(&mut self, made: Made) -> Result<Posted, Problem> {
        let Made { line, mut posted, made_from } = made;
        match made_from {
            MadeFrom::Id { id, content } => {
                let told = self.tell(id, content, line, &mut posted);
                told.map_err(|message| Problem { line, field: "id".to_owned(), message })?;
            }
            MadeFrom::Content(hash) => {
                let (before, _) = self.count(hash, posted.submitted_at_ms);
                if before > 0 {
                    posted.response.id = id(hash, before, posted.submitted_at_ms);
                }
            }
            MadeFrom::Key(hash) => {
                let (before, first_ms) = self.count(hash, posted.submitted_at_ms);
                if before > 0 {
                    posted.response.id = id(hash, 0, first_ms);
                    posted.response.revision += before;
                    posted.received_at_ms = first_ms;
                }
            }
        }
        Ok(posted)
    }

    /// Tells a row from those before with its id: it repeats one, is a further revision of it, or
    /// contradicts it. Whoever puts revisions into a file wants them, however late they came.
    fn tell(
        &mut self,
        id: u64,
        content: u32,
        line: u64,
        posted: &mut Posted,
    ) -> Result<(), String> {
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        let revision = posted.response.revision;
        let first_s = u32::try_from(posted.submitted_at_ms / 1000).unwrap_or(u32::MAX);
        let row = Given { line, revision, content, first_s };
        let mut before = match self.given.entry(id) {
            Entry::Occupied(before) => before,
            Entry::Vacant(place) => {
                place.insert(row);
                return Ok(());
            }
        };
        let Given { line, revision: highest, content: said, first_s } = *before.get();
        if revision == highest && content != said {
            return Err(format!(
                "line {line} says something else under this id: take one of the two out, give it an \
                 id of its own, or the later one a higher revision"
            ));
        }
        if revision > highest {
            posted.received_at_ms = i64::from(first_s) * 1000;
            before.insert(Given { first_s, ..row });
        }
        Ok(())
    }

    /// How often it occurred before, and the time of the first row in which it did.
    fn count(&mut self, [a, b, c, d, e, f, g, h, ..]: [u8; 32], at_ms: i64) -> (u32, i64) {
        let hash = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        let (count, first_ms) = self.made.entry(hash).or_insert((0, at_ms));
        *count += 1;
        (*count - 1, *first_ms)
    }
}
