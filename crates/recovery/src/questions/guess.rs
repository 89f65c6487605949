//! How likely somebody guesses the answers to a set of questions.

/// A probability in parts per billion. Computations round up, so that a limit that holds here holds in fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Probability(u32);

/// A limit in the form "once in so many tries".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OneIn(pub u32);

/// How likely two kinds of attackers guess the answer to one question, or to a whole set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Guessing {
    /// An attacker who knows nothing about the person and gives the likeliest answers.
    pub stranger: Probability,
    /// An attacker who holds the person's wallet: name, birth date, address, documents.
    pub wallet_thief: Probability,
}

const WHOLE: u32 = 1_000_000_000;

impl Probability {
    /// The probability zero.
    pub const ZERO: Self = Self(0);
    /// The probability one.
    pub const CERTAIN: Self = Self(WHOLE);

    /// The share of `part` in `whole`, rounded up; one where `whole` is zero.
    #[must_use]
    pub fn share(part: u64, whole: u64) -> Self {
        if whole == 0 {
            return Self::CERTAIN;
        }
        let parts = (u128::from(part) * u128::from(WHOLE)).div_ceil(u128::from(whole));
        Self::capped(parts)
    }

    /// Rebuilds a probability that a store kept; more than one counts as one.
    #[must_use]
    pub const fn from_parts_per_billion(parts: u32) -> Self {
        if parts > WHOLE { Self::CERTAIN } else { Self(parts) }
    }

    /// The probability in parts per billion.
    #[must_use]
    pub const fn parts_per_billion(self) -> u32 {
        self.0
    }

    /// Whether the probability is below the limit.
    #[must_use]
    pub fn is_under(self, limit: OneIn) -> bool {
        u64::from(self.0) * u64::from(limit.0) < u64::from(WHOLE)
    }

    fn capped(parts: u128) -> Self {
        Self(u32::try_from(parts).unwrap_or(WHOLE).min(WHOLE))
    }

    fn times(self, other: Self) -> Self {
        Self::capped((u128::from(self.0) * u128::from(other.0)).div_ceil(u128::from(WHOLE)))
    }

    fn plus(self, other: Self) -> Self {
        Self::capped(u128::from(self.0) + u128::from(other.0))
    }

    const fn otherwise(self) -> Self {
        Self(WHOLE.saturating_sub(self.0))
    }
}

/// The probability that a guesser gets `right_min` right before `wrong_max` wrong, with the
/// questions put in this order.
///
/// Answers to different facts are taken as independent, so facts that give each other away must not be in one set;
/// [`super::draw`] enforces this.
#[must_use]
pub(super) fn run_probability(single: &[Probability], right_min: u8, wrong_max: u8) -> Probability {
    fn from(single: &[Probability], right_missing: u8, wrong_left: u8) -> Probability {
        if right_missing == 0 {
            return Probability::CERTAIN;
        }
        let Some((first, rest)) = single.split_first() else { return Probability::ZERO };
        if wrong_left == 0 {
            return Probability::ZERO;
        }
        let right = first.times(from(rest, right_missing.saturating_sub(1), wrong_left));
        let wrong =
            first.otherwise().times(from(rest, right_missing, wrong_left.saturating_sub(1)));
        right.plus(wrong)
    }
    from(single, right_min, wrong_max)
}
