//! How the record hangs together: which chain a row belongs to, and what its MAC, its link and the chain's head are made
//! of. Owns no key and no statement.

use super::store::{Head, Row};

/// The chain of what happened in no account.
pub const PORTAL: &str = "portal";

/// The chain of an event of `account`.
pub(super) fn chain_of(account: Option<&str>) -> &str {
    account.unwrap_or(PORTAL)
}

/// Every field in order, each with its length in front: two lists of fields never come to the same bytes.
pub(super) fn framed(fields: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for field in fields {
        bytes.extend_from_slice(field.len().to_string().as_bytes());
        bytes.push(b':');
        bytes.extend_from_slice(field);
    }
    bytes
}

/// The bytes under the MAC of a stored row: the same that [`super::Event`] had when it was written.
pub(super) fn of_row(row: &Row) -> Vec<u8> {
    let at = row.at.to_string();
    // Nothing is written as an empty text: one that was put in the place of nothing must not pass for it.
    let optional = |text: &Option<String>| match text.as_deref() {
        None => Vec::new(),
        Some("") => vec![0],
        Some(text) => text.as_bytes().to_vec(),
    };
    framed(&[
        row.id.as_bytes(),
        at.as_bytes(),
        &optional(&row.account_id),
        row.kind.as_bytes(),
        row.outcome.as_bytes(),
        &optional(&row.actor_id),
        &optional(&row.subject_id),
        &optional(&row.session_id),
        &optional(&row.address),
        row.detail.as_bytes(),
    ])
}

/// The bytes under the link of row number `seq`: the link before (none before the first), the chain, the number, and
/// the row's MAC.
pub(super) fn of_link(before: &[u8], chain: &str, seq: i64, mac: &[u8]) -> Vec<u8> {
    framed(&[b"link", before, chain.as_bytes(), seq.to_string().as_bytes(), mac])
}

/// The bytes under the MAC of the tally: how many rows all chains have.
pub(super) fn of_tally(sealed: i64) -> Vec<u8> {
    framed(&[b"tally", sealed.to_string().as_bytes()])
}

/// The bytes under the MAC of a head.
pub(super) fn of_head(chain: &str, head: &Head) -> Vec<u8> {
    let (seq, at) = (head.seq.to_string(), head.sealed_at.to_string());
    framed(&[b"head", chain.as_bytes(), seq.as_bytes(), &head.link, at.as_bytes()])
}
