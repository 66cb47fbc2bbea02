use std::path::Path;

use serde_json::{Value, json};
use survey::Text;
use tests::{Engine, in_each_browser};
use thirtyfour::Key;

use crate::stage::Stage;

in_each_browser! {
    every_scale_has_a_control,
    no_number_is_cut_off_on_a_small_phone,
    nothing_went_wrong_is_an_answer_of_its_own,
    a_visitor_can_turn_back,
    a_text_that_shows_nothing_is_none,
    keys_move_and_choose_only_when_told_to,
    thanks_are_said_by_group_with_a_link,
    every_language_has_its_words,
    texts_are_found_as_the_collector_finds_them,
}

/// Surveys of one question each, whose ids are the scales' names.
fn surveys(questions: &[Value]) -> Value {
    let survey = |question: &Value| {
        let mut question = question.clone();
        question["prompt"] = json!("How was it?");
        json!({ "id": question["id"], "questions": [question] })
    };
    questions.iter().map(survey).collect()
}

fn options() -> Value {
    json!([{ "id": "late", "label": "Late" }, { "id": "lost", "label": "Lost" }])
}

async fn every_scale_has_a_control(engine: Engine) {
    // The scale, what is clicked, and the value that is posted.
    let cases = [
        (json!({ "scale": "nps" }), vec!["[value='10']"], json!(10)),
        (json!({ "scale": "faces" }), vec!["[aria-label=Happy]"], json!(3)),
        (json!({ "scale": "faces", "points": 5 }), vec!["[aria-label='Very unhappy']"], json!(1)),
        (json!({ "scale": "stars" }), vec!["[aria-label='4 stars']"], json!(4)),
        (json!({ "scale": "rating" }), vec!["[value='10']"], json!(10)),
        (json!({ "scale": "thumbs" }), vec!["[aria-label='Thumbs down']"], json!(0)),
        (json!({ "scale": "effort" }), vec!["[value='7']"], json!(7)),
        (json!({ "scale": "ease" }), vec!["[value='1']"], json!(1)),
        (json!({ "scale": "agree" }), vec!["[value='4']"], json!(4)),
        (json!({ "scale": "yes_no" }), vec!["[role=radio]:first-child"], json!(1)),
        (json!({ "scale": "choice", "options": options() }), vec!["[value=lost]"], json!("lost")),
        (
            json!({ "scale": "choice", "options": options(), "multiple": true }),
            vec!["[value=lost]", "[value=late]", "[name=send]"],
            json!(["late", "lost"]),
        ),
        (
            json!({ "scale": "problems", "options": options() }),
            vec!["[value=late]", "[name=send]"],
            json!(["late"]),
        ),
    ];
    let questions: Vec<Value> = cases
        .iter()
        .enumerate()
        .map(|(at, (question, ..))| {
            let mut question = question.clone();
            question["id"] = json!(format!("case-{at}"));
            question
        })
        .collect();
    let stage = Stage::open(engine, surveys(&questions), "").await;
    for ((question, clicks, value), asked) in cases.iter().zip(&questions) {
        let id = asked["id"].as_str().unwrap_or_default();
        stage.show(id, "en").await;
        for click in clicks {
            stage.browser.click_in_card(click).await;
        }
        let expected = json!([{ "question": id, "value": value }]);
        stage.wait_for_answers(&question.to_string(), expected).await;
        stage.browser.in_card("[data-brief]").await;
    }
    assert_eq!(stage.browser.noise().await, json!([]));
}

async fn no_number_is_cut_off_on_a_small_phone(engine: Engine) {
    let scales = ["nps", "rating", "effort", "faces", "stars", "thumbs", "yes_no"];
    let questions = scales.map(|scale| json!({ "id": scale.replace('_', "-"), "scale": scale }));
    let stage = Stage::open(engine, surveys(&questions), "").await;
    for width in [320, 360, 1280] {
        stage.browser.resize(width, 640).await;
        for question in &questions {
            stage.show(question["id"].as_str().unwrap_or_default(), "fa").await;
            stage.browser.hold_still().await;
            let small = "[...shadow.querySelectorAll('[role=radio]')].filter((it) => {
                const { width, height } = it.getBoundingClientRect();
                const least = innerWidth < 400 ? 44 : 24;
                return width < least || height < least || it.scrollWidth > it.clientWidth + 1;
            }).length";
            assert_eq!(stage.ask(small).await, 0, "{question} at {width} px");
            let wide = "card.scrollWidth > card.clientWidth";
            assert_eq!(stage.ask(wide).await, false, "{question} at {width} px");
        }
    }
}

