//! The codes with which use cases refuse a request, and the class of each.
//!
//! Code that answers a request chooses by these values; they become text only where an answer leaves the program. The class
//! alone decides how the web answers ([`RefusalClass`]).

mod class;

pub use class::RefusalClass;

use class::{not_accepted, of_picture, of_reason, of_rejection};
use face::{LivenessReason, PictureProblem, Reason};
use recovery::Rejection;
use recovery::evidence::{DocumentsProblem, WitnessProblem};
use recovery::route::RefusalReason;
use std::collections::BTreeSet;

recovery::codes! {
    /// Why a use case said no.
    ///
    /// The values of the domain and of the face engine come in through `From`, which alone chooses the variant: where two enums have
    /// one code it is one value here.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum RefusalCode with class: RefusalClass {
        /// The clock of this server is not trusted, so that nothing is decided.
        ClockNotTrusted => "clock-not-trusted" in Busy,
        /// The last commit is not ahead of the clock: there is no future to take back.
        TimeNotAhead => "time-not-ahead" in OutOfOrder,
        /// Nobody with the key file asked to take a future back within the last hour.
        TimeAcceptanceNotAsked => "time-acceptance-not-asked" in OutOfOrder,

        /// The request is signed by no app or screen that is known.
        SignatureNotAccepted => "signature-not-accepted" in Unauthenticated,
        /// The nonce was used before or is too old.
        NonceNotAccepted => "nonce-not-accepted" in Unauthenticated,
        /// Another request came under this idempotency key.
        IdempotencyKeyReused => "idempotency-key-reused" in NotAccepted,
        /// What is asked for does not exist, or belongs to another caller: the two look alike on purpose.
        NotFound => "not-found" in NotFound,
        /// The operator's token is missing, unknown or over.
        TokenNotAccepted => "token-not-accepted" in Unauthenticated,
        /// The operator's token does not cover the call.
        ScopeMissing => "scope-missing" in NotAllowed,

        /// An id of a person is empty, too long or of another form.
        PersonIdInvalid => "person-id-invalid" in Malformed,
        /// A national number is not of that form.
        NationalNumberInvalid => "national-number-invalid" in Malformed,
        /// The language is not offered.
        LanguageUnknown => "language-unknown" in Malformed,
        /// Another person is enrolled with the national number.
        NationalNumberOfAnother => "national-number-of-another" in OutOfOrder,
        /// An address of a channel is neither a telephone number nor an e-mail address.
        ChannelAddressInvalid => "channel-address-invalid" in Malformed,
        /// A channel cannot have been changed or confirmed later than now.
        ChannelDateInFuture => "channel-date-in-future" in Malformed,
        /// A channel cannot have been confirmed before it was recorded.
        ChannelConfirmedBeforeChanged => "channel-confirmed-before-changed" in Malformed,
        /// A Danish number has eight digits.
        PhoneDanishDigits => "phone-danish-digits" in NotAccepted,
        /// Not every mail server takes an address with such letters before the `@`.
        EmailNotAscii => "email-not-ascii" in NotAccepted,
        /// The name of a phone is empty, too long or cannot be shown.
        DeviceNameInvalid => "device-name-invalid" in Malformed,
        /// The name of a service is empty, too long or cannot be shown.
        ServiceNameInvalid => "service-name-invalid" in Malformed,
        /// A state or document number is not written as the machine-readable zone has it.
        DocumentNumberInvalid => "document-number-invalid" in Malformed,
        /// P codes are for persons without a national number.
        PCodeNotNeeded => "p-code-not-needed" in OutOfOrder,
        /// A foreign document is recorded for a person with a national number only.
        PCodeNeeded => "p-code-needed" in OutOfOrder,
        /// The document carries the national number itself, or the passport register knows it.
        DocumentNotForeign => "document-not-foreign" in NotAccepted,
        /// The document is issued to or recorded for another person.
        DocumentOfAnother => "document-of-another" in NotAccepted,

        /// A message of the PIN protocol is of another form.
        MalformedPinMessage => "malformed-pin-message" in Malformed,
        /// The temporary PIN is not the newest.
        TemporaryPinWrong => "temporary-pin-wrong" in NotAccepted,
        /// The sign-in waits no longer.
        SignInOver => "sign-in-over" in Gone,
        /// The typed number belongs to no sign-in that waits for the person.
        SignInNumberWrong => "sign-in-number-wrong" in NotAccepted,
        /// The second wrong number ended every sign-in that waited.
        SignInNumbersUsed => "sign-in-numbers-used" in Gone,
        /// The client asked for more sign-ins in a minute than it may.
        SignInRateReached => "sign-in-rate-reached" in TooMany,

        /// The document is not accepted; the reason is hidden, so that a finder of documents learns nothing.
        DocumentNotAccepted => "document-not-accepted" in NotAccepted,
        /// The chip answered no challenge that is open.
        ChallengeNotValid => "challenge-not-valid" in NotAccepted,
        /// Every contact with the chip needs a challenge of its own.
        ChallengeUsed => "challenge-used" in OutOfOrder,
        /// The document has no key for chip authentication, or all of them were tried.
        NoChipAuthentication => "no-chip-authentication" in NotAccepted,
        /// This service reads the chip itself, through the phone.
        ChipReadByServer => "chip-read-by-server" in OutOfOrder,
        /// The session with the chip is over.
        RelayOver => "relay-over" in Gone,
        /// The chip's answers do not belong to what was sent last.
        RelayOutOfTurn => "relay-out-of-turn" in OutOfOrder,
        /// As many chips are read as can be at once.
        RelaysFull => "relays-full" in Busy,
        /// The password that was typed from the document does not open the chip.
        ChipPasswordWrong => "chip-password-wrong" in NotAccepted,
        /// The chip opens with the number on the front of the card.
        ChipNeedsCardAccessNumber => "chip-needs-card-access-number" in NotAccepted,
        /// The chip is not that of a travel document, or is damaged.
        ChipUnreadable => "chip-unreadable" in NotAccepted,
        /// The contact with the chip was lost again and again.
        ChipContactLost => "chip-contact-lost" in NotAccepted,
        /// The phone sent another portrait than the chip holds.
        PortraitDiffers => "portrait-differs" in NotAccepted,
        /// The frames are too many, too large, of another try, or not signed by the app.
        CaptureNotValid => "capture-not-valid" in Malformed,
        /// The capture took too long.
        CaptureOver => "capture-over" in Gone,
        /// The try began with as many captures as it may.
        TooManyCaptures => "too-many-captures" in TooMany,
        /// The case looked at as many frames as it may.
        TooManyLooks => "too-many-looks" in TooMany,
        /// The movement needs a check that this service does not have.
        MovementNotOffered => "movement-not-offered" in OutOfOrder,
        /// As many faces are compared as can be at once.
        FacePoolFull => "face-pool-full" in Busy,
        /// Another try of this case is being compared.
        FaceTryInProgress => "face-try-in-progress" in OutOfOrder,
        /// Face and portrait are not alike enough.
        NoMatch => "no-match" in NotAccepted,
        /// The person stopped the case.
        CaseStopped => "case-stopped" in Gone,

        /// There is no such Citizen Service Centre.
        CentreNotFound => "centre-not-found" in NotFound,
        /// A telephone number for a booking is not of that form.
        PhoneInvalid => "phone-invalid" in NotAccepted,
        /// An e-mail address for a booking is not of that form.
        EmailInvalid => "email-invalid" in NotAccepted,

        /// The session of a member of staff is over or unknown.
        SessionNotAccepted => "session-not-accepted" in Unauthenticated,
        /// The passkey is not registered here, or took too long.
        PasskeyNotAccepted => "passkey-not-accepted" in Unauthenticated,
        /// The invitation is used or too old.
        InvitationNotValid => "invitation-not-valid" in Gone,
        /// An account needs a role.
        RoleMissing => "role-missing" in NotAccepted,
        /// A clerk needs a centre.
        CentreMissing => "centre-missing" in NotAccepted,
        /// The name of a member of staff is empty, too long or cannot be shown.
        StaffNameInvalid => "staff-name-invalid" in NotAccepted,
        /// Members of staff sign in at the operator's provider; passkeys would be a second door.
        StaffByProvider => "staff-by-provider" in OutOfOrder,
        /// No provider is configured.
        StaffByPasskey => "staff-by-passkey" in OutOfOrder,
        /// A claim of the provider about a member of staff is missing or too long.
        StaffClaimInvalid => "staff-claim-invalid" in NotAllowed,
        /// The provider names a centre that is none of this service.
        StaffCentreUnknown => "staff-centre-unknown" in NotAllowed,
        /// One sign-in at the provider opens one session.
        StaffSignInUsed => "staff-sign-in-used" in NotAllowed,
        /// The account was closed.
        AccountDisabled => "account-disabled" in NotAllowed,
        /// The console does not let the role in.
        RoleNotForConsole => "role-not-for-console" in NotAccepted,
        /// The account has as many passkeys as it may.
        TooManyKeys => "too-many-keys" in OutOfOrder,
        /// The account has neither an own person nor an approved list, so that it holds no case yet.
        StaffPersonMissing => "staff-person-missing" in NotAllowed,
        /// The person of a member of staff is no id of a person.
        StaffPersonInvalid => "staff-person-invalid" in NotAccepted,
        /// A member of staff has either an own person or a declared list.
        StaffPersonTwice => "staff-person-twice" in NotAccepted,
        /// Another open account carries the same person: one person has one account.
        StaffPersonOfAnother => "staff-person-of-another" in OutOfOrder,
        /// No colleague has approved the declared list, so that the account holds no case yet.
        StaffDeclarationWaiting => "staff-declaration-waiting" in NotAllowed,
        /// A declared list names more persons than it may.
        StaffDeclarationTooLong => "staff-declaration-too-long" in NotAccepted,

        /// The register does not know the document.
        DocumentNotKnown => "document-not-known" in NotAccepted,
        /// The document was reported lost or stolen, or was withdrawn.
        DocumentNotInForce => "document-not-in-force" in NotAccepted,
        /// No app is bound to a person with that national number.
        PersonNotFound => "person-not-found" in NotAccepted,
        /// The register knows too little for questions.
        TooLittleData => "too-little-data" in OutOfOrder,
        /// The centre has no printer for codes.
        PaperNotConfigured => "paper-not-configured" in OutOfOrder,
        /// The screen is paired no longer, or stands in another centre.
        ScreenNotPaired => "screen-not-paired" in OutOfOrder,
        /// The screen shows another code.
        ScreenBusy => "screen-busy" in OutOfOrder,
        /// The name of a screen is empty, too long or cannot be shown.
        ScreenNameInvalid => "screen-name-invalid" in NotAccepted,
        /// As many screens are paired, or being paired, as may be.
        PairingsFull => "pairings-full" in TooMany,
        /// The pairing code is used, over or mistyped, or no screen waits for a confirmation.
        PairingNotValid => "pairing-not-valid" in NotAccepted,
        /// The check is not what the screen shows.
        PairingCheckWrong => "pairing-check-wrong" in NotAccepted,
    } and {
        /// The domain does not take the event.
        Rejected(Rejection) in of_rejection,
        /// The case ended with a reason that may be told.
        Ended(RefusalReason) in of_reason,
        /// The documents on the desk are no valid documentation.
        Documents(DocumentsProblem) in not_accepted,
        /// The witness cannot vouch.
        Witness(WitnessProblem) in not_accepted,
        /// A picture of the face cannot be decided on.
        Face(Reason) in not_accepted,
        /// The capture is not that of a living, present person.
        Liveness(LivenessReason) in not_accepted,
        /// The portrait, or all pictures together, cannot be compared.
        Picture(PictureProblem) in of_picture,
    }
}

