//! The conditions of a rule: each is told its value and the visit, and says yes or no.
//!
//! Every one has a twin of the same name in `widget/loader/condition`; both run the vectors of
//! `golden/rules.json`.

use crate::rules::{DAY_MS, Span, Visit};
use crate::show::Device;

/// Milliseconds in a minute.
const MINUTE_MS: f64 = 60_000.0;
/// Where phones end and tablets begin: the shorter side of a touch screen, in CSS pixels.
const TABLET_PIXELS: f64 = 600.0;

/// None of these events was tracked on the page.
pub fn cancel(events: &[String], visit: &Visit) -> bool {
    !events.iter().any(|event| visit.events.contains(event))
}

/// The page matches one of these globs, if there are any without a `!`, and none with one.
pub fn pages(globs: &[String], visit: &Visit) -> bool {
    let excluded = |glob: &String| {
        glob.strip_prefix('!').is_some_and(|glob| matches_glob(glob, &address(glob, visit)))
    };
    let mut wanted = globs.iter().filter(|glob| !glob.starts_with('!')).peekable();
    let anywhere = wanted.peek().is_none();
    !globs.iter().any(excluded)
        && (anywhere || wanted.any(|glob| matches_glob(glob, &address(glob, visit))))
}

/// As much of the page's address as a glob speaks of.
fn address(glob: &str, visit: &Visit) -> String {
    let query = if glob.contains('?') { visit.query.as_str() } else { "" };
    let fragment = if glob.contains('#') { visit.fragment.as_str() } else { "" };
    format!("{}{query}{fragment}", visit.path)
}

/// Whether a text matches a glob in which `*` stands for any characters, slashes included.
pub fn matches_glob(glob: &str, text: &str) -> bool {
    let mut parts = glob.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// The visitor uses one of these devices, or there is none of them.
pub fn devices(devices: &[Device], visit: &Visit) -> bool {
    let device = match visit.touch {
        false => Device::Desktop,
        true if visit.screen_pixels < TABLET_PIXELS => Device::Phone,
        true => Device::Tablet,
    };
    devices.is_empty() || devices.contains(&device)
}

/// The visitor's locale is one of these, or a variant of one: `pt-BR` is one of `pt`. Or there is
/// none of them.
pub fn locales(locales: &[String], visit: &Visit) -> bool {
    let whole = |locale: &str| locale.replace('_', "-").to_lowercase() + "-";
    let locale = whole(&visit.locale);
    locales.is_empty() || locales.iter().any(|wanted| locale.starts_with(&whole(wanted)))
}

/// The visitor's account is known to be so old.
pub fn account_age(span: Span, visit: &Visit) -> bool {
    visit.created_at.is_some_and(|created_at| {
        let days = (visit.now - created_at) / DAY_MS;
        span.at_least.is_none_or(|low| days >= low) && span.at_most.is_none_or(|high| days <= high)
    })
}

/// The day of the visitor's week is one of these, from 1 for Monday to 7 for Sunday, or there is
/// none of them.
pub fn weekdays(weekdays: &[u8], visit: &Visit) -> bool {
    // 1970-01-01 was a Thursday.
    let day = ((local_ms(visit) / DAY_MS).floor() + 3.0).rem_euclid(7.0) + 1.0;
    weekdays.is_empty() || weekdays.iter().any(|weekday| f64::from(*weekday) == day)
}

/// The visitor's time of day lies between two, in minutes since midnight; past midnight when the
/// second is the smaller one.
pub fn hours([from, until]: [u16; 2], visit: &Visit) -> bool {
    let minute = local_ms(visit).rem_euclid(DAY_MS) / MINUTE_MS;
    let (begun, over) = (minute >= f64::from(from), minute >= f64::from(until));
    if from < until { begun && !over } else { begun || !over }
}

fn local_ms(visit: &Visit) -> f64 {
    visit.now + visit.utc_offset_minutes * MINUTE_MS
}

/// More than so many days have passed since something happened, if it ever did.
pub fn quiet(days: f64, since: Option<f64>, visit: &Visit) -> bool {
    since.is_none_or(|since| visit.now - since >= days * DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_whole_paths() {
        let check = |glob: &str, path: &str, expected: bool| {
            assert_eq!(matches_glob(glob, path), expected, "{glob} for {path}");
        };
        check("/", "/", true);
        check("/", "/shop", false);
        check("/shop/*", "/shop/done/1", true);
        check("/shop/*", "/shop", false);
        check("*/done", "/shop/done", true);
        check("/a*b*c", "/abc", true);
        check("/a*b*c", "/a-b", false);
        check("/ab*ba", "/aba", false);
        check("*", "", true);
    }
}
