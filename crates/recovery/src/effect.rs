//! What a decision owes the world: values, saved with the state and run after it, at least once.

pub use crate::alarm::Alarm;
use crate::event::JournalEvent;
use crate::id::{
    AppointmentId, CaseId, ChannelId, GrantId, InstanceId, PersonId, ScreenId, TemporaryPinId,
    VetoId,
};
use crate::time::Timestamp;

/// One decision: the next state, what it owes, and what the journal says. All or nothing is saved.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a step that is not saved did not happen"]
pub struct Step<A> {
    pub next: A,
    pub effects: Vec<Effect>,
    pub journal: Vec<JournalEvent>,
}

impl<A> Step<A> {
    /// A step that owes nothing yet.
    pub const fn to(next: A) -> Self {
        Self { next, effects: Vec::new(), journal: Vec::new() }
    }

    /// The same with one more effect.
    pub fn owing(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    /// The same with one more journal entry.
    pub fn saying(mut self, event: JournalEvent) -> Self {
        self.journal.push(event);
        self
    }

    /// The same step of something that contains this state.
    pub fn map<B>(self, wrap: impl FnOnce(A) -> B) -> Step<B> {
        Step { next: wrap(self.next), effects: self.effects, journal: self.journal }
    }
}

/// One deed outside the state. Each is safe to do twice.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Send the temporary PIN by SMS. The caller seals the clear code into this outbox row.
    SendTemporaryPin { temporary_pin: TemporaryPinId, channel: ChannelId, until: Timestamp },
    /// Let a paired screen fetch the temporary PIN, or print it once. Sealed likewise.
    RevealOnce { temporary_pin: TemporaryPinId, medium: Medium, until: Timestamp },
    /// Delete the outbox row that holds this code, sent or not.
    WithdrawCode { temporary_pin: TemporaryPinId },
    /// Tell every channel registered now or within the last 30 days (PROTOCOLS.md 12).
    NotifyEveryChannel { person: PersonId, case: CaseId, notice: Notice },
    /// Tell every channel there was before the change (PROTOCOLS.md 12).
    NotifyOfChange { person: PersonId, notice: Notice },
    /// Confirm, remind of or cancel a booking.
    SendAppointment { appointment: AppointmentId, message: AppointmentMessage },
    /// Emit a signed security event to relying parties.
    EmitSecurityEvent { person: PersonId, event: SecurityEvent },
    /// End the grant, if it is still open.
    WithdrawGrant { grant: GrantId },
    /// Tell the app that its state has changed.
    WakeApp { instance: InstanceId },
    /// Tell the operator, at once and by name.
    Alarm { alarm: Alarm },
}

/// Where a code appears that is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Medium {
    /// The printer that the configuration names for the centre.
    Paper,
    /// A paired screen turned to the person.
    Screen(ScreenId),
}

impl Medium {
    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::Screen(_) => "screen",
        }
    }
}

/// What every channel is told. All but the last carry links that stop it, one for each channel; the id ties them together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Notice {
    /// A temporary PIN was issued.
    TemporaryPinIssued { veto: VetoId },
    /// Somebody has begun to wait for a temporary PIN by self-service.
    WaitBegun { veto: VetoId },
    /// Chip and face, or a temporary PIN, allow a new PIN now.
    NewPinAllowed { veto: VetoId },
    /// A new PIN was set.
    Recovered { veto: VetoId },
    /// Phone numbers or addresses were changed.
    ChannelsChanged { veto: VetoId },
    /// A foreign document was recorded as the person's.
    DocumentRecorded { veto: VetoId },
    /// A link was followed and the recovery stopped.
    Stopped,
}

crate::codes! {
    /// What a notice tells, without the link that it carries.
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
    /// What it tells.
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

    /// The link that it carries.
    #[must_use]
    pub const fn veto(self) -> Option<VetoId> {
        match self {
            Self::TemporaryPinIssued { veto }
            | Self::WaitBegun { veto }
            | Self::NewPinAllowed { veto }
            | Self::Recovered { veto }
            | Self::ChannelsChanged { veto }
            | Self::DocumentRecorded { veto } => Some(veto),
            Self::Stopped => None,
        }
    }
}

/// What is sent about a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AppointmentMessage {
    Booked,
    Moved,
    Cancelled,
    Reminder,
}

crate::codes! {
    /// What relying parties learn (OpenID Shared Signals: RISC and CAEP).
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