/// The liveness failures of which a person is told, the one first about which they can do most; all others are one sentence.
pub(crate) const LIVENESS_TOLD: [LivenessReason; 6] = [
    LivenessReason::BlurredFrame,
    LivenessReason::FlatPicture,
    LivenessReason::PresentationAttack,
    LivenessReason::AnotherFace,
    LivenessReason::SeveralFaces,
    LivenessReason::PromptNotMet,
];

impl RefusalCode {
    /// Every code that [`crate::Failure`] or the end of a case can carry, each once.
    #[must_use]
    pub fn all() -> BTreeSet<Self> {
        Self::OWN
            .into_iter()
            .chain(Rejection::ALL.map(Self::from))
            .chain(RefusalReason::ALL.map(Self::from))
            .chain(DocumentsProblem::ALL.map(Self::from))
            .chain(WitnessProblem::ALL.map(Self::from))
            .chain(Reason::ALL.map(Self::from))
            .chain(LIVENESS_TOLD.map(Self::from))
            .chain(PictureProblem::ALL.map(Self::from))
            .collect()
    }
}

impl From<Rejection> for RefusalCode {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

/// The code that a caller is told for the end of a case. A document of another person, a lost one and a chip that is not
/// genuine get one code, so that a finder of documents learns nothing (PROTOCOLS.md section 6).
impl From<RefusalReason> for RefusalCode {
    fn from(reason: RefusalReason) -> Self {
        match reason {
            RefusalReason::DocumentNotTheirs
            | RefusalReason::DocumentLostOrStolen
            | RefusalReason::ChipNotGenuine
            | RefusalReason::PresenceNotProven => Self::DocumentNotAccepted,
            RefusalReason::DocumentExpired => Self::Documents(DocumentsProblem::Expired),
            RefusalReason::PictureDiffers => Self::Documents(DocumentsProblem::PictureDiffers),
            RefusalReason::DocumentsNotValid => Self::Rejected(Rejection::DocumentsNotValid),
            RefusalReason::TooManyCases => Self::Rejected(Rejection::TooManyCases),
            RefusalReason::IssueCapReached => Self::Rejected(Rejection::IssueCapReached),
            RefusalReason::RecoveredRecently => Self::Rejected(Rejection::RecoveredRecently),
            RefusalReason::RecoveryFrozen => Self::Rejected(Rejection::RecoveryFrozen),
            RefusalReason::RouteClosed => Self::Rejected(Rejection::RouteClosed),
            RefusalReason::ConsentRefused
            | RefusalReason::DocumentStatusMissing
            | RefusalReason::DocumentUsedRecently
            | RefusalReason::PCodeTriesUsed
            | RefusalReason::FaceTriesUsed
            | RefusalReason::NotEnoughAnswers
            | RefusalReason::NumberTooNew
            | RefusalReason::NumberPaused
            | RefusalReason::NoNumber
            | RefusalReason::NoAppBound
            | RefusalReason::StatusForbids
            | RefusalReason::NoSecondProof
            | RefusalReason::SuspectedFraud => Self::Ended(reason),
        }
    }
}

impl From<DocumentsProblem> for RefusalCode {
    fn from(problem: DocumentsProblem) -> Self {
        Self::Documents(problem)
    }
}

impl From<WitnessProblem> for RefusalCode {
    fn from(problem: WitnessProblem) -> Self {
        Self::Witness(problem)
    }
}

impl From<Reason> for RefusalCode {
    fn from(reason: Reason) -> Self {
        Self::Face(reason)
    }
}

impl From<LivenessReason> for RefusalCode {
    fn from(reason: LivenessReason) -> Self {
        Self::Liveness(reason)
    }
}

impl From<PictureProblem> for RefusalCode {
    fn from(problem: PictureProblem) -> Self {
        match problem {
            PictureProblem::NotJpeg => Self::Face(Reason::NotJpeg),
            PictureProblem::PortraitTooLarge
            | PictureProblem::PortraitNoFace
            | PictureProblem::PortraitSeveralFaces
            | PictureProblem::PortraitFaceTooSmall
            | PictureProblem::PortraitUnreadable
            | PictureProblem::NoPictures
            | PictureProblem::TooManyPictures
            | PictureProblem::EngineFailed => Self::Picture(problem),
        }
    }
}

#[cfg(test)]
mod tests;
