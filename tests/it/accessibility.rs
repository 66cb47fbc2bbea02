use serde_json::json;
use tests::Engine;
use tests::gallery::{EVERY_WAY, Gallery, LANGUAGES, PLACEMENTS, SCALES, TWO_WAYS, Way, screens};
use tests::in_each_browser;

in_each_browser! {
    axe_finds_nothing_in_any_placement,
    axe_finds_nothing_in_any_scale,
    axe_finds_what_is_wrong_in_a_card,
}

/// What axe looks for: everything up to WCAG 2.2 AA, and what is good practice beyond.
const TAGS: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

async fn gallery(engine: Engine) -> Gallery {
    let path = std::env::var("NABZ_AXE").expect("NABZ_AXE names axe-core: run `cargo xtask test`");
    Gallery::open(engine, std::fs::read_to_string(path).expect("axe-core")).await
}

/// Goes through all screens of a survey in a language, looks at each of them in these ways, and
/// insists that axe finds nothing.
async fn check(gallery: &Gallery, survey: &str, language: &str, ways: &[Way]) {
    let mut found = Vec::new();
    gallery.show(survey, language).await;
    let screens = screens(survey);
    for (at, screen) in screens.iter().enumerate() {
        for way in ways {
            gallery.see(*way).await;
            let (colours, (width, _)) = way;
            let where_ = format!("{survey}, {screen}, {language}, {colours}, {width} px");
            found.extend(axe(gallery).await.iter().map(|line| format!("{where_}: {line}")));
        }
        if at + 1 < screens.len() {
            gallery.go_on(screen).await;
        }
    }
    assert!(found.is_empty(), "axe found\n{}", found.join("\n"));
}

/// Runs axe over the page and returns a line for each thing it finds.
async fn axe(gallery: &Gallery) -> Vec<String> {
    let script = format!(
        "return axe.run({{ runOnly: {} }}).then(({{ violations, passes }}) => {{
            const inCard = ({{ target }}) => target.flat().length > 1;
            const seen = passes.some(({{ nodes }}) => nodes.some(inCard));
            const lines = violations.flatMap(({{ id, impact, nodes }}) => nodes.map((node) =>
                `${{id}} (${{impact}}) at ${{node.target.flat().join(' ')}}: \
                 ${{node.failureSummary}}`));
            return seen ? lines : [...lines, 'axe has not looked into the card'];
        }})",
        json!(TAGS)
    );
    serde_json::from_value(gallery.browser.run(&script).await).expect("lines")
}

async fn axe_finds_nothing_in_any_placement(engine: Engine) {
    let gallery = gallery(engine).await;
    for placement in PLACEMENTS {
        for (language, _) in LANGUAGES {
            check(&gallery, placement, language, &EVERY_WAY).await;
        }
    }
}

async fn axe_finds_nothing_in_any_scale(engine: Engine) {
    let gallery = gallery(engine).await;
    for (scale, _) in SCALES {
        // What differs by placement, colour and direction was seen above.
        for ((language, _), way) in LANGUAGES.iter().zip(TWO_WAYS) {
            check(&gallery, scale, language, &[way]).await;
        }
    }
}

/// What was found is nothing only if something would be found.
async fn axe_finds_what_is_wrong_in_a_card(engine: Engine) {
    let gallery = gallery(engine).await;
    gallery.show("popover", "en").await;
    gallery.browser.hold_still().await;
    let script =
        "const card = document.querySelector('nabz-survey').shadowRoot.querySelector('h2');
        card.style.color = '#ddd'; card.append(new Image());";
    gallery.browser.run(script).await;
    let found = axe(&gallery).await;
    let rules: Vec<_> = found.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(rules, ["color-contrast", "image-alt"], "{found:?}");
}
