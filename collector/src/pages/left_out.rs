//! Responses that are left out of every number: why, and the way back.

use ::survey::response::{Response, Value};
use maud::{Markup, html};

use super::SurveyPage;
use super::survey::given;
use crate::clock;
use crate::store::Record;

/// The latest of them; nothing when there are none.
pub(super) fn section(page: &SurveyPage) -> Markup {
    html! {
        @if !page.left_out.is_empty() {
            section.card.stack {
                h2 { "Left out of the numbers" }
                p.hint { "Tests, what somebody left out, and what looked like the work of a program." }
                ul.comments {
                    @for stored in page.left_out { (entry(page, stored)) }
                }
            }
        }
    }
}

fn entry(page: &SurveyPage, stored: &Record) -> Markup {
    let at = clock::rfc3339(stored.submitted_at_ms);
    html! {
        li {
            @for answer in &stored.response.answers {
                (given(page.definition.question(&answer.question), &answer.value))
                @if let Value::Text(text) = &answer.value { bdi { (text) } }
            }
            div.hint {
                time datetime=(at) { (stored.day()) }
                " · " (reason(stored))
                @if let Some(by) = &stored.handling.excluded_by { " · left out by " (by) }
                (form(stored))
            }
        }
    }
}

fn reason(stored: &Record) -> &str {
    match &stored.handling.excluded_why {
        Some(why) => why,
        None if stored.response.test => "a test",
        None => "no reason given",
    }
}

/// The form that leaves a response out of the numbers, or brings it back.
pub(super) fn form(stored: &Record) -> Markup {
    let Response { site, survey, id, .. } = &stored.response;
    html! {
        details.exclusion {
            summary { @if stored.excluded { "count again" } @else { "leave out" } }
            form method="post" action={ "/" (site) "/" (survey) "/" (id) } {
                input type="hidden" name="excluded" value=(!stored.excluded);
                @if stored.excluded {
                    button.small type="submit" { "Count it again" }
                } @else {
                    @for why in ["a test", "spam", "staff"] {
                        button.small type="submit" name="why" value=(why) { (why) }
                    }
                }
            }
        }
    }
}
