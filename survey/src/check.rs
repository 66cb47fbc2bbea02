//! Finds everything that is wrong with a site file: line, field, what is wrong, and the remedy.
//!
//! [`shape`] holds the file against its JSON Schema, which is made from the types themselves, so
//! that names, types and ranges have one home; [`meaning`] checks what a schema cannot say, and
//! [`show`] whether a survey could ever be shown, and [`look`] what concerns the eye.

mod look;
mod meaning;
mod shape;
mod show;

use std::fmt;

use jsonc_parser::ast::Value as Json;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::site::Site;

pub use look::advice;

/// Most problems reported at once: beyond that the file is of another kind.
pub const PROBLEMS_MAX: usize = 50;

/// Something wrong with a site file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// The path of the field, such as `surveys[0].questions[0].scale`; empty for the whole file.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem { line, field, message, remedy } = self;
        let separator = if field.is_empty() { "" } else { ": " };
        write!(f, "line {line}: {field}{separator}{message}. {remedy}")
    }
}

/// The JSON Schema of a site file.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Site)
}

/// Reads a site file. `knows_time_zone` tells whether a name is an IANA time zone.
///
/// # Errors
/// Every problem found, in the order of lines, at most [`PROBLEMS_MAX`].
pub fn check(text: &str, knows_time_zone: impl Fn(&str) -> bool) -> Result<Site, Vec<Problem>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let tree = parse(text).map_err(|problem| vec![problem])?;
    let lines = Lines { text, tree: &tree };
    let mut problems = shape::problems(&lines);
    if problems.is_empty() {
        let site: Site = serde_json::from_str(text).map_err(|error| vec![unread(&error)])?;
        problems = meaning::problems(&site, &lines, &knows_time_zone);
        if problems.is_empty() {
            return Ok(site);
        }
    }
    problems.sort_by_key(|problem| problem.line);
    problems.truncate(PROBLEMS_MAX);
    Err(problems)
}

/// A file that fits the schema but cannot be read: a number too large, for instance.
fn unread(error: &serde_json::Error) -> Problem {
    Problem {
        line: error.line(),
        field: String::new(),
        message: format!("this cannot be read: {error}"),
        remedy: "Write an ordinary value.".to_owned(),
    }
}

fn parse(text: &str) -> Result<Json<'_>, Problem> {
    let strict = ParseOptions {
        allow_comments: false,
        allow_loose_object_property_names: false,
        allow_trailing_commas: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let problem = |line, message| Problem {
        line,
        field: String::new(),
        message,
        remedy: "Write the file as JSON, in UTF-8.".to_owned(),
    };
    match parse_to_ast(text, &CollectOptions::default(), &strict) {
        Ok(result) => result.value.ok_or_else(|| problem(1, "the file is empty".to_owned())),
        Err(error) => {
            let kind = error.kind().to_string().to_lowercase();
            Err(problem(line_at(text, error.range().start), format!("this is not JSON: {kind}")))
        }
    }
}

/// The line of a place, from 1. All messages count alike: a line ends with a line feed, with or
/// without a carriage return before it.
fn line_at(text: &str, position: usize) -> usize {
    1 + text.as_bytes()[..position].iter().filter(|byte| **byte == b'\n').count()
}

/// Finds the line of a field.
struct Lines<'a> {
    text: &'a str,
    tree: &'a Json<'a>,
}

