//! The one place where the time is read.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::civil::Date;
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

/// When a day starts in a time zone, in milliseconds since 1970.
pub(crate) fn start_of(day: Day, zone: &TimeZone) -> f64 {
    let (year, month, day) = day.civil();
    let date = Date::new(year as i16, month as i8, day as i8).unwrap_or(Date::ZERO);
    let start = date.to_zoned(zone.clone()).map(|zoned| zoned.timestamp().as_millisecond());
    start.unwrap_or_default() as f64
}

/// A time as RFC 3339 in UTC.
pub(crate) fn rfc3339(ms: i64) -> String {
    timestamp(ms).to_string()
}

fn timestamp(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
}
