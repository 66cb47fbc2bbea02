//! Faces, stars and thumbs, drawn for Nabz: paths in a square of 24, as in
//! `widget/host/drawings.js`.

/// What all faces have: a head and two eyes.
const HEAD: &str =
    "M1.75 12a10.25 10.25 0 1 0 20.5 0a10.25 10.25 0 1 0-20.5 0M8.6 9.3v.7m6.8-.7v.7M";
/// Five mouths, unhappy first. Three faces have the middle ones.
const MOUTHS: [&str; 5] = [
    "7.5 17.2q4.5-6 9 0",
    "8 16.4q4-3 8 0",
    "8 15.4h8",
    "8 14.6q4 3.4 8 0",
    "7 13.6h10q-1 4.9-5 4.9t-5-4.9z",
];
/// A star.
pub const STAR: &str =
    "M12 2.6l2.9 6 6.6.9-4.8 4.6 1.2 6.5-5.9-3.2-5.9 3.2 1.2-6.5-4.8-4.6 6.6-.9z";
/// A thumb that points up.
pub const THUMB_UP: &str =
    "M7 21H3.5V10.5H7m0 10V11l4-8q2.6 0 2.6 2.8L13 9h5.6q2.4 0 2 2.4l-1.3 7.2q-.4 2.4-2.8 2.4H9z";
/// A thumb that points down.
pub const THUMB_DOWN: &str =
    "M17 3h3.5v10.5H17m0-10V13l-4 8q-2.6 0-2.6-2.8L11 15H5.4q-2.4 0-2-2.4l1.3-7.2Q5.1 3 7.5 3H15z";

/// One of five faces; 0 is the unhappiest.
pub fn face(at: usize) -> String {
    format!("{HEAD}{}", MOUTHS.get(at).unwrap_or(&""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_draws_the_same() {
        let page = include_str!("../host/drawings.js");
        for path in MOUTHS.into_iter().chain([HEAD, STAR, THUMB_UP, THUMB_DOWN]) {
            assert!(page.contains(&format!("\"{path}\"")), "{path}");
        }
    }
}
