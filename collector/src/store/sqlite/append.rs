//! What an [`Ingest`] learns and decides inside the writer's transaction.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::RangeInclusive;
use std::sync::Arc;

use rusqlite::Transaction;
use survey::Definition;
use survey::response::Response;

use super::super::ingest::{Asked, Ingest, RowKey, Version, key_of, version_of};
use super::super::record::{Amendment, Record};
use super::super::{Kept, Posted, StoreError};
use super::placement::{self, Rebuild};
use super::{fold, journal, record};

/// The writer's working memory.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) ingest: Ingest,
    /// Whether all that stands in the journal was decided on.
    knows_journal: bool,
    /// The posts of this transaction that changed something, as they are to stand there.
    pub(super) lines: Vec<String>,
    /// Its entries, and how many responses will have been settled when each is of no use any more.
    pub(super) entries: VecDeque<(i64, u64)>,
    /// Whether some posts of this transaction came in bulk: then the rows are written at once.
    pub(super) in_bulk: bool,
    /// Where no row is, as far as that was looked for in this transaction.
    pub(super) empty: Vec<Stretch>,
}

impl Memory {
    /// Learns what there is about a response, unless that is known.
    fn learn(&mut self, transaction: &Transaction, key: &RowKey) -> rusqlite::Result<()> {
        if self.ingest.knows(key) {
            return Ok(());
        }
        learn_placements(&mut self.ingest, transaction, &key.0)?;
        if self.empty.iter().any(|empty| empty.contains(key)) {
            return Ok(());
        }
        if let Some(asked) = stored(&mut self.ingest, transaction, key)? {
            self.ingest.learn_record(asked);
        }
        Ok(())
    }

    /// The same, when it is about to be changed otherwise than by a post; tells whether that can be
    /// done.
    fn learn_whole(
        &mut self,
        transaction: &Transaction,
        key: &RowKey,
    ) -> rusqlite::Result<Result<(), StoreError>> {
        self.learn(transaction, key)?;
        let damage = self.ingest.damage(key).cloned();
        Ok(damage.map_or(Ok(()), |reason| Err(StoreError::Damaged(reason))))
    }

    /// The definition that responses were asked with.
    pub(super) fn definition(
        &mut self,
        transaction: &Transaction,
        version: Version,
    ) -> rusqlite::Result<Arc<Definition>> {
        definition(&mut self.ingest, transaction, version)
    }

    /// Whether it is not known what stands in the journal.
    pub(super) fn is_unsure(&self) -> bool {
        !self.knows_journal
    }

    /// How many responses were written as rows so far.
    pub(super) fn settled(&self) -> u64 {
        self.ingest.settled().0
    }

    /// How many responses are not written as rows yet.
    pub(super) fn waiting(&self) -> usize {
        self.ingest.waiting()
    }

    /// Forgets what may have been changed by somebody else within this transaction.
    pub(super) fn forget_stored(&mut self) {
        self.ingest.forget_placements();
    }

    /// Forgets what a transaction that failed had noted.
    pub(super) fn forget(&mut self) {
        *self = Memory::default();
    }
}

/// So many responses at once come in bulk: they are written as rows at once, and looking once for
/// all of them pays.
pub(super) const MANY: usize = 8;
/// So many responses may wait to be written as rows: most of a showing's posts come meanwhile.
const WAITING: usize = 256;
/// Beyond that, so many are written at once: fewer would not share tallies, more would keep others
/// waiting.
const SLICE: usize = 64;

/// Stores responses, as text first if there is one; tells what became of them.
pub(super) fn keep(
    memory: &mut Memory,
    transaction: &Transaction,
    batch: Vec<Posted>,
    line: Option<String>,
) -> rusqlite::Result<Vec<Kept>> {
    if line.is_none() {
        look_ahead(memory, transaction, batch.iter())?;
    }
    let kept = append(memory, transaction, batch)?;
    if kept.iter().any(|kept| matches!(kept, Kept::New | Kept::Revised)) {
        memory.in_bulk |= line.is_none();
        memory.lines.extend(line);
    }
    // A transaction of an import is long: what waits for its end takes memory.
    if memory.in_bulk && memory.waiting() > WAITING {
        fold::all(memory, transaction)?;
    }
    Ok(kept)
}

