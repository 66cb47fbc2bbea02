//! Draws sheets for people to look at into the folder named as the argument: every placement and
//! every scale, on every screen, in all colours, languages and sizes. `cargo xtask pictures` runs
//! it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use tests::Engine;
use tests::gallery::{
    DESKTOP, EVERY_WAY, Gallery, LANGUAGES, PLACEMENTS, SCALES, TWO_WAYS, Way, screens,
};

/// The width of a sheet, in CSS pixels.
const WIDTH: u32 = 1960;

/// How many scales are on one sheet: no picture can be endlessly high.
const A_SHEET: usize = 5;
/// A window on a desk, as small as it can be without becoming a phone.
const WINDOW: (u32, u32) = (640, 460);

#[tokio::main]
async fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("a folder for the sheets"));
    std::fs::create_dir_all(&folder).expect("the folder for the sheets");
    let folder = folder.canonicalize().expect("the folder for the sheets");
    let gallery = Gallery::open(Engine::Chromium, String::new()).await;
    for placement in PLACEMENTS {
        let rows = photograph(&gallery, &folder, placement, &EVERY_WAY).await;
        draw(&gallery, &folder, placement, &rows).await;
    }
    for (at, scales) in SCALES.chunks(A_SHEET).enumerate() {
        let mut rows = Vec::new();
        for (scale, _) in scales {
            rows.extend(photograph(&gallery, &folder, scale, &TWO_WAYS).await);
        }
        draw(&gallery, &folder, &format!("scales-{}", at + 1), &rows).await;
    }
}

/// Takes pictures of all screens of a survey, and returns the names of their files: a row for each
/// screen.
async fn photograph(
    gallery: &Gallery,
    folder: &Path,
    survey: &str,
    ways: &[Way],
) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for (language, _) in LANGUAGES {
        gallery.show(survey, language).await;
        let screens = screens(survey);
        for (at, screen) in screens.iter().enumerate() {
            let mut row = Vec::new();
            for (colours, size) in ways {
                let size = if *size == DESKTOP { WINDOW } else { *size };
                gallery.see((colours, size)).await;
                let file = format!("{survey}-{screen}-{language}-{colours}-{}.png", size.0);
                let file = file.replace(' ', "-");
                gallery.browser.picture(&folder.join(&file)).await;
                row.push(file);
            }
            rows.push(row);
            if at + 1 < screens.len() {
                gallery.go_on(screen).await;
            }
        }
    }
    rows
}

/// Puts pictures beside each other, as a page and as a picture of that page.
async fn draw(gallery: &Gallery, folder: &Path, name: &str, rows: &[Vec<String>]) {
    let mut page = "<!doctype html><meta charset=utf-8><style>
        body { display: flex; flex-wrap: wrap; gap: 8px 40px; background: #888 }
        div { display: flex; gap: 8px } figure { margin: 0; font: 11px sans-serif }
        img { display: block; height: 260px }</style>"
        .to_owned();
    for row in rows {
        let figure = |file: &String| format!("<figure><img src='{file}'>{file}</figure>");
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
