//! Throttled log lines, so that a flood of refusals does not flood the log.

use std::sync::{Mutex, PoisonError};
use tokio::time::{Duration, Instant};

/// The shortest time between two lines.
const EVERY: Duration = Duration::from_secs(10);

/// Counts events of one kind and decides when their number is logged.
#[derive(Debug, Default)]
pub(crate) struct LogThrottle(Mutex<Said>);

#[derive(Debug, Default)]
struct Said {
    last: Option<Instant>,
    since: u64,
}

impl LogThrottle {
    /// Counts an event. Returns the number of events since the last line where a line is due now.
    pub(crate) fn count(&self) -> Option<u64> {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.since = said.since.saturating_add(1);
        let now = Instant::now();
        if said.last.is_some_and(|last| now.duration_since(last) < EVERY) {
            return None;
        }
        said.last = Some(now);
        Some(std::mem::take(&mut said.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_refusals_are_two_lines() {
        let throttle = LogThrottle::default();

        let lines: Vec<u64> = (0..1_000).filter_map(|_| throttle.count()).collect();
        throttle.0.lock().unwrap().last = Instant::now().checked_sub(EVERY);

        assert_eq!(lines, [1]);
        assert_eq!(throttle.count(), Some(1_000));
    }
}