/// Takes up what an earlier writer left, or a transaction that failed.
pub(super) fn begin(memory: &mut Memory, transaction: &Transaction) -> rusqlite::Result<()> {
    if !memory.knows_journal {
        memory.knows_journal = true;
        let last = journal::replay(memory, transaction)?;
        let (_, settled) = memory.ingest.settled();
        memory.entries.extend(last.map(|entry| (entry, settled)));
    }
    Ok(())
}

/// Writes what has to be durable when the transaction ends.
pub(super) fn end(memory: &mut Memory, transaction: &Transaction) -> rusqlite::Result<()> {
    memory.empty.clear();
    memory.ingest.forget_damage();
    memory.ingest.forget_unchanged();
    if memory.in_bulk {
        return fold::all(memory, transaction);
    }
    let lines = std::mem::take(&mut memory.lines);
    if !lines.is_empty() {
        let (_, settled) = memory.ingest.settled();
        memory.entries.push_back((journal::put(transaction, &lines)?, settled));
    }
    Ok(())
}

/// Writes as rows what waits beyond [`WAITING`], if that is enough to pay.
pub(super) fn catch_up(memory: &mut Memory, transaction: &Transaction) -> rusqlite::Result<()> {
    match memory.waiting().saturating_sub(WAITING) {
        many if many >= SLICE => fold::some(memory, transaction, many),
        _ => Ok(()),
    }
}

/// Decides what becomes of posted responses.
pub(super) fn append(
    memory: &mut Memory,
    transaction: &Transaction,
    batch: Vec<Posted>,
) -> rusqlite::Result<Vec<Kept>> {
    let mut kept = Vec::with_capacity(batch.len());
    for posted in batch {
        let key = key_of(&posted.response);
        memory.learn(transaction, &key)?;
        kept.push(memory.ingest.append(key, posted));
    }
    Ok(kept)
}

/// Looks once where a batch's responses of a site go, if there are enough of them: what is new
/// nearly always goes where nothing is, and needs no look for each.
pub(super) fn look_ahead<'a>(
    memory: &mut Memory,
    transaction: &Transaction,
    batch: impl Iterator<Item = &'a Posted>,
) -> rusqlite::Result<()> {
    let mut new: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for Response { site, id, .. } in batch.map(|it| &it.response).filter(|it| it.revision == 1) {
        new.entry(site).or_default().push(id);
    }
    memory.empty.clear();
    for stretch in new.iter().filter_map(|(site, ids)| Stretch::of(site, ids)) {
        if !stretch.holds_something(transaction)? {
            memory.empty.push(stretch);
        }
    }
    Ok(())
}

/// A stretch of ids of a site.
pub(super) struct Stretch {
    site: String,
    ids: RangeInclusive<String>,
}

impl Stretch {
    /// From the first to the last of these ids, if there are at least [`MANY`].
    fn of(site: &str, ids: &[&str]) -> Option<Stretch> {
        let (first, last) = (ids.iter().min()?, ids.iter().max()?);
        let ids = (ids.len() >= MANY).then(|| (*first).to_owned()..=(*last).to_owned())?;
        Some(Stretch { site: site.to_owned(), ids })
    }

    fn holds_something(&self, transaction: &Transaction) -> rusqlite::Result<bool> {
        transaction
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM responses WHERE site = ?1 AND id BETWEEN ?2 AND ?3)",
            )?
            .query_row((&self.site, self.ids.start(), self.ids.end()), |row| row.get(0))
    }

    fn contains(&self, (site, id): &RowKey) -> bool {
        *site == self.site && self.ids.contains(id)
    }
}

