//! Defines [`Survey`], as its owner writes it, and [`Definition`], as a visitor's browser gets it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::audience::Tests;
use crate::day::Day;
use crate::look::{Placement, Position, Thanks};
use crate::rules::Span;
use crate::scale::{Group, Scale};
use crate::show::{Again, Show};
use crate::site::is_zero;
use crate::text::Text;
use crate::theme::Theme;

/// The follow-up key that stands for every group.
pub const ANY_GROUP: &str = "any";

/// Most options of a question.
pub const OPTIONS_MAX: usize = 15;

/// One or two questions, and when to ask them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Survey {
    /// The survey's key inside its site. Lower case letters, digits and hyphens.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[a-z0-9][a-z0-9-]{0,63}$")))]
    pub id: String,
    /// One or two questions.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 2)))]
    pub questions: Vec<Question>,
    /// What both questions together measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<Metric>,
    /// How the survey stands in the page.
    #[serde(default)]
    pub placement: Placement,
    /// The corner of a popover, or the edge of a bar or a tab.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// For `inline`: the CSS selector of the element it stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 500)))]
    pub target: Option<String>,
    /// For `tab`: what the tab says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Text>,
    /// What makes it appear.
    #[serde(default)]
    pub show: Show,
    /// Only visitors with these attributes: a value (`"pro"`), several of which one will do
    /// (`["pro", "team"]`), `{"at_least": 3}`, `{"at_most": 9}`, `{"not": "free"}` or
    /// `{"exists": true}`.
    #[serde(default, skip_serializing_if = "Tests::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 20)))]
    pub audience: Tests,
    /// Only visitors whose account, made when the page's `created_at` says, is so old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_age_days: Option<Span>,
    /// When the same respondent may be asked again.
    #[serde(default)]
    pub again: Again,
    /// Share of respondents who are asked, 0–1; the same respondent always gets the same draw.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1)))]
    pub sample: f64,
    /// Where several surveys are due, the highest number wins.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: f64,
    /// The first day it is asked, in the site's time zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<Day>,
    /// The last day it is asked, in the site's time zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Day>,
    /// It is asked until so many have answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000_000_000)))]
    pub responses_max: Option<u64>,
    /// The last words, after the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thanks: Option<Thanks>,
    /// Colours and sizes, over those of the site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<Theme>,
    /// Whether the survey is asked at all.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub active: bool,
}

impl Survey {
    /// The questions, each with an id: its own, else its scale's name, a repeated one with `-2`.
    pub fn questions_with_ids(&self) -> Vec<Question> {
        let mut questions = self.questions.clone();
        let mut taken: Vec<String> = Vec::new();
        for question in &mut questions {
            let base = question.id().to_owned();
            let repeats = question.id.is_none() && taken.contains(&base);
            let id = if repeats { format!("{base}-2") } else { base };
            taken.push(id.clone());
            question.id = Some(id);
        }
        questions
    }

    /// Where it stands; `None` where the placement leaves no choice.
    pub fn position(&self) -> Option<Position> {
        self.position.or_else(|| self.placement.positions().first().copied())
    }
}

/// A prompt and how it is answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The question's key inside its survey; the scale's name when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[a-z0-9][a-z0-9-]{0,63}$")))]
    pub id: Option<String>,
    /// How it is answered.
    pub scale: Scale,
    /// For `faces`: how many, 3 or 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 3, max = 5)))]
    pub points: Option<u8>,
    /// For `problems` and `choice`: what can be chosen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 15)))]
    pub options: Vec<Opt>,
    /// For `choice`: whether several options can be chosen.
    #[serde(default, skip_serializing_if = "is_false")]
    pub multiple: bool,
    /// The question itself.
    pub prompt: Text,
    /// The label at the low end of the scale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<Text>,
    /// The label at the high end of the scale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<Text>,
    /// What to ask after the answer, by its group (`promoter`, `passive`, `detractor` of `nps`;
    /// `satisfied`, `neutral`, `dissatisfied` of `faces`, `stars`, `rating`, `thumbs`; `low`,
    /// `medium`, `high` of `effort`; `easy`, `neutral`, `hard`; `agree`, `neutral`, `disagree`;
    /// `clean`, `complaint` of `problems`; `yes`, `no`), or by `any` of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub follow_up: BTreeMap<String, Text>,
}

impl Question {
    /// The question's id, the scale's name when it has none of its own.
    pub fn id(&self) -> &str {
        self.id.as_deref().unwrap_or(self.scale.name())
    }

