//! Foreign documents that the operator records as belonging to a person (PROTOCOLS.md section 6).
//!
//! They are for people with a national number whose passport or identity card of another state does not carry it. A recorded
//! document counts 120 hours later: if somebody talked the operator into recording a stranger's document, the person has
//! time to hear of it and object.

use crate::caller::Operator;
use crate::operator_token::Scope;
use crate::p_code::plain_document;
use crate::work::Work;
use crate::{Failure, RefusalCode, Service};
use recovery::effect::{Effect, Notice};
use recovery::id::{ForeignDocumentId, PersonId};
use recovery::person::{ForeignDocument, Person};
use recovery::sensitive::KeyedHash;
use recovery::time::Timestamp;
use registers::{DocumentNumber, IssuingState};
use store::codec;

/// A document that was recorded as a person's, without its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedDocument {
    /// The id of the recorded document.
    pub id: ForeignDocumentId,
    /// When it begins to count.
    pub counts_from: Timestamp,
}

impl Service {
    /// Records a foreign document as this person's and notifies every channel. Sent again under the same idempotency key, it
    /// returns the first answer.
    ///
    /// # Errors
    ///
    /// `not-found`, `document-number-invalid`, `document-not-foreign` for a document of a state whose own register decides,
    /// `p-code-needed` for a person without a national number, `document-of-another`, `too-many-documents`.
    pub async fn record_foreign_document(
        &self,
        operator: &Operator,
        person: &str,
        issuing_state: &str,
        number: &str,
    ) -> Result<RecordedDocument, Failure> {
        operator.may(Scope::Documents)?;
        let (state, number) = plain_document(issuing_state, number)?;
        let assigns = &self.parts().policy.chip_face.national_number_states;
        if assigns.iter().any(|code| code == state.as_str()) {
            return Err(Failure::refused(RefusalCode::DocumentNotForeign));
        }
        let holder = self.registered_holder(state, &number).await?;
        attempt!(self, |work| {
            if let Some(outcome) = work.recall(operator.command()).await? {
                return recorded_before(&outcome);
            }
            let identity = work
                .identity_of(person)
                .await?
                .ok_or_else(|| Failure::refused(RefusalCode::NotFound))?;
            if identity.national_numbers.is_empty() {
                return Err(Failure::refused(RefusalCode::PCodeNeeded));
            }
            let id = identity.person;
            let document = work.document_hash(state, &number);
            if holder.is_some_and(|holder| holder != id)
                || work.is_recorded_for_another(id, document).await?
            {
                return Err(Failure::refused(RefusalCode::DocumentOfAnother));
            }
            work.record_document(operator, id, document).await
        })
    }

    /// The documents that are recorded as this person's; empty for an unknown person.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn foreign_documents(
        &self,
        operator: &Operator,
        person: &str,
    ) -> Result<Vec<RecordedDocument>, Failure> {
        operator.may(Scope::Documents)?;
        let mut work = Work::begin(self).await?;
        let Some(identity) = work.identity_of(person).await? else { return Ok(Vec::new()) };
        let person = work.load_person(identity.person).await?;
        let policy = &self.parts().policy;
        let shown = |known: &ForeignDocument| RecordedDocument {
            id: known.id,
            counts_from: known.counts_from(policy),
        };
        Ok(person.documents.iter().map(shown).collect())
    }

    /// Removes a recorded document.
    ///
    /// # Errors
    ///
    /// `not-found` for an unknown person or document.
    pub async fn forget_foreign_document(
        &self,
        operator: &Operator,
        person: &str,
        document: ForeignDocumentId,
    ) -> Result<(), Failure> {
        operator.may(Scope::Documents)?;
        attempt!(self, |work| {
            if work.recall(operator.command()).await?.is_some() {
                return Ok(());
            }
            let no = || Failure::refused(RefusalCode::NotFound);
            let identity = work.identity_of(person).await?.ok_or_else(no)?;
            let person = work.load_person(identity.person).await?;
            let step = person.forget_document(document).ok_or_else(no)?;
            let next = work.take(person.id, step);
            work.set(&next);
            work.remember(operator.command(), Some(next.id), Vec::new());
            Ok(())
        })
    }

    /// The person to whom a passport register says that a document was issued, where the service knows them.
    async fn registered_holder(
        &self,
        state: IssuingState,
        number: &DocumentNumber,
    ) -> Result<Option<PersonId>, Failure> {
        let holder =
            self.parts().registers.passports.passport_holder(state, number).await.map_err(
                |error| Failure::Unavailable {
                    doing: "asking the passport register",
                    source: Some(Box::new(error)),
                },
            )?;
        let Some(holder) = holder else { return Ok(None) };
        let mut work = Work::begin(self).await?;
        Ok(work.identity_of(holder.as_str()).await?.map(|identity| identity.person))
    }
}

impl Work<'_> {
    async fn is_recorded_for_another(
        &mut self,
        person: PersonId,
        document: KeyedHash,
    ) -> Result<bool, Failure> {
        let keys = self.service.parts().keys.clone();
        let holders =
            self.find::<Person>(store::rows::person::by_document(&keys, &document)).await?;
        Ok(holders.iter().any(|holder| holder.id != person))
    }

    async fn record_document(
        &mut self,
        operator: &Operator,
        id: PersonId,
        document: KeyedHash,
    ) -> Result<RecordedDocument, Failure> {
        let policy = self.service.parts().policy.clone();
        let person = self.load_person(id).await?;
        let known = person.documents.iter().find(|known| known.document == document);
        let recorded = match known {
            Some(known) => *known,
            None => {
                let fresh = ForeignDocument {
                    id: ForeignDocumentId(self.service.draw_id()),
                    document,
                    recorded_at: self.now(),
                };
                let step = person.record_document(fresh)?;
                let next = self.take(id, step);
                self.set(&next);
                let notice = Notice::DocumentRecorded { veto: self.new_veto(), document: fresh.id };
                self.effects.push((id.into(), Effect::NotifyOfChange { person: id, notice }));
                fresh
            }
        };
        let counts_from = recorded.counts_from(&policy);
        let kept = codec::to_bytes(&(recorded.id, counts_from)).to_vec();
        self.remember(operator.command(), Some(id), kept);
        Ok(RecordedDocument { id: recorded.id, counts_from })
    }
}

/// The answer that was given before, from the stored outcome.
fn recorded_before(outcome: &[u8]) -> Result<RecordedDocument, Failure> {
    let (id, counts_from) = codec::from_bytes(outcome)
        .map_err(|error| Failure::fault("a kept answer cannot be read", error))?;
    Ok(RecordedDocument { id, counts_from })
}
