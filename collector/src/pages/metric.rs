//! What both questions of a survey measure together.

use ::survey::Summary;
use ::survey::definition::Metric;
use ::survey::metric::{MetricSummary, STAY};
use ::survey::score::rounded;
use maud::{Markup, html};

use super::{count, explanation};

/// The joint score with the share of each outcome.
pub(super) fn section(metric: &MetricSummary, summary: &Summary) -> Markup {
    let (title, meaning) = titles(metric.kind);
    html! {
        section.card.stack {
            h2 { (title) }
            p.hint { (meaning) " · " (count(metric.answered)) " answered both questions" }
            div.columns {
                div.score {
                    @match metric.value {
                        Some(value) => data.value value=(value) { (rounded(value, 1)) "%" },
                        None => span.value.none { "–" },
                    }
                    div.interval {
                        @if let Some((low, high)) = metric.low.zip(metric.high) {
                            "95 %: " (rounded(low, 1)) "% to " (rounded(high, 1)) "%"
                        }
                    }
                    @if metric.thin && metric.value.is_some() { span.badge { "thin" } }
                }
                (outcomes(metric))
                @if let (Metric::ValueEnhancement, Some(mean)) = (metric.kind, metric.mean) {
                    p.hint { "mean over both questions " (rounded(mean, 2)) }
                }
            }
            (explanation::details(summary, |number| number == "metric"))
        }
    }
}

fn titles(metric: Metric) -> (&'static str, String) {
    match metric {
        Metric::ValueEnhancement => {
            let meaning = "the share whose mean over both questions is 6 or more";
            ("Value enhancement", meaning.to_owned())
        }
        Metric::ResolutionEffort => {
            let [unsolved, hard, easy] = STAY.map(|rate| rounded(rate, 0));
            let meaning = format!(
                "the expected share of customers who stay: {unsolved} % where nothing was solved, \
                 {hard} % where it took high effort, {easy} % where it did not"
            );
            ("Resolution and effort", meaning)
        }
    }
}

fn outcomes(metric: &MetricSummary) -> Markup {
    html! {
        table.groups {
            caption.hidden { "The share of each outcome, with its 95 % interval" }
            @for (outcome, share) in &metric.shares {
                tr {
                    th scope="row" { (outcome.replace('_', " ")) }
                    td.number { (rounded(share.value, 1)) "%" }
                    td.hint { (rounded(share.low, 0)) "–" (rounded(share.high, 0)) "%" }
                }
            }
        }
    }
}
