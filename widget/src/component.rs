//! Defines [`Survey`], the component by which another yew app shows a survey.

use std::rc::Rc;

use js_sys::Array;
use serde::Serialize;
use survey::theme::{Scheme, Theme};
use survey::{Answer, Definition, State as Progress};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;
use web_sys::{
    CssStyleSheet, Element, HtmlElement, IntersectionObserver, IntersectionObserverEntry,
    IntersectionObserverInit, ShadowRoot, ShadowRootInit, ShadowRootMode,
};
use yew::prelude::*;
use yew::{create_portal, html};

use crate::asked::Asked;
use crate::card;
use crate::listen;
use crate::reading::{Reading, answers};
use crate::state::{Action, Screen, State};
use crate::words::Words;

/// The style sheet. All of it is inside of the survey's shadow, and nothing outside reaches in.
const STYLE: &str = include_str!("../host/style.css");
/// Seen is what is at least half in view.
const SEEN: f64 = 0.5;

/// What a [`Survey`] is given.
#[derive(Properties, Clone, PartialEq)]
pub struct SurveyProps {
    /// What is asked, as a collector's `/{site}/{survey}.{version}.json` says it. One or two
    /// questions, each with an id. Its `placement`, `position` and `target` are not looked at: the
    /// survey stands where the component does. Another definition is drawn by another component:
    /// give that another `key`.
    pub definition: Rc<Definition>,
    /// The visitor's locale, such as `fa-IR`; left out, that of the page, else of the browser.
    #[prop_or_default]
    pub locale: Option<AttrValue>,
    /// The card's own words, in the language of that locale; English when left out.
    #[prop_or_default]
    pub words: Rc<Words>,
    /// How far the response has come: once when the survey is seen, at each answer, and at its end.
    #[prop_or_default]
    pub on_reply: Callback<Reply>,
    /// The visitor has closed the survey, or its thanks have been read. Nothing is drawn any more.
    #[prop_or_default]
    pub on_close: Callback<()>,
}

/// How far a response has come. As JSON it has the fields `state` and `answers` of what
/// `POST /api/v1/responses` takes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reply {
    /// Its state.
    pub state: Progress,
    /// All answers so far.
    pub answers: Vec<Answer>,
}

/// A survey in a yew app: a card in a shadow of its own, which takes the width it is given, up to
/// 36 em. It sends nothing and keeps nothing: that is the app's affair.
pub struct Survey {
    state: State,
    asked: Rc<Asked>,
    locale: AttrValue,
    /// The element that has the shadow.
    host: NodeRef,
    card: NodeRef,
    /// The shadow, and the element in it that the card is drawn into.
    place: Option<(ShadowRoot, Element)>,
    /// Whether the focus was in the card before it was drawn anew.
    had_focus: bool,
    observer: Option<Observer>,
}

/// What watches whether a card is seen, and the function that it calls.
type Observer = (IntersectionObserver, Closure<dyn Fn(Array)>);

/// What happens in a [`Survey`].
pub enum Message {
    /// Its shadow is there.
    Attached(ShadowRoot, Element),
    /// The visitor did something.
    Act(Action),
}

impl Component for Survey {
    type Message = Message;
    type Properties = SurveyProps;

    fn create(ctx: &Context<Survey>) -> Survey {
        let SurveyProps { definition, locale, words, .. } = ctx.props();
        let locale = locale.clone().unwrap_or_else(|| listen::page_locale().into());
        let number = |number: u8| listen::number(number.into(), &locale);
        let form = |number: u8| listen::plural(number.into(), &locale);
        let reading = Reading { definition, words, locale: &locale, number: &number, form: &form };
        Survey {
            state: State::default(),
            asked: Rc::new(reading.asked()),
            locale,
            host: NodeRef::default(),
            card: NodeRef::default(),
            place: None,
            had_focus: false,
            observer: None,
        }
    }

    fn update(&mut self, ctx: &Context<Survey>, message: Message) -> bool {
        match message {
            Message::Attached(shadow, element) => self.place = Some((shadow, element)),
            Message::Act(action) => self.act(ctx, action),
        }
        true
    }

    fn view(&self, ctx: &Context<Survey>) -> Html {
        let place = self.place.as_ref().filter(|_| self.state.screen != Screen::Closed);
        let card = place.map(|(_, place)| create_portal(self.view_card(ctx), place.clone()));
        html! { <div ref={&self.host} data-placement="inline">{ card }</div> }
    }

    fn rendered(&mut self, ctx: &Context<Survey>, is_first: bool) {
        if is_first {
            self.attach(ctx);
        }
        let card = self.card.cast::<HtmlElement>();
        if let (Some(card), None) = (&card, &self.observer) {
            self.observer = observer(ctx.link().callback(|()| Message::Act(Action::See)));
            if let Some((observer, _)) = &self.observer {
                observer.observe(card);
            }
        }
        // What had the focus is gone: the keyboard shall not start again at the top of the page.
        let has_focus = self.place.as_ref().is_some_and(|(it, _)| it.active_element().is_some());
        if let (Some(card), true, false) = (card, self.had_focus, has_focus) {
            let _ = card.focus();
        }
    }

    fn destroy(&mut self, _: &Context<Survey>) {
        if let Some((observer, _)) = &self.observer {
            observer.disconnect();
        }
    }
}

