//! What the built files weigh, and what that has changed by since the last build.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::run::{table, target_dir};

/// What a visitor may have to download in all, in bytes of brotli.
const BUDGET: usize = 46_000;

/// The sizes of one file in bytes.
pub(crate) struct Sizes {
    /// Its name, with its hash.
    pub(crate) name: String,
    pub(crate) raw: usize,
    pub(crate) gzip: usize,
    pub(crate) brotli: usize,
    /// Whether every visitor who is asked has to download it before that.
    pub(crate) needed: bool,
}

/// Bytes of brotli by name without hash.
type Weights = BTreeMap<String, usize>;

/// The sizes of all files as [`size_table`] tells them, beside those of the build before, which
/// are kept below target.
pub(crate) fn compared(root: &Path, sizes: &[Sizes]) -> String {
    let file = target_dir(root).join("widget-sizes.txt");
    let before = fs::read_to_string(&file).map(|text| read(&text)).unwrap_or_default();
    let lines: String =
        sizes.iter().map(|file| format!("{} {}\n", plain(&file.name), file.brotli)).collect();
    // Where they cannot be kept, the next build has nothing to compare with.
    let _ = fs::write(&file, lines);
    size_table(sizes, &before)
}

fn read(text: &str) -> Weights {
    let line = |line: &str| {
        let (name, bytes) = line.split_once(' ')?;
        Some((name.to_owned(), bytes.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

/// A name without its hash: `widget.0123456789abcdef.js` is `widget.js`.
fn plain(name: &str) -> String {
    match name.rsplitn(3, '.').collect::<Vec<_>>()[..] {
        [ending, _hash, rest] => format!("{rest}.{ending}"),
        _ => name.to_owned(),
    }
}

/// The sizes of all files as aligned columns, with the sum of what has to be there before a
/// survey is shown, and what the budget leaves.
fn size_table(sizes: &[Sizes], before: &Weights) -> String {
    let needed = || sizes.iter().filter(|file| file.needed);
    let sum = |size: fn(&Sizes) -> usize| needed().map(size).sum::<usize>();
    let brotli = sum(|file| file.brotli);
    let row = |name: &str, sizes: [usize; 3], change: String| {
        let sizes = sizes.map(thousands);
        [name.to_owned()].into_iter().chain(sizes).chain([change]).collect::<Vec<_>>()
    };
    let listed = |file: &Sizes| {
        let change = change(before.get(&plain(&file.name)), file.brotli);
        row(&file.name, [file.raw, file.gzip, file.brotli], change)
    };
    let mut rows = vec![["bytes", "raw", "gzip", "brotli", "change"].map(str::to_owned).to_vec()];
    rows.extend(needed().map(listed));
    let was = needed().filter_map(|file| before.get(&plain(&file.name))).sum::<usize>();
    let change = change((was > 0).then_some(&was), brotli);
    rows.push(row("sum", [sum(|file| file.raw), sum(|file| file.gzip), brotli], change));
    rows.extend(sizes.iter().filter(|file| !file.needed).map(listed));
    let word = if brotli <= BUDGET { "left of" } else { "OVER" };
    let rest = thousands(BUDGET.abs_diff(brotli));
    format!("{}{rest} {word} the budget of {}", table(&rows), thousands(BUDGET))
}

/// What became of a size: `+12`, `−3`, nothing when it is the same, or `new`.
fn change(before: Option<&usize>, now: usize) -> String {
    match before {
        None => "new".to_owned(),
        Some(before) if *before == now => String::new(),
        Some(before) => {
            let sign = if now > *before { '+' } else { '−' };
            format!("{sign}{}", thousands(now.abs_diff(*before)))
        }
    }
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, brotli: usize) -> Sizes {
        Sizes { name: name.to_owned(), raw: 9_000, gzip: 4_000, brotli, needed: true }
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(
            [0, 999, 1_000, 46_000, 1_234_567].map(thousands),
            ["0", "999", "1,000", "46,000", "1,234,567"]
        );
    }

    #[test]
    fn the_table_tells_what_the_budget_leaves() {
        let check = |sizes: &[Sizes], expected: &str| {
            let table = size_table(sizes, &Weights::new());
            assert_eq!(table.lines().last(), Some(expected));
        };
        check(&[file("a.js", 45_000)], "1,000 left of the budget of 46,000");
        check(&[file("a.js", 45_000), file("b.js", 1_001)], "1 OVER the budget of 46,000");
    }

    #[test]
    fn a_file_is_compared_with_what_had_its_name_before() {
        let before = read("loader.js 1000\nwidget.js 3000\nlocale.fa.js 500\nwidget.wasm x\n");
        let check = |name: &str, now: usize, expected: &str| {
            assert_eq!(change(before.get(&plain(name)), now), expected, "{name}");
        };
        check("loader.js", 1_000, "");
        check("widget.0123456789abcdef.js", 4_200, "+1,200");
        check("locale.fa.0123456789abcdef.js", 497, "−3");
        check("widget.0123456789abcdef.wasm", 1, "new");
    }
}
