use serde_json::{Value, json};
use tests::{Engine, in_each_browser};

use crate::host::{Host, survey};
use crate::stage::Stage;

in_each_browser! {
    nothing_moves_where_no_motion_is_wanted,
    nothing_is_printed,
    sizes_follow_the_browsers_text_and_not_the_pages,
    surveys_are_told_what_a_visitor_holds,
}

async fn stage(engine: Engine, body: &str) -> Stage {
    let question = json!({ "scale": "nps", "prompt": "How likely are you to recommend us?" });
    Stage::open(engine, json!([{ "id": "nps", "questions": [question] }]), body).await
}

async fn nothing_moves_where_no_motion_is_wanted(engine: Engine) {
    let stage = stage(engine, "").await;
    // The thanks stay for as long as an animation lasts, which changes nothing that is seen.
    let moving =
        "[card, ...card.querySelectorAll('*')].map((it) => getComputedStyle(it)).filter((it) =>
        !['none', 'stay'].includes(it.animationName) || it.transitionDuration !== '0s').length";
    for still in [false, true] {
        stage.browser.reduce_motion(still).await;
        stage.show("nps", "en").await;
        assert_eq!(stage.ask(&format!("{moving} === 0")).await, still);
        stage.browser.click_in_card("[value='9']").await;
        stage.browser.in_card("[data-brief]").await;
        assert_eq!(stage.ask(&format!("{moving} === 0")).await, still);
        assert_eq!(
            stage.ask("shadow.getAnimations().some((it) => it.animationName === 'stay')").await,
            true
        );
    }
}

async fn nothing_is_printed(engine: Engine) {
    let stage = stage(engine, "").await;
    stage.show("nps", "en").await;
    stage.browser.run("return nabz.why().then(() => true)").await;
    let seen =
        "['nabz-survey', 'nabz-why'].map((it) => document.querySelector(it).checkVisibility())";
    assert_eq!(stage.ask(seen).await, json!([true, true]));
    stage.browser.print(true).await;
    assert_eq!(stage.ask(seen).await, json!([false, false]));
    stage.browser.print(false).await;
    assert_eq!(stage.ask(seen).await, json!([true, true]));
}

async fn sizes_follow_the_browsers_text_and_not_the_pages(engine: Engine) {
    let stage = stage(engine, "<style>html { font-size: 40px }</style>").await;
    let sizes = "['.card', 'h2', '[role=radio]', '[name=close]'].map((it) => {
        const found = shadow.querySelector(it) ?? card;
        const { width, fontSize } = getComputedStyle(found);
        return [parseFloat(fontSize), it === '[name=close]' ? parseFloat(width) : 0];
    }).flat()";
    let mut measured: Vec<Vec<f64>> = Vec::new();
    for large in [false, true] {
        stage.browser.enlarge_text(large).await;
        stage.show("nps", "en").await;
        measured.push(serde_json::from_value(stage.ask(sizes).await).expect("numbers"));
    }
    let expected: Vec<f64> = measured[0].iter().map(|it| it * 2.0).collect();
    let near = |(a, b): (&f64, &f64)| (a - b).abs() < 0.1;
    assert!(measured[1].iter().zip(&expected).all(near), "{measured:?}");
    assert!((measured[0][0] - 15.0).abs() < 0.01, "{measured:?}");
}

async fn surveys_are_told_what_a_visitor_holds(engine: Engine) {
    let surveys = ["phone", "tablet", "desktop"].map(|device| {
        survey(device, json!({ "show": { "devices": [device], "delay_seconds": 0 } }))
    });
    let html = "<meta name=viewport content='width=device-width'>{{tag}}";
    let page = Host::with_page(engine, &surveys, html).await;
    let check = async |expected: &str| {
        page.open("/").await;
        assert_eq!(page.next_shown().await, expected);
        assert_eq!(page.browser.noise().await, json!([]), "{expected}");
        page.browser.run("localStorage.clear()").await;
    };
    check("desktop").await;
    // A narrow window on a desk is no phone.
    page.browser.resize(520, 700).await;
    check("desktop").await;
    for ((width, height), device) in [
        ((390, 844), "phone"),
        ((844, 390), "phone"),
        ((820, 1180), "tablet"),
        ((1180, 820), "tablet"),
    ] {
        page.browser.hold(width, height).await;
        check(device).await;
    }
    let answered: Value =
        page.browser.run("return document.querySelectorAll('nabz-survey').length").await;
    assert_eq!(answered, 1);
}
