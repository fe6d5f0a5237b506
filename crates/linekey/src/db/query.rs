//! One statement, its values, and where it runs. The text is the same for both engines: `$1..$n`, lower case.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, PgConnection, PgPool, SqliteConnection, SqlitePool};

use super::{Db, Readers, Tx};
use crate::error::{Error, Result};
use crate::ids::{AccountId, DeviceId, LinkId, PendingId, PhoneId, SessionId, UserId};

/// A value for a statement. An absent one keeps its type, which PostgreSQL asks for.
#[derive(Clone, Debug)]
pub enum Value {
    /// TEXT that is there.
    Text(String),
    /// TEXT or null.
    OptionalText(Option<String>),
    /// BIGINT or null.
    Number(Option<i64>),
    /// BLOB or BYTEA, or null.
    Bytes(Option<Vec<u8>>),
}

/// A row that both engines can fill: `#[derive(sqlx::FromRow)]` makes one.
pub trait FromAnyRow: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> FromAnyRow for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// Where a statement runs: `&Db` reads outside any transaction, `&mut Tx` is part of one.
#[derive(Debug)]
pub enum Via<'a> {
    /// A reader of the SQLite file.
    SqliteReaders(&'a Readers),
    /// The SQLite writer, for one statement that is a transaction of its own.
    SqliteWriter(&'a SqlitePool),
    /// The transaction of the SQLite writer.
    SqliteTx(&'a mut SqliteConnection),
    /// Any PostgreSQL connection.
    PostgresPool(&'a PgPool),
    /// A PostgreSQL transaction.
    PostgresTx(&'a mut PgConnection),
}

/// A statement with the values bound so far.
#[derive(Debug)]
#[must_use = "a statement does nothing until it runs"]
pub struct Query {
    sql: &'static str,
    values: Vec<Value>,
}

/// The statement `sql`. A test prepares every literal given here on both engines.
pub fn query(sql: &'static str) -> Query {
    Query {
        sql,
        values: Vec::new(),
    }
}

/// Binds the values in order and calls `$finish` on the engine that `$via` names.
macro_rules! on_engine {
    ($query:expr, $via:expr, $start:expr, $finish:ident) => {{
        macro_rules! bound {
            () => {{
                let mut statement = $start;
                for value in $query.values {
                    statement = match value {
                        Value::Text(text) => statement.bind(text),
                        Value::OptionalText(text) => statement.bind(text),
                        Value::Number(number) => statement.bind(number),
                        Value::Bytes(bytes) => statement.bind(bytes),
                    };
                }
                statement
            }};
        }
        match $via {
            Via::SqliteReaders(readers) => {
                let mut reader = readers.take().await?;
                let found = bound!().$finish(&mut reader.connection).await?;
                readers.put_back(reader);
                Ok(found.into())
            }
            Via::SqliteTx(tx) => bound!().$finish(&mut *tx).await.map(Into::into),
            Via::SqliteWriter(pool) => bound!().$finish(pool).await.map(Into::into),
            Via::PostgresPool(pool) => bound!().$finish(pool).await.map(Into::into),
            Via::PostgresTx(tx) => bound!().$finish(&mut *tx).await.map(Into::into),
        }
    }};
}

/// Rows that a statement changed, from either engine.
struct Changed(u64);

impl From<sqlx::sqlite::SqliteQueryResult> for Changed {
    fn from(result: sqlx::sqlite::SqliteQueryResult) -> Self {
        Self(result.rows_affected())
    }
}

impl From<sqlx::postgres::PgQueryResult> for Changed {
    fn from(result: sqlx::postgres::PgQueryResult) -> Self {
        Self(result.rows_affected())
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that hands statements to sqlx")]
impl Query {
    /// Binds the next of `$1..$n`.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Runs the statement and says how many rows it changed.
    pub async fn run<'a>(self, via: impl Into<Via<'a>>) -> Result<u64> {
        let changed: Changed = on_engine!(self, via.into(), sqlx::query(self.sql), execute)?;
        Ok(changed.0)
    }

    /// The row, if there is one.
    pub async fn optional<'a, T: FromAnyRow>(self, via: impl Into<Via<'a>>) -> Result<Option<T>> {
        let row: std::result::Result<Option<T>, sqlx::Error> =
            on_engine!(self, via.into(), sqlx::query_as(self.sql), fetch_optional);
        Ok(row?)
    }

    /// The row that is always there, such as a count.
    pub async fn one<'a, T: FromAnyRow>(self, via: impl Into<Via<'a>>) -> Result<T> {
        self.optional(via)
            .await?
            .ok_or_else(|| Error::defect("a statement that always has a row had none"))
    }

    /// All rows.
    pub async fn all<'a, T: FromAnyRow>(self, via: impl Into<Via<'a>>) -> Result<Vec<T>> {
        let rows: std::result::Result<Vec<T>, sqlx::Error> =
            on_engine!(self, via.into(), sqlx::query_as(self.sql), fetch_all);
        Ok(rows?)
    }
}

impl<'a> From<&'a Db> for Via<'a> {
    fn from(db: &'a Db) -> Self {
        #[cfg(test)]
        super::counted::count(db);
        match db {
            Db::Sqlite { readers, .. } => Self::SqliteReaders(readers),
            Db::Postgres(pool) => Self::PostgresPool(pool),
        }
    }
}

/// A statement that writes, as a transaction of its own: one way to the database instead of three.
#[derive(Clone, Copy, Debug)]
pub struct Alone<'a>(pub &'a Db);

impl<'a> From<Alone<'a>> for Via<'a> {
    fn from(Alone(db): Alone<'a>) -> Self {
        #[cfg(test)]
        super::counted::count(db);
        match db {
            Db::Sqlite { writer, .. } => Self::SqliteWriter(writer),
            Db::Postgres(pool) => Self::PostgresPool(pool),
        }
    }
}

impl<'a> From<&'a mut Tx> for Via<'a> {
    fn from(tx: &'a mut Tx) -> Self {
        match tx {
            Tx::Sqlite(tx) => Self::SqliteTx(tx),
            Tx::Postgres(tx) => Self::PostgresTx(tx),
        }
    }
}

/// An id is bound as its text.
macro_rules! bind_ids {
    ($($id:ident),+) => {
        $(
            impl From<&$id> for Value {
                fn from(id: &$id) -> Self {
                    Self::Text(id.to_string())
                }
            }
        )+
    };
}
bind_ids!(AccountId, UserId, SessionId, PendingId, PhoneId, LinkId, DeviceId);

impl From<Option<&DeviceId>> for Value {
    fn from(id: Option<&DeviceId>) -> Self {
        Self::OptionalText(id.map(ToString::to_string))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::OptionalText(text.map(str::to_owned))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(Some(bytes.to_vec()))
    }
}

impl From<Option<&[u8]>> for Value {
    fn from(bytes: Option<&[u8]>) -> Self {
        Self::Bytes(bytes.map(<[u8]>::to_vec))
    }
}
