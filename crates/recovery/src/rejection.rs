//! Every reason why the domain refuses an event, with a stable code.

crate::codes! {
    /// Why an event was refused. A rejection is an expected answer and changes nothing that is saved.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
    pub enum Rejection {
        // cases
        #[error("the case is closed")]
        CaseClosed => "case-closed",
        #[error("the case has been open too long")]
        CaseExpired => "case-expired",
        #[error("the case waits for another step")]
        OutOfOrder => "out-of-order",
        #[error("another member of staff holds the case")]
        NotYourCase => "not-your-case",
        #[error("staff may not handle their own or their family's case")]
        OwnCase => "own-case",
        #[error("the role does not allow this")]
        RoleNotAllowed => "role-not-allowed",
        #[error("the second clerk has to be another person")]
        SameClerk => "same-clerk",
        #[error("a second clerk has to see the same first")]
        SecondClerkNeeded => "second-clerk-needed",
        #[error("the clerk has had as many codes shown as one may in 24 hours")]
        CodesShownCapReached => "codes-shown-cap-reached",
        #[error("the route is closed by policy")]
        RouteClosed => "route-closed",
        #[error("too many chip and face cases in 24 hours")]
        TooManyCases => "too-many-cases",
        #[error("a recovery was completed a short time ago; this route is not open yet")]
        RecoveredRecently => "recovered-recently",
        #[error("recovery is frozen on this route")]
        RecoveryFrozen => "recovery-frozen",
        #[error("the person cannot use this route")]
        RouteUnavailable => "route-unavailable",
        #[error("the wait is not over")]
        StillWaiting => "still-waiting",

        // chip and face
        #[error("the face comparison was made without a liveness check")]
        LivenessNotChecked => "liveness-not-checked",
        #[error("the face comparison was made without the check against prints and screens")]
        PassivePadMissing => "passive-pad-missing",
        /// The policy requires two independent face embeddings, and the comparison had one.
        #[error("the second embedding is missing")]
        SecondEmbeddingMissing => "second-embedding-missing",
        #[error("the face was compared with another portrait")]
        AnotherPortrait => "another-portrait",

        // phone and desk
        #[error("the two typed numbers differ")]
        NumbersDiffer => "numbers-differ",
        #[error("the number is not of the form that this document has")]
        NumberMalformed => "number-malformed",
        #[error("another question is open")]
        AnotherQuestion => "another-question",
        #[error("the answer is longer than an answer can be")]
        AnswerTooLong => "answer-too-long",
        #[error("the agent has to be released by a supervisor")]
        AgentStopped => "agent-stopped",
        #[error("the centre has to be released by a supervisor")]
        CentreStopped => "centre-stopped",
        #[error("the documents are not valid documentation")]
        DocumentsNotValid => "documents-not-valid",
        #[error("the witness cannot vouch")]
        WitnessNotAccepted => "witness-not-accepted",

        // authenticator
        #[error("a first PIN has to be chosen")]
        NoPinYet => "no-pin-yet",
        #[error("a try is in progress")]
        TryInProgress => "try-in-progress",
        #[error("the app is temporarily locked")]
        Locked => "temporarily-locked",
        #[error("the app is blocked until it is recovered")]
        Blocked => "blocked",
        #[error("the identity is frozen")]
        Frozen => "frozen",
        #[error("the app is not bound")]
        Unbound => "unbound",
        #[error("no such try is open")]
        NoSuchTry => "no-such-try",
        #[error("the try ran out of time and counts as wrong")]
        TryExpired => "try-expired",

        // enrolment
        #[error("the activation code is not valid")]
        ActivationCodeInvalid => "activation-code-invalid",

        // grants
        #[error("the permission to set a PIN has lapsed")]
        GrantLapsed => "grant-lapsed",
        #[error("the permission to set a PIN is spent")]
        GrantSpent => "grant-spent",
        #[error("the permission belongs to another app")]
        GrantOfAnotherApp => "grant-of-another-app",
        #[error("a repeated registration has to send the same first message")]
        BlindedElementChanged => "blinded-element-changed",
        #[error("the registration has not begun")]
        RegistrationNotBegun => "registration-not-begun",

        // temporary PIN
        #[error("the temporary PIN is not valid")]
        TemporaryPinInvalid => "temporary-pin-not-valid",
        #[error("too many temporary PINs in 24 hours or 30 days")]
        IssueCapReached => "issue-cap-reached",

        // P code
        #[error("the P code does not fit")]
        PCodeInvalid => "p-code-invalid",
        #[error("too many P codes that do not fit in 24 hours")]
        TooManyPCodePairings => "too-many-p-code-pairings",

        // appointments
        #[error("the time is taken")]
        SlotTaken => "slot-taken",
        #[error("the time cannot be booked")]
        SlotNotBookable => "slot-not-bookable",
        #[error("no such booking")]
        NoSuchBooking => "no-such-booking",
        #[error("too many open bookings")]
        TooManyBookings => "too-many-bookings",
        /// The text messages allowed in 24 hours to this phone number, or to its range of numbers, are used up.
        #[error("too many text messages to this number, or to numbers like it")]
        SmsCapReached => "sms-cap-reached",
        #[error("too early or too late to check in")]
        NotCheckInTime => "not-check-in-time",

        // person
        #[error("the channel is not known")]
        NoSuchChannel => "no-such-channel",
        #[error("too many channels")]
        TooManyChannels => "too-many-channels",
        #[error("the person has too many recorded documents")]
        TooManyDocuments => "too-many-documents",
    }
}
