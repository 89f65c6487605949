//! Working days for the deadlines of the operator's staff: Monday to Friday, in UTC.

use crate::time::{Duration, Timestamp};

const DAY_MILLIS: i64 = 86_400_000;
/// The weekday of 1970-01-01, a Thursday, counted from Monday as 0.
const FIRST_WEEKDAY: i64 = 3;
const FRIDAY: i64 = 4;

/// The end of the first whole working day after `now`.
#[must_use]
pub fn end_of_next(now: Timestamp) -> Timestamp {
    let today = now.0.div_euclid(DAY_MILLIS);
    let weekday = today.saturating_add(FIRST_WEEKDAY).rem_euclid(7);
    // Monday to Thursday: tomorrow; Friday to Sunday: Monday.
    let ahead = if weekday < FRIDAY { 1 } else { 7_i64.saturating_sub(weekday) };
    let day = Timestamp(today.saturating_add(ahead).saturating_mul(DAY_MILLIS));
    day.plus(Duration::from_days(1))
}

#[cfg(test)]
mod tests {
    use super::end_of_next;
    use crate::specimen::NOW;
    use crate::time::{Duration, Timestamp};

    /// 2026-11-22 is a Sunday.
    #[test]
    fn a_weekend_does_not_count() {
        let midnight = NOW.minus(Duration::from_hours(10));
        let day = |days: u64| midnight.plus(Duration::from_days(days));
        let end =
            |days: u64| -> Timestamp { end_of_next(day(days).plus(Duration::from_hours(12))) };

        assert_eq!(end(0), day(2), "Sunday: until Monday is over");
        assert_eq!(end(1), day(3), "Monday: until Tuesday is over");
        assert_eq!(end(4), day(6), "Thursday: until Friday is over");
        assert_eq!(end(5), day(9), "Friday: until Monday is over");
        assert_eq!(end(6), day(9), "Saturday");
    }
}
