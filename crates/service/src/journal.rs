//! The journal: every decision as one entry of codes and ids, sealed under the key of the person it is about.

use crate::work::{Subject, Work};
use crate::{Failure, Random};
use recovery::event::{Coarse, JournalEvent};
use std::fmt::Write as _;
use store::codec::{CodecError, Reader, Writer};
use store::keys::{Keys, MasterNumber};
use store::seal::{self, Binding, Nonce};
use store::{CoarseType, JournalId, JournalRow, SubjectId};

/// The layout of an entry.
const LAYOUT: u8 = 1;
const FIELDS_MAX: usize = 16;
const TEXT_MAX: usize = 64;

/// One entry as an auditor reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What happened; stable.
    pub code: String,
    /// Names and values; ids, numbers, codes and instants only.
    pub fields: Vec<(String, String)>,
}

enum Value {
    None,
    Id(u128),
    Number(i64),
    Instant(i64),
    Digest([u8; 32]),
    Code(&'static str),
    Codes(Vec<&'static str>),
    Text(String),
}

impl Work<'_> {
    /// Seals what was said and adds it to the transaction.
    pub(crate) async fn write_journal(&mut self) -> Result<(), Failure> {
        for (subject, event) in std::mem::take(&mut self.journal) {
            let (id, salt) = (JournalId(self.service.draw_id()), self.service.draw());
            let subject_id = match subject {
                Subject::Person(person) => {
                    self.ensure_key(person).await?;
                    let drawn = self.subject_of(person);
                    drawn.unwrap_or_else(|| SubjectId(self.service.draw_id()))
                }
                Subject::Erased(subject) => subject,
                Subject::Nobody { matter: 0 } => SubjectId(self.service.draw_id()),
                Subject::Nobody { matter } => matter_subject(&self.service.parts().keys, matter),
            };
            let coarse = coarse_type(event.coarse());
            let mut row =
                JournalRow { id, subject: subject_id, coarse, salt, ciphertext: Vec::new() };
            row.ciphertext = self.seal_journal(subject, &row, &encode(&event));
            self.change(|transaction| transaction.journal(row));
        }
        Ok(())
    }

    fn seal_journal(&self, subject: Subject, row: &JournalRow, clear: &[u8]) -> Vec<u8> {
        let key = match subject {
            Subject::Person(person) => self.key_of(person),
            Subject::Erased(_) | Subject::Nobody { .. } => None,
        };
        let Some(key) = key else {
            return seal_for_service(&self.service.parts().keys, self.nonce(), row, clear);
        };
        let mut out = Writer::new();
        out.u8(1);
        out.bytes(&seal::seal(key, self.nonce(), &Binding::journal(row), clear));
        out.finish()
    }
}

/// What the journal calls a matter: nobody without the keys can tell which row of the database it is about.
fn matter_subject(keys: &Keys, matter: u128) -> SubjectId {
    let hash = keys.code_hash("journal subject", &[&matter.to_be_bytes()]);
    let half = hash.first_chunk::<16>().copied().unwrap_or_default();
    SubjectId(u128::from_be_bytes(half))
}

fn seal_for_service(keys: &Keys, nonce: Nonce, row: &JournalRow, clear: &[u8]) -> Vec<u8> {
    let (number, key) = keys.newest_service_key();
    let mut out = Writer::new();
    out.u8(0);
    out.u32(number.0);
    out.bytes(&seal::seal(&key, nonce, &Binding::journal(row), clear));
    out.finish()
}

/// An entry of the operator's own, written by a command beside the running service; it is about nobody.
#[must_use]
pub fn row_of_operation(keys: &Keys, random: &dyn Random, event: &JournalEvent) -> JournalRow {
    let (mut id, mut salt, mut nonce) = ([0; 16], [0; 32], [0; seal::NONCE_BYTES]);
    let mut subject = [0; 16];
    random.fill(&mut subject);
    random.fill(&mut id);
    random.fill(&mut salt);
    random.fill(&mut nonce);
    let mut row = JournalRow {
        id: JournalId(u128::from_be_bytes(id)),
        subject: SubjectId(u128::from_be_bytes(subject)),
        coarse: coarse_type(event.coarse()),
        salt,
        ciphertext: Vec::new(),
    };
    row.ciphertext = seal_for_service(keys, Nonce(nonce), &row, &encode(event));
    row
}

/// Opens an entry that is sealed under the service's key: one that is about no person.
///
/// # Errors
///
/// An entry about a person, or one that does not open.
pub fn open_of_service(keys: &Keys, row: &JournalRow) -> Result<Entry, CodecError> {
    let mut r = Reader::new(&row.ciphertext);
    match r.u8("owner")? {
        0 => {}
        other => return Err(CodecError::Unknown { what: "owner", value: u64::from(other) }),
    }
    let number = MasterNumber(r.u32("master number")?);
    let unknown = CodecError::Unknown { what: "master number", value: u64::from(number.0) };
    let key = keys.service_key(number).ok_or(unknown)?;
    let sealed = r.bytes("entry", store::transaction::SEALED_BYTES_MAX)?;
    decode(&seal::open(&key, &Binding::journal(row), sealed, "entry")?)
}

/// The stored code of a coarse type.
#[must_use]
pub const fn coarse_type(coarse: Coarse) -> CoarseType {
    CoarseType(match coarse {
        Coarse::App => 1,
        Coarse::Case => 2,
        Coarse::Code => 3,
        Coarse::Limit => 4,
        Coarse::Veto => 5,
        Coarse::Person => 6,
        Coarse::Appointment => 7,
        Coarse::Operation => 8,
        Coarse::Staff => 9,
    })
}

fn encode(event: &JournalEvent) -> Vec<u8> {
    let mut w = Writer::new();
    w.u8(LAYOUT);
    w.str(event.code());
    let fields: Vec<(&str, String)> =
        fields(event).into_iter().filter_map(|(name, value)| Some((name, text(&value)?))).collect();
    w.seq(fields.iter(), |w, (name, value)| {
        w.str(name);
        w.str(value);
    });
    w.finish()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::None => None,
        Value::Id(id) => Some(format!("{id:032x}")),
        Value::Number(number) => Some(number.to_string()),
        Value::Instant(millis) => Some(
            jiff::Timestamp::from_millisecond(*millis)
                .map_or_else(|_| millis.to_string(), |at| at.to_string()),
        ),
        Value::Digest(bytes) => {
            Some(bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            }))
        }
        Value::Code(code) => Some((*code).to_owned()),
        Value::Codes(codes) => Some(codes.join(",")),
        Value::Text(text) => Some(text.clone()),
    }
}

