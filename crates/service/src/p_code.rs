//! P codes, for people whose document carries no national number (PROTOCOLS.md section 9).

use crate::caller::Operator;
use crate::operator_token::Scope;
use crate::work::Work;
use crate::{Failure, RefusalCode, Service};
use recovery::case::{Case, Stage};
use recovery::id::PCodeId;
use recovery::p_code::PCode;
use recovery::sensitive::KeyedHash;
use recovery::time::Timestamp;
use registers::{DocumentNumber, IssuingState};
use store::codec;
use store::rows::p_code::StoredPCode;
use zeroize::Zeroizing;

/// The number of random bytes from which the digits of a code are derived.
const SALT_BYTES: usize = 16;

/// A new P code in clear, which is shown this once.
#[derive(Clone)]
pub struct IssuedPCode {
    /// The 8 digits of the code.
    pub code: Zeroizing<String>,
    /// When the code expires.
    pub until: Timestamp,
    /// The number of completed identifications for which the code is valid.
    pub uses: u8,
}

impl std::fmt::Debug for IssuedPCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedPCode").field("until", &self.until).finish_non_exhaustive()
    }
}

impl Service {
    /// Issues a P code for exactly this person and this document. Sent again under the same idempotency key, it returns the
    /// same code.
    ///
    /// # Errors
    ///
    /// `not-found` for an unknown person; `document-number-invalid`; `p-code-not-needed` for a person with a national
    /// number, whose document is recorded instead ([`Service::record_foreign_document`]).
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
            if !identity.national_numbers.is_empty() {
                return Err(Failure::refused(RefusalCode::PCodeNotNeeded));
            }
            let person_id = identity.person;
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

/// Normalises state and number of a document to the spelling of the registers.
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
    /// The keyed hash of issuing state and document number.
    pub(crate) fn document_hash(&self, state: IssuingState, number: &DocumentNumber) -> KeyedHash {
        let parts = [state.as_str().as_bytes(), number.as_str().as_bytes()];
        KeyedHash(self.service.parts().keys.code_hash("document", &parts))
    }

    fn p_code_hash(&self, digits: &str) -> KeyedHash {
        KeyedHash(self.service.parts().keys.code_hash("P code", &[digits.as_bytes()]))
    }

    /// The P code with these digits, of whichever person.
    pub(crate) async fn p_code_typed(&mut self, typed: &str) -> Result<Option<PCode>, Failure> {
        let digits: Zeroizing<String> =
            Zeroizing::new(typed.chars().filter(char::is_ascii_digit).take(16).collect());
        let lookup = store::rows::p_code::by_code(
            &self.service.parts().keys.clone(),
            &self.p_code_hash(&digits),
        );
        Ok(self.find_one::<StoredPCode>(lookup).await?.map(|stored| stored.p_code))
    }

    /// Derives the digits of a P code from its salt and a key outside the database, so that they can be returned again and
    /// are stored nowhere.
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

    /// The P code that was returned before, from the stored outcome.
    fn p_code_before(&self, outcome: &[u8]) -> Result<IssuedPCode, Failure> {
        let ((salt, digits), (until, uses)) = codec::from_bytes(outcome)
            .map_err(|error| Failure::fault("a kept answer cannot be read", error))?;
        Ok(IssuedPCode { code: self.digits_of_p_code(&salt, digits), until, uses })
    }

    /// The P code by which the chip of a granted case was paired with its person, if one was.
    pub(crate) async fn p_code_of(&mut self, case: &Case) -> Result<Option<PCode>, Failure> {
        let Stage::Granted(granted) = &case.stage else { return Ok(None) };
        let Some(id) = granted.ground.p_code() else { return Ok(None) };
        Ok(self.get::<StoredPCode>(id).await?.map(|stored| stored.p_code))
    }
}
