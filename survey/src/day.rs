//! Defines [`Day`]: a calendar day without a time zone.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::site::WeekDay;

/// A day of the proleptic Gregorian calendar, counted from 1970-01-01; `2026-03-31` in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day(pub i32);

impl Day {
    /// The day of a year (−9999–9999), month (1–12) and day of the month (from 1), or `None` when
    /// the calendar has no such day.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Day> {
        if !(-9999..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day)
        {
            return None;
        }
        let made = Day::of_civil(year, month, day);
        (made.civil() == (year, month, day)).then_some(made)
    }

    /// Days from civil: Howard Hinnant, "chrono-compatible low-level date algorithms".
    fn of_civil(year: i32, month: u32, day: u32) -> Day {
        let year = if month <= 2 { year - 1 } else { year };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month_from_march = (month as i32 + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + day as i32 - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Day(era * 146_097 + day_of_era - 719_468)
    }

    /// Year, month (1–12) and day of the month (1–31): the same source, the other way round.
    pub fn civil(self) -> (i32, u32, u32) {
        let shifted = self.0 + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = (month_from_march + 2) % 12 + 1;
        let year = year_of_era + era * 400 + i32::from(month <= 2);
        (year, month as u32, day as u32)
    }

    /// The day this many days later (earlier when negative).
    pub fn plus(self, days: i32) -> Day {
        Day(self.0 + days)
    }

    /// The day this day's week started on.
    pub fn week_start(self, first: WeekDay) -> Day {
        // 1970-01-01 was a Thursday.
        let since = match first {
            WeekDay::Monday => 3,
            WeekDay::Sunday => 4,
            WeekDay::Saturday => 5,
        };
        Day(self.0 - (self.0 + since).rem_euclid(7))
    }

    /// The first day of this day's month.
    pub fn month_start(self) -> Day {
        let (_, _, day) = self.civil();
        Day(self.0 - day as i32 + 1)
    }

    /// The first day of the month after this day's.
    pub fn next_month(self) -> Day {
        self.month_start().plus(31).month_start()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Day {
    type Err = String;

    /// Reads `YYYY-MM-DD`; the error says what a day looks like.
    fn from_str(text: &str) -> Result<Day, String> {
        let parts: Vec<&str> = text.split('-').collect();
        let digits =
            |part: &&str, width| part.len() == width && part.bytes().all(|b| b.is_ascii_digit());
        let well_formed = parts.len() == 3
            && parts.iter().zip([4, 2, 2]).all(|(part, width)| digits(part, width));
        well_formed
            .then(|| {
                Day::new(parts[0].parse().ok()?, parts[1].parse().ok()?, parts[2].parse().ok()?)
            })
            .flatten()
            .ok_or_else(|| format!("{text:?} is not a day; write it like 2026-03-31"))
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Day {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_one_to_one() {
        assert_eq!(Day::new(1970, 1, 1), Some(Day(0)));
        assert_eq!(Day::new(2026, 11, 22), Some(Day(20_779)));
        let mut last = Day::new(1599, 12, 31).unwrap();
        for number in last.0 + 1..Day::new(2401, 1, 1).unwrap().0 {
            let day = Day(number);
            let (y, m, d) = day.civil();
            assert_eq!(Day::new(y, m, d), Some(day));
            assert!(last.to_string() < day.to_string(), "{last} < {day}");
            assert_eq!(day.to_string().parse(), Ok(day));
            last = day;
        }
    }

    #[test]
    fn weeks_and_months_start_where_they_should() {
        let check = |day: &str, week: &str, month: &str, next: &str| {
            let day: Day = day.parse().unwrap();
            let found = [day.week_start(WeekDay::Monday), day.month_start(), day.next_month()];
            assert_eq!(found.map(|d| d.to_string()), [week, month, next]);
        };
        check("2026-11-22", "2026-11-16", "2026-11-01", "2026-12-01");
        check("2026-11-23", "2026-11-23", "2026-11-01", "2026-12-01");
        check("2024-12-31", "2024-12-30", "2024-12-01", "2025-01-01");
        check("1969-12-29", "1969-12-29", "1969-12-01", "1970-01-01");
        let sunday: Day = "2026-11-22".parse().unwrap();
        assert_eq!(sunday.week_start(WeekDay::Sunday), sunday);
        assert_eq!(sunday.week_start(WeekDay::Saturday), sunday.plus(-1));
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in ["", "2026-02-29", "2026-13-01", "2026-1-01", "20260101", "+026-01-01", "x"] {
            assert!(text.parse::<Day>().is_err(), "{text}");
        }
    }
}
