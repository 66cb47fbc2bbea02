//! From a [`State`] to what is seen: [`view`], and [`Card`], the root component where there is
//! nothing but a card.

use std::rc::Rc;

use survey::State as Progress;
use yew::{AttrValue, Component, Context, Html, Properties, html};

use crate::asked::{Ask, Asked};
use crate::state::{Action, Given, Screen, State};
use crate::{actions, scale};

/// The card's properties: what is asked never changes, so it is compared by its address.
#[derive(Properties, Clone)]
pub struct Props {
    /// What is asked.
    pub asked: Rc<Asked>,
    /// Where it starts, if not at the beginning.
    pub start: Option<State>,
    /// Tells how far the response has come, and all answers so far.
    pub post: fn(Progress, &[Given; 2]),
    /// There is nothing to show any more.
    pub close: fn(),
}

impl PartialEq for Props {
    fn eq(&self, other: &Props) -> bool {
        Rc::ptr_eq(&self.asked, &other.asked)
    }
}

/// The card.
pub struct Card(State);

impl Component for Card {
    /// What the visitor does, and what stands in the text field.
    type Message = (Action, String);
    type Properties = Props;

    fn create(ctx: &Context<Card>) -> Card {
        Card(ctx.props().start.clone().unwrap_or_default())
    }

    fn update(&mut self, ctx: &Context<Card>, (action, draft): (Action, String)) -> bool {
        let Props { asked, post, close, .. } = ctx.props();
        if action == Action::Leave {
            if let Some(given) = self.0.left(asked, draft) {
                post(Progress::Answered, &given);
            }
            return false;
        }
        let was_open = self.0.screen != Screen::Closed;
        if let Some(progress) = self.0.reduce(asked, action, draft) {
            post(progress, &self.0.given);
        }
        let is_open = self.0.screen != Screen::Closed;
        if was_open && !is_open {
            close();
        }
        is_open
    }

    fn view(&self, ctx: &Context<Card>) -> Html {
        view(&self.0, &ctx.props().asked)
    }
}

/// What is seen of a survey.
pub fn view(state: &State, asked: &Asked) -> Html {
    let (screen, said) = match state.ask(asked) {
        Some((at, ask)) => view_question(state, asked, at, ask),
        None => view_thanks(state, asked),
    };
    // What is said is empty until the card is seen: a screen reader says only what changes.
    html! { <>{ screen }<div class="hidden" role="status">{ said.filter(|_| state.seen) }</div></> }
}

/// What is seen, and what is said about it.
type View<'a> = (Html, Option<&'a AttrValue>);

fn view_question<'a>(state: &State, asked: &'a Asked, at: usize, ask: &'a Ask) -> View<'a> {
    let given = &state.given[at];
    let is_answered = state.screen == Screen::FollowUp(at);
    let follow_up = ask.follow_up(given.chosen).filter(|_| is_answered);
    // Places in the list of children stay the same: what is kept on the screen keeps its elements,
    // and with them the focus. The next question is drawn anew, with an empty text field.
    let screen = html! {
        <div key={if at == 0 { "first" } else { "second" }} class="screen" data-answered={is_answered.then_some("")}>
            <h2 id="prompt" dir="auto">{ &ask.prompt }</h2>
            { scale::view(ask, given.chosen) }
            <p id="missing" role="alert">{ state.is_missing.then_some(&asked.words.choose) }</p>
            <h3 id="why" dir="auto">{ follow_up }</h3>
            { actions::view(&asked.words, state.screen, ask, given) }
        </div>
    };
    (screen, follow_up.or(Some(&ask.prompt)))
}

fn view_thanks<'a>(state: &State, asked: &'a Asked) -> View<'a> {
    let first = asked.questions.first();
    let thanks = first.and_then(|ask| ask.said(&asked.thanks, state.given[0].chosen));
    let text = thanks.map(|it| &it.text);
    let link = thanks.filter(|it| !it.link.is_empty());
    // The style sheet's animation of the thanks is the timer that closes the card, unless there is
    // somewhere to go: it pauses under the pointer by itself.
    let screen = html! {
        <div key="thanks" class="screen" data-brief={if link.is_some() { "link" } else { "" }}>
            <h2 id="prompt" dir="auto">{ text }</h2>
            if let Some(it) = link {
                <a href={&it.url} target="_blank" rel="noopener">{ &it.link }</a>
            }
        </div>
    };
    (screen, text)
}
