//! Hashing and verifying of portal passwords with Argon2id (RFC 9106), stored in PHC form.
//!
//! The only file that knows the engine (see docs/adr/0004-password-hashing-engine.md); another engine is a change here
//! and nowhere else. All work happens on the pool. Decides nothing about what a password must be like.

use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use argon2_rust::params::Memory;
use argon2_rust::{Algorithm, Argon2, Error as EngineError, Hasher, Params, Version, decode_string};
use zeroize::Zeroizing;

use super::rules::NewPassword;
use super::typed::TypedPassword;
use crate::work::{Overloaded, Pool};

/// Bytes of salt in a new hash, as RFC 9106 recommends.
const SALT_BYTES: usize = 16;
/// Bytes of the longest tag of a stored hash; ours are the engine's default of 32.
const LONGEST_TAG: u64 = 64;

/// How long a worker without work keeps its block of memory. Another block costs a hash a few milliseconds.
const REST_AFTER: Duration = Duration::from_secs(10);

/// Fills a buffer with random bytes fit for secrets.
pub type Randomness = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// What one hash costs (RFC 9106, section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB: at least 8 for each lane, at most 262,144.
    pub memory_kib: u32,
    /// Passes over that memory: 1 to 16.
    pub passes: u32,
    /// Lanes: 1 to 16. They strengthen the hash against no one here, as one thread computes them all.
    pub lanes: u32,
}

impl Default for Cost {
    /// OWASP's minimum.
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            passes: 2,
            lanes: 1,
        }
    }
}

impl Cost {
    /// The most that a hash may cost, configured or stored: about 0.8 s of one core. A stored hash that claims more
    /// is somebody's attempt to stop the portal.
    pub const MOST: Self = Self {
        memory_kib: 262_144,
        passes: 16,
        lanes: 16,
    };

    /// Whether it is at least one of the equivalent minimums of the OWASP Password Storage Cheat Sheet. Less is
    /// possible, for tests; the configuration and `doctor` warn of it.
    pub fn meets_owasp(self) -> bool {
        const MINIMUMS: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];
        MINIMUMS
            .iter()
            .any(|(memory_kib, passes)| self.memory_kib >= *memory_kib && self.passes >= *passes)
    }

    fn params(self) -> Result<Params, StartError> {
        let most = Self::MOST;
        if self.memory_kib > most.memory_kib || self.passes > most.passes || self.lanes > most.lanes {
            return Err(StartError::Cost);
        }
        // One job is one thread, whatever its lanes, or the pool would not be bounded.
        let params = Params::builder()
            .memory(Memory::kib(self.memory_kib.into()))
            .passes(self.passes);
        params
            .lanes(self.lanes)
            .threads(1)
            .build()
            .map_err(|_| StartError::Cost)
    }
}

