//! The scores of a survey for each value of an attribute.

use ::survey::Summary;
use ::survey::score::Score;
use ::survey::summary::{Breakdown, QuestionSummary};
use maud::{Markup, html};

use super::{count, number, percent, title};

/// One row for each value, most answers first.
pub(super) fn section(key: &str, summary: &Summary) -> Markup {
    let scored = |question: &&QuestionSummary| question.score.is_some();
    let questions: Vec<&QuestionSummary> = summary.questions.iter().filter(scored).collect();
    html! {
        section.card.stack {
            h2 { "By " (key) }
            @if summary.by.is_empty() {
                p.hint { "Nobody was asked in these days." }
            } @else {
                div.scroll tabindex="0" {
                    table.numbers {
                        thead { tr {
                            th { (key) } th { "answered" } th { "response rate" }
                            @for question in &questions {
                                th { (question.score.as_ref().map_or("", |score| title(score.kind))) }
                            }
                        } }
                        @for bucket in &summary.by { (row(bucket, &questions)) }
                    }
                }
            }
        }
    }
}

fn row(bucket: &Breakdown, questions: &[&QuestionSummary]) -> Markup {
    let score = |id: &str| bucket.questions.iter().find(|it| it.id == id)?.score.as_ref();
    html! {
        tr {
            th scope="row" dir="auto" {
                @if bucket.value.is_empty() { span.hint { "not given" } } @else { (bucket.value) }
            }
            td.number { (count(bucket.funnel.answered)) }
            td.number { (percent(bucket.funnel.response_rate())) }
            @for question in questions { td.number { (cell(score(&question.id))) } }
        }
    }
}

fn cell(score: Option<&Score>) -> Markup {
    let Some((score, value)) = score.and_then(|score| Some((score, score.value?))) else {
        return html! { "–" };
    };
    html! {
        (number(score.kind, value))
        @if score.thin { " " span.badge title="Fewer than 30 answers" { "thin" } }
        @if let Some((low, high)) = score.low.zip(score.high) {
            div.hint { (number(score.kind, low)) " to " (number(score.kind, high)) }
        }
    }
}