async fn nothing_went_wrong_is_an_answer_of_its_own(engine: Engine) {
    let question = json!({ "id": "p", "scale": "problems", "options": options() });
    let stage = Stage::open(engine, surveys(&[question]), "").await;
    stage.show("p", "en").await;
    stage.browser.click_in_card("[name=send]").await;
    stage
        .wait_for(
            "shadow.querySelector('#missing').textContent",
            json!("Please choose something first."),
        )
        .await;
    let described = "shadow.querySelector('[role=group]').getAttribute('aria-describedby')";
    assert_eq!(stage.ask(described).await, "ends missing", "the error belongs to the list");
    stage.browser.click_in_card("[value=late]").await;
    stage.wait_for_answers("a problem", json!([{ "question": "p", "value": ["late"] }])).await;
    stage.browser.click_in_card("[role=checkbox]:last-child").await;
    stage.wait_for_answers("no problem", json!([{ "question": "p", "value": [] }])).await;
    assert_eq!(stage.proxy.responses().last().unwrap()["state"], "completed");
}

async fn a_visitor_can_turn_back(engine: Engine) {
    let survey = json!([{ "id": "two", "questions": [
        { "scale": "yes_no", "prompt": "Was it solved?", "follow_up": { "no": "What is left?" } },
        { "scale": "text", "prompt": "Anything else?" },
    ] }]);
    let stage = Stage::open(engine, survey, "").await;
    let browser = &stage.browser;
    stage.show("two", "en").await;
    browser.click_in_card("[value='1']").await;
    stage.wait_for("shadow.querySelector('#prompt').textContent", json!("Anything else?")).await;
    browser.in_card("textarea").await.send_keys("Thanks").await.unwrap();
    stage
        .wait_for("shadow.querySelector('#left').textContent", json!("1994 characters left"))
        .await;
    browser.click_in_card("[name=back]").await;
    stage.wait_for("shadow.querySelector('[aria-checked=true]').value", json!("1")).await;
    browser.click_in_card("[value='0']").await;
    stage.wait_for("shadow.querySelector('#why').textContent", json!("What is left?")).await;
    browser.click_in_card("[name=skip]").await;
    stage.wait_for("shadow.querySelector('textarea').value", json!("Thanks")).await;
    browser.click_in_card("[name=send]").await;
    let answers =
        json!([{ "question": "yes_no", "value": 0 }, { "question": "text", "value": "Thanks" }]);
    stage.wait_for_answers("both questions", answers).await;
    assert_eq!(browser.noise().await, json!([]));
}

async fn a_text_that_shows_nothing_is_none(engine: Engine) {
    let survey = json!([{ "id": "two", "questions": [
        { "scale": "yes_no", "prompt": "Was it solved?", "follow_up": { "no": "What is left?" } },
        { "scale": "text", "prompt": "Anything else?" },
    ] }]);
    let stage = Stage::open(engine, survey, "").await;
    let check = async |comment: &str, text: &str, expected: Value| {
        stage.show("two", "fa").await;
        stage.browser.click_in_card("[value='0']").await;
        for (place, prompt, words) in
            [("#why", "What is left?", comment), ("#prompt", "Anything else?", text)]
        {
            let heading = format!("shadow.querySelector('{place}').textContent");
            stage.wait_for(&heading, json!(prompt)).await;
            let write = format!("shadow.querySelector('textarea').value = {}", json!(words));
            stage.ask(&write).await;
            stage.browser.click_in_card("[name=send]").await;
        }
        stage.wait_for_answers(text, expected).await;
    };
    let nothing = "\u{200c}\u{200b} \u{feff}\u{ad}\u{202e}\n\u{2800}";
    let no = json!({ "question": "yes_no", "value": 0 });
    check(nothing, nothing, json!([no])).await;
    let words = "می\u{200c}خواهم";
    let expected = json!([
        { "question": "yes_no", "value": 0, "comment": words },
        { "question": "text", "value": words },
    ]);
    check(words, words, expected).await;
}

async fn keys_move_and_choose_only_when_told_to(engine: Engine) {
    let question = json!({ "id": "nps", "scale": "nps" });
    let stage = Stage::open(engine, surveys(&[question]), "").await;
    let check = async |language: &str, keys: &[&str], expected: &str| {
        stage.show("nps", language).await;
        stage.browser.tab_to("[role=radio]").await;
        for key in keys {
            stage.browser.press(*key).await;
        }
        let at = "shadow.activeElement.value + [...shadow.querySelectorAll('[tabindex=\"0\"]')].map((it) => it.value)";
        assert_eq!(stage.ask(at).await, format!("{expected}{expected}"), "{keys:?} in {language}");
        assert_eq!(stage.ask("!!shadow.querySelector('[aria-checked=true]')").await, false);
    };
    let [right, left, down, home, end] =
        [Key::Right, Key::Left, Key::Down, Key::Home, Key::End].map(|key| key.value().to_string());
    check("en", &[&right, &right, &left, &down], "2").await;
    check("fa", &[&left, &left, &right, &down], "2").await;
    check("en", &[&left], "10").await;
    check("en", &[&end, &down], "0").await;
    check("en", &["7", &home, "1", "0"], "10").await;
    check("fa", &["۷"], "7").await;
}

