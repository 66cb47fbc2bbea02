//! The cells of a scale: radio buttons of which a click is the answer, or boxes to tick.

use yew::{Html, html};

use crate::asked::{Ask, Cell};

/// The scale of a question with its end labels; nothing for free text.
pub fn view(ask: &Ask, chosen: u32) -> Html {
    if ask.cells.is_empty() {
        return Html::default();
    }
    let role = if ask.takes_list { "checkbox" } else { "radio" };
    // The Tab key enters a group of radio buttons at the answer, else at the start.
    let stop = if chosen == 0 { 1 } else { chosen };
    let cell = |(place, cell): (usize, &Cell)| {
        let is_in = |cells: u32| cells >> place & 1 == 1;
        let is_stop = ask.takes_list || is_in(stop);
        let is_drawn = !cell.drawing.is_empty();
        html! {
            <button type="button" name="choose" value={&cell.value} role={role}
                aria-checked={if is_in(chosen) { "true" } else { "false" }}
                tabindex={if is_stop { "0" } else { "-1" }}
                aria-label={is_drawn.then(|| cell.label.clone())}>
                if is_drawn {
                    <svg viewBox="0 0 24 24" aria-hidden="true"><path d={&cell.drawing} /></svg>
                } else {
                    { &cell.label }
                }
            </button>
        }
    };
    let [low, high] = &ask.ends;
    html! {
        <>
            <div class="scale" data-scale={ask.scale.name()}
                role={if ask.takes_list { "group" } else { "radiogroup" }}
                aria-labelledby="prompt" aria-describedby="ends missing">
                { for ask.cells.iter().enumerate().map(cell) }
            </div>
            <div class="ends" id="ends">{ low }<span>{ high }</span></div>
        </>
    }
}
