use serde_json::{Value, json};
use tests::{Engine, in_each_browser, wait_until};
use thirtyfour::Key;

use crate::host::{Host, survey};

in_each_browser! {
    the_panel_says_what_holds_each_survey_back,
    an_element_that_is_missing_is_said,
    what_is_wrong_with_the_page_is_said,
    what_cannot_be_read_or_kept_is_said_and_changes_nothing,
    where_webassembly_is_blocked_nothing_breaks_and_it_is_said,
    a_preview_shows_any_survey_and_records_nothing,
}

fn surveys() -> Vec<Value> {
    vec![
        survey("here", json!({ "show": { "event": "paid" } })),
        survey("there", json!({ "show": { "pages": ["/there"] }, "priority": 1 })),
        survey("paused", json!({ "active": false, "priority": 2 })),
        survey("ended", json!({ "ends": "2020-01-01", "priority": 3 })),
        survey(
            "missing",
            json!({ "show": { "visible": "#missing" }, "sample": 0.5, "priority": -1 }),
        ),
    ]
}

async fn the_panel_says_what_holds_each_survey_back(engine: Engine) {
    let page = Host::with_page(engine, &surveys(), "<button id=own>Own</button>{{tag}}").await;
    page.open("/").await;
    page.browser.run("document.querySelector('#own').focus()").await;
    let told = page.browser.run("return nabz.why()").await;
    assert_eq!((&told["troubles"], &told["won"]), (&json!([]), &Value::Null), "{told}");
    let rows = told["surveys"].as_array().unwrap();
    let verdicts: Vec<_> = rows.iter().map(|row| [&row["survey"], &row["verdict"]]).collect();
    let expected = [
        ["ended", "has ended"],
        ["paused", "is paused"],
        ["there", "held back by pages"],
        ["here", "waits for event"],
        ["missing", "waits for visible"],
    ];
    assert_eq!(json!(verdicts), json!(expected));
    let finding = |row: usize, at: usize| rows[row]["findings"][at].clone();
    let pages = json!({ "name": "pages", "wanted": ["/there"], "holds": false,
        "found": { "path": "/", "query": "", "fragment": "" } });
    assert_eq!(finding(2, 1), pages);
    let event = json!({ "name": "event", "wanted": "paid", "found": [], "holds": false });
    assert_eq!(finding(3, 0), event);
    assert_eq!(finding(4, 0)["found"], "none on this page yet");
    assert_eq!(finding(4, 1)["holds"], Value::Null, "nobody draws a lot to be told of it");
    assert_eq!(page.browser.run("return localStorage.length").await, 0);

    let focus = "return document.activeElement?.shadowRoot?.activeElement?.textContent";
    assert_eq!(page.browser.run(focus).await, "Close");
    page.browser.press(Key::Escape).await;
    let closed = "return !document.querySelector('nabz-why') && document.activeElement.id";
    assert_eq!(page.browser.run(closed).await, "own", "the focus returns");
    assert_eq!(page.browser.noise().await, json!([]));

    page.open("/there?nabz=why").await;
    let text = "return document.querySelector('nabz-why')?.shadowRoot.textContent ?? ''";
    wait_until("the panel", async || {
        page.browser.run(text).await.as_str().unwrap().contains("Due first: there.")
    })
    .await;
}

async fn an_element_that_is_missing_is_said(engine: Engine) {
    let inline = |id: &str, target: &str, show: Value| {
        let fields = json!({ "placement": "inline", "target": target, "show": show });
        survey(id, fields)
    };
    let surveys = [
        inline("here", "#here", json!({ "delay_seconds": 0 })),
        inline("asked", "#here", json!({ "event": "paid" })),
        inline("broken", "#(", json!({ "event": "paid" })),
        survey("pressed", json!({ "show": { "click": "a[", "visible": "#here" } })),
    ];
    let page = Host::with_page(engine, &surveys, "{{tag}}<p id=page>A page.").await;
    let told = async || {
        let told = page.browser.run("return nabz.why()").await;
        let rows = told["surveys"].as_array().unwrap().clone();
        rows.iter().map(|row| row["verdict"].clone()).collect::<Vec<_>>()
    };
    page.open("/").await;
    let waiting = [
        "waits for target",
        "waits for event",
        "held back by target, but this is no CSS selector",
        "waits for click, but this is no CSS selector or visible",
    ];
    assert_eq!(told().await, waiting);
    page.browser.run("document.querySelector('#page').id = 'here'").await;
    assert_eq!(page.next_shown().await, "here");
    assert_eq!(told().await[0], "due");
    assert_eq!(page.browser.noise().await, json!([]));
}

