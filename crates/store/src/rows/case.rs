//! Rows of recovery cases.

use crate::facade::{Aggregate, Owner};
use crate::keys::Keys;
use crate::kinds;
use crate::stored;
use crate::{Index, Kind, Lookup, Timestamp};
use chip::verdict::{Presence, PresenceProof};
use recovery::case::{
    Call, Case, CaseApp, ChipEvidence, ChipFaceCase, ChipFaceStage, Closed, Consent, DeskCase,
    DeskProof, DeskStage, Granted, Ground, Issued, PhoneCase, PhoneStage, Stage, Visit, Wait,
};
use recovery::id::{CaseId, CentreId, PersonId};
use recovery::policy::Policy;
use recovery::questions::{Expected, Guessing, Question, QuestionRun, QuestionSet};

const OPEN_OF_PERSON: Index = Index::shared(1);
const OPEN_AT_DESK: Index = Index::shared(2);

/// A case, with the key that seals its row: the person's or the service's. The key never changes.
///
/// A case of a caller or visitor is about nobody until a person is identified. It is sealed under the service's key,
/// then and later; all that it holds about a person are random ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCase {
    /// The case as the domain knows it.
    pub case: Case,
    /// Whether the case was first saved before its person was known, and is sealed under the service's key.
    pub begun_for_nobody: bool,
}

impl StoredCase {
    /// The row of a case that is saved for the first time.
    #[must_use]
    pub fn begin(case: Case) -> Self {
        let begun_for_nobody = case.person().is_none();
        Self { case, begun_for_nobody }
    }

    /// The row of the case after a step.
    #[must_use]
    pub fn after(&self, case: Case) -> Self {
        Self { case, begun_for_nobody: self.begun_for_nobody }
    }
}

/// The look-up of a person's open cases.
#[must_use]
pub fn open_of_person(keys: &Keys, person: PersonId) -> Lookup {
    let key = keys.lookup_key(kinds::CASE, OPEN_OF_PERSON, &person.0.to_be_bytes());
    Lookup { index: OPEN_OF_PERSON, key }
}

/// The look-up of the open cases at the desks of a centre.
#[must_use]
pub fn open_at_desk(keys: &Keys, centre: CentreId) -> Lookup {
    let key = keys.lookup_key(kinds::CASE, OPEN_AT_DESK, &centre.0.to_be_bytes());
    Lookup { index: OPEN_AT_DESK, key }
}

impl Aggregate for StoredCase {
    type Id = CaseId;
    const KIND: Kind = kinds::CASE;

    fn id(&self) -> CaseId {
        self.case.id
    }

    fn owner(&self) -> Owner {
        match self.case.person() {
            Some(person) if !self.begun_for_nobody => Owner::Person(person),
            Some(_) | None => Owner::Service,
        }
    }

    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        self.case.deadline(policy)
    }

    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        if self.case.is_closed() {
            return Vec::new();
        }
        let of_person = self.case.person().map(|person| open_of_person(keys, person));
        let at_desk = if let Stage::Desk(at) = &self.case.stage {
            Some(open_at_desk(keys, at.visit.centre))
        } else {
            None
        };
        of_person.into_iter().chain(at_desk).collect()
    }
}

stored! { struct StoredCase { begun_for_nobody, case } }
stored! { struct Case { id, opened_at, stage } }
// One tag for each stage of each route.
stored! { flat enum Stage {
    0 => (Self::ChipFace(ChipFaceCase { app, stage: ChipFaceStage::AwaitingConsent })) [app],
    1 => (Self::ChipFace(ChipFaceCase { app, stage: ChipFaceStage::AwaitingChip { consent, p_code_given, wrong_p_codes } })) [app, consent, p_code_given, wrong_p_codes],
    2 => (Self::ChipFace(ChipFaceCase { app, stage: ChipFaceStage::AwaitingFace { consent, chip, tries } })) [app, consent, chip, tries],
    3 => (Self::Phone(PhoneCase { call, stage: PhoneStage::AwaitingNumber })) [call],
    4 => (Self::Phone(PhoneCase { call, stage: PhoneStage::Asking { person, run } })) [call, person, run],
    5 => (Self::Phone(PhoneCase { call, stage: PhoneStage::EnoughAnswers { person } })) [call, person],
    6 => (Self::Desk(DeskCase { visit, stage: DeskStage::AtDesk })) [visit],
    7 => (Self::Desk(DeskCase { visit, stage: DeskStage::DocumentsAccepted { person, seen } })) [visit, person, seen],
    8 => (Self::Desk(DeskCase { visit, stage: DeskStage::Asking { person, seen, run } })) [visit, person, seen, run],
    9 => (Self::Desk(DeskCase { visit, stage: DeskStage::Identified { person, seen, proof, second_clerk } })) [visit, person, seen, proof, second_clerk],
    10 => (Self::Waiting(wait)) [wait],
    11 => (Self::Issued(issued)) [issued],
    12 => (Self::Granted(granted)) [granted],
    13 => (Self::Closed(Closed::Completed { person, ground, instance, at })) [person, ground, instance, at],
    14 => (Self::Closed(Closed::Refused { person, route, reason, at })) [person, route, reason, at],
    15 => (Self::Closed(Closed::Stopped { person, route, at })) [person, route, at],
    16 => (Self::Closed(Closed::Lapsed { person, route })) [person, route],
} }
stored! { struct Wait { person, until } }
stored! { struct Issued { person, ground, temporary_pin, instance, issued_at } }
stored! { struct Granted { person, ground, instance, grant, at } }
stored! { struct CaseApp { person, instance } }
stored! { struct Consent { text_version, at } }
stored! { struct Call { agent, centre } }
stored! { struct Visit { clerk, centre, appointment } }
stored! { enum Ground {
    0 => ChipFace { chip, face_tries },
    1 => Phone { call },
    2 => Desk { visit, seen, proof, second_clerk },
    3 => SelfService,
} }
stored! { enum DeskProof { 0 => Questions(key), 1 => Witness(witness), 2 => Chip(chip) } }
stored! { struct ChipEvidence {
    issuing_state, number, document, expires_on, presence, portrait, p_code, verified_at,
} }
stored! { flat enum Presence {
    0 => (Self::NotOffered) [],
    1 => (Self::Proven(PresenceProof::ActiveAuthentication)) [],
    2 => (Self::Proven(PresenceProof::ChipAuthentication)) [],
    3 => (Self::Proven(PresenceProof::PaceCam)) [],
} }

// Questions: what would be right is sealed with the rest.
stored! { struct QuestionRun { set, put, judged, right } }
stored! { struct QuestionSet { id, questions, right_min, wrong_max, guessing } }
stored! { struct Question { kind, ordinal, expected } }
stored! { struct Guessing { stranger, wallet_thief } }
stored! { enum Expected {
    0 => Nothing,
    1 => AnyName(ways),
    2 => AnyPlace(ways),
    3 => AnyAddress(ways),
    4 => Date(date),
    5 => Month(month),
    6 => Year(year),
    7 => Number(number),
} }
