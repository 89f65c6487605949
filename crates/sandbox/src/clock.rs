//! A clock that can be moved forward, never back: so that 30 minutes and 5 days can be tried.

use server::system::SystemClock;
use server::{Clock, ClockReading, Timestamp};
use std::sync::atomic::{AtomicU64, Ordering};

/// The machine's clock and how far ahead of it the sandbox is.
#[derive(Debug, Default)]
pub struct MovedClock {
    ahead_secs: AtomicU64,
}

/// The furthest that one start can be moved: ten years.
const AHEAD_SECS_MAX: u64 = 10 * 365 * 86_400;

impl MovedClock {
    /// Moves on.
    pub fn forward(&self, secs: u64) {
        let moved = |ahead: u64| Some(ahead.saturating_add(secs).min(AHEAD_SECS_MAX));
        let _ = self.ahead_secs.fetch_update(Ordering::Relaxed, Ordering::Relaxed, moved);
    }

    /// How far ahead.
    #[must_use]
    pub fn ahead_secs(&self) -> u64 {
        self.ahead_secs.load(Ordering::Relaxed)
    }

    /// Now, as the whole sandbox sees it.
    #[must_use]
    pub fn instant(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.now().0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

impl Clock for MovedClock {
    /// Both clocks move together: whoever moves the sandbox's time on moves time, and does not put a clock.
    fn reading(&self) -> ClockReading {
        let ahead = i64::try_from(self.ahead_secs().saturating_mul(1_000)).unwrap_or(0);
        let reading = SystemClock.reading();
        ClockReading {
            wall: Timestamp(reading.wall.0.saturating_add(ahead)),
            boot: reading.boot,
            since_boot_ms: reading.since_boot_ms.saturating_add(ahead),
        }
    }

    fn is_synchronised(&self) -> bool {
        SystemClock.is_synchronised()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_moves_forward_and_stays_ahead() {
        let clock = MovedClock::default();
        let before = clock.now().0;

        clock.forward(1_860);

        assert!(clock.now().0 >= before + 1_860_000);
        assert_eq!(clock.ahead_secs(), 1_860);
        clock.forward(u64::MAX);
        assert_eq!(clock.ahead_secs(), AHEAD_SECS_MAX, "no wrap back to the past");
    }

    #[test]
    fn moving_on_moves_both_clocks_so_that_the_server_still_believes_them() {
        let clock = MovedClock::default();
        let before = clock.reading();

        clock.forward(5 * 86_400);

        assert!(clock.reading().is_in_step_with(&before));
    }
}
