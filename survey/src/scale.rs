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
    /// Satisfaction in stars, 1–5.
    Stars,
    /// Satisfaction, 1–10.
    Rating,
    /// Satisfaction: thumb down 0, up 1.
    Thumbs,
    /// Effort the visitor had to spend, 1 (very low) – 7 (very high) (Dixon et al. 2010).
    Effort,
    /// Agreement that it was easy, 1 (disagree) – 7 (agree) (CES 2.0, Dixon et al. 2013).
    Ease,
    /// Agreement, 1 (disagree) – 7 (agree).
    Agree,
    /// What went wrong: any number of the options, none being the best answer.
    Problems,
    /// No 0, yes 1.
    YesNo,
    /// One of the options, or several.
    Choice,
    /// Free text.
    Text,
}

/// A group with the lowest and the highest of its values.
type Band = (Group, u8, u8);

impl Scale {
    /// Every scale.
    pub const ALL: [Scale; 12] = [
        Scale::Nps,
        Scale::Faces,
        Scale::Stars,
        Scale::Rating,
        Scale::Thumbs,
        Scale::Effort,
        Scale::Ease,
        Scale::Agree,
        Scale::Problems,
        Scale::YesNo,
        Scale::Choice,
        Scale::Text,
    ];

    /// The name used in files and in JSON; also the id of a question that has none of its own.
    pub fn name(self) -> &'static str {
        match self {
            Scale::Nps => "nps",
            Scale::Faces => "faces",
            Scale::Stars => "stars",
            Scale::Rating => "rating",
            Scale::Thumbs => "thumbs",
            Scale::Effort => "effort",
            Scale::Ease => "ease",
            Scale::Agree => "agree",
            Scale::Problems => "problems",
            Scale::YesNo => "yes_no",
            Scale::Choice => "choice",
            Scale::Text => "text",
        }
    }

    /// The values that can be chosen; `None` where an answer is no number. `points` matters to
    /// faces only.
    pub fn range(self, points: u8) -> Option<RangeInclusive<u8>> {
        match self {
            Scale::Nps => Some(0..=10),
            Scale::Faces => Some(1..=points),
            Scale::Stars => Some(1..=5),
            Scale::Rating => Some(1..=10),
            Scale::Thumbs | Scale::YesNo => Some(0..=1),
            Scale::Effort | Scale::Ease | Scale::Agree => Some(1..=7),
            Scale::Problems | Scale::Choice | Scale::Text => None,
        }
    }

    /// Whether an answer names options.
    pub fn has_options(self) -> bool {
        matches!(self, Scale::Problems | Scale::Choice)
    }

    /// The groups of this scale, best first.
    pub fn groups(self) -> impl Iterator<Item = Group> {
        self.bands(3).iter().map(|(group, ..)| *group)
    }

    /// The group a value belongs to; for `problems` the value is how many were named. `None` for
    /// choices and free text.
    pub fn group(self, points: u8, value: u8) -> Option<Group> {
        let holds = |(_, low, high): &&Band| (*low..=*high).contains(&value);
        self.bands(points).iter().find(holds).map(|(group, ..)| *group)
    }

    /// The groups with the lowest and the highest of their values, best first.
    fn bands(self, points: u8) -> &'static [Band] {
        use Group::*;
        match self {
            Scale::Nps => &[(Promoter, 9, 10), (Passive, 7, 8), (Detractor, 0, 6)],
            Scale::Faces if points == 3 => {
                &[(Satisfied, 3, 3), (Neutral, 2, 2), (Dissatisfied, 1, 1)]
            }
            Scale::Faces | Scale::Stars => {
                &[(Satisfied, 4, 5), (Neutral, 3, 3), (Dissatisfied, 1, 2)]
            }
            Scale::Rating => &[(Satisfied, 9, 10), (Neutral, 7, 8), (Dissatisfied, 1, 6)],
            Scale::Thumbs => &[(Satisfied, 1, 1), (Dissatisfied, 0, 0)],
            Scale::Effort => &[(Low, 1, 3), (Medium, 4, 4), (High, 5, 7)],
            Scale::Ease => &[(Easy, 5, 7), (Neutral, 4, 4), (Hard, 1, 3)],
            Scale::Agree => &[(Agree, 6, 7), (Neutral, 3, 5), (Disagree, 1, 2)],
            Scale::Problems => &[(Clean, 0, 0), (Complaint, 1, u8::MAX)],
            Scale::YesNo => &[(Yes, 1, 1), (No, 0, 0)],
            Scale::Choice | Scale::Text => &[],
        }
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The camp an answer falls into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// NPS 9–10.
    Promoter,
    /// NPS 7–8.
    Passive,
    /// NPS 0–6.
    Detractor,
    /// The faces above the middle one, 4–5 stars, a rating of 9–10, thumb up.
    Satisfied,
    /// The middle of faces, stars, ease and agreement; a rating of 7–8.
    Neutral,
    /// What is below.
    Dissatisfied,
    /// Effort 1–3.
    Low,
    /// Effort 4.
    Medium,
    /// Effort 5–7.
    High,
    /// Ease 5–7.
    Easy,
    /// Ease 1–3.
    Hard,
    /// Agreement 6–7.
    Agree,
    /// Agreement 1–2.
    Disagree,
    /// No problem named.
    Clean,
    /// At least one problem named.
    Complaint,
    /// Yes.
    Yes,
    /// No.
    No,
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
            Group::Easy => "easy",
            Group::Hard => "hard",
            Group::Agree => "agree",
            Group::Disagree => "disagree",
            Group::Clean => "clean",
            Group::Complaint => "complaint",
            Group::Yes => "yes",
            Group::No => "no",
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

    /// The groups of all values, as the initials of their names.
    fn check(scale: Scale, points: u8, expected: &str) {
        let values = scale.range(points).unwrap();
        let initials = values.map(|value| &scale.group(points, value).unwrap().name()[..1]);
        assert_eq!(initials.collect::<String>(), expected, "{scale} with {points} points");
    }

    #[test]
    fn every_value_has_its_group() {
        check(Scale::Nps, 3, "dddddddpppp");
        check(Scale::Faces, 3, "dns");
        check(Scale::Faces, 5, "ddnss");
        check(Scale::Stars, 3, "ddnss");
        check(Scale::Rating, 3, "ddddddnnss");
        check(Scale::Thumbs, 3, "ds");
        check(Scale::Effort, 3, "lllmhhh");
        check(Scale::Ease, 3, "hhhneee");
        check(Scale::Agree, 3, "ddnnnaa");
        check(Scale::YesNo, 3, "ny");
        assert_eq!(Scale::Nps.group(3, 8), Some(Group::Passive));
        assert_eq!(Scale::Nps.group(3, 9), Some(Group::Promoter));
        assert_eq!(Scale::Nps.group(3, 11), None);
        assert_eq!(Scale::Problems.group(3, 0), Some(Group::Clean));
        assert_eq!(Scale::Problems.group(3, 200), Some(Group::Complaint));
        assert_eq!(Scale::Text.group(3, 1), None);
    }

    #[test]
    fn names_are_those_of_the_json() {
        for scale in Scale::ALL {
            assert_eq!(serde_json::to_value(scale).unwrap(), scale.name());
        }
        for group in Scale::ALL.into_iter().flat_map(Scale::groups) {
            assert_eq!(serde_json::to_value(group).unwrap(), group.name());
        }
    }
}
