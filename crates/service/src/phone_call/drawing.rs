//! The person whose number was quoted, and the questions to ask; decoy questions where the number belongs to no person.

use super::{OpenCall, joined};
use crate::conduct::CasePerson;
use crate::facts::{Material, away};
use crate::work::{Subject, Work};
use crate::{Failure, Service};
use recovery::case::{PhoneCase, PhoneEvent, QuestionEvent, Stage};
use recovery::evidence::{QuotedDocument, TypedNumber};
use recovery::id::{PersonId, QuestionSetId};
use recovery::person::{Person, Status};
use recovery::questions::{CallSubject, Decoy, Drawing, subject_of_call};
use recovery::staff::StaffMember;
use registers::{DocumentKind, DocumentNumber, DocumentStatus, IssuingState, PersonRef};

/// What the registers know of a quoted number that belongs to a person.
pub(super) struct Quoted {
    /// The holder of the document with the quoted number.
    holder: PersonRef,
    /// The population register's record of the holder.
    record: Option<registers::Person>,
    /// The facts for questions; empty where the document is not valid or the population register does not know the holder.
    material: Material,
}

impl Service {
    pub(super) async fn whose(&self, typed: &TypedNumber) -> Result<Option<Quoted>, Failure> {
        let Ok(number) = DocumentNumber::parse(typed.number().expose()) else { return Ok(None) };
        let registers = &self.parts().registers;
        let state = IssuingState::DENMARK;
        let kind = kind_of(typed.document());
        let holder = match typed.document() {
            QuotedDocument::Passport => registers.passports.passport_holder(state, &number).await,
            QuotedDocument::DrivingLicence => registers.licences.licence_holder(&number).await,
        }
        .map_err(away)?;
        let Some(holder) = holder else { return Ok(None) };
        let now = self.now().await?;
        let at = jiff::Timestamp::from_millisecond(now.0)
            .map_err(|error| Failure::fault("an instant is out of range", error))?;
        let status = registers
            .document_status
            .document_status(kind, state, &number, at)
            .await
            .map_err(away)?;
        let valid = status.is_some_and(|answer| answer.status == DocumentStatus::Valid);
        let found = self.register_record(&holder).await?;
        let material = match &found {
            Some(found) if valid => self.question_material(found, &[kind], now).await?,
            // Expired, lost, stolen or revoked: the questions lead nowhere (PROTOCOLS.md section 6).
            Some(_) | None => Material::default(),
        };
        Ok(Some(Quoted { holder, record: found, material }))
    }
}

impl Work<'_> {
    pub(super) async fn number_typed(
        &mut self,
        by: &StaffMember,
        call: &OpenCall,
        typed: &TypedNumber,
        quoted: Option<&Quoted>,
    ) -> Result<(), Failure> {
        let policy = self.service.parts().policy.clone();
        let now = self.now();
        let subject = self.subject(by, typed, quoted).await?;
        let (unknown, person) = (subject.is_unknown_number(), subject.person());
        let set = subject.set().clone();
        let first =
            call.case.value.case.apply(PhoneEvent::NumberTyped { by, subject }, &policy, now)?;
        let put = first.next.apply(QuestionEvent::Put { by }, &policy, now)?;
        self.save_call(call, joined(first, put));
        if let Some(person) = person {
            self.count_used_set(person, &set).await?;
        }
        let noted = call.notes.value.about(typed.document());
        self.put(&call.notes, &noted);
        let Stage::Phone(PhoneCase { call: taken, .. }) = call.case.value.case.stage else {
            return Ok(());
        };
        self.count_call(taken, unknown).await
    }

    async fn subject(
        &mut self,
        by: &StaffMember,
        typed: &TypedNumber,
        quoted: Option<&Quoted>,
    ) -> Result<CallSubject, Failure> {
        let policy = self.service.parts().policy.clone();
        let now = self.now();
        let id = QuestionSetId(self.service.draw_id());
        let decoy = self.decoy_of(typed);
        let standing = self.standing(by.id).await?;
        let Some(quoted) = quoted else {
            return Ok(subject_of_call(id, None, decoy, &policy, now));
        };
        let identity = self.identity_of(quoted.holder.as_str()).await?;
        let numbers = identity.iter().flat_map(|it| &it.value.national_numbers);
        let about = CasePerson {
            operator_id: quoted.holder.as_str(),
            numbers: numbers.map(|it| it.expose().clone()).collect(),
            record: quoted.record.as_ref(),
        };
        if self.is_kept_from(&standing, &about).await? {
            return Ok(CallSubject::of_agents_family(id, decoy, &policy));
        }
        let person = match identity {
            Some(identity) => Some(self.load_person(identity.value.person).await?),
            None => None,
        };
        // The number is somebody's, who has no app here: no probing, and nobody to ask.
        let stranger;
        let (person, used) = match &person {
            Some(loaded) => {
                self.expect(loaded);
                (&loaded.value, self.used_sets_of(loaded.value.id).await?)
            }
            None => {
                let nobody = PersonId(self.service.draw_id());
                stranger = Person::new(nobody, String::new(), Status::Administrative);
                (&stranger, Vec::new())
            }
        };
        let drawing = Drawing {
            facts: &quoted.material.facts,
            guessing: &quoted.material.guessing,
            used: &used,
            raised_bar: false,
            random: self.service.draw::<16>().as_chunks().0.iter().fold([0; 2], folded),
        };
        Ok(subject_of_call(id, Some((person, drawing)), decoy, &policy, now))
    }

    /// The decoy for a number: the same number gets the same questions again, and without the service's key nobody can tell
    /// which.
    fn decoy_of(&self, typed: &TypedNumber) -> Decoy {
        let hash = self.service.parts().keys.code_hash(
            "decoy",
            &[typed.document().code().as_bytes(), typed.number().expose().as_bytes()],
        );
        Decoy { random: hash.as_chunks().0.iter().fold([0; 2], folded) }
    }
}

/// Folds chunks of eight bytes into two numbers.
fn folded([first, second]: [u64; 2], chunk: &[u8; 8]) -> [u64; 2] {
    [second ^ u64::from_be_bytes(*chunk), first.rotate_left(32)]
}

const fn kind_of(document: QuotedDocument) -> DocumentKind {
    match document {
        QuotedDocument::Passport => DocumentKind::Passport,
        QuotedDocument::DrivingLicence => DocumentKind::DrivingLicence,
    }
}

/// Under what the journal files entries about a member of staff and not about a person.
pub(super) const fn matter(id: u128) -> Subject {
    Subject::Nobody { matter: id }
}
