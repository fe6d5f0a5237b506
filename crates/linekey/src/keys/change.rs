//! Changes which keys the file holds. Sealing values anew is their owners' work, and done before a key is retired.

use std::path::Path;

use super::ring::{Key, KeyId, Past};
use super::{Purpose, file};
use crate::random::Random;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// The file is replaced.
    Done,
    /// There is no key of that id that opens.
    NoSuchKey,
    /// It is the first key already, or still.
    IsFirst,
}

/// A key that no file holds yet: it has a name, so that it can be put on record first.
pub struct NewKey(Key);

impl NewKey {
    /// Makes one.
    pub fn new(random: &Random) -> Self {
        Self(Key::new(random))
    }

    /// Its name.
    pub fn id(&self) -> KeyId {
        self.0.id
    }
}

/// Appends a new key, which opens and does not seal.
///
/// # Errors
/// When the file cannot be read or replaced.
pub fn add(path: &Path, new: NewKey) -> anyhow::Result<()> {
    let mut ring = file::read(path)?;
    ring.keys.push(new.0);
    file::replace(path, &ring)
}

/// Puts the key `id` first: from now on it seals.
///
/// # Errors
/// When the file cannot be read or replaced.
pub fn put_first(path: &Path, id: KeyId) -> anyhow::Result<Changed> {
    let mut ring = file::read(path)?;
    let Some(at) = ring.keys.iter().position(|key| key.id == id) else {
        return Ok(Changed::NoSuchKey);
    };
    if at == 0 {
        return Ok(Changed::IsFirst);
    }
    ring.keys[..=at].rotate_right(1);
    file::replace(path, &ring)?;
    Ok(Changed::Done)
}

/// Takes the key `id` away, but for what verifies the audit events it made. What it sealed and nobody sealed anew is
/// lost.
///
/// # Errors
/// When the file cannot be read or replaced.
pub fn retire(path: &Path, id: KeyId) -> anyhow::Result<Changed> {
    let mut ring = file::read(path)?;
    let Some(at) = ring.keys.iter().position(|key| key.id == id) else {
        return Ok(Changed::NoSuchKey);
    };
    if at == 0 {
        return Ok(Changed::IsFirst);
    }
    let key = ring.keys.remove(at);
    ring.past.push(Past {
        id,
        audit: key.derive(Purpose::Audit),
    });
    file::replace(path, &ring)?;
    Ok(Changed::Done)
}
