//! Why the answer was no, and what a person can do next.

/// Why a case was refused: for the journal, the audit and the desk, never for a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefusalReason {
    ConsentRefused,
    /// The document is not this person's, or does not count; told as a failed read.
    DocumentNotTheirs,
    DocumentExpired,
    DocumentLostOrStolen,
    DocumentStatusMissing,
    PresenceNotProven,
    DocumentUsedRecently,
    ChipNotGenuine,
    PCodeTriesUsed,
    FaceTriesUsed,
    TooManyCases,
    NotEnoughAnswers,
    NumberTooNew,
    /// A change of number was objected to.
    NumberPaused,
    NoNumber,
    IssueCapReached,
    NoAppBound,
    RecoveredRecently,
    RecoveryFrozen,
    StatusForbids,
    RouteClosed,
    PictureDiffers,
    DocumentsNotValid,
    NoSecondProof,
    SuspectedFraud,
}

/// What a refused person can do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NextStep {
    /// Book a visit to a Citizen Service Centre.
    BookVisit,
    /// Bring what was missing to another visit.
    ComeAgainWithDocuments,
    /// Use another route in the app, or book a visit.
    OtherRoute,
    /// Have an app bound first.
    Enrol,
    /// Wait; the day's limit slides.
    TryLater,
    /// Only the operator can help.
    Operator,
}

impl RefusalReason {
    /// Every reason.
    pub const ALL: [Self; 25] = [
        Self::ConsentRefused,
        Self::DocumentNotTheirs,
        Self::DocumentExpired,
        Self::DocumentLostOrStolen,
        Self::DocumentStatusMissing,
        Self::PresenceNotProven,
        Self::DocumentUsedRecently,
        Self::ChipNotGenuine,
        Self::PCodeTriesUsed,
        Self::FaceTriesUsed,
        Self::TooManyCases,
        Self::NotEnoughAnswers,
        Self::NumberTooNew,
        Self::NumberPaused,
        Self::NoNumber,
        Self::IssueCapReached,
        Self::NoAppBound,
        Self::RecoveredRecently,
        Self::RecoveryFrozen,
        Self::StatusForbids,
        Self::RouteClosed,
        Self::PictureDiffers,
        Self::DocumentsNotValid,
        Self::NoSecondProof,
        Self::SuspectedFraud,
    ];

    /// The reason of that code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// The stable code, for journal, audit and desk.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ConsentRefused => "consent-refused",
            Self::DocumentNotTheirs => "document-not-theirs",
            Self::DocumentExpired => "document-expired",
            Self::DocumentLostOrStolen => "document-lost-or-stolen",
            Self::DocumentStatusMissing => "document-status-missing",
            Self::PresenceNotProven => "presence-not-proven",
            Self::DocumentUsedRecently => "document-used-recently",
            Self::ChipNotGenuine => "chip-not-genuine",
            Self::PCodeTriesUsed => "p-code-tries-used",
            Self::FaceTriesUsed => "face-tries-used",
            Self::TooManyCases => "too-many-cases",
            Self::NotEnoughAnswers => "not-enough-answers",
            Self::NumberTooNew => "number-too-new",
            Self::NumberPaused => "number-paused",
            Self::NoNumber => "no-number",
            Self::IssueCapReached => "issue-cap-reached",
            Self::NoAppBound => "no-app-bound",
            Self::RecoveredRecently => "recovered-recently",
            Self::RecoveryFrozen => "recovery-frozen",
            Self::StatusForbids => "status-forbids",
            Self::RouteClosed => "route-closed",
            Self::PictureDiffers => "picture-differs",
            Self::DocumentsNotValid => "documents-not-valid",
            Self::NoSecondProof => "no-second-proof",
            Self::SuspectedFraud => "suspected-fraud",
        }
    }

    /// What the person can do next.
    #[must_use]
    pub const fn next_step(self) -> NextStep {
        match self {
            Self::ConsentRefused
            | Self::DocumentNotTheirs
            | Self::DocumentExpired
            | Self::DocumentLostOrStolen
            | Self::DocumentStatusMissing
            | Self::PresenceNotProven
            | Self::DocumentUsedRecently
            | Self::ChipNotGenuine
            | Self::PCodeTriesUsed
            | Self::FaceTriesUsed
            | Self::RouteClosed => NextStep::OtherRoute,
            Self::TooManyCases | Self::IssueCapReached => NextStep::TryLater,
            Self::NotEnoughAnswers
            | Self::NumberTooNew
            | Self::NumberPaused
            | Self::NoNumber
            | Self::RecoveredRecently
            | Self::RecoveryFrozen => NextStep::BookVisit,
            Self::NoAppBound => NextStep::Enrol,
            Self::StatusForbids | Self::SuspectedFraud => NextStep::Operator,
            Self::PictureDiffers | Self::DocumentsNotValid | Self::NoSecondProof => {
                NextStep::ComeAgainWithDocuments
            }
        }
    }
}

impl NextStep {
    /// The stable code of its sentence.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::BookVisit => "book-visit",
            Self::ComeAgainWithDocuments => "come-again-with-documents",
            Self::OtherRoute => "other-route",
            Self::Enrol => "enrol",
            Self::TryLater => "try-later",
            Self::Operator => "operator",
        }
    }
}
