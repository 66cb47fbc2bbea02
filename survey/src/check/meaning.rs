//! Checks what a schema cannot say: names that repeat, fields that do not go together.

use super::{Lines, Problem};
use crate::definition::{ANY_GROUP, Question, Survey};
use crate::nearest::nearest;
use crate::scale::{Group, Scale};
use crate::site::{RESERVED, Site};
use crate::text::{Text, has_words};

/// Everything in a well-formed file that makes no sense.
pub(super) fn problems(
    site: &Site,
    lines: &Lines,
    knows_time_zone: &dyn Fn(&str) -> bool,
) -> Vec<Problem> {
    let mut meaning = Meaning { lines, problems: Vec::new() };
    meaning.not_reserved("site", &site.site);
    if !knows_time_zone(&site.time_zone) {
        let message = format!("{:?} is not a time zone", site.time_zone);
        meaning.report(
            "time_zone",
            message,
            "Use an IANA name, such as Europe/Berlin or Asia/Tehran.",
        );
    }
    if !is_locale(&site.locale) {
        let message = format!("{:?} is not a locale", site.locale);
        meaning.report("locale", message, "Use a tag such as en, fa or pt-BR.");
    }
    for (at, origin) in site.origins.iter().enumerate() {
        meaning.origin(&format!("origins[{at}]"), origin);
    }
    meaning.theme("theme", site.theme.as_ref());
    meaning.no_repeats(&site.breakdowns, |at| format!("breakdowns[{at}]"));
    let ids: Vec<String> = site.surveys.iter().map(|survey| survey.id.clone()).collect();
    meaning.no_repeats(&ids, |at| format!("surveys[{at}].id"));
    for (at, survey) in site.surveys.iter().enumerate() {
        meaning.survey(&format!("surveys[{at}]"), survey);
    }
    meaning.problems
}

pub(super) struct Meaning<'a> {
    lines: &'a Lines<'a>,
    problems: Vec<Problem>,
}