/// Changes what was made of a response; tells whether there is such a response.
pub(super) fn amend(
    memory: &mut Memory,
    transaction: &Transaction,
    key: &RowKey,
    amendment: &Amendment,
) -> rusqlite::Result<Result<bool, StoreError>> {
    if let Err(damaged) = memory.learn_whole(transaction, key)? {
        return Ok(Err(damaged));
    }
    let found = memory.ingest.amend(key, amendment);
    fold::all(memory, transaction)?;
    Ok(Ok(found))
}

/// Deletes responses and counts them no more; tells how many there were.
pub(super) fn erase(
    memory: &mut Memory,
    transaction: &Transaction,
    site: &str,
    ids: &[String],
) -> rusqlite::Result<Result<usize, StoreError>> {
    let keys: BTreeSet<RowKey> = ids.iter().map(|id| (site.to_owned(), id.clone())).collect();
    // All or none: whether they can be is known before the first is.
    for key in &keys {
        if let Err(damaged) = memory.learn_whole(transaction, key)? {
            return Ok(Err(damaged));
        }
    }
    let erased = keys.iter().filter(|key| memory.ingest.erase(key)).count();
    fold::all(memory, transaction)?;
    Ok(Ok(erased))
}

/// Goes on with a rebuild by some rows; tells whether there is more to do.
pub(super) fn rebuild(memory: &mut Memory, transaction: &Transaction) -> rusqlite::Result<bool> {
    fold::all(memory, transaction)?;
    memory.forget_stored();
    let ingest = &mut memory.ingest;
    let Some(rebuild) = Rebuild::under_way(transaction)? else { return Ok(false) };
    learn_placements(ingest, transaction, &rebuild.site)?;
    let mut last = None;
    for (id, record) in rebuild.next(transaction)? {
        last = Some(id.clone());
        let key = (rebuild.site.clone(), id);
        let Some(record) = undamaged(ingest, &key, record)? else { continue };
        let Some(asked) = asked(ingest, transaction, record)? else { continue };
        ingest.learn_record(asked);
        ingest.place_anew(&key, rebuild.generation);
    }
    fold::all(memory, transaction)?;
    match last {
        Some(last) => rebuild.reached(transaction, &last)?,
        None => rebuild.swap(transaction)?,
    }
    memory.forget_stored();
    Ok(true)
}

/// What is stored of a response of a site whose generations are known. Damage is noted.
fn stored(
    ingest: &mut Ingest,
    transaction: &Transaction,
    key: &RowKey,
) -> rusqlite::Result<Option<Arc<Asked>>> {
    let record = record::load(transaction, &key.0, &key.1);
    let Some(record) = undamaged(ingest, key, record)?.flatten() else { return Ok(None) };
    asked(ingest, transaction, record)
}

/// What was read; of what is damaged, that is noted instead.
fn undamaged<T>(
    ingest: &mut Ingest,
    key: &RowKey,
    read: rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    let error = match read {
        Ok(found) => return Ok(Some(found)),
        Err(error) => error,
    };
    let reason = record::damage(&error).ok_or(error)?;
    ingest.learn_damaged(key.clone(), reason);
    Ok(None)
}

fn learn_placements(
    ingest: &mut Ingest,
    transaction: &Transaction,
    site: &str,
) -> rusqlite::Result<()> {
    if !ingest.knows_placements(site) {
        ingest.learn_placements(site.to_owned(), placement::of_site(transaction, site)?);
    }
    Ok(())
}

/// A record and the definition it was asked with. Damage is noted.
fn asked(
    ingest: &mut Ingest,
    transaction: &Transaction,
    record: Record,
) -> rusqlite::Result<Option<Arc<Asked>>> {
    let found = definition(ingest, transaction, version_of(&record.response));
    let definition = undamaged(ingest, &key_of(&record.response), found)?;
    Ok(definition.map(|definition| Arc::new(Asked { record, definition })))
}

fn definition(
    ingest: &mut Ingest,
    transaction: &Transaction,
    version: Version,
) -> rusqlite::Result<Arc<Definition>> {
    if let Some(definition) = ingest.definition(&version) {
        return Ok(definition);
    }
    let definition = Arc::new(record::definition(transaction, &version)?);
    ingest.learn_definition(version, definition.clone());
    Ok(definition)
}