async fn thanks_are_said_by_group_with_a_link(engine: Engine) {
    let survey = json!([{
        "id": "nps",
        "questions": [{ "scale": "nps", "prompt": "Would you recommend us?" }],
        "thanks": {
            "promoter": { "text": "Great!", "link": { "label": "Review us", "url": "https://example.com/" } },
            "detractor": { "text": "Sorry.", "link": { "label": "Write to us", "url": "/contact" } },
        },
    }]);
    let stage = Stage::open(engine, survey, "").await;
    let check = async |value: &str, text: &str, href: Value| {
        stage.show("nps", "en").await;
        stage.browser.click_in_card(&format!("[value='{value}']")).await;
        stage.browser.in_card("[data-brief]").await;
        let said = "[shadow.querySelector('#prompt').textContent, shadow.querySelector('a')?.href]";
        let timer = "shadow.getAnimations().filter((it) => it.animationName === 'stay').length";
        assert_eq!(stage.ask(said).await, json!([text, href]));
        let is_brief = i32::from(href.is_null());
        assert_eq!(stage.ask(timer).await, is_brief, "what has a link stays");
    };
    check("10", "Great!", json!("https://example.com/")).await;
    check("3", "Sorry.", json!(format!("{}/contact", stage.url))).await;
    check("7", "Thank you for your feedback!", Value::Null).await;
}

async fn every_language_has_its_words(engine: Engine) {
    let question = json!({ "id": "stars", "scale": "stars" });
    let stage = Stage::open(engine, surveys(&[question]), "").await;
    let asked = || stage.proxy.seen().iter().filter(|(line, _)| line.contains("locale.")).count();
    stage.show("stars", "en").await;
    assert_eq!(asked(), 0, "English needs no file");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../widget/locales");
    for file in std::fs::read_dir(folder).expect("the locales") {
        let file = file.expect("a locale").path();
        let language = file.file_stem().and_then(|it| it.to_str()).expect("a language");
        let words = std::fs::read_to_string(&file).expect("a locale");
        let words: Value = serde_json::from_str(&words).expect("JSON");
        let before = asked();
        stage.show("stars", language).await;
        assert_eq!(asked(), before + 1, "{language} is one file");
        let seen = "[card.dir, shadow.querySelector('[name=close]').textContent,
            ...[1, 2, 5].map((at) => shadow.querySelector(`[role=radio]:nth-child(${at})`).ariaLabel)]";
        let is_right_to_left = ["ar", "fa", "he", "ur"].contains(&language);
        let expected = format!(
            "const words = {words}; const rules = new Intl.PluralRules('{language}');
             const number = new Intl.NumberFormat('{language}');
             return ['{}', words.close, ...[1, 2, 5].map((n) =>
                 (words.star[rules.select(n)] ?? words.star.other).replace('{{}}', number.format(n)))]",
            if is_right_to_left { "rtl" } else { "ltr" }
        );
        assert_eq!(stage.ask(seen).await, stage.browser.run(&expected).await, "{language}");
        let formless = format!(
            "const {{ left, star }} = {words}; const rules = new Intl.PluralRules('{language}');
             return [[left, 0, 2000], [star, 1, 5]].flatMap(([forms, from, to]) =>
                 Array.from({{ length: to - from + 1 }}, (_, at) => from + at)
                     .filter((number) => !(rules.select(number) in forms)))"
        );
        assert_eq!(stage.browser.run(&formless).await, json!([]), "{language}");
    }
    assert_eq!(stage.browser.noise().await, json!([]));
}

/// The rule stands once in Rust and once in JavaScript: both find the same.
async fn texts_are_found_as_the_collector_finds_them(engine: Engine) {
    let browser = tests::Browser::start(engine).await;
    browser.open("about:blank").await;
    let scripts =
        [include_str!("../../widget/host/words.js"), include_str!("../../widget/host/asked.js")];
    let texts =
        [r#""Hi""#, r#"{"de":"Hallo","en":"Hi","pt-BR":"Oi","fa":"سلام"}"#, r#"{"FA-ir":"سلام"}"#];
    for text in texts {
        let parsed: Text = serde_json::from_str(text).unwrap();
        for locale in ["fa", "fa-IR", "PT-br", "pt", "ja", "en_US", ""] {
            for site_locale in ["en", "en-GB", "ko"] {
                let script = format!(
                    "{} return localized({text}, '{locale}', '{site_locale}')",
                    scripts.concat()
                );
                let expected = parsed.get(locale, site_locale);
                assert_eq!(browser.run(&script).await, expected, "{text} for {locale}");
            }
        }
    }
}
