//! What stands around every page, and the pages without data.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::assets;
use crate::http::SIGN_IN_PATH;

/// The mark: a pulse.
const MARK: &str = r#"<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="9"/><path d="M5 17h5l3-8 5 15 4-10 2 3h3"/></svg>"#;

/// A page of somebody who is signed in.
pub(super) fn page(title: &str, body: &Markup) -> Markup {
    shell(
        title,
        &html! {
            header.top {
                a.brand href="/" { (PreEscaped(MARK)) span { "Nabz" } }
                form method="post" action="/sign-out" { button.quiet type="submit" { "Sign out" } }
            }
            main { (body) }
        },
    )
}

/// The page to sign in at, which leads on to `to`.
pub(crate) fn sign_in(to: &str, refused: Option<&str>) -> Markup {
    shell(
        "Sign in",
        &html! {
            main.narrow {
                div.brand.large { (PreEscaped(MARK)) span { "Nabz" } }
                form.card.stack method="post" action=(SIGN_IN_PATH) {
                    h1 { "Sign in" }
                    @if let Some(reason) = refused {
                        p.error role="alert" { (reason) }
                    }
                    label for="token" { "Admin token" }
                    input #token type="password" name="token" autocomplete="current-password" required autofocus;
                    input type="hidden" name="to" value=(to);
                    button type="submit" { "Sign in" }
                    p.hint {
                        "The token is the one given to " code { "nabz serve --admin-token" }
                        ". Without a token, the collector prints a link to sign in when it starts."
                    }
                }
            }
        },
    )
}

/// The page of a request that went wrong.
pub(crate) fn problem(title: &str, detail: &str) -> Markup {
    shell(
        title,
        &html! {
            main.narrow {
                a.brand.large href="/" { (PreEscaped(MARK)) span { "Nabz" } }
                div.card.stack {
                    h1 { (title) }
                    p dir="auto" { (detail) }
                    p { a href="/" { "All surveys" } }
                }
            }
        },
    )
}

fn shell(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · Nabz" }
                link rel="stylesheet" href={ "/assets/" (assets::STYLE.name) };
                link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='9' fill='%230f766e'/%3E%3Cpath d='M5 17h5l3-8 5 15 4-10 2 3h3' fill='none' stroke='%23fff' stroke-width='2.4' stroke-linejoin='round' stroke-linecap='round'/%3E%3C/svg%3E";
            }
            body { (body) }
        }
    }
}
