//! What can go wrong that nobody planned for: everything that ends as an error page.
//!
//! Expected outcomes ("that password is too short", "two changed it at once") are enums of the actions, not errors.

/// A failure that an action hands upward with `?` and the door turns into a page.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database is full, locked, read-only or gone: 503 with `Retry-After`.
    #[error("the database does not answer: {0}")]
    Unavailable(sqlx::Error),
    /// The hash queue is full: 503 with `Retry-After`.
    #[error("too many passwords are being checked at this moment")]
    Overloaded,
    /// A defect, or data that only a defect could have left behind: 500 with a reference.
    #[error("{0}")]
    Defect(String),
}

/// The result of an action whose failures are unplanned.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A defect, described for the log.
    pub fn defect(what: impl std::fmt::Display) -> Self {
        Self::Defect(what.to_string())
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            // What only a wrong statement or a wrong type can cause; everything else is the database's state.
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::Decode(_)
            | sqlx::Error::Encode(_)
            | sqlx::Error::RowNotFound => Self::Defect(error.to_string()),
            sqlx::Error::Database(ref cause)
                if cause.is_unique_violation() || cause.is_foreign_key_violation() || cause.is_check_violation() =>
            {
                Self::Defect(error.to_string())
            }
            _ => Self::Unavailable(error),
        }
    }
}

impl From<crate::work::Overloaded> for Error {
    fn from(_: crate::work::Overloaded) -> Self {
        Self::Overloaded
    }
}
