//! Faces from unhappy to happy, drawn for Nabz.

use yew::{Html, html};

/// The eyes and mouths of the five faces, in a square of 24.
const FACES: [&str; 5] = [
    "M8.6 9.3v.7m6.8-.7v.7M7.5 17.2q4.5-6 9 0",
    "M8.6 9.3v.7m6.8-.7v.7M8 16.4q4-3 8 0",
    "M8.6 9.3v.7m6.8-.7v.7M8 15.4h8",
    "M8.6 9.3v.7m6.8-.7v.7M8 14.6q4 3.4 8 0",
    "M8.6 9.3v.7m6.8-.7v.7M7 13.6h10q-1 4.9-5 4.9t-5-4.9z",
];

/// The face at a place among the five. Its name stands on the button around it.
pub fn face(place: usize) -> Html {
    html! {
        <svg viewBox="0 0 24 24" aria-hidden="true">
            <circle cx="12" cy="12" r="10.25" />
            <path d={FACES.get(place).copied()} />
        </svg>
    }
}

/// The place of one of 3 or 5 faces among the five: three are the middle ones.
pub fn place(value: u8, points: u8) -> usize {
    usize::from(value + 2).saturating_sub(usize::from(points.div_ceil(2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_faces_are_the_middle_ones_of_five() {
        let places =
            |points: u8| (1..=points).map(|value| place(value, points)).collect::<Vec<_>>();
        assert_eq!(places(5), [0, 1, 2, 3, 4]);
        assert_eq!(places(3), [1, 2, 3]);
    }
}
