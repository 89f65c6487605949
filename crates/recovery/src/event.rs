//! What the journal says: every decision is one entry, by ids and codes, never by names or numbers.

mod naming;

pub use naming::Coarse;

use crate::alarm::Alarm;
use crate::case::{RefusalReason, Route};
use crate::id::{
    AppointmentId, CaseId, CentreId, EnrolmentId, ForeignDocumentId, GrantId, InstanceId, PCodeId,
    PersonId, ScreenId, StaffId, TemporaryPinId, TicketId, VetoId,
};
use crate::time::Timestamp;

/// One entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum JournalEvent {
    // enrolment and the app
    EnrolmentOffered {
        enrolment: EnrolmentId,
        person: PersonId,
    },
    EnrolmentCodeWrong {
        enrolment: EnrolmentId,
        wrong: u8,
    },
    EnrolmentWithdrawn {
        enrolment: EnrolmentId,
    },
    EnrolmentPaused {
        enrolment: EnrolmentId,
        until: Timestamp,
    },
    AppBound {
        instance: InstanceId,
        person: PersonId,
        enrolment: EnrolmentId,
    },
    AppUnbound {
        instance: InstanceId,
        person: PersonId,
    },
    TryReserved {
        instance: InstanceId,
        ticket: TicketId,
    },
    PinRight {
        instance: InstanceId,
        ticket: TicketId,
    },
    PinWrong {
        instance: InstanceId,
        ticket: TicketId,
        wrong: u8,
    },
    TryLost {
        instance: InstanceId,
        ticket: TicketId,
        reserved_at: Timestamp,
        wrong: u8,
    },
    AppLocked {
        instance: InstanceId,
        until: Timestamp,
    },
    AppBlocked {
        instance: InstanceId,
    },
    PinSet {
        instance: InstanceId,
        grant: GrantId,
    },
    /// A number that belongs to no sign-in that waits; so many that waited have ended with it.
    SignInNumberWrong {
        instance: InstanceId,
        ended: u16,
    },

    // cases
    CaseOpened {
        case: CaseId,
        route: Route,
    },
    FaceConsentGiven {
        case: CaseId,
        text_version: u32,
    },
    ChipReadBroken {
        case: CaseId,
    },
    ChipRefused {
        case: CaseId,
    },
    /// A chip did not prove that it is genuine; `code` is the check that failed.
    ChipNotGenuine {
        case: CaseId,
        code: &'static str,
    },
    ChipVerified {
        case: CaseId,
    },
    NotTheirDocument {
        case: CaseId,
    },
    /// The verdict: scores, reasons and model hashes; never a picture or a vector (GDPR Art. 9).
    FaceCompared {
        case: CaseId,
        comparison: face::Comparison,
        tries: u8,
    },
    NumberTyped {
        case: CaseId,
        agent: StaffId,
    },
    /// For the audit alone: the agent saw the same as with a known number.
    NumberUnknown {
        case: CaseId,
        agent: StaffId,
        centre: CentreId,
    },
    QuestionPut {
        case: CaseId,
        number: u8,
    },
    AnswerJudged {
        case: CaseId,
        number: u8,
        right: bool,
    },
    EnoughAnswers {
        case: CaseId,
    },
    NotEnoughAnswers {
        case: CaseId,
    },
    CheckedIn {
        case: CaseId,
        clerk: StaffId,
        centre: CentreId,
    },
    DocumentsSeen {
        case: CaseId,
        clerk: StaffId,
        codes: Vec<&'static str>,
    },
    WitnessHeard {
        case: CaseId,
        clerk: StaffId,
        witness: PersonId,
    },
    SecondClerk {
        case: CaseId,
        clerk: StaffId,
    },
    FraudFlagged {
        case: CaseId,
        by: StaffId,
    },
    WaitBegun {
        case: CaseId,
        until: Timestamp,
    },
    Granted {
        case: CaseId,
        grant: GrantId,
        instance: InstanceId,
    },
    Completed {
        case: CaseId,
        person: PersonId,
        route: Route,
    },
    Refused {
        case: CaseId,
        reason: RefusalReason,
    },
    CaseStopped {
        case: CaseId,
        veto: Option<VetoId>,
    },
    CaseLapsed {
        case: CaseId,
    },

    // codes and grants
    TemporaryPinIssued {
        temporary_pin: TemporaryPinId,
        case: CaseId,
        person: PersonId,
    },
    /// Where a code appears that a clerk had issued: `sms`, `screen` or `paper`.
    CodeMedium {
        temporary_pin: TemporaryPinId,
        clerk: StaffId,
        medium: &'static str,
        screen: Option<ScreenId>,
    },
    /// A paired screen fetched the code and shows it.
    CodeShown {
        temporary_pin: TemporaryPinId,
        screen: ScreenId,
    },
    /// The printer took the page with the code, or did not.
    CodePrinted {
        temporary_pin: TemporaryPinId,
        taken: bool,
    },
    TemporaryPinReplaced {
        temporary_pin: TemporaryPinId,
    },
    TemporaryPinWrong {
        temporary_pin: TemporaryPinId,
        wrong: u8,
    },
    TemporaryPinRedeemed {
        temporary_pin: TemporaryPinId,
        instance: InstanceId,
    },
    TemporaryPinEnded {
        temporary_pin: TemporaryPinId,
    },
    GrantLapsed {
        grant: GrantId,
    },
    GrantWithdrawn {
        grant: GrantId,
    },
    RegistrationBegun {
        grant: GrantId,
    },
    PCodeIssued {
        p_code: PCodeId,
        person: PersonId,
    },
    PCodeUsed {
        p_code: PCodeId,
        uses: u8,
    },
    PCodeWithdrawn {
        p_code: PCodeId,
    },
    PCodePairedWrongly {
        case: CaseId,
        instance: InstanceId,
    },

    // limits, veto, person
    AgentStopped {
        agent: StaffId,
    },
    CentreStopped {
        centre: CentreId,
    },
    AgentReleased {
        agent: StaffId,
        by: StaffId,
    },
    CentreReleased {
        centre: CentreId,
        by: StaffId,
    },
    VetoOffered {
        veto: VetoId,
        case: CaseId,
    },
    VetoUsed {
        veto: VetoId,
        case: CaseId,
        after_completion: bool,
    },
    /// A link about something that is no recovery.
    ObjectionOffered {
        veto: VetoId,
    },
    /// What following it did, and until when the operator looks at it.
    ObjectionRaised {
        veto: VetoId,
        person: PersonId,
        did: &'static str,
        check_until: Timestamp,
    },
    NumbersPaused {
        person: PersonId,
        veto: VetoId,
    },
    NumbersReleased {
        person: PersonId,
        case: CaseId,
    },
    ForeignDocumentRecorded {
        person: PersonId,
        document: ForeignDocumentId,
    },
    ForeignDocumentForgotten {
        person: PersonId,
        document: ForeignDocumentId,
    },
    IdentityFrozen {
        person: PersonId,
    },
    IdentityUnfrozen {
        person: PersonId,
        case: CaseId,
    },
    ChannelAdded {
        person: PersonId,
    },
    ChannelConfirmed {
        person: PersonId,
    },
    ChannelRemoved {
        person: PersonId,
    },
    ChannelChanged {
        person: PersonId,
    },
    SimChanged {
        person: PersonId,
    },
    LanguageChanged {
        person: PersonId,
    },
    StatusChanged {
        person: PersonId,
    },
    /// The key is gone, and everything sealed under it.
    PersonErased {
        person: PersonId,
    },

    // staff
    /// The operator made a link that makes an account.
    StaffInvited {
        invitation: u128,
        roles: Vec<&'static str>,
    },
    /// An account was made, by an invitation or on the provider's word.
    StaffAccountMade {
        staff: StaffId,
        roles: Vec<&'static str>,
    },
    /// Roles, centre or name of an account changed.
    StaffAccountChanged {
        staff: StaffId,
        roles: Vec<&'static str>,
    },
    /// An account was shut; its sessions ended with that.
    StaffAccountDisabled {
        staff: StaffId,
    },
    /// It was opened again.
    StaffAccountEnabled {
        staff: StaffId,
    },
    /// Its passkeys were withdrawn as lost; its sessions ended with that.
    StaffKeysWithdrawn {
        staff: StaffId,
        keys: u8,
    },
    StaffSignedIn {
        staff: StaffId,
        site: &'static str,
        /// `passkey` or `provider`.
        by: &'static str,
    },
    StaffSignedOut {
        staff: StaffId,
        site: &'static str,
    },
    /// A member's own person id was taken down; the id itself never stands here.
    StaffPersonTaken {
        staff: StaffId,
    },
    /// A member without a national record named the persons to be kept from.
    StaffDeclared {
        staff: StaffId,
        persons: u8,
    },
    /// A second member approved that list.
    StaffDeclarationApproved {
        staff: StaffId,
        by: StaffId,
    },
    /// A member met a case of their own or of their family and was kept from it.
    OwnCaseMet {
        case: CaseId,
        staff: StaffId,
    },
    /// The case was drawn for a look by a second pair of eyes.
    CaseSampled {
        case: CaseId,
        staff: StaffId,
        /// Whether the member works on a declared list, and is drawn twice as often.
        declared: bool,
    },
    /// Two members of staff paired a screen.
    ScreenPaired {
        screen: ScreenId,
        centre: CentreId,
        first: StaffId,
        second: StaffId,
    },
    /// A member of staff ended a pairing.
    ScreenEnded {
        screen: ScreenId,
        by: StaffId,
    },
    /// One of the operator's own systems did something.
    OperatorActed {
        client: String,
        /// Method and template of the call, as in `POST /v1/enrolments`.
        act: String,
    },

    // operation
    /// The operator is told of something.
    AlarmRaised {
        alarm: Alarm,
        /// How often it was raised since the last entry.
        times: u32,
    },
    /// Certificates of issuing states were taken in: on whose word, and out of which file.
    TrustImported {
        /// `certificate`, `anchored-list` or `unanchored-list`.
        how: &'static str,
        /// SHA-256 of the file.
        file: [u8; 32],
        /// SHA-256 of the certificate that signed the list, or of the one that was given.
        signer: [u8; 32],
        /// How many the file holds.
        certificates: u32,
        /// How many of them were not known.
        added: u32,
    },

    /// The rows as they stand were taken for what was saved last: the first time, after an upgrade, after a restore.
    EpochBegun {
        /// Which epoch; the first is 1.
        epoch: u32,
        /// How many rows there are.
        rows: u64,
        /// How many of them were of an older layout and were sealed anew.
        resealed: u64,
    },
    /// A row of the database was not what was saved last, and nothing was decided from then on.
    RowDistrusted {
        /// The code of its kind.
        kind: u16,
        /// Which row.
        id: u128,
        /// In what way.
        finding: &'static str,
    },
    /// The operator said that a database which was set back is the newest there is.
    RestoreAccepted {
        /// Rows of the journal that the checkpoint had.
        kept: u64,
        /// Rows that there are.
        rows: u64,
    },
    /// A clock that was not believed is again.
    ClockTrustedAgain {
        /// Why it was not.
        why: &'static str,
        /// For how long, on the boot clock.
        closed_ms: i64,
    },
    /// This start believes a clock that nobody synchronises, as the configuration says.
    UnsynchronisedClockBelieved,
    /// Somebody with the key file asks that a future which was committed be taken back.
    TimeAcceptanceAsked {
        /// What was committed last, in milliseconds since 1970.
        last: i64,
        /// The clock.
        clock: i64,
    },
    /// A future that was committed was taken back.
    TimeAccepted {
        /// What was committed last, in milliseconds since 1970.
        last: i64,
        /// The clock, from which time goes on.
        clock: i64,
        /// The member of staff who confirmed it, where the policy asks for two persons.
        by: Option<StaffId>,
    },

    // appointments
    Booked {
        appointment: AppointmentId,
        centre: CentreId,
    },
    BookingMoved {
        appointment: AppointmentId,
    },
    BookingCancelled {
        appointment: AppointmentId,
    },
    ReminderSent {
        appointment: AppointmentId,
    },
}
