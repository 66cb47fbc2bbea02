//! Cuts a file into rows, one after the other. What a row says of a response is found out apart
//! from that ([`super::draft`]), so that several processors can do it at once.

use std::io::{self, BufRead as _, BufReader, Read};

use anyhow::Context as _;

use super::separator::separator;

/// Most bytes of one row. Otherwise a quote that is never closed would make the rest of a file one
/// row, and memory would have to hold it.
const ROW_BYTES_MAX: usize = 1024 * 1024;

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
    Cells(csv::ByteRecord),
    /// A line of JSON.
    Line(Vec<u8>),
}

/// The rows of a file.
pub(super) enum Rows<R: Read> {
    /// A table, after its header.
    Table(Table<R>),
    /// One JSON object a line.
    Lines {
        /// The lines.
        reader: BufReader<Rationed<R>>,
        /// The number of the one read last.
        line: u64,
        /// Where the next one starts.
        position: u64,
    },
}

/// A table that is read. Its rows may be of any length, so that a wrong one can be told from the
/// others.
pub(super) struct Table<R: Read>(csv::Reader<BufReader<Rationed<R>>>);

impl<R: Read> Table<R> {
    /// A table with a header.
    pub(super) fn new(file: R) -> Table<R> {
        let mut file = BufReader::new(Rationed::new(file));
        // What cannot be read is told when it is needed.
        let separator = separator(file.fill_buf().unwrap_or_default());
        Table(csv::ReaderBuilder::new().flexible(true).delimiter(separator).from_reader(file))
    }

    /// The names of its columns.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) fn header(&mut self) -> anyhow::Result<Vec<String>> {
        let header = self.0.headers().context("the header cannot be read")?;
        Ok(header.iter().map(|name| name.trim().to_owned()).collect())
    }

    fn next(&mut self) -> anyhow::Result<Option<Row>> {
        self.0.get_mut().get_mut().ration();
        let mut cells = csv::ByteRecord::new();
        let at = self.0.position().line();
        let more = self.0.read_byte_record(&mut cells).with_context(|| format!("line {at}"))?;
        let line = cells.position().map_or(at, csv::Position::line);
        Ok(more.then_some(Row { line, content: Content::Cells(cells) }))
    }
}

impl<R: Read> Rows<R> {
    /// The lines of a file of JSON objects.
    pub(super) fn of_lines(file: R) -> Rows<R> {
        Rows::Lines { reader: BufReader::new(Rationed::new(file)), line: 0, position: 0 }
    }

    /// The next row; `None` after the last.
    ///
    /// # Errors
    /// When the file cannot be read on.
    pub(super) fn next(&mut self) -> anyhow::Result<Option<Row>> {
        match self {
            Rows::Table(table) => table.next(),
            Rows::Lines { reader, line, position } => loop {
                reader.get_mut().ration();
                let mut text = Vec::new();
                *line += 1;
                let bytes = reader.read_until(b'\n', &mut text);
                let bytes = bytes.with_context(|| format!("line {line}"))?;
                *position += bytes as u64;
                if bytes == 0 {
                    return Ok(None);
                }
                if !text.trim_ascii().is_empty() {
                    return Ok(Some(Row { line: *line, content: Content::Line(text) }));
                }
            },
        }
    }

    /// How many bytes were read.
    pub(super) fn position(&self) -> u64 {
        match self {
            Rows::Table(table) => table.0.position().byte(),
            Rows::Lines { position, .. } => *position,
        }
    }
}

/// A file of which at most [`ROW_BYTES_MAX`] can be read until the next ration.
pub(super) struct Rationed<R> {
    file: R,
    left: usize,
}

impl<R> Rationed<R> {
    fn new(file: R) -> Rationed<R> {
        Rationed { file, left: ROW_BYTES_MAX }
    }

    fn ration(&mut self) {
        self.left = ROW_BYTES_MAX;
    }
}

impl<R: Read> Read for Rationed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            let long = "this row has more than a MiB: is a quote left open?";
            return Err(io::Error::new(io::ErrorKind::InvalidData, long));
        }
        let most = buffer.len().min(self.left);
        let bytes = self.file.read(&mut buffer[..most])?;
        self.left -= bytes;
        Ok(bytes)
    }
}
