//! Finds the known name that was probably meant.

/// The known name nearest to a mistyped one, if any is near enough to be a likely slip.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    let near = known.into_iter().map(|name| (distance(&wrong, name), name)).min()?;
    (near.0 <= 1 + wrong.chars().count() / 3).then_some(near.1)
}

/// Edits (insert, delete, replace, swap of neighbours) that make `a` into `b`: the restricted
/// Damerau-Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let same = usize::from(a[i - 1] != b[j - 1]);
            let mut edits = (rows[i - 1][j] + 1).min(row[j - 1] + 1).min(rows[i - 1][j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                edits = edits.min(rows[i - 2][j - 2] + 1);
            }
            row.push(edits);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_their_name_and_strangers_do_not() {
        let known = ["questions", "show", "again", "prompt", "priority"];
        let check = |wrong: &str, expected: Option<&str>| {
            assert_eq!(nearest(wrong, known), expected, "{wrong}");
        };
        check("qestions", Some("questions"));
        check("Question", Some("questions"));
        check("shwo", Some("show"));
        check("promt", Some("prompt"));
        check("colour", None);
        check("", None);
    }
}
