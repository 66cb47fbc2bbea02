//! The values of breakdown keys that are told apart.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::ingest::Breakdown;

/// Buckets by site, survey and breakdown key: found without copying the three names.
#[derive(Default)]
pub(super) struct Told(Named<Named<OfSurvey>>);
/// Buckets of a survey by breakdown key.
pub(super) type OfSurvey = Named<Values>;
/// Values, each shared by all responses that have it.
pub(super) type Values = HashSet<Arc<str>, RandomState>;
/// Something by its name, found fast.
type Named<T> = HashMap<String, T, RandomState>;

impl Told {
    /// Those of a survey.
    pub(super) fn of(&self, site: &str, survey: &str) -> Option<&OfSurvey> {
        self.0.get(site)?.get(survey)
    }

    /// Those of a survey's breakdown key, to add to.
    pub(super) fn entry(&mut self, (site, survey, key): &Breakdown) -> &mut Values {
        let surveys = self.0.entry(site.clone()).or_default();
        surveys.entry(survey.clone()).or_default().entry(key.clone()).or_default()
    }
}
