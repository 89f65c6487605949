//! The row of the person id or declared list of a member of staff. It comes from an invitation, from a claim of the sign-in
//! provider, or from a list that the member declares and a colleague approves.

use crate::caller::Supervisor;
use crate::work::{Subject, Work};
use crate::{Failure, RefusalCode, Service};
use recovery::event::JournalEvent;
use recovery::id::StaffId;
use recovery::policy::Policy;
use recovery::rejection::Rejection;
use recovery::sensitive::Sensitive;
use recovery::time::Timestamp;
use registers::{Cpr, PersonRef};
use std::collections::BTreeSet;
use store::facade::{Aggregate, Owner};
use store::keys::Keys;
use store::kinds;
use store::{Id, Index, Kind, Lookup};

/// Finds the open account that carries a person id. There is at most one, so that one person is never two members of staff
/// (PROTOCOLS.md section 15).
const BY_OWN_PERSON: Index = Index::unique(1);
const DECLARED_MAX: usize = 32;
const ROWS: usize = 200;

/// The person id or the declared list that one account or invitation of a member of staff carries.
#[derive(Clone, PartialEq, Eq)]
pub struct StaffPerson {
    id: Id,
    /// The member's own person id.
    person: Option<Sensitive<String>>,
    /// The persons to be kept from, for a member without a national record.
    declared: Option<DeclaredList>,
    /// When the row of an unused invitation expires; `None` for an account.
    until: Option<Timestamp>,
    /// Whether the account is shut, so that another account may carry the same person.
    shut: bool,
}

impl std::fmt::Debug for StaffPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StaffPerson").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The persons from whose cases a member without a national record is kept.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct DeclaredList {
    persons: Vec<Sensitive<String>>,
    declared_at: Timestamp,
    approved_by: Option<StaffId>,
}

impl DeclaredList {
    pub(super) const fn is_approved(&self) -> bool {
        self.approved_by.is_some()
    }

    pub(super) fn persons(&self) -> impl Iterator<Item = &str> {
        self.persons.iter().map(|person| person.expose().as_str())
    }
}

impl StaffPerson {
    pub(super) fn person(&self) -> Option<&str> {
        self.person.as_ref().map(|person| person.expose().as_str())
    }

    pub(super) const fn declared(&self) -> Option<&DeclaredList> {
        self.declared.as_ref()
    }
}

/// Normalises a person id before it is hashed: ten digits where it is a national number, else as the operator writes it.
pub(super) fn comparable(id: &str) -> String {
    Cpr::parse(id).map_or_else(|_| id.trim().to_owned(), |cpr| cpr.digits().to_owned())
}

/// Checks a person id that somebody typed.
fn checked(text: &str) -> Result<Sensitive<String>, Failure> {
    let id =
        PersonRef::parse(text).map_err(|_| Failure::refused(RefusalCode::StaffPersonInvalid))?;
    Ok(Sensitive::new(comparable(id.as_str())))
}

/// The person id or declared list of somebody who is invited or signs in.
#[derive(Clone, Default)]
pub struct OwnPerson {
    person: Option<Sensitive<String>>,
    declared: Option<Vec<Sensitive<String>>>,
}

impl std::fmt::Debug for OwnPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OwnPerson")
    }
}

impl OwnPerson {
    /// Reads the member's own id, or the persons of a declared list (an empty list says that there are none). Neither of
    /// them is given where the member is to declare later.
    ///
    /// # Errors
    ///
    /// `staff-person-invalid`, `staff-person-twice` where both are given.
    pub fn read(person: Option<&str>, declared: Option<&[String]>) -> Result<Self, Failure> {
        if person.is_some() && declared.is_some() {
            return Err(Failure::refused(RefusalCode::StaffPersonTwice));
        }
        let declared = declared.map(|list| -> Result<Vec<_>, Failure> {
            if list.len() > DECLARED_MAX {
                return Err(Failure::refused(RefusalCode::StaffDeclarationTooLong));
            }
            list.iter().map(|text| checked(text)).collect()
        });
        Ok(Self { person: person.map(checked).transpose()?, declared: declared.transpose()? })
    }

    /// Whether neither an own id nor a list is given.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.person.is_none() && self.declared.is_none()
    }
}

