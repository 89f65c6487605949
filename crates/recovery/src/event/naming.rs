//! What entries are called, and how much of that is public.

use super::JournalEvent;

crate::codes! {
    /// The coarse type of an entry: all that the public tiles show beside the hash (PROTOCOLS.md 13).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Coarse {
        App => "app",
        Case => "case",
        Code => "code",
        Limit => "limit",
        Veto => "veto",
        Person => "person",
        Appointment => "appointment",
        Operation => "operation",
        Staff => "staff",
    }
}

impl JournalEvent {
    /// The stable name of what happened.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::EnrolmentOffered { .. } => "enrolment-offered",
            Self::EnrolmentCodeWrong { .. } => "enrolment-code-wrong",
            Self::EnrolmentWithdrawn { .. } => "enrolment-withdrawn",
            Self::EnrolmentPaused { .. } => "enrolment-paused",
            Self::AppBound { .. } => "app-bound",
            Self::AppUnbound { .. } => "app-unbound",
            Self::TryReserved { .. } => "try-reserved",
            Self::PinRight { .. } => "pin-right",
            Self::PinWrong { .. } => "pin-wrong",
            Self::TryLost { .. } => "try-lost",
            Self::AppLocked { .. } => "app-locked",
            Self::AppBlocked { .. } => "app-blocked",
            Self::PinSet { .. } => "pin-set",
            Self::SignInNumberWrong { .. } => "sign-in-number-wrong",
            Self::CaseOpened { .. } => "case-opened",
            Self::FaceConsentGiven { .. } => "face-consent-given",
            Self::ChipReadBroken { .. } => "chip-read-broken",
            Self::ChipRefused { .. } => "chip-refused",
            Self::ChipNotGenuine { .. } => "chip-not-genuine",
            Self::ChipVerified { .. } => "chip-verified",
            Self::NotTheirDocument { .. } => "not-their-document",
            Self::FaceCompared { .. } => "face-compared",
            Self::NumberTyped { .. } => "number-typed",
            Self::NumberUnknown { .. } => "number-unknown",
            Self::QuestionPut { .. } => "question-put",
            Self::AnswerJudged { .. } => "answer-judged",
            Self::EnoughAnswers { .. } => "enough-answers",
            Self::NotEnoughAnswers { .. } => "not-enough-answers",
            Self::CheckedIn { .. } => "checked-in",
            Self::DocumentsSeen { .. } => "documents-seen",
            Self::WitnessHeard { .. } => "witness-heard",
            Self::SecondClerk { .. } => "second-clerk",
            Self::FraudFlagged { .. } => "fraud-flagged",
            Self::WaitBegun { .. } => "wait-begun",
            Self::Granted { .. } => "granted",
            Self::Completed { .. } => "completed",
            Self::Refused { .. } => "refused",
            Self::CaseStopped { .. } => "case-stopped",
            Self::CaseLapsed { .. } => "case-lapsed",
            Self::TemporaryPinIssued { .. } => "temporary-pin-issued",
            Self::CodeMedium { .. } => "code-medium",
            Self::CodeShown { .. } => "code-shown",
            Self::CodePrinted { .. } => "code-printed",
            Self::TemporaryPinReplaced { .. } => "temporary-pin-replaced",
            Self::TemporaryPinWrong { .. } => "temporary-pin-wrong",
            Self::TemporaryPinRedeemed { .. } => "temporary-pin-redeemed",
            Self::TemporaryPinEnded { .. } => "temporary-pin-ended",
            Self::GrantLapsed { .. } => "grant-lapsed",
            Self::GrantWithdrawn { .. } => "grant-withdrawn",
            Self::RegistrationBegun { .. } => "registration-begun",
            Self::PCodeIssued { .. } => "p-code-issued",
            Self::PCodeUsed { .. } => "p-code-used",
            Self::PCodeWithdrawn { .. } => "p-code-withdrawn",
            Self::PCodePairedWrongly { .. } => "p-code-paired-wrongly",
            Self::AgentStopped { .. } => "agent-stopped",
            Self::CentreStopped { .. } => "centre-stopped",
            Self::AgentReleased { .. } => "agent-released",
            Self::CentreReleased { .. } => "centre-released",
            Self::VetoOffered { .. } => "veto-offered",
            Self::VetoUsed { .. } => "veto-used",
            Self::ObjectionOffered { .. } => "objection-offered",
            Self::ObjectionRaised { .. } => "objection-raised",
            Self::NumbersPaused { .. } => "numbers-paused",
            Self::NumbersReleased { .. } => "numbers-released",
            Self::ForeignDocumentRecorded { .. } => "foreign-document-recorded",
            Self::ForeignDocumentForgotten { .. } => "foreign-document-forgotten",
            Self::IdentityFrozen { .. } => "identity-frozen",
            Self::IdentityUnfrozen { .. } => "identity-unfrozen",
            Self::ChannelAdded { .. } => "channel-added",
            Self::ChannelConfirmed { .. } => "channel-confirmed",
            Self::ChannelRemoved { .. } => "channel-removed",
            Self::ChannelChanged { .. } => "channel-changed",
            Self::SimChanged { .. } => "sim-changed",
            Self::LanguageChanged { .. } => "language-changed",
            Self::StatusChanged { .. } => "status-changed",
            Self::PersonErased { .. } => "person-erased",
            Self::StaffInvited { .. } => "staff-invited",
            Self::StaffAccountMade { .. } => "staff-account-made",
            Self::StaffAccountChanged { .. } => "staff-account-changed",
            Self::StaffAccountDisabled { .. } => "staff-account-disabled",
            Self::StaffAccountEnabled { .. } => "staff-account-enabled",
            Self::StaffKeysWithdrawn { .. } => "staff-keys-withdrawn",
            Self::StaffSignedIn { .. } => "staff-signed-in",
            Self::StaffSignedOut { .. } => "staff-signed-out",
            Self::StaffPersonTaken { .. } => "staff-person-taken",
            Self::StaffDeclared { .. } => "staff-declared",
            Self::StaffDeclarationApproved { .. } => "staff-declaration-approved",
            Self::OwnCaseMet { .. } => "own-case-met",
            Self::CaseSampled { .. } => "case-sampled",
            Self::ScreenPaired { .. } => "screen-paired",
            Self::ScreenEnded { .. } => "screen-ended",
            Self::OperatorActed { .. } => "operator-acted",
            Self::AlarmRaised { .. } => "alarm-raised",
            Self::TrustImported { .. } => "trust-imported",
            Self::EpochBegun { .. } => "epoch-begun",
            Self::RowDistrusted { .. } => "row-distrusted",
            Self::RestoreAccepted { .. } => "restore-accepted",
            Self::ClockTrustedAgain { .. } => "clock-trusted-again",
            Self::UnsynchronisedClockBelieved => "unsynchronised-clock-believed",
            Self::TimeAcceptanceAsked { .. } => "time-acceptance-asked",
            Self::TimeAccepted { .. } => "time-accepted",
            Self::Booked { .. } => "booked",
            Self::BookingMoved { .. } => "booking-moved",
            Self::BookingCancelled { .. } => "booking-cancelled",
            Self::ReminderSent { .. } => "reminder-sent",
        }
    }

    /// Its coarse type.
    #[must_use]
    pub const fn coarse(&self) -> Coarse {
        match self {
            Self::EnrolmentOffered { .. }
            | Self::EnrolmentCodeWrong { .. }
            | Self::EnrolmentWithdrawn { .. }
            | Self::EnrolmentPaused { .. }
            | Self::AppBound { .. }
            | Self::AppUnbound { .. }
            | Self::TryReserved { .. }
            | Self::PinRight { .. }
            | Self::PinWrong { .. }
            | Self::TryLost { .. }
            | Self::AppLocked { .. }
            | Self::AppBlocked { .. }
            | Self::PinSet { .. }
            | Self::SignInNumberWrong { .. } => Coarse::App,
            Self::CaseOpened { .. }
            | Self::FaceConsentGiven { .. }
            | Self::ChipReadBroken { .. }
            | Self::ChipRefused { .. }
            | Self::ChipNotGenuine { .. }
            | Self::ChipVerified { .. }
            | Self::NotTheirDocument { .. }
            | Self::FaceCompared { .. }
            | Self::NumberTyped { .. }
            | Self::NumberUnknown { .. }
            | Self::QuestionPut { .. }
            | Self::AnswerJudged { .. }
            | Self::EnoughAnswers { .. }
            | Self::NotEnoughAnswers { .. }
            | Self::CheckedIn { .. }
            | Self::DocumentsSeen { .. }
            | Self::WitnessHeard { .. }
            | Self::SecondClerk { .. }
            | Self::FraudFlagged { .. }
            | Self::WaitBegun { .. }
            | Self::Granted { .. }
            | Self::Completed { .. }
            | Self::Refused { .. }
            | Self::CaseStopped { .. }
            | Self::CaseLapsed { .. } => Coarse::Case,
            Self::TemporaryPinIssued { .. }
            | Self::CodeMedium { .. }
            | Self::CodeShown { .. }
            | Self::CodePrinted { .. }
            | Self::TemporaryPinReplaced { .. }
            | Self::TemporaryPinWrong { .. }
            | Self::TemporaryPinRedeemed { .. }
            | Self::TemporaryPinEnded { .. }
            | Self::GrantLapsed { .. }
            | Self::GrantWithdrawn { .. }
            | Self::RegistrationBegun { .. }
            | Self::PCodeIssued { .. }
            | Self::PCodeUsed { .. }
            | Self::PCodeWithdrawn { .. }
            | Self::PCodePairedWrongly { .. } => Coarse::Code,
            Self::AgentStopped { .. }
            | Self::CentreStopped { .. }
            | Self::AgentReleased { .. }
            | Self::CentreReleased { .. } => Coarse::Limit,
            Self::VetoOffered { .. }
            | Self::VetoUsed { .. }
            | Self::ObjectionOffered { .. }
            | Self::ObjectionRaised { .. } => Coarse::Veto,
            Self::NumbersPaused { .. }
            | Self::NumbersReleased { .. }
            | Self::ForeignDocumentRecorded { .. }
            | Self::ForeignDocumentForgotten { .. }
            | Self::IdentityFrozen { .. }
            | Self::IdentityUnfrozen { .. }
            | Self::ChannelAdded { .. }
            | Self::ChannelConfirmed { .. }
            | Self::ChannelRemoved { .. }
            | Self::ChannelChanged { .. }
            | Self::SimChanged { .. }
            | Self::LanguageChanged { .. }
            | Self::StatusChanged { .. }
            | Self::PersonErased { .. } => Coarse::Person,
            Self::StaffInvited { .. }
            | Self::StaffAccountMade { .. }
            | Self::StaffAccountChanged { .. }
            | Self::StaffAccountDisabled { .. }
            | Self::StaffAccountEnabled { .. }
            | Self::StaffKeysWithdrawn { .. }
            | Self::StaffSignedIn { .. }
            | Self::StaffSignedOut { .. }
            | Self::StaffPersonTaken { .. }
            | Self::StaffDeclared { .. }
            | Self::StaffDeclarationApproved { .. }
            | Self::OwnCaseMet { .. }
            | Self::CaseSampled { .. }
            | Self::ScreenPaired { .. }
            | Self::ScreenEnded { .. }
            | Self::OperatorActed { .. } => Coarse::Staff,
            Self::AlarmRaised { .. }
            | Self::TrustImported { .. }
            | Self::EpochBegun { .. }
            | Self::RowDistrusted { .. }
            | Self::RestoreAccepted { .. }
            | Self::ClockTrustedAgain { .. }
            | Self::UnsynchronisedClockBelieved
            | Self::TimeAcceptanceAsked { .. }
            | Self::TimeAccepted { .. } => Coarse::Operation,
            Self::Booked { .. }
            | Self::BookingMoved { .. }
            | Self::BookingCancelled { .. }
            | Self::ReminderSent { .. } => Coarse::Appointment,
        }
    }
}
