//! The survey card: a yew app in a shadow root, started when a survey is due.
//!
//! # Layout
//! - [`open_card`], [`close_card`]: what the page's part calls; [`host`]: what it passes
//! - [`state`]: what a visitor can do and what becomes of it, without any DOM
//! - [`card`]: the root component; [`scale`], [`faces`], [`comment`]: its parts
//! - [`ask`]: what is asked; [`words`], [`digits`]: in the visitor's language
//! - [`events`], [`keys`]: what a click or a key means
//! - [`mount`], [`visibility`]: the card's place in the page; [`heap`]: its memory
//!
//! Invariant: nothing here throws or panics on purpose; where the browser refuses something, the
//! card stays away. Styles are classes of one constructed sheet, never attributes, because a
//! strict Content-Security-Policy blocks those.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use yew::{AppHandle, Renderer};

use crate::card::{Card, Props, Showing};
use crate::events::Listener;
use crate::host::Options;
use crate::state::Action;

pub mod ask;
pub mod card;
pub mod comment;
pub mod digits;
pub mod events;
pub mod faces;
pub mod heap;
pub mod host;
pub mod keys;
pub mod mount;
pub mod scale;
pub mod state;
pub mod visibility;
pub mod words;

thread_local! {
    static SHOWN: RefCell<Option<(AppHandle<Card>, Listener)>> = const { RefCell::new(None) };
}

/// Shows a survey. The next one is shown only after `closed` was called.
#[wasm_bindgen]
pub fn open_card(definition: &JsValue, options: Options) {
    let root = mount::mount(&options.host());
    let (Some(asked), Some(root)) = (host::asked(definition, &options.locale()), root) else {
        return options.closed();
    };
    let options = Rc::new(options);
    let sender = options.clone();
    let showing = Rc::new(Showing {
        asked,
        start: RefCell::default(),
        send: Box::new(move |state, answers| host::send(&sender, state, answers)),
        closed: Box::new(move || {
            options.closed();
            if let Some((card, _)) = SHOWN.take() {
                card.destroy();
            }
        }),
    });
    let app = Renderer::<Card>::with_root_and_props(root.clone(), Props { showing });
    SHOWN.set(Some((app.render(), events::listen(&root, act))));
}

/// Closes the survey that is shown, as its visitor would.
#[wasm_bindgen]
pub fn close_card() {
    act(Action::Close);
}

/// Posts what is written and not sent yet, in case the page is left for good.
#[wasm_bindgen]
pub fn save_draft() {
    act(Action::Leave);
}

fn act(action: Action) {
    SHOWN.with_borrow(|shown| {
        if let Some((card, _)) = shown {
            card.send_message(action);
        }
    });
}
