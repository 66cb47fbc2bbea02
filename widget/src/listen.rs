//! What a click or a key means in a [`Survey`](crate::Survey), and what it asks its browser: what
//! `widget/host/card.js` and `words.js` do for the page.

use js_sys::{Array, Object, Reflect};
use survey::text::has_words;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Element, HtmlButtonElement, HtmlElement, HtmlTextAreaElement, KeyboardEvent};

use crate::state::Action;

/// What a field takes at most, in characters.
const TEXT_CHARS_MAX: usize = 2_000;
/// Languages that are written from right to left.
const RIGHT_TO_LEFT: [&str; 8] = ["ar", "fa", "he", "ur", "ps", "ckb", "sd", "ug"];

/// The action of the button in which something was pressed.
pub fn pressed(target: &Element) -> Option<Action> {
    let button = target.closest("button").ok()??.dyn_into::<HtmlButtonElement>().ok()?;
    Action::named(&button.name(), u32::try_from(place(&button)?).ok()?)
}

/// What stands in the text field of a card.
pub fn draft(card: &Element) -> String {
    let text = field(card).map_or_else(String::new, |field| field.value());
    let words = if has_words(&text) { text.trim() } else { "" };
    words.chars().take(TEXT_CHARS_MAX).collect()
}

/// Writes how many characters are left, once there is something in the field.
pub fn count(card: &Element, left: impl Fn(u32) -> String) {
    let (Some(field), Ok(Some(place))) = (field(card), card.query_selector("#left")) else {
        return;
    };
    let written = field.value().encode_utf16().count();
    let rest = TEXT_CHARS_MAX.saturating_sub(written) as u32;
    place.set_text_content(Some(&if written > 0 { left(rest) } else { String::new() }));
}

/// Moves the focus along a scale. Returns whether the key meant that.
pub fn move_focus(event: &KeyboardEvent, target: &Element, is_right_to_left: bool) -> bool {
    let is_radio = target.get_attribute("role").as_deref() == Some("radio");
    if !is_radio || event.ctrl_key() || event.alt_key() || event.meta_key() {
        return false;
    }
    let next = cell_for(&event.key(), target, is_right_to_left);
    next.is_some_and(|it| it.unchecked_into::<HtmlElement>().focus().is_ok())
}

/// The cell that a key leads to: to the right is further, but where lines run from the right.
fn cell_for(key: &str, from: &Element, is_right_to_left: bool) -> Option<Element> {
    let cells = from.parent_element()?.children();
    let (count, at) = (cells.length(), u32::try_from(place(from)?).ok()?);
    let by = |is_forth: bool| cells.item((at + if is_forth { 1 } else { count - 1 }) % count);
    match key {
        "ArrowDown" => by(true),
        "ArrowUp" => by(false),
        "ArrowRight" => by(!is_right_to_left),
        "ArrowLeft" => by(is_right_to_left),
        "Home" => cells.item(0),
        "End" => cells.item(count - 1),
        // Two digits, one after the other, are a number.
        _ => {
            let all = (0..count).filter_map(|at| cells.item(at)).collect::<Vec<_>>();
            let both = from.text_content().unwrap_or_default() + key;
            let find = |text: &str| {
                let is = |it: &&Element| {
                    it.text_content().as_deref() == Some(text)
                        || it.get_attribute("value").as_deref() == Some(text)
                };
                all.iter().find(is).cloned()
            };
            find(&both).or_else(|| find(key))
        }
    }
}

/// The Tab key comes back to where the arrows have led.
pub fn stop_at(target: &Element) {
    if target.get_attribute("role").as_deref() != Some("radio") {
        return;
    }
    let Some(cells) = target.parent_element().map(|it| it.children()) else { return };
    for cell in (0..cells.length()).filter_map(|at| cells.item(at)) {
        let index = if cell == *target { 0 } else { -1 };
        cell.unchecked_into::<HtmlElement>().set_tab_index(index);
    }
}

/// The locale of the page, else of the browser.
pub fn page_locale() -> String {
    let window = web_sys::window();
    let document = window.as_ref().and_then(web_sys::Window::document);
    let lang = document.and_then(|it| it.document_element()?.get_attribute("lang"));
    let own = || window.and_then(|it| it.navigator().language());
    lang.filter(|lang| !lang.is_empty()).or_else(own).unwrap_or_else(|| "en".to_owned())
}

/// Whether a locale's language is written from right to left.
pub fn is_right_to_left(locale: &str) -> bool {
    RIGHT_TO_LEFT.contains(&survey::text::language(locale))
}

/// A number in the digits of a locale; in these of this source where the browser knows none.
pub fn number(number: u32, locale: &str) -> String {
    let options = Object::new();
    let _ = Reflect::set(&options, &"useGrouping".into(), &JsValue::FALSE);
    let written = intl("NumberFormat", locale, &options, "format", number);
    written.unwrap_or_else(|| number.to_string())
}

/// The plural form that a number wants in a locale: `one`, `few`, `other` …
pub fn plural(number: u32, locale: &str) -> String {
    intl("PluralRules", locale, &Object::new(), "select", number).unwrap_or_else(|| "other".into())
}

/// `new Intl.Kind(locale, options).method(number)`
fn intl(kind: &str, locale: &str, options: &Object, method: &str, number: u32) -> Option<String> {
    let get = |from: &JsValue, name: &str| Reflect::get(from, &name.into()).ok();
    let kind = get(&get(&js_sys::global(), "Intl")?, kind)?;
    let kind = kind.dyn_into::<js_sys::Function>().ok()?;
    let it = Reflect::construct(&kind, &Array::of2(&locale.into(), options)).ok()?;
    let method = get(&it, method)?.dyn_into::<js_sys::Function>().ok()?;
    method.call1(&it, &number.into()).ok()?.as_string()
}

fn field(card: &Element) -> Option<HtmlTextAreaElement> {
    card.query_selector("textarea").ok()??.dyn_into().ok()
}

/// Where an element stands among its parent's children.
fn place(element: &Element) -> Option<usize> {
    let all = element.parent_element()?.children();
    (0..all.length()).position(|at| all.item(at).as_ref() == Some(element))
}
