//! How a domain value becomes a row, the same for all backends: its bytes are sealed under the key of its owner, and
//! bound to everything that the row holds in clear beside them (PROTOCOLS.md section 14a).
//!
//! ```text
//! state = 2 || master number (u32) || sealed      what belongs to no person: the service's key
//!       = 3 || person (u128)       || sealed      what belongs to a person: that person's data key
//!       = 4 || master number (u32) || sealed      a row that ended early: nothing, under the service's key
//! ```
//!
//! The owner is in clear (a random id), because the key must be loaded before the seal can be opened. The first bytes 0
//! and 1 marked rows of the first layout, which were bound to kind and id alone; [`reseal`] opens them once.

use crate::codec::{CodecError, Reader, Stored, Writer};
use crate::error::Finding;
use crate::keys::{Keys, MasterNumber};
use crate::kinds;
use crate::seal::{self, Binding, DataKey, Frame, Nonce};
use crate::{Id, Kind, Lookup, Record, Row, StoreError, Timestamp, Version};
use recovery::id::PersonId;
use recovery::policy::Policy;

/// The largest state that a façade seals, in bytes.
const SEALED_MAX: usize = 900_000;
const STATE_FIELD: u16 = 1;

/// The owner of a row, under whose key it is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The row belongs to no person: staff, centres, sign-ins of people who are not known yet. It is sealed under the
    /// service's key.
    Service,
    /// The row belongs to this person; it becomes unreadable when the person is erased.
    Person(PersonId),
    /// The row ended before its time and holds nothing any more.
    Ended,
}

/// A domain value that is saved as one row.
pub trait Aggregate: Stored + Clone + Send + Sync + 'static {
    /// The id of rows of this kind.
    type Id: Copy + Into<Id>;
    /// The kind of the row.
    const KIND: Kind;
    /// The version of the byte format that [`Stored::store`] writes. Fields that a later version added are read only
    /// from rows of that version ([`Reader::has`]).
    const SCHEMA: u16 = 1;

    /// The id of the row.
    fn id(&self) -> Self::Id;

    /// The owner under whose key the row is sealed; it never changes.
    fn owner(&self) -> Owner;

    /// When the sweeper must process the row next.
    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        let _ = policy;
        None
    }

    /// The look-ups by which the row is found other than by its id.
    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        let _ = keys;
        Vec::new()
    }
}

/// A loaded value, with the version that a decision on it must hand back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded<A> {
    /// The version to hand to [`crate::Transaction::put`].
    pub version: Version,
    /// The loaded value.
    pub value: A,
}

/// The row of a value that is saved as `version`. `person_key` is the owner's data key; it is not used for
/// [`Owner::Service`].
#[must_use]
pub fn record<A: Aggregate>(
    value: &A,
    version: Version,
    (policy, keys): (&Policy, &Keys),
    person_key: Option<&DataKey>,
    nonce: Nonce,
) -> Record {
    let mut clear = Writer::new();
    value.store(&mut clear);
    let clear = clear.finish_hidden();
    let mut record = Record::new(A::KIND, value.id().into(), A::SCHEMA, Vec::new());
    record.lookups = value.lookups(keys);
    record.deadline = value.deadline(policy);
    let person = match (value.owner(), person_key) {
        (Owner::Service | Owner::Ended, _) => None,
        (Owner::Person(person), Some(key)) => {
            debug_assert!(
                kinds::may_belong_to_persons(A::KIND),
                "{} is not of persons in the table of kinds: the erasure of a person would leave it",
                A::KIND
            );
            Some((person, key))
        }
        (Owner::Person(_), None) => {
            unreachable!(
                "whoever saves what belongs to a person has loaded or made the person's key"
            )
        }
    };
    record.state = sealed(&record, version, person, keys, (nonce, &clear));
    record
}

/// The row of a value that belongs to no person and has neither a deadline nor look-ups, which is saved as `version`.
#[must_use]
pub fn record_of_service<A: Aggregate>(
    value: &A,
    version: Version,
    keys: &Keys,
    nonce: Nonce,
) -> Record {
    let mut clear = Writer::new();
    value.store(&mut clear);
    let mut record = Record::new(A::KIND, value.id().into(), A::SCHEMA, Vec::new());
    record.state = sealed(&record, version, None, keys, (nonce, &clear.finish_hidden()));
    record
}

