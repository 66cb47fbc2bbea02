//! The card by itself, as the page's part, `widget/host`, calls it (feature `page`).

use std::cell::RefCell;
use std::rc::Rc;

use survey::State as Progress;
use wasm_bindgen::prelude::*;
use web_sys::Element;
use yew::{AppHandle, Renderer};

use crate::asked::Asked;
use crate::card::{Card, Props};
use crate::state::{Action, Given};

thread_local! {
    static SHOWN: RefCell<Option<AppHandle<Card>>> = const { RefCell::new(None) };
}

// The functions stand in the page's part, in whose module the glue of WebAssembly lives.
#[wasm_bindgen]
extern "C" {
    /// The response has come so far: its state, and for each of two questions the chosen cells,
    /// one bit for each, and the text.
    fn on_answer(state: &str, chosen: u32, text: &str, next_chosen: u32, next_text: &str);

    /// There is nothing to show any more.
    fn on_close();
}

/// Draws a survey into an element. The next one is drawn only after `on_close`.
#[wasm_bindgen]
pub fn open_card(root: Element, asked: &str) {
    let props = Props { asked: Rc::new(Asked::read(asked)), start: None, post, close };
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

/// Tells how far the response has come, and all answers so far.
fn post(progress: Progress, [given, next]: &[Given; 2]) {
    on_answer(progress.name(), given.chosen, &given.text, next.chosen, &next.text);
}

/// Takes the card down.
fn close() {
    on_close();
    if let Some(card) = SHOWN.take() {
        card.destroy();
    }
}
