//! The values of breakdown keys that are told apart.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;

use super::ingest::Breakdown;

/// Buckets by site, survey and breakdown key: found without copying the three names.
#[derive(Default)]
pub(super) struct Told(Named<Named<Named<HashSet<String>>>>);
/// Something by its name, found fast.
type Named<T> = HashMap<String, T, RandomState>;

impl Told {
    /// Those of a survey's breakdown key.
    pub(super) fn of(&self, site: &str, survey: &str, key: &str) -> Option<&HashSet<String>> {
        self.0.get(site)?.get(survey)?.get(key)
    }

    /// The same, to add to.
    pub(super) fn entry(&mut self, (site, survey, key): &Breakdown) -> &mut HashSet<String> {
        let surveys = self.0.entry(site.clone()).or_default();
        surveys.entry(survey.clone()).or_default().entry(key.clone()).or_default()
    }
}
