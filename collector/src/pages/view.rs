//! Which view of a survey is open, and what opens another: links and a form, no script.

use std::collections::HashMap;

use ::survey::scope::{Every, Range};
use ::survey::{Day, Summary};
use maud::{Markup, html};

/// Ranges one click away: days, name, and the periods in which their trend is read best.
const RANGES: [(i32, &str, Every); 3] =
    [(30, "30 days", Every::Day), (90, "90 days", Every::Day), (365, "1 year", Every::Week)];

/// What of a survey's numbers is open.
#[derive(Debug, Clone)]
pub(crate) struct View {
    range: Range,
    every: Every,
    by: Option<String>,
    compare: Option<String>,
    also: Option<String>,
}

/// What a view can be changed to.
pub(crate) struct Choices<'a> {
    /// The site's breakdown keys.
    pub breakdowns: &'a [String],
    /// Other surveys that ask the same question.
    pub alike: &'a [String],
}

impl View {
    /// The view that the parameters of an address have led to.
    pub(crate) fn new(summary: &Summary, parameters: &HashMap<String, String>) -> View {
        let given = |name: &str| parameters.get(name).filter(|value| !value.is_empty()).cloned();
        View {
            range: Range { from: summary.from, to: summary.to },
            every: summary.interval,
            by: given("by"),
            compare: given("compare"),
            also: given("also"),
        }
    }

    /// The breakdown key that is open.
    pub(crate) fn by(&self) -> Option<&str> {
        self.by.as_deref()
    }

    /// Links to other views, and a form for what no link foresees.
    pub(crate) fn navigation(&self, summary: &Summary, choices: &Choices) -> Markup {
        html! {
            nav.periods aria-label="Range" {
                (self.ranges())
                (self.intervals())
                @if !choices.breakdowns.is_empty() { (self.keys(choices.breakdowns)) }
                span.hint { (summary.from) " to " (summary.to) " · " (summary.time_zone) }
            }
            (self.form(choices))
        }
    }

    fn ranges(&self) -> Markup {
        let last = |days: i32| Range { from: self.range.to.plus(1 - days), to: self.range.to };
        html! {
            span.group {
                @for (days, name, every) in RANGES {
                    @let view = View { range: last(days), every, ..self.clone() };
                    (link(&view, self.range.days() == days, name))
                }
            }
        }
    }

    fn intervals(&self) -> Markup {
        html! {
            span.group {
                @for every in [Every::Day, Every::Week, Every::Month] {
                    @let view = View { every, ..self.clone() };
                    (link(&view, self.every == every, &format!("by {every}")))
                }
            }
        }
    }

    fn keys(&self, keys: &[String]) -> Markup {
        html! {
            span.group {
                (link(&View { by: None, ..self.clone() }, self.by.is_none(), "everybody"))
                @for key in keys {
                    @let view = View { by: Some(key.clone()), ..self.clone() };
                    (link(&view, self.by.as_ref() == Some(key), &format!("by {key}")))
                }
            }
        }
    }

    fn form(&self, choices: &Choices) -> Markup {
        let day = |name: &str, label: &str, value: Day| {
            html! { label { (label) input type="date" name=(name) value=(value) required; } }
        };
        html! {
            details.other open[self.compare.is_some() || self.also.is_some()] {
                summary { "Other days, or another comparison" }
                form method="get" {
                    (day("from", "from", self.range.from))
                    (day("to", "to", self.range.to))
                    label {
                        "compared with"
                        input name="compare" value=[&self.compare] placeholder="the days before"
                            title="previous, or days such as 2026-01-01..2026-03-31"
                            pattern="previous|\\d{4}-\\d\\d-\\d\\d\\.\\.\\d{4}-\\d\\d-\\d\\d";
                    }
                    @if !choices.alike.is_empty() { (self.alike(choices.alike)) }
                    input type="hidden" name="interval" value=(self.every);
                    @if let Some(by) = &self.by { input type="hidden" name="by" value=(by); }
                    button.small type="submit" { "Show" }
                }
            }
        }
    }

    fn alike(&self, surveys: &[String]) -> Markup {
        html! {
            label {
                "together with"
                select name="also" {
                    option value="" { "no other survey" }
                    @for survey in surveys {
                        option value=(survey) selected[self.also.as_ref() == Some(survey)] { (survey) }
                    }
                }
            }
        }
    }

    /// The part of the page's address from the question mark on.
    fn address(&self) -> String {
        let [from, to, every] =
            [self.range.from.to_string(), self.range.to.to_string(), self.every.to_string()];
        let mut parameters = vec![("from", from), ("to", to), ("interval", every)];
        let optional = [("by", &self.by), ("compare", &self.compare), ("also", &self.also)];
        parameters.extend(optional.into_iter().filter_map(|(name, it)| Some((name, it.clone()?))));
        format!("?{}", serde_urlencoded::to_string(parameters).unwrap_or_default())
    }
}

fn link(view: &View, is_current: bool, name: &str) -> Markup {
    html! { a href=(view.address()) aria-current=[is_current.then_some("true")] { (name) } }
}
