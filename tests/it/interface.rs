use serde_json::{Value, json};
use tests::{Browser, Engine, in_each_browser, signed, wait_until};

use crate::host::Host;

in_each_browser! {
    calls_made_before_the_loader_came_are_made_then,
    a_page_hears_what_its_visitors_do,
    nonsense_is_no_error,
    a_bundled_page_makes_the_same_calls,
    a_named_user_is_asked_once_on_all_devices,
    who_wants_to_be_forgotten_is,
}

/// Two surveys: one waits for an event, the other for nothing but a call.
fn site() -> Value {
    let survey = |id: &str, event: &str| {
        json!({ "id": id, "questions": [{ "scale": "nps", "prompt": "Would you recommend us?" }],
            "show": { "event": event, "delay_seconds": 0 } })
    };
    json!({ "site": "sofal", "origins": ["*"],
        "surveys": [survey("nps", "ordered"), survey("other", "never")] })
}

async fn loaded(shop: &Host) {
    let script = "return !!window.nabz?.identify && !Array.isArray(window.nabz)";
    wait_until("the loader", async || shop.browser.run(script).await == true).await;
}

async fn calls_made_before_the_loader_came_are_made_then(engine: Engine) {
    // The stub of the README, and what an older page may have kept of it.
    let stub = "<script>
        window.nabz = ['open', 'close', 'track', 'identify', 'forget', 'set', 'on'].reduce(
            (nabz, name) => ((nabz[name] = (...values) => nabz.push([name, ...values])), nabz), []);
        window.early = window.nabz; window.heard = [];
        nabz.identify('u_42', { plan: 'pro' });
        nabz.set({ locale: 'de' });
        nabz.on('shown', (it) => heard.push(it.survey));
        nabz.push((it) => heard.push(typeof it.open));
        nabz.track('ordered');
        </script>";
    let shop = Host::with_head(engine, &site(), stub).await;
    shop.visit("/").await;
    shop.wait_for_summary("nps", "shown", 1).await;
    let heard = async |expected: Value| {
        wait_until(&format!("{expected} to be heard"), async || {
            shop.browser.run("return heard").await == expected
        })
        .await;
    };
    heard(json!(["function", "nps"])).await;
    let post = &shop.posts()[0];
    let said = [&post["respondent"], &post["attributes"], &post["locale"]];
    assert_eq!(said, [&json!("u_42"), &json!({ "plan": "pro" }), &json!("de")]);
    shop.browser.run("nabz.close()").await;
    shop.browser.wait_until_closed().await;
    shop.browser.run("early.push(['open', 'other'])").await;
    heard(json!(["function", "nps", "other"])).await;
    assert_eq!(shop.browser.noise().await, json!([]));
}

async fn a_page_hears_what_its_visitors_do(engine: Engine) {
    let shop = Host::with_head(engine, &site(), "<script>window.heard = []</script>").await;
    shop.visit("/").await;
    loaded(&shop).await;
    let listen = "for (const name of ['shown', 'answered', 'completed', 'dismissed']) {
            addEventListener('nabz:' + name, (it) => heard.push(it.type));
            nabz.on(name, () => { throw new Error('of the page') });
            nabz.on(name, async () => { throw new Error('of the page') });
            nabz.on(name, (it) => heard.push([name, it.survey, it.state, [...it.answers]]));
            nabz.on(name, (it) => it.answers.push('changed by the page'));
        }
        nabz.on('shown', () => heard.push('never'))();
        nabz.open('other').then((shown) => heard.push(shown))";
    shop.browser.run(listen).await;
    shop.browser.click_in_card("[role=radio][value='9']").await;
    shop.wait_for_summary("other", "completed", 1).await;
    let heard = shop.browser.run("return heard").await;
    let nine = json!([{ "question": "nps", "value": 9 }]);
    for expected in [
        json!(true),
        json!("nabz:shown"),
        json!(["shown", "other", "shown", []]),
        json!("nabz:completed"),
        json!(["completed", "other", "completed", nine]),
    ] {
        assert!(heard.as_array().unwrap().contains(&expected), "{expected} in {heard}");
    }
    assert!(!heard.to_string().contains("never"), "{heard}");
    assert_eq!(shop.posts().last().unwrap()["answers"], nine);
    assert_eq!(shop.browser.run("return nabz.open('unknown')").await, false);
    assert_eq!(shop.browser.noise().await, json!([]));
}

async fn nonsense_is_no_error(engine: Engine) {
    let shop = Host::with_head(engine, &site(), "").await;
    shop.visit("/").await;
    loaded(&shop).await;
    let script = "const strange = [undefined, null, 0, 1n, '', Symbol('s'), [], {}, () => {}, NaN,
            { get a() { throw new Error('got') } }, new Proxy({}, { ownKeys() { throw 1 } })];
        const circle = {}; circle.circle = circle; strange.push(circle);
        for (const name of Object.keys(nabz)) {
            if (name === 'forget' || name === 'why') continue;
            nabz[name]();
            for (const one of strange) { nabz[name](one); nabz[name](one, one, one); }
        }
        nabz.push(['nothing']); nabz.push('text'); nabz.push(['on', 'shown', 'no function']);
        nabz.identify('u_42', { plan: 'pro', list: [1], long: 'x'.repeat(999) });
        nabz.open('nps')";
    shop.browser.run(script).await;
    shop.browser.click_in_card("[role=radio][value='9']").await;
    shop.wait_for_summary("nps", "answered", 1).await;
    let attributes = shop.posts()[0]["attributes"].clone();
    assert_eq!(attributes, json!({ "plan": "pro", "long": "x".repeat(256) }));
    assert_eq!(shop.browser.noise().await, json!([]));
}

