//! Lines about refusals: a flood of refusals must not become a flood of lines.

use std::sync::{Mutex, PoisonError};
use tokio::time::{Duration, Instant};

const EVERY: Duration = Duration::from_secs(10);

/// Says how often something happened, at most once in a while.
#[derive(Debug, Default)]
pub(crate) struct Rarely(Mutex<Said>);

#[derive(Debug, Default)]
struct Said {
    last: Option<Instant>,
    since: u64,
}

impl Rarely {
    /// Counts one; `Some` with the number since the last line where it is time for a line.
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
        let rarely = Rarely::default();

        let lines: Vec<u64> = (0..1_000).filter_map(|_| rarely.count()).collect();
        rarely.0.lock().unwrap().last = Instant::now().checked_sub(EVERY);

        assert_eq!(lines, [1]);
        assert_eq!(rarely.count(), Some(1_000));
    }
}
