//! Caps on text messages about bookings. Bookings need no login, and each message costs the operator money and its
//! reader attention (CHECKLIST attack 18: flooding and toll fraud).
//!
//! Each message counts twice: for its phone number, and for the range of numbers that this lies in. A domestic range is
//! a block of numbers of one provider. A foreign range is a whole country, because premium numbers that pay their owner
//! are bought there by the thousand.

use crate::policy::AppointmentRules;
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// Messages are counted by the hour; this many hours make the sliding window of a day.
pub const HOURS: usize = 24;

const HOUR_MS: i64 = 3_600_000;
/// `+45` and three digits: domestic blocks of 100,000 numbers in a country of eight-digit numbers.
const HOME_RANGE_CHARS: usize = 6;
/// `+` and the digits of the longest country code.
const ABROAD_RANGE_CHARS: usize = 4;

/// How many messages were sent in the last 24 hours to one phone number, or to one range of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsBudget {
    /// Keyed hash of the number or the range.
    pub id: u128,
    /// The newest hour that is counted, in hours since 1970.
    pub newest_hour: i64,
    /// The messages sent in each hour, the newest hour first.
    pub sent: [u16; HOURS],
}

/// One of the two things that a message is counted for, and the most messages in 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted<'a> {
    /// The whole phone number, or the first characters that name its range.
    pub under: &'a str,
    /// The most messages in 24 hours.
    pub max: u16,
}

/// What a message to this phone number (`+` and digits) is counted for: the number, and its range.
#[must_use]
pub fn counted<'a>(number: &'a str, rules: &AppointmentRules) -> [Counted<'a>; 2] {
    let home = rules.home_prefixes.iter().any(|prefix| number.starts_with(prefix.as_str()));
    let (chars, max) = if home {
        (HOME_RANGE_CHARS, rules.sms_per_range_per_day_max)
    } else {
        (ABROAD_RANGE_CHARS, rules.sms_abroad_per_range_per_day_max)
    };
    let range = number.get(..chars).unwrap_or(number);
    [
        Counted { under: number, max: rules.sms_per_number_per_day_max },
        Counted { under: range, max },
    ]
}

impl SmsBudget {
    /// A count of no messages.
    #[must_use]
    pub const fn new(id: u128) -> Self {
        Self { id, newest_hour: 0, sent: [0; HOURS] }
    }

    /// Counts this many messages more.
    ///
    /// # Errors
    ///
    /// [`Rejection::SmsCapReached`] where more than `max` messages would be sent in 24 hours.
    pub fn spend(&self, messages: u16, max: u16, now: Timestamp) -> Result<Self, Rejection> {
        let mut next = self.as_of(now);
        let sent: u32 = next.sent.iter().map(|count| u32::from(*count)).sum();
        if sent.saturating_add(u32::from(messages)) > u32::from(max) {
            return Err(Rejection::SmsCapReached);
        }
        if let Some(newest) = next.sent.first_mut() {
            *newest = newest.saturating_add(messages);
        }
        Ok(next)
    }

    /// When none of the counted messages counts any more.
    #[must_use]
    pub fn forgotten_at(&self) -> Timestamp {
        let hours = self.newest_hour.saturating_add(i64::try_from(HOURS).unwrap_or(i64::MAX));
        Timestamp(hours.saturating_mul(HOUR_MS))
    }

    fn as_of(&self, now: Timestamp) -> Self {
        let hour = now.0.div_euclid(HOUR_MS);
        let passed = usize::try_from(hour.saturating_sub(self.newest_hour)).unwrap_or(0);
        let mut sent = [0; HOURS];
        for (to, from) in sent.iter_mut().skip(passed).zip(self.sent) {
            *to = from;
        }
        Self { id: self.id, newest_hour: hour.max(self.newest_hour), sent }
    }
}

#[cfg(test)]
mod tests {
    use super::{Counted, HOUR_MS, HOURS, SmsBudget, counted};
    use crate::policy::{Policy, Profile};
    use crate::rejection::Rejection;
    use crate::time::Timestamp;

    const NOON: Timestamp = Timestamp(1_795_348_800_000);

    fn after(hours: i64) -> Timestamp {
        Timestamp(NOON.0 + hours * HOUR_MS)
    }

    #[test]
    fn as_many_as_the_cap_and_no_more_in_24_hours() {
        let mut budget = SmsBudget::new(1);
        for hour in 0..3 {
            budget = budget.spend(1, 3, after(hour)).unwrap();
        }

        assert_eq!(budget.spend(1, 3, after(3)), Err(Rejection::SmsCapReached));
        assert_eq!(budget.spend(1, 3, after(23)), Err(Rejection::SmsCapReached));
        let next_day = budget.spend(1, 3, after(24)).unwrap();
        assert_eq!(
            next_day.spend(1, 3, after(24)),
            Err(Rejection::SmsCapReached),
            "two of three are of yesterday"
        );
        assert!(next_day.spend(1, 3, after(25)).is_ok());
    }

    #[test]
    fn what_is_a_day_old_is_forgotten_and_a_clock_that_stood_changes_nothing() {
        let budget = SmsBudget::new(1).spend(1, 1, NOON).unwrap();

        assert_eq!(budget.spend(1, 1, NOON), Err(Rejection::SmsCapReached));
        assert_eq!(budget.spend(1, 1, Timestamp(0)), Err(Rejection::SmsCapReached));
        assert!(budget.spend(1, 1, budget.forgotten_at()).is_ok());
        assert_eq!(budget.forgotten_at(), after(i64::try_from(HOURS).unwrap()));
    }

    #[test]
    fn numbers_at_home_count_by_block_and_those_abroad_by_country() {
        let rules = Policy::of(Profile::PublicService).appointments;
        let home = counted("+4520123456", &rules);
        let abroad = counted("+882161234567", &rules);

        assert_eq!(
            home[0],
            Counted { under: "+4520123456", max: rules.sms_per_number_per_day_max }
        );
        assert_eq!(home[1], Counted { under: "+45201", max: rules.sms_per_range_per_day_max });
        assert_eq!(abroad[1].under, "+882");
        assert_eq!(abroad[1].max, rules.sms_abroad_per_range_per_day_max);
        assert!(abroad[1].max < home[1].max);
    }
}
