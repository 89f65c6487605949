//! Keeps members of staff from their own case and their family's (CHECKLIST attack 28, PROTOCOLS.md section 15).
//!
//! An account of a member of staff carries the member's own person id, which is sealed, compared as a keyed hash and shown
//! to nobody; or, for a member without a national record, a list of persons to be kept from, which a second member approved.
//! An account with neither holds no case. The family comes from the register's record of the person whom the case is about;
//! the record of a member of staff is never opened to learn of a family.

mod person;
mod sample;
#[cfg(test)]
mod tests;

pub use person::{OwnPerson, StaffPerson, WaitingDeclaration};
pub use sample::SampledCase;

use crate::facts::away;
use crate::identity::Identity;
use crate::work::{Subject, Work};
use crate::{Failure, RefusalCode, Service};
use person::comparable;
use recovery::Rejection;
use recovery::event::JournalEvent;
use recovery::id::{CaseId, PersonId, StaffId};
use recovery::staff::StaffMember;
use registers::{Cpr, PersonRef};
use std::collections::BTreeSet;
use store::Id;
use subtle::{Choice, ConstantTimeEq as _};

/// The largest number of relatives of one record that are looked at; the rest of a longer record is ignored.
const RELATIVES_MAX: usize = 64;

/// The hashes with which a member of staff is compared with the people of a case. Built by [`Work::standing`] alone.
#[derive(Clone)]
pub(crate) struct Standing {
    hashes: Vec<[u8; 32]>,
    /// Whether the hashes come from a declared list and not from the member's own id.
    declared: bool,
    /// Whether one of the ids is not a national number, so that comparing a relative's national number is not enough.
    has_other_ids: bool,
}

impl std::fmt::Debug for Standing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Standing").field("declared", &self.declared).finish_non_exhaustive()
    }
}

impl Standing {
    pub(crate) const fn is_declared(&self) -> bool {
        self.declared
    }

    /// Whether the hash is among those of the member. Compares with every hash, so that the time tells nothing.
    fn knows(&self, hash: &[u8; 32]) -> bool {
        let fits = |found: Choice, known: &[u8; 32]| found | known.ct_eq(hash);
        self.hashes.iter().fold(Choice::from(0), fits).into()
    }
}

/// The names that others have for the person of a case.
pub(crate) struct CasePerson<'a> {
    /// The operator's id of the person.
    pub(crate) operator_id: &'a str,
    /// The national numbers of the person that the service knows.
    pub(crate) numbers: Vec<String>,
    /// The record of the population register, where there is one.
    pub(crate) record: Option<&'a registers::Person>,
}