/// The sealed state of a record: under the person's data key where one is given, else under the service's.
fn sealed(
    record: &Record,
    version: Version,
    person: Option<(PersonId, &DataKey)>,
    keys: &Keys,
    (nonce, clear): (Nonce, &[u8]),
) -> Vec<u8> {
    let binding = Binding::row(Frame::saved_as(record, version), STATE_FIELD);
    let mut state = Writer::new();
    let (service_number, service_key) = keys.newest_service_key();
    let key = match person {
        None => {
            state.u8(SERVICE);
            state.u32(service_number.0);
            &service_key
        }
        Some((person, key)) => {
            state.u8(PERSON);
            state.u128(person.0);
            key
        }
    };
    state.bytes(&seal::seal(key, nonce, &binding, clear));
    state.finish()
}

/// The tombstone of a row that ends before its time: kind, id and version, sealed under the service's key, without
/// anything that the row held. `seen` is the row's version; the tombstone is saved as the version after it.
#[must_use]
pub fn ended(
    kind: Kind,
    id: Id,
    seen: Version,
    deadline: Option<Timestamp>,
    (keys, nonce): (&Keys, Nonce),
) -> Record {
    let mut record = Record::new(kind, id, 1, Vec::new());
    record.deadline = deadline;
    let binding = Binding::row(Frame::saved_as(&record, seen.next()), STATE_FIELD);
    let (number, key) = keys.newest_service_key();
    let mut state = Writer::new();
    state.u8(ENDED);
    state.u32(number.0);
    state.bytes(&seal::seal(&key, nonce, &binding, &[]));
    record.state = state.finish();
    record
}

/// Seals a row of the first layout anew in the present one; the record is saved as the version after it. `None` where
/// the row has the present layout already, or was not sealed by this module.
///
/// Only `genvej migrate` calls this, once in the life of an installation.
///
/// # Errors
///
/// [`StoreError::Corrupt`] where the row does not open.
pub fn reseal(
    row: &Row,
    keys: &Keys,
    person_key: Option<&DataKey>,
    nonce: Nonce,
) -> Result<Option<Record>, StoreError> {
    let Some(owner) = owner_of_first_layout(row) else { return Ok(None) };
    let clear = opened_of_first_layout(row, keys, person_key).map_err(|it| corrupt(row, it))?;
    let mut record = row.record.clone();
    let person = match owner {
        Owner::Person(person) => person_key.map(|key| (person, key)),
        Owner::Service | Owner::Ended => None,
    };
    record.state = sealed(&record, row.version.next(), person, keys, (nonce, &clear));
    Ok(Some(record))
}

/// The owner of a row of the first layout; `None` where the row has another layout.
#[must_use]
pub fn owner_of_first_layout(row: &Row) -> Option<Owner> {
    let mut reader = Reader::new(&row.record.state);
    match reader.u8("owner") {
        Ok(0) if reader.u32("master number").is_ok() => Some(Owner::Service),
        Ok(1) => reader.u128("owner").ok().map(|person| Owner::Person(PersonId(person))),
        Ok(_) | Err(_) => None,
    }
}

/// A record of the first layout, for tests of the upgrade.
#[cfg(any(test, feature = "contract"))]
#[must_use]
pub fn record_of_first_layout<A: Aggregate>(
    value: &A,
    (policy, keys): (&Policy, &Keys),
    person_key: Option<&DataKey>,
    nonce: Nonce,
) -> Record {
    let mut clear = Writer::new();
    value.store(&mut clear);
    let mut state = Writer::new();
    let (number, service_key) = keys.newest_service_key();
    let key = match (value.owner(), person_key) {
        (Owner::Person(person), Some(key)) => {
            state.u8(1);
            state.u128(person.0);
            key
        }
        (Owner::Person(_) | Owner::Service | Owner::Ended, _) => {
            state.u8(0);
            state.u32(number.0);
            &service_key
        }
    };
    let binding = Binding::row_of_first_layout(A::KIND, value.id().into(), STATE_FIELD);
    state.bytes(&seal::seal(key, nonce, &binding, &clear.finish_hidden()));
    let mut record = Record::new(A::KIND, value.id().into(), A::SCHEMA, state.finish());
    record.lookups = value.lookups(keys);
    record.deadline = value.deadline(policy);
    record
}

fn opened_of_first_layout(
    row: &Row,
    keys: &Keys,
    person_key: Option<&DataKey>,
) -> Result<zeroize::Zeroizing<Vec<u8>>, CodecError> {
    let mut reader = Reader::new(&row.record.state);
    let service_key;
    let key = if reader.u8("owner")? == 0 {
        service_key = service(keys, MasterNumber(reader.u32("master number")?))?;
        &service_key
    } else {
        reader.u128("owner")?;
        person_key.ok_or(CodecError::Sealed { what: "state" })?
    };
    let sealed = reader.bytes("state", SEALED_MAX)?;
    reader.finish()?;
    let binding = Binding::row_of_first_layout(row.record.kind, row.record.id, STATE_FIELD);
    seal::open(key, &binding, sealed, "state")
}

