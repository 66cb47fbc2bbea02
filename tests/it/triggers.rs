use serde_json::{Value, json};
use tests::{Engine, in_each_browser, wait_until};

use crate::host::{Host, site, survey};

in_each_browser! {
    each_trigger_shows_its_survey,
    the_first_that_is_due_wins,
    every_condition_can_hold,
    a_page_that_turns_into_another_is_a_new_page,
    a_page_turns_where_there_is_no_navigation_interface,
    a_page_that_comes_back_as_it_was_is_a_new_page,
    the_tag_works_once_wherever_it_stands,
    a_paused_survey_stops_at_once_and_the_next_one_takes_its_place,
    a_host_that_freezes_or_replaces_what_is_the_browsers_is_left_alone,
}

const LONG: &str = "{{tag}}<button id=help><b>Help</b></button>
    <div style='height: 4000px'>A long page.</div><p id=foot>Its foot.</p>";

async fn each_trigger_shows_its_survey(engine: Engine) {
    let on = |id: &str, trigger: Value| {
        let mut show = json!({ "pages": [format!("/{id}")] });
        show.as_object_mut().unwrap().extend(trigger.as_object().unwrap().clone());
        survey(id, json!({ "show": show }))
    };
    let surveys = [
        on("load", json!({ "delay_seconds": 0.1 })),
        on("event", json!({ "event": "paid" })),
        on("click", json!({ "click": "#help" })),
        on("late", json!({ "visible": "#late" })),
        on("foot", json!({ "visible": "#foot" })),
        on("scroll", json!({ "scroll_percent": 90 })),
        on("time", json!({ "time_on_page_seconds": 1 })),
        on("exit", json!({ "exit_intent": true })),
        on("wrong", json!({ "click": "#(", "visible": "#(", "event": "paid" })),
    ];
    let page = Host::with_page(engine, &surveys, LONG).await;
    let check = async |id: &str, before: &str, act: &str| {
        page.open(&format!("/{id}")).await;
        page.browser.run(before).await;
        if !act.is_empty() {
            assert_eq!(page.shown().await, None, "{id} is shown too early");
        }
        page.browser.run(act).await;
        assert_eq!(page.next_shown().await, id);
        assert_eq!(page.browser.noise().await, json!([]), "{id}");
    };
    check("load", "", "").await;
    check("event", "nabz.track('failed')", "nabz.track('paid')").await;
    check("click", "document.body.click()", "document.querySelector('#help b').click()").await;
    let add = "const late = document.createElement('p'); late.textContent = 'Late';
        document.body.prepend(late); late.id = 'late'";
    check("late", "", add).await;
    check("foot", "scrollTo(0, 10)", "document.querySelector('#foot').scrollIntoView()").await;
    check("scroll", "scrollTo(0, 10)", "scrollTo(0, 1e6)").await;
    check("time", "", "").await;
    let leave = |y: i32| {
        let to = format!("{{ clientY: {y}, bubbles: true }}");
        format!("document.body.dispatchEvent(new MouseEvent('mouseout', {to}))")
    };
    check("exit", &leave(300), &leave(-1)).await;
    check("wrong", "document.querySelector('#help').click()", "nabz.track('paid')").await;
}

