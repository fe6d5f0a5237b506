//! Randomness, as it comes in through [`crate::app::App`]: the operating system's generator, and nothing else.

use rand::TryRng;

/// The operating system's random generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct Random(());

impl Random {
    /// Fills `bytes`.
    ///
    /// # Panics
    /// When the operating system has no randomness: nothing safe can be done without it.
    pub fn fill(&self, bytes: &mut [u8]) {
        rand::rngs::SysRng
            .try_fill_bytes(bytes)
            .expect("the operating system gives randomness");
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}
