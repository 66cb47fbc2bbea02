//! The card's place in the page: one element, a shadow root, one sheet of styles.

use gloo_utils::document;
use js_sys::Array;
use web_sys::{CssStyleSheet, Element, HtmlElement, ShadowRootInit, ShadowRootMode};

/// The card's styles.
const STYLE: &str = include_str!(concat!(env!("OUT_DIR"), "/style.css"));

/// Puts the host element into the page; returns the element in its shadow to render into.
pub fn mount(host: &HtmlElement) -> Option<Element> {
    let document = document();
    let shadow = host.attach_shadow(&ShadowRootInit::new(ShadowRootMode::Open)).ok()?;
    let sheet = CssStyleSheet::new().ok()?;
    sheet.replace_sync(STYLE).ok()?;
    shadow.set_adopted_style_sheets(&Array::of1(&sheet));
    let root = document.create_element("div").ok()?;
    shadow.append_child(&root).ok()?;
    document.body()?.append_child(host).ok()?;
    // The browser's top layer stands above everything of the page, whatever its z-index. Where
    // there is none yet, the style sheet's own z-index has to do.
    let _ = host.set_popover(Some("manual")).and_then(|()| host.show_popover());
    Some(root)
}
