//! Draws sheets for people to look at into the folder named as the argument: every placement,
//! every scale and the panel that says why, on every screen, in all colours, languages and sizes.
//! `cargo xtask pictures` runs it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use tests::Engine;
use tests::gallery::{
    DESKTOP, EVERY_WAY, Gallery, LANGUAGES, PHONE, PLACEMENTS, SCALES, SMALLEST, Way, screens,
};

/// The width of a sheet, in CSS pixels.
const WIDTH: u32 = 1960;
/// How many scales are on one sheet: no picture can be endlessly high.
const A_SHEET: usize = 4;
/// A window on a desk, as small as it can be without becoming a phone.
const WINDOW: (u32, u32) = (640, 460);
/// For texts twice as large.
const LARGE: Way = ("light", SMALLEST);
/// Enough for what differs only in its scale.
const THREE_WAYS: [Way; 3] = [("light", DESKTOP), ("dark", PHONE), ("light", SMALLEST)];

#[tokio::main]
async fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("a folder for the sheets"));
    std::fs::create_dir_all(&folder).expect("the folder for the sheets");
    let folder = folder.canonicalize().expect("the folder for the sheets");
    let gallery = Gallery::open(Engine::Chromium, String::new()).await;
    for placement in PLACEMENTS {
        let rows = photograph_survey(&gallery, &folder, placement, placement, &EVERY_WAY).await;
        draw(&gallery, &folder, placement, &rows).await;
    }
    for (at, scales) in SCALES.chunks(A_SHEET).enumerate() {
        let mut rows = Vec::new();
        for (scale, _) in scales {
            rows.extend(photograph_survey(&gallery, &folder, scale, scale, &THREE_WAYS).await);
        }
        draw(&gallery, &folder, &format!("scales-{}", at + 1), &rows).await;
    }
    let mut rows = Vec::new();
    for (language, _) in LANGUAGES {
        gallery.show_panel(language).await;
        rows.push(photograph(&gallery, &folder, &format!("why-{language}"), &EVERY_WAY).await);
    }
    draw(&gallery, &folder, "why", &rows).await;
    gallery.browser.enlarge_text(true).await;
    let mut rows = Vec::new();
    for survey in PLACEMENTS.into_iter().chain(["faces", "stars", "problems", "long", "review"]) {
        let name = format!("large-{survey}");
        rows.extend(photograph_survey(&gallery, &folder, survey, &name, &[LARGE]).await);
    }
    draw(&gallery, &folder, "large", &rows).await;
}

/// Takes pictures of all screens of a survey, and returns their files, whose names begin with one: a
/// row for each screen.
async fn photograph_survey(
    gallery: &Gallery,
    folder: &Path,
    survey: &str,
    name: &str,
    ways: &[Way],
) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for (language, _) in LANGUAGES {
        gallery.show(survey, language).await;
        for (at, screen) in screens(survey).iter().enumerate() {
            if at > 0 {
                gallery.go_on(screen).await;
            }
            let name = format!("{name}-{screen}-{language}");
            rows.push(photograph(gallery, folder, &name, ways).await);
        }
    }
    rows
}

/// Takes a picture of what is seen now in each of these ways.
async fn photograph(gallery: &Gallery, folder: &Path, name: &str, ways: &[Way]) -> Vec<String> {
    let mut files = Vec::new();
    for (colours, size) in ways {
        let size = if *size == DESKTOP { WINDOW } else { *size };
        gallery.see((colours, size)).await;
        let file = format!("{name}-{colours}-{}.png", size.0).replace(' ', "-");
        gallery.browser.picture(&folder.join(&file)).await;
        files.push(file);
    }
    files
}

/// Puts pictures beside each other, as a page and as a picture of that page.
async fn draw(gallery: &Gallery, folder: &Path, name: &str, rows: &[Vec<String>]) {
    let mut page = "<!doctype html><meta charset=utf-8><style>
        body { display: flex; flex-wrap: wrap; gap: 8px 40px; background: #888 }
        div { display: flex; gap: 8px } figure { margin: 0; font: 11px sans-serif }
        figcaption { width: 0; min-width: 100%; overflow: hidden; white-space: nowrap }
        img { display: block; height: 300px }</style>"
        .to_owned();
    for row in rows {
        let figure = |file: &String| {
            format!("<figure><img src='{file}'><figcaption>{file}</figcaption></figure>")
        };
        let _ = write!(page, "<div>{}</div>", row.iter().map(figure).collect::<String>());
    }
    let file = folder.join(format!("sheet-{name}.html"));
    std::fs::write(&file, page).expect("a sheet");
    let browser = &gallery.browser;
    browser.force_colours(false).await;
    browser.resize(WIDTH, 1080).await;
    browser.open(&format!("file://{}", file.display())).await;
    let height = browser.run("return document.documentElement.scrollHeight").await;
    browser.resize(WIDTH, height.as_u64().and_then(|it| it.try_into().ok()).unwrap_or(1080)).await;
    browser.picture(&folder.join(format!("sheet-{name}.png"))).await;
    println!("{}", file.display());
}
