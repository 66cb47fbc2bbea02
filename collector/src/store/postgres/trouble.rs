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
    /// Nothing that another attempt could mend: this is what the database said.
    Broken(String),
}

impl From<Trouble> for StoreError {
    fn from(trouble: Trouble) -> StoreError {
        match trouble {
            Trouble::Overtaken => StoreError::Busy,
            Trouble::Lost(reason) | Trouble::Broken(reason) => StoreError::Database(reason),
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
        let overtaken = [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::UNIQUE_VIOLATION,
            SqlState::IN_FAILED_SQL_TRANSACTION,
            SqlState::LOCK_NOT_AVAILABLE,
        ];
        match error.code() {
            Some(code) if overtaken.contains(code) => Trouble::Overtaken,
            // A primary that became a replica, and whatever a server says while it goes or comes.
            Some(&SqlState::READ_ONLY_SQL_TRANSACTION) => Trouble::Lost(said(&error)),
            Some(code) if ["08", "53", "57"].iter().any(|class| code.code().starts_with(class)) => {
                Trouble::Lost(said(&error))
            }
            Some(_) => Trouble::Broken(said(&error)),
            None if is_ours(&error) => Trouble::Broken(said(&error)),
            None => Trouble::Lost(said(&error)),
        }
    }
}

/// Whether an error without a code is about a value, rather than about the connection.
fn is_ours(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| !source.is::<std::io::Error>())
}
