//! Effects: deeds outside the state, saved together with the state and run after it at least once.

pub use crate::alarm::Alarm;
use crate::event::JournalEvent;
use crate::id::{
    AppointmentId, CaseId, ChannelId, ForeignDocumentId, InstanceId, PersonId, ScreenId,
    TemporaryPinId, VetoId,
};
use crate::sensitive::Sensitive;
use crate::time::Timestamp;

/// The result of one decision: the next state, the effects, and the journal entries. They are saved together or not at
/// all.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a step that is not saved did not happen"]
pub struct Step<A> {
    pub next: A,
    pub effects: Vec<Effect>,
    pub journal: Vec<JournalEvent>,
}

impl<A> Step<A> {
    /// A step to `next` without effects or journal entries.
    pub const fn to(next: A) -> Self {
        Self { next, effects: Vec::new(), journal: Vec::new() }
    }

    /// Adds an effect to the step.
    pub fn owing(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    /// Adds a journal entry to the step.
    pub fn saying(mut self, event: JournalEvent) -> Self {
        self.journal.push(event);
        self
    }

    /// Wraps the next state in a state that contains it; effects and journal entries stay.
    pub fn map<B>(self, wrap: impl FnOnce(A) -> B) -> Step<B> {
        Step { next: wrap(self.next), effects: self.effects, journal: self.journal }
    }
}

/// One deed outside the state. Each is safe to run twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send the temporary PIN by text message. The caller seals the digits into the payload of this outbox row.
    SendTemporaryPin {
        temporary_pin: TemporaryPinId,
        person: PersonId,
        channel: ChannelId,
        digits: Sensitive<String>,
        until: Timestamp,
    },
    /// Let a paired screen fetch the temporary PIN, or print it, once. The digits are sealed into the outbox row
    /// likewise.
    RevealOnce {
        temporary_pin: TemporaryPinId,
        person: PersonId,
        medium: Medium,
        digits: Sensitive<String>,
        until: Timestamp,
    },
    /// Delete the outbox row that holds the digits of this temporary PIN, whether or not they were sent.
    WithdrawCode { temporary_pin: TemporaryPinId },
    /// Send a notice to every channel that is registered now or was within the last 30 days (PROTOCOLS.md 12).
    NotifyEveryChannel { person: PersonId, case: CaseId, notice: Notice },
    /// Send a notice to every channel that was registered before the change (PROTOCOLS.md 12).
    NotifyOfChange { person: PersonId, notice: Notice },
    /// Send a message that confirms, reminds of or cancels a booking.
    SendAppointment { appointment: AppointmentId, message: AppointmentMessage },
    /// Emit a signed security event to relying parties.
    EmitSecurityEvent { person: PersonId, event: SecurityEvent },
    /// Tell the app instance that its state has changed.
    WakeApp { instance: InstanceId },
    /// Alert the operator at once.
    Alarm { alarm: Alarm },
}

/// Where a temporary PIN appears that is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Medium {
    /// The printer that the configuration names for the centre.
    Paper,
    /// A paired screen turned to the person.
    Screen(ScreenId),
}

impl Medium {
    /// The stable code of the medium.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::Screen(_) => "screen",
        }
    }
}

/// A message to every channel about a recovery or a change. All but the last carry veto links, one for each channel;
/// the id ties the links together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Notice {
    /// A temporary PIN was issued.
    TemporaryPinIssued { veto: VetoId },
    /// A self-service case was opened, and its wait for a temporary PIN has begun.
    WaitBegun { veto: VetoId },
    /// Chip and face, or a redeemed temporary PIN, allow a new PIN now.
    NewPinAllowed { veto: VetoId },
    /// A new PIN was set.
    Recovered { veto: VetoId },
    /// Phone numbers or addresses were changed.
    ChannelsChanged { veto: VetoId },
    /// A foreign document was recorded as the person's.
    DocumentRecorded { veto: VetoId, document: ForeignDocumentId },
    /// A veto link was used, and the recovery was stopped.
    Stopped,
}

crate::codes! {
    /// The subject of a notice, without its veto link.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum News {
        TemporaryPinIssued => "temporary-pin-issued",
        WaitBegun => "wait-begun",
        NewPinAllowed => "new-pin-allowed",
        Recovered => "recovered",
        ChannelsChanged => "channels-changed",
        DocumentRecorded => "document-recorded",
        Stopped => "stopped",
    }
}

impl Notice {
    /// The subject of this notice.
    #[must_use]
    pub const fn news(self) -> News {
        match self {
            Self::TemporaryPinIssued { .. } => News::TemporaryPinIssued,
            Self::WaitBegun { .. } => News::WaitBegun,
            Self::NewPinAllowed { .. } => News::NewPinAllowed,
            Self::Recovered { .. } => News::Recovered,
            Self::ChannelsChanged { .. } => News::ChannelsChanged,
            Self::DocumentRecorded { .. } => News::DocumentRecorded,
            Self::Stopped => News::Stopped,
        }
    }

    /// The id of the veto links that this notice carries; `None` where it carries none.
    #[must_use]
    pub const fn veto(self) -> Option<VetoId> {
        match self {
            Self::TemporaryPinIssued { veto }
            | Self::WaitBegun { veto }
            | Self::NewPinAllowed { veto }
            | Self::Recovered { veto }
            | Self::ChannelsChanged { veto }
            | Self::DocumentRecorded { veto, .. } => Some(veto),
            Self::Stopped => None,
        }
    }
}

/// The kinds of messages about a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AppointmentMessage {
    Booked,
    Moved,
    Cancelled,
    Reminder,
}

crate::codes! {
    /// The security events that relying parties receive (OpenID Shared Signals: RISC and CAEP).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum SecurityEvent {
        /// RISC `recovery-activated`.
        RecoveryActivated => "recovery-activated",
        /// RISC `recovery-information-changed`.
        RecoveryInformationChanged => "recovery-information-changed",
        /// RISC `account-credential-change-required`.
        CredentialChangeRequired => "account-credential-change-required",
        /// CAEP `credential-change` of type `pin`.
        PinChanged => "credential-change",
    }
}