/// A declared list that waits for the approval of a second member of staff.
#[derive(Clone, Debug)]
pub struct WaitingDeclaration {
    /// The member of staff.
    pub staff: StaffId,
    /// The name of that member, as the console shows it.
    pub name: String,
    /// The persons on the list, which the approving member compares with what the other one signed.
    pub persons: Vec<Sensitive<String>>,
    /// When the list was declared.
    pub declared_at: Timestamp,
}

impl Work<'_> {
    /// Saves what an account carries; a new list has to be approved again.
    pub(crate) async fn take_person(
        &mut self,
        staff: StaffId,
        own: &OwnPerson,
    ) -> Result<(), Failure> {
        self.keep_person(Id(staff.0), own, None).await
    }

    /// Saves what an invitation carries, until the invitation is used.
    pub(crate) async fn take_person_of_invitation(
        &mut self,
        invitation: Id,
        own: &OwnPerson,
        until: Timestamp,
    ) -> Result<(), Failure> {
        self.keep_person(invitation, own, Some(until)).await
    }

    async fn keep_person(
        &mut self,
        id: Id,
        own: &OwnPerson,
        until: Option<Timestamp>,
    ) -> Result<(), Failure> {
        if own.is_empty() {
            return Ok(());
        }
        let before = self.load::<StaffPerson>(id).await?;
        let account = self.account(StaffId(id.0)).await?;
        let shut = account.is_some_and(|it| it.value.disabled_at.is_some());
        let is_found = match own.person.as_ref().filter(|_| !shut) {
            Some(person) => self.nobody_elses(id, person.expose()).await?,
            None => true,
        };
        let same = before.as_ref().is_some_and(|before| {
            let listed = before.value.declared.as_ref().map(|it| &it.persons);
            before.value.person == own.person && listed == own.declared.as_ref()
        });
        // A row of an earlier version is found by no look-up: it is saved once more.
        if same && (is_found || until.is_some()) {
            return Ok(());
        }
        let declared = own.declared.clone().map(|persons| DeclaredList {
            persons,
            declared_at: self.now(),
            approved_by: None,
        });
        let next = StaffPerson { id, person: own.person.clone(), declared, until, shut };
        if until.is_none() && !same {
            self.say_person(&next);
        }
        self.save(before.as_ref(), &next);
        Ok(())
    }

    /// Moves what an invitation carried to the account that was made with it.
    pub(crate) async fn person_of_invitation(
        &mut self,
        invitation: Id,
        staff: StaffId,
    ) -> Result<(), Failure> {
        let Some(invited) = self.load::<StaffPerson>(invitation).await? else { return Ok(()) };
        let next = StaffPerson { id: Id(staff.0), until: None, ..invited.value.clone() };
        if let Some(person) = next.person() {
            self.nobody_elses(next.id, person).await?;
        }
        self.delete(&invited);
        self.say_person(&next);
        self.insert(&next);
        Ok(())
    }

    /// Refuses an own id that another open account carries, also where that account carries another id of the same person,
    /// as far as the service itself knows both: the register's record of staff is not opened for this. Returns whether this
    /// account is found by the id already.
    async fn nobody_elses(&mut self, member: Id, person: &str) -> Result<bool, Failure> {
        let mut names = BTreeSet::from([person.to_owned()]);
        let known = match Cpr::parse(person) {
            Ok(cpr) => self.identity_by_national_number(cpr.digits()).await?,
            Err(_) => self.identity_of(person).await?,
        };
        if let Some(identity) = known {
            names.insert(comparable(identity.value.operator_id.expose()));
            names.extend(identity.value.national_numbers.iter().map(|it| it.expose().clone()));
        }
        let mut is_found = false;
        for name in names {
            let lookup = by_own_person(&self.service.parts().keys, &name);
            let Some(holder) = self.find_one::<StaffPerson>(lookup).await? else { continue };
            if holder.value.id != member {
                return Err(Failure::refused(RefusalCode::StaffPersonOfAnother));
            }
            is_found = true;
        }
        Ok(is_found)
    }

    /// Releases the person id of an account that is shut, and claims it again for one that is opened.
    ///
    /// # Errors
    ///
    /// `staff-person-of-another` where another account has claimed the person since.
    pub(crate) async fn person_of_shut_account(
        &mut self,
        staff: StaffId,
        shut: bool,
    ) -> Result<(), Failure> {
        let Some(kept) = self.load::<StaffPerson>(Id(staff.0)).await? else { return Ok(()) };
        if let Some(person) = kept.value.person().filter(|_| !shut) {
            self.nobody_elses(kept.value.id, person).await?;
        }
        self.put(&kept, &StaffPerson { shut, ..kept.value.clone() });
        Ok(())
    }

    fn say_person(&mut self, of: &StaffPerson) {
        let staff = StaffId(of.id.0);
        let said = match &of.declared {
            Some(list) => JournalEvent::StaffDeclared {
                staff,
                persons: u8::try_from(list.persons.len()).unwrap_or(u8::MAX),
            },
            None => JournalEvent::StaffPersonTaken { staff },
        };
        self.say(Subject::Nobody { matter: staff.0 }, said);
    }
}

