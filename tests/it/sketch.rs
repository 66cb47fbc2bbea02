use serde_json::{Value, json};
use tests::gallery::{Gallery, LANGUAGES, SCALES};
use tests::{Engine, in_each_browser};
use thirtyfour::Key;

in_each_browser! {
    a_sketch_is_what_the_card_draws,
    what_is_done_to_a_sketch_counts,
    a_sketch_can_be_closed,
}

/// Keeps the WebAssembly back until `letCome` is called, and writes down what the page hears.
const PAGE: &str = "
    const { instantiateStreaming } = WebAssembly;
    const wait = new Promise((resolve) => (window.letCome = resolve));
    WebAssembly.instantiateStreaming = async (...call) => {
        await wait;
        return instantiateStreaming.apply(WebAssembly, call);
    };
    window.heard = [];
    for (const state of ['shown', 'answered', 'completed', 'dismissed'])
        document.addEventListener('nabz:' + state, ({ detail }) =>
            heard.push([state, ...detail.answers]));";

/// In a script: the survey's shadow, and the place its screens are drawn into.
const PARTS: &str = "const shadow = document.querySelector('nabz-survey')?.shadowRoot;
    const root = shadow?.querySelector('.card > div');";

/// Lets the card come in the place of the sketch.
async fn let_come(gallery: &Gallery) {
    gallery.ask("window.sketch = root.firstChild; letCome()").await;
    gallery.wait_for("return !sketch.isConnected", json!(true)).await;
}

async fn a_sketch_is_what_the_card_draws(engine: Engine) {
    let gallery = Gallery::open(engine, PAGE.to_owned()).await.with(PARTS);
    for (survey, _) in SCALES {
        for (language, _) in LANGUAGES {
            gallery.show(survey, language).await;
            gallery.ask("window.before = root.firstChild.cloneNode(true)").await;
            let_come(&gallery).await;
            let same = gallery.ask("return root.firstChild.isEqualNode(before)").await;
            let both = "return [before.outerHTML, root.firstChild.outerHTML]";
            assert_eq!(same, true, "{survey} {language}: {:#}", gallery.ask(both).await);
        }
    }
}

async fn what_is_done_to_a_sketch_counts(engine: Engine) {
    let gallery = Gallery::open(engine, PAGE.to_owned()).await.with(PARTS);
    let check = async |survey: &str, clicks: &[&str], expected: Value| {
        gallery.show(survey, "en").await;
        for click in clicks {
            gallery.browser.click_in_card(click).await;
        }
        assert_eq!(gallery.ask("return heard").await, json!([]), "{survey}: too early");
        let_come(&gallery).await;
        let heard = "return heard.filter(([state]) => state !== 'shown').at(-1) ?? null";
        gallery.wait_for(heard, expected).await;
    };
    let answered = |id: &str, value: Value| json!(["answered", { "question": id, "value": value }]);
    check("nps", &["[value='9']"], answered("nps", json!(9))).await;
    // Who changes their mind has not answered the next question with it.
    check("stars", &["[value='2']", "[value='4']"], answered("stars", json!(4))).await;
    let both = answered("choice", json!(["late", "rude"]));
    check("choices", &["[value=late]", "[value=lost]", "[value=lost]", "[value=rude]"], both).await;
    check("problems", &["[value=late]", "[value='']"], answered("problems", json!([]))).await;
    check("choices", &["[name=skip]"], json!(["dismissed"])).await;

    gallery.show("text", "en").await;
    gallery.browser.click_in_card("textarea").await;
    gallery.browser.press("Fine").await;
    let_come(&gallery).await;
    // The focus is where it was.
    gallery.browser.press("!").await;
    gallery.browser.tab_to("[name=send]").await;
    gallery.browser.press(Key::Enter).await;
    let completed = json!(["completed", { "question": "text", "value": "Fine!" }]);
    gallery.wait_for("return heard.at(-1)", completed).await;
}

async fn a_sketch_can_be_closed(engine: Engine) {
    let gallery = Gallery::open(engine, PAGE.to_owned()).await.with(PARTS);
    gallery.show("nps", "en").await;
    gallery.browser.click_in_card("[name=close]").await;
    assert!(!gallery.browser.has_card().await, "at once");
    gallery.browser.run("letCome()").await;
    gallery.wait_for("return heard.at(-1)", json!(["dismissed"])).await;
    assert!(!gallery.browser.has_card().await);
}
