//! What the operator must hear of at once.
//!
//! An alarm is a journal entry, a counter under a fixed name and a message to the operator's addresses. Each
//! has a row in `docs/alarms.md` that says what happened and what to do, and a test that fires it.

crate::codes! {
    /// One kind of alarm. The names are a fixed set, so that they are safe as labels of a metric.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Alarm {
        /// An agent or centre nears its limit of unknown numbers.
        UnknownNumbersNearLimit => "unknown-numbers-near-limit",
        /// An agent or centre has reached it.
        UnknownNumbersLimit => "unknown-numbers-limit",
        /// A person stopped a recovery that had been completed.
        CompletedRecoveryStopped => "completed-recovery-stopped",
        /// So many wrong codes came for one offer that it pauses.
        ActivationOfferPaused => "activation-offer-paused",
        /// The whole service refuses unusually many activation codes.
        ActivationCodesSprayed => "activation-codes-sprayed",
        /// Somebody objected to a change of number: no number of that person gets codes.
        NumberChangePaused => "number-change-paused",
        /// Somebody objected to a foreign document that was recorded as theirs: it was taken back.
        ForeignDocumentRefused => "foreign-document-refused",
        /// A channel that was removed objects to something that was proven since.
        RemovedChannelObjects => "removed-channel-objects",
        /// An agent typed a number of their own or of their family.
        OwnOrFamilyCase => "own-or-family-case",
        /// The database was set back: nothing is decided until the operator has looked.
        DatabaseSetBack => "database-set-back",
        /// The clock cannot be trusted: nothing is decided until it can.
        ClockNotTrusted => "clock-not-trusted",
        /// A message centre, gateway or mail server refuses this service itself: its sender, name, password or certificate.
        SendersRefused => "senders-refused",
        /// A message or another effect was tried as often as allowed and is given up.
        EffectGivenUp => "effect-given-up",
    }
}

impl Alarm {
    /// Where it stands in [`Alarm::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::Alarm;
    use std::collections::BTreeSet;

    #[test]
    fn every_alarm_has_a_name_of_its_own_that_finds_it() {
        let names: BTreeSet<_> = Alarm::ALL.iter().map(|alarm| alarm.code()).collect();
        assert_eq!(names.len(), Alarm::ALL.len());
        for (index, alarm) in Alarm::ALL.iter().enumerate() {
            assert_eq!(Alarm::from_code(alarm.code()), Some(*alarm));
            assert_eq!(alarm.index(), index);
        }
    }

    #[test]
    fn every_alarm_is_explained_to_the_operator() {
        let page = include_str!("../../../docs/alarms.md");
        for alarm in Alarm::ALL {
            assert!(page.contains(&format!("| `{}` |", alarm.code())), "{}", alarm.code());
        }
    }
}
