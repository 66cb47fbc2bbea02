//! Defines [`Theme`], the colours and sizes of a card, and whether its colours can be told apart.
//!
//! What the style sheet (`widget/host/style.css`) makes of the tokens is computed here in the same
//! way, so that a contrast is known before anybody sees it.

use serde::{Deserialize, Serialize};

use crate::colour::Colour;

/// The look of a card. What is left out has a default.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Theme {
    /// Light or dark; automatic without it, as the visitor's system is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<Scheme>,
    /// The colour of what is chosen and of the main button, such as `#4453d6`. In the dark it is
    /// lightened, unless `dark` has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accent: Option<String>,
    /// The colour of the card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background: Option<String>,
    /// The colour of what is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The colours in the dark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dark: Option<Dark>,
    /// How round the corners of the card are, in CSS pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 32)))]
    pub radius_px: Option<f64>,
    /// The fonts, as CSS lists them; the page has to load its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 200)))]
    pub font: Option<String>,
    /// How wide the spaces are, as a factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 0.5, max = 2)))]
    pub spacing: Option<f64>,
    /// Where the card stands above and below other things of the page; without it above all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 2_147_483_647)))]
    pub z: Option<i32>,
}

/// The colours in the dark. What is left out has a default.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Dark {
    /// As the theme's own, in the dark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accent: Option<String>,
    /// As the theme's own, in the dark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background: Option<String>,
    /// As the theme's own, in the dark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Light on dark, or dark on light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// As the visitor's system is.
    Auto,
    /// Always dark letters on a light ground.
    Light,
    /// Always light letters on a dark ground.
    Dark,
}

/// Two colours that lie on each other, and how far they are apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Contrast {
    /// The scheme in which they meet, light or dark.
    pub is_dark: bool,
    /// What lies on what.
    pub pair: &'static str,
    /// The ratio of their luminances, 1–21 (WCAG 2.2, contrast ratio).
    pub ratio: f64,
    /// The ratio that WCAG 2.2 AA asks for: 4.5 for text (1.4.3), 3 for the rest (1.4.11).
    pub wanted: f64,
    /// The token to change: `accent`, `background` or `text`.
    pub token: &'static str,
    /// The nearest colour for it that is far enough; `None` where it is far enough already, or
    /// where no colour would be.
    pub better: Option<String>,
}

impl Contrast {
    /// Whether the two can be told apart.
    pub fn is_enough(&self) -> bool {
        self.ratio >= self.wanted
    }
}

impl Theme {
    /// The tokens of a site with those of one of its surveys over them.
    pub fn over(&self, site: &Theme) -> Theme {
        let dark = match (&self.dark, &site.dark) {
            (Some(own), Some(site)) => Some(Dark {
                accent: own.accent.clone().or_else(|| site.accent.clone()),
                background: own.background.clone().or_else(|| site.background.clone()),
                text: own.text.clone().or_else(|| site.text.clone()),
            }),
            (own, site) => own.clone().or_else(|| site.clone()),
        };
        Theme {
            scheme: self.scheme.or(site.scheme),
            accent: self.accent.clone().or_else(|| site.accent.clone()),
            background: self.background.clone().or_else(|| site.background.clone()),
            text: self.text.clone().or_else(|| site.text.clone()),
            dark,
            radius_px: self.radius_px.or(site.radius_px),
            font: self.font.clone().or_else(|| site.font.clone()),
            spacing: self.spacing.or(site.spacing),
            z: self.z.or(site.z),
        }
    }

    /// Every colour an owner gave, with the path of its token.
    pub fn colours(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let dark = self.dark.as_ref();
        [
            ("accent", self.accent.as_deref()),
            ("background", self.background.as_deref()),
            ("text", self.text.as_deref()),
            ("dark.accent", dark.and_then(|dark| dark.accent.as_deref())),
            ("dark.background", dark.and_then(|dark| dark.background.as_deref())),
            ("dark.text", dark.and_then(|dark| dark.text.as_deref())),
        ]
        .into_iter()
        .filter_map(|(token, colour)| Some((token, colour?)))
    }

    /// Every pair of colours that lie on each other, in each scheme that visitors can get.
    pub fn contrasts(&self) -> Vec<Contrast> {
        let schemes: &[bool] = match self.scheme {
            Some(Scheme::Light) => &[false],
            Some(Scheme::Dark) => &[true],
            Some(Scheme::Auto) | None => &[false, true],
        };
        schemes.iter().flat_map(|&is_dark| self.palette(is_dark).contrasts(is_dark)).collect()
    }

