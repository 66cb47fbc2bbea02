//! How values stand in the cells of a table, so that each can be told from every other and no
//! spreadsheet runs one as a formula.
//!
//! A leading apostrophe says "what follows is text, to the letter", as it does when typed into a
//! spreadsheet. It is put before what a spreadsheet would run, before an attribute's text that
//! would be read as a number or a flag, before an empty text (an empty cell is no text at all), and
//! before an apostrophe; so reading takes away exactly one, and nothing is lost.

use std::borrow::Cow;

use survey::response::{Attribute, Value};
use survey::{Question, Scale};

const MARK: char = '\'';
/// What a spreadsheet takes for the beginning of a formula.
const RUN: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
/// What stands between the options of a list. It alone is a list that names nothing: an empty cell
/// would be no answer.
pub(super) const BETWEEN: &str = ";";

/// A text as a cell.
pub(super) fn of_text(text: &str) -> Cow<'_, str> {
    let dangerous = text.starts_with(RUN) && !is_plain_number(text);
    if dangerous || text.is_empty() || text.starts_with(MARK) {
        format!("{MARK}{text}").into()
    } else {
        text.into()
    }
}

/// The text of a cell; `None` when the cell is empty.
pub(super) fn to_text(cell: &str) -> Option<String> {
    (!cell.is_empty()).then(|| cell.strip_prefix(MARK).unwrap_or(cell).to_owned())
}

/// An attribute's value as a cell.
pub(super) fn of_attribute(value: &Attribute) -> Cow<'_, str> {
    match value {
        Attribute::Text(text) if !matches!(bare(text), Attribute::Text(_)) => {
            format!("{MARK}{text}").into()
        }
        Attribute::Text(text) => of_text(text),
        // 3.0 is another value than 3: Debug keeps the point.
        Attribute::Number(number) => format!("{number:?}").into(),
        Attribute::Whole(_) | Attribute::Flag(_) => value.to_string().into(),
    }
}

/// The attribute's value in a cell; `None` when the cell is empty.
pub(super) fn to_attribute(cell: &str) -> Option<Attribute> {
    let text = cell.strip_prefix(MARK).map(|text| Attribute::Text(text.to_owned()));
    (!cell.is_empty()).then(|| text.unwrap_or_else(|| bare(cell)))
}

/// The value of a cell without a mark. Only what is written as we would write it is a number: a
/// postal code such as 01067 stays a text.
fn bare(cell: &str) -> Attribute {
    let written = |value: &Attribute| of_attribute(value) == cell;
    let whole = || cell.parse().ok().map(Attribute::Whole).filter(written);
    let number = || {
        let number = cell.parse().ok().filter(|number: &f64| number.is_finite());
        number.map(Attribute::Number).filter(written)
    };
    let flag = || cell.parse().ok().map(Attribute::Flag);
    whole().or_else(number).or_else(flag).unwrap_or_else(|| Attribute::Text(cell.to_owned()))
}

/// A value as a cell.
pub(super) fn of_value(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Number(number) => number.to_string().into(),
        Value::OffScale(number) => number.to_string().into(),
        Value::Text(text) => of_text(text),
        Value::List(options) if options.is_empty() => BETWEEN.into(),
        Value::List(options) => options.join(BETWEEN).into(),
    }
}

/// The options of a list in a cell.
pub(super) fn options(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(BETWEEN).map(str::trim).filter(|option| !option.is_empty())
}

/// The value that a cell gives to a question.
///
/// # Errors
/// Says what the question takes instead.
pub(super) fn to_value(question: &Question, cell: &str) -> Result<Value, String> {
    if let Some(range) = question.range() {
        let number = cell.trim().parse().map(Value::Number);
        return number.map_err(|_| {
            let (low, high) = range.into_inner();
            format!("{cell:?} is not a whole number from {low} to {high}")
        });
    }
    if question.takes_list() {
        return Ok(Value::List(options(cell).map(str::to_owned).collect()));
    }
    match question.scale {
        Scale::Choice => Ok(Value::Text(cell.trim().to_owned())),
        _ => Ok(Value::Text(to_text(cell).unwrap_or_default())),
    }
}

/// Digits, with a sign and one point at most: a number to a spreadsheet, never a formula.
fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, fraction]
        .iter()
        .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_defused() {
        let check = |text: &str, cell: &str| assert_eq!(of_text(text), cell, "{text:?}");
        check("fast", "fast");
        check("=1+1", "'=1+1");
        check("@SUM(A1)", "'@SUM(A1)");
        check("+49 30 123", "'+49 30 123");
        check("-1+1", "'-1+1");
        check("\t=1", "'\t=1");
        check("\r=1", "'\r=1");
        check("-5", "-5");
        check("+2.50", "+2.50");
        check("-", "'-");
        check("'tis", "''tis");
        check("", "'");
        check("a=b", "a=b");
    }

    #[test]
    fn an_attribute_keeps_its_type() {
        let check = |cell: &str, value: Attribute| {
            assert_eq!(to_attribute(cell), Some(value.clone()), "{cell}");
            assert_eq!(of_attribute(&value), cell, "{value:?}");
        };
        check("pro", Attribute::Text("pro".into()));
        check("3", Attribute::Whole(3));
        check("-3", Attribute::Whole(-3));
        check("3.0", Attribute::Number(3.0));
        check("1e300", Attribute::Number(1e300));
        check("true", Attribute::Flag(true));
        check("'3", Attribute::Text("3".into()));
        check("'true", Attribute::Text("true".into()));
        check("01067", Attribute::Text("01067".into()));
        check("NaN", Attribute::Text("NaN".into()));
        check("'", Attribute::Text(String::new()));
        assert_eq!(to_attribute(""), None);
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in "['=+@\t\r\n;,\"0-9a-]{0,4}\\PC{0,6}") {
            let cell = of_text(&text);
            prop_assert_eq!(to_text(&cell), Some(text.clone()));
            prop_assert!(!cell.starts_with(RUN) || is_plain_number(&cell), "{}", cell);
            let value = Attribute::Text(text);
            prop_assert_eq!(to_attribute(&of_attribute(&value)), Some(value.clone()));
        }

        #[test]
        fn every_number_comes_back(whole in any::<i64>(), number in -1e300..1e300, short in -99..99i8) {
            for value in [
                Attribute::Whole(whole),
                Attribute::Whole(short.into()),
                Attribute::Number(number),
                Attribute::Number(short.into()),
            ] {
                prop_assert_eq!(to_attribute(&of_attribute(&value)), Some(value.clone()));
            }
        }
    }
}
