//! How the contract's values stand in columns.

use crate::failure::Trouble;
use tokio_postgres::types::{FromSql, ToSql};

/// Bytes of the values of one statement at most, so that no message to the server nears the largest that it takes.
const STATEMENT_BYTES_MAX: usize = 16 * 1_048_576;

/// One value for a place in a statement.
pub(crate) type Value = Box<dyn ToSql + Sync + Send>;

pub(crate) fn value(of: impl ToSql + Sync + Send + 'static) -> Value {
    Box::new(of)
}

/// A statement and what is put into it.
pub(crate) struct Query {
    pub(crate) sql: &'static str,
    pub(crate) values: Vec<Value>,
}

impl Query {
    pub(crate) fn new(sql: &'static str, values: impl Into<Vec<Value>>) -> Self {
        Self { sql, values: values.into() }
    }
}

/// A statement that changes rows.
pub(crate) struct Write {
    pub(crate) query: Query,
    /// How many rows it must reach, where that is known.
    pub(crate) rows: Option<u64>,
}

impl Write {
    pub(crate) fn of(query: Query, rows: usize) -> Self {
        Self { query, rows: Some(u64::try_from(rows).unwrap_or(u64::MAX)) }
    }

    pub(crate) const fn any(query: Query) -> Self {
        Self { query, rows: None }
    }
}

/// A 128-bit id as 16 big-endian bytes, so that bytes sort as numbers do.
pub(crate) fn id_bytes(id: u128) -> Vec<u8> {
    id.to_be_bytes().to_vec()
}

/// A number that the server keeps as a signed one.
pub(crate) fn signed(value: u64) -> Result<i64, Trouble> {
    i64::try_from(value).map_err(|_| Trouble::Number)
}

pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Cuts a list so that no part of it is too large for one statement.
pub(crate) fn parts<T>(list: &[T], bytes: impl Fn(&T) -> usize) -> Vec<&[T]> {
    let mut parts = Vec::new();
    let (mut rest, mut end, mut size) = (list, 0_usize, 0_usize);
    for item in list {
        let more = bytes(item).saturating_add(128);
        if end > 0 && size.saturating_add(more) > STATEMENT_BYTES_MAX {
            let (part, left) = rest.split_at(end);
            parts.push(part);
            (rest, end, size) = (left, 0, 0);
        }
        end = end.saturating_add(1);
        size = size.saturating_add(more);
    }
    parts.push(rest);
    parts
}

/// Reads columns by their place, and names the one that does not fit.
pub(crate) struct Columns<'a>(pub(crate) &'a tokio_postgres::Row);

impl<'a> Columns<'a> {
    pub(crate) fn get<T: FromSql<'a>>(&self, at: usize, what: &'static str) -> Result<T, Trouble> {
        self.0.try_get(at).map_err(|_| Trouble::Column(what))
    }

    pub(crate) fn array<const N: usize>(
        &self,
        at: usize,
        what: &'static str,
    ) -> Result<[u8; N], Trouble> {
        let bytes: &[u8] = self.get(at, what)?;
        bytes.try_into().map_err(|_| Trouble::Column(what))
    }

    pub(crate) fn id(&self, at: usize, what: &'static str) -> Result<u128, Trouble> {
        Ok(u128::from_be_bytes(self.array(at, what)?))
    }

    /// A whole number out of an INTEGER or BIGINT column.
    pub(crate) fn number<C: FromSql<'a> + Into<i64>, T: TryFrom<i64>>(
        &self,
        at: usize,
        what: &'static str,
    ) -> Result<T, Trouble> {
        T::try_from(self.get::<C>(at, what)?.into()).map_err(|_| Trouble::Column(what))
    }
}
