//! Instants, spans of time, and sliding windows.
//!
//! All are whole milliseconds in UTC (PROTOCOLS.md 14). The domain never reads a clock: `now` is an argument
//! everywhere, and the caller guarantees that it never goes back.

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// A span of time in milliseconds, never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

impl Timestamp {
    /// The instant `span` later; saturates at the largest instant.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add_unsigned(span.0))
    }

    /// The instant `span` earlier; saturates at the smallest instant.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub_unsigned(span.0))
    }

    /// The span since `earlier`; zero where `earlier` is in the future.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Whole seconds from `now` until this instant, rounded up, so that a countdown shows zero only when the time is
    /// over.
    #[must_use]
    pub fn seconds_from(self, now: Self) -> u64 {
        self.since(now).as_secs_rounded_up()
    }
}

impl Duration {
    /// The empty span.
    pub const ZERO: Self = Self(0);

    /// A span of whole milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// A span of whole seconds.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000))
    }

    /// A span of whole minutes.
    #[must_use]
    pub const fn from_mins(mins: u64) -> Self {
        Self::from_secs(mins.saturating_mul(60))
    }

    /// A span of whole hours.
    #[must_use]
    pub const fn from_hours(hours: u64) -> Self {
        Self::from_mins(hours.saturating_mul(60))
    }

    /// A span of whole days of 24 hours.
    #[must_use]
    pub const fn from_days(days: u64) -> Self {
        Self::from_hours(days.saturating_mul(24))
    }

    /// The span in milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The span in whole seconds, rounded up.
    #[must_use]
    pub const fn as_secs_rounded_up(self) -> u64 {
        self.0.div_ceil(1_000)
    }
}

/// The instants at which something limited happened, oldest first.
///
/// A window slides: an event at `t` counts while `now < t + window`. Nothing here rounds to days.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Instants(Vec<Timestamp>);

impl Instants {
    /// No instants.
    pub const EMPTY: Self = Self(Vec::new());

    /// Rebuilds instants that a store kept, in any order.
    #[must_use]
    pub fn from_stored(mut instants: Vec<Timestamp>) -> Self {
        instants.sort_unstable();
        Self(instants)
    }

    /// The instants, oldest first.
    #[must_use]
    pub fn as_slice(&self) -> &[Timestamp] {
        &self.0
    }

    /// How many of the instants are still within `window` at `now`.
    #[must_use]
    pub fn count_within(&self, window: Duration, now: Timestamp) -> usize {
        self.0.iter().filter(|at| now < at.plus(window)).count()
    }

    /// The instants and `now`, without those older than `keep`, the longest window that looks at them.
    #[must_use]
    pub fn with(&self, now: Timestamp, keep: Duration) -> Self {
        let mut kept: Vec<_> = self.0.iter().copied().filter(|at| now < at.plus(keep)).collect();
        kept.push(now);
        Self::from_stored(kept)
    }

    /// The latest of the instants.
    #[must_use]
    pub fn latest(&self) -> Option<Timestamp> {
        self.0.last().copied()
    }
}
