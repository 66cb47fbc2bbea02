//! Decides whether a posted response fits the definition it was asked with.

use crate::definition::{Definition, Question};
use crate::response::{Answer, Attribute, Response, Value, uuid_v7_ms};
use crate::scale::Scale;
use crate::text::has_words;

/// Most characters of a text answer or a comment.
pub const TEXT_CHARS_MAX: usize = 5_000;
/// Most attributes of a response.
pub const ATTRIBUTES_MAX: usize = 50;
/// Most characters of an attribute's key.
pub const ATTRIBUTE_KEY_CHARS_MAX: usize = 64;
/// Most characters of an attribute's value.
pub const ATTRIBUTE_VALUE_CHARS_MAX: usize = 256;
/// Most characters of a respondent's id.
pub const RESPONDENT_CHARS_MAX: usize = 128;
/// Most characters of a page's path.
pub const PAGE_CHARS_MAX: usize = 2_000;
/// Most characters of a locale.
pub const LOCALE_CHARS_MAX: usize = 35;

/// Why a response is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Whether the response is malformed, or well-formed with a value outside its bounds.
    pub kind: RefusalKind,
    /// The field at fault, such as `answers[0].value`.
    pub field: String,
    /// What is wrong, and what would be right.
    pub detail: String,
}

impl Refusal {
    /// The same refusal, where what was looked at is inside `outer`.
    fn inside(mut self, outer: &str) -> Refusal {
        self.field = format!("{outer}.{}", self.field);
        self
    }
}

/// The two ways in which a response can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// A wrong type or an unknown question.
    Malformed,
    /// A value out of its scale or its limit.
    OutOfBounds,
}

/// Whether a response fits the definition it was asked with.
///
/// # Errors
/// Names the first field that does not fit, and what would.
pub fn accept(definition: &Definition, response: &Response) -> Result<(), Refusal> {
    if uuid_v7_ms(&response.id).is_none() {
        return Err(malformed("id", format!("{:?} is not a UUID v7", cut(&response.id))));
    }
    within("respondent", response.respondent.as_deref(), RESPONDENT_CHARS_MAX)?;
    within("locale", response.locale.as_deref(), LOCALE_CHARS_MAX)?;
    within("page", response.page.as_deref(), PAGE_CHARS_MAX)?;
    accept_attributes(response)?;
    for (at, answer) in response.answers.iter().enumerate() {
        let is_repeated = response.answers[..at].iter().any(|it| it.question == answer.question);
        accept_answer(definition, answer, is_repeated)
            .map_err(|refusal| refusal.inside(&format!("answers[{at}]")))?;
    }
    Ok(())
}

fn accept_attributes(response: &Response) -> Result<(), Refusal> {
    if response.attributes.len() > ATTRIBUTES_MAX {
        let detail =
            format!("{} attributes; at most {ATTRIBUTES_MAX} are kept", response.attributes.len());
        return Err(out_of_bounds("attributes", detail));
    }
    for (key, value) in &response.attributes {
        let text = match value {
            Attribute::Text(text) => Some(text.as_str()),
            _ => None,
        };
        within("", Some(key), ATTRIBUTE_KEY_CHARS_MAX)
            .and_then(|()| within("", text, ATTRIBUTE_VALUE_CHARS_MAX))
            .map_err(|refusal| Refusal { field: cut(key), ..refusal }.inside("attributes"))?;
    }
    Ok(())
}

fn accept_answer(
    definition: &Definition,
    answer: &Answer,
    is_repeated: bool,
) -> Result<(), Refusal> {
    if is_repeated {
        let question = cut(&answer.question);
        let detail = format!("question {question:?} is answered twice; send its last answer only");
        return Err(malformed("question", detail));
    }
    let Some(question) = definition.question(&answer.question) else {
        let known: Vec<_> = definition.questions.iter().map(Question::id).collect();
        let detail = format!(
            "survey {:?} has no question {:?}; it asks {}",
            definition.survey,
            cut(&answer.question),
            known.join(", ")
        );
        return Err(malformed("question", detail));
    };
    accept_value(question, &answer.value)?;
    within("comment", answer.comment.as_deref(), TEXT_CHARS_MAX)
}

