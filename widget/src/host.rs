//! What passes between the card and the JavaScript of `widget/host`, which puts it into the page.
//!
//! Read and written by hand: serde would cost more than all that the card does.

use js_sys::{Array, Object, Reflect};
use survey::{Answer, Scale, State as Progress, Text, Value};
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;
use yew::AttrValue;

use crate::ask::{Ask, Asked, localized};
use crate::words::Words;

#[wasm_bindgen]
extern "C" {
    /// What is passed to [`crate::open_card`].
    pub type Options;

    /// An element that is not in the page yet. Who made it removes it.
    #[wasm_bindgen(method, getter)]
    pub fn host(this: &Options) -> HtmlElement;

    /// The visitor's locale.
    #[wasm_bindgen(method, getter)]
    pub fn locale(this: &Options) -> String;

    /// Posts how far the response has come.
    #[wasm_bindgen(method)]
    fn send(this: &Options, state: &str, answers: &Array);

    /// Says that there is nothing to show any more.
    #[wasm_bindgen(method)]
    pub fn closed(this: &Options);
}

/// Posts how far the response has come, and all answers so far.
pub fn send(options: &Options, state: Progress, answers: &[Answer]) {
    options.send(state.name(), &answers.iter().map(answer_to_js).collect());
}

fn answer_to_js(answer: &Answer) -> Object {
    let object = Object::new();
    let set = |key: &str, value: JsValue| {
        // A plain object takes every property.
        let _ = Reflect::set(&object, &key.into(), &value);
    };
    set("question", (&answer.question).into());
    match &answer.value {
        Value::Number(number) => set("value", (*number as f64).into()),
        Value::Text(text) => set("value", text.into()),
        // No control gives one yet.
        Value::List(_) | Value::OffScale(_) => {}
    }
    if let Some(comment) = &answer.comment {
        set("comment", comment.into());
    }
    object
}

/// A definition as it was fetched, in the visitor's language; `None` when it is none.
pub fn asked(definition: &JsValue, locale: &str) -> Option<Asked> {
    let reader = Reader { locale, site_locale: &string(definition, "locale")? };
    let questions = Array::from(&field(definition, "questions"));
    let questions: Option<_> =
        questions.iter().map(|question| reader.question(&question)).collect();
    let thanks = reader.text(&field(definition, "thanks"));
    Some(Asked {
        locale: locale.to_owned().into(),
        position: string(definition, "position")?.into(),
        questions: questions?,
        thanks: thanks.unwrap_or(Words::of(locale).thanks.into()),
    })
}

/// Who texts are read for.
struct Reader<'a> {
    locale: &'a str,
    site_locale: &'a str,
}

impl Reader<'_> {
    fn question(&self, json: &JsValue) -> Option<Ask> {
        let name = string(json, "scale")?;
        let scale = Scale::ALL.into_iter().find(|scale| scale.name() == name)?;
        let points = field(json, "points").as_f64().map_or(3, |points| points as u8);
        let [low, high] = Words::of(self.locale).ends(scale, points);
        Some(Ask {
            id: string(json, "id")?,
            scale,
            points,
            prompt: self.text(&field(json, "prompt"))?,
            ends: [("low", low), ("high", high)]
                .map(|(key, own)| self.text(&field(json, key)).unwrap_or(own.into())),
            follow_up: entries(&field(json, "follow_up"))
                .filter_map(|(key, value)| Some((key, self.text(&value)?)))
                .collect(),
        })
    }

    fn text(&self, json: &JsValue) -> Option<AttrValue> {
        let text = match json.as_string() {
            Some(text) => Text::Plain(text),
            None if json.is_object() => Text::ByLocale(
                entries(json).filter_map(|(key, value)| Some((key, value.as_string()?))).collect(),
            ),
            None => return None,
        };
        Some(localized(&text, self.locale, self.site_locale))
    }
}

fn entries(json: &JsValue) -> impl Iterator<Item = (String, JsValue)> {
    let keys = json.dyn_ref::<Object>().map(Object::keys).unwrap_or_default();
    keys.into_iter().filter_map(|key| Some((key.as_string()?, Reflect::get(json, &key).ok()?)))
}

fn string(json: &JsValue, key: &str) -> Option<String> {
    field(json, key).as_string()
}

/// A property of a value; `undefined` where there is none, or where the value is no object.
fn field(json: &JsValue, key: &str) -> JsValue {
    Reflect::get(json, &key.into()).unwrap_or_default()
}
