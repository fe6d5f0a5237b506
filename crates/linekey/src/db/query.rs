//! One statement, its values, and where it runs. The text is the same for both engines: `$1..$n`, lower case.

use sqlx::postgres::PgRow;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, FromRow, PgConnection, PgPool, SqlSafeStr, SqlStr, Sqlite};

use super::writer::{Writer, Writing};
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
    /// The SQLite writer, for one statement that is a transaction of its own, together with others that wait.
    SqliteWriter(&'a Writer),
    /// The transaction of the SQLite writer.
    SqliteTx(&'a mut Writing),
    /// Any PostgreSQL connection.
    PostgresPool(&'a PgPool),
    /// A PostgreSQL transaction.
    PostgresTx(&'a mut PgConnection),
}

/// A statement with the values bound so far.
#[derive(Clone, Debug)]
#[must_use = "a statement does nothing until it runs"]
pub struct Query {
    sql: &'static str,
    values: Vec<Value>,
}

/// The statement `sql`. A test prepares every literal given here on both engines.
pub fn query(sql: &'static str) -> Query {
    Query::of(sql)
}

/// Binds the values in order.
macro_rules! bound {
    ($start:expr, $values:expr) => {{
        let mut statement = $start;
        for value in $values {
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

/// Calls `$finish` on the engine that `$via` names, or `$in_writer` of what writes a SQLite file.
macro_rules! on_engine {
    ($query:expr, $via:expr, $start:expr, $finish:ident, $in_writer:ident) => {{
        macro_rules! bound_here {
            () => {
                bound!($start, $query.values)
            };
        }
        match $via {
            Via::SqliteReaders(readers) => {
                let mut reader = readers.take().await?;
                let found = bound_here!().$finish(&mut reader.connection).await?;
                readers.put_back(reader);
                Ok(found.into())
            }
            Via::SqliteTx(tx) => tx.$in_writer($query).await.map(Into::into),
            Via::SqliteWriter(writer) => writer.$in_writer($query).await.map(Into::into),
            Via::PostgresPool(pool) => bound_here!().$finish(pool).await.map(Into::into),
            Via::PostgresTx(tx) => bound_here!().$finish(&mut *tx).await.map(Into::into),
        }
    }};
}

/// Rows that a statement changed, from either engine.
struct Changed(u64);

impl From<u64> for Changed {
    fn from(changed: u64) -> Self {
        Self(changed)
    }
}

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
        let changed: std::result::Result<Changed, sqlx::Error> =
            on_engine!(self, via.into(), sqlx::query(self.sql), execute, run);
        Ok(changed?.0)
    }

    /// Runs a statement whose answer nobody waits for: on SQLite with the next one of the transaction, or its commit, and
    /// then it fails with that. For what returns no rows and breaks no rule of the schema but by a defect.
    pub async fn later(self, tx: &mut Tx) -> Result<()> {
        match tx {
            Tx::Sqlite(tx) => tx.later(self).await?,
            Tx::Postgres(_) => drop(self.run(tx).await?),
        }
        Ok(())
    }

    /// The same of a statement that changes one row: another number is a defect.
    pub async fn later_once(self, tx: &mut Tx) -> Result<()> {
        match tx {
            Tx::Sqlite(tx) => tx.later_once(self).await?,
            Tx::Postgres(_) => match self.run(tx).await? {
                1 => {}
                _ => return Err(Error::defect("a statement changed no row")),
            },
        }
        Ok(())
    }

    /// The row, if there is one.
    pub async fn optional<'a, T: FromAnyRow>(self, via: impl Into<Via<'a>>) -> Result<Option<T>> {
        let row: std::result::Result<Option<T>, sqlx::Error> =
            on_engine!(self, via.into(), sqlx::query_as(self.sql), fetch_optional, optional);
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
            on_engine!(self, via.into(), sqlx::query_as(self.sql), fetch_all, all);
        Ok(rows?)
    }
}

/// Statements as one, for SQLite, which takes several in one text.
pub(super) struct Bound {
    sql: SqlStr,
    values: Vec<Value>,
    /// How many they are.
    pub(super) count: usize,
    /// Whether they end with a commit.
    pub(super) commits: bool,
}

impl Query {
    /// One engine's own statement.
    pub(super) fn of(sql: &'static str) -> Self {
        Self {
            sql,
            values: Vec::new(),
        }
    }

    /// Whether it is the same one, with other values or not.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.sql == other.sql
    }

    /// These, one after the other.
    pub(super) fn joined(statements: impl Iterator<Item = Self>) -> Bound {
        let mut statements = statements.peekable();
        let Some(Self { sql, mut values }) = statements.next() else {
            return Bound {
                sql: "".into_sql_str(),
                values: Vec::new(),
                count: 0,
                commits: false,
            };
        };
        if statements.peek().is_none() {
            return Bound {
                sql: sql.into_sql_str(),
                values,
                count: 1,
                commits: false,
            };
        }
        let (mut text, mut count, mut commits) = (sql.to_owned(), 1, false);
        for statement in statements {
            (count, commits) = (count + 1, statement.sql == "commit");
            text.push_str(";\n");
            push_behind(&mut text, statement.sql, values.len());
            values.extend(statement.values);
        }
        // Literals of ours, with other numbers.
        let sql = AssertSqlSafe(text).into_sql_str();
        Bound {
            sql,
            values,
            count,
            commits,
        }
    }
}

impl Bound {
    /// For sqlx.
    #[expect(clippy::disallowed_methods, reason = "the other place that hands statements to sqlx")]
    pub(super) fn statement(self) -> sqlx::query::Query<'static, Sqlite, SqliteArguments> {
        bound!(sqlx::query(self.sql), self.values)
    }
}

/// Appends a statement whose values stand behind so many others: its `$1` is then another number.
fn push_behind(text: &mut String, sql: &str, others: usize) {
    let mut parts = sql.split('$');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = part.split_at(digits);
        let number = number.parse().map_or(0, |number: usize| number + others);
        text.push('$');
        text.push_str(&number.to_string());
        text.push_str(rest);
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

/// A statement that writes, as a transaction of its own: one way to the database instead of three, and on SQLite together
/// with others that are like it and come at the same time. Whoever is gone before its answer may have done it.
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
