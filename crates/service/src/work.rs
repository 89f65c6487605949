//! One unit of work: the rows that were read, the changes, the effects and the journal entries. All of it is saved, or
//! nothing.
//!
//! A row that was read is expected at the commit: where it has changed meanwhile, nothing is saved and the use case
//! decides again (docs/adr/what-was-read-is-expected.md). A row whose change must not undo the decision is read with
//! `Work::glance` or `Work::glance_at`, and each call says why.

mod rows;
#[cfg(test)]
mod tests;

use crate::{Failure, RefusalCode, Service};
use recovery::decision::{Change, Decision};
use recovery::effect::Effect;
use recovery::event::JournalEvent;
use recovery::id::PersonId;
use recovery::p_code::PCode;
use recovery::time::Timestamp;
use rows::{Reading, Rows};
use std::collections::BTreeMap;
use store::codec::CodecError;
use store::facade::{self, Aggregate, Owner};
use store::kinds::USED_NONCE;
use store::kinds::{Care, care};
use store::person_key::PersonKey;
use store::rows::p_code::StoredPCode;
use store::seal::{DataKey, Nonce};
use store::{Finding, Lookup, Row, StoreError, SubjectId, Transaction, Version, person_key};
use zeroize::Zeroizing;

/// The largest number of rows that one look-up returns to a use case.
const FOUND_MAX: usize = 256;

/// The subject of a journal entry, under whose key the entry is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A person.
    Person(PersonId),
    /// A person who is erased in this transaction, by the subject that the journal uses for them.
    Erased(SubjectId),
    /// No person of the service: for example a call with an unknown number, or a member of staff.
    Nobody {
        /// The id that ties the entries of one matter together; the journal shows a keyed hash of it. An entry with 0
        /// belongs to no matter.
        matter: u128,
    },
}

impl From<PersonId> for Subject {
    fn from(person: PersonId) -> Self {
        Self::Person(person)
    }
}

impl From<Option<PersonId>> for Subject {
    fn from(person: Option<PersonId>) -> Self {
        person.map_or(Self::Nobody { matter: 0 }, Self::Person)
    }
}

/// A transaction that is being built.
#[derive(Debug)]
pub struct Work<'s> {
    pub(crate) service: &'s Service,
    now: Timestamp,
    pub(crate) transaction: Transaction,
    person_keys: BTreeMap<u128, PersonKey>,
    rows: Rows,
    /// The journal entries of this work, each with its subject.
    pub(crate) journal: Vec<(Subject, JournalEvent)>,
    /// The effects of this work, each with the subject to which it belongs.
    pub(crate) effects: Vec<(Subject, Effect)>,
    /// The alarms that are counted once this work is saved.
    pub(crate) alarms: Vec<recovery::alarm::Alarm>,
}

impl<'s> Work<'s> {
    pub(crate) async fn begin(service: &'s Service) -> Result<Self, Failure> {
        let now = service.now().await?;
        Ok(Self {
            service,
            now,
            transaction: Transaction::new(now),
            person_keys: BTreeMap::new(),
            rows: Rows::default(),
            journal: Vec::new(),
            effects: Vec::new(),
            alarms: Vec::new(),
        })
    }