impl Survey {
    fn act(&mut self, ctx: &Context<Survey>, action: Action) {
        let SurveyProps { definition, on_reply, on_close, .. } = ctx.props();
        let draft = self.card.cast::<Element>().map_or_else(String::new, |it| listen::draft(&it));
        let was_open = self.state.screen != Screen::Closed;
        self.had_focus = self.place.as_ref().is_some_and(|(it, _)| it.active_element().is_some());
        if let Some(state) = self.state.reduce(&self.asked, action, draft) {
            let answers = answers(definition, &self.asked, &self.state.given);
            on_reply.emit(Reply { state, answers });
        }
        if was_open && self.state.screen == Screen::Closed {
            on_close.emit(());
        }
    }

    /// Makes the shadow. Where the browser has none, nothing is drawn.
    fn attach(&self, ctx: &Context<Survey>) {
        let Some(host) = self.host.cast::<HtmlElement>() else { return };
        let attach = || {
            let shadow = host.attach_shadow(&ShadowRootInit::new(ShadowRootMode::Open)).ok()?;
            let sheet = CssStyleSheet::new().ok()?;
            sheet.replace_sync(STYLE).ok()?;
            shadow.set_adopted_style_sheets(&Array::of1(&sheet));
            let place = shadow.owner_document()?.create_element("div").ok()?;
            shadow.append_child(&place).ok()?;
            Some(Message::Attached(shadow, place))
        };
        if let Some(theme) = &ctx.props().definition.theme {
            dress(&host, theme);
        }
        if let Some(attached) = attach() {
            ctx.link().send_message(attached);
        }
    }

    fn view_card(&self, ctx: &Context<Survey>) -> Html {
        let link = ctx.link();
        let is_right_to_left = listen::is_right_to_left(&self.locale);
        let onclick = link.batch_callback(|event: MouseEvent| {
            listen::pressed(&event.target_dyn_into::<Element>()?).map(Message::Act)
        });
        let onkeydown = link.batch_callback(move |event: KeyboardEvent| {
            // The app's shortcuts are not meant.
            event.stop_propagation();
            if event.key() == "Escape" {
                return Some(Message::Act(Action::Close));
            }
            let target = event.target_dyn_into::<Element>()?;
            if listen::move_focus(&event, &target, is_right_to_left) {
                // Not scrolling, too.
                event.prevent_default();
            }
            None
        });
        let onfocusin = |event: FocusEvent| {
            if let Some(target) = event.target_dyn_into::<Element>() {
                listen::stop_at(&target);
            }
        };
        // Other things move too; the thanks only wait.
        let onanimationend = link.batch_callback(|event: AnimationEvent| {
            let target = event.target_dyn_into::<Element>()?;
            let is_over = target.get_attribute("data-brief").as_deref() == Some("");
            is_over.then_some(Message::Act(Action::Close))
        });
        html! {
            <div ref={&self.card} class="card" data-placement="inline" role="region"
                aria-labelledby="prompt" lang={&self.locale} tabindex="-1"
                dir={if is_right_to_left { "rtl" } else { "ltr" }}
                {onclick} {onkeydown} {onfocusin} {onanimationend} oninput={self.counting(ctx)}>
                <div>{ card::view(&self.state, &self.asked) }</div>
                <button type="button" name="close">{ ctx.props().words.close.clone() }</button>
            </div>
        }
    }

    /// Tells what is left of a text field.
    fn counting(&self, ctx: &Context<Survey>) -> Callback<InputEvent> {
        let (card, locale, words) =
            (self.card.clone(), self.locale.clone(), ctx.props().words.clone());
        Callback::from(move |_| {
            let left = |rest: u32| {
                let form = words.left.get(&listen::plural(rest, &locale));
                let text = form.or_else(|| words.left.get("other"));
                text.map_or_else(String::new, |it| it.replace("{}", &listen::number(rest, &locale)))
            };
            if let Some(card) = card.cast::<Element>() {
                listen::count(&card, left);
            }
        })
    }
}

/// Calls back when half of an element is in view.
fn observer(seen: Callback<()>) -> Option<Observer> {
    let look = Closure::<dyn Fn(Array)>::new(move |entries: Array| {
        let ratio = |entry| IntersectionObserverEntry::from(entry).intersection_ratio();
        if entries.iter().any(|entry| ratio(entry) >= SEEN) {
            seen.emit(());
        }
    });
    let options = IntersectionObserverInit::new();
    options.set_threshold_f64(SEEN);
    let observer = IntersectionObserver::new_with_options(look.as_ref().unchecked_ref(), &options);
    Some((observer.ok()?, look))
}

/// The look of a card as custom properties: set one by one they pass every
/// Content-Security-Policy.
fn dress(host: &HtmlElement, theme: &Theme) {
    let style = host.style();
    let set = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = style.set_property(&format!("--nabz-{name}"), &value);
        }
    };
    let dark = theme.dark.clone().unwrap_or_default();
    // Where it is not said, the visitor's system decides.
    set(
        "scheme",
        match theme.scheme {
            Some(Scheme::Light) => Some("light".to_owned()),
            Some(Scheme::Dark) => Some("dark".to_owned()),
            Some(Scheme::Auto) | None => None,
        },
    );
    set("accent", theme.accent.clone());
    set("background", theme.background.clone());
    set("text", theme.text.clone());
    set("dark-accent", dark.accent);
    set("dark-background", dark.background);
    set("dark-text", dark.text);
    set("radius", theme.radius_px.map(|radius| format!("{radius}px")));
    set("font", theme.font.clone());
    set("spacing", theme.spacing.map(|spacing| spacing.to_string()));
}
