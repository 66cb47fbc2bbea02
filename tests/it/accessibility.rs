use serde_json::json;
use tests::Engine;
use tests::gallery::{EVERY_WAY, Gallery, LANGUAGES, PLACEMENTS, SCALES, SMALLEST, Way, screens};
use tests::in_each_browser;

in_each_browser! {
    axe_finds_nothing_in_any_placement,
    axe_finds_nothing_in_any_scale,
    axe_finds_nothing_in_the_panel_that_says_why,
    axe_finds_nothing_where_texts_are_twice_as_large,
    axe_finds_what_is_wrong_in_a_card,
    what_does_not_fit_is_found,
}

/// What axe looks for: everything up to WCAG 2.2 AA, and what is good practice beyond.
const TAGS: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

async fn gallery(engine: Engine) -> Gallery {
    let path = std::env::var("NABZ_AXE").expect("NABZ_AXE names axe-core: run `cargo xtask test`");
    Gallery::open(engine, std::fs::read_to_string(path).expect("axe-core")).await
}

/// Goes through all screens of a survey in a language, and says what axe finds, and what does not
/// fit, in any of the ways in which they can be seen.
async fn walk(gallery: &Gallery, survey: &str, language: &str, ways: &[Way]) -> Vec<String> {
    let mut found = Vec::new();
    gallery.show(survey, language).await;
    for (at, screen) in screens(survey).iter().enumerate() {
        if at > 0 {
            gallery.go_on(screen).await;
        }
        found.extend(look(gallery, &format!("{survey}, {screen}, {language}"), ways).await);
    }
    found
}

/// Goes through surveys in every language and every way, and insists that nothing is wrong.
async fn check(gallery: &Gallery, surveys: impl IntoIterator<Item = &str>) {
    let mut found = Vec::new();
    for survey in surveys {
        for (language, _) in LANGUAGES {
            found.extend(walk(gallery, survey, language, &EVERY_WAY).await);
        }
    }
    assert_nothing(&found);
}

fn assert_nothing(found: &[String]) {
    assert!(found.is_empty(), "axe found\n{}", found.join("\n"));
}

/// What axe finds in what is there now, and what does not fit, when it is seen in these ways.
async fn look(gallery: &Gallery, name: &str, ways: &[Way]) -> Vec<String> {
    let mut found = Vec::new();
    for (colours, size) in ways {
        gallery.see((colours, *size)).await;
        let lines = [misfits(gallery).await, axe(gallery).await].concat();
        let seen = |line| format!("{name}, {colours}, {} px: {line}", size.0);
        found.extend(lines.into_iter().map(seen));
    }
    found
}

/// What sticks out of the page or out of the card, or is cut off, in as many lines.
async fn misfits(gallery: &Gallery) -> Vec<String> {
    let script = "const { shadowRoot: shadow } = document.querySelector('nabz-survey, nabz-why');
        const name = (it) => `${it.localName} ${it.className}${it.name ?? ''} ${it.textContent}`;
        const all = [...shadow.querySelectorAll('.tab, .card:not([hidden]), section')].filter((it) => it.checkVisibility());
        const inside = (inner, outer) => inner.left >= outer.left - 1 && inner.right <= outer.right + 1;
        const lines = [];
        for (const box of all) {
            // For axe, what is scrolled out of view is no label.
            box.querySelector('h3')?.scrollIntoView();
            const place = box.getBoundingClientRect();
            const page = { left: 0, right: innerWidth };
            const isInline = box.dataset.placement === 'inline';
            if (!inside(place, page) || (!isInline && (place.top < -1 || place.bottom > innerHeight + 1)))
                lines.push(`${name(box)} sticks out of the page`);
            for (const it of box.querySelectorAll('button, h2, h3, p, a, textarea, summary, td, .ends')) {
                if (!it.checkVisibility()) continue;
                if (!inside(it.getBoundingClientRect(), place)) lines.push(`${name(it)} sticks out`);
                const isCut = it.scrollWidth > it.clientWidth + 1 && it.clientWidth > 0;
                if (isCut && it.name !== 'close') lines.push(`${name(it)} is cut off`);
            }
        }
        return all.length ? lines : ['nothing is seen'];";
    serde_json::from_value(gallery.browser.run(script).await).expect("lines")
}

