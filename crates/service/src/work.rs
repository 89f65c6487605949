//! One unit of work: what was read, what changes, what is owed, what the journal says. All of it is saved, or nothing.

use crate::{Failure, Service};
use recovery::Step;
use recovery::appointment::Appointment;
use recovery::effect::Effect;
use recovery::event::JournalEvent;
use recovery::id::{AppointmentId, PersonId, TemporaryPinId, VetoId};
use recovery::time::Timestamp;
use std::collections::BTreeMap;
use store::facade::{self, Aggregate, Loaded, Owner};
use store::seal::{DataKey, Nonce};
use store::{Id, Lookup, Row, Transaction, person_key};
use zeroize::Zeroizing;

/// The most rows that one look-up returns to a use case.
const FOUND_MAX: usize = 256;

/// Whom a journal entry is about, and under whose key it is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A person.
    Person(PersonId),
    /// Nobody that the service knows: a call with an unknown number, a member of staff.
    Nobody {
        /// A random id that ties the entries of one matter together.
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

/// A transaction in the making.
#[derive(Debug)]
pub struct Work<'s> {
    pub(crate) service: &'s Service,
    now: Timestamp,
    pub(crate) transaction: Transaction,
    person_keys: BTreeMap<u128, DataKey>,
    pub(crate) journal: Vec<(Subject, JournalEvent)>,
    pub(crate) effects: Vec<(Subject, Effect)>,
    /// Clear codes for the outbox rows that send or show them; wiped when the work ends.
    pub(crate) codes: BTreeMap<TemporaryPinId, Zeroizing<String>>,
    /// What the links of a notice are about that may be owed.
    pub(crate) matters: BTreeMap<VetoId, recovery::veto::About>,
    /// A sign-in that this work approved.
    pub(crate) approved: Option<crate::sign_in::SignIn>,
    /// Bookings as this work leaves them, for the messages about them.
    pub(crate) appointments: BTreeMap<AppointmentId, Appointment>,
    /// Alarms that count once this work is saved.
    pub(crate) alarms: Vec<recovery::alarm::Alarm>,
}

impl<'s> Work<'s> {
    pub(crate) async fn begin(service: &'s Service) -> Result<Self, Failure> {
        let now = service.now().await?;
        Ok(Self {
            service,
            now,
            transaction: Transaction::new(now.into()),
            person_keys: BTreeMap::new(),
            journal: Vec::new(),
            effects: Vec::new(),
            codes: BTreeMap::new(),
            matters: BTreeMap::new(),
            appointments: BTreeMap::new(),
            approved: None,
            alarms: Vec::new(),
        })
    }

    /// The instant of every decision in this work.
    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }

    /// Loads one value.
    pub(crate) async fn load<A: Aggregate>(
        &mut self,
        id: Id,
    ) -> Result<Option<Loaded<A>>, Failure> {
        match self.service.parts().store.load(A::KIND, id).await? {
            Some(row) => self.open(&row).await.map(Some),
            None => Ok(None),
        }
    }

    /// All values with this look-up, ordered by id.
    pub(crate) async fn find<A: Aggregate>(
        &mut self,
        lookup: Lookup,
    ) -> Result<Vec<Loaded<A>>, Failure> {
        let rows = self.service.parts().store.find(A::KIND, lookup, FOUND_MAX).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in &rows {
            found.push(self.open(row).await?);
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

    /// Opens a row that was read by a walk or a sweep.
    pub(crate) async fn open<A: Aggregate>(&mut self, row: &Row) -> Result<Loaded<A>, Failure> {
        let parts = self.service.parts();
        match facade::owner(row)? {
            Owner::Service => Ok(facade::open(row, &parts.keys, None)?),
            Owner::Person(person) => {
                self.ensure_key(person).await?;
                Ok(facade::open(row, &parts.keys, self.person_keys.get(&person.0))?)
            }
        }
    }

    /// Loads the person's key; a person who was erased has none, and then nothing of theirs opens.
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
            None => Err(Failure::refused("not-found")),
        }
    }

    /// Makes the key of a new person; saved with the rest.
    pub(crate) fn new_person_key(&mut self, person: PersonId) {
        let key = DataKey::new(Zeroizing::new(self.service.draw()));
        let record = person_key::wrap(&self.service.parts().keys, Id(person.0), &key, self.nonce());
        self.person_keys.insert(person.0, key);
        self.change(|transaction| transaction.insert(record));
    }

    /// The key to seal with for a subject; the service's where it is nobody's.
    pub(crate) fn key_of(&self, person: PersonId) -> Option<&DataKey> {
        self.person_keys.get(&person.0)
    }

    /// Adds a value that must not be there yet.
    pub(crate) fn insert<A: Aggregate>(&mut self, value: &A) {
        let record = self.record(value);
        self.change(|transaction| transaction.insert(record));
    }

    /// Saves a value over the version that was loaded.
    pub(crate) fn put<A: Aggregate>(&mut self, seen: &Loaded<A>, next: &A) {
        let record = self.record(next);
        self.change(|transaction| transaction.put(seen.version, record));
    }

    /// Saves over what was loaded, or inserts where there was nothing.
    pub(crate) fn save<A: Aggregate>(&mut self, seen: Option<&Loaded<A>>, next: &A) {
        match seen {
            Some(seen) => self.put(seen, next),
            None => self.insert(next),
        }
    }

    /// Removes a value.
    pub(crate) fn delete<A: Aggregate>(&mut self, seen: &Loaded<A>) {
        let id = seen.value.id();
        self.change(|transaction| transaction.delete(A::KIND, id, seen.version));
    }

    /// A value that was decided upon and must not have moved.
    pub(crate) fn expect<A: Aggregate>(&mut self, seen: &Loaded<A>) {
        let id = seen.value.id();
        self.change(|transaction| transaction.expect(A::KIND, id, seen.version));
    }

    /// Takes what a decision owes and says; returns the next state, which the caller saves.
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

    /// Lets time go on from this instant, before what was committed.
    pub(crate) fn take_time_back(&mut self, to: Timestamp) {
        self.now = to;
        self.transaction.at = to.into();
        self.transaction.takes_time_back = true;
    }

    /// Saves everything.
    pub(crate) async fn commit(mut self) -> Result<(), Failure> {
        self.settle_effects().await?;
        self.write_journal().await?;
        let transaction =
            std::mem::replace(&mut self.transaction, Transaction::new(self.now.into()));
        if transaction.writes.is_empty()
            && transaction.journal.is_empty()
            && transaction.outbox.is_empty()
            && transaction.withdrawals.is_empty()
        {
            return Ok(());
        }
        self.service.parts().store.commit(transaction).await?;
        for alarm in std::mem::take(&mut self.alarms) {
            self.service.count_alarm(alarm);
        }
        Ok(())
    }

    pub(crate) fn nonce(&self) -> Nonce {
        Nonce(self.service.draw())
    }

    pub(crate) fn change(&mut self, change: impl FnOnce(Transaction) -> Transaction) {
        let transaction =
            std::mem::replace(&mut self.transaction, Transaction::new(self.now.into()));
        self.transaction = change(transaction);
    }

    fn record<A: Aggregate>(&self, value: &A) -> store::Record {
        let parts = self.service.parts();
        let key = match value.owner() {
            Owner::Service => None,
            Owner::Person(person) => self.person_keys.get(&person.0),
        };
        facade::record(value, &parts.policy, &parts.keys, key, self.nonce())
    }
}
