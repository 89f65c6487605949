//! What the operator puts up with.

use std::collections::BTreeSet;

use super::deviation::{Deviation, Severity};
use crate::certificate::Certificate;
use crate::date::Date;

/// Which deviations the operator puts up with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipPolicy {
    /// Serious deviations that are accepted all the same.
    pub accept: BTreeSet<Deviation>,
    /// Lesser deviations that are refused.
    pub refuse: BTreeSet<Deviation>,
    /// Signers made before this day may use SHA-1 and RSA below 2048 bits with a word; later ones deviate seriously.
    pub weak_algorithms_before: Date,
}

/// 2016-01-01: by then BSI TR-03110 and NIST SP 800-131A had ended both.
const WEAK_ALGORITHMS_BEFORE: Date = match Date::new(2016, 1, 1) {
    Some(day) => day,
    None => unreachable!(),
};

impl Default for ChipPolicy {
    fn default() -> Self {
        Self {
            accept: BTreeSet::new(),
            refuse: BTreeSet::new(),
            weak_algorithms_before: WEAK_ALGORITHMS_BEFORE,
        }
    }
}

impl ChipPolicy {
    /// A deviation of a signer, weighed by when the signer was made.
    pub(super) fn dated(&self, deviation: Deviation, signer: &Certificate) -> Deviation {
        if signer.validity().from < self.weak_algorithms_before.start() {
            deviation
        } else {
            deviation.in_recent_signer()
        }
    }

    /// Whether a document with this deviation is refused: serious ones are unless accepted by
    /// name, lesser ones are not unless refused by name.
    #[must_use]
    pub fn refuses(&self, deviation: Deviation) -> bool {
        self.refuse.contains(&deviation)
            || (deviation.severity() == Severity::Serious && !self.accept.contains(&deviation))
    }
}
