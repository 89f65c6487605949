//! The routes of recovery, why a case was refused, and what the person can do next.

crate::codes! {
    /// A way to recover access to the app.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Route {
        ChipFace => "chip-face",
        Phone => "phone",
        Desk => "desk",
        SelfService => "self-service",
    }
}

crate::codes! {
    /// Why a case was refused: for the journal, the audit and the desk. Callers on the phone are never told.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum RefusalReason {
        ConsentRefused => "consent-refused",
        /// The document is not this person's, or does not count; the app reports a failed reading.
        DocumentNotTheirs => "document-not-theirs",
        DocumentExpired => "document-expired",
        DocumentLostOrStolen => "document-lost-or-stolen",
        DocumentStatusMissing => "document-status-missing",
        PresenceNotProven => "presence-not-proven",
        DocumentUsedRecently => "document-used-recently",
        ChipNotGenuine => "chip-not-genuine",
        PCodeTriesUsed => "p-code-tries-used",
        FaceTriesUsed => "face-tries-used",
        TooManyCases => "too-many-cases",
        NotEnoughAnswers => "not-enough-answers",
        NumberTooNew => "number-too-new",
        /// Somebody objected to a change of phone number, and this is not settled yet.
        NumberPaused => "number-paused",
        NoNumber => "no-number",
        IssueCapReached => "issue-cap-reached",
        NoAppBound => "no-app-bound",
        RecoveredRecently => "recovered-recently",
        RecoveryFrozen => "recovery-frozen",
        StatusForbids => "status-forbids",
        RouteClosed => "route-closed",
        PictureDiffers => "picture-differs",
        DocumentsNotValid => "documents-not-valid",
        NoSecondProof => "no-second-proof",
        SuspectedFraud => "suspected-fraud",
    }
}

crate::codes! {
    /// What a refused person can do next.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum NextStep {
        /// Book a visit to a Citizen Service Centre.
        BookVisit => "book-visit",
        /// Bring what was missing to another visit.
        ComeAgainWithDocuments => "come-again-with-documents",
        /// Choose another route in the app, or book a visit.
        OtherRoute => "other-route",
        /// Have an app bound by the operator first.
        Enrol => "enrol",
        /// Wait: the limit counts the last 24 hours.
        TryLater => "try-later",
        /// Only the operator can help.
        Operator => "operator",
    }
}

impl RefusalReason {
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