impl Lines<'_> {
    /// The problem with the field at a path.
    fn problem(&self, field: &str, message: String, remedy: impl Into<String>) -> Problem {
        let line = self.line_of(self.position(field));
        Problem { line, field: field.to_owned(), message, remedy: remedy.into() }
    }

    fn line_of(&self, position: usize) -> usize {
        line_at(self.text, position)
    }

    /// Where the value at a path starts, or the nearest one around it.
    fn position(&self, field: &str) -> usize {
        let mut node = self.tree;
        for step in field.split(['.', '[']).filter(|step| !step.is_empty()) {
            let next = match (node, step.strip_suffix(']')) {
                (Json::Array(array), Some(at)) => {
                    at.parse().ok().and_then(|at: usize| array.elements.get(at))
                }
                (Json::Object(object), None) => object.get(step).map(|property| &property.value),
                _ => None,
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        node.range().start
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check_file(text: &str, expected: &Expect) {
        let found = match check(text, |zone| zone == "UTC" || zone == "Asia/Tehran") {
            Ok(site) => format!("{} with {} surveys", site.site, site.surveys.len()),
            Err(problems) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
        };
        expected.assert_eq(&found);
    }

    /// A file with one survey whose fields are given.
    fn check_survey(fields: &str, expected: &Expect) {
        check_file(
            &format!(
                "{{ \"site\": \"acme\", \"origins\": [\"*\"], \"surveys\": [\n{{ {fields} }}\n] }}"
            ),
            expected,
        );
    }

    #[test]
    fn a_good_file_passes() {
        check_file(
            r#"{ "site": "acme", "origins": ["https://acme.com"] }"#,
            &expect!["acme with 0 surveys"],
        );
        check_survey(
            r#""id": "a", "questions": [{ "scale": "nps", "prompt": {"en": "?", "fa": "؟"}, "follow_up": {"promoter": "Why?"} }]"#,
            &expect!["acme with 1 surveys"],
        );
    }

    #[test]
    fn what_is_not_json_is_found_by_line() {
        check_file(
            "",
            &expect![[r#"
            line 1: the file is empty. Write the file as JSON, in UTF-8.
        "#]],
        );
        check_file(
            "{\n  \"site\": \"acme\",\n}",
            &expect![[r#"
            line 2: this is not JSON: trailing commas are not allowed. Write the file as JSON, in UTF-8.
        "#]],
        );
        // Only a line feed ends a line, as in all other messages.
        check_file(
            "{\r\n \"site\":\r \"acme\" 5\n}",
            &expect![[r#"
            line 2: this is not JSON: expected comma. Write the file as JSON, in UTF-8.
        "#]],
        );
        check_file(
            &"[".repeat(100_000),
            &expect![[r#"
            line 1: this is not JSON: maximum nesting depth exceeded. Write the file as JSON, in UTF-8.
        "#]],
        );
    }

    #[test]
    fn unknown_fields_name_the_nearest_known_one() {
        check_survey(
            r#""id": "a", "qestions": [], "questions": [{ "scale": "npss", "prompt": "?", "color": "red" }]"#,
            &expect![[r#"
                line 2: surveys[0].qestions: there is no such field. Did you mean "questions"?
                line 2: surveys[0].questions[0].scale: "npss" is not known. Did you mean "nps"? Use one of nps, faces, stars, rating, thumbs, effort, ease, agree, problems, yes_no, choice, text.
                line 2: surveys[0].questions[0].color: there is no such field. Remove it; known here are id, scale, points, options, multiple, prompt, low, high, follow_up.
            "#]],
        );
    }

    #[test]
    fn wrong_types_and_ranges_are_named() {
        check_file(
            "{ \"site\": 5,\n \"origins\": \"*\",\n \"budget\": -1, \"surveys\": [{}] }",
            &expect![[r#"
                line 1: site: a number does not fit here. Write a text.
                line 2: origins: a text does not fit here. Write a list.
                line 3: budget: -1 is out of range. Use 0 to 3650.
                line 3: surveys[0]: the field "id" is missing. Add it: the survey's key inside its site.
                line 3: surveys[0]: the field "questions" is missing. Add it: one or two questions.
            "#]],
        );
        check_survey(
            r#""id": "Über", "questions": [], "sample": 2, "active": "yes", "show": { "delay_seconds": null, "pages": [1] }"#,
            &expect![[r#"
                line 2: surveys[0].id: "Über" cannot be a key. Use 1 to 64 lower case letters a–z, digits and hyphens, not starting with a hyphen.
                line 2: surveys[0].questions: 0 entries is out of range. Use 1 to 2 entries.
                line 2: surveys[0].sample: 2 is out of range. Use 0 to 1.
                line 2: surveys[0].active: a text does not fit here. Write true or false.
                line 2: surveys[0].show.pages[0]: a number does not fit here. Write a text.
            "#]],
        );
        check_survey(
            r#""id": "a", "id": "b", "questions": [{ "scale": "faces", "points": 3.5, "prompt": {"en": 1} }]"#,
            &expect![[r#"
                line 2: surveys[0].id: this field is given twice. Keep one of them.
                line 2: surveys[0].questions[0].points: a number does not fit here. Write a whole number.
                line 2: surveys[0].questions[0].prompt.en: a number does not fit here. Write a text.
            "#]],
        );
    }

    #[test]
    fn what_a_schema_cannot_say() {
        check_file(
            r#"{ "site": "api", "time_zone": "Asia/Teheran", "breakdowns": ["plan", "plan"],
                "origins": ["acme.com", "https://acme.com/", "https://acme.com/shop", "https://*.acme.com",
                    "https://acme.com:443", "https://ACME.com", "http://[::1]:8080", "https://فروش.com"], "locale": "en us",
                "surveys": [] }"#,
            &expect![[r#"
                line 1: site: "api" is the name of one of the collector's own pages. Choose another key.
                line 1: time_zone: "Asia/Teheran" is not a time zone. Use an IANA name, such as Europe/Berlin or Asia/Tehran.
                line 1: breakdowns[1]: "plan" is used twice. Give each its own name.
                line 2: origins[0]: "acme.com" is not an origin. Write it as browsers do: scheme, host and a port only where it is not the usual one, such as "https://acme.com"; other scripts as xn--….
                line 2: origins[1]: "https://acme.com/" is not an origin. Write it as browsers do: scheme, host and a port only where it is not the usual one, such as "https://acme.com"; other scripts as xn--….
                line 2: origins[2]: "https://acme.com/shop" is not an origin. Write it as browsers do: scheme, host and a port only where it is not the usual one, such as "https://acme.com"; other scripts as xn--….
                line 3: locale: "en us" is not a locale. Use a tag such as en, fa or pt-BR.
                line 3: origins[4]: "https://acme.com:443" is not an origin. Write it as browsers do: scheme, host and a port only where it is not the usual one, such as "https://acme.com"; other scripts as xn--….
                line 3: origins[5]: "https://ACME.com" is not an origin. Write it as browsers do: scheme, host and a port only where it is not the usual one, such as "https://acme.com"; other scripts as xn--….
                line 3: origins[7]: "https://فروش.com" is not an origin. Write it as browsers do: scheme, host and a port only where it is not the usual one, such as "https://acme.com"; other scripts as xn--….
            "#]],
        );
        check_survey(
            r#""id": "a", "questions": [{ "scale": "faces", "points": 4, "prompt": "?", "follow_up": {"promotor": "!"} },
               { "scale": "text", "prompt": "?", "low": "x", "points": 3, "follow_up": {"any": "!"} }],
               "show": { "pages": ["shop/*"] } }, { "id": "a", "questions": [
               { "id": "q", "scale": "nps", "prompt": "?", "follow_up": {"detracter": "!"} },
               { "id": "q", "scale": "nps", "prompt": { "not a locale": "?" } }]"#,
            &expect![[r#"
                line 2: surveys[0].questions[0].points: there are no 4 faces. Use 3 or 5.
                line 2: surveys[0].questions[0].follow_up.promotor: the scale faces has no group "promotor". Use satisfied, neutral, dissatisfied, any.
                line 3: surveys[0].questions[1].points: the scale text has a fixed number of points. Remove the field.
                line 3: surveys[0].questions[1].low: the scale text has no ends to label. Remove the field.
                line 3: surveys[0].questions[1].follow_up.any: a text cannot be followed up. Ask for it in a second question.
                line 4: surveys[1].id: "a" is used twice. Give each its own name.
                line 4: surveys[0].show.pages[0]: "shop/*" matches no path. Start it with a slash: "/shop/*".
                line 5: surveys[1].questions[0].follow_up.detracter: the scale nps has no group "detracter". Did you mean "detractor"? Use promoter, passive, detractor, any.
                line 6: surveys[1].questions[1].id: "q" is used twice. Give each its own name.
                line 6: surveys[1].questions[1].prompt.not a locale: "not a locale" is not a locale. Use a tag such as en, fa or pt-BR.
            "#]],
        );
    }

    #[test]
    fn when_and_to_whom() {
        check_survey(
            r##""id": "a", "questions": [{ "scale": "nps", "prompt": "?" }],
               "show": { "event": "paid", "properties": { "total": { "at_least": 3 }, "currency": ["EUR", "USD"] },
                         "cancel": ["failed"], "scroll_percent": 50, "exit_intent": true, "click": "#help",
                         "pages": ["/a", "!/a/b", "*?x=1*", "*#/cart"], "devices": ["phone"], "locales": ["pt-BR"],
                         "weekdays": ["monday"], "hours": { "from": "22:00", "until": "06:00" } },
               "audience": { "plan": "pro", "age": { "at_least": 18, "at_most": 99 }, "beta": true, "x": { "not": [1, "2"], "exists": true } },
               "account_age_days": { "at_least": 7 }, "starts": "2026-03-01", "ends": "2026-03-31", "responses_max": 500"##,
            &expect!["acme with 1 surveys"],
        );
        check_survey(
            r##""id": "a", "questions": [{ "scale": "nps", "prompt": "?" }],
               "show": { "time_on_page_seconds": 0, "scroll_percent": 101, "devices": ["mobile"],
                         "weekdays": ["mon"], "hours": { "from": "9:00", "to": "17:00" } },
               "audience": { "plan": null, "age": { "min": 3 }, "x": {}, "y": [], "z": { "at_least": "3" } },
               "starts": "2026-02-30", "responses_max": 0.5"##,
            &expect![[r#"
                line 3: surveys[0].show.time_on_page_seconds: 0 is out of range. Use 1 to 86400.
                line 3: surveys[0].show.scroll_percent: 101 is out of range. Use 1 to 100.
                line 3: surveys[0].show.devices[0]: "mobile" is not known. Use one of phone, tablet, desktop.
                line 4: surveys[0].show.weekdays[0]: "mon" is not known. Use one of monday, tuesday, wednesday, thursday, friday, saturday, sunday.
                line 4: surveys[0].show.hours.from: "9:00" is not a time of day. Write it like 09:30.
                line 4: surveys[0].show.hours.to: there is no such field. Remove it; known here are from, until.
                line 4: surveys[0].show.hours: the field "until" is missing. Add it: when it is over.
                line 5: surveys[0].audience.plan: null does not fit here. Write a text or a number or true or false or a list or an object.
                line 5: surveys[0].audience.age.min: there is no such field. Remove it; known here are one_of, not, at_least, at_most, exists.
                line 5: surveys[0].audience.x: 0 fields is out of range. Use at least 1 fields.
                line 5: surveys[0].audience.y: 0 entries is out of range. Use 1 to 50 entries.
                line 5: surveys[0].audience.z.at_least: a text does not fit here. Write a number.
                line 6: surveys[0].starts: "2026-02-30" is not a day. Write it like 2026-03-31.
                line 6: surveys[0].responses_max: a number does not fit here. Write a whole number.
            "#]],
        );
        check_survey(
            r##""id": "a", "questions": [{ "scale": "nps", "prompt": "?" }],
               "show": { "properties": { "total": { "at_least": 3, "at_most": 2 } }, "event": "paid",
                         "cancel": ["paid"], "hours": { "from": "09:00", "until": "09:00" },
                         "pages": ["!shop", "#/cart"], "locales": ["en us"] },
               "account_age_days": {}, "starts": "2026-03-31", "ends": "2026-03-01" }, { "id": "b",
               "questions": [{ "scale": "nps", "prompt": "?" }], "show": { "properties": { "total": 3 } }"##,
            &expect![[r##"
                line 3: surveys[0].show.properties.total: nothing is at least 3 and at most 2. Swap the numbers.
                line 4: surveys[0].show.cancel[0]: "paid" is also what it waits for. Remove one of the two.
                line 4: surveys[0].show.hours: no time lies between two times that are the same. Remove the field for the whole day.
                line 5: surveys[0].show.pages[0]: "!shop" matches no path. Start it with a slash: "!/shop".
                line 5: surveys[0].show.pages[1]: "#/cart" matches no path. Say on which paths: "*#/cart".
                line 5: surveys[0].show.locales[0]: "en us" is not a locale. Use a tag such as en, fa or pt-BR.
                line 6: surveys[0].account_age_days: it asks for nothing. Write {"at_least": 7}, {"at_most": 30}, or both.
                line 6: surveys[0].ends: it ends on 2026-03-01, before it starts on 2026-03-31. Swap the days.
                line 7: surveys[1].show.properties: only an event has properties. Add "event": the name of the event that has them.
            "##]],
        );
    }
}
