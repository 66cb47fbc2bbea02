//! Where a key moves the focus on a scale.

/// The value a key moves to from another one; `None` for a key with another meaning.
/// `rtl`: the scale runs from right to left.
pub fn target(key: &str, from: u8, (low, high): (u8, u8), rtl: bool) -> Option<u8> {
    let next = || Some(if from < high { from + 1 } else { low });
    let previous = || Some(if from > low { from - 1 } else { high });
    match key {
        "ArrowDown" => next(),
        "ArrowUp" => previous(),
        "ArrowRight" if rtl => previous(),
        "ArrowRight" => next(),
        "ArrowLeft" if rtl => next(),
        "ArrowLeft" => previous(),
        "Home" => Some(low),
        "End" => Some(high),
        _ => digit(key).filter(|value| (low..=high).contains(value)),
    }
}

/// The digit on a key, of whatever keyboard: `7`, `۷` or `٧`.
fn digit(key: &str) -> Option<u8> {
    let mut characters = key.chars();
    let digit = characters.next().filter(|_| characters.as_str().is_empty())?;
    ['0', '٠', '۰'].into_iter().find_map(|zero| {
        let value = u32::from(digit).checked_sub(u32::from(zero))?;
        u8::try_from(value).ok().filter(|value| *value < 10)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: &str, from: u8, rtl: bool, expected: Option<u8>) {
        assert_eq!(target(key, from, (1, 7), rtl), expected, "{key} from {from}");
    }

    #[test]
    fn arrows_follow_the_direction_of_the_scale_and_go_round() {
        check("ArrowRight", 3, false, Some(4));
        check("ArrowRight", 3, true, Some(2));
        check("ArrowLeft", 3, false, Some(2));
        check("ArrowLeft", 3, true, Some(4));
        check("ArrowDown", 3, true, Some(4));
        check("ArrowUp", 3, true, Some(2));
        check("ArrowRight", 7, false, Some(1));
        check("ArrowRight", 1, true, Some(7));
    }

    #[test]
    fn other_keys_jump_or_mean_nothing() {
        check("Home", 3, false, Some(1));
        check("End", 3, true, Some(7));
        check("5", 3, false, Some(5));
        check("۵", 3, true, Some(5));
        check("٥", 3, true, Some(5));
        check("9", 3, false, None);
        check("F5", 3, false, None);
        check("Enter", 3, false, None);
        check("", 3, false, None);
    }
}
