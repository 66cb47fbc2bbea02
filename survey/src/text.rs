//! Defines [`Text`]: a text in one language or in several; and [`has_words`]: whether a text shows
//! anything.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text an owner wrote: one string for every visitor, or one for each locale.
///
/// In JSON it is `"…"` or `{"en": "…", "fa": "…"}`. The order of locales is kept, because the
/// first one is the last resort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// The same for every locale.
    Plain(String),
    /// One for each locale (BCP 47 tags such as `en`, `fa`, `pt-BR`), in the order given.
    ByLocale(Vec<(String, String)>),
}

impl Text {
    /// The text for a visitor: their locale, then its language, then the site's locale, then its
    /// language, then the first given. Empty only when the owner gave no text at all.
    pub fn get(&self, locale: &str, site_locale: &str) -> &str {
        match self {
            Text::Plain(text) => text,
            Text::ByLocale(texts) => [locale, language(locale), site_locale, language(site_locale)]
                .iter()
                .find_map(|wanted| find(texts, wanted))
                .or(texts.first())
                .map_or("", |(_, text)| text),
        }
    }

    /// Every text, whatever its locale.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        let (plain, texts) = match self {
            Text::Plain(text) => (Some(text.as_str()), &[][..]),
            Text::ByLocale(texts) => (None, texts.as_slice()),
        };
        plain.into_iter().chain(texts.iter().map(|(_, text)| text.as_str()))
    }
}

/// The language of a locale: `pt` of `pt-BR`.
pub fn language(locale: &str) -> &str {
    locale.split(['-', '_']).next().unwrap_or_default()
}

/// Whether a text shows anything at all. White space and control characters do not, nor do joiners,
/// marks of direction, soft hyphens and the like, which mean something only between others, nor does
/// braille without dots.
pub fn has_words(text: &str) -> bool {
    let is_blank = |char: char| char.is_whitespace() || char.is_control() || char == '\u{2800}';
    text.chars().any(|char| !is_blank(char) && !is_ignorable(char))
}

/// Unicode's `Default_Ignorable_Code_Point`, as listed in `DerivedCoreProperties.txt`.
fn is_ignorable(char: char) -> bool {
    matches!(
        char,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

fn find<'a>(texts: &'a [(String, String)], locale: &str) -> Option<&'a (String, String)> {
    texts.iter().find(|(given, _)| given.eq_ignore_ascii_case(locale))
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Text::Plain(text) => serializer.serialize_str(text),
            Text::ByLocale(texts) => {
                let mut map = serializer.serialize_map(Some(texts.len()))?;
                for (locale, text) in texts {
                    map.serialize_entry(locale, text)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or texts by locale")
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text::Plain(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text, A::Error> {
        let mut texts = Vec::new();
        while let Some(entry) = map.next_entry()? {
            texts.push(entry);
        }
        Ok(Text::ByLocale(texts))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Text {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "anyOf": [
                { "type": "string", "minLength": 1, "maxLength": 500 },
                {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": { "type": "string", "minLength": 1, "maxLength": 500 }
                }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, locale: &str, site_locale: &str, expected: &str) {
        let text: Text = serde_json::from_str(json).unwrap();
        assert_eq!(text.get(locale, site_locale), expected, "{json} for {locale}");
        assert_eq!(serde_json::to_string(&text).unwrap(), json);
    }

    #[test]
    fn a_missing_locale_falls_back() {
        check(r#""Hi""#, "fa", "en", "Hi");
        let texts = r#"{"de":"Hallo","en":"Hi","pt-BR":"Oi","fa":"سلام"}"#;
        check(texts, "fa", "en", "سلام");
        check(texts, "fa-IR", "en", "سلام");
        check(texts, "PT-br", "en", "Oi");
        check(texts, "ja", "en-GB", "Hi");
        check(texts, "ja", "ko", "Hallo");
        check("{}", "ja", "ko", "");
    }
}
