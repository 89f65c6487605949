//! One value of each thing, none of it anybody's: what the transition table and the tests are
//! played on.

pub(crate) mod events;

use chip::date::{Date, PartialDate};
use chip::verdict::{
    Access, Document, DocumentKind, HolderName, Portrait, Presence, PresenceProof, Sex, Signer,
    VerifiedChip, VerifiedParts,
};
use face::{Comparison, ComparisonParts, FaceResult, Liveness, Scores};

use crate::authenticator::{Authenticator, PinRecord, State};
use crate::case::{
    Call, Case, CaseApp, ChipEvidence, ChipFaceCase, ChipFaceStage, Closed, Consent, DeskCase,
    DeskProof, DeskStage, Granted, Ground, Issued, PhoneCase, PhoneStage, Stage, Visit, Wait,
};
use crate::evidence::{
    ChipJudged, Circumstances, DocumentStatus, PairedPCode, PictureDocument, RegisterAnswer,
    SeenAtDesk, StatusAnswer, Subject, Witness,
};
use crate::id::CredentialId;
use crate::id::{
    CaseId, CentreId, ChannelId, GrantId, InstanceId, PersonId, QuestionSetId, StaffId,
    TemporaryPinId,
};
use crate::person::{BoundApp, Channel, ChannelKind, Person, Status};
use crate::policy::Policy;
use crate::questions::{Expected, FactKind, Question, QuestionRun, QuestionSet};
use crate::route::{RefusalReason, Route};
use crate::sensitive::{KeyedHash, Sensitive};
use crate::staff::{Role, StaffMember};
use crate::temporary_pin::{self, DrawnCode, TemporaryPin};
use crate::time::{Duration, Timestamp};

/// 2026-11-22T10:00:00Z.
pub(crate) const NOW: Timestamp = Timestamp(1_795_341_600_000);
pub(crate) const PERSON: PersonId = PersonId(1);
pub(crate) const WITNESS: PersonId = PersonId(2);
pub(crate) const INSTANCE: InstanceId = InstanceId(3);
pub(crate) const CASE: CaseId = CaseId(4);
pub(crate) const GRANT: GrantId = GrantId(5);
pub(crate) const TEMPORARY_PIN: TemporaryPinId = TemporaryPinId(6);
pub(crate) const CENTRE: CentreId = CentreId(7);
pub(crate) const PHONE: ChannelId = ChannelId(8);
pub(crate) const PORTRAIT: [u8; 32] = [9; 32];
pub(crate) const DOCUMENT: KeyedHash = KeyedHash([10; 32]);
pub(crate) const CODE: KeyedHash = KeyedHash([11; 32]);
/// A replacement number (day + 60): never a real person's.
const NATIONAL_NUMBER: &str = "6101701234";

pub(crate) fn person() -> Person {
    let mut person = Person::new(PERSON, "da".to_owned(), Status::Active);
    let changed_at = NOW.minus(Duration::from_days(400));
    person.channels.push(Channel {
        id: PHONE,
        kind: ChannelKind::Phone,
        address: Sensitive::new("+4500000000".to_owned()),
        confirmed_at: Some(changed_at),
        changed_at,
        sim_changed_at: None,
        removed_at: None,
    });
    person.instances.push(BoundApp {
        instance: INSTANCE,
        name: Sensitive::new("phone".to_owned()),
        bound_at: changed_at,
    });
    person
}

pub(crate) fn pin_record() -> PinRecord {
    PinRecord { credential: CredentialId([1; 32]), registration: vec![1], set_at: NOW }
}

pub(crate) fn app() -> Authenticator {
    let state = State::Ready { pin: pin_record(), wrong: 0, open: None };
    Authenticator { state, ..Authenticator::bound(INSTANCE, PERSON, vec![4], NOW) }
}

pub(crate) fn staff(id: u128, role: Role) -> StaffMember {
    StaffMember { id: StaffId(id), roles: vec![role], centre: Some(CENTRE), kin: Vec::new() }
}

pub(crate) fn agent() -> StaffMember {
    staff(20, Role::Agent)
}

