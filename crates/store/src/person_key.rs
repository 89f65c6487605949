//! The data key of a person: wrapped by a master key, thrown away at erasure.
//!
//! Everything personal in state, journal and outbox is sealed under it. Deleting its row makes all
//! of that unreadable at once and changes no hash of the journal (PROTOCOLS.md section 13).

use crate::codec::{self, CodecError, Writer};
use crate::keys::{Keys, MasterNumber};
use crate::seal::{self, Binding, DataKey, Nonce};
use crate::{Id, Kind, Record, Row, Store, StoreError, Transaction, Version, Withdrawal};
use zeroize::Zeroizing;

/// Rows that hold a wrapped data key; the id is the person's.
pub const PERSON_KEY: Kind = Kind::new(1, "person key");

const SCHEMA: u16 = 1;
const WRAPPED_BYTES_MAX: usize = 128;

/// Wraps a fresh data key for a person: the record to insert together with the person.
///
/// `key` and `nonce` are fresh random values.
#[must_use]
pub fn wrap(keys: &Keys, person: Id, key: &DataKey, nonce: Nonce) -> Record {
    let number = keys.newest();
    let Some(wrapping) = keys.wrapping(number) else {
        unreachable!("the newest master key is in the list")
    };
    let binding = Binding::row(PERSON_KEY, person, 0);
    let wrapped = seal::seal(&wrapping, nonce, &binding, key.secret());
    let mut writer = Writer::new();
    writer.u32(number.0);
    writer.bytes(&wrapped);
    Record::new(PERSON_KEY, person, SCHEMA, writer.finish())
}

/// Unwraps the data key of a loaded row.
///
/// # Errors
///
/// [`StoreError::Corrupt`] where the row does not decode, or no master key at hand opens it.
pub fn unwrap(keys: &Keys, row: &Row) -> Result<DataKey, StoreError> {
    let what = "wrapped key";
    codec::decode(row, |schema, reader| {
        if schema != SCHEMA {
            return Err(CodecError::Newer { found: schema, known: SCHEMA });
        }
        let number = reader.u32("master number")?;
        let wrapped = reader.bytes(what, WRAPPED_BYTES_MAX)?;
        let unknown = CodecError::Unknown { what: "master number", value: u64::from(number) };
        let wrapping = keys.wrapping(MasterNumber(number)).ok_or(unknown)?;
        let binding = Binding::row(PERSON_KEY, row.record.id, 0);
        let clear = seal::open(&wrapping, &binding, wrapped, what)?;
        let mut secret = Zeroizing::new([0; 32]);
        if clear.len() != secret.len() {
            return Err(CodecError::Invalid { what });
        }
        secret.copy_from_slice(&clear);
        Ok(DataKey::new(secret))
    })
}

/// Loads and unwraps the data key of a person; `None` where there is none, or no more.
///
/// # Errors
///
/// The store's own, and [`StoreError::Corrupt`] as for [`unwrap`].
pub async fn load(
    store: &dyn Store,
    keys: &Keys,
    person: Id,
) -> Result<Option<(DataKey, Version)>, StoreError> {
    let Some(row) = store.load(PERSON_KEY, person).await? else { return Ok(None) };
    Ok(Some((unwrap(keys, &row)?, row.version)))
}

/// Whether a row is wrapped by an older master key and is to be wrapped again.
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

/// Adds what erasure of a person means here: the key goes, and every open effect sealed under it.
/// The caller deletes or empties the person's aggregates in the same transaction.
pub fn erase(transaction: Transaction, person: Id, seen: Version) -> Transaction {
    transaction.delete(PERSON_KEY, person, seen).withdraw(Withdrawal::OfPerson(person))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(fill: u8) -> Keys {
        Keys::generate(&Zeroizing::new([fill; 96]))
    }

    fn data_key() -> DataKey {
        DataKey::new(Zeroizing::new([42; 32]))
    }

    fn row(keys: &Keys, person: Id) -> Row {
        Row { version: Version::FIRST, record: wrap(keys, person, &data_key(), Nonce([3; 24])) }
    }

    #[test]
    fn a_wrapped_key_opens_for_its_person_under_its_master_alone() {
        let mut moved = row(&keys(1), Id(5));

        assert_eq!(unwrap(&keys(1), &moved).unwrap().secret(), data_key().secret());
        assert!(matches!(unwrap(&keys(2), &moved), Err(StoreError::Corrupt { .. })));
        moved.record.id = Id(6);
        assert!(matches!(unwrap(&keys(1), &moved), Err(StoreError::Corrupt { .. })));
    }

    #[test]
    fn after_a_rotation_old_rows_open_and_are_known_as_outdated() {
        let old = row(&keys(1), Id(5));
        let rotated = keys(1).rotate(Zeroizing::new([8; 32])).unwrap();
        let new = row(&rotated, Id(5));

        assert_eq!(unwrap(&rotated, &old).unwrap().secret(), data_key().secret());
        assert!(is_outdated(&rotated, &old).unwrap());
        assert!(!is_outdated(&rotated, &new).unwrap());
        assert!(unwrap(&keys(1), &new).is_err(), "the old file does not know the new master");
    }
}