/// Why hashing could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configured cost is out of range.
    #[error("hashing: memory_kib is 8 for each lane to 262144, passes and lanes are 1 to 16")]
    Cost,
    /// The engine computes wrong hashes on this machine.
    #[error("the password hashing engine ({0}) does not give the answers of RFC 9106 on this machine")]
    WrongAnswer(&'static str),
    /// The engine failed, for lack of memory most likely.
    #[error("the password hashing engine failed: {0}")]
    Engine(#[from] EngineError),
    /// The system refused a thread.
    #[error("no thread for password hashing: {0}")]
    Thread(#[from] io::Error),
}

/// A hash as it is stored: a PHC string. Only [`Hashes::hash`] makes new ones.
#[derive(Clone, PartialEq, Eq)]
pub struct HashedPassword(String);

impl HashedPassword {
    /// What the store gave back. Any text is taken; one that is no hash never matches.
    pub fn from_store(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string, for the store alone.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for HashedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The outcome of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Whether the typed password is the stored one.
    pub matches: bool,
    /// Whether it matches, but the stored hash is weaker than hashes made today: hash again, now that the password
    /// is known.
    pub outdated: bool,
}

impl Verified {
    const NO: Self = Self {
        matches: false,
        outdated: false,
    };
}

/// The hash workers: as many threads as given, each with its own block of memory.
pub struct Hashes {
    pool: Pool<Hasher>,
    recipe: Arc<Recipe>,
}

impl fmt::Debug for Hashes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hashes({:?})", self.recipe.cost)
    }
}

impl Hashes {
    /// Starts `threads` workers with room for `queue` waiting jobs; one worker per core is right. `salt` gives the
    /// salts. Computes three hashes before it returns.
    ///
    /// # Errors
    /// A cost out of range, an engine that computes wrongly or lacks memory, no threads.
    pub fn start(cost: Cost, threads: NonZeroUsize, queue: NonZeroUsize, salt: Randomness) -> Result<Self, StartError> {
        check_known_answers(&RFC_TAG, REFERENCE_PHC)?;
        let recipe = Recipe::new(cost, salt)?;
        let engine = recipe.engine;
        let pool = Pool::start("password-hash", threads, queue, REST_AFTER, move || engine.hasher())?;
        Ok(Self {
            pool,
            recipe: Arc::new(recipe),
        })
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// [`Overloaded`] if too many jobs wait, or memory is short.
    pub async fn hash(&self, new: &NewPassword) -> Result<HashedPassword, Overloaded> {
        let password = Zeroizing::new(new.reveal().to_owned());
        let recipe = Arc::clone(&self.recipe);
        self.pool
            .run(move |hasher| recipe.hash(hasher, password.as_bytes()))
            .await?
    }

    /// Tells whether `typed` is the password of `stored`. Without a stored hash (no such user, disabled, no password
    /// set) or with nothing typed, it does the same work and never matches, so that time tells strangers nothing.
    ///
    /// # Errors
    /// [`Overloaded`] if too many jobs wait, or memory is short.
    pub async fn verify(&self, typed: &TypedPassword, stored: Option<&HashedPassword>) -> Result<Verified, Overloaded> {
        let password = Zeroizing::new(typed.reveal().unwrap_or_default().to_owned());
        let stored = stored.filter(|_| !password.is_empty()).cloned();
        let recipe = Arc::clone(&self.recipe);
        self.pool
            .run(move |hasher| recipe.verify(hasher, password.as_bytes(), stored.as_ref()))
            .await?
    }

    /// Hashes a password again that was verified just now and whose stored hash is outdated; `None` if it is not.
    ///
    /// # Errors
    /// [`Overloaded`] if too many jobs wait, or memory is short.
    pub async fn renew(&self, typed: &TypedPassword, verified: Verified) -> Result<Option<HashedPassword>, Overloaded> {
        if !verified.matches || !verified.outdated {
            return Ok(None);
        }
        let password = Zeroizing::new(typed.reveal().unwrap_or_default().to_owned());
        let recipe = Arc::clone(&self.recipe);
        self.pool
            .run(move |hasher| recipe.hash(hasher, password.as_bytes()))
            .await?
            .map(Some)
    }

    /// How many jobs wait for a worker.
    pub fn waiting(&self) -> usize {
        self.pool.waiting()
    }

    /// The code path the engine chose for this machine, such as `avx512`.
    pub fn backend() -> &'static str {
        argon2_rust::detected_backend().name()
    }
}

/// What every worker needs to know.
struct Recipe {
    cost: Cost,
    engine: Argon2,
    /// No stored hash may cost more.
    ceiling: Params,
    /// A hash of the same cost that nobody knows a password for.
    dummy: HashedPassword,
    salt: Randomness,
}

impl Recipe {
    fn new(cost: Cost, salt: Randomness) -> Result<Self, StartError> {
        let engine = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost.params()?);
        let ceiling = Cost::MOST
            .params()?
            .to_builder()
            .tag_len(argon2_rust::params::TagLen::bytes(LONGEST_TAG));
        let mut nobodys = Zeroizing::new([0; 32]);
        salt(&mut *nobodys);
        let dummy = HashedPassword(engine.hash_encoded(&*nobodys, &[0; SALT_BYTES])?);
        Ok(Self {
            cost,
            engine,
            ceiling: ceiling.build()?,
            dummy,
            salt,
        })
    }

    fn hash(&self, hasher: &mut Hasher, password: &[u8]) -> Result<HashedPassword, Overloaded> {
        let mut salt = [0; SALT_BYTES];
        (self.salt)(&mut salt);
        hasher
            .hash_encoded(password, &salt)
            .map(HashedPassword)
            .map_err(no_memory)
    }

    fn verify(
        &self,
        hasher: &mut Hasher,
        password: &[u8],
        stored: Option<&HashedPassword>,
    ) -> Result<Verified, Overloaded> {
        if let Some(stored) = stored {
            match self.compare(hasher, password, stored) {
                Ok(()) => {
                    return Ok(Verified {
                        matches: true,
                        outdated: self.outdated(stored),
                    });
                }
                Err(EngineError::VerifyMismatch) => return Ok(Verified::NO),
                Err(error @ EngineError::MemoryAllocationError) => return Err(no_memory(error)),
                // No Argon2id, damaged, or beyond the ceiling: nothing was computed yet.
                Err(_) => {}
            }
        }
        match self.compare(hasher, password, &self.dummy) {
            Ok(()) | Err(EngineError::VerifyMismatch) => Ok(Verified::NO),
            Err(error) => Err(no_memory(error)),
        }
    }

    fn compare(&self, hasher: &mut Hasher, password: &[u8], stored: &HashedPassword) -> Result<(), EngineError> {
        hasher.verify_encoded_bounded(&stored.0, password, Algorithm::Argon2id, &self.ceiling)
    }

    /// Only what is lower than today counts: hashes that cost more than today's stay, and lanes are no strength.
    fn outdated(&self, stored: &HashedPassword) -> bool {
        decode_string(&stored.0, Algorithm::Argon2id).is_ok_and(|stored| {
            stored.params.memory_kib() < self.cost.memory_kib
                || stored.params.passes() < self.cost.passes
                || stored.version != Version::V0x13
                || stored.salt.len() < SALT_BYTES
                || stored.hash.len() < self.engine.params().tag_len_bytes()
        })
    }
}

