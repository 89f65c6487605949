//! The data key of a person: wrapped by a master key, and deleted when the person is erased.
//!
//! Everything personal in states, journal and outbox is sealed under it. Deleting its row makes all of that unreadable
//! at once and changes no hash of the journal (PROTOCOLS.md section 13).

use crate::codec::{self, CodecError, Writer};
use crate::keys::{Keys, MasterNumber};
use crate::kinds;
use crate::seal::{self, Binding, DataKey, Frame, Nonce};
use crate::{Id, Record, Row, Store, StoreError, SubjectId, Transaction, Version, Withdrawal};
use zeroize::Zeroizing;

const SCHEMA: u16 = 2;
/// The schema version of wrapped keys without a subject, which were bound to kind and id alone.
const FIRST_SCHEMA: u16 = 1;
const WRAPPED_BYTES_MAX: usize = 128;

/// The data key of a person, and the person's id in the journal.
#[derive(Clone, Debug)]
pub struct PersonKey {
    /// The key that seals what belongs to the person.
    pub key: DataKey,
    /// The id of the person in the journal: random, and kept only here, so that it is deleted with the key.
    pub subject: SubjectId,
}

/// Wraps a person's new data key. The record is saved as `version`, together with the person.
///
/// `drawn` and `nonce` are fresh random values.
#[must_use]
pub fn wrap(keys: &Keys, person: Id, version: Version, drawn: &PersonKey, nonce: Nonce) -> Record {
    let number = keys.newest();
    let Some(wrapping) = keys.wrapping(number) else {
        unreachable!("the newest master key is in the list")
    };
    let mut record = Record::new(kinds::PERSON_KEY, person, SCHEMA, Vec::new());
    let binding = Binding::row(Frame::saved_as(&record, version), 0);
    let mut clear = Writer::new();
    clear.array(drawn.key.secret());
    clear.u128(drawn.subject.0);
    let wrapped = seal::seal(&wrapping, nonce, &binding, &clear.finish_hidden());
    let mut writer = Writer::new();
    writer.u32(number.0);
    writer.bytes(&wrapped);
    record.state = writer.finish();
    record
}

/// Unwraps a loaded row.
///
/// # Errors
///
/// [`StoreError::Corrupt`] where the row does not decode, or no master key in the key file opens it.
pub fn unwrap(keys: &Keys, row: &Row) -> Result<PersonKey, StoreError> {
    let what = "wrapped key";
    codec::decode(row, |schema, reader| {
        if schema != SCHEMA {
            return Err(CodecError::Newer { found: schema, known: SCHEMA });
        }
        let clear = unwrapped(keys, reader, &Binding::row(Frame::of(row), 0))?;
        let mut clear = codec::Reader::new(&clear);
        let key = DataKey::new(Zeroizing::new(clear.array(what)?));
        let subject = SubjectId(clear.u128("subject")?);
        clear.finish()?;
        Ok(PersonKey { key, subject })
    })
}

/// Wraps a person's key under the newest master key; the record is saved as the version after the row's. `None` where that wraps it
/// already.
///
/// # Errors
///
/// As [`unwrap`].
pub fn rewrapped(row: &Row, keys: &Keys, nonce: Nonce) -> Result<Option<Record>, StoreError> {
    if !is_outdated(keys, row)? {
        return Ok(None);
    }
    let key = unwrap(keys, row)?;
    Ok(Some(wrap(keys, row.record.id, row.version.next(), &key, nonce)))
}

fn unwrapped(
    keys: &Keys,
    reader: &mut codec::Reader<'_>,
    binding: &Binding,
) -> Result<Zeroizing<Vec<u8>>, CodecError> {
    let what = "wrapped key";
    let number = reader.u32("master number")?;
    let wrapped = reader.bytes(what, WRAPPED_BYTES_MAX)?;
    let unknown = CodecError::Unknown { what: "master number", value: u64::from(number) };
    let wrapping = keys.wrapping(MasterNumber(number)).ok_or(unknown)?;
    seal::open(&wrapping, binding, wrapped, what)
}

/// Whether a row is of the first layout.
#[must_use]
pub fn is_of_first_layout(row: &Row) -> bool {
    row.record.kind.code() == kinds::PERSON_KEY.code() && row.record.schema == FIRST_SCHEMA
}

