use serde_json::{Value, json};
use tests::{Engine, in_each_browser, wait_until};
use thirtyfour::Key;

use crate::stage::Stage;

in_each_browser! {
    nothing_in_the_page_moves,
    a_survey_can_be_used_above_a_dialog,
    inline_waits_for_its_element,
    inline_gives_up_with_the_page,
    a_tab_is_shown_when_it_is_opened,
    a_modal_waits_until_nobody_is_typing,
    nothing_else_takes_the_focus,
    colours_come_from_site_survey_and_page,
}

const PAGE: &str =
    "<main><h1>Acme</h1><p>A page.</p><input id=search><p id=last>The end.</p></main>";

/// One survey for each placement, with fields of its own.
fn surveys() -> Value {
    let survey = |id: &str, more: Value| {
        let mut survey = json!({
            "id": id, "placement": id,
            "questions": [{ "scale": "nps", "prompt": "How likely are you to recommend us?" }],
        });
        survey.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        survey
    };
    json!([
        survey("popover", json!({ "position": "top-start" })),
        survey("bar", json!({ "position": "top" })),
        survey("modal", json!({})),
        survey("tab", json!({ "label": "Tell us", "position": "start" })),
        survey("inline", json!({ "target": "#here" })),
    ])
}

async fn nothing_in_the_page_moves(engine: Engine) {
    let stage = Stage::open(engine, surveys(), PAGE).await;
    let place = "JSON.stringify(['#search', '#last', 'html'].map((it) => document.querySelector(it).getBoundingClientRect()))";
    for placement in ["popover", "bar", "modal", "tab"] {
        stage.browser.open(&format!("{}/en", stage.url)).await;
        let before = stage.ask(place).await;
        stage.show(placement, "en").await;
        if placement == "tab" {
            stage.browser.click_in_card(".tab").await;
        }
        stage.browser.click_in_card("[value='9']").await;
        assert_eq!(stage.ask(place).await, before, "{placement}");
    }
    assert_eq!(stage.browser.noise().await, json!([]));
}

async fn a_survey_can_be_used_above_a_dialog(engine: Engine) {
    let page = format!("{PAGE}<dialog id=cart><button>Pay</button></dialog>");
    let stage = Stage::open(engine, surveys(), &page).await;
    for placement in ["popover", "bar", "modal", "tab"] {
        stage.browser.open(&format!("{}/en", stage.url)).await;
        stage.browser.wait_for_loader().await;
        stage.browser.run("cart.showModal()").await;
        stage.browser.run(&format!("nabz.open('{placement}')")).await;
        if placement == "tab" {
            stage.browser.click_in_card(".tab").await;
        }
        stage.browser.in_card("[value='3']").await;
        // Nothing lies above it, and it can be clicked through both.
        stage.browser.hold_still().await;
        stage.browser.run("cart.close()").await;
        stage
            .wait_for("document.querySelector('nabz-survey').parentNode.localName", json!("body"))
            .await;
        stage.browser.run("cart.showModal(); cart.close()").await;
        stage.browser.click_in_card("[value='3']").await;
        stage.wait_for_answers(placement, json!([{ "question": "nps", "value": 3 }])).await;
    }
    stage.browser.open(&format!("{}/en", stage.url)).await;
    stage.browser.wait_for_loader().await;
    stage.browser.run("cart.showModal(); nabz.open('popover')").await;
    stage.browser.click_in_card("[value='4']").await;
    stage.wait_for_answers("inside", json!([{ "question": "nps", "value": 4 }])).await;
    assert_eq!(stage.browser.noise().await, json!([]));
}

async fn inline_waits_for_its_element(engine: Engine) {
    let stage = Stage::open(engine, surveys(), PAGE).await;
    stage.call("inline", "en").await;
    wait_until("the definition", async || {
        stage.proxy.seen().iter().any(|(line, _)| line.contains("inline."))
    })
    .await;
    assert!(!stage.browser.has_card().await);
    stage
        .browser
        .run("document.querySelector('h1').insertAdjacentHTML('afterend', '<div id=here></div>')")
        .await;
    stage.browser.click_in_card("[value='9']").await;
    assert_eq!(stage.ask("document.querySelector('#here').contains(shadow.host)").await, true);
    let role = "[card.role, getComputedStyle(card).position]";
    assert_eq!(stage.ask(role).await, json!(["region", "relative"]));
    stage.wait_for_answers("inline", json!([{ "question": "nps", "value": 9 }])).await;
}

async fn inline_gives_up_with_the_page(engine: Engine) {
    let stage = Stage::open(engine, surveys(), PAGE).await;
    stage.browser.open(&format!("{}/en", stage.url)).await;
    stage.browser.wait_for_loader().await;
    assert_eq!(stage.browser.run("return nabz.open('inline')").await, false, "it waits");
    let leave = "history.pushState(null, '', '/de');
        document.body.insertAdjacentHTML('beforeend', '<div id=here></div>')";
    stage.browser.run(leave).await;
    // Another survey can be shown: the waiting one holds nothing up.
    stage.browser.run("nabz.open('popover')").await;
    stage.browser.in_card("[data-placement=popover]").await;
    assert_eq!(
        stage.browser.run("return document.querySelectorAll('nabz-survey').length").await,
        1
    );
}

