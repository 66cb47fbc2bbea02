//! Defines [`Site`]: what a site file holds.

use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::definition::{Definition, Survey};
use crate::rules::{Rule, Rules};
use crate::text::language;
use crate::theme::Theme;

/// Most surveys a site can have.
pub const SURVEYS_MAX: usize = 200;
/// Most attribute keys a site can break its scores down by.
pub const BREAKDOWNS_MAX: usize = 6;

/// Names that cannot be a site's, because the collector's own pages live there.
pub const RESERVED: [&str; 14] = [
    "api", "assets", "schema", "healthz", "readyz", "metrics", "sign-in", "sign-out", "settings",
    "static", "favicon", "robots", "admin", "nabz",
];

/// A host website and its surveys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Where editors find the schema of this file.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The site's key: it stands in every address. Lower case letters, digits and hyphens.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[a-z0-9][a-z0-9-]{0,63}$")))]
    pub site: String,
    /// Who may post answers: exact origins (`https://acme.com`), all subdomains
    /// (`https://*.acme.com`), or `*` for everybody.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
    pub origins: Vec<String>,
    /// IANA name of the time zone that cuts time into days.
    #[serde(default = "default_time_zone")]
    pub time_zone: String,
    /// The locale used where a visitor's own is missing.
    #[serde(default = "default_locale")]
    #[cfg_attr(feature = "schema", schemars(length(min = 2, max = 35)))]
    pub locale: String,
    /// The first day of a week in trends; without it the one usual in the site's locale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub week_starts: Option<WeekDay>,
    /// Colours and sizes of all surveys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<Theme>,
    /// Attribute keys to break scores down by; `locale` and `page` stand for the response's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 6), inner(length(min = 1, max = 64))))]
    pub breakdowns: Vec<String>,
    /// Days of quiet between any two surveys for one respondent.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 3650)))]
    pub budget: f64,
    /// Seconds that a person needs to read and answer; what is answered sooner is kept apart as
    /// the work of a program. 0 for no such limit.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 60)))]
    pub answer_seconds_min: f64,
    /// Whether an answer has to come with a token of its own, which the widget asks for when it
    /// shows the survey; what comes without one is kept apart as the work of a program.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub proof: bool,
    /// Whether anything may be kept in visitors' browsers.
    #[serde(default, skip_serializing_if = "Storage::is_local")]
    pub storage: Storage,
    /// Whether a visitor's Global Privacy Control is honoured: then their answers belong to
    /// nobody, and nothing is kept in their browser.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub respect_gpc: bool,
    /// The surveys.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(length(max = 200)))]
    pub surveys: Vec<Survey>,
}

impl Site {
    /// The survey with this id.
    pub fn survey(&self, id: &str) -> Option<&Survey> {
        self.surveys.iter().find(|survey| survey.id == id)
    }

    /// What a visitor's browser needs to draw a survey of this site.
    pub fn definition(&self, survey: &Survey) -> Definition {
        Definition {
            survey: survey.id.clone(),
            locale: self.locale.clone(),
            position: survey.position(),
            questions: survey.questions_with_ids(),
            metric: survey.metric,
            thanks: survey.thanks.clone(),
            placement: survey.placement,
            target: survey.target.clone(),
            label: survey.label.clone(),
            theme: self.theme_of(survey),
        }
    }

    /// The look of a survey of this site; `None` where nobody has said anything about it.
    pub fn theme_of(&self, survey: &Survey) -> Option<Theme> {
        match (&survey.theme, &self.theme) {
            (Some(own), Some(site)) => Some(own.over(site)),
            (own, site) => own.clone().or_else(|| site.clone()),
        }
    }

    /// When each of those surveys that are wanted is due, most urgent first.
    /// `version_of` tells the version of a survey's current definition, `starts_at` when a day
    /// starts in the site's time zone, in milliseconds since 1970.
    pub fn rules(
        &self,
        is_wanted: impl Fn(&Survey) -> bool,
        version_of: impl Fn(&Survey) -> String,
        starts_at: impl Fn(Day) -> f64,
    ) -> Rules {
        let mut wanted: Vec<&Survey> = self.surveys.iter().filter(|it| is_wanted(it)).collect();
        wanted.sort_by(|a, b| b.priority.total_cmp(&a.priority));
        let rule = |survey: &&Survey| Rule::of(survey, version_of(survey), self.budget, &starts_at);
        Rules {
            site: self.site.clone(),
            storage: self.storage,
            respect_gpc: self.respect_gpc,
            proof: self.proof,
            surveys: wanted.iter().map(rule).collect(),
        }
    }

    /// Milliseconds that a person needs to answer.
    pub fn answer_min_ms(&self) -> i64 {
        (self.answer_seconds_min * 1e3).round() as i64
    }

    /// The first day of a week in trends.
    pub fn week_starts(&self) -> WeekDay {
        self.week_starts.unwrap_or_else(|| WeekDay::usual(&self.locale))
    }

    /// Whether pages of this origin (`https://acme.com`) may post answers.
    pub fn allows(&self, origin: &str) -> bool {
        self.origins.iter().any(|allowed| matches_origin(allowed, origin))
    }