/// The owner whose key opens this row.
///
/// # Errors
///
/// [`StoreError::Corrupt`] where the row has another layout.
pub fn owner(row: &Row) -> Result<Owner, StoreError> {
    let mut reader = Reader::new(&row.record.state);
    header(&mut reader)
        .map(|header| match header {
            Header::Service(_) => Owner::Service,
            Header::Person(person) => Owner::Person(person),
            Header::Ended(_) => Owner::Ended,
        })
        .map_err(|source| corrupt(row, source))
}

/// Opens a row. `person_key` is the data key of its [`owner`]; it is not used for [`Owner::Service`].
///
/// # Errors
///
/// [`StoreError::Corrupt`] with kind, id and schema where it does not open or decode.
pub fn open<A: Aggregate>(
    row: &Row,
    keys: &Keys,
    person_key: Option<&DataKey>,
) -> Result<Loaded<A>, StoreError> {
    opened(row, keys, person_key)
        .map(|value| Loaded { version: row.version, value })
        .map_err(|source| corrupt(row, source))
}

/// Checks that a row which was found by a look-up carries that look-up. The look-ups of a row are authentic once it has
/// been opened, so this is checked for every row that was found and opened, of any kind.
///
/// # Errors
///
/// [`StoreError::Untrusted`] where the row does not carry the look-up.
pub fn check_found(row: &Row, by: Lookup) -> Result<(), StoreError> {
    if row.record.lookups.contains(&by) {
        return Ok(());
    }
    let finding = Finding::Misfiled { index: by.index.code() };
    Err(StoreError::Untrusted { kind: row.record.kind, id: row.record.id, finding })
}

/// Checks the seal of a tombstone, the row that is left of one that ended early.
///
/// # Errors
///
/// [`StoreError::Corrupt`] where the row does not open.
pub fn check_ended(row: &Row, keys: &Keys) -> Result<(), StoreError> {
    let seal = || {
        let mut reader = Reader::new(&row.record.state);
        let Header::Ended(number) = header(&mut reader)? else {
            return Err(CodecError::Invalid { what: "owner" });
        };
        let sealed = reader.bytes("state", SEALED_MAX)?;
        reader.finish()?;
        let binding = Binding::row(Frame::of(row), STATE_FIELD);
        seal::open(&service(keys, number)?, &binding, sealed, "state").map(|_| ())
    };
    seal().map_err(|source| corrupt(row, source))
}

/// Seals a row or a tombstone under the newest master key; the record is saved as the version after it. `None` where it is sealed
/// so already, or under a person's key.
///
/// # Errors
///
/// [`StoreError::Corrupt`] where the row does not open.
pub fn rewrapped(row: &Row, keys: &Keys, nonce: Nonce) -> Result<Option<Record>, StoreError> {
    sealed_anew(row, keys, nonce).map_err(|source| corrupt(row, source))
}

fn sealed_anew(row: &Row, keys: &Keys, nonce: Nonce) -> Result<Option<Record>, CodecError> {
    let mut reader = Reader::new(&row.record.state);
    let (tag, number) = match header(&mut reader)? {
        Header::Service(number) => (SERVICE, number),
        Header::Ended(number) => (ENDED, number),
        Header::Person(_) => return Ok(None),
    };
    let (newest, key) = keys.newest_service_key();
    if number == newest {
        return Ok(None);
    }
    let sealed = reader.bytes("state", SEALED_MAX)?;
    reader.finish()?;
    let before = Binding::row(Frame::of(row), STATE_FIELD);
    let clear = seal::open(&service(keys, number)?, &before, sealed, "state")?;
    let mut record = row.record.clone();
    let binding = Binding::row(Frame::saved_as(&record, row.version.next()), STATE_FIELD);
    let mut state = Writer::new();
    state.u8(tag);
    state.u32(newest.0);
    state.bytes(&seal::seal(&key, nonce, &binding, &clear));
    record.state = state.finish();
    Ok(Some(record))
}

const SERVICE: u8 = 2;
const PERSON: u8 = 3;
const ENDED: u8 = 4;

enum Header {
    Service(MasterNumber),
    Person(PersonId),
    Ended(MasterNumber),
}

fn service(keys: &Keys, number: MasterNumber) -> Result<DataKey, CodecError> {
    let unknown = CodecError::Unknown { what: "master number", value: u64::from(number.0) };
    keys.service_key(number).ok_or(unknown)
}

