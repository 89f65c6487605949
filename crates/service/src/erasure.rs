//! Erasure on request (GDPR article 17): all personal data becomes unreadable at once and is then deleted; the journal can
//! still be verified.
//!
//! Destroying the person's key is what erases: state, journal and outbox are sealed under it. The rows, and the look-ups by
//! which a number finds them, are deleted with it. What the caps must remember for 30 days stays as a tombstone that only
//! the same national number or operator's id finds (PROTOCOLS.md section 13), so that erasure does not reset the caps.

mod tombstone;

use crate::work::{Subject, Work};
use crate::{Failure, Service};
use recovery::authenticator::Authenticator;
use recovery::event::JournalEvent;
use recovery::grant::Grant;
use recovery::id::PersonId;
use recovery::temporary_pin::TemporaryPin;
use recovery::time::{Duration, Timestamp};
use std::collections::BTreeMap;
use store::facade::{self, Owner};
use store::kinds::{self, Care, care};
use store::rows::case::StoredCase;
use store::rows::identity::Identity;
use store::rows::p_code::StoredPCode;
use store::seal::Nonce;
use store::{Row, Transaction, person_key};

/// The number of rows that are read at once.
const BATCH: usize = 256;
/// How long a case is kept that belongs to no person, such as a call with an unknown number.
const NOBODYS_CASES_KEPT: Duration = Duration::from_days(30);

/// A name by which others know a person.
#[derive(Clone, Copy)]
pub enum Named<'a> {
    /// The operator's own id.
    OperatorId(&'a str),
    /// A current or earlier national number, ten digits.
    NationalNumber(&'a str),
}

impl std::fmt::Debug for Named<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[hidden]")
    }
}

