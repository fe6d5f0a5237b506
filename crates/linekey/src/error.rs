//! What can go wrong that nobody planned for: everything that ends as an error page.
//!
//! Expected outcomes ("that password is too short", "two changed it at once") are enums of the actions, not errors.

/// A failure that an action hands upward with `?` and the door turns into a page.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database is full, locked, read-only or gone: 503 with `Retry-After`.
    #[error("the database does not answer: {0}")]
    Unavailable(sqlx::Error),
    /// The connection was lost while committing: it is done wholly or not at all, and only looking tells which. 504.
    #[error("whether it was committed is not known: {0}")]
    Unknown(sqlx::Error),
    /// The session ended while its request was under way: to the sign-in page, with the reason.
    #[error("the session has ended")]
    SessionEnded,
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
        let defect = match &error {
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::Decode(_)
            | sqlx::Error::Encode(_)
            | sqlx::Error::RowNotFound => true,
            sqlx::Error::Database(said) => said.code().is_some_and(|code| is_defect(&code)),
            _ => false,
        };
        if defect {
            Self::Defect(error.to_string())
        } else {
            Self::Unavailable(error)
        }
    }
}

/// Whether an engine's code says that the statement or its data was wrong; the others speak of the database's state.
/// PostgreSQL's are SQLSTATEs: 22 data, 23 constraints, 42 the statement. SQLite's are numbers whose low byte counts.
fn is_defect(code: &str) -> bool {
    /// SQLITE_ERROR, SQLITE_CONSTRAINT, SQLITE_MISMATCH.
    const SQLITE: [u32; 3] = [1, 19, 20];
    if code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return ["22", "23", "42"].iter().any(|class| code.starts_with(class));
    }
    code.parse::<u32>().is_ok_and(|code| SQLITE.contains(&(code & 0xff)))
}

impl From<crate::work::Overloaded> for Error {
    fn from(_: crate::work::Overloaded) -> Self {
        Self::Overloaded
    }
}