impl Meaning<'_> {
    pub(super) fn report(&mut self, field: &str, message: String, remedy: impl Into<String>) {
        self.problems.push(self.lines.problem(field, message, remedy));
    }

    fn not_reserved(&mut self, field: &str, key: &str) {
        if RESERVED.contains(&key) {
            let message = format!("{key:?} is the name of one of the collector's own pages");
            self.report(field, message, "Choose another key.");
        }
    }

    fn no_repeats(&mut self, keys: &[String], field: impl Fn(usize) -> String) {
        for (at, key) in keys.iter().enumerate() {
            if keys[..at].contains(key) {
                self.report(
                    &field(at),
                    format!("{key:?} is used twice"),
                    "Give each its own name.",
                );
            }
        }
    }

    fn origin(&mut self, field: &str, origin: &str) {
        if matches!(origin, "*" | "null") {
            return;
        }
        if !is_origin(origin) {
            let bare = origin.split_once("://").map_or(origin, |(_, rest)| rest);
            let host = bare.split(['/', ':', '\\', '?', '#']).next().filter(|host| is_host(host));
            let scheme = if origin.starts_with("http://") { "http" } else { "https" };
            let host = host.unwrap_or("acme.com");
            let remedy = format!(
                "Write it as browsers do: scheme, host and a port only where it is not the usual \
                 one, such as \"{scheme}://{host}\"; other scripts as xn--…."
            );
            self.report(field, format!("{origin:?} is not an origin"), remedy);
        }
    }

    fn survey(&mut self, field: &str, survey: &Survey) {
        self.not_reserved(&format!("{field}.id"), &survey.id);
        self.show(field, survey);
        let ids: Vec<String> =
            survey.questions_with_ids().iter().map(|q| q.id().to_owned()).collect();
        self.no_repeats(&ids, |at| format!("{field}.questions[{at}].id"));
        for (at, question) in survey.questions.iter().enumerate() {
            self.question(&format!("{field}.questions[{at}]"), question);
        }
        self.metric(field, survey);
        self.look(field, survey);
    }

    fn metric(&mut self, field: &str, survey: &Survey) {
        let Some(metric) = survey.metric else { return };
        let asked: Vec<Scale> = survey.questions.iter().map(|question| question.scale).collect();
        let wanted = metric.scales();
        if asked != wanted {
            let message = format!("{} is measured by two other questions", metric.name());
            let remedy =
                format!("Ask a question of the scale {} and then one of {}.", wanted[0], wanted[1]);
            self.report(&format!("{field}.metric"), message, remedy);
        }
    }

    fn options(&mut self, field: &str, question: &Question) {
        let Question { scale, options, .. } = question;
        if scale.has_options() && options.is_empty() {
            let message = format!("the scale {scale} needs options");
            self.report(
                field,
                message,
                "Add \"options\": [{ \"id\": \"late\", \"label\": \"It came late\" }].",
            );
        }
        if !scale.has_options() && !options.is_empty() {
            let message = format!("the scale {scale} has no options");
            self.report(
                &format!("{field}.options"),
                message,
                "Remove the field, or use choice or problems.",
            );
        }
        if question.multiple && *scale != Scale::Choice {
            let message = "only a choice can be of several options".to_owned();
            self.report(&format!("{field}.multiple"), message, "Remove the field.");
        }
        let ids: Vec<String> = options.iter().map(|option| option.id.clone()).collect();
        self.no_repeats(&ids, |at| format!("{field}.options[{at}].id"));
        for (at, option) in options.iter().enumerate() {
            self.locales(&format!("{field}.options[{at}].label"), Some(&option.label));
        }
    }

    fn question(&mut self, field: &str, question: &Question) {
        let scale = question.scale;
        match question.points {
            Some(_) if scale != Scale::Faces => {
                let message = format!("the scale {scale} has a fixed number of points");
                self.report(&format!("{field}.points"), message, "Remove the field.");
            }
            Some(points) if points != 3 && points != 5 => {
                let message = format!("there are no {points} faces");
                self.report(&format!("{field}.points"), message, "Use 3 or 5.");
            }
            _ => {}
        }
        for (name, label) in [("low", &question.low), ("high", &question.high)] {
            if label.is_some() && question.range().is_none() {
                let message = format!("the scale {scale} has no ends to label");
                self.report(&format!("{field}.{name}"), message, "Remove the field.");
            }
            self.locales(&format!("{field}.{name}"), label.as_ref());
        }
        self.locales(&format!("{field}.prompt"), Some(&question.prompt));
        self.options(field, question);
        self.follow_up(field, question);
    }

    fn follow_up(&mut self, field: &str, question: &Question) {
        let scale = question.scale;
        let known: Vec<&str> = scale.groups().map(Group::name).chain([ANY_GROUP]).collect();
        for (group, text) in &question.follow_up {
            let path = format!("{field}.follow_up.{group}");
            if scale == Scale::Text {
                let message = "a text cannot be followed up".to_owned();
                self.report(&path, message, "Ask for it in a second question.");
            } else {
                self.known_group(&path, group, scale, &known);
            }
            self.locales(&path, Some(text));
        }
    }

    pub(super) fn known_group(&mut self, path: &str, group: &str, scale: Scale, known: &[&str]) {
        if !known.contains(&group) {
            let near = nearest(group, known.iter().copied());
            let meant = near.map_or(String::new(), |near| format!("Did you mean {near:?}? "));
            let message = format!("the scale {scale} has no group {group:?}");
            self.report(path, message, format!("{meant}Use {}.", known.join(", ")));
        }
    }

    pub(super) fn locales(&mut self, field: &str, text: Option<&Text>) {
        if text.is_some_and(|text| !text.all().all(has_words)) {
            self.report(field, "there are no words in it".to_owned(), "Write something.");
        }
        let Some(Text::ByLocale(texts)) = text else { return };
        for (locale, _) in texts.iter().filter(|(locale, _)| !is_locale(locale)) {
            let message = format!("{locale:?} is not a locale");
            self.report(
                &format!("{field}.{locale}"),
                message,
                "Use a tag such as en, fa or pt-BR.",
            );
        }
    }
}

/// An origin as browsers send it: lower case, no path, no port that goes without saying.
fn is_origin(origin: &str) -> bool {
    let parts = [("https://", "443"), ("http://", "80")];
    let parts =
        parts.iter().find_map(|(scheme, usual)| Some((origin.strip_prefix(scheme)?, usual)));
    let Some((rest, usual_port)) = parts else { return false };
    let (host, port) = match rest.rsplit_once(':').filter(|_| !rest.ends_with(']')) {
        Some((host, port)) => (host, Some(port)),
        None => (rest, None),
    };
    let is_port =
        |port: &str| port != *usual_port && port.parse::<u16>().is_ok_and(|port| port > 0);
    is_host(host.strip_prefix("*.").unwrap_or(host)) && port.is_none_or(is_port)
}

fn is_host(host: &str) -> bool {
    let inside = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_letter =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte);
    match inside {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(is_letter),
    }
}

/// A language of two or three letters, perhaps with further parts of up to eight (BCP 47).
pub(super) fn is_locale(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let further = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    parts.next().is_some_and(|language| (2..=3).contains(&language.len()) && letters(language))
        && parts.all(further)
}