    /// Whether anybody may post answers, even without naming an origin.
    pub fn allows_everybody(&self) -> bool {
        self.origins.iter().any(|allowed| allowed == "*")
    }
}

/// What may be kept in visitors' browsers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    /// Who the respondent is and when they were asked, and answers until they are stored.
    #[default]
    Local,
    /// Nothing: how often somebody is asked is limited for as long as the page lives, and an
    /// answer that cannot be sent before it is left is lost.
    None,
}

impl Storage {
    /// Whether it is the usual.
    pub fn is_local(&self) -> bool {
        *self == Storage::Local
    }
}

/// A day that weeks start on somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WeekDay {
    /// As ISO 8601 has it.
    #[default]
    Monday,
    /// As in Iran, Afghanistan and most Arab countries.
    Saturday,
    /// As in America, Israel, India and Japan.
    Sunday,
}

impl WeekDay {
    /// The day that weeks start on where a locale is used (Unicode CLDR, week data).
    pub fn usual(locale: &str) -> WeekDay {
        match (language(locale), locale.rsplit(['-', '_']).next().unwrap_or_default()) {
            ("fa" | "ps", _)
            | (
                "ar",
                "ar" | "AE" | "BH" | "DZ" | "EG" | "IQ" | "JO" | "KW" | "LY" | "OM" | "QA" | "SY",
            ) => WeekDay::Saturday,
            ("he" | "ja" | "hi" | "ko", _)
            | (_, "US" | "CA" | "BR" | "MX" | "IN" | "SA" | "YE" | "IL") => WeekDay::Sunday,
            _ => WeekDay::Monday,
        }
    }
}

/// Whether an allowed origin, perhaps with `*.` before its host, covers an origin.
fn matches_origin(allowed: &str, origin: &str) -> bool {
    if allowed == "*" || allowed.eq_ignore_ascii_case(origin) {
        // `null` is the origin of files and sandboxed frames: it has to be listed by name.
        return allowed != "*" || origin != "null";
    }
    let Some((scheme, domain)) = allowed.split_once("://*.") else { return false };
    let Some((origin_scheme, host)) = origin.split_once("://") else { return false };
    let parts = host.len().checked_sub(domain.len()).and_then(|at| host.split_at_checked(at));
    origin_scheme.eq_ignore_ascii_case(scheme)
        && parts.is_some_and(|(sub, end)| is_subdomain(sub) && end.eq_ignore_ascii_case(domain))
}

/// Whether a text is what `*.` stands for: names of hosts, each with a dot behind it.
fn is_subdomain(sub: &str) -> bool {
    let is_name = |name: &str| {
        let mut bytes = name.bytes();
        !name.is_empty() && bytes.all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_'))
    };
    sub.strip_suffix('.').is_some_and(|names| names.split('.').all(is_name))
}

fn default_time_zone() -> String {
    "UTC".to_owned()
}

fn default_locale() -> String {
    "en".to_owned()
}

pub(crate) fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_start_as_they_do_there() {
        let check = |locale: &str, expected: WeekDay| {
            assert_eq!(WeekDay::usual(locale), expected, "{locale}");
        };
        check("fa", WeekDay::Saturday);
        check("fa-IR", WeekDay::Saturday);
        check("ar", WeekDay::Saturday);
        check("ar-SA", WeekDay::Sunday);
        check("ar-MA", WeekDay::Monday);
        check("en", WeekDay::Monday);
        check("en-US", WeekDay::Sunday);
        check("pt-BR", WeekDay::Sunday);
        check("de", WeekDay::Monday);
    }

    #[test]
    fn origins_match_exactly_or_by_subdomain() {
        let check = |allowed: &str, origin: &str, expected: bool| {
            assert_eq!(matches_origin(allowed, origin), expected, "{allowed} for {origin}");
        };
        check("https://acme.com", "https://acme.com", true);
        check("https://acme.com", "https://ACME.com", true);
        check("https://acme.com", "http://acme.com", false);
        check("https://acme.com", "https://acme.com:8443", false);
        check("https://acme.com", "https://acme.com.evil.org", false);
        check("https://*.acme.com", "https://shop.acme.com", true);
        check("https://*.acme.com", "https://a.b.acme.com", true);
        check("https://*.acme.com", "https://acme.com", false);
        check("https://*.acme.com", "https://.acme.com", false);
        check("https://*.acme.com", "https://evilacme.com", false);
        check("https://*.acme.com", "http://shop.acme.com", false);
        check("https://*.acme.com", "HTTPS://Shop-2.x_y.ACME.com", true);
        check("https://*.acme.com:8443", "https://shop.acme.com:8443", true);
        check("https://*.acme.com", "https://shop.acme.com:8443", false);
        check("https://*.acme.com", "https://a..acme.com", false);
        check("https://*.acme.com", "https://evil.com/.acme.com", false);
        check("https://*.acme.com", "https://evil.com?.acme.com", false);
        check("https://*.acme.com", "https://evil.com:1.acme.com", false);
        check("https://*.acme.com", "https://x@a.acme.com", false);
        check("https://*.acme.com", "https://é.acme.com", false);
        check("*", "https://anything.example", true);
        check("*", "null", false);
        check("null", "null", true);
    }
}
