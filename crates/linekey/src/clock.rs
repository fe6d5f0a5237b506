//! Time, as it comes in through [`crate::app::App`]: milliseconds UTC since 1970.
//!
//! Nothing else in the portal reads a clock, so that a test can move it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A moment: milliseconds UTC since 1970-01-01.
pub type Millis = i64;

/// Milliseconds in a second.
pub const SECOND: Millis = 1_000;
/// Milliseconds in a minute.
pub const MINUTE: Millis = 60 * SECOND;
/// Milliseconds in an hour.
pub const HOUR: Millis = 60 * MINUTE;
/// Milliseconds in a day.
pub const DAY: Millis = 24 * HOUR;

/// The machine's clock, moved by an offset that only tests change.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset: Arc<AtomicI64>,
    /// Whether it stands at its offset.
    #[cfg(test)]
    stands: bool,
}

impl Clock {
    /// Now, in milliseconds UTC.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn now(&self) -> Millis {
        #[cfg(test)]
        if self.stands {
            return self.offset.load(Ordering::Relaxed);
        }
        jiff::Timestamp::now().as_millisecond() + self.offset.load(Ordering::Relaxed)
    }

    /// A clock that stands at `at` until it is moved.
    #[cfg(all(test, feature = "outside"))]
    pub(crate) fn standing(at: Millis) -> Self {
        Self {
            offset: Arc::new(AtomicI64::new(at)),
            stands: true,
        }
    }

    #[cfg(test)]
    /// Moves this clock and all its clones forward by `by` milliseconds.
    pub fn advance(&self, by: Millis) {
        self.offset.fetch_add(by, Ordering::Relaxed);
    }
}