async fn what_is_wrong_with_the_page_is_said(engine: Engine) {
    let cases = [
        (
            "/broken",
            "<script type=application/json data-nabz>{ user: 1 }</script>{{tag}}",
            "is not JSON",
        ),
        (
            "/newer",
            "<script type=application/json data-nabz>{ \"usr\": 1 }</script>{{tag}}",
            "does not know these fields of the data-nabz block: usr",
        ),
        ("/twice", "{{tag}}{{tag}}", "script tag more than once"),
        (
            "/forbidden",
            "<script>Object.defineProperty(window, 'localStorage',
                { get() { throw new Error('no') } })</script>{{tag}}",
            "The browser stores nothing here",
        ),
        (
            "/replaced",
            "<script>{ const own = fetch; fetch = (...call) => own(...call) }</script>{{tag}}",
            "replaced fetch",
        ),
    ];
    let html = cases.map(|(path, html, _)| (path, html));
    let page = Host::with_pages(engine, &surveys(), &html, "").await;
    for (path, _, expected) in cases {
        page.open(path).await;
        let told = page.browser.run("return nabz.why()").await;
        let troubles = told["troubles"].to_string();
        assert!(troubles.contains(expected), "{expected} at {path} in {troubles}");
        assert_eq!(page.browser.noise().await, json!([]), "{path}");
    }
    let Host { collector, browser, .. } = page;
    drop(collector);
    let told = browser.run("return nabz.why()").await;
    let troubles = told["troubles"].to_string();
    assert!(troubles.contains("cannot be asked from this page"), "{troubles}");
}

async fn what_cannot_be_read_or_kept_is_said_and_changes_nothing(engine: Engine) {
    let block =
        |json: &str| format!("<script type=application/json data-nabz>{json}</script>{{{{tag}}}}");
    let cases = [
        ("/list", block("[1, 2]"), vec!["has to be an object, not [1,2]"]),
        ("/empty", block(""), vec!["has to be an object, not null"]),
        (
            "/wrong",
            block(
                r##"{ "locale": "x y", "created_at": "soon", "storage": "disk", "test": 1,
                "theme": { "accent": "reddish", "dark": { "text": "#12" } },
                "attributes": { "plan": ["pro"], "orders": 3 } }"##,
            ),
            vec![
                r#"locale is "x y", and has to be a language such as fa or pt-BR."#,
                r#"created_at is "soon""#,
                r#"storage is "disk""#,
                "test is 1, and has to be true or false.",
                r#"theme.accent is "reddish", and has to be a colour such as #4453d6."#,
                r##"theme.dark.text is "#12""##,
                "These attributes are not sent as they are: plan.",
            ],
        ),
        (
            "/huge",
            "<script>const it = document.createElement('script');
                it.type = 'application/json'; it.dataset.nabz = '';
                const attributes = {};
                for (let at = 0; at < 5e3; at++) attributes['key' + at] = 'x'.repeat(200);
                it.textContent = JSON.stringify({ attributes });
                document.head.append(it)</script>{{tag}}"
                .to_owned(),
            vec!["These attributes are not sent as they are: key9, key10,"],
        ),
    ];
    let html: Vec<_> = cases.iter().map(|(path, html, _)| (*path, html.as_str())).collect();
    let page = Host::with_pages(engine, &surveys(), &html, "").await;
    for (number, (path, _, expected)) in cases.iter().enumerate() {
        page.open(path).await;
        let told = page.browser.run("return nabz.why()").await;
        let troubles = told["troubles"].as_array().unwrap().iter();
        let said: String = troubles.filter_map(|it| it.as_str()).collect();
        for words in expected {
            assert!(said.contains(words), "{words} at {path} in {said}");
        }
        assert!(said.len() < 2_000, "{said}");
        page.browser.run("document.querySelector('nabz-why').remove(); nabz.track('paid')").await;
        assert_eq!(page.next_shown().await, "here", "{path}");
        let shown = async || page.collector.summary("here", "").await["shown"] == number + 1;
        wait_until("the showing to be stored", shown).await;
        assert_eq!(page.browser.noise().await, json!([]), "{path}");
    }
}

async fn where_webassembly_is_blocked_nothing_breaks_and_it_is_said(engine: Engine) {
    let policy = "default-src 'none'; script-src {{collector}}; connect-src {{collector}}";
    let page = Host::with_pages(engine, &surveys(), &[("", "{{tag}}")], policy).await;
    page.open("/").await;
    page.browser.run("nabz.track('paid')").await;
    wait_until("the card to be asked for", async || page.asked("/assets/widget.") > 0).await;
    let told = page.browser.run("return nabz.why()").await;
    assert!(told["troubles"].to_string().contains("'wasm-unsafe-eval'"), "{told}");
    assert_eq!(page.shown().await, None);
    assert_eq!(page.browser.noise().await, json!([]));
}

async fn a_preview_shows_any_survey_and_records_nothing(engine: Engine) {
    let page = Host::with_page(engine, &surveys(), "{{tag}}").await;
    for id in ["paused", "ended", "there"] {
        page.open(&format!("/?nabz=preview:{id}")).await;
        assert_eq!(page.next_shown().await, id);
        page.browser.click_in_card("[role=radio][value='9']").await;
        page.browser.wait_until_closed().await;
    }
    assert_eq!(page.asked("POST "), 0);
    assert_eq!(page.browser.run("return localStorage.length").await, 0);
    assert_eq!(page.browser.noise().await, json!([]));
}