pub(crate) fn clerk() -> StaffMember {
    staff(30, Role::Clerk)
}

pub(crate) fn call() -> Call {
    Call { agent: agent().id, centre: CENTRE }
}

pub(crate) fn visit() -> Visit {
    Visit { clerk: clerk().id, centre: CENTRE, appointment: None }
}

pub(crate) fn seen() -> SeenAtDesk {
    SeenAtDesk::assume_verified(PictureDocument::DrivingLicence, None, NOW)
}

/// Three questions whose right answers are 2001, 2002 and 2003.
pub(crate) fn question_set() -> QuestionSet {
    let kinds = [FactKind::MarriageYear, FactKind::ChildBirthYear, FactKind::MonthMovedIn];
    let questions = kinds
        .into_iter()
        .zip(2001..)
        .map(|(kind, year)| Question {
            kind,
            ordinal: 0,
            expected: Expected::Year(Sensitive::new(year)),
        })
        .collect();
    QuestionSet { id: QuestionSetId(40), questions, right_min: 2, wrong_max: 2, guessing: None }
}

pub(crate) fn run_with(right: u8, wrong: u8, open: bool) -> QuestionRun {
    let judged = right.saturating_add(wrong);
    let put = judged.saturating_add(u8::from(open));
    QuestionRun { set: question_set(), put, judged, right }
}

pub(crate) fn verified_chip(presence: Presence) -> VerifiedChip {
    let name = HolderName {
        primary: Sensitive::new("SPECIMEN".to_owned()),
        secondary: Sensitive::new("ANNA".to_owned()),
    };
    VerifiedChip::assume_verified(VerifiedParts {
        document: Document {
            kind: DocumentKind::Td3,
            code: "P".to_owned(),
            issuing_state: "DNK".to_owned(),
            number: Sensitive::new("200000001".to_owned()),
            holder: name,
            birth_date: Sensitive::new(PartialDate::default()),
            expires_on: last_day(),
            sex: Sex::Unspecified,
            nationality: "DNK".to_owned(),
        },
        personal_numbers: vec![Sensitive::new(NATIONAL_NUMBER.to_owned())],
        presence,
        deviations: Vec::new(),
        signer: Signer {
            subject: String::new(),
            issuer: String::new(),
            country: "DK".to_owned(),
            serial: "1".to_owned(),
            fingerprint: [0; 32],
            csca_fingerprint: None,
            algorithm: String::new(),
            signed_at: None,
        },
        portrait: Portrait::new(Vec::new()),
        access: Access::Pace,
    })
}

/// A day far ahead; the first of January exists in every year.
fn last_day() -> Date {
    Date::new(2030, 1, 1).unwrap_or_else(|| chip::date::UnixTime::from_secs(i64::MAX).date())
}

pub(crate) fn judged(presence: Presence, person: &Person, policy: &Policy) -> ChipJudged {
    let numbers = [Sensitive::new(NATIONAL_NUMBER.to_owned())];
    let around = circumstances(person, &numbers);
    ChipJudged::judge(&verified_chip(presence), around, policy, NOW)
}

pub(crate) fn circumstances<'a>(
    person: &'a Person,
    national_numbers: &'a [Sensitive<String>],
) -> Circumstances<'a> {
    Circumstances {
        subject: Subject { person, national_numbers },
        document: DOCUMENT,
        portrait: PORTRAIT,
        register: RegisterAnswer::Unknown,
        p_code: PairedPCode::NotGiven,
        status: StatusAnswer { status: DocumentStatus::Valid, asked_at: NOW },
    }
}

pub(crate) const PROVEN: Presence = Presence::Proven(PresenceProof::ActiveAuthentication);

pub(crate) fn chip_evidence(presence: Presence) -> ChipEvidence {
    ChipEvidence {
        issuing_state: "DNK".to_owned(),
        number: Sensitive::new("200000001".to_owned()),
        document: DOCUMENT,
        expires_on: last_day(),
        presence,
        portrait: PORTRAIT,
        p_code: None,
        verified_at: NOW,
    }
}

