//! Defines [`Card`], the root component: from a [`State`] to what is seen.

use std::cell::RefCell;
use std::rc::Rc;

use survey::text::is_right_to_left;
use survey::{Answer, State as Progress};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::{AttrValue, Component, Context, Html, NodeRef, Properties, html};

use crate::ask::{Ask, Asked};
use crate::state::{Action, Screen, State};
use crate::visibility::Watch;
use crate::{comment, scale};

/// Takes how far the response has come, and all answers so far.
pub type Send = dyn Fn(Progress, &[Answer]);

/// What one showing is made of.
pub struct Showing {
    /// What is asked.
    pub asked: Asked,
    /// Where it starts; the card takes it.
    pub start: RefCell<State>,
    /// Posts.
    pub send: Box<Send>,
    /// Called when there is nothing to show any more.
    pub closed: Box<dyn Fn()>,
}

/// The card's properties: a showing never changes, so it is compared by its address.
#[derive(Properties, Clone)]
pub struct Props {
    /// The showing.
    pub showing: Rc<Showing>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Props) -> bool {
        Rc::ptr_eq(&self.showing, &other.showing)
    }
}

/// The card.
pub struct Card {
    state: State,
    element: NodeRef,
    watch: Option<Watch>,
    focus: Focus,
}

/// What has to be done about the focus after the next rendering.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Focus {
    /// Nothing.
    Keep,
    /// The keyboard moved on the scale.
    Scale,
    /// It was in the card, and what had it may go with the screen: the keyboard shall not start
    /// again at the top of the page.
    Card,
}

impl Component for Card {
    type Message = Action;
    type Properties = Props;

    fn create(ctx: &Context<Card>) -> Card {
        let state = ctx.props().showing.start.take();
        Card { state, element: NodeRef::default(), watch: None, focus: Focus::Keep }
    }

    fn update(&mut self, ctx: &Context<Card>, action: Action) -> bool {
        let showing = &ctx.props().showing;
        let (screen, cursor) = (self.state.screen, self.state.cursor);
        if let Some(progress) = self.state.reduce(&showing.asked, action) {
            (showing.send)(progress, &self.state.answers);
        }
        if self.state.screen == Screen::Closed {
            if screen != Screen::Closed {
                (showing.closed)();
            }
            return false;
        }
        self.focus = if screen != self.state.screen && self.has_focus() {
            Focus::Card
        } else if cursor != self.state.cursor {
            Focus::Scale
        } else {
            Focus::Keep
        };
        true
    }

    fn rendered(&mut self, ctx: &Context<Card>, first: bool) {
        let Some(card) = self.element.cast::<HtmlElement>() else { return };
        if first {
            let link = ctx.link().clone();
            self.watch = Watch::new(&card, move || link.send_message(Action::See));
        }
        let wanted = match std::mem::replace(&mut self.focus, Focus::Keep) {
            Focus::Scale => card.query_selector("[role=radio][tabindex='0']").ok().flatten(),
            Focus::Card if !self.has_focus() => Some(card.into()),
            _ => None,
        };
        if let Some(element) = wanted {
            let _ = element.unchecked_into::<HtmlElement>().focus();
        }
    }

    fn view(&self, ctx: &Context<Card>) -> Html {
        let asked = &ctx.props().showing.asked;
        let seen = Seen::new(&self.state, asked);
        // What is said is empty until the card is seen: a screen reader says only what changes.
        let said = self.state.seen.then_some(seen.follow_up.unwrap_or(seen.title));
        html! {
            <div ref={self.element.clone()} class="card" tabindex="-1"
                data-position={&asked.position} role="dialog" aria-labelledby="prompt"
                lang={&asked.locale}
                dir={if is_right_to_left(&asked.locale) { "rtl" } else { "ltr" }}>
                { seen.view(&self.state, asked) }
                { comment::button("close", asked.words().close) }
                <div class="hidden" role="status">{ said }</div>
            </div>
        }
    }
}

impl Card {
    fn has_focus(&self) -> bool {
        let card = self.element.cast::<HtmlElement>();
        card.is_some_and(|card| card.matches(":focus-within").unwrap_or_default())
    }
}

/// What is seen on one screen.
struct Seen<'a> {
    /// The question; `None` for the thanks.
    ask: Option<&'a Ask>,
    /// The question itself, or the last words.
    title: &'a AttrValue,
    /// What is asked about the answer just given.
    follow_up: Option<&'a AttrValue>,
}

impl<'a> Seen<'a> {
    fn new(state: &State, asked: &'a Asked) -> Seen<'a> {
        let ask = state.ask(asked).map(|(_, ask)| ask);
        let title = ask.map_or(&asked.thanks, |ask| &ask.prompt);
        let is_answered = matches!(state.screen, Screen::FollowUp(_));
        let answered = ask.filter(|_| is_answered);
        let follow_up = answered.and_then(|ask| ask.follow_up(state.chosen(ask)?));
        Seen { ask, title, follow_up }
    }

    fn view(&self, state: &State, asked: &Asked) -> Html {
        // What comes next is drawn anew, with an empty text field.
        let key = match state.screen {
            Screen::Question(0) | Screen::FollowUp(0) => "first",
            Screen::Question(_) | Screen::FollowUp(_) => "second",
            Screen::Thanks | Screen::Closed => "last",
        };
        // Places in the list of children stay the same: what is kept on the screen keeps its
        // elements, and with them the focus.
        let scale = self.ask.map(|ask| scale::view(asked, ask, state)).unwrap_or_default();
        let label = match self.ask {
            _ if self.follow_up.is_some() => Some("why"),
            Some(ask) if ask.range().is_none() => Some("prompt"),
            _ => None,
        };
        let text = label.map(|label| comment::view(asked, label, &state.draft)).unwrap_or_default();
        // The style sheet's animation of the thanks is the timer that closes the card: it pauses
        // under the pointer by itself.
        html! {
            <div key={key} class="screen" data-answered={self.follow_up.map(|_| "")}
                data-brief={self.ask.is_none().then_some("")}>
                <h2 id="prompt" dir="auto">{ self.title }</h2>
                { scale }
                <h3 id="why" dir="auto">{ self.follow_up }</h3>
                { text }
            </div>
        }
    }
}
