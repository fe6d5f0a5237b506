//! Changes which keys the file holds. Sealing values anew is their owners' work, and done before a key is retired.

use std::path::Path;

use super::Purpose;
use super::file::Next;
use super::ring::{Key, KeyId, Past, Ring};
use crate::random::Random;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is as it was asked for.
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

/// A change of the key file that is under way. Nobody else begins one before it is finished or dropped; dropped, the file
/// is as it was.
pub struct Change {
    next: Next,
    ring: Ring,
}

impl Change {
    /// Begins one, with the keys that the file `path` holds from now on until it is finished.
    ///
    /// # Errors
    /// When somebody else is changing the file, or it cannot be read.
    pub fn begin(path: &Path) -> anyhow::Result<Self> {
        let next = Next::begin(path)?;
        let ring = next.read()?;
        Ok(Self { next, ring })
    }

    /// Appends a new key, which opens and does not seal.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&mut self, new: NewKey) -> anyhow::Result<()> {
        self.ring.keys.push(new.0);
        self.next.write(&self.ring)
    }

    /// Puts the key `id` first: from now on it seals.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put_first(&mut self, id: KeyId) -> anyhow::Result<Changed> {
        match self.place(id) {
            None => Ok(Changed::NoSuchKey),
            Some(0) => Ok(Changed::IsFirst),
            Some(at) => {
                self.ring.keys[..=at].rotate_right(1);
                self.next.write(&self.ring)?;
                Ok(Changed::Done)
            }
        }
    }

    /// Takes the key `id` away, but for what verifies the audit events it made. What it sealed and nobody sealed anew is
    /// lost.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn retire(&mut self, id: KeyId) -> anyhow::Result<Changed> {
        match self.place(id) {
            None => Ok(Changed::NoSuchKey),
            Some(0) => Ok(Changed::IsFirst),
            Some(at) => {
                let key = self.ring.keys.remove(at);
                let audit = key.derived(Purpose::Audit).clone();
                self.ring.past.push(Past { id, audit });
                self.next.write(&self.ring)?;
                Ok(Changed::Done)
            }
        }
    }

    /// Puts what was written in the place of the file.
    ///
    /// # Errors
    /// When that fails.
    pub fn finish(self) -> anyhow::Result<()> {
        self.next.replace()
    }

    fn place(&self, id: KeyId) -> Option<usize> {
        self.ring.keys.iter().position(|key| key.id == id)
    }
}