pub(crate) fn comparison(result: FaceResult) -> Comparison {
    Comparison::assume_verified(ComparisonParts {
        result,
        liveness: Liveness::Passed,
        scores: Scores { fused: None, embeddings: Vec::new(), pad: None },
        models: Vec::new(),
        missing: Vec::new(),
        covered: Vec::new(),
        light: None,
    })
}

pub(crate) fn case(stage: impl Into<Stage>) -> Case {
    Case { id: CASE, opened_at: NOW, stage: stage.into() }
}

pub(crate) fn code() -> temporary_pin::Code {
    temporary_pin::Code {
        id: TEMPORARY_PIN,
        case: CASE,
        instance: None,
        hash: CODE,
        issued_at: NOW,
    }
}

/// The code that every issue of the specimens draws.
pub(crate) fn drawn_code() -> DrawnCode {
    DrawnCode { id: TEMPORARY_PIN, digits: Sensitive::new("12345678".to_owned()), hash: CODE }
}

pub(crate) fn no_temporary_pin() -> TemporaryPin {
    TemporaryPin::none(PERSON)
}

pub(crate) fn chip_face(stage: ChipFaceStage) -> Stage {
    ChipFaceCase { app: CaseApp { person: PERSON, instance: INSTANCE }, stage }.into()
}

pub(crate) fn on_the_phone(stage: PhoneStage) -> Stage {
    PhoneCase { call: call(), stage }.into()
}

pub(crate) fn at_desk(stage: DeskStage) -> Stage {
    DeskCase { visit: visit(), stage }.into()
}

/// Every stage of a case, in reading order.
pub(crate) fn stages() -> Vec<Stage> {
    let consent = Consent { text_version: 1, at: NOW };
    let (seen, person, route) = (seen(), PERSON, Route::Phone);
    let proof = DeskProof::Witness(Witness::assume_verified(WITNESS, NOW));
    let ground = Ground::Phone { call: call() };
    let some = Some(person);
    let asking =
        |open| on_the_phone(PhoneStage::Asking { person: some, run: run_with(1, 1, open) });
    let asking_at_desk = |open| {
        let (seen, run) = (seen.clone(), run_with(1, 1, open));
        at_desk(DeskStage::Asking { person, seen, run })
    };
    let awaiting_chip =
        ChipFaceStage::AwaitingChip { consent, p_code_given: false, wrong_p_codes: 0 };
    let chip = chip_evidence(PROVEN);
    let reason = RefusalReason::NotEnoughAnswers;
    vec![
        chip_face(ChipFaceStage::AwaitingConsent),
        chip_face(awaiting_chip),
        chip_face(ChipFaceStage::AwaitingFace { consent, chip, tries: 0 }),
        on_the_phone(PhoneStage::AwaitingNumber),
        asking(true),
        asking(false),
        on_the_phone(PhoneStage::EnoughAnswers { person }),
        at_desk(DeskStage::AtDesk),
        at_desk(DeskStage::DocumentsAccepted { person, seen: seen.clone() }),
        asking_at_desk(true),
        asking_at_desk(false),
        at_desk(DeskStage::Identified { person, seen, proof, second_clerk: None }),
        Wait { person, until: NOW }.into(),
        issued(ground.clone()).into(),
        granted(ground.clone()).into(),
        Closed::Completed { person, ground, instance: INSTANCE, at: NOW }.into(),
        Closed::Refused { person: some, route, reason, at: NOW }.into(),
        Closed::Stopped { person, route, at: NOW }.into(),
        Closed::Lapsed { person: some, route }.into(),
    ]
}

pub(crate) fn issued(ground: Ground) -> Issued {
    let (person, temporary_pin) = (PERSON, TEMPORARY_PIN);
    Issued { person, ground, temporary_pin, instance: None, issued_at: NOW }
}

pub(crate) fn granted(ground: Ground) -> Granted {
    Granted { person: PERSON, ground, instance: INSTANCE, grant: GRANT, at: NOW }
}
