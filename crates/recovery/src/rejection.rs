//! Every "no" of the domain, with a stable code.

/// Why an event was not taken. It is an answer, expected, and changes nothing that is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Rejection {
    // cases
    #[error("the case is closed")]
    CaseClosed,
    #[error("the case has been open too long")]
    CaseExpired,
    #[error("the case waits for another step")]
    OutOfOrder,
    #[error("another member of staff holds the case")]
    NotYourCase,
    #[error("staff may not handle their own or their family's case")]
    OwnCase,
    #[error("the role does not allow this")]
    RoleNotAllowed,
    #[error("the second clerk has to be another person")]
    SameClerk,
    #[error("a second clerk has to see the same first")]
    SecondClerkNeeded,
    #[error("the clerk has had as many codes shown as one may in 24 hours")]
    CodesShownCapReached,
    #[error("the route is closed by policy")]
    RouteClosed,
    #[error("too many chip and face cases in 24 hours")]
    TooManyCases,
    #[error("a recovery was completed a short time ago; this route is not open yet")]
    RecoveredRecently,
    #[error("recovery is frozen on this route")]
    RecoveryFrozen,
    #[error("the person cannot use this route")]
    RouteUnavailable,
    #[error("the wait is not over")]
    StillWaiting,

    // chip and face
    #[error("the face comparison was made without a liveness check")]
    LivenessNotChecked,
    #[error("the face comparison was made without the check against prints and screens")]
    PassivePadMissing,
    /// The policy wants two independent embeddings, and the comparison had one.
    #[error("the second embedding is missing")]
    SecondEmbeddingMissing,
    #[error("the face was compared with another portrait")]
    AnotherPortrait,

    // phone and desk
    #[error("the two typed numbers differ")]
    NumbersDiffer,
    #[error("the number is not of the form that this document has")]
    NumberMalformed,
    #[error("another question is open")]
    AnotherQuestion,
    #[error("the answer is longer than an answer can be")]
    AnswerTooLong,
    #[error("the agent has to be released by a supervisor")]
    AgentStopped,
    #[error("the centre has to be released by a supervisor")]
    CentreStopped,
    #[error("the documents are not valid documentation")]
    DocumentsNotValid,
    #[error("the witness cannot vouch")]
    WitnessNotAccepted,

    // authenticator
    #[error("a first PIN has to be chosen")]
    NoPinYet,
    #[error("a try is in progress")]
    TryInProgress,
    #[error("the app is temporarily locked")]
    Locked,
    #[error("the app is blocked until it is recovered")]
    Blocked,
    #[error("the identity is frozen")]
    Frozen,
    #[error("the app is not bound")]
    Unbound,
    #[error("no such try is open")]
    NoSuchTry,
    #[error("the try ran out of time and counts as wrong")]
    TryExpired,

    // enrolment
    #[error("the activation code is not valid")]
    ActivationCodeInvalid,

    // grants
    #[error("the permission to set a PIN has lapsed")]
    GrantLapsed,
    #[error("the permission to set a PIN is spent")]
    GrantSpent,
    #[error("the permission belongs to another app")]
    GrantOfAnotherApp,
    #[error("a repeated registration has to send the same first message")]
    BlindedElementChanged,
    #[error("the registration has not begun")]
    RegistrationNotBegun,

    // temporary PIN
    #[error("the temporary PIN is not valid")]
    TemporaryPinInvalid,
    #[error("too many temporary PINs in 24 hours or 30 days")]
    IssueCapReached,

    // P code
    #[error("the P code does not fit")]
    PCodeInvalid,
    #[error("too many P codes that do not fit in 24 hours")]
    TooManyPCodePairings,

    // appointments
    #[error("the time is taken")]
    SlotTaken,
    #[error("the time cannot be booked")]
    SlotNotBookable,
    #[error("no such booking")]
    NoSuchBooking,
    #[error("too many open bookings")]
    TooManyBookings,
    /// As many text messages went to this number, or to numbers like it, as may in 24 hours.
    #[error("too many text messages to this number, or to numbers like it")]
    SmsCapReached,
    #[error("too early or too late to check in")]
    NotCheckInTime,

    // person
    #[error("the channel is not known")]
    NoSuchChannel,
    #[error("too many channels")]
    TooManyChannels,
    #[error("the person has too many recorded documents")]
    TooManyDocuments,
}

