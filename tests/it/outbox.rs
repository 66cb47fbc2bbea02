use serde_json::{Value, json};
use tests::{Engine, in_each_browser, wait_until};

use crate::host::Host;

in_each_browser! {
    an_answer_waits_for_the_next_visit,
    a_server_is_given_the_time_it_asks_for,
    what_is_refused_for_good_is_dropped,
    without_storage_an_answer_arrives_too,
    what_is_typed_is_kept_when_the_page_is_left,
    what_was_stored_by_strangers_does_no_harm,
    two_tabs_send_at_once_and_each_answer_counts_once,
}

/// How a visitor leaves a page.
enum Leaving {
    Reload,
    CloseTab,
}

async fn an_answer_waits_for_the_next_visit(engine: Engine) {
    let shop = Host::shop(engine).await;
    for (number, leaving) in [(1, Leaving::Reload), (2, Leaving::CloseTab)] {
        shop.browser.open("about:blank").await;
        shop.visit("/").await;
        shop.browser.run("localStorage.removeItem('nabz:sofal')").await;
        shop.visit("/support/case").await;
        shop.wait_for_summary("support", "shown", number).await;
        shop.proxy.answer_instead(Some((0, "")));
        shop.browser.click_in_card("[role=radio][value='2']").await;
        let waiting = async || shop.kept().await["unsent"].to_string().contains("\"answered\"");
        wait_until("the answer to wait", waiting).await;
        if let Leaving::CloseTab = leaving {
            shop.browser.change_tab().await;
        }
        shop.visit("/").await;
        assert_eq!(shop.summary("support").await["answered"], number - 1, "it could not be sent");

        shop.proxy.answer_instead(None);
        let before = shop.proxy.seen().len();
        shop.visit("/").await;
        shop.wait_for_summary("support", "answered", number).await;
        shop.wait_until_sent().await;
        let since: Vec<String> =
            shop.proxy.seen()[before..].iter().map(|(line, _)| line.clone()).collect();
        assert!(!since.iter().any(|line| line.contains("/assets/widget")), "{since:?}");
        assert_eq!(shop.summary("support").await["shown"], number, "counted once");
        // What a new tab says is not recorded.
        let noise = shop.browser.noise().await;
        assert!(noise.is_null() || noise == json!([]), "{noise}");
    }
}

async fn a_server_is_given_the_time_it_asks_for(engine: Engine) {
    for retry_after in ["3600", "Fri, 31 Dec 2100 23:59:59 GMT"] {
        let shop = Host::shop(engine).await;
        shop.proxy.answer_instead(None);
        shop.visit("/support/case").await;
        shop.browser.in_card("[role=radio]").await;
        shop.wait_for_summary("support", "shown", 1).await;
        shop.wait_until_sent().await;
        let before = shop.posts().len();
        shop.proxy.answer_instead(Some((429, retry_after)));
        shop.browser.click_in_card("[role=radio][value='6']").await;
        wait_until("a refusal", async || shop.posts().len() > before).await;
        // What is written next waits, and so does a connection that has come back.
        shop.browser.in_card("textarea").await.send_keys("slow").await.unwrap();
        shop.browser.click_in_card("button[name=send]").await;
        let waiting = async || shop.kept().await["unsent"].to_string().contains("slow");
        wait_until("the comment to wait", waiting).await;
        shop.browser.run("dispatchEvent(new Event('online'))").await;
        assert_eq!(shop.posts().len(), before + 1, "nothing is sent meanwhile");

        shop.proxy.answer_instead(None);
        shop.visit("/").await;
        shop.wait_for_summary("support", "completed", 1).await;
        shop.wait_until_sent().await;
        let list = shop.collector.get_as_admin("/api/v1/surveys/sofal/support/responses").await;
        let responses = list.json()["responses"].clone();
        assert_eq!(responses.as_array().map(Vec::len), Some(1), "{responses}");
        assert_eq!(responses[0]["answers"][0]["comment"], "slow");
    }
}

async fn what_is_refused_for_good_is_dropped(engine: Engine) {
    let shop = Host::shop(engine).await;
    shop.visit("/support/case").await;
    shop.browser.in_card("[role=radio]").await;
    shop.wait_for_summary("support", "shown", 1).await;
    shop.proxy.answer_instead(Some((403, "0")));
    shop.browser.click_in_card("[role=radio][value='2']").await;
    wait_until("the answer", async || shop.states().contains(&"answered".to_owned())).await;
    shop.wait_until_sent().await;
    shop.proxy.answer_instead(None);
    assert_eq!(shop.summary("support").await["answered"], 0);
    // One of a list is refused, the others are not.
    let good = shop.posts()[0].clone();
    let (mut good, mut bad) = (good.clone(), good);
    good["id"] = json!(tests::new_id());
    bad["id"] = json!(tests::new_id());
    bad["survey"] = json!("unknown");
    let mut kept = shop.kept().await;
    kept["unsent"] = json!({});
    for item in [good, bad] {
        kept["unsent"][item["id"].as_str().unwrap()] = item.clone();
    }
    shop.browser.run(&format!("localStorage.setItem('nabz:sofal', {:?})", kept.to_string())).await;
    shop.visit("/").await;
    shop.wait_for_summary("support", "shown", 2).await;
    shop.wait_until_sent().await;
}

