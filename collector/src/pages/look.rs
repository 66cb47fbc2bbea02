//! How a survey stands in the page, and whether its colours can be told apart.

use ::survey::Definition;
use ::survey::score::rounded;
use ::survey::theme::Contrast;
use maud::{Markup, html};

/// The placement, and each pair of colours that is too near with what to change.
pub(super) fn section(definition: &Definition) -> Markup {
    let theme = definition.theme.clone().unwrap_or_default();
    let contrasts = theme.contrasts();
    let near: Vec<&Contrast> = contrasts.iter().filter(|contrast| !contrast.is_enough()).collect();
    html! {
        section.card.stack {
            h2 { "Look" }
            p.hint {
                (definition.placement.name())
                @if let Some(position) = definition.position { " at " (position.name()) }
                @if let Some(target) = &definition.target { " in " code { (target) } }
                @if near.is_empty() { " · its colours can be told apart as WCAG 2.2 AA wants it" }
            }
            @if !near.is_empty() {
                ul { @for contrast in near { li { (advice(contrast)) } } }
            }
        }
    }
}

fn advice(contrast: &Contrast) -> Markup {
    let Contrast { is_dark, pair, ratio, wanted, token, better } = contrast;
    let dark = if *is_dark { "dark." } else { "" };
    html! {
        (pair) @if *is_dark { " in the dark" } " has a contrast of "
        (rounded((ratio * 100.0).floor() / 100.0, 2)) ", and WCAG 2.2 AA wants " (wanted) ": "
        @match better {
            Some(better) => { "use " code { (better) } " for " code { (dark) (token) } },
            None => { "choose a lighter or darker " code { (dark) "background" } },
        }
        "."
    }
}
