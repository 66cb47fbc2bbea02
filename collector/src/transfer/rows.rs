//! Cuts a file into rows, one after the other. What a row says of a response is found out apart
//! from that ([`super::draft`]), so that several processors can do it at once.

use std::io::{self, BufRead as _, BufReader, Read};
use std::iter;

use anyhow::{Context as _, bail};
use csv::ByteRecord;
use csv_core::ReadRecordResult;

use super::separator::separator;

/// Most bytes of one row. Otherwise a quote that is never closed would make the rest of a file one
/// row, and memory would have to hold it.
const ROW_BYTES_MAX: u64 = 1024 * 1024;

/// A row as it stands in a file.
pub(super) struct Row {
    /// The line it starts at, from 1.
    pub line: u64,
    /// What stands there.
    pub content: Content,
}

/// What stands in a row.
pub(super) enum Content {
    /// The cells of a table.
    Cells(ByteRecord),
    /// A line of JSON.
    Line(Vec<u8>),
    /// More than can be kept.
    TooLong {
        /// The line it ends at.
        to: u64,
    },
}

/// The rows of a file.
pub(super) enum Rows<R: Read> {
    /// A table, after its header.
    Table(Table<R>),
    /// One JSON object a line.
    Lines {
        /// The lines.
        reader: BufReader<R>,
        /// The number of the one read last.
        line: u64,
        /// Where the next one starts.
        position: u64,
    },
}

impl<R: Read> Rows<R> {
    /// The lines of a file of JSON objects.
    pub(super) fn of_lines(file: R) -> Rows<R> {
        Rows::Lines { reader: BufReader::new(file), line: 0, position: 0 }
    }

    /// The next row; `None` after the last.
    ///
    /// # Errors
    /// When the file cannot be read on.
    pub(super) fn next(&mut self) -> anyhow::Result<Option<Row>> {
        match self {
            Rows::Table(table) => table.next().with_context(|| format!("line {}", table.line())),
            Rows::Lines { reader, line, position } => loop {
                *line += 1;
                let (text, bytes) = line_of(reader).with_context(|| format!("line {line}"))?;
                *position += bytes;
                if bytes == 0 {
                    return Ok(None);
                }
                let content = match text {
                    Some(text) if text.trim_ascii().is_empty() => continue,
                    Some(text) => Content::Line(text),
                    None => Content::TooLong { to: *line },
                };
                return Ok(Some(Row { line: *line, content }));
            },
        }
    }

    /// How many bytes were read.
    pub(super) fn position(&self) -> u64 {
        match self {
            Rows::Table(table) => table.position,
            Rows::Lines { position, .. } => *position,
        }
    }
}

/// The next line, unless it is too long, and how many bytes it has.
fn line_of(reader: &mut BufReader<impl Read>) -> io::Result<(Option<Vec<u8>>, u64)> {
    let mut text = Vec::new();
    let bytes = reader.take(ROW_BYTES_MAX).read_until(b'\n', &mut text)? as u64;
    if bytes < ROW_BYTES_MAX || text.ends_with(b"\n") {
        return Ok((Some(text), bytes));
    }
    // The line may end right here.
    let more = reader.skip_until(b'\n')? as u64;
    Ok(((more <= 1).then_some(text), bytes + more))
}

/// A table that is read. Its rows may have any number of cells, so that a wrong one can be told from
/// the others.
pub(super) struct Table<R: Read> {
    file: BufReader<R>,
    parser: Box<csv_core::Reader>,
    /// How many bytes were read.
    position: u64,
    /// The text of a row's cells, one behind the other.
    text: Vec<u8>,
    /// Where in it each of them ends.
    ends: Vec<usize>,
}

impl<R: Read> Table<R> {
    /// A table with a header.
    pub(super) fn new(file: R) -> Table<R> {
        let mut file = BufReader::new(file);
        // What cannot be read is told when it is needed.
        let separator = separator(file.fill_buf().unwrap_or_default());
        let parser = Box::new(csv_core::ReaderBuilder::new().delimiter(separator).build());
        Table { file, parser, position: 0, text: vec![0; 1024], ends: vec![0; 32] }
    }