impl Service {
    /// The lists that wait for a second member of staff. A supervisor sees only the lists of others.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn waiting_declarations(
        &self,
        by: &Supervisor,
    ) -> Result<Vec<WaitingDeclaration>, Failure> {
        let mut work = Work::begin(self).await?;
        let mut waiting = Vec::new();
        let mut after = None;
        loop {
            let rows = self.parts().store.scan(kinds::STAFF_PERSON, after, ROWS).await?;
            for row in &rows {
                let kept = work.open::<StaffPerson>(row).await?.value;
                let staff = StaffId(kept.id.0);
                let Some(list) = kept.declared.filter(|it| !it.is_approved()) else { continue };
                if kept.until.is_some() || staff == by.member().id {
                    continue;
                }
                let name = work.account(staff).await?.map(|it| it.value.name).unwrap_or_default();
                let (persons, declared_at) = (list.persons, list.declared_at);
                waiting.push(WaitingDeclaration { staff, name, persons, declared_at });
            }
            after = rows.last().map(|row| row.record.id);
            if rows.len() < ROWS {
                return Ok(waiting);
            }
        }
    }

    /// Sets the persons an account is to be kept from, in place of those that were set before.
    ///
    /// # Errors
    ///
    /// `not-found` for an unknown account; `staff-person-of-another` where another open account carries the person.
    pub async fn set_staff_person(&self, staff: StaffId, own: &OwnPerson) -> Result<(), Failure> {
        attempt!(self, |work| {
            work.account(staff).await?.ok_or_else(|| Failure::refused(RefusalCode::NotFound))?;
            work.take_person(staff, own).await
        })
    }

    /// Approves a declared list as its second member of staff; from then on the account may hold cases. The approving
    /// account carries an own id or an approved list too, so that nobody approves their own list from a second account.
    ///
    /// # Errors
    ///
    /// `not-found` where no list waits; `own-case` for the member's own list; `staff-person-missing`;
    /// `staff-declaration-waiting`.
    pub async fn approve_declaration(
        &self,
        by: &Supervisor,
        staff: StaffId,
    ) -> Result<(), Failure> {
        attempt!(self, |work| {
            if staff == by.member().id {
                return Err(Rejection::OwnCase.into());
            }
            work.standing(by.member().id).await?;
            let no = || Failure::refused(RefusalCode::NotFound);
            let kept = work.load::<StaffPerson>(Id(staff.0)).await?.ok_or_else(no)?;
            let list = kept.value.declared.clone().filter(|it| !it.is_approved()).ok_or_else(no)?;
            let list = DeclaredList { approved_by: Some(by.member().id), ..list };
            let next = StaffPerson { declared: Some(list), ..kept.value.clone() };
            let said = JournalEvent::StaffDeclarationApproved { staff, by: by.member().id };
            work.say(Subject::Nobody { matter: staff.0 }, said);
            work.put(&kept, &next);
            Ok(())
        })
    }
}

fn by_own_person(keys: &Keys, person: &str) -> Lookup {
    let key = keys.lookup_key(kinds::STAFF_PERSON, BY_OWN_PERSON, person.as_bytes());
    Lookup { index: BY_OWN_PERSON, key }
}

impl Aggregate for StaffPerson {
    const KIND: Kind = kinds::STAFF_PERSON;
    const SCHEMA: u16 = 2;

    fn id(&self) -> Id {
        self.id
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        self.until
    }

    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        let open = self.until.is_none() && !self.shut;
        self.person()
            .filter(|_| open)
            .map(|person| by_own_person(keys, person))
            .into_iter()
            .collect()
    }
}

store::stored! { struct StaffPerson { id, person, declared, until } since 2 { shut } }
store::stored! { struct DeclaredList { persons, declared_at, approved_by } }
