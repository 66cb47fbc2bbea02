//! Many new responses in a row.
//!
//! Respondents come in no order: each new row touches another page of their index, which then has
//! to be logged and copied, again and again. Left out meanwhile and made anew at the end, from
//! sorted rows, it takes a tenth of that. An end that was never reached is made up for at the next
//! opening.

use rusqlite::{Connection, Transaction};

/// The index from a file of at least this part of the database's size on is worth making anew.
const WORTH: u64 = 20;

/// Leaves the index out if a file of so many bytes is worth that. Nobody else may be using it.
pub(super) fn begin(transaction: &Transaction, bytes: u64) -> rusqlite::Result<()> {
    let size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    let size: i64 = transaction.query_row(size, [], |row| row.get(0))?;
    if bytes.saturating_mul(WORTH) < size.unsigned_abs() {
        return Ok(());
    }
    transaction.execute_batch("DROP INDEX IF EXISTS responses_by_respondent")
}

/// Makes the index, unless it is there.
pub(super) fn end(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(include_str!("respondents-index.sql"))
}
