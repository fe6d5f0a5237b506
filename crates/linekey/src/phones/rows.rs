//! Many rows in one statement.

use serde::Serializer as _;

use crate::error::{Error, Result};
use crate::ids::PhoneId;

/// Many rows as one value of a statement: an object of JSON, whose members are the rows in order.
#[derive(Debug)]
pub(super) struct Rows(String);

impl Rows {
    /// Of what may stand in a row, by the names of its columns.
    pub(super) fn of<T: serde::Serialize>(rows: impl IntoIterator<Item = T>) -> Result<Self> {
        let mut text = Vec::new();
        let written = serde_json::Serializer::new(&mut text).collect_map(rows.into_iter().enumerate());
        let text = written.ok().and_then(|()| String::from_utf8(text).ok());
        text.map(Self).ok_or_else(|| Error::defect("rows that are no JSON"))
    }

    /// For a statement.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A phone alone, as a row.
#[derive(Debug, serde::Serialize)]
pub(super) struct OnePhone<'a> {
    pub(super) phone_id: &'a PhoneId,
}
