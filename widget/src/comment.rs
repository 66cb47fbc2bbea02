//! A text field with its counter and its buttons.

use yew::{Html, html};

use crate::ask::Asked;
use crate::state::CHARS_MAX;

/// Asks for a text. `label` is the id of the element that says what for.
pub fn view(asked: &Asked, label: &'static str, draft: &str) -> Html {
    let words = asked.words();
    html! {
        <>
            <textarea rows="3" maxlength="2000" aria-labelledby={label}
                placeholder={words.optional} />
            <div class="actions">
                <span>{ count(asked, draft) }</span>
                { button("skip", words.skip) }
                { button("send", words.send) }
            </div>
        </>
    }
}

/// A button that does what its name says.
pub fn button(name: &'static str, text: &'static str) -> Html {
    html! { <button type="button" name={name}>{ text }</button> }
}

/// How much is written, and how much can be; nothing before the first letter.
fn count(asked: &Asked, draft: &str) -> String {
    let mut text = String::new();
    if !draft.is_empty() {
        text = asked.number(draft.chars().count());
        text.push('/');
        text.push_str(&asked.number(CHARS_MAX));
    }
    text
}