/// Runs axe over the page and returns a line for each thing it finds.
async fn axe(gallery: &Gallery) -> Vec<String> {
    let script = format!(
        "return axe.run({{ runOnly: {}, preload: false, iframes: false }}).then(({{ violations, passes }}) => {{
            const isInShadow = ({{ target }}) => target.flat().length > 1;
            const seen = passes.some(({{ nodes }}) => nodes.some(isInShadow));
            const lines = violations.flatMap(({{ id, impact, nodes }}) => nodes.map((node) =>
                `${{id}} (${{impact}}) at ${{node.target.flat().join(' ')}}: \
                 ${{node.failureSummary}}`));
            return seen ? lines : [...lines, 'axe has not looked into the shadow'];
        }})",
        json!(TAGS)
    );
    serde_json::from_value(gallery.browser.run(&script).await).expect("lines")
}

async fn axe_finds_nothing_in_any_placement(engine: Engine) {
    check(&gallery(engine).await, PLACEMENTS).await;
}

async fn axe_finds_nothing_in_any_scale(engine: Engine) {
    check(&gallery(engine).await, SCALES.map(|(scale, _)| scale)).await;
}

async fn axe_finds_nothing_in_the_panel_that_says_why(engine: Engine) {
    let gallery = gallery(engine).await;
    for (language, _) in LANGUAGES {
        gallery.show_panel(language).await;
        assert_nothing(&look(&gallery, language, &EVERY_WAY).await);
    }
}

async fn axe_finds_nothing_where_texts_are_twice_as_large(engine: Engine) {
    let gallery = gallery(engine).await;
    let way = [("light", SMALLEST)];
    gallery.browser.enlarge_text(true).await;
    let mut found = Vec::new();
    // Directions were seen above, so the languages take turns.
    let surveys = PLACEMENTS.into_iter().chain(SCALES.map(|(scale, _)| scale));
    for (survey, (language, _)) in surveys.zip(LANGUAGES.into_iter().cycle()) {
        found.extend(walk(&gallery, survey, language, &way).await);
    }
    gallery.show_panel("en").await;
    found.extend(look(&gallery, "panel", &way).await);
    assert_nothing(&found);
}

/// What was found is nothing only if something would be found.
async fn axe_finds_what_is_wrong_in_a_card(engine: Engine) {
    let gallery = gallery(engine).await;
    gallery.show_card("popover", "en").await;
    gallery.browser.hold_still().await;
    let script =
        "const card = document.querySelector('nabz-survey').shadowRoot.querySelector('h2');
        card.style.color = '#ddd'; card.append(new Image());";
    gallery.browser.run(script).await;
    let found = axe(&gallery).await;
    let rules: Vec<_> = found.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(rules, ["color-contrast", "image-alt"], "{found:?}");
}

/// The same for what fits.
async fn what_does_not_fit_is_found(engine: Engine) {
    let gallery = gallery(engine).await;
    gallery.show_card("popover", "en").await;
    assert_eq!(misfits(&gallery).await, [""; 0]);
    let script =
        "const card = document.querySelector('nabz-survey').shadowRoot.querySelector('.card');
        card.querySelector('h2').style.whiteSpace = 'nowrap';
        card.querySelector('h2').textContent = 'long '.repeat(99);
        card.style.insetInlineEnd = '-99px'";
    gallery.browser.run(script).await;
    let found = misfits(&gallery).await.join("\n");
    assert!(found.contains("is cut off") && found.contains("sticks out of the page"), "{found}");
}
