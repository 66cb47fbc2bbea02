//! A table of responses to import.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

const DAY_MS: i64 = 86_400_000;
const DAYS: i64 = 364;
/// 2026-11-22, in milliseconds since 1970.
const LAST_MS: i64 = 20_779 * DAY_MS;
const STATES: [&str; 4] = ["shown", "dismissed", "answered", "completed"];

/// An attribute and the values it has in turn.
pub(crate) type Attribute<'a> = (&'a str, &'a [&'a str]);

/// Writes a table as an export does: a year of responses to an NPS question, all states in turn.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write(path: &Path, rows: i64, attributes: &[Attribute]) -> anyhow::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    write!(out, "id,submitted_at,state,respondent,locale,page,excluded,q:nps,comment:nps")?;
    for (key, _) in attributes {
        write!(out, ",attr:{key}")?;
    }
    writeln!(out)?;
    let mut line = String::new();
    for number in 0..rows {
        line.clear();
        write_row(&mut line, number, LAST_MS - (rows - number) * (DAYS * DAY_MS / rows))?;
        for (_, values) in attributes {
            let turn = usize::try_from(number * 3 / 4)?;
            write!(line, ",{}", values[turn % values.len()])?;
        }
        writeln!(out, "{line}")?;
    }
    Ok(out.flush()?)
}

/// The columns of a response before its attributes.
fn write_row(line: &mut String, number: i64, at_ms: i64) -> anyhow::Result<()> {
    let at = jiff::Timestamp::from_millisecond(at_ms)?;
    let state = usize::try_from(number * 7 % 4)?;
    write!(line, "{:08x}-{:04x}-7000-8000-{number:012x},{at},", at_ms >> 16, at_ms & 0xffff)?;
    write!(line, "{},visitor-{},en,/checkout/done,false,", STATES[state], number % 40_000)?;
    match state {
        0 | 1 => line.push(','),
        _ => write!(line, "{},", (number * 5 + number / 13) % 11)?,
    }
    Ok(())
}
