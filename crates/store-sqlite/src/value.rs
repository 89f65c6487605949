//! How the contract's values stand in columns.

use crate::failure::Failure;
use rusqlite::Row as SqlRow;
use rusqlite::types::ValueRef;

/// A 128-bit id as 16 big-endian bytes, so that blobs sort as numbers do.
pub(crate) const fn id_bytes(id: u128) -> [u8; 16] {
    id.to_be_bytes()
}

/// A number that SQLite keeps as a signed one.
pub(crate) fn signed(value: u64) -> Result<i64, Failure> {
    i64::try_from(value).map_err(|_| Failure::Column("a number over 2^63"))
}

pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Reads columns by their place, and names the one that does not fit.
pub(crate) struct Columns<'a>(pub(crate) &'a SqlRow<'a>);

impl Columns<'_> {
    pub(crate) fn array<const N: usize>(
        &self,
        at: usize,
        what: &'static str,
    ) -> Result<[u8; N], Failure> {
        let ValueRef::Blob(bytes) = self.0.get_ref(at)? else { return Err(Failure::Column(what)) };
        bytes.try_into().map_err(|_| Failure::Column(what))
    }

    pub(crate) fn id(&self, at: usize, what: &'static str) -> Result<u128, Failure> {
        Ok(u128::from_be_bytes(self.array(at, what)?))
    }

    pub(crate) fn bytes(&self, at: usize, what: &'static str) -> Result<Vec<u8>, Failure> {
        match self.0.get_ref(at)? {
            ValueRef::Blob(bytes) => Ok(bytes.to_vec()),
            ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Text(_) => {
                Err(Failure::Column(what))
            }
        }
    }

    pub(crate) fn i64(&self, at: usize) -> Result<i64, Failure> {
        Ok(self.0.get(at)?)
    }

    pub(crate) fn maybe_i64(&self, at: usize) -> Result<Option<i64>, Failure> {
        Ok(self.0.get(at)?)
    }

    pub(crate) fn number<T: TryFrom<i64>>(
        &self,
        at: usize,
        what: &'static str,
    ) -> Result<T, Failure> {
        T::try_from(self.i64(at)?).map_err(|_| Failure::Column(what))
    }
}
