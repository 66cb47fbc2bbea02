//! One question of a survey: score, distribution, groups and trend.

use ::survey::score::{Change, Kind, rounded};
use ::survey::summary::QuestionSummary;
use ::survey::{Definition, Group, Question, Scale, Summary};
use maud::{Markup, PreEscaped, html};

use super::{chart, count, digits, minus, score, unit};

/// Everything about one question.
pub(super) fn section(question: &Question, definition: &Definition, summary: &Summary) -> Markup {
    let id = question.id();
    let Some(numbers) = summary.questions.iter().find(|numbers| numbers.id == id) else {
        return html! {};
    };
    let change =
        summary.compare.as_ref().and_then(|compare| compare.questions.iter().find(|c| c.id == id));
    html! {
        section.card.stack.question id=(id) {
            h2.prompt dir="auto" { (question.prompt.get(&definition.locale, &definition.locale)) }
            p.hint { (scale_name(question)) " · " (count(numbers.answered)) " answers" }
            @if let Some(score) = &numbers.score {
                div.columns {
                    div {
                        (self::score(score))
                        @if let Some(change) = change { (self::change(score.kind, &change.change)) }
                        @if score.kind != Kind::Effort { (mean(numbers)) }
                    }
                    (distribution(question, numbers))
                    (groups(numbers))
                }
                h3 { "Trend by " (summary.interval) }
                (trend(id, score.kind, summary))
            }
        }
    }
}

/// The place of a value among the groups of its scale, as a class name: `best`, `middle`, `worst`.
pub(super) fn place(question: &Question, value: u8) -> &'static str {
    question.group(value).map_or("", |group| place_of(question.scale, group))
}

fn place_of(scale: Scale, group: Group) -> &'static str {
    let at = scale.groups().iter().position(|known| *known == group);
    ["best", "middle", "worst"].get(at.unwrap_or(1)).copied().unwrap_or_default()
}

fn scale_name(question: &Question) -> String {
    match question.scale {
        Scale::Nps => "likelihood to recommend, 0 to 10".to_owned(),
        Scale::Faces => format!("satisfaction, {} faces", question.points()),
        Scale::Effort => "effort, 1 (very low) to 7 (very high): lower is better".to_owned(),
        Scale::Text => "free text".to_owned(),
    }
}

fn change(kind: Kind, change: &Change) -> Markup {
    let Some(value) = change.change else {
        return html! { p.hint { "nothing to compare with before" } };
    };
    let signed = |value: f64| {
        let number = minus(&rounded(value, digits(kind)));
        if value > 0.0 { format!("+{number}") } else { number }
    };
    let unit = if unit(kind).is_empty() { "" } else { " points" };
    let better = (value > 0.0) != (kind == Kind::Effort);
    let class = match (change.significant, better) {
        (false, _) => "",
        (true, true) => "best",
        (true, false) => "worst",
    };
    html! {
        p.change {
            strong class=(class) { (signed(value)) (unit) } " from the days before"
            span.hint {
                @if change.significant { " a real change" } @else { " could be chance" }
                @if let Some((low, high)) = change.low.zip(change.high) {
                    " (95 %: " (signed(low)) " to " (signed(high)) ")"
                }
            }
        }
    }
}

fn mean(numbers: &QuestionSummary) -> Markup {
    html! {
        @if let Some(mean) = numbers.mean {
            p.hint { "mean " (rounded(mean, 2)) }
        }
    }
}

/// A bar for each value of the scale.
fn distribution(question: &Question, numbers: &QuestionSummary) -> Markup {
    let most = numbers.counts.iter().map(|(_, n)| *n).max().unwrap_or(0).max(1);
    html! {
        table.distribution {
            caption.hidden { "How often each value was given" }
            @for (value, n) in &numbers.counts {
                tr {
                    th scope="row" { (value) }
                    td.bar { (bar(*n as f64 / most as f64, place(question, *value))) }
                    td.number { (count(*n)) }
                }
            }
        }
    }
}

/// The share of each group with its interval.
fn groups(numbers: &QuestionSummary) -> Markup {
    html! {
        table.groups {
            caption.hidden { "The share of each group, with its 95 % interval" }
            @for (group, n) in &numbers.groups {
                @let share = numbers.shares.get(group);
                tr {
                    th scope="row" class=(place_of(numbers.scale, *group)) { (group) }
                    td.number { (count(*n)) }
                    td.number {
                        @if let Some(share) = share { (rounded(share.value, 1)) "%" } @else { "–" }
                    }
                    td.hint {
                        @if let Some(share) = share { (rounded(share.low, 0)) "–" (rounded(share.high, 0)) "%" }
                    }
                }
            }
        }
    }
}

/// A bar whose length is a share 0–1. A drawing, because a strict policy forbids style attributes.
fn bar(share: f64, class: &str) -> Markup {
    html! {
        svg class={ "length " (class) } aria-hidden="true" {
            rect width={ (rounded(100.0 * share, 2)) "%" } height="100%" rx="3" {}
        }
    }
}

fn trend(id: &str, kind: Kind, summary: &Summary) -> Markup {
    let points: Vec<chart::Point> = summary
        .trend
        .iter()
        .filter_map(|period| {
            let question = period.questions.iter().find(|question| question.id == id)?;
            Some(chart::Point {
                start: period.start,
                answered: question.answered,
                score: question.score.as_ref(),
            })
        })
        .collect();
    html! {
        (PreEscaped(chart::trend(kind, &points)))
        details {
            summary { "Numbers" }
            div.scroll {
                table.numbers {
                    thead { tr { th { (summary.interval) } th { "answers" } th { "score" } th { "95 %" } } }
                    @for point in points.iter().rev().filter(|point| point.answered > 0) { (row(kind, point)) }
                }
            }
        }
    }
}

fn row(kind: Kind, point: &chart::Point) -> Markup {
    let number =
        |value: Option<f64>| value.map_or("–".to_owned(), |v| minus(&rounded(v, digits(kind))));
    let (value, low, high) =
        point.score.map_or((None, None, None), |score| (score.value, score.low, score.high));
    html! {
        tr {
            th scope="row" { (point.start) }
            td.number { (count(point.answered)) }
            td.number { (number(value)) (unit(kind)) }
            td.number.hint { @if low.is_some() { (number(low)) " to " (number(high)) } }
        }
    }
}
