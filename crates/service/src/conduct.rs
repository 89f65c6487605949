//! Nobody handles the own or the family's case (CHECKLIST attack 28, PROTOCOLS.md section 15).
//!
//! A member of staff carries the own person id, sealed, compared as a keyed hash and shown to nobody; or, without a national
//! record, a list of persons to be kept from, which a second member approved. Who has neither holds no case. Whose family
//! it is comes from the register's record of the person whom the case is about; the record of a member of staff is not
//! opened to learn of a family.

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

/// Relatives that are looked at of one record; a register that names more is cut.
const RELATIVES_MAX: usize = 64;

/// By what a member of staff is held against the people of a case. Built by [`Work::standing`] alone.
#[derive(Clone)]
pub(crate) struct Standing {
    hashes: Vec<[u8; 32]>,
    /// Whether the member works on a declared list.
    declared: bool,
    /// Whether an id among them is no national number, so that a relative's number says nothing yet.
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

    /// Compares with every hash, whether one fitted before or not.
    fn knows(&self, hash: &[u8; 32]) -> bool {
        let fits = |found: Choice, known: &[u8; 32]| found | known.ct_eq(hash);
        self.hashes.iter().fold(Choice::from(0), fits).into()
    }
}

/// The person of a case as the outside names them.
pub(crate) struct CasePerson<'a> {
    /// The operator's id.
    pub(crate) operator_id: &'a str,
    /// National numbers that the service knows.
    pub(crate) numbers: Vec<String>,
    /// The register's record, where there is one.
    pub(crate) record: Option<&'a registers::Person>,
}

impl Work<'_> {
    /// By what this member is held against the people of cases.
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

    /// The member with what the register says of this case: kept from the person where it is the own or the family's.
    ///
    /// # Errors
    ///
    /// Those of [`Work::standing`]; a register that is away keeps everybody from the case.
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
            Ok(name) => {
                self.service.parts().registers.population.person(&name).await.map_err(away)?
            }
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

    /// Children of the parents. A parent's record names them; nothing else of it is used.
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

    /// Whether a relative is known under an id that is no national number. Where the person has an app here, the service
    /// knows both; otherwise the register is asked for the id alone, and only where a member has such an id.
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

/// Parents, children, and everybody the person is or was married to.
fn relatives(record: &registers::Person) -> Vec<Cpr> {
    let parents = [&record.mother, &record.father].into_iter().flatten();
    let parents = parents.filter_map(|parent| parent.cpr.clone());
    let children = record.children.iter().filter_map(|child| child.cpr.clone());
    let spouses = record.civil.iter().filter_map(|period| period.spouse.clone());
    parents.chain(children).chain(spouses).take(RELATIVES_MAX).collect()
}

impl Service {
    /// Passes a result on. Where it says that a clerk met the own or the family's case, the journal gets an entry, for the
    /// act itself saved nothing.
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
