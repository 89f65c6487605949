//! The rows of one unit of work: each kept once under its kind and its id, with the version that was read and with what
//! becomes of it.

use recovery::policy::Policy;
use recovery::time::Timestamp;
use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use store::facade::{self, Aggregate, Owner};
use store::keys::Keys;
use store::seal::{DataKey, Nonce};
use store::{Id, Kind, Record, Transaction, Version};

/// The place of a row: the code of its kind, and its id.
pub(super) type Place = (u16, Id);

/// The place of the row of kind `A` with this id.
pub(super) fn place_of<A: Aggregate>(id: A::Id) -> Place {
    (A::KIND.code(), id.into())
}

/// What the commit requires of a row that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// The row must be as it was read.
    Expected,
    /// The row may have changed meanwhile.
    Glance,
}

/// What a unit of work knows of the rows that it read or writes.
#[derive(Default)]
pub(super) struct Rows {
    known: BTreeMap<Place, Known>,
    /// The rows that are written, in the order in which they were written first.
    written: Vec<Place>,
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("written", &self.written).finish_non_exhaustive()
    }
}

/// One row.
struct Known {
    kind: Kind,
    /// The version that was read; [`Version::ABSENT`] for a row that was not there, or that nobody has looked for.
    version: Version,
    /// What was read; `None` for a row that was not there, or that had ended early.
    stored: Option<Box<dyn AnyRow>>,
    reading: Reading,
    change: Option<Change>,
}

/// What becomes of a row.
enum Change {
    /// A value is saved. One that is new must not find a living row in its place.
    Saved { value: Box<dyn AnyRow>, is_new: bool, nonce: Nonce },
    /// The row is deleted.
    Deleted,
    /// The row ends before its time, and a sealed tombstone takes its place.
    Ended { deadline: Option<Timestamp>, nonce: Nonce },
}

/// An aggregate of any kind.
trait AnyRow: Send + Sync {
    fn as_any(&self) -> &dyn Any;

    fn owner(&self) -> Owner;

    fn record(
        &self,
        version: Version,
        sealing: (&Policy, &Keys),
        key: Option<&DataKey>,
        nonce: Nonce,
    ) -> Record;
}

impl<A: Aggregate> AnyRow for A {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn owner(&self) -> Owner {
        Aggregate::owner(self)
    }

    fn record(
        &self,
        version: Version,
        sealing: (&Policy, &Keys),
        key: Option<&DataKey>,
        nonce: Nonce,
    ) -> Record {
        facade::record(self, version, sealing, key, nonce)
    }
}

fn value_of<A: Aggregate>(row: &dyn AnyRow) -> A {
    let Some(value) = row.as_any().downcast_ref::<A>() else {
        unreachable!("one unit of work reads every kind of row as one type, not {} as two", A::KIND)
    };
    value.clone()
}

impl Known {
    /// The value as this work leaves it.
    fn current<A: Aggregate>(&self) -> Option<A> {
        match &self.change {
            Some(Change::Saved { value, .. }) => Some(value_of(&**value)),
            Some(Change::Deleted | Change::Ended { .. }) => None,
            None => self.before(),
        }
    }

    /// The value as it was before this work.
    fn before<A: Aggregate>(&self) -> Option<A> {
        self.stored.as_deref().map(value_of)
    }
}

impl Rows {
    /// The row with this id, as this work leaves it; outer `None` for a row that is not known yet. From now on the commit
    /// requires that it has not changed.
    pub(super) fn current<A: Aggregate>(&mut self, id: A::Id) -> Option<Option<A>> {
        let known = self.known.get_mut(&place_of::<A>(id))?;
        known.reading = Reading::Expected;
        Some(known.current())
    }

    /// The row with this id as it was before this work; outer `None` for a row that is not known yet.
    pub(super) fn before<A: Aggregate>(&self, id: A::Id) -> Option<Option<A>> {
        self.known.get(&place_of::<A>(id)).map(Known::before)
    }

