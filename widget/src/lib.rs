//! The survey card of Nabz.
//!
//! A yew app shows a survey where it wants to with [`Survey`], and decides what becomes of the
//! answers:
//!
//! ```
//! use std::rc::Rc;
//!
//! use nabz_widget::{Definition, Reply, Survey};
//! use yew::prelude::*;
//!
//! /// What `/{site}/{survey}.{version}.json` of a collector says.
//! const CHECKOUT: &str = r#"{ "survey": "checkout", "locale": "en", "questions": [
//!     { "id": "nps", "scale": "nps", "prompt": "How likely are you to recommend us?" }
//! ] }"#;
//!
//! #[component]
//! fn Order() -> Html {
//!     let definition: Rc<Definition> = use_memo((), |()| serde_json::from_str(CHECKOUT).unwrap());
//!     let on_reply = |reply: Reply| {
//!         // `{ "state": "answered", "answers": [{ "question": "nps", "value": 9 }] }`
//!         let _ = serde_json::to_string(&reply);
//!     };
//!     html! { <Survey {definition} {on_reply} /> }
//! }
//! ```
//!
//! # Layout
//! - [`Survey`], [`Reply`]: the component; [`listen`]: what a click or a key means in it
//! - [`reading`]: a definition for one visitor, and the answers to it; [`words`]: the card's own
//!   words; [`drawings`]: faces, stars and thumbs
//! - [`asked`]: what is asked, in the visitor's language
//! - [`state`]: what a visitor can do and what becomes of it, without any DOM
//! - [`card`]: from a state to what is seen; [`scale`], [`actions`]: its parts
//! - `page` (feature `page`): the card by itself, for the page's part, `widget/host`, which reads,
//!   listens, moves the focus and puts the card into the page: that is cheaper in JavaScript
//! - [`heap`]: its memory there
//!
//! Invariant: nothing here throws or panics on purpose. Styles are classes of one constructed
//! sheet, never attributes, because a strict Content-Security-Policy blocks those.

pub mod actions;
pub mod asked;
pub mod card;
pub mod component;
pub mod drawings;
pub mod heap;
pub mod listen;
#[cfg(feature = "page")]
pub mod page;
pub mod reading;
pub mod scale;
pub mod state;
pub mod words;

pub use component::{Reply, Survey, SurveyProps};
pub use survey::{Answer, Definition, State, Value};
