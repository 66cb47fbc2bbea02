//! The card's own words. What an owner wrote comes first; these fill the gaps.

use survey::Scale;
use survey::text::language;

use crate::faces;

/// The card's own words in one language.
#[derive(Debug, PartialEq, Eq)]
pub struct Words {
    /// Closes the card.
    pub close: &'static str,
    /// Sends a text.
    pub send: &'static str,
    /// Goes on without a text.
    pub skip: &'static str,
    /// Stands in an empty text field.
    pub optional: &'static str,
    /// The last words.
    pub thanks: &'static str,
    /// The ends of the scale of likelihood.
    likely: [&'static str; 2],
    /// The ends of the scale of effort.
    effort: [&'static str; 2],
    /// The ends of the scales of agreement.
    agree: [&'static str; 2],
    /// The five faces, unhappy first.
    faces: [&'static str; 5],
}

static ENGLISH: Words = Words {
    close: "Close",
    send: "Send",
    skip: "Skip",
    optional: "Optional",
    thanks: "Thank you for your feedback!",
    likely: ["Not at all likely", "Extremely likely"],
    effort: ["Very low effort", "Very high effort"],
    agree: ["Disagree", "Agree"],
    faces: ["Very unhappy", "Unhappy", "Neutral", "Happy", "Very happy"],
};

static PERSIAN: Words = Words {
    close: "بستن",
    send: "ارسال",
    skip: "رد کردن",
    optional: "اختیاری",
    thanks: "از نظر شما سپاسگزاریم!",
    likely: ["اصلاً محتمل نیست", "کاملاً محتمل است"],
    effort: ["زحمت بسیار کم", "زحمت بسیار زیاد"],
    agree: ["مخالفم", "موافقم"],
    faces: ["خیلی ناراضی", "ناراضی", "معمولی", "راضی", "خیلی راضی"],
};

static ARABIC: Words = Words {
    close: "إغلاق",
    send: "إرسال",
    skip: "تخطّي",
    optional: "اختياري",
    thanks: "شكرًا لك على رأيك!",
    likely: ["غير محتمل إطلاقًا", "محتمل جدًا"],
    effort: ["جهد قليل جدًا", "جهد كبير جدًا"],
    agree: ["لا أوافق", "أوافق"],
    faces: ["غير راضٍ إطلاقًا", "غير راضٍ", "محايد", "راضٍ", "راضٍ جدًا"],
};

impl Words {
    /// The words for a locale; English where there are none.
    pub fn of(locale: &str) -> &'static Words {
        match language(locale) {
            "fa" => &PERSIAN,
            "ar" => &ARABIC,
            _ => &ENGLISH,
        }
    }

    /// The labels of the two ends of a scale.
    pub fn ends(&self, scale: Scale, points: u8) -> [&'static str; 2] {
        match scale {
            Scale::Nps => self.likely,
            Scale::Effort => self.effort,
            Scale::Ease | Scale::Agree => self.agree,
            _ => [1, points].map(|value| self.face(faces::place(value, points))),
        }
    }

    /// The name of the face at a place among the five.
    pub fn face(&self, place: usize) -> &'static str {
        self.faces.get(place).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_speaks_its_language() {
        assert_eq!(Words::of("fa-IR"), &PERSIAN);
        assert_eq!(Words::of("ar_EG"), &ARABIC);
        assert_eq!(Words::of("de"), &ENGLISH);
        assert_eq!(Words::of(""), &ENGLISH);
    }
}
