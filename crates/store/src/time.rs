//! Stored instants, and the rule against a clock that steps back (PROTOCOLS.md section 14).

pub use recovery::time::Timestamp;

/// How far behind the last committed time a clock may be before nothing is saved any more, in milliseconds.
pub const STEP_BACK_MAX_MS: i64 = 5_000;

/// The clock is more than [`STEP_BACK_MAX_MS`] behind the last committed time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the clock stands at {} ms, more than 5 s before the last commit at {} ms", at.0, last.0)]
pub struct SteppedBack {
    /// The time of the clock.
    pub at: Timestamp,
    /// The last committed time.
    pub last: Timestamp,
}

/// The time of a decision: `max(clock, last committed time)`.
///
/// A clock that was turned back would revive expired codes and end waits early (attack 19 of CHECKLIST.md).
///
/// # Errors
///
/// [`SteppedBack`] where the clock is more than 5 s behind: the caller fails closed.
pub fn now(clock: Timestamp, last: Option<Timestamp>) -> Result<Timestamp, SteppedBack> {
    match last {
        Some(last) if clock.0 < last.0.saturating_sub(STEP_BACK_MAX_MS) => {
            Err(SteppedBack { at: clock, last })
        }
        Some(last) => Ok(clock.max(last)),
        None => Ok(clock),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_never_runs_before_the_last_commit() {
        let last = Some(Timestamp(100_000));

        assert_eq!(now(Timestamp(100_001), last), Ok(Timestamp(100_001)));
        assert_eq!(now(Timestamp(95_000), last), Ok(Timestamp(100_000)));
        assert_eq!(now(Timestamp(7), None), Ok(Timestamp(7)));
    }

    #[test]
    fn a_step_back_of_more_than_five_seconds_fails_closed() {
        let last = Timestamp(100_000);

        let answer = now(Timestamp(94_999), Some(last));

        assert_eq!(answer, Err(SteppedBack { at: Timestamp(94_999), last }));
    }
}
