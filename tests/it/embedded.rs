use axum::Router;
use axum::extract::Path;
use axum::http::header;
use axum::routing::get;
use serde_json::{Value, json};
use tests::gallery::{Gallery, LANGUAGES, SCALES};
use tests::{Engine, host, in_each_browser};
use thirtyfour::Key;

in_each_browser! {
    a_survey_in_a_yew_app_is_what_the_page_shows,
    a_yew_app_hears_of_answers,
}

/// Starts the app with a survey of the page's collector.
const MOUNT: &str = "window.mount = async (survey) => {
        const base = new URL('..', document.querySelector('[src$=\"/nabz.js\"]').src);
        const get = async (path) => (await fetch(base + 'acme/' + path)).text();
        const { surveys } = JSON.parse(await get('why.json'));
        const { rule } = surveys.find(({ id }) => id === survey);
        const definition = document.createElement('script');
        Object.assign(definition, { type: 'application/json', id: 'definition' });
        definition.textContent = await get(`${survey}.${rule.version}.json`);
        const place = document.createElement('div');
        place.id = 'app';
        document.body.append(definition, place);
        await (await import('APP/app.js')).default();
    };";

/// In a script: the survey's shadow in the app, and what the app has heard.
const PARTS: &str = "const shadow = document.querySelector('#app [data-placement]')?.shadowRoot;
    const output = document.querySelector('#app output');";

/// Serves the files of the built app.
async fn open(engine: Engine) -> Gallery {
    let folder = std::env::var("NABZ_YEW_APP")
        .expect("NABZ_YEW_APP names the built app: run `cargo xtask test`");
    let file = async move |Path(name): Path<String>| {
        let content = std::fs::read(std::path::Path::new(&folder).join(&name)).expect("a file");
        let kind = if name.ends_with(".js") { "text/javascript" } else { "application/wasm" };
        ([(header::CONTENT_TYPE, kind), (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")], content)
    };
    let app = host(Router::new().route("/{name}", get(file))).await;
    Gallery::open(engine, MOUNT.replace("APP", &app)).await.with(PARTS)
}

async fn mount(gallery: &Gallery, survey: &str) {
    gallery.browser.run(&format!("mount({})", json!(survey))).await;
    gallery.wait_for("return !!shadow?.querySelector('.screen')", json!(true)).await;
}

async fn a_survey_in_a_yew_app_is_what_the_page_shows(engine: Engine) {
    let gallery = open(engine).await;
    for (language, direction) in LANGUAGES {
        for (survey, _) in SCALES {
            gallery.show(survey, language).await;
            mount(&gallery, survey).await;
            let both = "const page = document.querySelector('nabz-survey').shadowRoot;
                const [own, other] = [shadow, page].map((it) => it.querySelector('.screen'));";
            let same = gallery.ask(&format!("{both} return own.isEqualNode(other)")).await;
            let html = format!("{both} return [own.outerHTML, other.outerHTML]");
            assert_eq!(same, true, "{survey} {language}: {:#}", gallery.ask(&html).await);
            let found = "return shadow.querySelector('.card').dir";
            assert_eq!(gallery.ask(found).await, direction, "{survey}");
        }
    }
    assert_eq!(gallery.browser.noise().await, json!([]));
}

async fn a_yew_app_hears_of_answers(engine: Engine) {
    let gallery = open(engine).await;
    gallery.show("text", "en").await;
    mount(&gallery, "nps").await;
    gallery.browser.run("nabz.close()").await;
    let heard = async |state: &str, answers: Value| {
        let expected = json!({ "state": state, "answers": answers });
        gallery.wait_for("return JSON.parse(output.textContent || null)", expected).await;
    };
    heard("shown", json!([])).await;
    gallery.ask("shadow.querySelector('[value=\"3\"]').focus()").await;
    for key in [Key::Right, Key::End, Key::Left] {
        gallery.browser.press(key).await;
    }
    gallery.browser.press(Key::Enter).await;
    heard("answered", json!([{ "question": "nps", "value": 9 }])).await;
    assert_eq!(gallery.ask("return output.dataset.keys").await, "0", "no keys for the app");
    gallery.wait_for("return shadow.activeElement?.value", json!("9")).await;

    gallery.ask("shadow.querySelector('textarea').focus()").await;
    gallery.browser.press("fast").await;
    gallery
        .wait_for("return shadow.querySelector('#left').textContent", json!("1996 characters left"))
        .await;
    gallery.ask("shadow.querySelector('[name=send]').click()").await;
    heard("completed", json!([{ "question": "nps", "value": 9, "comment": "fast" }])).await;
    gallery.wait_for("return !!shadow.querySelector('[data-brief]')", json!(true)).await;
    // What had the focus is gone, and the card has it.
    gallery.wait_for("return shadow.activeElement?.className", json!("card")).await;
    gallery.browser.press(Key::Escape).await;
    gallery.wait_for("return !shadow && !!output", json!(true)).await;
    assert_eq!(gallery.browser.noise().await, json!([]));
}