/// A row of the first layout, for tests of the upgrade.
#[cfg(any(test, feature = "contract"))]
#[must_use]
pub fn wrap_of_first_layout(keys: &Keys, person: Id, key: &DataKey, nonce: Nonce) -> Record {
    let Some(wrapping) = keys.wrapping(keys.newest()) else {
        unreachable!("the newest master key is in the list")
    };
    let binding = Binding::row_of_first_layout(kinds::PERSON_KEY, person, 0);
    let mut writer = Writer::new();
    writer.u32(keys.newest().0);
    writer.bytes(&seal::seal(&wrapping, nonce, &binding, key.secret()));
    Record::new(kinds::PERSON_KEY, person, FIRST_SCHEMA, writer.finish())
}

/// Unwraps the data key of a row of the first layout. Only `genvej migrate` calls this, once.
///
/// # Errors
///
/// [`StoreError::Corrupt`] where the row does not open.
pub fn unwrap_of_first_layout(keys: &Keys, row: &Row) -> Result<DataKey, StoreError> {
    codec::decode(row, |_, reader| {
        let binding = Binding::row_of_first_layout(kinds::PERSON_KEY, row.record.id, 0);
        let clear = unwrapped(keys, reader, &binding)?;
        let mut clear = codec::Reader::new(&clear);
        let key = DataKey::new(Zeroizing::new(clear.array("wrapped key")?));
        clear.finish()?;
        Ok(key)
    })
}

/// Loads and unwraps a person's data key; `None` where the person never had one or was erased.
///
/// # Errors
///
/// A store error, and [`StoreError::Corrupt`] as for [`unwrap`].
pub async fn load(
    store: &dyn Store,
    keys: &Keys,
    person: Id,
) -> Result<Option<(PersonKey, Version)>, StoreError> {
    let Some(row) = store.load(kinds::PERSON_KEY, person).await? else { return Ok(None) };
    Ok(Some((unwrap(keys, &row)?, row.version)))
}

/// Whether a row was wrapped by a master key that is not the newest, and should be wrapped again.
///
/// # Errors
///
/// [`StoreError::Corrupt`] where the row does not decode.
pub fn is_outdated(keys: &Keys, row: &Row) -> Result<bool, StoreError> {
    codec::decode(row, |_, reader| {
        let number = reader.u32("master number")?;
        reader.bytes("wrapped key", WRAPPED_BYTES_MAX)?;
        Ok(number != keys.newest().0)
    })
}

/// Adds the erasure of a person to a transaction: the deletion of the data key, and of every waiting effect that is
/// sealed under it. The caller deletes or empties the person's aggregates in the same transaction.
pub fn erase(transaction: Transaction, person: Id, seen: Version) -> Transaction {
    transaction.delete(kinds::PERSON_KEY, person, seen).withdraw(Withdrawal::OfPerson(person))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(fill: u8) -> Keys {
        Keys::generate(&Zeroizing::new([fill; 96]))
    }

    fn data_key() -> PersonKey {
        PersonKey { key: DataKey::new(Zeroizing::new([42; 32])), subject: SubjectId(77) }
    }

    fn row(keys: &Keys, person: Id) -> Row {
        let version = Version::FIRST;
        Row { version, record: wrap(keys, person, version, &data_key(), Nonce([3; 24])) }
    }

    #[test]
    fn a_wrapped_key_opens_for_its_person_at_its_version_under_its_master_alone() {
        let mut moved = row(&keys(1), Id(5));

        let opened = unwrap(&keys(1), &moved).unwrap();
        assert_eq!(opened.key.secret(), data_key().key.secret());
        assert_eq!(opened.subject, SubjectId(77));
        assert!(matches!(unwrap(&keys(2), &moved), Err(StoreError::Corrupt { .. })));
        moved.record.id = Id(6);
        assert!(matches!(unwrap(&keys(1), &moved), Err(StoreError::Corrupt { .. })));
        moved.record.id = Id(5);
        moved.version = Version(2);
        assert!(matches!(unwrap(&keys(1), &moved), Err(StoreError::Corrupt { .. })));
    }

    #[test]
    fn after_a_rotation_old_rows_open_and_are_known_as_outdated() {
        let old = row(&keys(1), Id(5));
        let rotated = keys(1).rotate(Zeroizing::new([8; 32])).unwrap();
        let new = row(&rotated, Id(5));

        assert_eq!(unwrap(&rotated, &old).unwrap().key.secret(), data_key().key.secret());
        assert!(is_outdated(&rotated, &old).unwrap());
        assert!(!is_outdated(&rotated, &new).unwrap());
        assert!(unwrap(&keys(1), &new).is_err(), "the old file does not know the new master");
    }
}
