//! P codes: for a person whose document carries no national number (PROTOCOLS.md section 9).

use crate::caller::Operator;
use crate::operator_token::Scope;
use crate::work::Work;
use crate::{Failure, RefusalCode, Service};
use recovery::Rejection;
use recovery::case::{Case, Closed, Stage};
use recovery::id::PCodeId;
use recovery::p_code::PCode;
use recovery::sensitive::KeyedHash;
use recovery::time::Timestamp;
use registers::{DocumentNumber, IssuingState};
use store::Id;
use store::codec;
use store::p_code::StoredPCode;
use zeroize::Zeroizing;

/// Random bytes from which the digits of a code are worked out.
const SALT_BYTES: usize = 16;

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
    /// Issues a P code for exactly this person and this document. Sent again under the same key, it gives the first answer.
    ///
    /// # Errors
    ///
    /// `not-found` for an unknown person, `document-number-invalid`, and `p-code-not-needed` for a person with a national
    /// number: the document of such a person is recorded as theirs ([`Service::record_foreign_document`]).
    pub async fn issue_p_code(
        &self,
        operator: &Operator,
        person: &str,
        issuing_state: &str,
        number: &str,
    ) -> Result<IssuedPCode, Failure> {
        operator.may(Scope::Documents)?;
        let (state, number) = plain_document(issuing_state, number)?;
        attempt!(self, |work| {
            if let Some(outcome) = work.recall(operator.command()).await? {
                return work.p_code_before(&outcome);
            }
            let identity = work
                .identity_of(person)
                .await?
                .ok_or_else(|| Failure::refused(RefusalCode::NotFound))?;
            if !identity.value.national_numbers.is_empty() {
                return Err(Failure::refused(RefusalCode::PCodeNotNeeded));
            }
            let person_id = identity.value.person;
            // A number that the operator adds in this instant must not slip by.
            work.expect(&identity);
            let policy = self.parts().policy.clone();
            let salt: [u8; SALT_BYTES] = self.draw();
            let code = work.digits_of_p_code(&salt, policy.p_code.digits);
            let document = work.document_hash(state, &number);
            let id = PCodeId(self.draw_id());
            let p_code = work.take(person_id, PCode::issue(id, person_id, document, work.now()));
            let until = p_code.lapses_at(&policy);
            let hash = work.p_code_hash(&code);
            work.insert(&StoredPCode { p_code, code: hash });
            let uses = policy.p_code.uses_max;
            let kept = codec::to_bytes(&((salt, policy.p_code.digits), (until, uses))).to_vec();
            work.remember(operator.command(), Some(person_id), kept);
            Ok(IssuedPCode { code, until, uses })
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
        .ok_or_else(|| Failure::refused(RefusalCode::DocumentNumberInvalid))
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

    /// The digits that belong to random bytes, under a key outside the database: they can be said again and are kept nowhere.
    fn digits_of_p_code(&self, salt: &[u8; SALT_BYTES], digits: u8) -> Zeroizing<String> {
        let keys = &self.service.parts().keys;
        let mut code = Zeroizing::new(String::new());
        let mut round = 0_u8;
        while code.len() < usize::from(digits) {
            let drawn = Zeroizing::new(keys.code_hash("digits of a P code", &[salt, &[round]]));
            // 250 is the largest multiple of ten in a byte: what lies above would favour low digits.
            let left = usize::from(digits).saturating_sub(code.len());
            let fair = drawn.iter().filter(|byte| **byte < 250).take(left);
            code.extend(fair.map(|byte| char::from(b'0' + byte % 10)));
            round = round.wrapping_add(1);
        }
        code
    }

    /// The P code as it was answered before.
    fn p_code_before(&self, outcome: &[u8]) -> Result<IssuedPCode, Failure> {
        let ((salt, digits), (until, uses)) = codec::from_bytes(outcome)
            .map_err(|error| Failure::fault("a kept answer cannot be read", error))?;
        Ok(IssuedPCode { code: self.digits_of_p_code(&salt, digits), until, uses })
    }

    /// Counts the use of the P code that a completed case rests on.
    pub(crate) async fn count_p_code(&mut self, case: &Case) -> Result<(), Failure> {
        let Stage::Closed(Closed::Completed { ground, person, .. }) = &case.stage else {
            return Ok(());
        };
        let Some(id) = ground.p_code() else { return Ok(()) };
        let Some(loaded) = self.load::<StoredPCode>(Id(id.0)).await? else {
            return Err(Rejection::PCodeInvalid.into());
        };
        let policy = self.service.parts().policy.clone();
        let step = loaded.value.p_code.count_use(&policy, self.now())?;
        let p_code = self.take(*person, step);
        self.put(&loaded, &StoredPCode { p_code, ..loaded.value.clone() });
        Ok(())
    }
}
