//! All surveys of one or several sites.

use std::sync::Arc;

use ::survey::{Definition, Summary};
use maud::{Markup, html};

use super::{count, layout, percent, score, script_tag};
use crate::sites::LiveSite;

/// What is shown of one survey.
pub(crate) struct Card {
    /// What it asks.
    pub definition: Arc<Definition>,
    /// Whether it is asked now.
    pub active: bool,
    /// Its last 90 days.
    pub summary: Summary,
}

/// The page of these sites.
pub(crate) fn overview(sites: &[(Arc<LiveSite>, Vec<Card>)], public_url: &str) -> Markup {
    let title = match sites {
        [(site, _)] => site.site.site.as_str(),
        _ => "Surveys",
    };
    layout::page(
        title,
        &html! {
            h1.hidden { "Surveys" }
            @for (site, cards) in sites {
                (section(site, cards, public_url))
            }
            @if sites.is_empty() {
                div.card.stack {
                    h2 { "No site yet" }
                    p { "Describe a site in a JSON file and start the collector with it:" }
                    pre.copy { code { "nabz serve acme.json" } }
                }
            }
        },
    )
}

fn section(site: &LiveSite, cards: &[Card], public_url: &str) -> Markup {
    let key = &site.site.site;
    html! {
        section.site {
            div.heading {
                h2 { a href={ "/" (key) } { (key) } }
                span.hint { "last 90 days · " (site.site.time_zone) }
            }
            div.cards {
                @for card in cards { (self::card(key, card)) }
            }
            @if cards.is_empty() {
                p.hint { "This site has no surveys yet." }
            }
            details.snippet {
                summary { "Script tag" }
                p.hint { "Put this into the pages of " (key) "; once is enough." }
                (script_tag(public_url, key))
            }
        }
    }
}

fn card(site: &str, Card { definition, active, summary }: &Card) -> Markup {
    let first = definition.questions.first();
    let prompt =
        first.map_or("", |question| question.prompt.get(&definition.locale, &definition.locale));
    html! {
        a.card.survey href={ "/" (site) "/" (definition.survey) } {
            div.heading {
                h3 { (definition.survey) }
                @if !active { span.badge { "not asked now" } }
            }
            p.prompt dir="auto" { (prompt) }
            @for question in &summary.questions {
                @if let Some(score) = &question.score { (self::score(score)) }
            }
            dl.facts {
                div { dt { "answers" } dd { (count(summary.funnel.answered)) } }
                div { dt { "shown" } dd { (count(summary.funnel.shown)) } }
                div { dt { "response rate" } dd { (percent(summary.response_rate)) } }
            }
        }
    }
}
