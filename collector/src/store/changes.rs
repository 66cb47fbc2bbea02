//! What records change in the tallies, added up until it is written.

use std::collections::HashMap;

use foldhash::fast::RandomState;
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
pub(super) struct Changes {
    names: Names,
    spots: HashMap<Spot, Vec<(Number, Cells)>, RandomState>,
}

/// Site, survey, breakdown key and bucket, a generation and a day: there each response counts in a
/// few series.
type Spot = ([Number; 4], Generation, Day);

impl Changes {
    /// Everything that was added up, in no order.
    pub(super) fn rows(&self) -> impl Iterator<Item = (Key, &Cells)> {
        let name = |number| self.names.name(number);
        self.spots.iter().flat_map(move |(spot, counted)| {
            let ([site, survey, key, bucket], generation, day) = *spot;
            counted.iter().map(move |(series, cells)| {
                let series = [site, survey, key, bucket, *series].map(name);
                ((series, generation, day), cells)
            })
        })
    }

    /// Adds what a record counts as, or takes it away, in every generation it has a place in.
    pub(super) fn count(&mut self, record: &Record, definition: &Definition, sign: i64) {
        let Record { response, excluded, imported, .. } = record;
        let counted = Counted { response, definition, excluded: *excluded, imported: *imported };
        let [site, survey] = [&response.site, &response.survey].map(|it| self.names.number(it));
        let marks = counted.marks().into_iter();
        let marks: Vec<(Number, usize)> =
            marks.map(|(series, cell)| (self.names.number(&series), cell)).collect();
        for (generation, place) in &record.places {
            let keyed = place.buckets.iter().map(|(key, bucket)| (&**key, &**bucket));
            for (key, bucket) in keyed.chain([(EVERYBODY, "")]) {
                let [key, bucket] = [key, bucket].map(|it| self.names.number(it));
                let spot = ([site, survey, key, bucket], *generation, place.day);
                let counted = self.spots.entry(spot).or_default();
                for (series, cell) in &marks {
                    cells_of(counted, *series)[*cell] += sign;
                }
            }
        }
    }

    /// Takes everything that was added up and is not zero. The order is that of the key, so that
    /// writers on several machines never wait for each other in a circle.
    pub(super) fn take(&mut self) -> impl Iterator<Item = (Key, Cells)> + use<> {
        let changes = std::mem::take(self);
        let mut rows: Vec<(Key, Cells)> =
            changes.rows().map(|(key, cells)| (key, *cells)).collect();
        rows.retain(|(_, cells)| *cells != Cells::default());
        rows.sort_by(|(a, _), (b, _)| a.cmp(b));
        rows.into_iter()
    }
}

/// The counters of a series.
fn cells_of(counted: &mut Vec<(Number, Cells)>, series: Number) -> &mut Cells {
    let known = counted.iter().position(|(known, _)| *known == series);
    let at = known.unwrap_or_else(|| {
        counted.push((series, Cells::default()));
        counted.len() - 1
    });
    &mut counted[at].1
}

type Number = u32;

/// Numbers for names: a response counts in many rows, and copying the names of each would be most
/// of the work.
#[derive(Default)]
struct Names {
    numbers: HashMap<String, Number, RandomState>,
    names: Vec<String>,
}

impl Names {
    fn number(&mut self, name: &str) -> Number {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as Number;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    fn name(&self, number: Number) -> String {
        self.names[number as usize].clone()
    }
}