async fn the_first_that_is_due_wins(engine: Engine) {
    let paid = |id: &str, fields: Value| {
        let mut survey = survey(id, fields);
        survey["show"]["event"] = json!("paid");
        survey
    };
    let surveys = [
        paid("plain", json!({ "again": { "dismissed_days": 0 } })),
        paid(
            "large",
            json!({ "priority": 3, "show": { "properties": { "total": { "at_least": 100 } } } }),
        ),
        paid("failed", json!({ "priority": 2, "show": { "cancel": ["failed"] } })),
        paid(
            "slow",
            json!({ "priority": 1, "show": { "delay_seconds": 0.3, "pages": ["/slow"] } }),
        ),
        survey("named", json!({ "audience": { "plan": "pro" }, "show": { "pages": ["/named"] } })),
    ];
    let page = Host::with_page(engine, &surveys, "{{tag}}").await;
    let check = async |path: &str, track: &str, expected: &str| {
        page.open(path).await;
        page.browser.run("localStorage.clear()").await;
        page.browser.run(track).await;
        assert_eq!(page.next_shown().await, expected, "{track}");
    };
    check("/", "nabz.track('paid', { total: 100 })", "large").await;
    check("/", "nabz.track('paid', { total: 99 })", "failed").await;
    check("/", "nabz.track('failed'); nabz.track('paid')", "plain").await;
    // What waits longer and is more urgent goes first all the same.
    check("/slow", "nabz.track('failed'); nabz.track('paid')", "slow").await;
    // What is known only after the page's load.
    check("/named", "nabz.identify('u_1', { plan: 'pro' })", "named").await;
    // As a page calls it before the tag is there.
    check("/", "nabz.push(['track', 'paid', { total: 200 }])", "large").await;
}

async fn every_condition_can_hold(engine: Engine) {
    let holds = json!({
        "show": { "delay_seconds": 0.1, "pages": ["/تست?a=*#/cart/*", "!/b"], "devices": ["desktop"],
            "locales": ["fa"], "hours": { "from": "00:00", "until": "24:00" },
            "weekdays": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] },
        "audience": { "plan": "pro", "orders": { "at_least": 3 }, "beta": { "exists": false } },
        "account_age_days": { "at_least": 30 }, "sample": 0.999_999, "starts": "2020-01-01",
        "ends": "2100-01-01",
    });
    let mut surveys = vec![survey("holds", holds.clone())];
    let others = [
        ("devices", json!({ "show": { "devices": ["phone", "tablet"] } })),
        ("locales", json!({ "show": { "locales": ["en"] } })),
        ("audience", json!({ "audience": { "plan": "free" } })),
        ("young", json!({ "account_age_days": { "at_most": 30 } })),
        ("sample", json!({ "sample": 0 })),
        ("starts", json!({ "starts": "2100-01-01" })),
        ("ends", json!({ "ends": "2020-01-01" })),
    ];
    for (id, fields) in others {
        let mut other = survey(id, fields);
        other["priority"] = json!(1);
        other["show"]["delay_seconds"] = json!(0.1);
        surveys.push(other);
    }
    let html = "<script type=application/json data-nabz>{ \"locale\": \"fa-IR\", \"created_at\": \"2020-01-01\",
        \"attributes\": { \"plan\": \"pro\", \"orders\": 3 } }</script>{{tag}}";
    let page = Host::with_page(engine, &surveys, html).await;
    page.open("/%D8%AA%D8%B3%D8%AA?a=1#/cart/2").await;
    assert_eq!(page.next_shown().await, "holds");
    let drawn = "return typeof JSON.parse(localStorage['nabz:acme']).surveys.holds.draw";
    assert_eq!(page.browser.run(drawn).await, "number", "the lot is kept");
}

/// Goes through the pages of an application that loads only once.
async fn turn_pages(page: &Host) {
    page.open("/a").await;
    page.browser.run("history.pushState(null, '', '/b')").await;
    assert_eq!(page.next_shown().await, "b");
    let close = async || {
        page.browser.run("nabz.close()").await;
        wait_until("the survey to go", async || page.shown().await.is_none()).await;
    };
    close().await;
    page.browser.run("history.replaceState(null, '', '/c#/cart')").await;
    assert_eq!(page.next_shown().await, "route");
    close().await;
    page.browser.run("location.hash = '#/help'").await;
    assert_eq!(page.next_shown().await, "help");
    close().await;
    page.browser.run("history.pushState(null, '', '/d'); history.go(-1)").await;
    wait_until("the page before", async || {
        page.browser.run("return location.pathname").await == "/c"
    })
    .await;
    // Back from the browser's cache of whole pages.
    let restored = "localStorage.clear();
        dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))";
    page.browser.run(restored).await;
    assert_eq!(page.next_shown().await, "help");
    wait_until("the last post", async || page.posted().len() >= 4).await;
    assert_eq!(page.posted(), ["b", "route", "help", "help"], "each once, and never that of /a");
    assert_eq!(page.browser.noise().await, json!([]));
}

