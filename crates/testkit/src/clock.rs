//! A clock that stands still until it is told to move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock; its clones show the same time.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that shows this many milliseconds since 1970.
    #[must_use]
    pub fn at_ms(ms: i64) -> Self {
        Self(Arc::new(AtomicI64::new(ms)))
    }

    /// What it shows, in milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Moves it forward.
    pub fn advance_ms(&self, ms: u32) {
        self.0.fetch_add(i64::from(ms), Ordering::SeqCst);
    }

    /// Moves it forward by whole seconds.
    pub fn advance_secs(&self, secs: u32) {
        self.0.fetch_add(i64::from(secs).saturating_mul(1_000), Ordering::SeqCst);
    }

    /// Sets it to any time, an earlier one too: that is how a clock steps back.
    pub fn set_ms(&self, ms: i64) {
        self.0.store(ms, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_move_together() {
        let clock = ManualClock::at_ms(1_000);
        let other = clock.clone();

        clock.advance_secs(2);
        other.advance_ms(5);

        assert_eq!(clock.now_ms(), 3_005);
        clock.set_ms(7);
        assert_eq!(other.now_ms(), 7);
    }
}
