//! What records change in the tallies, added up until it is written.

use std::collections::BTreeMap;

use survey::tally::{Cells, Counted, EVERYBODY};
use survey::{Day, Definition};

use super::placement::Generation;
use super::record::Record;

/// Site, survey, breakdown key, bucket and series.
pub(super) type Series = [String; 5];
/// Which row of tallies: those of a site and a generation lie together.
pub(super) type Key = (Series, Generation, Day);

/// Changes to tallies, added up until they are written.
#[derive(Default)]
pub(super) struct Changes(BTreeMap<Key, Cells>);

impl Changes {
    /// Raises a counter by `by`, which may be negative.
    fn add(
        &mut self,
        (series, generation, day): ([&str; 5], Generation, Day),
        cell: usize,
        by: i64,
    ) {
        let key = (series.map(str::to_owned), generation, day);
        self.0.entry(key).or_default()[cell] += by;
    }

    /// Everything that was added up.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&Key, &Cells)> {
        self.0.iter()
    }

    /// Adds what a record counts as, or takes it away, in every generation it has a place in.
    pub(super) fn count(&mut self, record: &Record, definition: &Definition, sign: i64) {
        let Record { response, excluded, imported, .. } = record;
        let counted = Counted { response, definition, excluded: *excluded, imported: *imported };
        let marks = counted.marks();
        for (generation, place) in &record.places {
            let keyed = place.buckets.iter().map(|(key, bucket)| (key.as_str(), bucket.as_str()));
            for (key, bucket) in keyed.chain([(EVERYBODY, "")]) {
                for (series, cell) in &marks {
                    let series = [&response.site, &response.survey, key, bucket, series];
                    self.add((series, *generation, place.day), *cell, sign);
                }
            }
        }
    }

    /// Takes everything that was added up and is not zero. The order is that of the key, so that
    /// writers on several machines never wait for each other in a circle.
    pub(super) fn take(&mut self) -> impl Iterator<Item = (Key, Cells)> + use<> {
        std::mem::take(&mut self.0).into_iter().filter(|(_, cells)| *cells != Cells::default())
    }
}
