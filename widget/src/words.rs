//! Defines [`Words`], the card's own words. What an owner wrote comes first; these fill the gaps.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The card's own words in one language. English is the default; the files of `widget/locales` have
/// this form, and [`locales`] holds them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Words {
    /// Closes the survey.
    pub close: String,
    /// Turns back to the first question.
    pub back: String,
    /// Goes on without a text.
    pub skip: String,
    /// Goes on with the answer that is given already.
    pub next: String,
    /// Sends a text or a list.
    pub send: String,
    /// Stands in an empty text field.
    pub optional: String,
    /// Says that a list is still empty.
    pub choose: String,
    /// The last words.
    pub thanks: String,
    /// That nothing went wrong.
    pub nothing: String,
    /// The cells of `yes_no`.
    pub yes: String,
    /// The cells of `yes_no`.
    pub no: String,
    /// The cells of `thumbs`.
    pub up: String,
    /// The cells of `thumbs`.
    pub down: String,
    /// How many characters are left, by the plural form; `{}` is the number's place.
    pub left: BTreeMap<String, String>,
    /// So many stars, likewise.
    pub star: BTreeMap<String, String>,
    /// The ends of `nps`.
    pub likely: [String; 2],
    /// The ends of `effort`.
    pub effort: [String; 2],
    /// The ends of `ease` and `agree`.
    pub agree: [String; 2],
    /// Five faces, unhappy first.
    pub faces: [String; 5],
}

impl Default for Words {
    fn default() -> Words {
        let text = str::to_owned;
        let forms = |one: &str, other: &str| {
            BTreeMap::from([(text("one"), text(one)), (text("other"), text(other))])
        };
        Words {
            close: text("Close"),
            back: text("Back"),
            skip: text("Skip"),
            next: text("Next"),
            send: text("Send"),
            optional: text("Optional"),
            choose: text("Please choose something first."),
            thanks: text("Thank you for your feedback!"),
            nothing: text("Nothing went wrong"),
            yes: text("Yes"),
            no: text("No"),
            up: text("Thumbs up"),
            down: text("Thumbs down"),
            left: forms("{} character left", "{} characters left"),
            star: forms("{} star", "{} stars"),
            likely: ["Not at all likely", "Extremely likely"].map(text),
            effort: ["Very low effort", "Very high effort"].map(text),
            agree: ["Strongly disagree", "Strongly agree"].map(text),
            faces: ["Very unhappy", "Unhappy", "Neutral", "Happy", "Very happy"].map(text),
        }
    }
}

/// The card's own words in other languages, as JSON: `serde_json` makes [`Words`] of them. What an
/// app does not name is no part of it.
pub mod locales {
    macro_rules! locales {
        ($($name:ident $file:literal $language:literal),+ $(,)?) => {
            $(
                #[doc = $language]
                pub const $name: &str = include_str!(concat!("../locales/", $file));
            )+
            /// All of them.
            #[cfg(test)]
            pub(super) const ALL: &[&str] = &[$($name),+];
        };
    }
    locales! {
        AR "ar.json" "Arabic.", DE "de.json" "German.", ES "es.json" "Spanish.",
        FA "fa.json" "Persian.", FR "fr.json" "French.", HE "he.json" "Hebrew.",
        HI "hi.json" "Hindi.", IT "it.json" "Italian.", JA "ja.json" "Japanese.",
        NL "nl.json" "Dutch.", PT "pt.json" "Portuguese.", RU "ru.json" "Russian.",
        TR "tr.json" "Turkish.", UK "uk.json" "Ukrainian.", UR "ur.json" "Urdu.",
        ZH "zh.json" "Chinese.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_every_word() {
        for text in locales::ALL {
            let words: Words = serde_json::from_str(text).unwrap();
            let english = Words::default();
            assert!(words.thanks != english.thanks && words.star != english.star, "{text}");
        }
    }

    #[test]
    fn english_is_the_same_in_the_page() {
        let page = include_str!("../host/words.js");
        let Words { close, choose, thanks, nothing, faces, likely, star, left, .. } =
            Words::default();
        let texts = [close, choose, thanks, nothing].into_iter().chain(faces).chain(likely);
        for text in texts.chain(star.into_values()).chain(left.into_values()) {
            assert!(page.contains(&format!("\"{text}\"")), "{text}");
        }
    }
}