impl Work<'_> {
    /// The hashes with which this member is compared with the people of cases.
    ///
    /// # Errors
    ///
    /// `staff-person-missing`, or `staff-declaration-waiting` where nobody has approved the list yet.
    pub(crate) async fn standing(&mut self, staff: StaffId) -> Result<Standing, Failure> {
        let missing = || Failure::refused(RefusalCode::StaffPersonMissing);
        let kept = self.load::<StaffPerson>(Id(staff.0)).await?.ok_or_else(missing)?.value;
        let ids: Vec<_> = match (kept.person(), kept.declared()) {
            (Some(own), _) => vec![own],
            (None, Some(list)) if list.is_approved() => list.persons().collect(),
            (None, Some(_)) => return Err(Failure::refused(RefusalCode::StaffDeclarationWaiting)),
            (None, None) => return Err(missing()),
        };
        Ok(Standing {
            declared: kept.person().is_none(),
            has_other_ids: ids.iter().any(|id| Cpr::parse(id).is_err()),
            hashes: ids.into_iter().map(|id| self.person_hash(id)).collect(),
        })
    }

    /// Returns the member with what the register says of this case: kept from it where it is the member's own or their
    /// family's.
    ///
    /// # Errors
    ///
    /// Those of [`Work::standing`]; a register that does not answer keeps every member from the case.
    pub(crate) async fn beside(
        &mut self,
        by: &StaffMember,
        person: PersonId,
    ) -> Result<StaffMember, Failure> {
        let standing = self.standing(by.id).await?;
        let identity = self
            .load::<Identity>(Id(person.0))
            .await?
            .ok_or_else(|| Failure::fault("a person has no identity", "missing identity"))?
            .value;
        let record = match PersonRef::parse(identity.operator_id.expose()) {
            Ok(name) => self.service.register_record(&name).await?,
            Err(_) => None,
        };
        let about = CasePerson {
            operator_id: identity.operator_id.expose(),
            numbers: identity.national_numbers.iter().map(|it| it.expose().clone()).collect(),
            record: record.as_ref(),
        };
        let mut by = by.clone();
        if self.is_kept_from(&standing, &about).await? {
            by.kin.push(person);
        }
        Ok(by)
    }

    /// Whether the case is the member's own or their family's.
    pub(crate) async fn is_kept_from(
        &mut self,
        standing: &Standing,
        about: &CasePerson<'_>,
    ) -> Result<bool, Failure> {
        let own = about.numbers.iter().map(String::as_str).chain([about.operator_id]);
        let own: BTreeSet<String> = own.map(comparable).collect();
        if own.iter().any(|id| standing.knows(&self.person_hash(id))) {
            return Ok(true);
        }
        let Some(record) = about.record else { return Ok(false) };
        if record.numbers().any(|cpr| standing.knows(&self.person_hash(cpr.digits())))
            || standing.knows(&self.person_hash(&comparable(record.person.as_str())))
        {
            return Ok(true);
        }
        let near = relatives(record);
        if near.iter().any(|cpr| standing.knows(&self.person_hash(cpr.digits()))) {
            return Ok(true);
        }
        let siblings = self.siblings(record).await?;
        if siblings.iter().any(|cpr| standing.knows(&self.person_hash(cpr.digits()))) {
            return Ok(true);
        }
        for cpr in near.iter().chain(&siblings).take(RELATIVES_MAX) {
            if self.goes_by_another_id(standing, cpr).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The siblings: the other children of the parents. Only the children are read from a parent's record.
    async fn siblings(&mut self, record: &registers::Person) -> Result<Vec<Cpr>, Failure> {
        let population = self.service.parts().registers.population.clone();
        let own: Vec<&Cpr> = record.numbers().collect();
        let mut found = Vec::new();
        for parent in [&record.mother, &record.father].into_iter().flatten() {
            let Some(cpr) = &parent.cpr else { continue };
            let Some(parent) = population.person_by_cpr(cpr).await.map_err(away)? else { continue };
            let children = parent.children.iter().filter_map(|child| child.cpr.clone());
            found.extend(children.filter(|cpr| !own.contains(&cpr)));
        }
        found.truncate(RELATIVES_MAX);
        Ok(found)
    }

    /// Whether the member carries a relative's id that is no national number. Where the relative has an app here, the
    /// service knows both ids; otherwise the register is asked for the id alone, and only where the member carries such an
    /// id.
    async fn goes_by_another_id(
        &mut self,
        standing: &Standing,
        cpr: &Cpr,
    ) -> Result<bool, Failure> {
        if let Some(identity) = self.identity_by_national_number(cpr.digits()).await? {
            let numbers = identity.value.national_numbers.iter().map(|it| it.expose().clone());
            let ids: Vec<String> =
                numbers.chain([comparable(identity.value.operator_id.expose())]).collect();
            return Ok(ids.iter().any(|id| standing.knows(&self.person_hash(id))));
        }
        if !standing.has_other_ids {
            return Ok(false);
        }
        let population = self.service.parts().registers.population.clone();
        let found = population.person_by_cpr(cpr).await.map_err(away)?;
        Ok(found.is_some_and(|it| {
            standing.knows(&self.person_hash(&comparable(it.person.as_str())))
                || it.numbers().any(|cpr| standing.knows(&self.person_hash(cpr.digits())))
        }))
    }

    fn person_hash(&self, id: &str) -> [u8; 32] {
        self.service.parts().keys.code_hash("person of a member of staff", &[id.as_bytes()])
    }
}

/// Parents, children, and every present or former spouse.
fn relatives(record: &registers::Person) -> Vec<Cpr> {
    let parents = [&record.mother, &record.father].into_iter().flatten();
    let parents = parents.filter_map(|parent| parent.cpr.clone());
    let children = record.children.iter().filter_map(|child| child.cpr.clone());
    let spouses = record.civil.iter().filter_map(|period| period.spouse.clone());
    parents.chain(children).chain(spouses).take(RELATIVES_MAX).collect()
}

impl Service {
    /// Returns the result unchanged. Where it says that a clerk met the own or the family's case, a journal entry is
    /// written, since the refused act itself saved nothing.
    pub(crate) async fn noting_own_case<T>(
        &self,
        outcome: Result<T, Failure>,
        case: CaseId,
        staff: StaffId,
    ) -> Result<T, Failure> {
        if let Err(Failure::Refused(refused)) = &outcome
            && refused.code == RefusalCode::Rejected(Rejection::OwnCase)
        {
            attempt!(self, |work| {
                let subject = Subject::Nobody { matter: case.0 };
                work.say(subject, JournalEvent::OwnCaseMet { case, staff });
                Ok(())
            })?;
        }
        outcome
    }
}
