use axum::Router;
use axum::http::header;
use axum::response::Html;
use axum::routing::get;
use serde_json::json;
use tests::{Browser, Collector, Engine, Proxy, TOKEN, host, in_each_browser, wait_until};
use thirtyfour::Key;

use crate::host::{Host, allow};

in_each_browser! {
    a_visitor_answers_by_mouse_and_the_owner_sees_the_score,
    a_visitor_answers_by_keyboard,
    closing_before_an_answer_dismisses_and_is_remembered,
    texts_digits_and_direction_follow_the_language,
    a_hostile_page_changes_nothing,
    where_webassembly_is_forbidden_nothing_happens,
    an_unreachable_collector_leaves_the_page_alone,
    an_answer_is_sent_again_until_it_is_acknowledged,
    a_trap_inside_does_not_reach_the_page,
}

/// The score on the dashboard's page has to be the one of the JSON.
async fn check_dashboard(shop: &Host, survey: &str, shown: &str) {
    let value = shop.summary(survey).await["questions"][0]["score"]["value"].as_f64().unwrap();
    let page = shop.collector.get_as_admin(&format!("/sofal/{survey}")).await.text;
    let expected = format!("<data class=\"value\" value=\"{value}\">{shown}</data>");
    assert!(page.contains(&expected), "{expected} in {page}");
}

async fn a_visitor_answers_by_mouse_and_the_owner_sees_the_score(engine: Engine) {
    let shop = Host::shop(engine).await;
    let Host { url, browser, proxy, .. } = &shop;
    browser.open(&format!("{url}/")).await;
    browser.wait_for_loader().await;
    assert!(!proxy.seen().iter().any(|(line, _)| line.contains("/assets/")), "nothing is due here");

    browser.open(&format!("{url}/checkout/done")).await;
    browser.in_card("[role=radio][value='9']").await;
    shop.wait_for_summary("checkout", "shown", 1).await;
    let before = proxy.seen().len();
    browser.click_in_card("[role=radio][value='9']").await;
    shop.wait_for_summary("checkout", "answered", 1).await;
    let since: Vec<String> = proxy.seen()[before..].iter().map(|(line, _)| line.clone()).collect();
    assert_eq!(since, ["POST /api/v1/responses"], "one request, no preflight");

    browser.in_card("textarea").await.send_keys("fast and friendly").await.unwrap();
    browser.click_in_card("button[name=send]").await;
    shop.wait_for_summary("checkout", "completed", 1).await;
    check_dashboard(&shop, "checkout", "100.0").await;
    let posts = shop.posts();
    let states: Vec<_> =
        posts.iter().map(|post| (post["state"].clone(), post["revision"].clone())).collect();
    assert_eq!(json!(states), json!([["shown", 1], ["answered", 2], ["completed", 3]]));
    assert!(posts.iter().all(|post| post["id"] == posts[0]["id"]), "one showing, one id");
    let answers = json!([{ "question": "nps", "value": 9, "comment": "fast and friendly" }]);
    assert_eq!(posts[2]["answers"], answers);
    assert_eq!((&posts[2]["page"], &posts[2]["locale"]), (&json!("/checkout/done"), &json!("en")));
    browser.wait_until_closed().await;
    assert_eq!(browser.noise().await, json!([]));

    browser.open(&format!("{url}/checkout/done")).await;
    browser.wait_for_loader().await;
    browser.run("nabz.open('help')").await;
    browser.in_card("[role=radio]").await;
    assert_eq!(shop.summary("checkout").await["shown"], 1, "who has answered is left alone");
}

