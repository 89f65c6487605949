//! How a domain value becomes a row, once for all backends: its bytes sealed under the key of its owner.
//!
//! ```text
//! state = 0 || master number (u32) || sealed      what belongs to no person: the service's key
//!       = 1 || person (u128)       || sealed      what belongs to a person: that person's data key
//! ```
//!
//! The owner stands in clear (a random id), because the key has to be loaded before the seal is opened.

use crate::codec::{CodecError, Reader, Writer};
use crate::keys::{Keys, MasterNumber};
use crate::seal::{self, Binding, DataKey, Nonce};
use crate::{Id, Kind, Lookup, Record, Row, StoreError, Timestamp, Version};
use recovery::id::PersonId;
use recovery::policy::Policy;

/// The largest state that a façade seals, in bytes.
const SEALED_MAX: usize = 900_000;
const STATE_FIELD: u16 = 1;

impl From<recovery::time::Timestamp> for Timestamp {
    fn from(at: recovery::time::Timestamp) -> Self {
        Self(at.0)
    }
}

impl From<Timestamp> for recovery::time::Timestamp {
    fn from(at: Timestamp) -> Self {
        Self(at.0)
    }
}

/// Under whose key a value is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Nobody's in particular: staff, centres, sign-ins of strangers.
    Service,
    /// This person's: unreadable once the person is erased.
    Person(PersonId),
}

/// A domain value that is saved as one row.
pub trait Aggregate: Sized {
    /// What sort of row.
    const KIND: Kind;
    /// The version of the bytes that [`Aggregate::write`] makes.
    const SCHEMA: u16 = 1;

    /// Which row.
    fn id(&self) -> Id;

    /// Under whose key it is sealed; never changes.
    fn owner(&self) -> Owner;

    /// When the sweeper must see it next.
    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        let _ = policy;
        None
    }

    /// How it is found other than by its id.
    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        let _ = keys;
        Vec::new()
    }

    /// Writes the clear bytes.
    fn write(&self, writer: &mut Writer);

    /// Reads what [`Aggregate::write`] of that schema version wrote.
    ///
    /// # Errors
    ///
    /// Whatever does not fit.
    fn read(schema: u16, reader: &mut Reader<'_>) -> Result<Self, CodecError>;
}

/// A value with the version that a decision on it must hand back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded<A> {
    /// For [`crate::Transaction::put`].
    pub version: Version,
    /// The value.
    pub value: A,
}

/// The row of a value. `person_key` is the owner's, and unused for [`Owner::Service`].
#[must_use]
pub fn record<A: Aggregate>(
    value: &A,
    policy: &Policy,
    keys: &Keys,
    person_key: Option<&DataKey>,
    nonce: Nonce,
) -> Record {
    let mut clear = Writer::new();
    value.write(&mut clear);
    let clear = clear.finish_hidden();
    let binding = Binding::row(A::KIND, value.id(), STATE_FIELD);
    let mut state = Writer::new();
    let (service_number, service_key) = keys.newest_service_key();
    let key = match value.owner() {
        Owner::Service => {
            state.u8(0);
            state.u32(service_number.0);
            &service_key
        }
        Owner::Person(person) => {
            state.u8(1);
            state.u128(person.0);
            let Some(key) = person_key else {
                unreachable!(
                    "whoever saves what belongs to a person has loaded or made the person's key"
                )
            };
            key
        }
    };
    state.bytes(&seal::seal(key, nonce, &binding, &clear));
    let mut record = Record::new(A::KIND, value.id(), A::SCHEMA, state.finish());
    record.lookups = value.lookups(keys);
    record.deadline = value.deadline(policy);
    record
}

/// Whose key opens this row.
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
        })
        .map_err(|source| corrupt(row, source))
}

/// Opens a row. `person_key` is that of [`owner`], and unused for [`Owner::Service`].
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

enum Header {
    Service(MasterNumber),
    Person(PersonId),
}

fn header(reader: &mut Reader<'_>) -> Result<Header, CodecError> {
    match reader.u8("owner")? {
        0 => Ok(Header::Service(MasterNumber(reader.u32("master number")?))),
        1 => Ok(Header::Person(PersonId(reader.u128("owner")?))),
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
            let unknown = CodecError::Unknown { what: "master number", value: u64::from(number.0) };
            service_key = keys.service_key(number).ok_or(unknown)?;
            &service_key
        }
        Header::Person(_) => person_key.ok_or(CodecError::Sealed { what: "state" })?,
    };
    let sealed = reader.bytes("state", SEALED_MAX)?;
    reader.finish()?;
    let binding = Binding::row(A::KIND, row.record.id, STATE_FIELD);
    let clear = seal::open(key, &binding, sealed, "state")?;
    let mut reader = Reader::new(&clear);
    let value = A::read(schema, &mut reader)?;
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