async fn a_bundled_page_makes_the_same_calls(engine: Engine) {
    let bundled = "<script type=module>
        import { close, identify, on, open } from '/nabz.mjs';
        window.heard = [];
        identify('u_42');
        on('shown', () => { throw new Error('of the page') });
        on('shown', (it) => { heard.push(it.survey); close(); });
        on('shown', () => heard.push('never'))();
        open('other').then((shown) => heard.push(shown));
        </script>";
    let shop = Host::with_head(engine, &site(), bundled).await;
    shop.visit("/").await;
    wait_until("both to be heard", async || {
        let heard = shop.browser.run("return heard.map(String).sort()").await;
        heard == json!(["other", "true"])
    })
    .await;
    shop.browser.wait_until_closed().await;
    wait_until("the first post", async || !shop.posts().is_empty()).await;
    assert_eq!(shop.posts()[0]["respondent"], "u_42");
    assert_eq!(shop.browser.noise().await, json!([]));
}

/// What makes a page name its user, with a signature.
async fn identify(shop: &Host, browser: &Browser) {
    let secret = shop.collector.get_as_admin("/api/v1/sites/sofal/secret").await.json();
    let signature = signed(secret["secret"].as_str().unwrap(), "u_42");
    browser.run(&format!("nabz.identify('u_42', {{}}, '{signature}')")).await;
}

async fn a_named_user_is_asked_once_on_all_devices(engine: Engine) {
    let shop = Host::with_head(engine, &site(), "").await;
    shop.visit("/").await;
    loaded(&shop).await;
    identify(&shop, &shop.browser).await;
    shop.browser.run("nabz.track('ordered')").await;
    shop.browser.click_in_card("[role=radio][value='9']").await;
    shop.wait_for_summary("nps", "answered", 1).await;
    let list = shop.collector.get_as_admin("/api/v1/surveys/sofal/nps/responses").await.json();
    assert_eq!(list["responses"][0]["verified"], true, "{list}");

    let other = Browser::start(engine).await;
    let again = async || {
        other.open(&format!("{}/", shop.url)).await;
        wait_until("the loader", async || {
            other.run("return !!window.nabz?.identify").await == true
        })
        .await;
    };
    again().await;
    identify(&shop, &other).await;
    other.run("nabz.track('ordered')").await;
    let past = "return JSON.parse(localStorage.getItem('nabz:sofal'))?.surveys?.nps?.answered_at";
    wait_until("the collector to tell", async || {
        // Where the machine is busy its answer comes too late, and nobody waits for it.
        if other.has_card().await {
            again().await;
            identify(&shop, &other).await;
            other.run("nabz.track('ordered')").await;
        }
        other.run(past).await.is_i64()
    })
    .await;
    assert!(!other.has_card().await);
    // The page may ask for it all the same.
    other.run("nabz.open('nps')").await;
    other.in_card("[role=radio]").await;
    assert_eq!(other.noise().await, json!([]));

    // A collector that does not answer in time holds nothing up.
    other.run("localStorage.clear()").await;
    again().await;
    identify(&shop, &other).await;
    let silent = "const real = fetch; window.fetch = (url, ...more) =>
        String(url).endsWith('/due') ? new Promise((_, no) => more[0].signal.onabort = no) : real(url, ...more)";
    other.run(silent).await;
    other.run("nabz.track('ordered')").await;
    other.in_card("[role=radio]").await;
}

async fn who_wants_to_be_forgotten_is(engine: Engine) {
    let shop = Host::with_head(engine, &site(), "").await;
    shop.visit("/").await;
    loaded(&shop).await;
    let nothing = shop.browser.run("return nabz.forget()").await;
    assert_eq!(nothing, true, "of whom nothing is known, everything is erased");
    shop.browser.run("nabz.track('ordered')").await;
    shop.browser.click_in_card("[role=radio][value='9']").await;
    shop.wait_for_summary("nps", "answered", 1).await;
    shop.wait_until_sent().await;
    assert_eq!(shop.browser.run("return nabz.forget()").await, true);
    let none = shop.summary("nps").await;
    assert_eq!((&none["shown"], &none["answered"]), (&json!(0), &json!(0)));
    assert_eq!(shop.browser.run("return localStorage.length").await, 0);

    // What cannot be done now is done at the next visit.
    shop.browser.run("nabz.open('other')").await;
    shop.browser.click_in_card("[role=radio][value='3']").await;
    shop.wait_for_summary("other", "answered", 1).await;
    shop.wait_until_sent().await;
    shop.proxy.answer_instead(Some((0, "")));
    assert_eq!(shop.browser.run("return nabz.forget()").await, false);
    assert!(!shop.browser.has_card().await);
    let kept = shop.kept().await;
    assert_eq!(kept.as_object().unwrap().keys().collect::<Vec<_>>(), ["forget", "surveys"]);
    shop.proxy.answer_instead(None);
    shop.visit("/").await;
    shop.wait_for_summary("other", "shown", 0).await;
    wait_until("nothing to be left", async || shop.kept().await["forget"].is_null()).await;

    // A user whose id is signed: all of theirs, from other devices too.
    let mut elsewhere = tests::answered("nps", "nps", 1);
    elsewhere["site"] = json!("sofal");
    elsewhere["respondent"] = json!("u_42");
    let headers = [("origin", shop.url.as_str())];
    let path = "/api/v1/responses";
    let body = elsewhere.to_string();
    shop.collector.request(reqwest::Method::POST, path, &headers, &body).await;
    shop.wait_for_summary("nps", "answered", 1).await;
    identify(&shop, &shop.browser).await;
    assert_eq!(shop.browser.run("return nabz.forget()").await, true);
    assert_eq!(shop.summary("nps").await["answered"], 0);
    shop.collector.verify();
    assert_eq!(shop.browser.noise().await, json!([]));
}
