//! Defines [`Colour`], and how far two of them are apart (WCAG 2.2).

use std::fmt;

/// A colour of sRGB: red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub [u8; 3]);

impl Colour {
    /// Black.
    pub const BLACK: Colour = Colour([0; 3]);
    /// White.
    pub const WHITE: Colour = Colour([255; 3]);

    /// Reads `#rrggbb` or `#rgb`.
    pub fn parse(text: &str) -> Option<Colour> {
        let digits = text.strip_prefix('#')?;
        let digits: Vec<u8> =
            digits.chars().map(|c| Some(c.to_digit(16)? as u8)).collect::<Option<_>>()?;
        match digits[..] {
            [r, g, b] => Some(Colour([r * 17, g * 17, b * 17])),
            [r, s, g, h, b, c] => Some(Colour([r * 16 + s, g * 16 + h, b * 16 + c])),
            _ => None,
        }
    }

    /// This much of it, the rest of another one: `color-mix(in srgb, …)`.
    pub fn mixed(self, share: f64, other: Colour) -> Colour {
        let mix = |at: usize| {
            (f64::from(self.0[at]) * share + f64::from(other.0[at]) * (1.0 - share)).round() as u8
        };
        Colour([mix(0), mix(1), mix(2)])
    }

    /// Relative luminance, 0 (black) – 1 (white) (WCAG 2.2, relative luminance).
    pub fn luminance(self) -> f64 {
        let linear = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    /// The contrast ratio of two colours, 1–21 (WCAG 2.2, contrast ratio).
    pub fn contrast(self, other: Colour) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Black on what is light, white on what is dark: which of them is further away.
    pub fn flipped(self) -> Colour {
        if self.luminance() > 0.179 { Colour::BLACK } else { Colour::WHITE }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_and_written() {
        let check = |text: &str, expected: Option<&str>| {
            let found = Colour::parse(text).map(|it| it.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        };
        check("#4453d6", Some("#4453d6"));
        check("#FA0", Some("#ffaa00"));
        check("4453d6", None);
        check("#4453d", None);
        check("#4453dg", None);
        check("red", None);
    }

    #[test]
    fn contrasts_are_those_of_wcag() {
        let check = |one: &str, other: &str, expected: &str| {
            let [one, other] = [one, other].map(|it| Colour::parse(it).unwrap());
            assert_eq!(format!("{:.2}", one.contrast(other)), expected, "{one} {other}");
        };
        check("#000000", "#ffffff", "21.00");
        check("#777777", "#ffffff", "4.48");
        check("#767676", "#ffffff", "4.54");
        check("#ffffff", "#ffffff", "1.00");
    }

    #[test]
    fn letters_can_be_read_on_any_colour() {
        for number in 0..4096_u32 {
            let colour = Colour([8, 4, 0].map(|by| (number >> by & 15) as u8 * 17));
            assert!(colour.flipped().contrast(colour) >= 4.5, "{colour}");
        }
    }
}
