//! Defines [`StoreError`].

/// Why the store did not do it. Nothing was changed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Too much is waiting to be written; try again in a moment.
    #[error("too many responses are waiting to be written")]
    Busy,
    /// The database failed; this is what it said.
    #[error("the database failed: {0}")]
    Database(String),
    /// What is stored there cannot be gone on with; this is what is wrong with it.
    #[error("what is stored is damaged: {0}")]
    Damaged(String),
    /// The writer has ended.
    #[error("the store is closed")]
    Closed,
    /// A secret could not be drawn.
    #[error("the operating system has no randomness to give")]
    NoRandomness,
}

impl From<getrandom::Error> for StoreError {
    fn from(_: getrandom::Error) -> StoreError {
        StoreError::NoRandomness
    }
}
