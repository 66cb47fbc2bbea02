//! The controls of a scale: a group of radio buttons of which a click is the answer.

use survey::Scale;
use yew::{Html, html};

use crate::ask::{Ask, Asked};
use crate::state::State;
use crate::{digits, faces};

/// The scale of a question with its end labels; nothing for free text.
pub fn view(asked: &Asked, ask: &Ask, state: &State) -> Html {
    let Some((low, high)) = ask.range() else { return Html::default() };
    let chosen = state.chosen(ask);
    let stop = state.stop(ask);
    let cell = |value: u8| {
        let face = (ask.scale == Scale::Faces).then(|| faces::place(value, ask.points));
        html! {
            <button type="button" name="choose" value={digits::written(value.into(), '0')}
                role="radio" aria-checked={if chosen == Some(value) { "true" } else { "false" }}
                tabindex={if stop == Some(value) { "0" } else { "-1" }}
                aria-label={face.map(|place| asked.words().face(place))}>
                { face.map_or_else(|| asked.number(value.into()).into(), faces::face) }
            </button>
        }
    };
    let [low_label, high_label] = &ask.ends;
    html! {
        <>
            <div class="scale" data-scale={ask.scale.name()} role="radiogroup"
                aria-labelledby="prompt" aria-describedby="ends">
                { for (low..=high).map(cell) }
            </div>
            <div class="ends" id="ends">{ low_label }<span>{ high_label }</span></div>
        </>
    }
}
