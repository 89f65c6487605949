//! Somebody who vouches for a person at the desk (SERVICE.md section 5).

use chip::date::{Date, UnixTime};

use crate::id::PersonId;
use crate::person::Person;
use crate::policy::Policy;
use crate::time::Timestamp;

/// A witness whom the rules accept: only [`WitnessOffer::check`] builds one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Witness {
    person: PersonId,
    at: Timestamp,
}

/// A person who offers to vouch for somebody else at the desk.
#[derive(Clone, Copy, Debug)]
pub struct WitnessOffer<'a> {
    pub witness: &'a Person,
    /// The birth date of the witness.
    pub birth_date: Date,
    /// When the witness first had an eID.
    pub eid_since: Timestamp,
    /// Whether the clerk saw a document with a picture of the witness, and it shows the witness.
    pub photo_document_seen: bool,
    /// Whether the witness confirmed in their own working app.
    pub approved_in_own_app: bool,
}

crate::codes! {
    /// Why a person cannot be a witness.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
    pub enum WitnessProblem {
        #[error("the witness is too young")]
        TooYoung => "witness-too-young",
        #[error("the witness has not had an eID for long enough")]
        EidTooNew => "witness-eid-too-new",
        #[error("the witness showed no document with a picture")]
        NoPhotoDocument => "witness-no-photo-document",
        #[error("the witness did not approve in an own app")]
        NoOwnApp => "witness-no-own-app",
        #[error("the witness has vouched too often")]
        TooOften => "witness-too-often",
        #[error("a person cannot vouch for themselves")]
        Themselves => "witness-themselves",
        #[error("the witness's own identity is frozen or not active")]
        NotInGoodStanding => "witness-not-in-good-standing",
    }
}

impl WitnessOffer<'_> {
    /// Accepts a witness by the rules of SERVICE.md section 5.
    ///
    /// # Errors
    ///
    /// The first [`WitnessProblem`] that is found.
    pub fn check(
        &self,
        for_person: PersonId,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Witness, WitnessProblem> {
        let rules = &policy.desk;
        let today = UnixTime::from_secs(now.0.div_euclid(1_000)).date();
        if self.witness.id == for_person {
            return Err(WitnessProblem::Themselves);
        }
        if !self.witness.is_in_good_standing() {
            return Err(WitnessProblem::NotInGoodStanding);
        }
        if years_between(self.birth_date, today) < u16::from(rules.witness_age_min_years) {
            return Err(WitnessProblem::TooYoung);
        }
        // "More than 30 days": the thirtieth itself is not enough.
        if now <= self.eid_since.plus(rules.witness_eid_age_min) {
            return Err(WitnessProblem::EidTooNew);
        }
        if !self.photo_document_seen {
            return Err(WitnessProblem::NoPhotoDocument);
        }
        if !self.approved_in_own_app {
            return Err(WitnessProblem::NoOwnApp);
        }
        let used = self.witness.witnessed.count_within(rules.witness_window, now);
        if used >= usize::from(rules.witness_uses_max) {
            return Err(WitnessProblem::TooOften);
        }
        Ok(Witness { person: self.witness.id, at: now })
    }
}

impl Witness {
    /// Builds the value without any check: only for stores and tests.
    #[must_use]
    pub const fn assume_verified(person: PersonId, at: Timestamp) -> Self {
        Self { person, at }
    }

    #[must_use]
    pub const fn person(&self) -> PersonId {
        self.person
    }

    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }
}

/// Whole years from one day to another; a birthday on 29 February counts from 1 March.
fn years_between(from: Date, to: Date) -> u16 {
    let years = to.year().saturating_sub(from.year());
    let before_birthday = (to.month(), to.day()) < (from.month(), from.day());
    if before_birthday { years.saturating_sub(1) } else { years }
}
