//! The second proof at the desk: questions from the register, or a witness.

use crate::caller::Clerk;
use crate::desk::documents::kinds_on_the_desk;
use crate::desk::notes::{AskedWitness, DeskNotes};
use crate::desk::{AtDesk, DeskCase};
use crate::sign_in::{Decision, SignIn};
use crate::work::Work;
use crate::{Failure, RefusalCode, Service};
use chip::date::Date;
use recovery::case::{Case, DeskEvent, DeskStage, QuestionEvent};
use recovery::evidence::WitnessOffer;
use recovery::evidence::WitnessProblem;
use recovery::id::{CaseId, PersonId, QuestionSetId};
use recovery::questions::{Drawing, QuestionSet, draw};
use recovery::rejection::Rejection;
use registers::{Cpr, PersonRef};
use store::Id;
use store::case::StoredCase;
use zeroize::Zeroizing;

impl Service {
    /// Draws a set of questions and asks the first.
    ///
    /// # Errors
    ///
    /// `too-little-data` where only a witness is possible; `route-closed` where the policy asks no questions.
    pub async fn ask_at_desk(&self, clerk: &Clerk, case: CaseId) -> Result<DeskCase, Failure> {
        attempt!(self, |work| {
            let at_desk = work.at_desk(clerk, case).await?;
            work.ask_at_desk(clerk, &at_desk).await?;
            Ok(())
        })?;
        self.desk_case(clerk, case).await
    }

    /// Judges an answer and asks the next question where there is one. An empty answer is wrong.
    ///
    /// # Errors
    ///
    /// `answer-too-long`, `out-of-order`.
    pub async fn answer_at_desk(
        &self,
        clerk: &Clerk,
        case: CaseId,
        given: &str,
    ) -> Result<DeskCase, Failure> {
        attempt!(self, |work| {
            let at_desk = work.at_desk(clerk, case).await?;
            work.answer_at_desk(clerk, &at_desk, given)?;
            Ok(())
        })?;
        self.desk_case(clerk, case).await
    }

    /// Asks the app of a witness to approve. A national number that belongs to no person of the service looks like a witness
    /// who does not answer.
    ///
    /// # Errors
    ///
    /// `witness-no-photo-document`, `national-number-invalid`, `out-of-order`.
    pub async fn ask_witness(
        &self,
        clerk: &Clerk,
        case: CaseId,
        national_number: &Zeroizing<String>,
        photo_document_seen: bool,
    ) -> Result<DeskCase, Failure> {
        if !photo_document_seen {
            return Err(Failure::refused(WitnessProblem::NoPhotoDocument));
        }
        let number = Cpr::parse(national_number)
            .map_err(|_| Failure::refused(RefusalCode::NationalNumberInvalid))?;
        let outcome = attempt!(self, |work| {
            let at_desk = work.at_desk(clerk, case).await?;
            work.ask_witness(clerk, &at_desk, &number).await
        });
        self.noting_own_case(outcome, case, clerk.member().id).await?;
        self.desk_case(clerk, case).await
    }

    /// Accepts the witness whose app has approved.
    ///
    /// # Errors
    ///
    /// A code of `WitnessProblem`.
    pub async fn hear_witness(&self, clerk: &Clerk, case: CaseId) -> Result<DeskCase, Failure> {
        attempt!(self, |work| {
            let at_desk = work.at_desk(clerk, case).await?;
            work.hear_witness(clerk, &at_desk).await?;
            Ok(())
        })?;
        self.desk_case(clerk, case).await
    }
}

/// Two steps of a case joined into one, so that they are saved together.
fn joined(first: recovery::Step<Case>, then: recovery::Step<Case>) -> recovery::Step<Case> {
    recovery::Step {
        next: then.next,
        effects: first.effects.into_iter().chain(then.effects).collect(),
        journal: first.journal.into_iter().chain(then.journal).collect(),
    }
}

