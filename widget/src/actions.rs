//! The text field, and the buttons under it.

use yew::{AttrValue, Html, html};

use crate::asked::{Ask, Words};
use crate::state::{Given, Screen};

/// What can be written and pressed on a screen.
pub fn view(words: &Words, screen: Screen, ask: &Ask, given: &Given) -> Html {
    let is_follow_up = matches!(screen, Screen::FollowUp(_));
    let has_text = is_follow_up || ask.cells.is_empty();
    let is_sent = has_text || ask.takes_list;
    let is_second = matches!(screen, Screen::Question(1) | Screen::FollowUp(1));
    html! {
        <>
            if has_text {
                <textarea rows="3" maxlength="2000" defaultvalue={given.text.clone()}
                    aria-labelledby={if is_follow_up { "why" } else { "prompt" }}
                    aria-describedby="left" placeholder={&words.optional} />
            }
            <div class="actions">
                // The page's part writes here how many characters are left.
                <span id="left"></span>
                if is_second { { button("back", &words.back) } }
                if is_sent {
                    { button("skip", &words.skip) }
                    { button("send", &words.send) }
                } else if given.chosen != 0 {
                    { button("skip", &words.next) }
                }
            </div>
        </>
    }
}

/// A button that does what its name says.
fn button(name: &'static str, text: &AttrValue) -> Html {
    html! { <button type="button" name={name}>{ text }</button> }
}