impl Service {
    /// The person with this name; `None` where there is none, or where the person was erased.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn person_named(&self, name: Named<'_>) -> Result<Option<PersonId>, Failure> {
        let mut work = Work::begin(self).await?;
        let found = match name {
            Named::OperatorId(id) => work.identity_of(id).await?,
            Named::NationalNumber(digits) => work.identity_by_national_number(digits).await?,
        };
        Ok(found.map(|identity| identity.person))
    }

    /// Erases one person. Returns whether there was a person to erase; erasing again changes nothing.
    ///
    /// The caller has put the id on the list of erasures outside the database before, since a restored backup would know the
    /// person again.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn erase_person(&self, person: PersonId) -> Result<bool, Failure> {
        let erased = attempt!(self, |work| work.erase(person).await)?;
        self.purge_where(|owner| owner == person).await?;
        Ok(erased)
    }

    /// Passes over every row and deletes those of erased persons, which nobody can open. A row can be written under a key
    /// that is destroyed in the same instant; this pass finds it.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn purge(&self) -> Result<usize, Failure> {
        let mut keyless = BTreeMap::new();
        let mut count = 0_usize;
        for kind in kinds::of_persons() {
            let mut after = None;
            loop {
                let rows = self.parts().store.scan(kind, after, BATCH).await?;
                let Some(last) = rows.last() else { break };
                after = Some(last.record.id);
                for row in &rows {
                    let Some(person) = self.belongs_to(row)? else {
                        count = count.saturating_add(self.drop_case_of_nobody(row).await?);
                        continue;
                    };
                    if self.has_no_key(person, &mut keyless).await? {
                        count = count.saturating_add(self.drop_row(row).await?);
                    }
                }
            }
        }
        Ok(count)
    }

    async fn purge_where(&self, of: impl Fn(PersonId) -> bool) -> Result<(), Failure> {
        for kind in kinds::of_persons() {
            let mut after = None;
            loop {
                let rows = self.parts().store.scan(kind, after, BATCH).await?;
                let Some(last) = rows.last() else { break };
                after = Some(last.record.id);
                for row in &rows {
                    if self.belongs_to(row)?.is_some_and(&of) {
                        self.drop_row(row).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The person to whom a row belongs. A call begins with no person and is sealed so; it may have found its person later.
    fn belongs_to(&self, row: &Row) -> Result<Option<PersonId>, Failure> {
        match facade::owner(row)? {
            Owner::Person(person) => Ok(Some(person)),
            Owner::Service if row.record.kind == store::kinds::CASE => {
                let case = facade::open::<StoredCase>(row, &self.parts().keys, None)?;
                Ok(case.value.case.person())
            }
            Owner::Service | Owner::Ended => Ok(None),
        }
    }

    async fn has_no_key(
        &self,
        person: PersonId,
        known: &mut BTreeMap<u128, ()>,
    ) -> Result<bool, Failure> {
        if known.contains_key(&person.0) {
            return Ok(true);
        }
        let key = self.parts().store.load(store::kinds::PERSON_KEY, person.into()).await?;
        if key.is_none() {
            known.insert(person.0, ());
        }
        Ok(key.is_none())
    }

    async fn drop_case_of_nobody(&self, row: &Row) -> Result<usize, Failure> {
        if row.record.kind != store::kinds::CASE || facade::owner(row)? != Owner::Service {
            return Ok(0);
        }
        let case = facade::open::<StoredCase>(row, &self.parts().keys, None)?.value.case;
        let now = self.now().await?;
        if case.is_closed() && now >= case.opened_at.plus(NOBODYS_CASES_KEPT) {
            return self.drop_row(row).await;
        }
        Ok(0)
    }

    /// Deletes a row in the version that was read; a row that has changed since is left for the next pass. A counter that is
    /// deleted before its deadline leaves a sealed tombstone.
    pub(crate) async fn drop_row(&self, row: &Row) -> Result<usize, Failure> {
        let now: Timestamp = self.now().await?;
        let (kind, id) = (row.record.kind, row.record.id);
        let is_over = row.record.deadline.is_some_and(|at| at <= now);
        let transaction = match care(kind) {
            Care::Counter { lapses } if !(lapses && is_over) => {
                if facade::owner(row)? == Owner::Ended {
                    return Ok(0);
                }
                let deadline = row.record.deadline.filter(|_| lapses);
                let sealing = (&*self.parts().keys, Nonce(self.draw()));
                let ended = facade::ended(kind, id, row.version, deadline, sealing);
                Transaction::new(now).put(row.version, ended)
            }
            Care::Counter { .. } | Care::Plain | Care::Unwatched => {
                Transaction::new(now).delete(kind, id, row.version)
            }
        };
        match self.parts().store.commit(transaction).await {
            Ok(_) => Ok(1),
            Err(error) if error.class() == store::Class::Rival => Ok(0),
            Err(error) => Err(error.into()),
        }
    }
}

impl Work<'_> {
    /// Deletes the key, the look-ups and the queued messages in one transaction, and saves the tombstone.
    async fn erase(&mut self, person: PersonId) -> Result<bool, Failure> {
        let parts = self.service.parts();
        let Some((drawn, key)) =
            person_key::load(&*parts.store, &parts.keys, person.into()).await?
        else {
            return Ok(false);
        };
        let keys = parts.keys.clone();
        if let Some(identity) = self.get::<Identity>(person).await? {
            self.bury(&identity).await?;
            self.remove(&identity);
        }
        if let Some(loaded) = self.get::<recovery::person::Person>(person).await? {
            for app in &loaded.instances {
                let open = store::rows::grant::of_instance(&keys, app.instance);
                for grant in self.find::<Grant>(open).await? {
                    self.remove(&grant);
                }
                if let Some(instance) = self.get::<Authenticator>(app.instance).await? {
                    self.remove(&instance);
                }
            }
            self.remove(&loaded);
        }
        if let Some(slot) = self.get::<TemporaryPin>(person).await? {
            self.remove(&slot);
        }
        for case in
            self.find::<StoredCase>(store::rows::case::open_of_person(&keys, person)).await?
        {
            self.remove(&case);
        }
        for code in self.find::<StoredPCode>(store::rows::p_code::of_person(&keys, person)).await? {
            self.remove(&code);
        }
        self.change(|transaction| person_key::erase(transaction, person.into(), key));
        self.say(Subject::Erased(drawn.subject), JournalEvent::PersonErased { person });
        Ok(true)
    }
}

#[cfg(test)]
mod tests;