    /// The three colours of a scheme, with the style sheet's defaults.
    fn palette(&self, is_dark: bool) -> Palette {
        let given = |token: &str| {
            self.colours().find(|(given, _)| *given == token).and_then(|(_, it)| Colour::parse(it))
        };
        let accent = given("accent").unwrap_or(Colour([0x44, 0x53, 0xd6]));
        if !is_dark {
            return Palette {
                accent,
                background: given("background").unwrap_or(Colour::WHITE),
                text: given("text").unwrap_or(Colour([0x1b, 0x1e, 0x26])),
            };
        }
        Palette {
            accent: given("dark.accent").unwrap_or_else(|| accent.mixed(0.55, Colour::WHITE)),
            background: given("dark.background").unwrap_or(Colour([0x1c, 0x1f, 0x26])),
            text: given("dark.text").unwrap_or(Colour([0xec, 0xee, 0xf3])),
        }
    }
}

#[derive(Clone, Copy)]
struct Palette {
    accent: Colour,
    background: Colour,
    text: Colour,
}

/// The pairs of a palette: what lies on what, the token to change, and the ratio wanted.
const PAIRS: [(&str, &str, f64); 6] = [
    ("text on the background", "text", 4.5),
    ("quiet text on the background", "text", 4.5),
    ("text on a button under the pointer", "text", 4.5),
    ("the border of a field on the background", "text", 3.0),
    ("the accent on the background", "accent", 3.0),
    ("text on the accent", "accent", 4.5),
];

impl Palette {
    fn contrasts(self, is_dark: bool) -> Vec<Contrast> {
        let ratios = self.ratios();
        let contrast =
            |((pair, token, wanted), ratio): ((&'static str, &'static str, f64), f64)| {
                let better = if ratio < wanted { self.better(token) } else { None };
                Contrast { is_dark, pair, ratio, wanted, token, better }
            };
        PAIRS.into_iter().zip(ratios).map(contrast).collect()
    }

    /// The ratios of [`PAIRS`].
    fn ratios(self) -> [f64; 6] {
        let Palette { accent, background, text } = self;
        let mixed = |share| text.mixed(share, background);
        [
            text.contrast(background),
            mixed(0.72).contrast(background),
            text.contrast(mixed(0.06)),
            mixed(0.55).contrast(background),
            accent.contrast(background),
            accent.flipped().contrast(accent),
        ]
    }

    /// The nearest colour for a token with which all its pairs can be told apart: the present one,
    /// mixed with as little black or white as need be.
    fn better(self, token: &str) -> Option<String> {
        let old = if token == "text" { self.text } else { self.accent };
        let steps = (1..=20).map(|step| 1.0 - f64::from(step) / 20.0);
        let candidates = steps
            .flat_map(|share| [Colour::BLACK, Colour::WHITE].map(|pole| old.mixed(share, pole)));
        let with = |colour| match token {
            "text" => Palette { text: colour, ..self },
            _ => Palette { accent: colour, ..self },
        };
        let is_good = |colour: &Colour| {
            let ratios = with(*colour).ratios();
            PAIRS
                .iter()
                .zip(ratios)
                .all(|((_, of, wanted), ratio)| *of != token || ratio >= *wanted)
        };
        candidates.into_iter().find(is_good).map(|colour| colour.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is too near, as scheme, pair and remedy.
    fn check(theme: &str, expected: &[&str]) {
        let theme: Theme = serde_json::from_str(theme).unwrap();
        let contrasts = theme.contrasts();
        let near = contrasts.iter().filter(|it| !it.is_enough()).map(|it| {
            let scheme = if it.is_dark { "dark" } else { "light" };
            let better = it.better.as_deref().unwrap_or("nothing");
            format!("{scheme}: {} {:.2}, {} {better}", it.pair, it.ratio, it.token)
        });
        assert_eq!(near.collect::<Vec<_>>(), expected, "{theme:?}");
    }

    #[test]
    fn the_defaults_can_be_told_apart() {
        check("{}", &[]);
        check(r##"{ "accent": "#b3261e" }"##, &[]);
    }

    #[test]
    fn what_is_too_near_is_named_with_a_remedy() {
        check(
            r##"{ "accent": "#ffd400", "scheme": "light" }"##,
            &["light: the accent on the background 1.43, accent #a68a00"],
        );
        check(
            r##"{ "scheme": "light", "background": "#808080", "text": "#777777" }"##,
            &[
                "light: text on the background 1.13, text nothing",
                "light: quiet text on the background 1.09, text nothing",
                "light: text on a button under the pointer 1.12, text nothing",
                "light: the border of a field on the background 1.07, text nothing",
                "light: the accent on the background 1.54, accent #252e76",
            ],
        );
    }

    #[test]
    fn a_survey_has_the_last_word() {
        let theme = |json: &str| serde_json::from_str::<Theme>(json).unwrap();
        let site = theme(r##"{ "accent": "#111111", "z": 5, "dark": { "text": "#ffffff" } }"##);
        let survey = theme(r##"{ "accent": "#222222", "dark": { "accent": "#333333" } }"##);
        let expected = theme(
            r##"{ "accent": "#222222", "z": 5, "dark": { "accent": "#333333", "text": "#ffffff" } }"##,
        );
        assert_eq!(survey.over(&site), expected);
    }
}
