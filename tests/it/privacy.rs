use serde_json::{Value, json};
use tests::{Engine, in_each_browser, wait_until};

use crate::host::Host;

in_each_browser! {
    nothing_is_kept_before_a_survey_shows,
    a_site_may_keep_nothing_at_all,
    a_page_may_keep_nothing_at_all,
    an_opt_out_is_honoured_where_the_site_says_so,
}

/// A site that asks at once, with more in its file.
fn site(more: &Value) -> Value {
    let mut site = json!({ "site": "sofal", "origins": ["*"], "surveys": [
        { "id": "nps", "questions": [{ "scale": "nps", "prompt": "Would you recommend us?" }],
          "show": { "pages": ["/asks"], "delay_seconds": 0 } }] });
    site.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    site
}

/// Everything that a page could leave in a browser.
const LEFT: &str = "return (async () => [Object.keys(localStorage),
    Object.keys(sessionStorage), document.cookie, (await indexedDB.databases?.() ?? []).length,
    (await globalThis.caches?.keys() ?? []).length])()";

async fn nothing_is_kept_before_a_survey_shows(engine: Engine) {
    let shop = Host::with_head(engine, &site(&json!({})), "").await;
    shop.visit("/").await;
    let loaded = "return !!window.nabz?.open";
    wait_until("the loader", async || shop.browser.run(loaded).await == true).await;
    assert_eq!(shop.browser.run(LEFT).await, json!([[], [], "", 0, 0]));
    shop.visit("/asks").await;
    shop.browser.click_in_card("[role=radio][value='9']").await;
    shop.wait_for_summary("nps", "answered", 1).await;
    shop.wait_until_sent().await;
    assert_eq!(shop.browser.run(LEFT).await, json!([["nabz:sofal"], [], "", 0, 0]));
    let kept = shop.kept().await;
    assert_eq!(
        kept.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["respondent", "responses", "surveys"]
    );
    assert_eq!(shop.posts()[0]["respondent"], kept["respondent"]);
    // Nobody else is asked for anything.
    let script = "return [...new Set(performance.getEntriesByType('resource')
        .map((it) => it.name).filter((it) => it.startsWith('http'))
        .map((it) => new URL(it).origin))]";
    assert_eq!(shop.browser.run(script).await, json!([shop.proxy.url]));
}

/// Answers on a page where nothing may be kept: nothing is, and once is enough for the page.
async fn check_nothing_is_kept(shop: &Host, respondent: &Value) {
    shop.visit("/asks").await;
    shop.browser.click_in_card("[role=radio][value='9']").await;
    shop.wait_for_summary("nps", "answered", 1).await;
    assert_eq!(shop.browser.run(LEFT).await, json!([[], [], "", 0, 0]));
    let posts = shop.posts();
    assert!(posts.iter().all(|post| post["respondent"] == *respondent), "{posts:?}");
    shop.browser.wait_until_closed().await;
    shop.browser
        .run("history.pushState(null, '', '/'); history.pushState(null, '', '/asks')")
        .await;
    assert_eq!(shop.summary("nps").await["shown"], 1);
    assert_eq!(shop.browser.noise().await, json!([]));
}

async fn a_site_may_keep_nothing_at_all(engine: Engine) {
    let shop = Host::with_head(engine, &site(&json!({ "storage": "none" })), "").await;
    check_nothing_is_kept(&shop, &Value::Null).await;
}

async fn a_page_may_keep_nothing_at_all(engine: Engine) {
    let block = r#"<script type="application/json" data-nabz>
        { "user": "u_42", "storage": "none" }</script>"#;
    let shop = Host::with_head(engine, &site(&json!({})), block).await;
    check_nothing_is_kept(&shop, &json!("u_42")).await;
}

async fn an_opt_out_is_honoured_where_the_site_says_so(engine: Engine) {
    let opted_out = r#"<script>Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })</script>
        <script type="application/json" data-nabz>
        { "user": "u_42", "user_signature": "ab", "attributes": { "plan": "pro" } }</script>"#;
    let shop = Host::with_head(engine, &site(&json!({ "respect_gpc": true })), opted_out).await;
    check_nothing_is_kept(&shop, &Value::Null).await;
    assert!(!shop.proxy.seen().iter().any(|(_, body)| body.contains("user_signature")));

    let shop = Host::with_head(engine, &site(&json!({})), opted_out).await;
    shop.visit("/asks").await;
    shop.wait_for_summary("nps", "shown", 1).await;
    assert_eq!(shop.posts()[0]["respondent"], "u_42");
}
