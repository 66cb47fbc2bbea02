//! Tells when the card is seen: at least half of it in view, in a page that is in front.

use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit};

/// The share of the card that has to be in view.
const SHARE: f64 = 0.5;

/// Watches an element for as long as this is kept.
#[derive(Debug)]
pub struct Watch {
    observer: IntersectionObserver,
    _seen: Closure<dyn Fn(Array)>,
}

impl Watch {
    /// Calls back whenever at least half of the element has come into view. A browser observes
    /// only what it draws, so a page in the background shows nothing.
    pub fn new(element: &Element, seen: impl Fn() + 'static) -> Option<Watch> {
        let closure = Closure::<dyn Fn(Array)>::new(move |entries: Array| {
            let in_view = |entry: JsValue| {
                entry.unchecked_into::<IntersectionObserverEntry>().intersection_ratio() >= SHARE
            };
            if entries.iter().any(in_view) {
                seen();
            }
        });
        let options = IntersectionObserverInit::new();
        options.set_threshold(&SHARE.into());
        let callback = closure.as_ref().unchecked_ref();
        let observer = IntersectionObserver::new_with_options(callback, &options).ok()?;
        observer.observe(element);
        Some(Watch { observer, _seen: closure })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}
