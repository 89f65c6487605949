//! One unit of work: the rows that were read, the changes, the effects and the journal entries. All of it is saved, or
//! nothing.

use crate::{Failure, RefusalCode, Service};
use recovery::Step;
use recovery::appointment::Appointment;
use recovery::effect::Effect;
use recovery::event::JournalEvent;
use recovery::id::{AppointmentId, PersonId, TemporaryPinId, VetoId};
use recovery::time::Timestamp;
use std::collections::BTreeMap;
use store::codec::CodecError;
use store::facade::{self, Aggregate, Loaded, Owner};
use store::kinds::USED_NONCE;
use store::kinds::{Care, care};
use store::person_key::PersonKey;
use store::seal::{DataKey, Nonce};
use store::{Finding, Id, Lookup, Row, StoreError, SubjectId, Transaction, Version, person_key};
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
    /// Rows that were loaded and had ended early: a value that is inserted over one becomes its next version.
    ended: BTreeMap<(u16, u128), Version>,
    /// The journal entries of this work, each with its subject.
    pub(crate) journal: Vec<(Subject, JournalEvent)>,
    /// The effects of this work, each with the subject to which it belongs.
    pub(crate) effects: Vec<(Subject, Effect)>,
    /// Codes in clear for the outbox rows that send or show them; wiped when the work ends.
    pub(crate) codes: BTreeMap<TemporaryPinId, Zeroizing<String>>,
    /// What the links of each notice are about, for notices that may be queued.
    pub(crate) matters: BTreeMap<VetoId, recovery::veto::About>,
    /// The sign-in that this work approved.
    pub(crate) approved: Option<crate::sign_in::row::SignIn>,
    /// The bookings as this work leaves them, for the messages about them.
    pub(crate) appointments: BTreeMap<AppointmentId, Appointment>,
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
            ended: BTreeMap::new(),
            journal: Vec::new(),
            effects: Vec::new(),
            codes: BTreeMap::new(),
            matters: BTreeMap::new(),
            appointments: BTreeMap::new(),
            approved: None,
            alarms: Vec::new(),
        })
    }

    /// The instant of every decision in this unit of work.
    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }

    /// Loads one value; `None` also for a row that ended early.
    pub(crate) async fn load<A: Aggregate>(
        &mut self,
        id: Id,
    ) -> Result<Option<Loaded<A>>, Failure> {
        let Some(row) = self.service.parts().store.load(A::KIND, id).await? else {
            return Ok(None);
        };
        if self.has_ended(&row)? {
            self.ended.insert((A::KIND.code(), id.0), row.version);
            return Ok(None);
        }
        self.open(&row).await.map(Some)
    }

    /// All values with this look-up, ordered by id.
    pub(crate) async fn find<A: Aggregate>(
        &mut self,
        lookup: Lookup,
    ) -> Result<Vec<Loaded<A>>, Failure> {
        let rows = self.service.parts().store.find(A::KIND, lookup, FOUND_MAX).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            let opened = self.open(row).await?;
            // Once it was opened its look-ups are authentic: the one that led here must be among them.
            self.noted(row, facade::check_found(row, lookup))?;
            found.push(opened);
        }
        Ok(found)
    }

    /// The one value with this unique look-up.
    pub(crate) async fn find_one<A: Aggregate>(
        &mut self,
        lookup: Lookup,
    ) -> Result<Option<Loaded<A>>, Failure> {
        Ok(self.find(lookup).await?.into_iter().next())
    }

    /// Opens a row that was read by a walk or a sweep; refused where it ended early, or where no key opens it any more.
    pub(crate) async fn open<A: Aggregate>(&mut self, row: &Row) -> Result<Loaded<A>, Failure> {
        let parts = self.service.parts();
        match facade::owner(row)? {
            Owner::Service => self.noted(row, facade::open(row, &parts.keys, None)),
            Owner::Person(person) => {
                self.ensure_key(person).await?;
                self.noted(row, facade::open(row, &parts.keys, self.key_of(person)))
            }
            Owner::Ended => {
                self.noted(row, facade::check_ended(row, &parts.keys))?;
                Err(Failure::refused(RefusalCode::NotFound))
            }
        }
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
        match person_key::load(&*parts.store, &parts.keys, Id(person.0)).await? {
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
        let record = person_key::wrap(keys, Id(person.0), Version::FIRST, &key, self.nonce());
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

    /// Adds a value whose row must not exist yet.
    pub(crate) fn insert<A: Aggregate>(&mut self, value: &A) {
        let seen = self.ended.get(&(A::KIND.code(), value.id().0)).copied();
        let record = self.record(value, seen.unwrap_or(Version::ABSENT).next());
        self.change(|transaction| match seen {
            Some(seen) => transaction.put(seen, record),
            None => transaction.insert(record),
        });
    }

    /// Saves a value over the version that was loaded.
    pub(crate) fn put<A: Aggregate>(&mut self, seen: &Loaded<A>, next: &A) {
        let record = self.record(next, seen.version.next());
        self.change(|transaction| transaction.put(seen.version, record));
    }

    /// Saves a value over the version that was loaded, or inserts it where there was none.
    pub(crate) fn save<A: Aggregate>(&mut self, seen: Option<&Loaded<A>>, next: &A) {
        match seen {
            Some(seen) => self.put(seen, next),
            None => self.insert(next),
        }
    }

    /// Ends a value. Of a counter a sealed tombstone stays, which says only that it ended: a row that is missing before its
    /// deadline would look as if somebody had removed it.
    pub(crate) fn delete<A: Aggregate>(&mut self, seen: &Loaded<A>) {
        let (id, parts) = (seen.value.id(), self.service.parts());
        let Care::Counter { lapses } = care(A::KIND) else {
            return self.change(|transaction| transaction.delete(A::KIND, id, seen.version));
        };
        let deadline = seen.value.deadline(&parts.policy).filter(|_| lapses);
        let sealing = (&*parts.keys, self.nonce());
        let record = facade::ended(A::KIND, id, seen.version, deadline, sealing);
        self.change(|transaction| transaction.put(seen.version, record));
    }

    /// Requires at the commit that a value which a decision depended on has not changed.
    pub(crate) fn expect<A: Aggregate>(&mut self, seen: &Loaded<A>) {
        let id = seen.value.id();
        self.change(|transaction| transaction.expect(A::KIND, id, seen.version));
    }

    /// Takes over the effects and journal entries of a decision; returns the next state, which the caller saves.
    pub(crate) fn take<A>(&mut self, subject: impl Into<Subject>, step: Step<A>) -> A {
        let subject = subject.into();
        self.journal.extend(step.journal.into_iter().map(|event| (subject, event)));
        self.effects.extend(step.effects.into_iter().map(|effect| (subject, effect)));
        step.next
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
        let transaction = std::mem::replace(&mut self.transaction, Transaction::new(self.now));
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

    fn record<A: Aggregate>(&self, value: &A, version: Version) -> store::Record {
        let parts = self.service.parts();
        let key = match value.owner() {
            Owner::Service | Owner::Ended => None,
            Owner::Person(person) => self.key_of(person),
        };
        facade::record(value, version, (&parts.policy, &parts.keys), key, self.nonce())
    }
}
