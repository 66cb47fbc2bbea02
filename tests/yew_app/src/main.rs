//! A yew app of somebody else with a survey in it: the one that stands in the page's `#definition`.
//! What it hears of it stands in the page too.

use std::rc::Rc;

use nabz_widget::words::{Words, locales};
use nabz_widget::{Definition, Reply, Survey};
use web_sys::Document;
use yew::prelude::*;

fn document() -> Document {
    web_sys::window().and_then(|window| window.document()).expect("an app stands in a page")
}

fn definition() -> Rc<Definition> {
    let script = document().get_element_by_id("definition").expect("the page has a definition");
    let text = script.text_content().unwrap_or_default();
    Rc::new(serde_json::from_str(&text).expect("a definition of a collector"))
}

/// The words of the page's language: this app speaks English and Persian.
fn words() -> Rc<Words> {
    let language = document().document_element().and_then(|it| it.get_attribute("lang"));
    let persian = || serde_json::from_str(locales::FA).expect("words");
    Rc::new(if language.as_deref() == Some("fa") { persian() } else { Words::default() })
}

#[component]
fn App() -> Html {
    let definition = use_memo((), |()| definition());
    let words = use_memo((), |()| words());
    let last = use_state(String::new);
    let is_closed = use_state(|| false);
    let keys = use_state(|| 0);
    let on_reply = {
        let last = last.clone();
        move |reply: Reply| last.set(serde_json::to_string(&reply).unwrap_or_default())
    };
    let on_close = {
        let is_closed = is_closed.clone();
        move |()| is_closed.set(true)
    };
    let onkeydown = {
        let keys = keys.clone();
        move |_: KeyboardEvent| keys.set(*keys + 1)
    };
    html! {
        <section {onkeydown}>
            <h2>{ "Your order" }</h2>
            if !*is_closed {
                <Survey definition={(*definition).clone()} words={(*words).clone()}
                    {on_reply} {on_close} />
            }
            <output data-keys={keys.to_string()}>{ &*last }</output>
        </section>
    }
}

fn main() {
    let root = document().get_element_by_id("app").expect("the page has a place for it");
    yew::Renderer::<App>::with_root(root).render();
}
