//! The times that files write.

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

const DAY_MS: i64 = 86_400_000;

/// A time in milliseconds since 1970. A time without an offset is one of the site's time zone; a
/// bare number is seconds since 1970.
///
/// # Errors
/// Says what a time looks like, or that it cannot be one at which somebody answered.
pub(super) fn parse(text: &str, zone: &TimeZone, now_ms: i64) -> Result<i64, String> {
    let ms = read(text.trim(), zone).ok_or_else(|| {
        format!("{text:?} is no time: use 2026-03-31, 2026-03-31 14:05:00 or 2026-03-31T14:05:00Z")
    })?;
    // Clocks differ, but not by a day.
    match ms {
        ..0 => Err(format!("{text:?} is before 1970")),
        ms if ms > now_ms + DAY_MS => Err(format!("{text:?} lies in the future")),
        ms => Ok(ms),
    }
}

fn read(text: &str, zone: &TimeZone) -> Option<i64> {
    if (9..=11).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse::<i64>().ok().map(|seconds| seconds * 1000);
    }
    if let Ok(time) = joined(text).parse::<Timestamp>() {
        return Some(time.as_millisecond());
    }
    let time = text.parse::<civil::DateTime>().ok()?.to_zoned(zone.clone()).ok()?;
    Some(time.timestamp().as_millisecond())
}

/// A time with its offset right behind it: some files leave a blank between them.
fn joined(text: &str) -> String {
    match text.rsplit_once(' ') {
        Some((time, "UTC" | "Z")) => format!("{time}Z"),
        Some((time, offset)) if offset.starts_with(['+', '-']) => format!("{time}{offset}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_the_sites_time_zone() {
        let zone = TimeZone::get("Asia/Tehran").unwrap();
        let now = "2026-11-22T00:00:00Z".parse::<Timestamp>().unwrap().as_millisecond();
        let check = |text: &str, expected: &str| {
            let found = parse(text, &zone, now).map_or_else(|error| error, crate::clock::rfc3339);
            assert!(found.contains(expected), "{text}: {found}");
        };
        check("2026-03-01T14:05:00Z", "2026-03-01T14:05:00Z");
        check("2026-03-01T14:05:00.123456+02:00", "2026-03-01T12:05:00.123Z");
        check("2026-03-01", "2026-02-28T20:30:00Z");
        check(" 2026-03-01 03:30:00 ", "2026-03-01T00:00:00Z");
        check("2018-03-28 15:11:55 -0700", "2018-03-28T22:11:55Z");
        check("2018-03-28 15:11:55 UTC", "2018-03-28T15:11:55Z");
        check("1713418460", "2024-04-18T05:34:20Z");
        check("31.3.2026", "is no time");
        check("2026-02-30", "is no time");
        check("", "is no time");
        check("1969-12-31T00:00:00Z", "is before 1970");
        check("2062-03-01", "lies in the future");
    }
}
