//! The one place where the time is read.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use survey::Day;

/// Now, in milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The day of a time in a time zone.
pub(crate) fn day_of(ms: i64, zone: &TimeZone) -> Day {
    let date = timestamp(ms).to_zoned(zone.clone()).date();
    Day::new(date.year().into(), date.month() as u32, date.day() as u32).unwrap_or_default()
}

/// A time as RFC 3339 in UTC.
pub(crate) fn rfc3339(ms: i64) -> String {
    timestamp(ms).to_string()
}

fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
}