    /// The names of its columns.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) fn header(&mut self) -> anyhow::Result<Vec<String>> {
        let Some(row) = self.next().context("the header cannot be read")? else {
            return Ok(Vec::new());
        };
        let Content::Cells(cells) = row.content else { bail!("the header is longer than a MiB") };
        let name = |cell| Ok(std::str::from_utf8(cell)?.trim().to_owned());
        cells.iter().map(name).collect::<anyhow::Result<_>>().context("the header is not UTF-8")
    }

    /// The line that is read next.
    fn line(&self) -> u64 {
        self.parser.line()
    }

    fn next(&mut self) -> io::Result<Option<Row>> {
        self.pass_over_line_ends()?;
        let line = self.line();
        Ok(self.content()?.map(|content| Row { line, content }))
    }

    /// Passes over empty lines and over what is left of the end of a row, so that the next one
    /// starts at the line the parser is at.
    fn pass_over_line_ends(&mut self) -> io::Result<()> {
        loop {
            let input = self.file.fill_buf()?;
            let ends = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let lines = input[..ends].iter().filter(|byte| **byte == b'\n').count();
            let more = ends > 0 && ends == input.len();
            self.file.consume(ends);
            self.position += ends as u64;
            self.parser.set_line(self.parser.line() + lines as u64);
            if !more {
                return Ok(());
            }
        }
    }

    /// What stands in the next row; `None` after the last.
    fn content(&mut self) -> io::Result<Option<Content>> {
        let start = self.position;
        let (mut bytes, mut cells) = (0, 0);
        let mut ends_its_line = false;
        loop {
            let input = self.file.fill_buf()?;
            let (text, ends) = (&mut self.text[bytes..], &mut self.ends[cells..]);
            let (result, read, written, ended) = self.parser.read_record(input, text, ends);
            ends_its_line = input[..read].last().map_or(ends_its_line, |last| *last == b'\n');
            self.file.consume(read);
            self.position += read as u64;
            let is_too_long = self.position - start > ROW_BYTES_MAX;
            // What is gathered of a row that is too long is written over by the rest of it.
            (bytes, cells) = if is_too_long { (0, 0) } else { (bytes + written, cells + ended) };
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.text.resize(self.text.len().max(2 * bytes), 0),
                ReadRecordResult::OutputEndsFull => {
                    self.ends.resize(self.ends.len().max(2 * cells), 0);
                }
                ReadRecordResult::Record if is_too_long => {
                    let to = self.line() - u64::from(ends_its_line);
                    return Ok(Some(Content::TooLong { to }));
                }
                ReadRecordResult::Record => return Ok(Some(self.gathered(cells))),
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    /// The first of the cells gathered, so many.
    fn gathered(&self, cells: usize) -> Content {
        let ends = &self.ends[..cells];
        let starts = iter::once(0).chain(ends.iter().copied());
        Content::Cells(starts.zip(ends).map(|(start, end)| &self.text[start..*end]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines at which rows start, and how many cells or bytes they have.
    fn shape(mut rows: Rows<&[u8]>) -> String {
        let mut shape = String::new();
        while let Some(Row { line, content }) = rows.next().unwrap() {
            shape += &match content {
                Content::Cells(cells) => format!("{line}: {} cells\n", cells.len()),
                Content::Line(text) => format!("{line}: {} bytes\n", text.len()),
                Content::TooLong { to } => format!("{line} to {to}: too long\n"),
            };
        }
        shape
    }

    #[test]
    fn rows_start_where_they_stand() {
        let check = |text: &str, expected: &str| {
            let mut table = Table::new(text.as_bytes());
            assert_eq!(table.header().unwrap(), ["a", "b"], "{text:?}");
            assert_eq!(shape(Rows::Table(table)), expected, "{text:?}");
        };
        check("a,b", "");
        check("\u{feff}a,b\n1,2\n3\n", "2: 2 cells\n3: 1 cells\n");
        check("a,b\r\n1,2\r\n3,4", "2: 2 cells\n3: 2 cells\n");
        check("\n\na,b\n\r\n\n1,\"x\ny\"\r\n\r\n3,4\n", "6: 2 cells\n9: 2 cells\n");
        check(&format!("a,b\n{}1,2\n", "1,".repeat(400) + "2\n"), "2: 401 cells\n3: 2 cells\n");
    }

    #[test]
    fn a_row_that_is_too_long_is_one_row() {
        let most = ROW_BYTES_MAX as usize;
        let check = |row: &str, expected: &str| {
            let mut table = Table::new(row.as_bytes());
            table.header().unwrap();
            assert_eq!(shape(Rows::Table(table)), expected);
        };
        let quoted = |bytes: usize| format!("\"{}\n\"", "x".repeat(bytes - 3));
        let rows = |bytes: usize| format!("a\n1\n{}\n2\n", quoted(bytes));
        check(&rows(most - 1), "2: 1 cells\n3: 1 cells\n5: 1 cells\n");
        check(&rows(most), "2: 1 cells\n3 to 4: too long\n5: 1 cells\n");
        check(&rows(5 * most), "2: 1 cells\n3 to 4: too long\n5: 1 cells\n");
        let commas = format!("a\n{}\n1\n", ",".repeat(3 * most));
        check(&commas, "2 to 2: too long\n3: 1 cells\n");
        let open = format!("a\n\"{}", "1\n".repeat(most));
        check(&open, &format!("2 to {}: too long\n", most + 1));

        let check = |bytes: usize, expected: &str| {
            let text = format!("1\n{}\n2", "x".repeat(bytes));
            assert_eq!(shape(Rows::of_lines(text.as_bytes())), format!("1: 2 bytes\n{expected}"));
        };
        check(most - 1, &format!("2: {most} bytes\n3: 1 bytes\n"));
        check(most, &format!("2: {most} bytes\n3: 1 bytes\n"));
        check(most + 1, "2 to 2: too long\n3: 1 bytes\n");
        check(5 * most, "2 to 2: too long\n3: 1 bytes\n");
    }
}