fn header(reader: &mut Reader<'_>) -> Result<Header, CodecError> {
    match reader.u8("owner")? {
        SERVICE => Ok(Header::Service(MasterNumber(reader.u32("master number")?))),
        PERSON => Ok(Header::Person(PersonId(reader.u128("owner")?))),
        ENDED => Ok(Header::Ended(MasterNumber(reader.u32("master number")?))),
        other => Err(CodecError::Unknown { what: "owner", value: u64::from(other) }),
    }
}

fn opened<A: Aggregate>(
    row: &Row,
    keys: &Keys,
    person_key: Option<&DataKey>,
) -> Result<A, CodecError> {
    let schema = row.record.schema;
    if schema > A::SCHEMA {
        return Err(CodecError::Newer { found: schema, known: A::SCHEMA });
    }
    let mut reader = Reader::new(&row.record.state);
    let service_key;
    let key = match header(&mut reader)? {
        Header::Service(number) => {
            service_key = service(keys, number)?;
            &service_key
        }
        Header::Person(_) => person_key.ok_or(CodecError::Sealed { what: "state" })?,
        Header::Ended(_) => return Err(CodecError::Invalid { what: "state" }),
    };
    let sealed = reader.bytes("state", SEALED_MAX)?;
    reader.finish()?;
    let binding = Binding::row(Frame::of(row), STATE_FIELD);
    let clear = seal::open(key, &binding, sealed, "state")?;
    let mut reader = Reader::of_schema(schema, &clear);
    let value = A::restore(&mut reader, A::KIND.name())?;
    reader.finish()?;
    Ok(value)
}

fn corrupt(row: &Row, source: CodecError) -> StoreError {
    StoreError::Corrupt {
        kind: row.record.kind,
        id: row.record.id,
        schema: row.record.schema,
        source: Box::new(source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::P_CODE;
    use crate::rows::used_sets::UsedSets;
    use crate::{Index, LookupKey};
    use recovery::policy::Profile;
    use zeroize::Zeroizing;

    fn keys() -> Keys {
        Keys::generate(&Zeroizing::new([7; 96]))
    }

    fn person_key() -> DataKey {
        DataKey::new(Zeroizing::new([9; 32]))
    }

    fn value() -> UsedSets {
        UsedSets::none(PersonId(5))
    }

    #[test]
    fn a_row_of_the_first_layout_opens_in_an_upgrade_alone() {
        let (keys, policy) = (keys(), Policy::of(Profile::PublicService));
        let (key, nonce) = (person_key(), Nonce([1; 24]));
        let record = record_of_first_layout(&value(), (&policy, &keys), Some(&key), nonce);
        let old = Row { version: Version(3), record };

        let resealed = reseal(&old, &keys, Some(&key), Nonce([2; 24])).unwrap().unwrap();

        assert!(open::<UsedSets>(&old, &keys, Some(&key)).is_err());
        let new = Row { version: Version(4), record: resealed };
        assert_eq!(open::<UsedSets>(&new, &keys, Some(&key)).unwrap().value, value());
        assert_eq!(owner(&new).unwrap(), Owner::Person(PersonId(5)));
        assert!(reseal(&new, &keys, Some(&key), nonce).unwrap().is_none(), "once is enough");
        assert!(reseal(&old, &keys, None, nonce).is_err());
    }

    #[test]
    fn what_was_found_must_carry_the_look_up_that_found_it() {
        let lookup = |fill| Lookup { index: Index::shared(1), key: LookupKey([fill; 32]) };
        let mut record = Record::new(P_CODE, Id(1), 1, Vec::new());
        record.lookups = vec![lookup(1), lookup(2)];
        let row = Row { version: Version::FIRST, record };

        assert!(check_found(&row, lookup(2)).is_ok());
        assert!(matches!(
            check_found(&row, lookup(3)),
            Err(StoreError::Untrusted { finding: Finding::Misfiled { index: 1 }, .. })
        ));
    }

    #[test]
    fn a_row_that_ended_says_so_under_its_own_version_and_holds_nothing() {
        let keys = keys();
        let record = ended(P_CODE, Id(1), Version(2), None, (&keys, Nonce([1; 24])));
        let row = Row { version: Version(3), record };

        assert_eq!(owner(&row).unwrap(), Owner::Ended);
        assert!(check_ended(&row, &keys).is_ok());
        assert!(open::<UsedSets>(&row, &keys, None).is_err());
        assert!(check_ended(&Row { version: Version(4), ..row }, &keys).is_err());
    }
}
