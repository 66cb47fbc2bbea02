//! Shortens the names by which the glue and the WebAssembly module know each other.
//!
//! These names hold hashes and mangled paths of Rust, which no compression makes smaller, and
//! every one of them is in both files.

use std::collections::HashMap;

/// How names begin that only the glue uses. The widget's own exports have other names, and keep
/// them: the loader calls them.
const PRIVATE: [&str; 4] = ["__wbg_", "__wbindgen_", "__externref_", "_R"];

/// New names, each handed out once for an old one.
#[derive(Default)]
pub(crate) struct Names(HashMap<String, String>);

impl Names {
    /// Replaces a private name by a short one, and always by the same.
    pub(crate) fn shorten(&mut self, name: &mut String) {
        if PRIVATE.iter().any(|prefix| name.starts_with(prefix)) {
            let count = self.0.len();
            name.clone_from(self.0.entry(name.clone()).or_insert_with(|| format!("_{count}")));
        }
    }

    /// Replaces the same names, as whole words, in the glue.
    pub(crate) fn apply(&self, glue: &str) -> String {
        let mut text = String::with_capacity(glue.len());
        let mut rest = glue;
        while !rest.is_empty() {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            text.push_str(self.0.get(word).map_or(word, String::as_str));
            let next = after.find(is_word).unwrap_or(after.len());
            text.push_str(&after[..next]);
            rest = &after[next..];
        }
        text
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_names_are_shortened_alike_on_both_sides() {
        let mut exports =
            ["__wbindgen_malloc", "mount", "__wbg_now_1f", "__wbindgen_malloc"].map(str::to_owned);
        let mut names = Names::default();
        for name in &mut exports {
            names.shorten(name);
        }
        assert_eq!(exports, ["_0", "mount", "_1", "_0"]);
        let glue = "wasm.__wbindgen_malloc(1); ({ __wbg_now_1f: __wbg_now_1f2 }); wasm.mount()";
        assert_eq!(names.apply(glue), "wasm._0(1); ({ _1: __wbg_now_1f2 }); wasm.mount()");
    }
}