async fn a_visitor_answers_by_keyboard(engine: Engine) {
    let shop = Host::shop(engine).await;
    let Host { url, browser, .. } = &shop;
    browser.open(&format!("{url}/help/returns")).await;
    browser.in_card("[role=radio]").await;
    assert_eq!(
        browser.run("return document.activeElement.localName").await,
        "body",
        "no stolen focus"
    );
    browser.tab_to("[role=radio]").await;
    browser.press(Key::Home).await;
    browser.press(Key::Left).await;
    shop.wait_for_summary("help", "shown", 1).await;
    assert_eq!(shop.summary("help").await["answered"], 0, "arrows move and do not answer");
    browser.press(Key::Enter).await;
    shop.wait_for_summary("help", "answered", 1).await;
    let counts = shop.summary("help").await["questions"][0]["counts"].clone();
    assert_eq!(
        counts,
        json!({ "1": 0, "2": 1, "3": 0 }),
        "left is up where one reads from the right"
    );
    browser.tab_to("textarea").await;
    browser.press("جای دکمه را نیافتم").await;
    browser.tab_to("button[name=send]").await;
    browser.press(Key::Enter).await;
    shop.wait_for_summary("help", "completed", 1).await;
    check_dashboard(&shop, "help", "0.0%").await;
    let page = shop.collector.get_as_admin("/sofal/help").await.text;
    assert!(page.contains("جای دکمه را نیافتم"));

    browser.open(&format!("{url}/support/case")).await;
    browser.in_card("[role=radio]").await;
    browser.tab_to("[role=radio]").await;
    browser.press("5").await;
    browser.press(" ").await;
    shop.wait_for_summary("support", "answered", 1).await;
    check_dashboard(&shop, "support", "5.00").await;
    browser.press(Key::Escape).await;
    browser.wait_until_closed().await;
    assert_eq!(browser.noise().await, json!([]));
    let support = shop.summary("support").await;
    assert_eq!((&support["answered"], &support["dismissed"]), (&json!(1), &json!(0)));
}

async fn closing_before_an_answer_dismisses_and_is_remembered(engine: Engine) {
    let shop = Host::shop(engine).await;
    let Host { url, browser, .. } = &shop;
    browser.open(&format!("{url}/help/returns")).await;
    shop.wait_for_summary("help", "shown", 1).await;
    browser.click_in_card("button[name=close]").await;
    shop.wait_for_summary("help", "dismissed", 1).await;
    browser.wait_until_closed().await;
    let stored = browser.run("return Object.keys(localStorage)").await;
    assert_eq!(stored, json!(["nabz:sofal"]));
    assert_eq!(browser.run("return document.cookie").await, "");
}

async fn texts_digits_and_direction_follow_the_language(engine: Engine) {
    let shop = Host::shop(engine).await;
    let Host { url, browser, .. } = &shop;
    let check = async |path: &str, direction: &str, first: &str, colour: &str| {
        browser.prefer(colour).await;
        browser.open(&format!("{url}{path}")).await;
        browser.in_card("[role=radio]").await;
        let card = browser.in_card("[role=dialog]").await;
        assert_eq!(card.attr("dir").await.unwrap().as_deref(), Some(direction), "{path}");
        let script = "return document.querySelector('nabz-survey').shadowRoot
            .querySelector('[role=radio]').textContent";
        assert_eq!(browser.run(script).await, first, "{path}");
        let script = "const card = document.querySelector('nabz-survey').shadowRoot.querySelector('[role=dialog]');
            const light = (c) => c.match(/[\\d.]+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0);
            const style = getComputedStyle(card);
            return light(style.backgroundColor) > light(style.color)";
        assert_eq!(browser.run(script).await, colour == "light", "{path} in {colour}");
    };
    check("/checkout/done", "ltr", "0", "light").await;
    check("/checkout/done", "ltr", "0", "dark").await;
    check("/support/case", "rtl", "١", "dark").await;
    check("/help/returns", "rtl", "", "light").await;
}

/// A page as hostile as can be: everything unset, huge letters, and a strict policy, to which a
/// permission may be added.
fn hostile(collector: &str, permission: &str) -> Router {
    let policy = format!(
        "default-src 'none'; script-src {collector} {permission}; style-src 'self'; \
         connect-src {collector}"
    );
    let page = format!(
        "<!doctype html><html lang=en><link rel=stylesheet href=/hostile.css><title>Hostile</title>
         <script async src={collector}/sofal/nabz.js></script><p>A page.</p>"
    );
    let style = "* { all: unset !important } html { font-size: 60px !important }
        div, button, nabz-survey { display: none !important; color: red !important }";
    Router::new()
        .route("/hostile.css", get(([(header::CONTENT_TYPE, "text/css")], style)))
        .route("/help/hostile", get(([(header::CONTENT_SECURITY_POLICY, policy)], Html(page))))
}

async fn a_hostile_page_changes_nothing(engine: Engine) {
    let collector = Collector::start_with(demo::SITE_FILE, &["--admin-token", TOKEN]);
    let url = host(hostile(&collector.url, "'wasm-unsafe-eval'")).await;
    allow(&collector, "sofal", demo::SITE_FILE, &url).await;
    let browser = Browser::start(engine).await;
    browser.open(&format!("{url}/help/hostile")).await;
    let card = browser.in_card("[role=dialog]").await;
    wait_until("the card to stand still", async || {
        card.rect().await.is_ok_and(|rect| rect.width > 300.0 && rect.height > 100.0)
    })
    .await;
    let rect = card.rect().await.unwrap();
    assert!(rect.width < 460.0 && rect.height < 420.0, "{rect:?}");
    browser.click_in_card("[role=radio][value='3']").await;
    wait_until("the answer", async || {
        collector.summary_of("sofal", "help", "").await["answered"] == 1
    })
    .await;
    assert_eq!(browser.noise().await, json!([]));
}