fn no_memory(error: EngineError) -> Overloaded {
    tracing::error!(%error, "a password hash could not be computed");
    Overloaded
}

/// RFC 9106, section 5.3: the tag of Argon2id over 32 KiB, 3 passes, 4 lanes.
const RFC_TAG: [u8; 32] = [
    0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c, 0x08, 0xc0, 0x37, 0xa3, 0x4a, 0x8b, 0x53, 0xc9, 0xd0, 0x1e, 0xf0,
    0x45, 0x2d, 0x75, 0xb6, 0x5e, 0xb5, 0x25, 0x20, 0xe9, 0x6b, 0x01, 0xe6, 0x59,
];

/// What the reference implementation stores for `password`.
const REFERENCE_PHC: &str = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

/// Compares the engine, on the code path it chose for this machine, with answers that others computed. A wrong one
/// would lock everybody out, or store hashes that no other engine can verify.
fn check_known_answers(tag: &[u8; 32], phc: &str) -> Result<(), StartError> {
    let mut hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, Cost::default().params()?).hasher();
    let verify = |hasher: &mut Hasher, password: &[u8]| hasher.verify_encoded(phc, password, Algorithm::Argon2id);
    let verifies = verify(&mut hasher, b"password").is_ok()
        && verify(&mut hasher, b"passwore") == Err(EngineError::VerifyMismatch);

    let rfc = Cost {
        memory_kib: 32,
        passes: 3,
        lanes: 4,
    };
    hasher.set_argon2(Argon2::new(Algorithm::Argon2id, Version::V0x13, rfc.params()?));
    let mut computed = [0; 32];
    hasher.hash_into_with_ad(&[1; 32], &[2; 16], &[3; 8], &[4; 12], &mut computed)?;

    if verifies && computed == *tag {
        Ok(())
    } else {
        Err(StartError::WrongAnswer(Hashes::backend()))
    }
}

#[cfg(test)]
#[path = "hash_tests.rs"]
mod tests;