fn accept_value(question: &Question, value: &Value) -> Result<(), Refusal> {
    match value {
        Value::Number(number) if question.range().is_some() => {
            accept_number(question, *number as f64)
        }
        Value::OffScale(number) if question.range().is_some() => accept_number(question, *number),
        Value::Text(text) if question.scale == Scale::Text => {
            if !has_words(text) {
                let detail = "a text without words is no answer: leave it out".to_owned();
                return Err(out_of_bounds("value", detail));
            }
            within("value", Some(text), TEXT_CHARS_MAX)
        }
        Value::Text(option) if question.scale == Scale::Choice && !question.multiple => {
            accept_option(question, option, "value")
        }
        Value::List(options) if question.takes_list() => accept_list(question, options),
        _ => Err(malformed(
            "value",
            format!("the scale {} takes {}", question.scale, wanted(question)),
        )),
    }
}

fn accept_number(question: &Question, number: f64) -> Result<(), Refusal> {
    let mut values = question.range().into_iter().flatten();
    if values.any(|value| f64::from(value) == number) {
        return Ok(());
    }
    let detail =
        format!("{number} is not on the scale {}: use {}", question.scale, wanted(question));
    Err(out_of_bounds("value", detail))
}

fn accept_option(question: &Question, option: &str, field: &str) -> Result<(), Refusal> {
    if question.options.iter().any(|known| known.id == option) {
        return Ok(());
    }
    Err(out_of_bounds(field, format!("{:?} is no option: use {}", cut(option), wanted(question))))
}

fn accept_list(question: &Question, options: &[String]) -> Result<(), Refusal> {
    for (at, option) in options.iter().enumerate() {
        let field = format!("value[{at}]");
        accept_option(question, option, &field)?;
        if options[..at].contains(option) {
            return Err(malformed(field, format!("{option:?} is chosen twice")));
        }
    }
    Ok(())
}

/// What a question takes, for people.
fn wanted(question: &Question) -> String {
    let ids =
        || question.options.iter().map(|option| option.id.as_str()).collect::<Vec<_>>().join(", ");
    match question.range() {
        Some(range) => format!("a whole number from {} to {}", range.start(), range.end()),
        None if question.takes_list() => format!("a list of {}", ids()),
        None if question.scale == Scale::Choice => format!("one of {}", ids()),
        None => "a text".to_owned(),
    }
}

fn within(field: &str, text: Option<&str>, chars_max: usize) -> Result<(), Refusal> {
    // No database but SQLite keeps it, and nobody types it.
    if text.is_some_and(|text| text.contains('\0')) {
        return Err(out_of_bounds(field, "U+0000 is no character of a text".to_owned()));
    }
    let chars = text.map_or(0, |text| text.chars().count());
    if chars > chars_max {
        return Err(out_of_bounds(
            field,
            format!("{chars} characters; at most {chars_max} are kept"),
        ));
    }
    Ok(())
}

fn malformed(field: impl Into<String>, detail: String) -> Refusal {
    Refusal { kind: RefusalKind::Malformed, field: field.into(), detail }
}

fn out_of_bounds(field: impl Into<String>, detail: String) -> Refusal {
    Refusal { kind: RefusalKind::OutOfBounds, field: field.into(), detail }
}

