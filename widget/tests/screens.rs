//! What the card looks like on each screen: its HTML, rendered without a browser.

use std::rc::Rc;

use expect_test::{Expect, expect};
use nabz_widget::asked::Asked;
use nabz_widget::card::{Card, Props};
use nabz_widget::state::{Action, State};
use yew::LocalServerRenderer;

/// What the page's part writes for a question: the scale, whether an answer is a list, and the
/// cells as value, label and drawing.
fn asked(scale: &str, takes_list: &str, cells: &[[&str; 3]]) -> Asked {
    let thanks =
        ["2", "promoter", "Great!", "Review us", "https://example.com", "any", "Thanks!", "", ""];
    let mut fields = vec!["Back", "Skip", "Next", "Send", "Optional", "Please choose."];
    fields.extend(thanks);
    let count = cells.len().to_string();
    fields.extend(["1", scale, "5", takes_list, "How was it?", "Bad", "Good", &count]);
    fields.extend(cells.iter().flatten());
    fields.extend(["1", "any", "Why?", "", ""]);
    Asked::read(&fields.join("\u{1f}"))
}

/// Renders what is seen after some actions.
async fn check(asked: Asked, actions: &[(Action, &str)], expected: Expect) {
    let mut start = State::default();
    for (action, draft) in actions {
        start.reduce(&asked, *action, (*draft).to_owned());
    }
    let props = Props { asked: Rc::new(asked), start: Some(start), post: |_, _| {}, close: || {} };
    let card = LocalServerRenderer::<Card>::with_props(props).hydratable(false);
    expected.assert_eq(&card.render().await.replace("><", ">\n<"));
}

const NUMBERS: [[&str; 3]; 3] = [["8", "۸", ""], ["9", "۹", ""], ["10", "۱۰", ""]];
const OPTIONS: [[&str; 3]; 3] = [["late", "Late", ""], ["lost", "Lost", ""], ["", "Nothing", ""]];

