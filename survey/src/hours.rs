//! Defines [`Hours`]: a part of every day.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A part of every day. When `until` comes before `from`, it goes on past midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// When it begins.
    pub from: TimeOfDay,
    /// When it is over.
    pub until: TimeOfDay,
}

/// Minutes since midnight, 0–1440; `09:30` in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(pub u16);

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for TimeOfDay {
    type Err = String;

    /// Reads `HH:MM`, up to `24:00`; the error says what a time looks like.
    fn from_str(text: &str) -> Result<TimeOfDay, String> {
        let number = |part: &str| {
            let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse::<u16>().ok()).flatten()
        };
        let minutes = || {
            let (hours, minutes) = text.split_once(':')?;
            Some(number(hours)? * 60 + number(minutes).filter(|minutes| *minutes < 60)?)
        };
        minutes()
            .filter(|minutes| *minutes <= 24 * 60)
            .map(TimeOfDay)
            .ok_or_else(|| format!("{text:?} is not a time of day; write it like 09:30"))
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TimeOfDay, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for TimeOfDay {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TimeOfDay".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "time-of-day" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        let check = |text: &str, expected: Option<u16>| {
            let found = text.parse::<TimeOfDay>().ok();
            assert_eq!(found.map(|time| time.0), expected, "{text}");
            if let Some(time) = found {
                assert_eq!(time.to_string(), text);
            }
        };
        check("00:00", Some(0));
        check("09:30", Some(570));
        check("24:00", Some(1440));
        check("24:01", None);
        check("12:60", None);
        check("9:30", None);
        check("09:3", None);
        check("+9:30", None);
        check("0930", None);
        check("", None);
    }
}
