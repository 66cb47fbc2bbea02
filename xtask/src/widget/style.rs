//! The style sheet in fewer bytes: comments and the white space between rules are for its readers.

/// The same rules. The style sheet holds no strings with white space or `/*`.
pub(crate) fn squeeze(css: &str) -> String {
    let mut words = String::new();
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        words.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    words.push_str(rest);
    let mut squeezed = words.split_whitespace().collect::<Vec<_>>().join(" ");
    for around in ["{", "}", ";", ",", ">", "~"] {
        for wide in [format!(" {around}"), format!("{around} ")] {
            squeezed = squeezed.replace(&wide, around);
        }
    }
    squeezed.replace(": ", ":").replace(";}", "}").replace("( ", "(").replace(" )", ")")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_for_readers_is_dropped() {
        let css =
            "/* A card. */\n.card, .tab {\n  margin: 0 auto;\n  width: calc( 1em + 2px );\n}\n";
        assert_eq!(squeeze(css), ".card,.tab{margin:0 auto;width:calc(1em + 2px)}");
    }
}
