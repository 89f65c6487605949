//! The journal: every decision is recorded as one entry of ids and codes, never of names or numbers.

#[macro_use]
mod told;

pub use told::{Coarse, Value};

use crate::alarm::Alarm;
use crate::id::{
    AppointmentId, CaseId, CentreId, EnrolmentId, ForeignDocumentId, GrantId, InstanceId, PCodeId,
    PersonId, ScreenId, StaffId, TemporaryPinId, TicketId, VetoId,
};
use crate::route::{RefusalReason, Route};
use crate::time::Timestamp;

journal_events! {
    /// One entry of the journal: something that was decided or done.
    #[derive(Clone, Debug, PartialEq, Eq, Hash)]
    pub enum JournalEvent {
        // enrolment and the app
        EnrolmentOffered { enrolment: EnrolmentId, person: PersonId } => "enrolment-offered" in App,
        EnrolmentCodeWrong { enrolment: EnrolmentId, wrong: u8 } => "enrolment-code-wrong" in App,
        EnrolmentWithdrawn { enrolment: EnrolmentId } => "enrolment-withdrawn" in App,
        EnrolmentPaused { enrolment: EnrolmentId, until: Timestamp } => "enrolment-paused" in App,
        AppBound { instance: InstanceId, person: PersonId, enrolment: EnrolmentId } => "app-bound" in App,
        AppUnbound { instance: InstanceId, person: PersonId } => "app-unbound" in App,
        TryReserved { instance: InstanceId, ticket: TicketId } => "try-reserved" in App,
        PinRight { instance: InstanceId, ticket: TicketId } => "pin-right" in App,
        PinWrong { instance: InstanceId, ticket: TicketId, wrong: u8 } => "pin-wrong" in App,
        TryLost { instance: InstanceId, ticket: TicketId, reserved_at: Timestamp, wrong: u8 } => "try-lost" in App,
        AppLocked { instance: InstanceId, until: Timestamp } => "app-locked" in App,
        AppBlocked { instance: InstanceId } => "app-blocked" in App,
        PinSet { instance: InstanceId, grant: GrantId } => "pin-set" in App,
        /// A number was typed into the app that belongs to none of the waiting sign-ins; `ended` of these ended with it.
        SignInNumberWrong { instance: InstanceId, ended: u16 } => "sign-in-number-wrong" in App,

        // cases
        CaseOpened { case: CaseId, route: Route } => "case-opened" in Case,
        FaceConsentGiven { case: CaseId, text_version: u32 } => "face-consent-given" in Case,
        ChipReadBroken { case: CaseId } => "chip-read-broken" in Case,
        ChipRefused { case: CaseId } => "chip-refused" in Case,
        /// A chip did not prove that it is genuine; `code` names the check that failed.
        ChipNotGenuine { case: CaseId, code: &'static str } => "chip-not-genuine" in Case,
        ChipVerified { case: CaseId } => "chip-verified" in Case,
        NotTheirDocument { case: CaseId } => "not-their-document" in Case,
        /// The outcome of a comparison of faces: scores, reasons and model hashes; never a picture or a face vector
        /// (GDPR Art. 9).
        FaceCompared { case: CaseId, tries: u8, comparison: face::Comparison } => "face-compared" in Case,
        NumberTyped { case: CaseId, agent: StaffId } => "number-typed" in Case,
        /// A document number that does not exist was typed. Only the audit shows this: the agent saw the same as with a
        /// known number.
        NumberUnknown { case: CaseId, agent: StaffId, centre: CentreId } => "number-unknown" in Case,
        QuestionPut { case: CaseId, number: u8 } => "question-put" in Case,
        AnswerJudged { case: CaseId, number: u8, right: bool } => "answer-judged" in Case,
        EnoughAnswers { case: CaseId } => "enough-answers" in Case,
        NotEnoughAnswers { case: CaseId } => "not-enough-answers" in Case,
        CheckedIn { case: CaseId, clerk: StaffId, centre: CentreId } => "checked-in" in Case,
        DocumentsSeen { case: CaseId, clerk: StaffId, codes: Vec<&'static str> } => "documents-seen" in Case,
        WitnessHeard { case: CaseId, clerk: StaffId, witness: PersonId } => "witness-heard" in Case,
        SecondClerk { case: CaseId, clerk: StaffId } => "second-clerk" in Case,
        FraudFlagged { case: CaseId, by: StaffId } => "fraud-flagged" in Case,
        WaitBegun { case: CaseId, until: Timestamp } => "wait-begun" in Case,
        Granted { case: CaseId, grant: GrantId, instance: InstanceId } => "granted" in Case,
        Completed { case: CaseId, person: PersonId, route: Route } => "completed" in Case,
        Refused { case: CaseId, reason: RefusalReason } => "refused" in Case,
        CaseStopped { case: CaseId, veto: Option<VetoId> } => "case-stopped" in Case,
        CaseLapsed { case: CaseId } => "case-lapsed" in Case,

        // codes and grants
        TemporaryPinIssued {
            temporary_pin: TemporaryPinId,
            case: CaseId,
            person: PersonId,
        } => "temporary-pin-issued" in Code,
        /// A clerk had a temporary PIN issued, and this is where it appears: `sms`, `screen` or `paper`.
        CodeMedium {
            temporary_pin: TemporaryPinId,
            clerk: StaffId,
            medium: &'static str,
            screen: Option<ScreenId>,
        } => "code-medium" in Code,
        /// A paired screen fetched the temporary PIN and shows it.
        CodeShown { temporary_pin: TemporaryPinId, screen: ScreenId } => "code-shown" in Code,
        /// The printer accepted the page with the temporary PIN, or did not.
        CodePrinted { temporary_pin: TemporaryPinId, taken: bool } => "code-printed" in Code,
        TemporaryPinReplaced { temporary_pin: TemporaryPinId } => "temporary-pin-replaced" in Code,
        TemporaryPinWrong { temporary_pin: TemporaryPinId, wrong: u8 } => "temporary-pin-wrong" in Code,
        TemporaryPinRedeemed {
            temporary_pin: TemporaryPinId,
            instance: InstanceId,
        } => "temporary-pin-redeemed" in Code,
        TemporaryPinEnded { temporary_pin: TemporaryPinId } => "temporary-pin-ended" in Code,
        GrantLapsed { grant: GrantId } => "grant-lapsed" in Code,
        GrantWithdrawn { grant: GrantId } => "grant-withdrawn" in Code,
        RegistrationBegun { grant: GrantId } => "registration-begun" in Code,
        PCodeIssued { p_code: PCodeId, person: PersonId } => "p-code-issued" in Code,
        PCodeUsed { p_code: PCodeId, uses: u8 } => "p-code-used" in Code,
        PCodeWithdrawn { p_code: PCodeId } => "p-code-withdrawn" in Code,
        PCodePairedWrongly { case: CaseId, instance: InstanceId } => "p-code-paired-wrongly" in Code,

        // limits, veto, person
        AgentStopped { agent: StaffId } => "agent-stopped" in Limit,
        CentreStopped { centre: CentreId } => "centre-stopped" in Limit,
        AgentReleased { agent: StaffId, by: StaffId } => "agent-released" in Limit,
        CentreReleased { centre: CentreId, by: StaffId } => "centre-released" in Limit,
        VetoOffered { veto: VetoId, case: CaseId } => "veto-offered" in Veto,
        VetoUsed { veto: VetoId, case: CaseId, after_completion: bool } => "veto-used" in Veto,
        /// Veto links were sent about a change of channels or a recorded document, not about a recovery.
        ObjectionOffered { veto: VetoId } => "objection-offered" in Veto,
        /// A veto link was used that stops no recovery: what it did, and until when the operator is to check it.
        ObjectionRaised {
            veto: VetoId,
            person: PersonId,
            did: &'static str,
            check_until: Timestamp,
        } => "objection-raised" in Veto,
        NumbersPaused { person: PersonId, veto: VetoId } => "numbers-paused" in Person,
        NumbersReleased { person: PersonId, case: CaseId } => "numbers-released" in Person,
        ForeignDocumentRecorded {
            person: PersonId,
            document: ForeignDocumentId,
        } => "foreign-document-recorded" in Person,
        ForeignDocumentForgotten {
            person: PersonId,
            document: ForeignDocumentId,
        } => "foreign-document-forgotten" in Person,
        IdentityFrozen { person: PersonId } => "identity-frozen" in Person,
        IdentityUnfrozen { person: PersonId, case: CaseId } => "identity-unfrozen" in Person,
        ChannelAdded { person: PersonId } => "channel-added" in Person,
        ChannelConfirmed { person: PersonId } => "channel-confirmed" in Person,
        ChannelRemoved { person: PersonId } => "channel-removed" in Person,
        ChannelChanged { person: PersonId } => "channel-changed" in Person,
        SimChanged { person: PersonId } => "sim-changed" in Person,
        LanguageChanged { person: PersonId } => "language-changed" in Person,
        StatusChanged { person: PersonId } => "status-changed" in Person,
        /// The person's data key was deleted, so everything sealed under it is unreadable.
        PersonErased { person: PersonId } => "person-erased" in Person,

        // staff
        /// The operator made an invitation link, which creates a staff account.
        StaffInvited { invitation: u128, roles: Vec<&'static str> } => "staff-invited" in Staff,
        /// A staff account was created, by an invitation or on the word of the operator's identity provider.
        StaffAccountMade { staff: StaffId, roles: Vec<&'static str> } => "staff-account-made" in Staff,
        /// The roles, the centre or the name of a staff account changed.
        StaffAccountChanged { staff: StaffId, roles: Vec<&'static str> } => "staff-account-changed" in Staff,
        /// A staff account was disabled, and its sessions ended.
        StaffAccountDisabled { staff: StaffId } => "staff-account-disabled" in Staff,
        /// A staff account was enabled again.
        StaffAccountEnabled { staff: StaffId } => "staff-account-enabled" in Staff,
        /// The passkeys of a staff account were withdrawn as lost, and its sessions ended.
        StaffKeysWithdrawn { staff: StaffId, keys: u8 } => "staff-keys-withdrawn" in Staff,
        StaffSignedIn {
            staff: StaffId,
            site: &'static str,
            /// `passkey` or `provider`.
            by: &'static str,
        } => "staff-signed-in" in Staff,
        StaffSignedOut { staff: StaffId, site: &'static str } => "staff-signed-out" in Staff,
        /// The person id of a member of staff was recorded; the id itself never appears in the journal.
        StaffPersonTaken { staff: StaffId } => "staff-person-taken" in Staff,
        /// A member of staff without a national record declared the persons whose cases they must not handle.
        StaffDeclared { staff: StaffId, persons: u8 } => "staff-declared" in Staff,
        /// A second member of staff approved that declaration.
        StaffDeclarationApproved { staff: StaffId, by: StaffId } => "staff-declaration-approved" in Staff,
        /// A member of staff met a case of their own or of their family and was kept from it.
        OwnCaseMet { case: CaseId, staff: StaffId } => "own-case-met" in Staff,
        /// A case was drawn for review by a second member of staff.
        CaseSampled {
            case: CaseId,
            staff: StaffId,
            /// Why the case was drawn.
            reason: &'static str,
            /// Whether the member of staff works on a declared list, and is therefore drawn twice as often.
            declared: bool,
        } => "case-sampled" in Staff,
        /// Two members of staff paired a screen.
        ScreenPaired {
            screen: ScreenId,
            centre: CentreId,
            first: StaffId,
            second: StaffId,
        } => "screen-paired" in Staff,
        /// A member of staff ended a pairing.
        ScreenEnded { screen: ScreenId, by: StaffId } => "screen-ended" in Staff,
        /// One of the operator's own systems called the operator's API.
        OperatorActed {
            client: String,
            /// Method and template of the call, as in `POST /v1/enrolments`.
            act: String,
        } => "operator-acted" in Staff,

        // operation
        /// The operator was alerted by an alarm.
        AlarmRaised {
            alarm: Alarm,
            /// How often the alarm was raised since its last entry.
            times: u32,
        } => "alarm-raised" in Operation,
        /// Certificates of issuing states were imported: who vouches for them, and from which file.
        TrustImported {
            /// `certificate`, `anchored-list` or `unanchored-list`.
            how: &'static str,
            /// SHA-256 of the file.
            file: [u8; 32],
            /// SHA-256 of the certificate that signed the list, or of the certificate that was given.
            signer: [u8; 32],
            /// The number of certificates in the file.
            certificates: u32,
            /// The number of certificates in the file that were not known before.
            added: u32,
        } => "trust-imported" in Operation,

        /// A new epoch of the evidence about rows began: the rows as they stand count as what was saved last. This
        /// happens at the first start, after an upgrade and after a restore.
        EpochBegun {
            /// The number of the epoch; the first is 1.
            epoch: u32,
            /// The number of rows.
            rows: u64,
            /// The number of rows that had an older layout and were sealed anew.
            resealed: u64,
            /// The layout over which the leaf of a journal row is hashed from here on.
            leaf_layout: u8,
        } => "epoch-begun" in Operation,
        /// After a rotation of the master key no row is sealed under an older one any more.
        KeysRewrapped {
            /// The number of the master key that seals all rows now.
            master: u32,
            /// The number of rows that were sealed anew.
            rows: u64,
        } => "keys-rewrapped" in Operation,
        /// A row of the database was not what was saved last; nothing was decided from then on.
        RowDistrusted {
            /// The code of the row's kind.
            kind: u16,
            /// The id of the row.
            id: u128,
            /// How the row differs from what was saved: the stable code of the finding.
            finding: &'static str,
        } => "row-distrusted" in Operation,
        /// The operator accepted a database that was rolled back as the newest there is.
        RestoreAccepted {
            /// The number of journal rows according to the checkpoint.
            kept: u64,
            /// The number of journal rows in the database.
            rows: u64,
        } => "restore-accepted" in Operation,
        /// A backup was put in the place of the database. What might have come to life again ended with it.
        DatabaseRestored {
            /// The last commit of the backup.
            until: Timestamp,
            /// The number of journal rows according to the checkpoint; 0 where there was none.
            kept: u64,
            /// The number of journal rows in the backup.
            rows: u64,
            /// The number of persons who were erased again.
            erased: u64,
            /// The number of apps whose tries of the PIN were counted as used up.
            tries: u64,
            /// The number of codes, grants, cases and offers that ended.
            ended: u64,
            /// The number of other rows that were deleted: sessions, sign-ins, challenges.
            deleted: u64,
        } => "database-restored" in Operation,
        /// Somebody with the key file read entries of the journal.
        JournalRead {
            /// Who reads, in their own words.
            by: String,
            /// What it is for, in their own words.
            purpose: String,
            /// The person whose entries were read; all entries where nobody is named.
            of: Option<PersonId>,
            /// The time of the first entry that was asked for.
            since: Timestamp,
            /// The time after the last one.
            until: Timestamp,
            /// The number of entries.
            entries: u32,
        } => "journal-read" in Operation,
        /// The clock is trusted again.
        ClockTrustedAgain {
            /// Why the clock was not trusted.
            why: &'static str,
            /// How long it was not trusted, in milliseconds on the boot clock.
            closed_ms: i64,
        } => "clock-trusted-again" in Operation,
        /// The server trusts a clock that nobody synchronises since this start, because the configuration says so.
        UnsynchronisedClockBelieved => "unsynchronised-clock-believed" in Operation,
        /// Somebody with the key file asked that time be set back, because the last commit is dated in the future.
        TimeAcceptanceAsked {
            /// The last committed time.
            last: Timestamp,
            /// What the clock said.
            clock: Timestamp,
        } => "time-acceptance-asked" in Operation,
        /// Time was set back after commits that were dated in the future.
        TimeAccepted {
            /// The last committed time.
            last: Timestamp,
            /// What the clock said; time continues from here.
            clock: Timestamp,
            /// The member of staff who confirmed it, where the policy requires two persons.
            by: Option<StaffId>,
        } => "time-accepted" in Operation,

        // appointments
        Booked { appointment: AppointmentId, centre: CentreId } => "booked" in Appointment,
        BookingMoved { appointment: AppointmentId } => "booking-moved" in Appointment,
        BookingCancelled { appointment: AppointmentId } => "booking-cancelled" in Appointment,
        ReminderSent { appointment: AppointmentId } => "reminder-sent" in Appointment,
    }
}
