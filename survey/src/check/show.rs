//! Checks when and to whom a survey is shown: what fits the schema and yet could never happen.

use super::meaning::{Meaning, is_locale};
use crate::audience::Tests;
use crate::definition::Survey;
use crate::show::Show;

impl Meaning<'_> {
    /// Everything in a survey's `show`, its audience and its days that makes no sense.
    pub(super) fn show(&mut self, field: &str, survey: &Survey) {
        let show = format!("{field}.show");
        self.pages(&show, &survey.show);
        self.events(&show, &survey.show);
        self.tests(&format!("{show}.properties"), &survey.show.properties);
        self.tests(&format!("{field}.audience"), &survey.audience);
        for (at, locale) in survey.show.locales.iter().enumerate() {
            if !is_locale(locale) {
                let message = format!("{locale:?} is not a locale");
                let remedy = "Use a tag such as en, fa or pt-BR.";
                self.report(&format!("{show}.locales[{at}]"), message, remedy);
            }
        }
        if survey.show.hours.is_some_and(|hours| hours.from == hours.until) {
            let message = "no time lies between two times that are the same".to_owned();
            self.report(&format!("{show}.hours"), message, "Remove the field for the whole day.");
        }
        if let Some(span) = survey.account_age_days {
            let bounds = (span.at_least, span.at_most);
            self.bounds(&format!("{field}.account_age_days"), bounds, bounds == (None, None));
        }
        if let (Some(first), Some(last)) = (survey.starts, survey.ends)
            && first > last
        {
            let message = format!("it ends on {last}, before it starts on {first}");
            self.report(&format!("{field}.ends"), message, "Swap the days.");
        }
    }

    fn pages(&mut self, field: &str, show: &Show) {
        for (at, page) in show.pages.iter().enumerate() {
            let (not, glob) = page.strip_prefix('!').map_or(("", &**page), |glob| ("!", glob));
            if glob.starts_with(['/', '*']) {
                continue;
            }
            let remedy = match glob.strip_prefix(['?', '#']) {
                Some(_) => format!("Say on which paths: \"{not}*{glob}\"."),
                None => format!("Start it with a slash: \"{not}/{glob}\"."),
            };
            let message = format!("{page:?} matches no path");
            self.report(&format!("{field}.pages[{at}]"), message, remedy);
        }
    }

    fn events(&mut self, field: &str, show: &Show) {
        if show.event.is_none() && !show.properties.is_empty() {
            let message = "only an event has properties".to_owned();
            let remedy = "Add \"event\": the name of the event that has them.";
            self.report(&format!("{field}.properties"), message, remedy);
        }
        if let Some(at) = show.cancel.iter().position(|event| Some(event) == show.event.as_ref()) {
            let message = format!("{:?} is also what it waits for", show.cancel[at]);
            self.report(&format!("{field}.cancel[{at}]"), message, "Remove one of the two.");
        }
    }

    fn tests(&mut self, field: &str, tests: &Tests) {
        for (name, test) in tests {
            self.bounds(&format!("{field}.{name}"), (test.at_least, test.at_most), false);
        }
    }

    fn bounds(&mut self, field: &str, bounds: (Option<f64>, Option<f64>), is_empty: bool) {
        if let (Some(low), Some(high)) = bounds
            && low > high
        {
            let message = format!("nothing is at least {low} and at most {high}");
            self.report(field, message, "Swap the numbers.");
        }
        if is_empty {
            let remedy = "Write {\"at_least\": 7}, {\"at_most\": 30}, or both.";
            self.report(field, "it asks for nothing".to_owned(), remedy);
        }
    }
}
