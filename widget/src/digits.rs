//! Numbers in the digits of a language.

use survey::text::language;

/// The zero of a locale's digits.
pub fn zero(locale: &str) -> char {
    match language(locale) {
        "fa" => '۰',
        "ar" => '٠',
        _ => '0',
    }
}

/// A whole number in the ten digits that start with `zero`.
pub fn written(number: usize, zero: char) -> String {
    let mut text = if number < 10 { String::new() } else { written(number / 10, zero) };
    text.extend(char::from_u32(zero as u32 + (number % 10) as u32));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_local_digits() {
        assert_eq!(written(0, zero("en")), "0");
        assert_eq!(written(5000, zero("de")), "5000");
        assert_eq!(written(10, zero("fa-IR")), "۱۰");
        assert_eq!(written(4906, zero("ar")), "٤٩٠٦");
    }
}