async fn where_webassembly_is_forbidden_nothing_happens(engine: Engine) {
    let collector = Collector::start_with(demo::SITE_FILE, &["--admin-token", TOKEN]);
    let proxy = Proxy::start(&collector.url).await;
    let url = host(hostile(&proxy.url, "")).await;
    allow(&collector, "sofal", demo::SITE_FILE, &url).await;
    let browser = Browser::start(engine).await;
    browser.open(&format!("{url}/help/hostile")).await;
    let asked = |path: &str| proxy.seen().iter().filter(|(line, _)| line.contains(path)).count();
    wait_until("the widget to be asked for", async || asked("/assets/widget.") > 0).await;
    // The loader cannot know why it failed, and asks once whether there is a newer one.
    wait_until("the attempt to end", async || asked("/nabz.js") > 1).await;
    browser.wait_for_loader().await;
    browser.run("nabz.track('order_completed'); nabz.open('checkout')").await;
    assert!(!browser.has_card().await);
    assert_eq!(asked(".wasm"), 0, "nothing large is loaded in vain");
    assert_eq!(browser.noise().await, json!([]));
    assert_eq!(collector.summary_of("sofal", "help", "").await["shown"], 0);
}

async fn an_unreachable_collector_leaves_the_page_alone(engine: Engine) {
    let (listener, nobody) = tests::listen().await;
    drop(listener);
    let url = host(demo::shop(&nobody)).await;
    let browser = Browser::start(engine).await;
    browser.open(&format!("{url}/checkout/done")).await;
    let noise = browser.noise().await;
    // The browser itself says that the script did not load; nothing else may be said.
    assert!(noise.as_array().unwrap().iter().all(|line| line == "error: undefined"), "{noise}");

    // The loader came, and then the collector went.
    let collector = Collector::start_with(demo::SITE_FILE, &["--admin-token", TOKEN]);
    let proxy = Proxy::start(&collector.url).await;
    let url = host(demo::shop(&proxy.url)).await;
    let page = format!("{url}/support/case");
    browser.open(&page).await;
    browser.wait_for_loader().await;
    drop(collector);
    wait_until("the widget to be asked for", async || {
        proxy.seen().iter().any(|(line, _)| line.contains("/assets/"))
    })
    .await;
    wait_until("the attempt to end", async || proxy.seen().len() >= 4).await;
    assert!(!browser.has_card().await);
    assert_eq!(browser.noise().await, json!([]));
}

async fn an_answer_is_sent_again_until_it_is_acknowledged(engine: Engine) {
    let shop = Host::shop(engine).await;
    let Host { url, browser, proxy, .. } = &shop;
    proxy.fail_posts(true);
    browser.open(&format!("{url}/support/case")).await;
    browser.click_in_card("[role=radio][value='2']").await;
    wait_until("a second try", async || {
        shop.posts().iter().filter(|post| post["state"] == "answered").count() >= 2
    })
    .await;
    proxy.fail_posts(false);
    let tries = shop.posts().len();
    wait_until("one more try", async || shop.posts().len() > tries).await;
    let summary = shop.summary("support").await;
    assert_eq!((&summary["shown"], &summary["answered"]), (&json!(1), &json!(1)), "counted once");
    assert_eq!(browser.noise().await, json!([]));
}

async fn a_trap_inside_does_not_reach_the_page(engine: Engine) {
    let shop = Host::shop(engine).await;
    let Host { url, browser, .. } = &shop;
    browser.open(&format!("{url}/help/returns")).await;
    // It reports once it has taken the place of its drawing.
    shop.wait_for_summary("help", "shown", 1).await;
    // What the card is made of is torn out from under it, so that its next rendering fails.
    browser
        .run("for (const name of ['insertBefore', 'setAttribute', 'createElement', 'appendChild'])
                  for (const kind of [Node, Element, Document])
                      if (kind.prototype[name]) kind.prototype[name] = () => { throw new Error('torn') }")
        .await;
    browser.click_in_card("[role=radio][value='1']").await;
    // This answer is followed up, so the card would stay if nothing had failed.
    browser.wait_until_closed().await;
    assert_eq!(browser.noise().await, json!([]));
}
