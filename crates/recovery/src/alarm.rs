//! Alarms: what the operator must be told at once.
//!
//! An alarm is a journal entry, a counter under a fixed name and a message to the operator's addresses. Each
//! has a row in `docs/alarms.md` that says what happened and what to do, and a test that fires it.

crate::codes! {
    /// One kind of alarm. The names are a fixed set, so that they are safe as labels of a metric.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Alarm {
        /// An agent or centre nears its limit of calls about unknown document numbers.
        UnknownNumbersNearLimit => "unknown-numbers-near-limit",
        /// An agent or centre has passed its limit of calls about unknown document numbers and is stopped.
        UnknownNumbersLimit => "unknown-numbers-limit",
        /// A person stopped a recovery that had been completed.
        CompletedRecoveryStopped => "completed-recovery-stopped",
        /// Too many wrong activation codes were tried at one enrolment offer, so the offer pauses.
        ActivationOfferPaused => "activation-offer-paused",
        /// The service as a whole refuses unusually many activation codes.
        ActivationCodesSprayed => "activation-codes-sprayed",
        /// Somebody objected to a change of phone number: no number of that person is sent codes until the person is
        /// identified.
        NumberChangePaused => "number-change-paused",
        /// Somebody objected to a foreign document that was recorded as theirs: the record was removed.
        ForeignDocumentRefused => "foreign-document-refused",
        /// The veto link of a removed channel was used against something that the person has since proven by presence.
        RemovedChannelObjects => "removed-channel-objects",
        /// An agent typed the document number of themselves or of a member of their family.
        OwnOrFamilyCase => "own-or-family-case",
        /// The database was rolled back, or rows in it were changed: nothing is decided until the operator has looked.
        DatabaseSetBack => "database-set-back",
        /// The clock cannot be trusted: nothing is decided until it can be.
        ClockNotTrusted => "clock-not-trusted",
        /// A message centre, gateway or mail server refuses this service itself: its sender, name, password or certificate.
        SendersRefused => "senders-refused",
        /// A message or another effect was tried as often as allowed and will not be tried again.
        EffectGivenUp => "effect-given-up",
    }
}

impl Alarm {
    /// The position of this alarm in [`Alarm::ALL`].
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
