//! What stands between the cells of a table.

/// The separator of a table that begins so: a comma, or what spreadsheets write where a comma is the
/// decimal sign. The first row tells.
pub(super) fn separator(head: &[u8]) -> u8 {
    let first = head.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    // What is quoted separates nothing: that is every second part.
    let bare = || first.split(|byte| *byte == b'"').step_by(2).flatten();
    let count = |wanted: u8| bare().filter(|byte| **byte == wanted).count();
    // Of equals the last one is taken.
    [b'\t', b';', b','].into_iter().max_by_key(|it| count(*it)).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_tells_what_separates() {
        let check = |head: &str, expected: u8| {
            assert_eq!(separator(head.as_bytes()), expected, "{head}");
        };
        check("", b',');
        check("nps\n9;8\n", b',');
        check("id,q:nps\n;;;;\n", b',');
        check("\u{feff}id;q:nps\r\n1;9\r\n", b';');
        check("id\tq:nps\n", b'\t');
        check("\"a;b;c\",d\n", b',');
        check("\"a,b,\"\"c\";d\n", b';');
        check("a;b,c", b',');
    }
}
