//! From what happens in the page to what it means for the card.
//!
//! One listener hears everything: what a button does stands on it, as its name and its value.
//! That is a fraction of the code of a callback on each element.

use wasm_bindgen::prelude::*;
use web_sys::{Element, Event, HtmlTextAreaElement, KeyboardEvent};

use crate::state::Action;

/// Everything that is listened to.
const TYPES: [&str; 6] = ["click", "input", "keydown", "keyup", "keypress", "animationend"];

/// The listener, which has to be kept for as long as it listens.
pub type Listener = Closure<dyn Fn(Event)>;

/// Calls back with each action in an element.
pub fn listen(root: &Element, act: fn(Action)) -> Listener {
    let listener = Listener::new(move |event| {
        if let Some(action) = action(&event) {
            act(action);
        }
    });
    for name in TYPES {
        // An element takes every listener.
        let _ = root.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
    }
    listener
}

fn action(event: &Event) -> Option<Action> {
    let target = event.target()?.unchecked_into::<Element>();
    match event.type_().as_str() {
        "click" => click(&target),
        "input" => Some(Action::Write(target.unchecked_into::<HtmlTextAreaElement>().value())),
        // Other things move too; the thanks only wait.
        "animationend" => target.has_attribute("data-brief").then_some(Action::Close),
        name => {
            // The host page's shortcuts are not meant.
            event.stop_propagation();
            (name == "keydown").then(|| press(event.unchecked_ref(), &target)).flatten()
        }
    }
}

fn click(target: &Element) -> Option<Action> {
    let button = target.closest("button").ok()??;
    match button.get_attribute("name")?.as_str() {
        "choose" => button.get_attribute("value")?.parse().ok().map(Action::Choose),
        "send" => Some(Action::Send),
        "skip" => Some(Action::Skip),
        "close" => Some(Action::Close),
        _ => None,
    }
}

fn press(event: &KeyboardEvent, target: &Element) -> Option<Action> {
    let key = event.key();
    if key == "Escape" {
        return Some(Action::Close);
    }
    // Keys with a modifier are the browser's.
    let is_ours = target.has_attribute("aria-checked")
        && !(event.ctrl_key() || event.alt_key() || event.meta_key());
    if is_ours && (key.starts_with("Arrow") || key == "Home" || key == "End") {
        // Not scrolling, too.
        event.prevent_default();
    }
    is_ours.then_some(Action::Press(key))
}