fn pages_of_an_application() -> Vec<Value> {
    let on = |id: &str, pages: &str, delay: f64| {
        survey(id, json!({ "show": { "pages": [pages], "delay_seconds": delay } }))
    };
    vec![
        on("a", "/a", 1.0),
        on("b", "/b", 0.1),
        on("route", "/c#/cart", 0.1),
        on("help", "/c#/help", 0.1),
    ]
}

async fn a_page_that_turns_into_another_is_a_new_page(engine: Engine) {
    turn_pages(&Host::with_page(engine, &pages_of_an_application(), "{{tag}}").await).await;
}

async fn a_page_turns_where_there_is_no_navigation_interface(engine: Engine) {
    let html =
        "<script>Object.defineProperty(window, 'navigation', { value: undefined })</script>{{tag}}";
    turn_pages(&Host::with_page(engine, &pages_of_an_application(), html).await).await;
}

async fn a_page_that_comes_back_as_it_was_is_a_new_page(engine: Engine) {
    let fields = json!({ "again": { "dismissed_days": 0 },
        "show": { "pages": ["/a"], "delay_seconds": 0 } });
    let html = [("/a", "{{tag}}<p>A page."), ("/b", "<p>Another one.")];
    let page = Host::with_pages(engine, &[survey("a", fields)], &html, "").await;
    let return_to_it = async || {
        // No browser keeps a page that still waits for an answer.
        let rests = "const kept = Object.values(localStorage).map((it) => JSON.parse(it));
            return kept.some((it) => it.surveys.a && !Object.keys(it.unsent ?? {}).length)";
        wait_until("all to be sent", async || page.browser.run(rests).await == true).await;
        let note = "addEventListener('pageshow', (event) => window.wasKept = event.persisted)";
        page.browser.run(note).await;
        page.browser.open(&format!("{}/b", page.url)).await;
        page.browser.back_to("/a").await;
        let kept = "return window.wasKept ?? null";
        assert_eq!(page.browser.run(kept).await, true, "the browser has not kept the page");
    };
    page.open("/a").await;
    assert_eq!(page.next_shown().await, "a");
    // What was shown then is still there, once, and can be answered.
    return_to_it().await;
    assert_eq!(page.next_shown().await, "a");
    page.browser.run("nabz.close()").await;
    wait_until("the survey to go", async || page.shown().await.is_none()).await;
    assert_eq!(page.posted(), ["a"]);
    // What was closed before is due again, as on any new page.
    return_to_it().await;
    assert_eq!(page.next_shown().await, "a");
    page.browser.click_in_card("[role=radio][value='9']").await;
    let states = || page.proxy.responses().iter().map(|it| it["state"].clone()).collect::<Vec<_>>();
    wait_until("the answer", async || states().contains(&json!("completed"))).await;
    assert_eq!(page.posted(), ["a", "a"]);
    assert_eq!(page.browser.noise().await, json!([]));
}