    /// How many faces.
    pub fn points(&self) -> u8 {
        self.points.unwrap_or(3)
    }

    /// The values that can be chosen; `None` for free text.
    pub fn range(&self) -> Option<std::ops::RangeInclusive<u8>> {
        self.scale.range(self.points())
    }

    /// Whether an answer is a list of options.
    pub fn takes_list(&self) -> bool {
        self.scale == Scale::Problems || (self.scale == Scale::Choice && self.multiple)
    }

    /// The group a value belongs to; `None` for choices and free text.
    pub fn group(&self, value: u8) -> Option<Group> {
        self.scale.group(self.points(), value)
    }

    /// What to ask after this value was chosen.
    pub fn follow_up(&self, value: u8) -> Option<&Text> {
        let by_group = self.group(value).and_then(|group| self.follow_up.get(group.name()));
        by_group.or_else(|| self.follow_up.get(ANY_GROUP))
    }
}

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Opt {
    /// The option's key inside its question.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[a-z0-9][a-z0-9-]{0,63}$")))]
    pub id: String,
    /// What it says.
    pub label: Text,
}

/// What two questions together measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Whether a service raised the product's value, by two questions of `agree` (Gartner's Value
    /// Enhancement Score): the share whose mean over both is 6 or more.
    ValueEnhancement,
    /// How many customers stay, by a question of `yes_no` (solved?) and one of `effort`.
    ResolutionEffort,
}

impl Metric {
    /// The name used in files and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Metric::ValueEnhancement => "value_enhancement",
            Metric::ResolutionEffort => "resolution_effort",
        }
    }

    /// The scales of its two questions.
    pub fn scales(self) -> [Scale; 2] {
        match self {
            Metric::ValueEnhancement => [Scale::Agree, Scale::Agree],
            Metric::ResolutionEffort => [Scale::YesNo, Scale::Effort],
        }
    }
}

/// What is asked and how it looks: the part of a survey that a visitor's browser draws, and that
/// their answer is checked against. Its version is named by its content, so it never changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// The survey's id.
    pub survey: String,
    /// The site's locale, for texts that a visitor's own locale lacks.
    pub locale: String,
    /// The corner or the edge it stands at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// The questions, each with its id.
    pub questions: Vec<Question>,
    /// What both questions together measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<Metric>,
    /// The last words, after the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thanks: Option<Thanks>,
    /// How it stands in the page.
    #[serde(default, skip_serializing_if = "Placement::is_usual")]
    pub placement: Placement,
    /// The CSS selector of the element it stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// What its tab says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Text>,
    /// Colours and sizes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<Theme>,
}

impl Definition {
    /// The question with this id.
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.id() == id)
    }
}

fn one() -> f64 {
    1.0
}

fn is_one(number: &f64) -> bool {
    *number == 1.0
}

fn yes() -> bool {
    true
}

fn is_true(flag: &bool) -> bool {
    *flag
}

fn is_false(flag: &bool) -> bool {
    !*flag
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survey(questions: &str) -> Survey {
        serde_json::from_str(&format!(r#"{{"id":"s","questions":{questions}}}"#)).unwrap()
    }

    #[test]
    fn questions_without_an_id_take_their_scale_name() {
        let check = |questions: &str, expected: &[&str]| {
            let ids: Vec<_> =
                survey(questions).questions_with_ids().into_iter().map(|q| q.id.unwrap()).collect();
            assert_eq!(ids, expected, "{questions}");
        };
        check(r#"[{"scale":"nps","prompt":"a"}]"#, &["nps"]);
        check(r#"[{"scale":"nps","prompt":"a"},{"scale":"text","prompt":"b"}]"#, &["nps", "text"]);
        check(
            r#"[{"scale":"text","prompt":"a"},{"scale":"text","prompt":"b"}]"#,
            &["text", "text-2"],
        );
        check(
            r#"[{"id":"why","scale":"text","prompt":"a"},{"scale":"text","prompt":"b"}]"#,
            &["why", "text"],
        );
    }

    #[test]
    fn a_follow_up_is_chosen_by_group_or_by_any() {
        let json = r#"[{"scale":"nps","prompt":"a","follow_up":{"promoter":"P","any":"A"}}]"#;
        let question = &survey(json).questions[0];
        assert_eq!(question.follow_up(10), Some(&Text::Plain("P".into())));
        assert_eq!(question.follow_up(3), Some(&Text::Plain("A".into())));
    }
}
