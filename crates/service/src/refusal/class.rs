//! Classes of refusals, each with one status in the protocol.

use super::{PictureProblem, RefusalReason, Rejection};

/// The class of a refusal code; the web gives each class one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefusalClass {
    /// The request is malformed: a defect of the sender's program, or a field of the wrong form.
    Malformed,
    /// The caller is not authenticated.
    Unauthenticated,
    /// The caller is authenticated and may not do this.
    NotAllowed,
    /// What is asked for does not exist, or belongs to another caller.
    NotFound,
    /// The request does not fit the present state.
    OutOfOrder,
    /// What is asked for existed, and is over for good.
    Gone,
    /// The values are well formed and not accepted.
    NotAccepted,
    /// The app or identity is locked.
    Locked,
    /// A limit over time or in number is reached.
    TooMany,
    /// The service cannot do it now; the same call may succeed later.
    Busy,
}

impl RefusalClass {
    /// Every class.
    pub const ALL: [Self; 10] = [
        Self::Malformed,
        Self::Unauthenticated,
        Self::NotAllowed,
        Self::NotFound,
        Self::OutOfOrder,
        Self::Gone,
        Self::NotAccepted,
        Self::Locked,
        Self::TooMany,
        Self::Busy,
    ];
}

pub(super) const fn of_rejection(rejection: Rejection) -> RefusalClass {
    match rejection {
        Rejection::NotYourCase
        | Rejection::OwnCase
        | Rejection::RoleNotAllowed
        | Rejection::AgentStopped
        | Rejection::CentreStopped => RefusalClass::NotAllowed,
        Rejection::NoSuchBooking | Rejection::NoSuchChannel | Rejection::NoSuchTry => {
            RefusalClass::NotFound
        }
        Rejection::CaseClosed
        | Rejection::CaseExpired
        | Rejection::GrantLapsed
        | Rejection::GrantSpent
        | Rejection::TryExpired => RefusalClass::Gone,
        Rejection::Locked | Rejection::Blocked | Rejection::Frozen => RefusalClass::Locked,
        Rejection::CodesShownCapReached
        | Rejection::IssueCapReached
        | Rejection::SmsCapReached
        | Rejection::TooManyBookings
        | Rejection::TooManyCases
        | Rejection::TooManyPCodePairings => RefusalClass::TooMany,
        Rejection::ActivationCodeInvalid
        | Rejection::AnotherPortrait
        | Rejection::AnswerTooLong
        | Rejection::BlindedElementChanged
        | Rejection::DocumentsNotValid
        | Rejection::NumberMalformed
        | Rejection::NumbersDiffer
        | Rejection::PCodeInvalid
        | Rejection::PassivePadMissing
        | Rejection::SecondEmbeddingMissing
        | Rejection::TemporaryPinInvalid
        | Rejection::TooManyChannels
        | Rejection::WitnessNotAccepted => RefusalClass::NotAccepted,
        Rejection::AnotherQuestion
        | Rejection::GrantOfAnotherApp
        | Rejection::LivenessNotChecked
        | Rejection::NoPinYet
        | Rejection::NotCheckInTime
        | Rejection::OutOfOrder
        | Rejection::RecoveredRecently
        | Rejection::RecoveryFrozen
        | Rejection::RegistrationNotBegun
        | Rejection::RouteClosed
        | Rejection::RouteUnavailable
        | Rejection::SameClerk
        | Rejection::SecondClerkNeeded
        | Rejection::SlotNotBookable
        | Rejection::SlotTaken
        | Rejection::StillWaiting
        | Rejection::TooManyDocuments
        | Rejection::TryInProgress
        | Rejection::Unbound => RefusalClass::OutOfOrder,
    }
}

pub(super) const fn of_reason(reason: RefusalReason) -> RefusalClass {
    match reason {
        RefusalReason::TooManyCases | RefusalReason::IssueCapReached => RefusalClass::TooMany,
        RefusalReason::ChipNotGenuine
        | RefusalReason::DocumentExpired
        | RefusalReason::DocumentLostOrStolen
        | RefusalReason::DocumentNotTheirs
        | RefusalReason::DocumentStatusMissing
        | RefusalReason::DocumentUsedRecently
        | RefusalReason::DocumentsNotValid
        | RefusalReason::PCodeTriesUsed
        | RefusalReason::PictureDiffers
        | RefusalReason::PresenceNotProven => RefusalClass::NotAccepted,
        RefusalReason::ConsentRefused
        | RefusalReason::FaceTriesUsed
        | RefusalReason::NoAppBound
        | RefusalReason::NoNumber
        | RefusalReason::NoSecondProof
        | RefusalReason::NotEnoughAnswers
        | RefusalReason::NumberPaused
        | RefusalReason::NumberTooNew
        | RefusalReason::RecoveredRecently
        | RefusalReason::RecoveryFrozen
        | RefusalReason::RouteClosed
        | RefusalReason::StatusForbids
        | RefusalReason::SuspectedFraud => RefusalClass::OutOfOrder,
    }
}

pub(super) const fn of_picture(problem: PictureProblem) -> RefusalClass {
    match problem {
        PictureProblem::EngineFailed => RefusalClass::Busy,
        PictureProblem::PortraitTooLarge
        | PictureProblem::PortraitNoFace
        | PictureProblem::PortraitSeveralFaces
        | PictureProblem::PortraitFaceTooSmall
        | PictureProblem::PortraitUnreadable
        | PictureProblem::NoPictures
        | PictureProblem::TooManyPictures
        | PictureProblem::NotJpeg => RefusalClass::NotAccepted,
    }
}

/// The class of every value of an enum whose values all say that what was sent is not accepted.
pub(super) const fn not_accepted<T: Copy>(_: T) -> RefusalClass {
    RefusalClass::NotAccepted
}
