//! P codes: for a person whose document carries no national number (PROTOCOLS.md section 9).

use crate::caller::Operator;
use crate::reply::Command;
use crate::work::Work;
use crate::{Failure, Service};
use recovery::case::{Case, CaseState};
use recovery::id::{PCodeId, PersonId};
use recovery::p_code::PCode;
use recovery::sensitive::KeyedHash;
use recovery::time::Timestamp;
use registers::{DocumentNumber, IssuingState};
use store::Id;
use store::p_code::StoredPCode;
use zeroize::Zeroizing;

/// A new P code, in clear: the only time it is.
#[derive(Clone)]
pub struct IssuedPCode {
    /// 8 digits.
    pub code: Zeroizing<String>,
    /// Until when.
    pub until: Timestamp,
    /// Completed identifications it is good for.
    pub uses: u8,
}

impl std::fmt::Debug for IssuedPCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedPCode").field("until", &self.until).finish_non_exhaustive()
    }
}

impl Service {
    /// Issues a P code for exactly this person and this document. Sent again under the same key, it issues anew and takes the
    /// first one back.
    ///
    /// # Errors
    ///
    /// `not-found` for an unknown person, `document-number-invalid`.
    pub async fn issue_p_code(
        &self,
        operator: &Operator,
        person: &str,
        issuing_state: &str,
        number: &str,
    ) -> Result<IssuedPCode, Failure> {
        let (state, number) = plain_document(issuing_state, number)?;
        attempt!(self, |work| {
            let identity =
                work.identity_of(person).await?.ok_or_else(|| Failure::refused("not-found"))?;
            let person_id = identity.value.person;
            work.ensure_key(person_id).await?;
            let content = format!("{person} {} {}", state.as_str(), number.as_str());
            let command = Command {
                caller: operator.client(),
                key: operator.idempotency_key(),
                content: content.as_bytes(),
            };
            let before = work.recall(command).await?;
            if let Some(outcome) = &before {
                work.withdraw_p_code(outcome).await?;
            }
            let policy = self.parts().policy.clone();
            let code = self.draw_digits(policy.p_code.digits);
            let document = work.document_hash(state, &number);
            let id = PCodeId(self.draw_id());
            let p_code = work.take(person_id, PCode::issue(id, person_id, document, work.now()));
            let until = p_code.lapses_at(&policy);
            let hash = work.p_code_hash(&code);
            work.insert(&StoredPCode { p_code, code: hash });
            if before.is_none() {
                work.remember(command, Some(person_id), id.0.to_be_bytes().to_vec());
            }
            Ok(IssuedPCode { code, until, uses: policy.p_code.uses_max })
        })
    }
}

/// State and number of a document as the registers spell them.
pub(crate) fn plain_document(
    state: &str,
    number: &str,
) -> Result<(IssuingState, DocumentNumber), Failure> {
    let state = IssuingState::parse(state).ok();
    state
        .zip(DocumentNumber::parse(number).ok())
        .ok_or_else(|| Failure::refused("document-number-invalid"))
}

impl Work<'_> {
    /// Keyed hash of issuing state and document number.
    pub(crate) fn document_hash(&self, state: IssuingState, number: &DocumentNumber) -> KeyedHash {
        let parts = [state.as_str().as_bytes(), number.as_str().as_bytes()];
        KeyedHash(self.service.parts().keys.code_hash("document", &parts))
    }

    fn p_code_hash(&self, digits: &str) -> KeyedHash {
        KeyedHash(self.service.parts().keys.code_hash("P code", &[digits.as_bytes()]))
    }

    /// The P code with these digits, whoever's it is.
    pub(crate) async fn p_code_typed(&mut self, typed: &str) -> Result<Option<PCode>, Failure> {
        let digits: Zeroizing<String> =
            Zeroizing::new(typed.chars().filter(char::is_ascii_digit).take(16).collect());
        let lookup =
            store::p_code::by_code(&self.service.parts().keys.clone(), &self.p_code_hash(&digits));
        Ok(self.find_one::<StoredPCode>(lookup).await?.map(|loaded| loaded.value.p_code))
    }

    async fn withdraw_p_code(&mut self, outcome: &[u8]) -> Result<(), Failure> {
        let Ok(bytes) = <[u8; 16]>::try_from(outcome) else { return Ok(()) };
        let Some(loaded) = self.load::<StoredPCode>(Id(u128::from_be_bytes(bytes))).await? else {
            return Ok(());
        };
        if let Some(step) = loaded.value.p_code.withdraw() {
            let person: PersonId = loaded.value.p_code.person;
            let p_code = self.take(person, step);
            self.put(&loaded, &StoredPCode { p_code, ..loaded.value.clone() });
        }
        Ok(())
    }

    /// Counts the use of the P code that a completed case rests on.
    pub(crate) async fn count_p_code(&mut self, case: &Case) -> Result<(), Failure> {
        let CaseState::Completed { ground, person, .. } = &case.state else { return Ok(()) };
        let Some(id) = ground.p_code() else { return Ok(()) };
        let Some(loaded) = self.load::<StoredPCode>(Id(id.0)).await? else {
            return Err(recovery::Rejection::PCodeInvalid.into());
        };
        let policy = self.service.parts().policy.clone();
        let step = loaded.value.p_code.count_use(&policy, self.now())?;
        let p_code = self.take(*person, step);
        self.put(&loaded, &StoredPCode { p_code, ..loaded.value.clone() });
        Ok(())
    }
}
