//! Squeezes the style sheet: comments and the white space between rules are for its readers.

use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=src/style.css");
    let source = fs::read_to_string("src/style.css").expect("the crate has a style sheet");
    let folder = env::var_os("OUT_DIR").expect("cargo names a folder for what is built");
    fs::write(Path::new(&folder).join("style.css"), squeeze(&source)).expect("OUT_DIR is writable");
}

/// The same rules in fewer bytes. The style sheet holds no strings with white space or `/*`.
fn squeeze(css: &str) -> String {
    let mut words = String::new();
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        words.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    words.push_str(rest);
    let mut squeezed = words.split_whitespace().collect::<Vec<_>>().join(" ");
    for around in ["{", "}", ";", ",", ">"] {
        for wide in [format!(" {around}"), format!("{around} ")] {
            squeezed = squeezed.replace(&wide, around);
        }
    }
    squeezed = squeezed.replace(": ", ":").replace(";}", "}");
    squeezed
}
