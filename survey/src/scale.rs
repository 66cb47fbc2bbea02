//! Defines [`Scale`], what can be answered, and [`Group`], which camp an answer falls into.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// How a question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Likelihood to recommend, 0–10 (Reichheld 2003).
    Nps,
    /// Satisfaction in 3 or 5 faces, from 1 (unhappy) up.
    Faces,
    /// Effort the visitor had to spend, 1 (very low) – 7 (very high) (Dixon et al. 2010).
    Effort,
    /// Free text.
    Text,
}

impl Scale {
    /// The name used in files and in JSON; also the id of a question that has none of its own.
    pub fn name(self) -> &'static str {
        match self {
            Scale::Nps => "nps",
            Scale::Faces => "faces",
            Scale::Effort => "effort",
            Scale::Text => "text",
        }
    }

    /// The values that can be chosen; `None` for free text. `points` matters to faces only.
    pub fn range(self, points: u8) -> Option<RangeInclusive<u8>> {
        match self {
            Scale::Nps => Some(0..=10),
            Scale::Faces => Some(1..=points),
            Scale::Effort => Some(1..=7),
            Scale::Text => None,
        }
    }

    /// The groups of this scale, best first.
    pub fn groups(self) -> &'static [Group] {
        match self {
            Scale::Nps => &[Group::Promoter, Group::Passive, Group::Detractor],
            Scale::Faces => &[Group::Satisfied, Group::Neutral, Group::Dissatisfied],
            Scale::Effort => &[Group::Low, Group::Medium, Group::High],
            Scale::Text => &[],
        }
    }

    /// The group a value belongs to; `None` for free text.
    pub fn group(self, points: u8, value: u8) -> Option<Group> {
        let middle = points.div_ceil(2);
        let place = match self {
            Scale::Nps => [value >= 9, value >= 7],
            Scale::Faces => [value > middle, value == middle],
            Scale::Effort => [value <= 3, value == 4],
            Scale::Text => return None,
        };
        let index = place.iter().position(|&here| here).unwrap_or(2);
        self.groups().get(index).copied()
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The camp an answer falls into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// NPS 9–10.
    Promoter,
    /// NPS 7–8.
    Passive,
    /// NPS 0–6.
    Detractor,
    /// The faces above the middle one.
    Satisfied,
    /// The middle face.
    Neutral,
    /// The faces below the middle one.
    Dissatisfied,
    /// Effort 1–3.
    Low,
    /// Effort 4.
    Medium,
    /// Effort 5–7.
    High,
}

impl Group {
    /// The name used in files and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Group::Promoter => "promoter",
            Group::Passive => "passive",
            Group::Detractor => "detractor",
            Group::Satisfied => "satisfied",
            Group::Neutral => "neutral",
            Group::Dissatisfied => "dissatisfied",
            Group::Low => "low",
            Group::Medium => "medium",
            Group::High => "high",
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(scale: Scale, points: u8, expected: &str) {
        let names =
            scale.range(points).unwrap().map(|v| &scale.group(points, v).unwrap().name()[..1]);
        assert_eq!(names.collect::<String>(), expected, "{scale} with {points} points");
    }

    #[test]
    fn every_value_has_its_group() {
        check(Scale::Nps, 0, "dddddddpppp");
        check(Scale::Faces, 3, "dns");
        check(Scale::Faces, 5, "ddnss");
        check(Scale::Effort, 0, "lllmhhh");
        assert_eq!(Scale::Nps.group(0, 8), Some(Group::Passive));
        assert_eq!(Scale::Nps.group(0, 9), Some(Group::Promoter));
        assert_eq!(Scale::Text.group(0, 1), None);
    }
}