impl Rejection {
    /// Every rejection, for the pages and tests that must know them all.
    pub const ALL: [Self; 54] = [
        Self::CaseClosed,
        Self::CaseExpired,
        Self::OutOfOrder,
        Self::NotYourCase,
        Self::OwnCase,
        Self::RoleNotAllowed,
        Self::SameClerk,
        Self::SecondClerkNeeded,
        Self::CodesShownCapReached,
        Self::RouteClosed,
        Self::TooManyCases,
        Self::RecoveredRecently,
        Self::RecoveryFrozen,
        Self::RouteUnavailable,
        Self::StillWaiting,
        Self::LivenessNotChecked,
        Self::PassivePadMissing,
        Self::SecondEmbeddingMissing,
        Self::AnotherPortrait,
        Self::NumbersDiffer,
        Self::NumberMalformed,
        Self::AnotherQuestion,
        Self::AnswerTooLong,
        Self::AgentStopped,
        Self::CentreStopped,
        Self::DocumentsNotValid,
        Self::WitnessNotAccepted,
        Self::NoPinYet,
        Self::TryInProgress,
        Self::Locked,
        Self::Blocked,
        Self::Frozen,
        Self::Unbound,
        Self::NoSuchTry,
        Self::TryExpired,
        Self::ActivationCodeInvalid,
        Self::GrantLapsed,
        Self::GrantSpent,
        Self::GrantOfAnotherApp,
        Self::BlindedElementChanged,
        Self::RegistrationNotBegun,
        Self::TemporaryPinInvalid,
        Self::IssueCapReached,
        Self::PCodeInvalid,
        Self::TooManyPCodePairings,
        Self::SlotTaken,
        Self::SlotNotBookable,
        Self::NoSuchBooking,
        Self::TooManyBookings,
        Self::SmsCapReached,
        Self::NotCheckInTime,
        Self::NoSuchChannel,
        Self::TooManyChannels,
        Self::TooManyDocuments,
    ];

    /// The stable code, for interfaces, pages and the journal.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::CaseClosed => "case-closed",
            Self::CaseExpired => "case-expired",
            Self::OutOfOrder => "out-of-order",
            Self::NotYourCase => "not-your-case",
            Self::OwnCase => "own-case",
            Self::RoleNotAllowed => "role-not-allowed",
            Self::SameClerk => "same-clerk",
            Self::SecondClerkNeeded => "second-clerk-needed",
            Self::CodesShownCapReached => "codes-shown-cap-reached",
            Self::RouteClosed => "route-closed",
            Self::TooManyCases => "too-many-cases",
            Self::RecoveredRecently => "recovered-recently",
            Self::RecoveryFrozen => "recovery-frozen",
            Self::RouteUnavailable => "route-unavailable",
            Self::StillWaiting => "still-waiting",
            Self::LivenessNotChecked => "liveness-not-checked",
            Self::PassivePadMissing => "passive-pad-missing",
            Self::SecondEmbeddingMissing => "second-embedding-missing",
            Self::AnotherPortrait => "another-portrait",
            Self::NumbersDiffer => "numbers-differ",
            Self::NumberMalformed => "number-malformed",
            Self::AnotherQuestion => "another-question",
            Self::AnswerTooLong => "answer-too-long",
            Self::AgentStopped => "agent-stopped",
            Self::CentreStopped => "centre-stopped",
            Self::DocumentsNotValid => "documents-not-valid",
            Self::WitnessNotAccepted => "witness-not-accepted",
            Self::NoPinYet => "no-pin-yet",
            Self::TryInProgress => "try-in-progress",
            Self::Locked => "temporarily-locked",
            Self::Blocked => "blocked",
            Self::Frozen => "frozen",
            Self::Unbound => "unbound",
            Self::NoSuchTry => "no-such-try",
            Self::TryExpired => "try-expired",
            Self::ActivationCodeInvalid => "activation-code-invalid",
            Self::GrantLapsed => "grant-lapsed",
            Self::GrantSpent => "grant-spent",
            Self::GrantOfAnotherApp => "grant-of-another-app",
            Self::BlindedElementChanged => "blinded-element-changed",
            Self::RegistrationNotBegun => "registration-not-begun",
            Self::TemporaryPinInvalid => "temporary-pin-not-valid",
            Self::IssueCapReached => "issue-cap-reached",
            Self::PCodeInvalid => "p-code-invalid",
            Self::TooManyPCodePairings => "too-many-p-code-pairings",
            Self::SlotTaken => "slot-taken",
            Self::SlotNotBookable => "slot-not-bookable",
            Self::NoSuchBooking => "no-such-booking",
            Self::TooManyBookings => "too-many-bookings",
            Self::SmsCapReached => "sms-cap-reached",
            Self::NotCheckInTime => "not-check-in-time",
            Self::NoSuchChannel => "no-such-channel",
            Self::TooManyChannels => "too-many-channels",
            Self::TooManyDocuments => "too-many-documents",
        }
    }
}