/// Reads an opened entry.
///
/// # Errors
///
/// Bytes that are no entry.
pub fn decode(clear: &[u8]) -> Result<Entry, CodecError> {
    let mut r = Reader::new(clear);
    match r.u8("layout")? {
        LAYOUT => {}
        other => return Err(CodecError::Unknown { what: "layout", value: u64::from(other) }),
    }
    let code = r.str("code", TEXT_MAX)?.to_owned();
    let fields = r.seq("fields", FIELDS_MAX, |r| {
        Ok((r.str("name", TEXT_MAX)?.to_owned(), r.str("value", 1_024)?.to_owned()))
    })?;
    r.finish()?;
    Ok(Entry { code, fields })
}

#[expect(
    clippy::too_many_lines,
    reason = "one line an event; splitting the match would need a wildcard"
)]
fn fields(event: &JournalEvent) -> Vec<(&'static str, Value)> {
    use JournalEvent as E;
    match event {
        E::EnrolmentOffered { enrolment, person } => {
            vec![("enrolment", Value::Id(enrolment.0)), ("person", Value::Id(person.0))]
        }
        E::EnrolmentCodeWrong { enrolment, wrong } => {
            vec![("enrolment", Value::Id(enrolment.0)), ("wrong", Value::Number(i64::from(*wrong)))]
        }
        E::EnrolmentWithdrawn { enrolment } => vec![("enrolment", Value::Id(enrolment.0))],
        E::EnrolmentPaused { enrolment, until } => {
            vec![("enrolment", Value::Id(enrolment.0)), ("until", Value::Instant(until.0))]
        }
        E::AppBound { instance, person, enrolment } => vec![
            ("instance", Value::Id(instance.0)),
            ("person", Value::Id(person.0)),
            ("enrolment", Value::Id(enrolment.0)),
        ],
        E::AppUnbound { instance, person } => {
            vec![("instance", Value::Id(instance.0)), ("person", Value::Id(person.0))]
        }
        E::TryReserved { instance, ticket } => {
            vec![("instance", Value::Id(instance.0)), ("ticket", Value::Id(ticket.0))]
        }
        E::PinRight { instance, ticket } => {
            vec![("instance", Value::Id(instance.0)), ("ticket", Value::Id(ticket.0))]
        }
        E::PinWrong { instance, ticket, wrong } => vec![
            ("instance", Value::Id(instance.0)),
            ("ticket", Value::Id(ticket.0)),
            ("wrong", Value::Number(i64::from(*wrong))),
        ],
        E::TryLost { instance, ticket, reserved_at, wrong } => vec![
            ("instance", Value::Id(instance.0)),
            ("ticket", Value::Id(ticket.0)),
            ("reserved_at", Value::Instant(reserved_at.0)),
            ("wrong", Value::Number(i64::from(*wrong))),
        ],
        E::AppLocked { instance, until } => {
            vec![("instance", Value::Id(instance.0)), ("until", Value::Instant(until.0))]
        }
        E::AppBlocked { instance } => vec![("instance", Value::Id(instance.0))],
        E::SignInNumberWrong { instance, ended } => {
            vec![("instance", Value::Id(instance.0)), ("ended", Value::Number(i64::from(*ended)))]
        }
        E::PinSet { instance, grant } => {
            vec![("instance", Value::Id(instance.0)), ("grant", Value::Id(grant.0))]
        }
        E::CaseOpened { case, route } => {
            vec![("case", Value::Id(case.0)), ("route", Value::Code(route.code()))]
        }
        E::FaceConsentGiven { case, text_version } => vec![
            ("case", Value::Id(case.0)),
            ("text_version", Value::Number(i64::from(*text_version))),
        ],
        E::ChipReadBroken { case } => vec![("case", Value::Id(case.0))],
        E::ChipRefused { case } => vec![("case", Value::Id(case.0))],
        E::ChipVerified { case } => vec![("case", Value::Id(case.0))],
        E::NotTheirDocument { case } => vec![("case", Value::Id(case.0))],
        E::FaceCompared { case, comparison, tries } => {
            let mut fields =
                vec![("case", Value::Id(case.0)), ("tries", Value::Number(i64::from(*tries)))];
            fields.extend(face_verdict(comparison));
            fields
        }
        E::NumberTyped { case, agent } => {
            vec![("case", Value::Id(case.0)), ("agent", Value::Id(agent.0))]
        }
        E::NumberUnknown { case, agent, centre } => vec![
            ("case", Value::Id(case.0)),
            ("agent", Value::Id(agent.0)),
            ("centre", Value::Id(centre.0)),
        ],
        E::QuestionPut { case, number } => {
            vec![("case", Value::Id(case.0)), ("number", Value::Number(i64::from(*number)))]
        }
        E::AnswerJudged { case, number, right } => vec![
            ("case", Value::Id(case.0)),
            ("number", Value::Number(i64::from(*number))),
            ("right", Value::Number(i64::from(*right))),
        ],
        E::EnoughAnswers { case } => vec![("case", Value::Id(case.0))],
        E::NotEnoughAnswers { case } => vec![("case", Value::Id(case.0))],
        E::CheckedIn { case, clerk, centre } => vec![
            ("case", Value::Id(case.0)),
            ("clerk", Value::Id(clerk.0)),
            ("centre", Value::Id(centre.0)),
        ],
        E::DocumentsSeen { case, clerk, codes } => vec![
            ("case", Value::Id(case.0)),
            ("clerk", Value::Id(clerk.0)),
            ("codes", Value::Codes(codes.clone())),
        ],
        E::WitnessHeard { case, clerk, witness } => vec![
            ("case", Value::Id(case.0)),
            ("clerk", Value::Id(clerk.0)),
            ("witness", Value::Id(witness.0)),
        ],
        E::SecondClerk { case, clerk } => {
            vec![("case", Value::Id(case.0)), ("clerk", Value::Id(clerk.0))]
        }
        E::FraudFlagged { case, by } => vec![("case", Value::Id(case.0)), ("by", Value::Id(by.0))],
        E::WaitBegun { case, until } => {
            vec![("case", Value::Id(case.0)), ("until", Value::Instant(until.0))]
        }
        E::Granted { case, grant, instance } => vec![
            ("case", Value::Id(case.0)),
            ("grant", Value::Id(grant.0)),
            ("instance", Value::Id(instance.0)),
        ],
        E::Completed { case, person, route } => vec![
            ("case", Value::Id(case.0)),
            ("person", Value::Id(person.0)),
            ("route", Value::Code(route.code())),
        ],
        E::Refused { case, reason } => {
            vec![("case", Value::Id(case.0)), ("reason", Value::Code(reason.code()))]
        }
        E::CaseStopped { case, veto } => vec![
            ("case", Value::Id(case.0)),
            ("veto", veto.map_or(Value::None, |id| Value::Id(id.0))),
        ],
        E::CaseLapsed { case } => vec![("case", Value::Id(case.0))],
        E::TemporaryPinIssued { temporary_pin, case, person } => vec![
            ("temporary_pin", Value::Id(temporary_pin.0)),
            ("case", Value::Id(case.0)),
            ("person", Value::Id(person.0)),
        ],
        E::CodeMedium { temporary_pin, clerk, medium, screen } => vec![
            ("temporary_pin", Value::Id(temporary_pin.0)),
            ("clerk", Value::Id(clerk.0)),
            ("medium", Value::Code(medium)),
            ("screen", screen.map_or(Value::None, |id| Value::Id(id.0))),
        ],
        E::CodeShown { temporary_pin, screen } => {
            vec![("temporary_pin", Value::Id(temporary_pin.0)), ("screen", Value::Id(screen.0))]
        }
        E::CodePrinted { temporary_pin, taken } => vec![
            ("temporary_pin", Value::Id(temporary_pin.0)),
            ("taken", Value::Number(i64::from(*taken))),
        ],
        E::ScreenPaired { screen, centre, first, second } => vec![
            ("screen", Value::Id(screen.0)),
            ("centre", Value::Id(centre.0)),
            ("first", Value::Id(first.0)),
            ("second", Value::Id(second.0)),
        ],
        E::ScreenEnded { screen, by } => {
            vec![("screen", Value::Id(screen.0)), ("by", Value::Id(by.0))]
        }
        E::TemporaryPinReplaced { temporary_pin } => {
            vec![("temporary_pin", Value::Id(temporary_pin.0))]
        }
        E::TemporaryPinWrong { temporary_pin, wrong } => vec![
            ("temporary_pin", Value::Id(temporary_pin.0)),
            ("wrong", Value::Number(i64::from(*wrong))),
        ],
        E::TemporaryPinRedeemed { temporary_pin, instance } => {
            vec![("temporary_pin", Value::Id(temporary_pin.0)), ("instance", Value::Id(instance.0))]
        }
        E::TemporaryPinEnded { temporary_pin } => {
            vec![("temporary_pin", Value::Id(temporary_pin.0))]
        }
        E::GrantLapsed { grant } => vec![("grant", Value::Id(grant.0))],
        E::GrantWithdrawn { grant } => vec![("grant", Value::Id(grant.0))],
        E::RegistrationBegun { grant } => vec![("grant", Value::Id(grant.0))],
        E::PCodeIssued { p_code, person } => {
            vec![("p_code", Value::Id(p_code.0)), ("person", Value::Id(person.0))]
        }
        E::PCodeUsed { p_code, uses } => {
            vec![("p_code", Value::Id(p_code.0)), ("uses", Value::Number(i64::from(*uses)))]
        }
        E::PCodeWithdrawn { p_code } => vec![("p_code", Value::Id(p_code.0))],
        E::PCodePairedWrongly { case, instance } => {
            vec![("case", Value::Id(case.0)), ("instance", Value::Id(instance.0))]
        }
        E::AgentStopped { agent } => vec![("agent", Value::Id(agent.0))],
        E::CentreStopped { centre } => vec![("centre", Value::Id(centre.0))],
        E::AgentReleased { agent, by } => {
            vec![("agent", Value::Id(agent.0)), ("by", Value::Id(by.0))]
        }
        E::CentreReleased { centre, by } => {
            vec![("centre", Value::Id(centre.0)), ("by", Value::Id(by.0))]
        }
        E::VetoOffered { veto, case } => {
            vec![("veto", Value::Id(veto.0)), ("case", Value::Id(case.0))]
        }
        E::VetoUsed { veto, case, after_completion } => vec![
            ("veto", Value::Id(veto.0)),
            ("case", Value::Id(case.0)),
            ("after_completion", Value::Number(i64::from(*after_completion))),
        ],
        E::IdentityFrozen { person } => vec![("person", Value::Id(person.0))],
        E::IdentityUnfrozen { person, case } => {
            vec![("person", Value::Id(person.0)), ("case", Value::Id(case.0))]
        }
        E::ObjectionOffered { veto } => vec![("veto", Value::Id(veto.0))],
        E::ObjectionRaised { veto, person, did, check_until } => vec![
            ("veto", Value::Id(veto.0)),
            ("person", Value::Id(person.0)),
            ("did", Value::Code(did)),
            ("check_until", Value::Instant(check_until.0)),
        ],
        E::NumbersPaused { person, veto } => {
            vec![("person", Value::Id(person.0)), ("veto", Value::Id(veto.0))]
        }
        E::NumbersReleased { person, case } => {
            vec![("person", Value::Id(person.0)), ("case", Value::Id(case.0))]
        }
        E::ForeignDocumentRecorded { person, document }
        | E::ForeignDocumentForgotten { person, document } => {
            vec![("person", Value::Id(person.0)), ("document", Value::Id(document.0))]
        }
        E::ChannelAdded { person } => vec![("person", Value::Id(person.0))],
        E::ChannelConfirmed { person } => vec![("person", Value::Id(person.0))],
        E::ChannelRemoved { person } | E::ChannelChanged { person } | E::SimChanged { person } => {
            vec![("person", Value::Id(person.0))]
        }
        E::LanguageChanged { person } => vec![("person", Value::Id(person.0))],
        E::StatusChanged { person } => vec![("person", Value::Id(person.0))],
        E::PersonErased { person } => vec![("person", Value::Id(person.0))],
        E::StaffInvited { invitation, roles } => {
            vec![("invitation", Value::Id(*invitation)), ("roles", Value::Codes(roles.clone()))]
        }
        E::StaffAccountMade { staff, roles } | E::StaffAccountChanged { staff, roles } => {
            vec![("staff", Value::Id(staff.0)), ("roles", Value::Codes(roles.clone()))]
        }
        E::StaffSignedIn { staff, site, by } => vec![
            ("staff", Value::Id(staff.0)),
            ("site", Value::Code(site)),
            ("by", Value::Code(by)),
        ],
        E::StaffSignedOut { staff, site } => {
            vec![("staff", Value::Id(staff.0)), ("site", Value::Code(site))]
        }
        E::StaffPersonTaken { staff }
        | E::StaffAccountDisabled { staff }
        | E::StaffAccountEnabled { staff } => vec![("staff", Value::Id(staff.0))],
        E::StaffKeysWithdrawn { staff, keys } => {
            vec![("staff", Value::Id(staff.0)), ("keys", Value::Number(i64::from(*keys)))]
        }
        E::StaffDeclared { staff, persons } => {
            vec![("staff", Value::Id(staff.0)), ("persons", Value::Number(i64::from(*persons)))]
        }
        E::StaffDeclarationApproved { staff, by } => {
            vec![("staff", Value::Id(staff.0)), ("by", Value::Id(by.0))]
        }
        E::OwnCaseMet { case, staff } => {
            vec![("case", Value::Id(case.0)), ("staff", Value::Id(staff.0))]
        }
        E::CaseSampled { case, staff, declared } => vec![
            ("case", Value::Id(case.0)),
            ("staff", Value::Id(staff.0)),
            ("reason", Value::Code("sample")),
            ("declared", Value::Number(i64::from(*declared))),
        ],
        E::OperatorActed { client, act } => {
            vec![("client", Value::Text(client.clone())), ("act", Value::Text(act.clone()))]
        }
        E::ChipNotGenuine { case, code } => {
            vec![("case", Value::Id(case.0)), ("code", Value::Code(code))]
        }
        E::AlarmRaised { alarm, times } => {
            vec![("alarm", Value::Code(alarm.code())), ("times", Value::Number(i64::from(*times)))]
        }
        E::TrustImported { how, file, signer, certificates, added } => vec![
            ("how", Value::Code(how)),
            ("file", Value::Digest(*file)),
            ("signer", Value::Digest(*signer)),
            ("certificates", Value::Number(i64::from(*certificates))),
            ("added", Value::Number(i64::from(*added))),
        ],
        E::EpochBegun { epoch, rows, resealed } => vec![
            ("epoch", Value::Number(i64::from(*epoch))),
            ("rows", Value::Number(i64::try_from(*rows).unwrap_or(i64::MAX))),
            ("resealed", Value::Number(i64::try_from(*resealed).unwrap_or(i64::MAX))),
            ("leaf_layout", Value::Number(i64::from(store::Layout::CURRENT.0))),
        ],
        E::RowDistrusted { kind, id, finding } => vec![
            ("kind", Value::Number(i64::from(*kind))),
            ("id", Value::Id(*id)),
            ("finding", Value::Code(finding)),
        ],
        E::RestoreAccepted { kept, rows } => vec![
            ("kept", Value::Number(i64::try_from(*kept).unwrap_or(i64::MAX))),
            ("rows", Value::Number(i64::try_from(*rows).unwrap_or(i64::MAX))),
        ],
        E::ClockTrustedAgain { why, closed_ms } => {
            vec![("why", Value::Code(why)), ("closed_ms", Value::Number(*closed_ms))]
        }
        E::UnsynchronisedClockBelieved => Vec::new(),
        E::TimeAcceptanceAsked { last, clock } => {
            vec![("last", Value::Instant(*last)), ("clock", Value::Instant(*clock))]
        }
        E::TimeAccepted { last, clock, by } => vec![
            ("last", Value::Instant(*last)),
            ("clock", Value::Instant(*clock)),
            ("by", by.map_or(Value::None, |by| Value::Id(by.0))),
        ],
        E::Booked { appointment, centre } => {
            vec![("appointment", Value::Id(appointment.0)), ("centre", Value::Id(centre.0))]
        }
        E::BookingMoved { appointment } => vec![("appointment", Value::Id(appointment.0))],
        E::BookingCancelled { appointment } => vec![("appointment", Value::Id(appointment.0))],
        E::ReminderSent { appointment } => vec![("appointment", Value::Id(appointment.0))],
    }
}