async fn without_storage_an_answer_arrives_too(engine: Engine) {
    let forbidden = "<script>Object.defineProperty(window, 'localStorage',
        { get() { throw new Error('forbidden') } })</script>";
    let shop = Host::with_head(engine, &site(), forbidden).await;
    shop.visit("/").await;
    shop.wait_for_summary("nps", "shown", 1).await;
    shop.proxy.fail_posts(true);
    let before = shop.posts().len();
    shop.browser.click_in_card("[role=radio][value='2']").await;
    wait_until("a second try", async || shop.posts().len() >= before + 2).await;
    shop.proxy.fail_posts(false);
    let tries = shop.posts().len();
    wait_until("one more try", async || shop.posts().len() > tries).await;
    shop.wait_for_summary("nps", "answered", 1).await;
    assert_eq!(shop.summary("nps").await["shown"], 1, "counted once");
    assert_eq!(shop.browser.noise().await, json!([]));
}

async fn what_is_typed_is_kept_when_the_page_is_left(engine: Engine) {
    let shop = Host::shop(engine).await;
    shop.visit("/support/case").await;
    shop.browser.click_in_card("[role=radio][value='6']").await;
    shop.wait_for_summary("support", "answered", 1).await;
    shop.browser.in_card("textarea").await.send_keys("not sent yet").await.unwrap();
    shop.visit("/").await;
    wait_until("the comment", async || {
        let list = shop.collector.get_as_admin("/api/v1/surveys/sofal/support/responses").await;
        list.json()["responses"][0]["answers"][0]["comment"] == "not sent yet"
    })
    .await;
    // Back from wherever the browser kept it, or loaded anew: it counts once.
    shop.browser.back_to("/support/case").await;
    shop.wait_until_sent().await;
    let summary = shop.summary("support").await;
    assert_eq!((&summary["shown"], &summary["answered"]), (&json!(1), &json!(1)));
}

async fn what_was_stored_by_strangers_does_no_harm(engine: Engine) {
    let shop = Host::with_head(engine, &site(), "").await;
    let strange = [
        json!("text"),
        json!([1, 2]),
        json!({ "surveys": 7, "unsent": "text", "responses": ["x"], "respondent": {} }),
        json!({ "unsent": { "019ab4c2-7d00-7000-8000-000000000001": null, "x": [] } }),
        json!({ "forget": "everything" }),
    ];
    for (number, stored) in (1..).zip(strange) {
        shop.visit("/").await;
        let set = format!("localStorage.setItem('nabz:sofal', {:?})", stored.to_string());
        shop.browser.run(&set).await;
        shop.visit("/").await;
        shop.browser.click_in_card("[role=radio][value='9']").await;
        shop.wait_for_summary("nps", "answered", number).await;
        shop.wait_until_sent().await;
        assert_eq!(shop.browser.noise().await, json!([]), "{stored}");
        shop.browser.run("localStorage.clear()").await;
    }
}

async fn two_tabs_send_at_once_and_each_answer_counts_once(engine: Engine) {
    let shop = Host::with_head(engine, &site(), "").await;
    shop.visit("/").await;
    shop.wait_for_summary("nps", "shown", 1).await;
    let first = shop.browser.open_in_new_tab(&format!("{}/", shop.url)).await;
    shop.wait_for_summary("nps", "shown", 2).await;
    shop.proxy.answer_instead(Some((0, "")));
    shop.browser.click_in_card("[role=radio][value='9']").await;
    let second = shop.browser.turn_to(&first).await;
    shop.browser.click_in_card("[role=radio][value='3']").await;
    let waiting = async || shop.kept().await["unsent"].as_object().is_some_and(|it| it.len() == 2);
    wait_until("both answers to wait", waiting).await;

    // Each tab sends what waits of both, while the other does.
    shop.proxy.answer_instead(None);
    shop.proxy.gather_posts(2);
    let before = shop.posts().len();
    let connected = "dispatchEvent(new Event('online'))";
    shop.browser.run(connected).await;
    shop.browser.turn_to(&second).await;
    shop.browser.run(connected).await;
    shop.wait_for_summary("nps", "completed", 2).await;
    shop.wait_until_sent().await;
    assert!(shop.posts().len() >= before + 4, "both were sent by both");
    let summary = shop.summary("nps").await;
    assert_eq!((&summary["shown"], &summary["answered"]), (&json!(2), &json!(2)), "counted once");
    let counts = &summary["questions"][0]["counts"];
    assert_eq!((&counts["3"], &counts["9"]), (&json!(1), &json!(1)), "none is lost");
    assert_eq!(shop.kept().await["responses"].as_array().map(Vec::len), Some(2));
}

/// A site that asks at once, on every page.
fn site() -> Value {
    json!({ "site": "sofal", "origins": ["*"], "surveys": [
        { "id": "nps", "questions": [{ "scale": "nps", "prompt": "Would you recommend us?" }],
          "show": { "delay_seconds": 0 } }] })
}
