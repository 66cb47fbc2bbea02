use serde_json::{Value, json};
use survey::rules::{CONDITIONS, TRIGGERS};
use tests::{Browser, Engine, in_each_browser};

in_each_browser! {
    the_loader_decides_as_the_rules_do,
}

/// The functions that a loader is made of, as the build minified them.
fn functions(kind: &str, names: &[&str]) -> String {
    let code: Value =
        serde_json::from_str(include_str!("../../widget/dist/code.json")).expect("JSON");
    let entry = |name: &&str| format!("{name}: {}", code[kind][*name].as_str().expect("code"));
    names.iter().map(entry).collect::<Vec<_>>().join(",\n")
}

async fn the_loader_decides_as_the_rules_do(engine: Engine) {
    let rules = include_str!("../../widget/loader/rules.js");
    let vectors = include_str!("../../survey/golden/rules.json");
    let conditions = functions("condition", &CONDITIONS.map(|condition| condition.name));
    let triggers = functions("trigger", &TRIGGERS);
    let browser = Browser::start(engine).await;
    browser.open("about:blank").await;
    let script = format!(
        "{rules}
         const known = {{ conditions: {{ {conditions} }}, triggers: {{ {triggers} }} }};
         const found = (v) => verdict({{ budget_days: v.budget_days ?? 0, ...v.rule }}, v.visit, known);
         return {vectors}.filter((v) => found(v) !== v.expected)
             .map((v) => v.name + ': ' + found(v) + ', not ' + v.expected)"
    );
    assert_eq!(browser.run(&script).await, json!([]));
}
