//! The dashboard: pages rendered on the server, which work without JavaScript.

mod breakdown;
mod chart;
mod explanation;
mod layout;
mod left_out;
mod look;
mod metric;
mod overview;
mod question;
mod survey;
mod view;

pub(crate) use layout::{problem, sign_in};
pub(crate) use overview::{Card, overview};
pub(crate) use survey::{SurveyPage, survey};
pub(crate) use view::View;

use ::survey::score::{Kind, Score, rounded};
use maud::{Markup, html};

/// Decimals a score is shown with.
fn digits(kind: Kind) -> usize {
    match kind {
        Kind::Effort => 2,
        _ => 1,
    }
}

/// What people call a score.
fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Nps => "NPS",
        Kind::Csat => "CSAT",
        Kind::Effort => "Effort",
        Kind::Ease => "CES 2.0",
        Kind::Agree => "Agreement",
        Kind::Tgw => "Things gone wrong per 100",
        Kind::Yes => "Yes",
    }
}

/// The unit behind a score.
fn unit(kind: Kind) -> &'static str {
    match kind {
        Kind::Csat | Kind::Ease | Kind::Agree | Kind::Yes => "%",
        Kind::Nps | Kind::Effort | Kind::Tgw => "",
    }
}

/// A score, or an end of its interval, with its unit.
fn number(kind: Kind, value: f64) -> String {
    format!("{}{}", minus(&rounded(value, digits(kind))), unit(kind))
}

/// A score in large letters with its interval below. The exact value stands in the markup.
fn score(score: &Score) -> Markup {
    let number = |value: f64| number(score.kind, value);
    html! {
        div.score {
            div.name { (title(score.kind)) }
            @match score.value {
                Some(value) => data.value value=(value) { (number(value)) },
                None => span.value.none { "–" },
            }
            div.interval {
                @match (score.value, score.low.zip(score.high)) {
                    (None, _) => "no answers yet",
                    (_, Some((low, high))) => {
                        span title="With 95 % confidence the true score lies in here" {
                            "95 %: " (number(low)) " to " (number(high))
                        }
                    },
                    _ => "too few answers for an interval",
                }
            }
            @if score.thin && score.value.is_some() {
                span.badge title="Fewer than 30 answers" { "thin" }
            }
        }
    }
}

/// A rate 0–1 in percent.
fn percent(rate: Option<f64>) -> String {
    rate.map_or_else(|| "–".to_owned(), |rate| format!("{}%", rounded(100.0 * rate, 1)))
}

/// A count with thousands apart.
fn count(number: i64) -> String {
    let digits = number.abs().to_string();
    let apart: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .filter_map(|chunk| std::str::from_utf8(chunk).ok())
        .collect();
    format!("{}{}", if number < 0 { "−" } else { "" }, apart.join("\u{202f}"))
}

/// A number with the minus of typographers, which is as wide as a plus.
fn minus(number: &str) -> String {
    number.replace('-', "−")
}

/// The script tag of a site, to copy.
fn script_tag(public_url: &str, site: &str) -> Markup {
    let tag = format!("<script async src=\"{public_url}/{site}/nabz.js\"></script>");
    html! { pre.copy tabindex="0" { code { (tag) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(count(12), "12");
        assert_eq!(percent(Some(0.283_33)), "28.3%");
        assert_eq!(percent(None), "–");
        assert_eq!(minus("-3.5"), "−3.5");
    }
}