    /// Keeps what was read: the version, and the value unless the row was not there or had ended. What is known of a row
    /// stays: a work sees every row at one moment.
    pub(super) fn keep<A: Aggregate>(
        &mut self,
        id: A::Id,
        (version, value): (Version, Option<&A>),
        reading: Reading,
    ) {
        let known = self.known.entry(place_of::<A>(id)).or_insert_with(|| Known {
            kind: A::KIND,
            version,
            stored: value.map(boxed),
            reading,
            change: None,
        });
        if reading == Reading::Expected {
            known.reading = reading;
        }
    }

    /// Saves a value. A row that was read is saved over the version that was read; one that was not, or that `is_new`, must
    /// not exist.
    pub(super) fn save<A: Aggregate>(&mut self, value: &A, is_new: bool, nonce: Nonce) {
        let known = self.written::<A>(value.id());
        let is_new = match &known.change {
            Some(Change::Saved { is_new, .. }) => *is_new,
            Some(Change::Deleted | Change::Ended { .. }) => false,
            None => is_new || known.stored.is_none(),
        };
        known.change = Some(Change::Saved { value: boxed(value), is_new, nonce });
    }

    /// Deletes a row that was read.
    pub(super) fn delete<A: Aggregate>(&mut self, id: A::Id) {
        self.written::<A>(id).change = Some(Change::Deleted);
    }

    /// Ends a row that was read, and leaves a tombstone until `deadline`.
    pub(super) fn end<A: Aggregate>(
        &mut self,
        id: A::Id,
        deadline: Option<Timestamp>,
        nonce: Nonce,
    ) {
        self.written::<A>(id).change = Some(Change::Ended { deadline, nonce });
    }

    /// The entry of a row that is written.
    fn written<A: Aggregate>(&mut self, id: A::Id) -> &mut Known {
        let place = place_of::<A>(id);
        if !self.written.contains(&place) {
            self.written.push(place);
        }
        self.known.entry(place).or_insert_with(|| Known {
            kind: A::KIND,
            version: Version::ABSENT,
            stored: None,
            reading: Reading::Expected,
            change: None,
        })
    }

    /// The owners of all values that are saved.
    pub(super) fn owners(&self) -> Vec<Owner> {
        let changes = self.known.values().filter_map(|known| known.change.as_ref());
        changes
            .filter_map(|change| match change {
                Change::Saved { value, .. } => Some(value.owner()),
                Change::Deleted | Change::Ended { .. } => None,
            })
            .collect()
    }

    /// Adds to the transaction what was read and what is written; each row once.
    pub(super) fn add_to<'k>(
        &self,
        mut transaction: Transaction,
        sealing: (&Policy, &Keys),
        key_of: impl Fn(Owner) -> Option<&'k DataKey>,
    ) -> Transaction {
        for (place, known) in &self.known {
            if known.reading == Reading::Expected && known.change.is_none() {
                transaction = transaction.expect(known.kind, place.1, known.version);
            }
        }
        for place in &self.written {
            let Some(known) = self.known.get(place) else { continue };
            let (kind, id, seen) = (known.kind, place.1, known.version);
            transaction = match &known.change {
                Some(Change::Saved { value, is_new, nonce }) => {
                    // Over what ended early its next version is saved; a living row is met by no new one.
                    let over = seen != Version::ABSENT && !(*is_new && known.stored.is_some());
                    let version = if over { seen.next() } else { Version::FIRST };
                    let record = value.record(version, sealing, key_of(value.owner()), *nonce);
                    if over { transaction.put(seen, record) } else { transaction.insert(record) }
                }
                // What this work alone had made was never there.
                Some(Change::Deleted | Change::Ended { .. }) if known.stored.is_none() => {
                    transaction
                }
                Some(Change::Deleted) => transaction.delete(kind, id, seen),
                Some(Change::Ended { deadline, nonce }) => {
                    let record = facade::ended(kind, id, seen, *deadline, (sealing.1, *nonce));
                    transaction.put(seen, record)
                }
                None => transaction,
            };
        }
        transaction
    }
}

fn boxed<A: Aggregate>(value: &A) -> Box<dyn AnyRow> {
    Box::new(value.clone())
}