async fn the_tag_works_once_wherever_it_stands(engine: Engine) {
    let due = [survey("due", json!({ "show": { "delay_seconds": 0.1 } }))];
    let injected = "<p>Injected.<script>setTimeout(() => {
        const tag = document.createElement('script');
        tag.src = '{{collector}}/acme/nabz.js';
        document.body.append(tag) }, 50)</script>";
    let framed = "<p>In a frame.<iframe src=/inner width=600 height=600></iframe>";
    let html = [
        ("/twice", "<head>{{tag}}{{tag}}</head><p>Two tags."),
        ("/end", "<p>At the end.<script src={{collector}}/acme/nabz.js></script>"),
        ("/injected", injected),
        ("/framed", framed),
        ("/inner", "{{tag}}<p>Inside."),
    ];
    let page = Host::with_pages(engine, &due, &html, "").await;
    let mut posts = 0;
    let mut check = async |path: &str, place: &str| {
        page.browser.open(&format!("{}{path}", page.url)).await;
        let count = format!("return {place}?.querySelectorAll('nabz-survey').length ?? 0");
        wait_until(path, async || page.browser.run(&count).await == 1).await;
        posts += 1;
        wait_until("the post", async || page.posted().len() >= posts).await;
        assert_eq!(page.posted().len(), posts, "{path}");
        assert_eq!(page.browser.noise().await, json!([]), "{path}");
    };
    check("/twice", "document").await;
    check("/end", "document").await;
    check("/injected", "document").await;
    check("/framed", "frames[0]?.document").await;
}

async fn a_paused_survey_stops_at_once_and_the_next_one_takes_its_place(engine: Engine) {
    let survey = |id: &str, priority: u32, is_active: bool| {
        let fields =
            json!({ "priority": priority, "active": is_active, "show": { "event": "paid" } });
        survey(id, fields)
    };
    let surveys = [survey("first", 1, true), survey("second", 0, true)];
    let page = Host::with_page(engine, &surveys, "{{tag}}").await;
    page.open("/").await;
    let paused = site(&[survey("first", 1, false), survey("second", 0, true)]);
    std::fs::write(page.collector.folder().join("site.json"), paused).unwrap();
    wait_until("the pause", async || {
        page.collector.get("/acme/why.json").await.text.contains("\"paused\"")
    })
    .await;
    page.browser.run("nabz.track('paid')").await;
    assert_eq!(page.next_shown().await, "second");
    assert_eq!(page.asked("/acme/first."), 1);
    assert_eq!(page.asked("/acme/nabz.js"), 1, "nothing is loaded anew");
    assert_eq!(page.browser.noise().await, json!([]));
}

async fn a_host_that_freezes_or_replaces_what_is_the_browsers_is_left_alone(engine: Engine) {
    let due = [survey("due", json!({ "show": { "delay_seconds": 0.1 } }))];
    let html = [
        (
            "/frozen",
            "<script>for (const it of [Array.prototype, JSON, Promise, history])
                Object.freeze(it)</script>{{tag}}",
        ),
        ("/json", "<script>JSON.parse = () => { throw new Error('mine') }</script>{{tag}}"),
        ("/fetch", "<script>fetch = () => { throw new Error('mine') }</script>{{tag}}"),
        ("/odd", "<script>fetch = () => 3; Array.prototype.find = () => 3</script>{{tag}}"),
        (
            "/objects",
            "<script>Object.keys = Object.entries = () => { throw new Error('mine') }</script>{{tag}}",
        ),
        ("/other", "<script>window.nabz = { mine: true }</script>{{tag}}"),
    ];
    let page = Host::with_pages(engine, &due, &html, "").await;
    page.open("/frozen").await;
    assert_eq!(page.next_shown().await, "due");
    page.browser.run("history.pushState(null, '', '/frozen/too')").await;
    assert_eq!(page.browser.noise().await, json!([]));
    for (path, _) in &html[1..] {
        page.browser.open(&format!("{}{path}", page.url)).await;
        let ended = "return document.readyState";
        wait_until(path, async || page.browser.run(ended).await == "complete").await;
        page.browser.run("window.nabz?.track?.('paid'); window.nabz?.open?.('due')").await;
        assert_eq!(page.browser.noise().await, json!([]), "{path}");
    }
    assert_eq!(page.browser.run("return window.nabz.mine").await, true);
}
