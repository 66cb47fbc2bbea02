//! One question of a survey: score, distribution, groups and trend.

use ::survey::score::{Change, Kind, Score, rounded};
use ::survey::summary::QuestionSummary;
use ::survey::{Definition, Group, Question, Scale, Summary};
use maud::{Markup, PreEscaped, html};

use super::survey::SurveyPage;
use super::{chart, count, digits, explanation, minus, score, unit};

/// Everything about one question.
pub(super) fn section(question: &Question, numbers: &QuestionSummary, page: &SurveyPage) -> Markup {
    let SurveyPage { definition, summary, .. } = page;
    let id = question.id();
    let change =
        summary.compare.as_ref().and_then(|compare| compare.questions.iter().find(|c| c.id == id));
    html! {
        section.card.stack.question id=(id) {
            h2.prompt dir="auto" { (question.prompt.get(&definition.locale, &definition.locale)) }
            p.hint {
                (scale_name(question)) " · " (count(numbers.answered)) @if numbers.answered == 1 { " answer" } @else { " answers" }
                @if numbers.retired { " · " span.badge { "not asked any more" } }
            }
            div.columns {
                @if let Some(score) = &numbers.score {
                    div {
                        (self::score(score))
                        @if let Some(change) = change { (self::change(score.kind, &change.change, &since(summary))) }
                        (beside(score, numbers))
                    }
                }
                (distribution(question, numbers))
                @if question.scale.has_options() {
                    (options(question, definition, numbers))
                } @else {
                    (groups(numbers))
                }
            }
            (explanation::details(summary, |number| number.split('.').nth(1) == Some(id)))
            @if let Some(score) = &numbers.score {
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
    let groups: Vec<Group> = scale.groups().collect();
    match groups.iter().position(|known| *known == group) {
        Some(0) => "best",
        Some(at) if at + 1 == groups.len() => "worst",
        _ => "middle",
    }
}

fn scale_name(question: &Question) -> String {
    match question.scale {
        Scale::Nps => "likelihood to recommend, 0 to 10".to_owned(),
        Scale::Faces => format!("satisfaction, {} faces", question.points()),
        Scale::Stars => "satisfaction, 1 to 5 stars".to_owned(),
        Scale::Rating => "satisfaction, 1 to 10".to_owned(),
        Scale::Thumbs => "satisfaction, thumb down 0 or up 1".to_owned(),
        Scale::Effort => "effort, 1 (very low) to 7 (very high): lower is better".to_owned(),
        Scale::Ease => "agreement that it was easy, 1 to 7".to_owned(),
        Scale::Agree => "agreement, 1 to 7".to_owned(),
        Scale::Problems => "what went wrong: how many of the problems were named".to_owned(),
        Scale::YesNo => "no 0 or yes 1".to_owned(),
        Scale::Choice if question.multiple => "any number of options".to_owned(),
        Scale::Choice => "one option".to_owned(),
        Scale::Text => "free text".to_owned(),
    }
}

/// The other numbers of a scale.
fn beside(score: &Score, numbers: &QuestionSummary) -> Markup {
    html! {
        @match (score.kind, numbers.mean, score.value) {
            (Kind::Effort, ..) | (_, None, _) => {},
            (Kind::Tgw, _, Some(value)) => p.hint {
                (count((10.0 * value).round() as i64)) " per 1,000 · "
                (count((1e4 * value).round() as i64)) " per million"
            },
            (_, Some(mean), _) => p.hint { "mean " (rounded(mean, 2)) },
        }
    }
}

/// What a change is a change from.
fn since(summary: &Summary) -> String {
    match &summary.compare {
        Some(before) if before.to.plus(1) != summary.from => {
            format!("{} to {}", before.from, before.to)
        }
        _ => "the days before".to_owned(),
    }
}

fn change(kind: Kind, change: &Change, since: &str) -> Markup {
    let Some(value) = change.change else {
        return html! { p.hint { "nothing to compare with in " (since) } };
    };
    let signed = |value: f64| {
        let number = minus(&rounded(value, digits(kind)));
        if value > 0.0 { format!("+{number}") } else { number }
    };
    let unit = if unit(kind).is_empty() { "" } else { " points" };
    let better = (value > 0.0) != kind.lower_is_better();
    let class = match (change.significant, better) {
        (false, _) => "",
        (true, true) => "best",
        (true, false) => "worst",
    };
    html! {
        p.change {
            strong class=(class) { (signed(value)) (unit) } " from " (since)
            span.hint {
                @if let Some((low, high)) = change.low.zip(change.high) {
                    @if change.significant { " a real change" } @else { " could be chance" }
                    " (95 %: " (signed(low)) " to " (signed(high)) ")"
                } @else {
                    " too few different answers to say whether it is chance"
                }
            }
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
                    td.bar { (bar(*n as f64 / most as f64, value.parse().map_or("", |value| place(question, value)))) }
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
                @let share = numbers.shares.get(group.name());
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

/// The share of each option with its interval.
fn options(question: &Question, definition: &Definition, numbers: &QuestionSummary) -> Markup {
    let asked = definition.question(question.id());
    let offered = |id: &str| asked.is_some_and(|it| it.options.iter().any(|known| known.id == id));
    html! {
        table.groups {
            caption.hidden { "The share of those who chose each option, with its 95 % interval" }
            @for option in &question.options {
                @let share = numbers.shares.get(&option.id);
                @if share.is_some() || offered(&option.id) {
                    tr {
                        th scope="row" dir="auto" { (option.label.get(&definition.locale, &definition.locale)) }
                        @if let Some(share) = share {
                            td.number { (rounded(share.value, 1)) "%" }
                            td.hint { (rounded(share.low, 0)) "–" (rounded(share.high, 0)) "%" }
                        }
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
