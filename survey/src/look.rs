//! Defines how a survey stands in the page, [`Placement`] and [`Position`], and what it says in the
//! end, [`Thanks`].

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::text::Text;

/// How a survey stands in the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// A card in a corner, over the page.
    #[default]
    Popover,
    /// A strip along the top or the bottom, over the page.
    Bar,
    /// A dialog in the middle: nothing else can be used until it is closed. It waits while the
    /// visitor is typing.
    Modal,
    /// A part of the page, in the element named by `target`. It takes no room before it shows; a
    /// page that leaves it some does not move.
    Inline,
    /// A tab at an edge of the page, which opens the card. It counts as shown when opened.
    Tab,
}

impl Placement {
    /// Whether it is the usual one.
    pub fn is_usual(&self) -> bool {
        *self == Placement::Popover
    }

    /// The name used in files and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Placement::Popover => "popover",
            Placement::Bar => "bar",
            Placement::Modal => "modal",
            Placement::Inline => "inline",
            Placement::Tab => "tab",
        }
    }

    /// Where it can stand; the first is where it stands when nothing is said.
    pub fn positions(self) -> &'static [Position] {
        use Position::{Bottom, BottomEnd, BottomStart, End, Start, Top, TopEnd, TopStart};
        match self {
            Placement::Popover => &[BottomEnd, BottomStart, TopEnd, TopStart],
            Placement::Bar => &[Bottom, Top],
            Placement::Tab => &[End, Start],
            Placement::Modal | Placement::Inline => &[],
        }
    }
}

/// The corner or the edge. Start and end follow the direction of the survey's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    /// At the bottom, where lines end.
    BottomEnd,
    /// At the bottom, where lines start.
    BottomStart,
    /// At the top, where lines end.
    TopEnd,
    /// At the top, where lines start.
    TopStart,
    /// Along the bottom.
    Bottom,
    /// Along the top.
    Top,
    /// At the edge where lines end.
    End,
    /// At the edge where lines start.
    Start,
}

impl Position {
    /// The name used in files and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Position::BottomEnd => "bottom-end",
            Position::BottomStart => "bottom-start",
            Position::TopEnd => "top-end",
            Position::TopStart => "top-start",
            Position::Bottom => "bottom",
            Position::Top => "top",
            Position::End => "end",
            Position::Start => "start",
        }
    }
}

/// The last words: the same for everybody, or by the group of the answer to the first question
/// (or by `any`), each perhaps with a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Thanks {
    /// The same for everybody.
    Text(Text),
    /// By group.
    ByGroup(BTreeMap<String, Farewell>),
}

/// The last words for one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Farewell {
    /// What is said.
    pub text: Text,
    /// Where to go from here: a page for reviews, or a way to get in touch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What it says.
    pub label: Text,
    /// Where it leads: an address that starts with `https://`, or a path on the page's own site.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 500)))]
    pub url: String,
}

impl Link {
    /// Whether the address is one that a visitor can be sent to.
    pub fn is_safe(&self) -> bool {
        let is_plain = !self.url.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\');
        let is_path = self.url.starts_with('/') && !self.url.starts_with("//");
        is_plain && (is_path || self.url.strip_prefix("https://").is_some_and(|it| !it.is_empty()))
    }
}

impl<'de> Deserialize<'de> for Thanks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ThanksVisitor)
    }
}

struct ThanksVisitor;

/// A text of one locale, or the last words for one group.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Text(String),
    Farewell(Farewell),
}

impl<'de> Visitor<'de> for ThanksVisitor {
    type Value = Thanks;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, texts by locale, or a text and a link by group")
    }

    fn visit_str<E>(self, text: &str) -> Result<Thanks, E> {
        Ok(Thanks::Text(Text::Plain(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Thanks, A::Error> {
        let (mut texts, mut groups) = (Vec::new(), BTreeMap::new());
        while let Some((key, entry)) = map.next_entry()? {
            match entry {
                Entry::Text(text) => texts.push((key, text)),
                Entry::Farewell(farewell) => drop(groups.insert(key, farewell)),
            }
        }
        if groups.is_empty() {
            return Ok(Thanks::Text(Text::ByLocale(texts)));
        }
        // Where there is one group, the other keys are meant as such.
        let plain = |text| Farewell { text: Text::Plain(text), link: None };
        groups.extend(texts.into_iter().map(|(key, text)| (key, plain(text))));
        Ok(Thanks::ByGroup(groups))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Thanks {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Thanks".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let farewell = generator.subschema_for::<Farewell>();
        schemars::json_schema!({
            "anyOf": [
                { "type": "string", "minLength": 1, "maxLength": 500 },
                {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": {
                        "anyOf": [{ "type": "string", "minLength": 1, "maxLength": 500 }, farewell]
                    }
                }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thanks_are_a_text_or_by_group() {
        let check = |json: &str, is_by_group: bool| {
            let thanks: Thanks = serde_json::from_str(json).unwrap();
            assert_eq!(matches!(thanks, Thanks::ByGroup(_)), is_by_group, "{json}");
            assert_eq!(serde_json::to_string(&thanks).unwrap(), json);
        };
        check(r#""Thanks!""#, false);
        check(r#"{"en":"Thanks!","fa":"ممنون!"}"#, false);
        check(r#"{"promoter":{"text":{"en":"Thanks!"}}}"#, true);
        check(r#"{"no":{"text":"Sorry","link":{"label":"Write to us","url":"/contact"}}}"#, true);
        let mixed: Thanks = serde_json::from_str(r#"{"yes":"a","no":{"text":"b"}}"#).unwrap();
        let json = r#"{"no":{"text":"b"},"yes":{"text":"a"}}"#;
        assert_eq!(serde_json::to_string(&mixed).unwrap(), json);
    }

    #[test]
    fn a_link_leads_to_the_site_or_by_https() {
        let check = |url: &str, expected: bool| {
            let link = Link { label: Text::Plain("Go".into()), url: url.to_owned() };
            assert_eq!(link.is_safe(), expected, "{url}");
        };
        check("https://example.com/review", true);
        check("/contact?from=survey", true);
        check("http://example.com", false);
        check("//example.com", false);
        check("/\\example.com", false);
        check("javascript:alert(1)", false);
        check("https://", false);
        check("contact", false);
    }

    #[test]
    fn names_are_those_of_the_json() {
        use Placement::{Bar, Inline, Modal, Popover, Tab};
        for placement in [Popover, Bar, Modal, Inline, Tab] {
            assert_eq!(serde_json::to_value(placement).unwrap(), placement.name());
            for position in placement.positions() {
                assert_eq!(serde_json::to_value(position).unwrap(), position.name());
            }
        }
    }
}
