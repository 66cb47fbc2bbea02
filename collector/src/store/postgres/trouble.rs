//! What stands in the way of a transaction, told apart by what helps.

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

use super::super::StoreError;
use super::connect::{pool_said, said};

/// What stands in the way of a transaction.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Somebody else was faster: all has to be looked at again.
    Overtaken,
    /// The connection or the server is gone, for this reason.
    Lost(String),
    /// What is stored or is to be stored is at fault, and nothing else: this is what is wrong.
    Damaged(String),
    /// Nothing that another attempt could mend, whatever is stored: this is what the database said.
    Broken(String),
}

impl From<Trouble> for StoreError {
    fn from(trouble: Trouble) -> StoreError {
        match trouble {
            Trouble::Overtaken => StoreError::Busy,
            Trouble::Lost(reason) | Trouble::Broken(reason) => StoreError::Database(reason),
            Trouble::Damaged(reason) => StoreError::Damaged(reason),
        }
    }
}

impl From<PoolError> for Trouble {
    fn from(error: PoolError) -> Trouble {
        Trouble::Lost(pool_said(&error))
    }
}

impl From<tokio_postgres::Error> for Trouble {
    fn from(error: tokio_postgres::Error) -> Trouble {
        let said = said(&error);
        match error.code() {
            Some(code) => of_code(code, said),
            None if error.is_closed() => Trouble::Lost(said),
            None => match std::error::Error::source(&error) {
                Some(source) if source.is::<std::io::Error>() => Trouble::Lost(said),
                // A value that is of another type than its column.
                Some(_) => Trouble::Damaged(said),
                None => Trouble::Broken(said),
            },
        }
    }
}

/// What a server's code means. Its first two characters are its class:
/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn of_code(code: &SqlState, said: String) -> Trouble {
    let overtaken = [
        SqlState::UNIQUE_VIOLATION,
        SqlState::IN_FAILED_SQL_TRANSACTION,
        SqlState::LOCK_NOT_AVAILABLE,
    ];
    if overtaken.contains(code) {
        return Trouble::Overtaken;
    }
    // A primary that became a replica.
    if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
        return Trouble::Lost(said);
    }
    match code.code().get(..2) {
        // A transaction that was rolled back for another.
        Some("40") => Trouble::Overtaken,
        // The connection; room, disk and connections; whoever shuts down or starts; the machine.
        Some("08" | "53" | "57" | "58") => Trouble::Lost(said),
        // Values, constraints, and limits of the size of a value.
        Some("21" | "22" | "23" | "54") => Trouble::Damaged(said),
        _ => Trouble::Broken(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, expected: &str) {
        let found = format!("{:?}", of_code(&SqlState::from_code(code), "why".to_owned()));
        assert_eq!(found, expected, "{code}");
    }

    #[test]
    fn what_helps_is_told_by_the_code() {
        check("40001", "Overtaken");
        check("40P01", "Overtaken");
        check("23505", "Overtaken");
        check("25P02", "Overtaken");
        check("55P03", "Overtaken");
        check("08006", r#"Lost("why")"#);
        check("53100", r#"Lost("why")"#);
        check("57P01", r#"Lost("why")"#);
        check("58030", r#"Lost("why")"#);
        check("25006", r#"Lost("why")"#);
        check("22021", r#"Damaged("why")"#);
        check("23502", r#"Damaged("why")"#);
        check("54000", r#"Damaged("why")"#);
        check("42501", r#"Broken("why")"#);
        check("42P01", r#"Broken("why")"#);
        check("XX000", r#"Broken("why")"#);
    }
}
