//! One survey: scores, distribution, trend, comments.

use ::survey::text::has_words;
use ::survey::{Definition, Question, Scale, Summary, Value};
use maud::{Markup, html};

use super::view::{Choices, View};
use super::{
    breakdown, count, explanation, layout, left_out, look, metric, percent, question, script_tag,
};
use crate::clock;
use crate::sites::LiveSite;
use crate::store::Record;

/// What the page shows.
pub(crate) struct SurveyPage<'a> {
    /// The site.
    pub site: &'a LiveSite,
    /// What the survey asks.
    pub definition: &'a Definition,
    /// Every question it ever asked.
    pub ever_asked: &'a [Question],
    /// Whether it is asked now.
    pub active: bool,
    /// Its numbers, compared with other days.
    pub summary: &'a Summary,
    /// Which view of them is open.
    pub view: View,
    /// Other surveys of the site that ask the same question.
    pub alike: &'a [String],
    /// The latest responses in which something was written.
    pub comments: &'a [Record],
    /// The latest responses that are left out of every number.
    pub left_out: &'a [Record],
    /// The collector's address.
    pub public_url: &'a str,
}

/// The page.
pub(crate) fn survey(page: &SurveyPage) -> Markup {
    let SurveyPage { site, definition, summary, .. } = page;
    let key = &site.site.site;
    let choices = Choices { breakdowns: &site.site.breakdowns, alike: page.alike };
    layout::page(
        &format!("{} · {key}", definition.survey),
        &html! {
            nav.crumbs aria-label="Breadcrumb" {
                a href="/" { "Surveys" } " / " a href={ "/" (key) } { (key) } " / " span { (definition.survey) }
            }
            div.heading {
                h1 { (definition.survey) }
                @if !page.active { span.badge { "not asked now" } }
            }
            (page.view.navigation(summary, &choices))
            (funnel(summary))
            (explanation::details(summary, |number| number.ends_with("_rate")))
            @if let Some(metric) = &summary.metric { (metric::section(metric, summary)) }
            @for numbers in &summary.questions {
                @let asked = page.ever_asked.iter().find(|question| question.id() == numbers.id);
                @if let Some(asked) = asked { (question::section(asked, numbers, page)) }
            }
            @if let Some(key) = page.view.by() { (breakdown::section(key, summary)) }
            (comments(page))
            (left_out::section(page))
            (look::section(definition))
            section.card.stack {
                h2 { "Script tag" }
                p.hint { "Put this into the pages of " (key) "; one tag serves all its surveys." }
                (script_tag(page.public_url, key))
            }
        },
    )
}

fn funnel(summary: &Summary) -> Markup {
    let funnel = summary.funnel;
    let facts = [
        ("shown", count(funnel.shown), "at least half visible"),
        ("answered", count(funnel.answered), "at least one answer"),
        ("response rate", percent(summary.response_rate), "answered of shown"),
        ("completed", count(funnel.completed), "gone through to the end"),
        ("dismissed", count(funnel.dismissed), "closed without any answer"),
    ];
    html! {
        dl.card.facts.wide {
            @for (name, value, meaning) in facts {
                div { dt title=(meaning) { (name) } dd { (value) } }
            }
        }
    }
}

fn comments(page: &SurveyPage) -> Markup {
    html! {
        section.card.stack {
            h2 { "Latest comments" }
            @if page.comments.is_empty() {
                p.hint { "Nobody has written anything yet." }
            }
            ul.comments {
                @for response in page.comments { (comment(page.definition, response)) }
            }
        }
    }
}

fn comment(definition: &Definition, stored: &Record) -> Markup {
    let at = clock::rfc3339(stored.submitted_at_ms);
    html! {
        @for answer in &stored.response.answers {
            @let question = definition.question(&answer.question);
            @let is_text = question.is_some_and(|question| question.scale == Scale::Text);
            @let words = match &answer.value { Value::Text(text) if is_text => Some(text), _ => answer.comment.as_ref() };
            @if let Some(words) = words.filter(|words| has_words(words)) {
                li {
                    (given(question, &answer.value))
                    blockquote dir="auto" { (words) }
                    div.hint {
                        time datetime=(at) { (stored.day()) }
                        @if let Some(page) = &stored.response.page { " · " bdi { (page) } }
                        @if stored.excluded {
                            " · " span.badge { "not counted" }
                            @if let Some(why) = &stored.handling.excluded_why { " " (why) }
                        }
                        (left_out::form(stored))
                    }
                }
            }
        }
    }
}

/// The value that a comment belongs to, in the colour of its group.
pub(super) fn given(question: Option<&Question>, value: &Value) -> Markup {
    let Value::Number(number) = value else { return html! {} };
    let value = u8::try_from(*number).ok();
    let place = value.and_then(|value| question.map(|question| question::place(question, value)));
    html! { span class={ "given " (place.unwrap_or_default()) } { (number) } }
}