async fn a_tab_is_shown_when_it_is_opened(engine: Engine) {
    let stage = Stage::open(engine, surveys(), PAGE).await;
    stage.call("tab", "en").await;
    let tab = stage.browser.in_card(".tab").await;
    assert_eq!(tab.text().await.unwrap(), "Tell us");
    let at_edge = "shadow.querySelector('.tab').getBoundingClientRect().left";
    assert_eq!(stage.ask(at_edge).await, 0);
    stage.browser.press(Key::Tab).await;
    assert!(stage.proxy.responses().is_empty(), "a tab is no showing");
    tab.click().await.unwrap();
    wait_until("the showing", async || {
        stage.proxy.responses().iter().any(|response| response["state"] == "shown")
    })
    .await;
    let focus = "shadow.activeElement === card && !shadow.querySelector('.tab')";
    assert_eq!(stage.ask(focus).await, true);
}

async fn a_modal_waits_until_nobody_is_typing(engine: Engine) {
    let stage = Stage::open(engine, surveys(), PAGE).await;
    stage.browser.open(&format!("{}/en", stage.url)).await;
    stage.browser.wait_for_loader().await;
    let search = stage.browser.find("#search").await;
    search.send_keys("clay").await.unwrap();
    stage.browser.run("nabz.open('modal')").await;
    wait_until("the definition", async || {
        stage.proxy.seen().iter().any(|(line, _)| line.contains("modal."))
    })
    .await;
    search.send_keys(" pots").await.unwrap();
    assert_eq!(search.prop("value").await.unwrap().as_deref(), Some("clay pots"));
    stage.browser.run("search.blur()").await;
    stage.browser.in_card("dialog[open]").await;
    stage.wait_for("shadow.activeElement === card", json!(true)).await;
    stage.browser.press(Key::Escape).await;
    stage.browser.wait_until_closed().await;
    wait_until("the dismissal", async || {
        stage.proxy.responses().iter().any(|response| response["state"] == "dismissed")
    })
    .await;
}

async fn nothing_else_takes_the_focus(engine: Engine) {
    let stage = Stage::open(engine, surveys(), PAGE).await;
    for placement in ["popover", "bar", "tab"] {
        stage.browser.open(&format!("{}/en", stage.url)).await;
        stage.browser.wait_for_loader().await;
        let search = stage.browser.find("#search").await;
        search.send_keys("clay").await.unwrap();
        stage.browser.run(&format!("nabz.open('{placement}')")).await;
        stage.browser.in_card(".screen").await;
        stage.browser.press(" pots").await;
        let value = search.prop("value").await.unwrap();
        assert_eq!(value.as_deref(), Some("clay pots"), "{placement}");
    }
    // What is closed by the keyboard gives the focus back.
    stage.show("popover", "en").await;
    stage.browser.run("search.focus()").await;
    stage.browser.tab_to("[role=radio]").await;
    stage.browser.press(Key::Escape).await;
    stage.browser.wait_until_closed().await;
    stage.wait_for("document.activeElement.id", json!("search")).await;
}

async fn colours_come_from_site_survey_and_page(engine: Engine) {
    let survey = json!([{
        "id": "themed",
        "questions": [{ "scale": "nps", "prompt": "Would you recommend us?", "follow_up": { "any": "Why?" } }],
        "theme": { "accent": "#ffd400", "radius_px": 4, "dark": { "accent": "#333333" } },
    }]);
    let block = r##"<script type="application/json" data-nabz>{ "theme": { "text": "#102030" } }</script>"##;
    let stage = Stage::open(engine, survey, block).await;
    let check = async |scheme: &str, expected: [&str; 4]| {
        stage.browser.prefer(scheme).await;
        stage.show("themed", "en").await;
        stage.browser.click_in_card("[value='9']").await;
        stage.browser.in_card("textarea").await;
        let colours = "(() => {
            const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
            const plain = (colour) => {
                canvas.fillStyle = colour;
                canvas.fillRect(0, 0, 1, 1);
                return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).join();
            };
            const send = getComputedStyle(shadow.querySelector('[name=send]'));
            const { color, borderRadius } = getComputedStyle(card);
            return [plain(send.backgroundColor), plain(send.color), plain(color), borderRadius];
        })()";
        assert_eq!(stage.ask(colours).await, json!(expected), "{scheme}");
    };
    check("light", ["255,212,0", "0,0,0", "16,32,48", "4px"]).await;
    check("dark", ["51,51,51", "255,255,255", "236,238,243", "4px"]).await;
}