    /// The instant of every decision in this unit of work.
    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }

    /// The row with this id as this work leaves it; `None` also for a row that ended early. The commit requires that it
    /// has not changed since it was read, or that it still is not there.
    pub(crate) async fn get<A: Aggregate>(&mut self, id: A::Id) -> Result<Option<A>, Failure> {
        if let Some(known) = self.rows.current(id) {
            return Ok(known);
        }
        self.load(id, Reading::Expected).await
    }

    /// The row with this id as it was before this work, of which the commit requires nothing. For what must not make the
    /// commit fail: whoever calls says why.
    pub(crate) async fn glance<A: Aggregate>(&mut self, id: A::Id) -> Result<Option<A>, Failure> {
        if let Some(known) = self.rows.before(id) {
            return Ok(known);
        }
        self.load(id, Reading::Glance).await
    }

    async fn load<A: Aggregate>(
        &mut self,
        id: A::Id,
        reading: Reading,
    ) -> Result<Option<A>, Failure> {
        let Some(row) = self.service.parts().store.load(A::KIND, id.into()).await? else {
            self.rows.keep::<A>(id, (Version::ABSENT, None), reading);
            return Ok(None);
        };
        if self.has_ended(&row)? {
            self.rows.keep::<A>(id, (row.version, None), reading);
            return Ok(None);
        }
        let value: A = self.opened(&row).await?;
        self.rows.keep(id, (row.version, Some(&value)), reading);
        Ok(Some(value))
    }

    /// All rows with this look-up as this work leaves them, ordered by id; the look-up is that of the rows as they are
    /// stored. The commit requires that none of them has changed; it does not require that there are no more.
    pub(crate) async fn find<A: Aggregate>(&mut self, lookup: Lookup) -> Result<Vec<A>, Failure> {
        let found = self.found::<A>(lookup, Reading::Expected).await?;
        Ok(found.into_iter().filter_map(|id| self.rows.current(id).flatten()).collect())
    }

    /// All rows with this look-up as they were before this work, ordered by id, of which the commit requires nothing.
    /// Whoever calls says why.
    pub(crate) async fn glance_at<A: Aggregate>(
        &mut self,
        lookup: Lookup,
    ) -> Result<Vec<A>, Failure> {
        let found = self.found::<A>(lookup, Reading::Glance).await?;
        Ok(found.into_iter().filter_map(|id| self.rows.before(id).flatten()).collect())
    }

    async fn found<A: Aggregate>(
        &mut self,
        lookup: Lookup,
        reading: Reading,
    ) -> Result<Vec<A::Id>, Failure> {
        let rows = self.service.parts().store.find(A::KIND, lookup, FOUND_MAX).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            let value: A = self.opened(row).await?;
            // Once it was opened its look-ups are authentic: the one that led here must be among them.
            self.noted(row, facade::check_found(row, lookup))?;
            self.rows.keep(value.id(), (row.version, Some(&value)), reading);
            found.push(value.id());
        }
        Ok(found)
    }

    /// The one row with this unique look-up, as [`Work::find`] finds it.
    pub(crate) async fn find_one<A: Aggregate>(
        &mut self,
        lookup: Lookup,
    ) -> Result<Option<A>, Failure> {
        Ok(self.find(lookup).await?.into_iter().next())
    }

    /// The one row with this unique look-up, as [`Work::glance_at`] finds it.
    pub(crate) async fn glance_at_one<A: Aggregate>(
        &mut self,
        lookup: Lookup,
    ) -> Result<Option<A>, Failure> {
        Ok(self.glance_at(lookup).await?.into_iter().next())
    }

    /// Opens a row that was read by a walk or a sweep; refused where it ended early, or where no key opens it any more. The
    /// commit requires nothing of it, for a walk passes by many rows that it does not decide about; one that is changed is
    /// saved over the version that was read.
    pub(crate) async fn open<A: Aggregate>(&mut self, row: &Row) -> Result<A, Failure> {
        let value: A = self.opened(row).await?;
        self.rows.keep(value.id(), (row.version, Some(&value)), Reading::Glance);
        Ok(value)
    }

    async fn opened<A: Aggregate>(&mut self, row: &Row) -> Result<A, Failure> {
        let parts = self.service.parts();
        let loaded = match facade::owner(row)? {
            Owner::Service => self.noted(row, facade::open(row, &parts.keys, None)),
            Owner::Person(person) => {
                self.ensure_key(person).await?;
                self.noted(row, facade::open(row, &parts.keys, self.key_of(person)))
            }
            Owner::Ended => {
                self.noted(row, facade::check_ended(row, &parts.keys))?;
                Err(Failure::refused(RefusalCode::NotFound))
            }
        };
        loaded.map(|loaded| loaded.value)
    }

    fn has_ended(&self, row: &Row) -> Result<bool, Failure> {
        if facade::owner(row)? != Owner::Ended {
            return Ok(false);
        }
        self.noted(row, facade::check_ended(row, &self.service.parts().keys))?;
        Ok(true)
    }

    /// Notices tampering: a row whose seal does not open, or that does not carry the look-up that found it, was changed by
    /// somebody who writes to the database. From then on the database is not trusted.
    fn noted<T>(&self, row: &Row, opened: Result<T, StoreError>) -> Result<T, Failure> {
        let finding = match &opened {
            Err(StoreError::Untrusted { finding, .. }) => Some(*finding),
            Err(StoreError::Corrupt { source, .. })
                if matches!(source.downcast_ref(), Some(CodecError::Sealed { .. })) =>
            {
                Some(Finding::Seal)
            }
            Ok(_) | Err(_) => None,
        };
        if let Some(finding) = finding {
            let (kind, id) = (row.record.kind, row.record.id);
            tracing::error!(%kind, %id, %finding, "the database is not believed any more");
            self.service.parts().store.untrusted(kind, id, finding);
            self.service.distrust();
        }
        Ok(opened?)
    }

    /// Loads the person's key. A person who was erased has none, and none of their rows can be opened.
    pub(crate) async fn ensure_key(&mut self, person: PersonId) -> Result<(), Failure> {
        if self.person_keys.contains_key(&person.0) {
            return Ok(());
        }
        let parts = self.service.parts();
        match person_key::load(&*parts.store, &parts.keys, person.into()).await? {
            Some((key, _)) => {
                self.person_keys.insert(person.0, key);
                Ok(())
            }
            None => Err(Failure::refused(RefusalCode::NotFound)),
        }
    }

    /// Makes the key of a new person, which is saved in this transaction.
    pub(crate) fn new_person_key(&mut self, person: PersonId) {
        let key = PersonKey {
            key: DataKey::new(Zeroizing::new(self.service.draw())),
            subject: SubjectId(self.service.draw_id()),
        };
        let keys = &self.service.parts().keys;
        let record = person_key::wrap(keys, person.into(), Version::FIRST, &key, self.nonce());
        self.person_keys.insert(person.0, key);
        self.change(|transaction| transaction.insert(record));
    }

    /// The key with which a subject is sealed; `None` where that is the service's key.
    pub(crate) fn key_of(&self, person: PersonId) -> Option<&DataKey> {
        self.person_keys.get(&person.0).map(|it| &it.key)
    }

    /// The subject that the journal uses for a person whose key was loaded.
    pub(crate) fn subject_of(&self, person: PersonId) -> Option<SubjectId> {
        self.person_keys.get(&person.0).map(|it| it.subject)
    }

    /// Saves a value that is new: its row must not exist.
    pub(crate) fn insert<A: Aggregate>(&mut self, value: &A) {
        let nonce = self.nonce();
        self.rows.save(value, true, nonce);
    }

    /// Saves a value over the version that was read; a row that was not there, or that was not read, must not exist.
    pub(crate) fn set<A: Aggregate>(&mut self, value: &A) {
        let nonce = self.nonce();
        self.rows.save(value, false, nonce);
    }

    /// Ends a value that was read. Of a counter a sealed tombstone stays, which says only that it ended: a row that is
    /// missing before its deadline would look as if somebody had removed it.
    pub(crate) fn remove<A: Aggregate>(&mut self, value: &A) {
        let Care::Counter { lapses } = care(A::KIND) else {
            return self.rows.delete::<A>(value.id());
        };
        let deadline = value.deadline(&self.service.parts().policy).filter(|_| lapses);
        let nonce = self.nonce();
        self.rows.end::<A>(value.id(), deadline, nonce);
    }

    /// Takes over a decision: saves the other aggregates that it changes, and keeps what it owes and says. Returns the next
    /// state of what was decided on, which the caller saves.
    pub(crate) fn take<A>(
        &mut self,
        subject: impl Into<Subject>,
        decision: impl Into<Decision<A>>,
    ) -> A {
        let (subject, decision) = (subject.into(), decision.into());
        for change in decision.changes {
            match change {
                Change::Person(person) => self.set(&person),
                Change::TemporaryPin(slot) => self.set(&slot),
                Change::Grant(grant) => self.set(&grant),
                Change::PCode(p_code) => self.set_p_code(p_code),
                Change::App(app) => self.set(&app),
            }
        }
        self.journal.extend(decision.journal.into_iter().map(|event| (subject, event)));
        self.effects.extend(decision.effects.into_iter().map(|effect| (subject, effect)));
        decision.next
    }

    /// Saves a P code over the row from which it was read, which holds the hash of its digits as well.
    fn set_p_code(&mut self, p_code: PCode) {
        let Some(Some(stored)) = self.rows.current::<StoredPCode>(p_code.id) else {
            unreachable!("a P code that a decision changes was read for the decision")
        };
        self.set(&StoredPCode { p_code, ..stored });
    }

    /// Adds one entry to the journal.
    pub(crate) fn say(&mut self, subject: impl Into<Subject>, event: JournalEvent) {
        self.journal.push((subject.into(), event));
    }

    /// Lets time continue from this instant, which lies before the last commit.
    pub(crate) fn take_time_back(&mut self, to: Timestamp) {
        self.now = to;
        self.transaction.at = to;
        self.transaction.takes_time_back = true;
    }

    /// Saves everything in one transaction.
    pub(crate) async fn commit(mut self) -> Result<(), Failure> {
        self.settle_effects().await?;
        self.write_journal().await?;
        let transaction = self.finished().await?;
        if transaction.writes.is_empty()
            && transaction.journal.is_empty()
            && transaction.outbox.is_empty()
            && transaction.withdrawals.is_empty()
        {
            return Ok(());
        }
        match self.service.parts().store.commit(transaction).await {
            Ok(_) => {}
            Err(StoreError::Exists { kind: USED_NONCE, .. }) => {
                return Err(Failure::refused(RefusalCode::NonceNotAccepted));
            }
            Err(other) => return Err(other.into()),
        }
        for alarm in std::mem::take(&mut self.alarms) {
            self.service.count_alarm(alarm);
        }
        Ok(())
    }

    pub(crate) fn nonce(&self) -> Nonce {
        Nonce(self.service.draw())
    }

    pub(crate) fn change(&mut self, change: impl FnOnce(Transaction) -> Transaction) {
        let transaction = std::mem::replace(&mut self.transaction, Transaction::new(self.now));
        self.transaction = change(transaction);
    }

    /// The transaction with all rows; it makes sure of the keys under which they are sealed.
    async fn finished(&mut self) -> Result<Transaction, Failure> {
        for owner in self.rows.owners() {
            if let Owner::Person(person) = owner {
                self.ensure_key(person).await?;
            }
        }
        let transaction = std::mem::replace(&mut self.transaction, Transaction::new(self.now));
        let parts = self.service.parts();
        let key_of = |owner| match owner {
            Owner::Service | Owner::Ended => None,
            Owner::Person(person) => self.key_of(person),
        };
        Ok(self.rows.add_to(transaction, (&parts.policy, &parts.keys), key_of))
    }
}