impl Work<'_> {
    async fn ask_at_desk(&mut self, clerk: &Clerk, at_desk: &AtDesk) -> Result<Case, Failure> {
        let Some(DeskStage::DocumentsAccepted { person, seen }) = at_desk.stage() else {
            return Err(Rejection::OutOfOrder.into());
        };
        let (person, shown) = (*person, kinds_on_the_desk(seen));
        let set = self.draw_for_desk(person, &shown).await?;
        let by = clerk.member();
        let policy = self.service.parts().policy.clone();
        let drawn = self.step_desk(at_desk, DeskEvent::QuestionsDrawn { by, set: set.clone() })?;
        let put = drawn.next.apply(QuestionEvent::Put { by }, &policy, self.now())?;
        self.count_used_set(person, &set).await?;
        Ok(self.save_desk(at_desk, joined(drawn, put)))
    }

    fn answer_at_desk(
        &mut self,
        clerk: &Clerk,
        at_desk: &AtDesk,
        given: &str,
    ) -> Result<Case, Failure> {
        let by = clerk.member();
        let answered = self.step_desk(at_desk, QuestionEvent::Answered { by, given })?;
        if !matches!(answered.next.desk(), Some(DeskStage::Asking { .. })) {
            return Ok(self.save_desk(at_desk, answered));
        }
        let policy = self.service.parts().policy.clone();
        let put = answered.next.apply(QuestionEvent::Put { by }, &policy, self.now())?;
        Ok(self.save_desk(at_desk, joined(answered, put)))
    }

    async fn draw_for_desk(
        &mut self,
        person: PersonId,
        shown: &[registers::DocumentKind],
    ) -> Result<QuestionSet, Failure> {
        let too_little = || Failure::refused(RefusalCode::TooLittleData);
        let policy = self.service.parts().policy.clone();
        let found = self.registered(person).await?.ok_or_else(too_little)?;
        let material = self.service.question_material(&found, shown, self.now()).await?;
        let used = self.used_sets_of(person).await?;
        let drawing = Drawing {
            facts: &material.facts,
            guessing: &material.guessing,
            used: &used,
            raised_bar: false,
            random: [
                u64::from_be_bytes(self.service.draw()),
                u64::from_be_bytes(self.service.draw()),
            ],
        };
        draw(QuestionSetId(self.service.draw_id()), drawing, &policy, self.now())
            .map_err(|_| too_little())
    }

    /// The population register's record of a person of the service.
    async fn registered(&mut self, person: PersonId) -> Result<Option<registers::Person>, Failure> {
        let Some(identity) = self.load::<crate::identity::Identity>(Id(person.0)).await? else {
            return Ok(None);
        };
        let Ok(name) = PersonRef::parse(identity.value.operator_id.expose()) else {
            return Ok(None);
        };
        self.service.register_record(&name).await
    }

    async fn ask_witness(
        &mut self,
        clerk: &Clerk,
        at_desk: &AtDesk,
        number: &Cpr,
    ) -> Result<(), Failure> {
        if clerk.member().id != at_desk.notes.value.clerk {
            return Err(Rejection::NotYourCase.into());
        }
        if !matches!(at_desk.stage(), Some(DeskStage::DocumentsAccepted { .. })) {
            return Err(Rejection::OutOfOrder.into());
        }
        let known = self.identity_by_national_number(number.digits()).await?;
        let (named, language) = match &known {
            Some(identity) => {
                let person = identity.value.person;
                self.beside(clerk.member(), person).await?.keep_away_from(person)?;
                let language = self.load_person(person).await?.value.language;
                (identity.value.operator_id.expose().clone(), language)
            }
            // No id of the operator begins so: nobody is found, and it lapses like any other.
            None => (format!("\u{1}{}", number.digits()), String::new()),
        };
        let request = witness_request(&language);
        let sign_in = self.ask_to_sign_in(DESK, &named, request).await?;
        let until = sign_in.until;
        let person = sign_in.person;
        let witness = Some(AskedWitness { sign_in: sign_in.id, person, until });
        let notes = DeskNotes { witness, ..at_desk.notes.value.clone() };
        self.put(&at_desk.notes, &notes);
        self.expect::<StoredCase>(&at_desk.case);
        Ok(())
    }

    async fn hear_witness(&mut self, clerk: &Clerk, at_desk: &AtDesk) -> Result<Case, Failure> {
        let Some(DeskStage::DocumentsAccepted { person: for_person, .. }) = at_desk.stage() else {
            return Err(Rejection::OutOfOrder.into());
        };
        let no_app = || Failure::refused(WitnessProblem::NoOwnApp);
        let asked = at_desk.notes.value.witness.ok_or_else(no_app)?;
        let person = asked.person.ok_or_else(no_app)?;
        let sign_in = self.load::<SignIn>(Id(asked.sign_in.0)).await?.ok_or_else(no_app)?;
        let witness = self.load_person(person).await?;
        let born =
            self.registered(person).await?.and_then(|it| it.born()).and_then(day).ok_or_else(
                || {
                    // Whose age nobody knows is not known to be old enough.
                    Failure::refused(WitnessProblem::TooYoung)
                },
            )?;
        let since =
            witness.value.instances.iter().map(|app| app.bound_at).min().ok_or_else(no_app)?;
        let policy = self.service.parts().policy.clone();
        let offer = WitnessOffer {
            witness: &witness.value,
            birth_date: born,
            eid_since: since,
            photo_document_seen: true,
            approved_in_own_app: sign_in.value.decision == Decision::Approved,
        };
        let heard = offer.check(*for_person, &policy, self.now()).map_err(Failure::refused)?;
        let by = self.beside(clerk.member(), person).await?;
        let next = self.apply_desk(at_desk, DeskEvent::WitnessHeard { by: &by, witness: heard })?;
        let counted = self.take(person, witness.value.count_witnessed(&policy, self.now()));
        self.put(&witness, &counted);
        // One approval vouches once.
        self.delete(&sign_in);
        Ok(next)
    }
}

/// The client name under which a witness is asked: no client of the operator can have it.
const DESK: &str = "\u{1}citizen service";

/// The text that the witness reads in the app before approving.
fn witness_request(language: &str) -> &'static str {
    if language.starts_with("en") {
        "Citizen Service: you vouch for somebody"
    } else {
        "Borgerservice: du er vidne for en anden"
    }
}

fn day(date: jiff::civil::Date) -> Option<Date> {
    Date::new(
        u16::try_from(date.year()).ok()?,
        u8::try_from(date.month()).ok()?,
        u8::try_from(date.day()).ok()?,
    )
}
