//! The values in a column of a table.

use survey::Question;
use survey::tally::{CELLS, Cells};

use super::super::cells;

/// Values counted, and those that are none: their line and what stands there.
#[derive(Default)]
pub(super) struct Counted {
    /// How often each value stands there.
    pub cells: Cells,
    /// The others.
    pub wrong: Vec<(u64, String)>,
}

impl Counted {
    fn add(&mut self, line: u64, cell: &str, value: Option<u8>) {
        match value {
            Some(value) => self.cells[usize::from(value)] += 1,
            None => self.wrong.push((line, cell.to_owned())),
        }
    }
}

/// The values of a column. What went wrong may stand there as numbers, or as lists such as an export
/// writes. As ids may consist of digits, it takes other cells to tell what a 3 is.
#[derive(Default)]
pub(super) struct Column {
    numbers: Counted,
    lists: Counted,
    /// Whether a cell can be nothing but a list.
    has_list: bool,
    /// Whether a cell looks like a number.
    has_number: bool,
}

impl Column {
    /// Counts a cell.
    pub(super) fn add(&mut self, line: u64, cell: &str, question: &Question) {
        if cell.is_empty() {
            return;
        }
        if question.takes_list() {
            self.has_list |= cell.contains(cells::BETWEEN);
            self.lists.add(line, cell, listed(cell));
        }
        self.has_number |= cell.parse::<f64>().is_ok();
        if !self.has_list {
            self.numbers.add(line, cell, value(cell, question));
        }
    }

    /// What all cells come to.
    pub(super) fn counted(self) -> Counted {
        let Counted { cells, wrong } = &self.lists;
        let may_be_lists = !self.has_number && wrong.is_empty() && *cells != Cells::default();
        if self.has_list || may_be_lists { self.lists } else { self.numbers }
    }
}

/// The number in a cell; `None` when it is none of the scale.
pub(super) fn value(cell: &str, question: &Question) -> Option<u8> {
    let range = question.range().unwrap_or(0..=CELLS as u8 - 1);
    cell.parse().ok().filter(|value| range.contains(value))
}

/// How many options a list names; `None` when it is none.
fn listed(cell: &str) -> Option<u8> {
    let options: Vec<&str> = cells::options(cell).collect();
    let is_id = |id: &str| id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    let is_list = options
        .iter()
        .enumerate()
        .all(|(at, option)| is_id(option) && !options[..at].contains(option));
    u8::try_from(options.len()).ok().filter(|count| is_list && usize::from(*count) < CELLS)
}

/// What a cell may hold, for people.
pub(super) fn wanted(question: &Question) -> String {
    let range = question.range().unwrap_or(0..=CELLS as u8 - 1);
    let number = format!("a whole number from {} to {}", range.start(), range.end());
    match question.takes_list() {
        true => format!("{number}, or a list of options such as late;rude"),
        false => number,
    }
}
