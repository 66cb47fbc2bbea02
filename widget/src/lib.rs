//! The survey card: a yew app that draws what is asked, started when a survey is due.
//!
//! # Layout
//! - [`open_card`], [`act`]: what the page's part, `widget/host`, calls; [`post`]: what it is told
//! - [`asked`]: what is asked, in the visitor's language
//! - [`state`]: what a visitor can do and what becomes of it, without any DOM
//! - [`card`]: the root component; [`scale`], [`actions`]: its parts
//! - [`heap`]: its memory
//!
//! The page's part listens, moves the focus, and puts the card into the page: that is cheaper in
//! JavaScript. Invariant: nothing here throws or panics on purpose. Styles are classes of one
//! constructed sheet, never attributes, because a strict Content-Security-Policy blocks those.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::Element;
use yew::{AppHandle, Renderer};

use crate::asked::Asked;
use crate::card::{Card, Props};
use crate::state::Action;

pub mod actions;
pub mod asked;
pub mod card;
pub mod heap;
pub mod post;
pub mod scale;
pub mod state;

thread_local! {
    static SHOWN: RefCell<Option<AppHandle<Card>>> = const { RefCell::new(None) };
}

/// Draws a survey into an element. The next one is drawn only after [`post::on_close`].
#[wasm_bindgen]
pub fn open_card(root: Element, asked: &str) {
    let asked = Rc::new(Asked::read(asked));
    let props = Props { asked, start: None };
    SHOWN.set(Some(Renderer::<Card>::with_root_and_props(root, props).render()));
}

/// Does what the visitor wants: the name of an [`Action`], the place of the cell that it is about,
/// and what stands in the text field. When it returns, the card is drawn anew.
#[wasm_bindgen]
pub fn act(name: &str, place: u32, draft: &str) {
    let card = SHOWN.with_borrow(|shown| shown.as_deref().cloned());
    if let (Some(card), Some(action)) = (card, Action::named(name, place)) {
        card.send_message((action, draft.to_owned()));
    }
}

/// Takes the card down.
pub(crate) fn close() {
    post::on_close();
    if let Some(card) = SHOWN.take() {
        card.destroy();
    }
}