/// So much of a stranger's text as an error message may repeat.
fn cut(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answers: &str, more: &str, expected: &str) {
        let definition = r#"{"survey":"s","locale":"en","position":"bottom-end","questions":[
            {"id":"nps","scale":"nps","prompt":"a"},{"id":"text","scale":"text","prompt":"b"},
            {"id":"one","scale":"choice","prompt":"c","options":[{"id":"a","label":"A"},{"id":"b","label":"B"}]},
            {"id":"many","scale":"problems","prompt":"c","options":[{"id":"a","label":"A"},{"id":"b","label":"B"}]}]}"#;
        let definition: Definition = serde_json::from_str(definition).unwrap();
        let response = format!(
            r#"{{"id":"017F22E2-79B0-7CC3-98C4-DC0C0C07398F","site":"a","survey":"s","state":"answered","answers":{answers}{more}}}"#
        );
        let response: Response = serde_json::from_str(&response).unwrap();
        let found = accept(&definition, &response)
            .map_or_else(|r| format!("{:?} {}", r.kind, r.field), |()| "ok".to_owned());
        assert_eq!(found, expected, "{answers}");
    }

    #[test]
    fn answers_fit_their_scale() {
        check("[]", "", "ok");
        check(r#"[{"question":"nps","value":0}]"#, "", "ok");
        check(
            r#"[{"question":"nps","value":10,"comment":"c"},{"question":"text","value":"t"}]"#,
            "",
            "ok",
        );
        check(r#"[{"question":"nps","value":11}]"#, "", "OutOfBounds answers[0].value");
        check(r#"[{"question":"nps","value":-1}]"#, "", "OutOfBounds answers[0].value");
        check(r#"[{"question":"nps","value":265}]"#, "", "OutOfBounds answers[0].value");
        check(r#"[{"question":"nps","value":9.0}]"#, "", "ok");
        check(r#"[{"question":"nps","value":9.5}]"#, "", "OutOfBounds answers[0].value");
        check(r#"[{"question":"nps","value":1e300}]"#, "", "OutOfBounds answers[0].value");
        check(
            r#"[{"question":"nps","value":-99999999999999999999}]"#,
            "",
            "OutOfBounds answers[0].value",
        );
        check(r#"[{"question":"text","value":9.5}]"#, "", "Malformed answers[0].value");
        check(r#"[{"question":"nps","value":"9"}]"#, "", "Malformed answers[0].value");
        check(r#"[{"question":"text","value":9}]"#, "", "Malformed answers[0].value");
        check(r#"[{"question":"ces","value":9}]"#, "", "Malformed answers[0].question");
        check(
            r#"[{"question":"nps","value":1},{"question":"nps","value":2}]"#,
            "",
            "Malformed answers[1].question",
        );
    }

    #[test]
    fn a_blank_text_is_no_answer() {
        let check = |text: &str, expected: &str| {
            check(&format!(r#"[{{"question":"text","value":"{text}"}}]"#), "", expected);
        };
        for blank in ["", " ", "\u{200c}", "\u{feff} \u{200b}\u{ad}\u{202e}", "\u{3164}\u{2800}"] {
            check(blank, "OutOfBounds answers[0].value");
        }
        check("\u{200c}می\u{200c}خواهم\u{200f}", "ok");
        check("\u{2764}\u{fe0f}", "ok");
    }

    #[test]
    fn options_are_those_that_were_offered() {
        check(r#"[{"question":"one","value":"a"}]"#, "", "ok");
        check(r#"[{"question":"one","value":"c"}]"#, "", "OutOfBounds answers[0].value");
        check(r#"[{"question":"one","value":["a"]}]"#, "", "Malformed answers[0].value");
        check(r#"[{"question":"many","value":[]}]"#, "", "ok");
        check(r#"[{"question":"many","value":["a","b"]}]"#, "", "ok");
        check(r#"[{"question":"many","value":["a","c"]}]"#, "", "OutOfBounds answers[0].value[1]");
        check(r#"[{"question":"many","value":["a","a"]}]"#, "", "Malformed answers[0].value[1]");
        check(r#"[{"question":"many","value":"a"}]"#, "", "Malformed answers[0].value");
    }

    #[test]
    fn everything_has_a_limit() {
        let long = "x".repeat(TEXT_CHARS_MAX + 1);
        check(
            &format!(r#"[{{"question":"text","value":"{long}"}}]"#),
            "",
            "OutOfBounds answers[0].value",
        );
        check(
            &format!(r#"[{{"question":"nps","value":1,"comment":"{long}"}}]"#),
            "",
            "OutOfBounds answers[0].comment",
        );
        check("[]", &format!(r#","respondent":"{long}""#), "OutOfBounds respondent");
        check("[]", &format!(r#","page":"{long}""#), "OutOfBounds page");
        check(
            "[]",
            &format!(r#","attributes":{{"plan":"{long}"}}"#),
            "OutOfBounds attributes.plan",
        );
        check("[]", r#","attributes":{"plan":"pro","seats":3,"ratio":0.5,"trial":true}"#, "ok");
        check("[]", r#","id2":1"#, "ok");
    }
}