/// What a comparison measured and with what: enough to justify the outcome years later, and to find every decision of a
/// model that turns out to be wrong.
fn face_verdict(comparison: &face::Comparison) -> Vec<(&'static str, Value)> {
    let scores = comparison.scores();
    let (liveness, failed) = match comparison.liveness() {
        face::Liveness::NotChecked => ("not-checked", Vec::new()),
        face::Liveness::Passed => ("passed", Vec::new()),
        face::Liveness::Failed(reasons) => {
            ("failed", reasons.iter().map(|reason| reason.code()).collect())
        }
    };
    let reason = match comparison.result() {
        face::FaceResult::TryAgain(reason) => Value::Code(reason.code()),
        face::FaceResult::Match | face::FaceResult::NoMatch => Value::None,
    };
    let score = |score: face::Score| Value::Text(score.to_string());
    let each: Vec<String> =
        scores.embeddings.iter().map(|(name, score)| format!("{name}={score}")).collect();
    let models: Vec<String> = comparison.models().iter().map(model).collect();
    let missing = comparison.missing().iter().map(|missing| missing.code()).collect();
    let covered = comparison.covered().iter().map(|covering| covering.code()).collect();
    vec![
        ("outcome", Value::Code(comparison.result().code())),
        ("reason", reason),
        ("liveness", Value::Code(liveness)),
        ("liveness_reasons", Value::Codes(failed)),
        ("score", scores.fused.map_or(Value::None, score)),
        ("scores", Value::Text(each.join(","))),
        ("passive_check", scores.pad.map_or(Value::None, score)),
        ("models", Value::Text(models.join(","))),
        ("missing", Value::Codes(missing)),
        ("covered", Value::Codes(covered)),
        ("light", comparison.light().map_or(Value::None, |light| Value::Code(light.code()))),
    ]
}

fn model(id: &face::ModelId) -> String {
    use std::fmt::Write as _;
    let mut text = format!("{}:", id.name);
    for byte in id.sha256 {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
