//! Where numbers come from: one click away from each.

use ::survey::Summary;
use ::survey::explain::{Explained, Part};
use maud::{Markup, html};

use super::count;

/// How the numbers that are `meant` were computed, folded away.
pub(super) fn details(summary: &Summary, meant: impl Fn(&str) -> bool) -> Markup {
    let Some(explanation) = &summary.explain else { return html! {} };
    html! {
        details {
            summary { "How is this computed?" }
            div.explanation {
                @for number in explanation.numbers.iter().filter(|it| meant(&it.number)) {
                    (one(number))
                }
                p.hint { "Days " (explanation.days) ". Counted at " (explanation.as_of) "." }
            }
        }
    }
}

fn one(number: &Explained) -> Markup {
    html! {
        h4 { (number.number) }
        p { (number.formula) }
        p { code { (number.computed) } }
        p.hint { "Counted: " (parts(&number.counted)) "." }
        p.hint { "Left out: " (parts(&number.left_out)) "." }
        @if !number.interval.is_empty() { p.hint { "Interval: " (number.interval) "." } }
    }
}

fn parts(parts: &[Part]) -> String {
    let part = |part: &Part| format!("{} {}", count(part.count), part.what);
    parts.iter().map(part).collect::<Vec<_>>().join(", ")
}
