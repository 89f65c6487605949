//! The table of moves: for each place, the ways that it offers, the place behind it, and what a refresh changes.

use wire::instance::LockState;

use super::{PinChoiceStage, Place};
use crate::people::Person;

/// A way that a person can take from a place, where the place offers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Settings,
    PinSettings,
    ForgotPin,
    OtherWays,
    TemporaryPin,
    SignInNumber,
    AddPerson,
    SelectPerson,
    RemovePerson,
    CheckPhone,
    /// The recovery with a document.
    Document,
    /// The PIN pad, for a try.
    PinPad,
    /// The PIN pad, for the new PIN that a grant allows.
    NewPin,
}

/// What a refresh asks of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refresh {
    /// How things stand.
    State,
    /// How long the grant still lasts.
    TimeToChoose,
    /// Nothing on the screen depends on the answer, and some places hold a nonce's worth of work.
    Nothing,
}

impl Place {
    /// The ways of each place. R12: a locked or blocked app offers the recovery on the state card
    /// itself, a ready one under settings → PIN code → "Forgot your PIN?".
    const fn ways(&self) -> &'static [Way] {
        match self {
            Self::Home => &[
                Way::Settings,
                Way::OtherWays,
                Way::TemporaryPin,
                Way::SignInNumber,
                Way::AddPerson,
                Way::SelectPerson,
                Way::RemovePerson,
                Way::CheckPhone,
                Way::Document,
                Way::PinPad,
                Way::NewPin,
            ],
            Self::Settings => {
                &[Way::PinSettings, Way::AddPerson, Way::SelectPerson, Way::CheckPhone]
            }
            Self::PinSettings => &[Way::ForgotPin],
            Self::ForgotPin | Self::CheckingPhone { .. } | Self::Refused { .. } => {
                &[Way::OtherWays, Way::TemporaryPin, Way::CheckPhone, Way::Document]
            }
            Self::OtherWays => &[Way::TemporaryPin, Way::CheckPhone, Way::Document],
            Self::Consent
            | Self::DocumentKind
            | Self::PCode { .. }
            | Self::TypingDocument { .. }
            | Self::ReadingHelp { .. }
            | Self::Face { .. } => &[Way::OtherWays],
            Self::SignIn(_) => &[Way::PinPad],
            Self::Done(_) => &[Way::PinPad, Way::SelectPerson],
            Self::Activating
            | Self::SignInNumber
            | Self::Trying(_)
            | Self::Interrupted(_)
            | Self::TemporaryPin { .. }
            | Self::Reading { .. }
            | Self::ChoosingPin(_) => &[],
        }
    }

    /// Whether this place offers a way to this person.
    pub(crate) fn offers(&self, way: Way, person: &Person) -> bool {
        let elsewhere = !matches!(self, Self::Home);
        let open = match way {
            Way::ForgotPin => person.can_recover(),
            Way::TemporaryPin => person.can_recover() && (elsewhere || !person.is_ready()),
            Way::Document => {
                person.can_recover() && (elsewhere || !person.is_ready() || person.has_open_case())
            }
            // Only an ended binding can be removed: another would stay bound at the server without an app.
            Way::RemovePerson => person.lock() == Some(LockState::Unbound),
            Way::Settings
            | Way::PinSettings
            | Way::OtherWays
            | Way::SignInNumber
            | Way::AddPerson
            | Way::SelectPerson
            | Way::CheckPhone
            | Way::PinPad
            | Way::NewPin => true,
        };
        open && self.ways().contains(&way)
    }

    /// The place behind this one; `None` where that is the state card, with a fresh answer of the server.
    pub(crate) fn back(self, ready: bool) -> Option<Self> {
        match self {
            Self::PinSettings => Some(Self::Settings),
            Self::ForgotPin => Some(Self::PinSettings),
            Self::OtherWays | Self::TemporaryPin { .. } | Self::Consent => {
                ready.then_some(Self::ForgotPin)
            }
            Self::CheckingPhone { from } => Some(*from),
            Self::DocumentKind => Some(Self::Consent),
            Self::Reading { case, .. } => Some(Self::TypingDocument { case }),
            Self::ReadingHelp { case, document } => Some(Self::Reading { case, document }),
            // The first of two new PINs is dropped; the grant stays.
            Self::ChoosingPin(mut choice) => {
                let repeats = matches!(choice.stage, PinChoiceStage::Repeat { .. });
                choice.stage = PinChoiceStage::First;
                repeats.then_some(Self::ChoosingPin(choice))
            }
            Self::SignIn(_) => Some(Self::SignInNumber),
            Self::Activating
            | Self::Home
            | Self::SignInNumber
            | Self::Trying(_)
            | Self::Interrupted(_)
            | Self::Settings
            | Self::PCode { .. }
            | Self::TypingDocument { .. }
            | Self::Face { .. }
            | Self::Refused { .. }
            | Self::Done(_) => None,
        }
    }

    /// What a refresh asks of the server while the person is here.
    pub(crate) const fn refresh(&self) -> Refresh {
        match self {
            Self::Home
            | Self::Settings
            | Self::PinSettings
            | Self::ForgotPin
            | Self::OtherWays
            | Self::CheckingPhone { .. } => Refresh::State,
            Self::ChoosingPin(_) => Refresh::TimeToChoose,
            Self::Activating
            | Self::SignInNumber
            | Self::SignIn(_)
            | Self::Trying(_)
            | Self::Interrupted(_)
            | Self::TemporaryPin { .. }
            | Self::Consent
            | Self::DocumentKind
            | Self::PCode { .. }
            | Self::TypingDocument { .. }
            | Self::Reading { .. }
            | Self::ReadingHelp { .. }
            | Self::Face { .. }
            | Self::Refused { .. }
            | Self::Done(_) => Refresh::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::mem::discriminant;

    use wire::instance::InstanceState;

    use super::*;
    use crate::handed_in::KeyHandle;
    use crate::people::KnownState;

    fn ready() -> Person {
        let state = InstanceState {
            lock: LockState::Ready { tries_left: 3 },
            grant: None,
            recovery: None,
            sign_in_waits: false,
            as_of: String::new(),
            support_phone: String::new(),
            booking_url: String::new(),
            scanning_url: String::new(),
            app_version_min: None,
        };
        Person {
            instance_id: "instance".to_owned(),
            key: KeyHandle("key".to_owned()),
            label: "Me".to_owned(),
            known: Some(KnownState { state, fresh: true }),
            before_interruption: None,
        }
    }

    #[test]
    fn back_leads_to_the_place_that_offered_the_way() {
        let ready = ready();
        for (from, way, to) in [
            (Place::Settings, Way::PinSettings, Place::PinSettings),
            (Place::PinSettings, Way::ForgotPin, Place::ForgotPin),
            (Place::ForgotPin, Way::OtherWays, Place::OtherWays),
            (Place::ForgotPin, Way::TemporaryPin, Place::TemporaryPin { tries_left: None }),
            (Place::ForgotPin, Way::Document, Place::Consent),
        ] {
            assert!(from.offers(way, &ready), "{way:?}");
            let back = to.back(true).map(|back| discriminant(&back));
            assert_eq!(back, Some(discriminant(&from)), "{way:?}");
        }
    }
}
