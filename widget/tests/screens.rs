//! What the card looks like on each screen: its HTML, rendered without a browser.

use std::rc::Rc;

use expect_test::{Expect, expect};
use survey::Scale;
use widget::ask::{Ask, Asked};
use widget::card::{Card, Props, Showing};
use widget::state::{Action, State};
use widget::words::Words;
use yew::LocalServerRenderer;

/// A question with the card's own end labels, and a follow-up for everybody.
fn ask(locale: &str, scale: Scale, prompt: &'static str) -> Ask {
    let ends = Words::of(locale).ends(scale, 5).map(Into::into);
    let follow_up = vec![("any".to_owned(), "Why?".into())];
    Ask { id: scale.name().into(), scale, points: 5, prompt: prompt.into(), ends, follow_up }
}

/// Renders what is seen after some actions.
async fn check(locale: &'static str, question: Ask, actions: &[Action], expected: Expect) {
    let asked = Asked {
        locale: locale.into(),
        position: "bottom-end".into(),
        questions: vec![question],
        thanks: Words::of(locale).thanks.into(),
    };
    let mut start = State::default();
    for action in actions {
        start.reduce(&asked, action.clone());
    }
    let (send, closed) = (Box::new(|_, _: &[_]| ()), Box::new(|| ()));
    let showing = Rc::new(Showing { asked, start: start.into(), send, closed });
    let card = LocalServerRenderer::<Card>::with_props(Props { showing }).hydratable(false);
    expected.assert_eq(&card.render().await.replace("><", ">\n<"));
}

