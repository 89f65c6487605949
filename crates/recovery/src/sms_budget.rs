//! How many text messages a stranger may have sent: whoever books is not known, and each message costs the operator money
//! and its reader attention (CHECKLIST attack 18: flooding and toll fraud).
//!
//! Two counts stand for each number: its own, and that of the range it lies in. At home a range is a block of numbers of one
//! provider; abroad it is a country, because numbers that pay whoever owns them are bought by the thousand there.

use crate::policy::AppointmentRules;
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// A count is kept by the hour, and so many hours together are the day that slides.
pub const HOURS: usize = 24;

const HOUR_MS: i64 = 3_600_000;
/// `+45` and three digits more: blocks of 100,000 numbers in a country of eight digits.
const HOME_RANGE_CHARS: usize = 6;
/// `+` and the longest country code.
const ABROAD_RANGE_CHARS: usize = 4;

/// Messages of the last 24 hours to one number, or to one range of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsBudget {
    /// Keyed hash of the number or the range.
    pub id: u128,
    /// Hours since the epoch.
    pub newest_hour: i64,
    /// The newest hour first.
    pub sent: [u16; HOURS],
}

/// What a message to a number is counted under, and how many there may be in 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted<'a> {
    /// The number whole, or the front of it.
    pub under: &'a str,
    /// At most.
    pub max: u16,
}

/// What a message to this number, `+` and digits, is counted under.
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
    /// Nothing sent yet.
    #[must_use]
    pub const fn new(id: u128) -> Self {
        Self { id, newest_hour: 0, sent: [0; HOURS] }
    }

    /// Counts so many messages more.
    ///
    /// # Errors
    ///
    /// [`Rejection::SmsCapReached`] where that would be more than may be in 24 hours.
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

    /// When nothing of it counts any more.
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