#[tokio::test]
async fn a_question_in_the_digits_of_its_language() {
    check(asked("nps", "0", &NUMBERS), &[], expect![[r#"
        <div class="screen">
        <h2 id="prompt" dir="auto">How was it?</h2>
        <div data-scale="nps" role="radiogroup" aria-labelledby="prompt" aria-describedby="ends missing" class="scale">
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="0" value="8">۸</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="9">۹</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="10">۱۰</button>
        </div>
        <div id="ends" class="ends">Bad<span>Good</span>
        </div>
        <p id="missing" role="alert">
        </p>
        <h3 id="why" dir="auto">
        </h3>
        <div class="actions">
        <span id="left">
        </span>
        </div>
        </div>
        <div role="status" class="hidden">
        </div>"#]]).await;
}

#[tokio::test]
async fn a_drawing_has_its_name() {
    check(asked("faces", "0", &[["1", "Unhappy", "M1 2"]]), &[], expect![[r#"
        <div class="screen">
        <h2 id="prompt" dir="auto">How was it?</h2>
        <div data-scale="faces" role="radiogroup" aria-labelledby="prompt" aria-describedby="ends missing" class="scale">
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="0" aria-label="Unhappy" value="1">
        <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d="M1 2">
        </path>
        </svg>
        </button>
        </div>
        <div id="ends" class="ends">Bad<span>Good</span>
        </div>
        <p id="missing" role="alert">
        </p>
        <h3 id="why" dir="auto">
        </h3>
        <div class="actions">
        <span id="left">
        </span>
        </div>
        </div>
        <div role="status" class="hidden">
        </div>"#]]).await;
}

#[tokio::test]
async fn a_follow_up_under_its_answer() {
    let actions = [(Action::See, ""), (Action::Choose(0), "")];
    check(asked("nps", "0", &NUMBERS), &actions, expect![[r#"
        <div data-answered="" class="screen">
        <h2 id="prompt" dir="auto">How was it?</h2>
        <div data-scale="nps" role="radiogroup" aria-labelledby="prompt" aria-describedby="ends missing" class="scale">
        <button type="button" name="choose" role="radio" aria-checked="true" tabindex="0" value="8">۸</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="9">۹</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="10">۱۰</button>
        </div>
        <div id="ends" class="ends">Bad<span>Good</span>
        </div>
        <p id="missing" role="alert">
        </p>
        <h3 id="why" dir="auto">Why?</h3>
        <textarea rows="3" maxlength="2000" aria-labelledby="why" aria-describedby="left" placeholder="Optional">
        </textarea>
        <div class="actions">
        <span id="left">
        </span>
        <button type="button" name="skip">Skip</button>
        <button type="button" name="send">Send</button>
        </div>
        </div>
        <div role="status" class="hidden">Why?</div>"#]]).await;
}

#[tokio::test]
async fn a_list_that_was_sent_empty() {
    check(asked("problems", "1", &OPTIONS), &[(Action::Send, "")], expect![[r#"
        <div class="screen">
        <h2 id="prompt" dir="auto">How was it?</h2>
        <div data-scale="problems" role="group" aria-labelledby="prompt" aria-describedby="ends missing" class="scale">
        <button type="button" name="choose" role="checkbox" aria-checked="false" tabindex="0" value="late">Late</button>
        <button type="button" name="choose" role="checkbox" aria-checked="false" tabindex="0" value="lost">Lost</button>
        <button type="button" name="choose" role="checkbox" aria-checked="false" tabindex="0" value="">Nothing</button>
        </div>
        <div id="ends" class="ends">Bad<span>Good</span>
        </div>
        <p id="missing" role="alert">Please choose.</p>
        <h3 id="why" dir="auto">
        </h3>
        <div class="actions">
        <span id="left">
        </span>
        <button type="button" name="skip">Skip</button>
        <button type="button" name="send">Send</button>
        </div>
        </div>
        <div role="status" class="hidden">
        </div>"#]]).await;
}

#[tokio::test]
async fn a_list_with_something_in_it() {
    check(asked("problems", "1", &OPTIONS), &[(Action::Choose(1), "")], expect![[r#"
        <div data-answered="" class="screen">
        <h2 id="prompt" dir="auto">How was it?</h2>
        <div data-scale="problems" role="group" aria-labelledby="prompt" aria-describedby="ends missing" class="scale">
        <button type="button" name="choose" role="checkbox" aria-checked="false" tabindex="0" value="late">Late</button>
        <button type="button" name="choose" role="checkbox" aria-checked="true" tabindex="0" value="lost">Lost</button>
        <button type="button" name="choose" role="checkbox" aria-checked="false" tabindex="0" value="">Nothing</button>
        </div>
        <div id="ends" class="ends">Bad<span>Good</span>
        </div>
        <p id="missing" role="alert">
        </p>
        <h3 id="why" dir="auto">Why?</h3>
        <textarea rows="3" maxlength="2000" aria-labelledby="why" aria-describedby="left" placeholder="Optional">
        </textarea>
        <div class="actions">
        <span id="left">
        </span>
        <button type="button" name="skip">Skip</button>
        <button type="button" name="send">Send</button>
        </div>
        </div>
        <div role="status" class="hidden">
        </div>"#]]).await;
}

#[tokio::test]
async fn a_text() {
    check(asked("text", "0", &[]), &[], expect![[r#"
        <div class="screen">
        <h2 id="prompt" dir="auto">How was it?</h2>
        <p id="missing" role="alert">
        </p>
        <h3 id="why" dir="auto">
        </h3>
        <textarea rows="3" maxlength="2000" aria-labelledby="prompt" aria-describedby="left" placeholder="Optional">
        </textarea>
        <div class="actions">
        <span id="left">
        </span>
        <button type="button" name="skip">Skip</button>
        <button type="button" name="send">Send</button>
        </div>
        </div>
        <div role="status" class="hidden">
        </div>"#]]).await;
}

#[tokio::test]
async fn thanks_with_a_link() {
    let actions = [(Action::See, ""), (Action::Choose(1), ""), (Action::Send, "fast")];
    check(
        asked("nps", "0", &NUMBERS),
        &actions,
        expect![[r#"
        <div data-brief="link" class="screen">
        <h2 id="prompt" dir="auto">Great!</h2>
        <a href="https://example.com" target="_blank" rel="noopener">Review us</a>
        </div>
        <div role="status" class="hidden">Great!</div>"#]],
    )
    .await;
}

#[tokio::test]
async fn thanks() {
    let actions = [(Action::See, ""), (Action::Choose(0), ""), (Action::Skip, "")];
    check(
        asked("nps", "0", &NUMBERS),
        &actions,
        expect![[r#"
        <div data-brief="" class="screen">
        <h2 id="prompt" dir="auto">Thanks!</h2>
        </div>
        <div role="status" class="hidden">Thanks!</div>"#]],
    )
    .await;
}