#[tokio::test]
async fn nps_in_english() {
    let question = ask("en", Scale::Nps, "How likely are you to recommend us?");
    check("en", question, &[], expect![[r#"
        <div tabindex="-1" data-position="bottom-end" role="dialog" aria-labelledby="prompt" lang="en" dir="ltr" class="card">
        <div class="screen">
        <h2 id="prompt" dir="auto">How likely are you to recommend us?</h2>
        <div data-scale="nps" role="radiogroup" aria-labelledby="prompt" aria-describedby="ends" class="scale">
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="0" value="0">0</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="1">1</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="2">2</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="3">3</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="4">4</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="5">5</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="6">6</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="7">7</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="8">8</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="9">9</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="10">10</button>
        </div>
        <div id="ends" class="ends">Not at all likely<span>Extremely likely</span>
        </div>
        <h3 id="why" dir="auto">
        </h3>
        </div>
        <button type="button" name="close">Close</button>
        <div role="status" class="hidden">
        </div>
        </div>"#]]).await;
}

#[tokio::test]
async fn faces_in_persian() {
    let question = ask("fa", Scale::Faces, "چقدر راضی هستید؟");
    check("fa", question, &[Action::Press("ArrowLeft".into())], expect![[r#"
        <div tabindex="-1" data-position="bottom-end" role="dialog" aria-labelledby="prompt" lang="fa" dir="rtl" class="card">
        <div class="screen">
        <h2 id="prompt" dir="auto">چقدر راضی هستید؟</h2>
        <div data-scale="faces" role="radiogroup" aria-labelledby="prompt" aria-describedby="ends" class="scale">
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" aria-label="خیلی ناراضی" value="1">
        <svg viewBox="0 0 24 24" aria-hidden="true">
        <circle cx="12" cy="12" r="10.25">
        </circle>
        <path d="M8.6 9.3v.7m6.8-.7v.7M7.5 17.2q4.5-6 9 0">
        </path>
        </svg>
        </button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="0" aria-label="ناراضی" value="2">
        <svg viewBox="0 0 24 24" aria-hidden="true">
        <circle cx="12" cy="12" r="10.25">
        </circle>
        <path d="M8.6 9.3v.7m6.8-.7v.7M8 16.4q4-3 8 0">
        </path>
        </svg>
        </button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" aria-label="معمولی" value="3">
        <svg viewBox="0 0 24 24" aria-hidden="true">
        <circle cx="12" cy="12" r="10.25">
        </circle>
        <path d="M8.6 9.3v.7m6.8-.7v.7M8 15.4h8">
        </path>
        </svg>
        </button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" aria-label="راضی" value="4">
        <svg viewBox="0 0 24 24" aria-hidden="true">
        <circle cx="12" cy="12" r="10.25">
        </circle>
        <path d="M8.6 9.3v.7m6.8-.7v.7M8 14.6q4 3.4 8 0">
        </path>
        </svg>
        </button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" aria-label="خیلی راضی" value="5">
        <svg viewBox="0 0 24 24" aria-hidden="true">
        <circle cx="12" cy="12" r="10.25">
        </circle>
        <path d="M8.6 9.3v.7m6.8-.7v.7M7 13.6h10q-1 4.9-5 4.9t-5-4.9z">
        </path>
        </svg>
        </button>
        </div>
        <div id="ends" class="ends">خیلی ناراضی<span>خیلی راضی</span>
        </div>
        <h3 id="why" dir="auto">
        </h3>
        </div>
        <button type="button" name="close">بستن</button>
        <div role="status" class="hidden">
        </div>
        </div>"#]]).await;
}

#[tokio::test]
async fn effort_in_arabic() {
    let question = ask("ar", Scale::Effort, "كم بذلت من الجهد؟");
    check("ar", question, &[], expect![[r#"
        <div tabindex="-1" data-position="bottom-end" role="dialog" aria-labelledby="prompt" lang="ar" dir="rtl" class="card">
        <div class="screen">
        <h2 id="prompt" dir="auto">كم بذلت من الجهد؟</h2>
        <div data-scale="effort" role="radiogroup" aria-labelledby="prompt" aria-describedby="ends" class="scale">
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="0" value="1">١</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="2">٢</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="3">٣</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="4">٤</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="5">٥</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="6">٦</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="7">٧</button>
        </div>
        <div id="ends" class="ends">جهد قليل جدًا<span>جهد كبير جدًا</span>
        </div>
        <h3 id="why" dir="auto">
        </h3>
        </div>
        <button type="button" name="close">إغلاق</button>
        <div role="status" class="hidden">
        </div>
        </div>"#]]).await;
}

#[tokio::test]
async fn a_follow_up_under_its_answer() {
    let question = ask("en", Scale::Effort, "How much effort?");
    let actions = [Action::See, Action::Choose(6), Action::Write("Slow".into())];
    check("en", question, &actions, expect![[r#"
        <div tabindex="-1" data-position="bottom-end" role="dialog" aria-labelledby="prompt" lang="en" dir="ltr" class="card">
        <div data-answered="" class="screen">
        <h2 id="prompt" dir="auto">How much effort?</h2>
        <div data-scale="effort" role="radiogroup" aria-labelledby="prompt" aria-describedby="ends" class="scale">
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="1">1</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="2">2</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="3">3</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="4">4</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="5">5</button>
        <button type="button" name="choose" role="radio" aria-checked="true" tabindex="0" value="6">6</button>
        <button type="button" name="choose" role="radio" aria-checked="false" tabindex="-1" value="7">7</button>
        </div>
        <div id="ends" class="ends">Very low effort<span>Very high effort</span>
        </div>
        <h3 id="why" dir="auto">Why?</h3>
        <textarea rows="3" maxlength="2000" aria-labelledby="why" placeholder="Optional">
        </textarea>
        <div class="actions">
        <span>4/2000</span>
        <button type="button" name="skip">Skip</button>
        <button type="button" name="send">Send</button>
        </div>
        </div>
        <button type="button" name="close">Close</button>
        <div role="status" class="hidden">Why?</div>
        </div>"#]]).await;
}

#[tokio::test]
async fn a_text() {
    check("en", ask("en", Scale::Text, "What is missing?"), &[], expect![[r#"
        <div tabindex="-1" data-position="bottom-end" role="dialog" aria-labelledby="prompt" lang="en" dir="ltr" class="card">
        <div class="screen">
        <h2 id="prompt" dir="auto">What is missing?</h2>
        <h3 id="why" dir="auto">
        </h3>
        <textarea rows="3" maxlength="2000" aria-labelledby="prompt" placeholder="Optional">
        </textarea>
        <div class="actions">
        <span>
        </span>
        <button type="button" name="skip">Skip</button>
        <button type="button" name="send">Send</button>
        </div>
        </div>
        <button type="button" name="close">Close</button>
        <div role="status" class="hidden">
        </div>
        </div>"#]]).await;
}

#[tokio::test]
async fn thanks() {
    let question = ask("en", Scale::Nps, "How likely are you to recommend us?");
    check("en", question, &[Action::See, Action::Choose(9), Action::Skip], expect![[r#"
        <div tabindex="-1" data-position="bottom-end" role="dialog" aria-labelledby="prompt" lang="en" dir="ltr" class="card">
        <div data-brief="" class="screen">
        <h2 id="prompt" dir="auto">Thank you for your feedback!</h2>
        <h3 id="why" dir="auto">
        </h3>
        </div>
        <button type="button" name="close">Close</button>
        <div role="status" class="hidden">Thank you for your feedback!</div>
        </div>"#]]).await;
}
