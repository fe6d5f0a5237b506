//! The bare loop: one thread a core, each verifying a password again and again in memory that it reuses.

use std::thread;
use std::time::{Duration, Instant};

use argon2_rust::params::Memory;
use argon2_rust::{Algorithm, Argon2, Params, Version};

/// Verifications a second, of all threads together, over so many `seconds`.
///
/// # Errors
/// When memory is short, or a right password does not verify.
#[expect(clippy::disallowed_methods, reason = "a measurement, not the portal's time")]
pub(crate) fn per_second(seconds: u64) -> anyhow::Result<f64> {
    // What the portal stores: OWASP's minimum.
    let cost = Params::builder()
        .memory(Memory::kib(19_456))
        .passes(2)
        .lanes(1)
        .threads(1);
    let engine = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost.build()?);
    let stored = engine.hash_encoded(b"Harbour-Light-0", &[7; 16])?;
    let threads = thread::available_parallelism()?.get();
    let began = Instant::now();
    let until = began + Duration::from_secs(seconds);
    let verify = || -> anyhow::Result<u32> {
        let mut hasher = engine.hasher();
        let mut done = 0;
        while Instant::now() < until {
            hasher.verify_encoded_bounded(&stored, b"Harbour-Light-0", Algorithm::Argon2id, engine.params())?;
            done += 1;
        }
        Ok(done)
    };
    let done: anyhow::Result<Vec<u32>> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(verify)).collect();
        running
            .into_iter()
            .map(|thread| thread.join().expect("it does not panic"))
            .collect()
    });
    Ok(f64::from(done?.iter().sum::<u32>()) / began.elapsed().as_secs_f64())
}
