//! Seals anew, after a rotation of the master key, what an older master key still seals: the wrapped keys of persons, rows that
//! belong to no person, and tombstones of rows that ended.
//!
//! What a person's own key seals needs none of this. The journal and messages that wait are not touched: an entry of the
//! journal never changes, and a message is gone within days.

use crate::facade::{self, Aggregate, Owner};
use crate::keys::Keys;
use crate::kinds::{self, Care};
use crate::seal::Nonce;
use crate::{Id, Kind, Record, Row, Store, StoreError, Timestamp, Transaction, person_key};

/// The number of rows that are read at a time.
const PAGE: usize = 250;
/// The one row that says which master key seals everything.
const DONE_ID: Id = Id(1);

/// The master key that seals all rows: a walk over them has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllUnder {
    /// The number of the master key.
    pub master: u32,
}

crate::stored! { struct AllUnder { master } }

impl Aggregate for AllUnder {
    const KIND: Kind = kinds::ALL_UNDER;

    fn id(&self) -> Id {
        DONE_ID
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }
}

/// How far a walk over all rows has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// The place of the kind in the list of all kinds.
    kind: usize,
    after: Option<Id>,
    /// The rows that were sealed anew so far.
    pub rows: u64,
}

impl Walk {
    /// Whether every row was looked at.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        self.kind >= kinds::ALL.len()
    }

    /// Looks at the next rows and seals anew those that an older master key seals. A row that somebody changes meanwhile was
    /// sealed under the newest one by that.
    ///
    /// # Errors
    ///
    /// Store errors, and [`StoreError::Corrupt`] for a row that no key opens; the walk can go on from where it was.
    pub async fn step(
        self,
        store: &dyn Store,
        keys: &Keys,
        at: Timestamp,
        mut nonce: impl FnMut() -> Nonce,
    ) -> Result<Self, StoreError> {
        let Some(registered) = kinds::ALL.get(self.kind) else { return Ok(self) };
        let next_kind = Self { kind: self.kind.saturating_add(1), after: None, rows: self.rows };
        if registered.care == Care::Unwatched {
            return Ok(next_kind);
        }
        let rows = store.scan(registered.kind, self.after, PAGE).await?;
        let mut anew = Vec::new();
        for row in &rows {
            if let Some(record) = sealed_anew(row, keys, &mut nonce)? {
                anew.push((row.version, record));
            }
        }
        let saved = save(store, at, anew).await?;
        let count = self.rows.saturating_add(saved);
        match rows.last() {
            Some(last) if rows.len() == PAGE => {
                Ok(Self { after: Some(last.record.id), rows: count, ..self })
            }
            Some(_) | None => Ok(Self { rows: count, ..next_kind }),
        }
    }
}

fn sealed_anew(
    row: &Row,
    keys: &Keys,
    mut nonce: impl FnMut() -> Nonce,
) -> Result<Option<Record>, StoreError> {
    // Used nonces and the like hold nothing but their id.
    if row.record.state.is_empty() {
        return Ok(None);
    }
    if row.record.kind.code() == kinds::PERSON_KEY.code() {
        return person_key::rewrapped(row, keys, nonce());
    }
    facade::rewrapped(row, keys, nonce())
}

/// Saves the rows together, or, where one of them has changed, each by itself; returns how many were saved.
async fn save(
    store: &dyn Store,
    at: Timestamp,
    anew: Vec<(crate::Version, Record)>,
) -> Result<u64, StoreError> {
    let all = anew
        .iter()
        .cloned()
        .fold(Transaction::new(at), |all, (seen, record)| all.put(seen, record));
    if anew.is_empty() {
        return Ok(0);
    }
    match store.commit(all).await {
        Ok(_) => return Ok(u64::try_from(anew.len()).unwrap_or(u64::MAX)),
        Err(StoreError::Conflict { .. }) => {}
        Err(other) => return Err(other),
    }
    let mut saved = 0_u64;
    for (seen, record) in anew {
        match store.commit(Transaction::new(at).put(seen, record)).await {
            Ok(_) => saved = saved.saturating_add(1),
            Err(StoreError::Conflict { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(saved)
}

/// Whether a walk has ended since this master key is the newest.
///
/// # Errors
///
/// Store errors.
pub async fn is_done(store: &dyn Store, keys: &Keys) -> Result<bool, StoreError> {
    let Some(row) = store.load(kinds::ALL_UNDER, DONE_ID).await? else { return Ok(false) };
    Ok(facade::open::<AllUnder>(&row, keys, None)?.value.master == keys.newest().0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facade::{self, Loaded};
    use crate::person_key::PersonKey;
    use crate::seal::DataKey;
    use crate::{MemoryStore, SubjectId, Version};
    use recovery::caller_limits::AgentLimit;
    use recovery::id::StaffId;
    use recovery::policy::{Policy, Profile};
    use recovery::time::Instants;
    use zeroize::Zeroizing;

    const AT: Timestamp = Timestamp(1_000);
    const NONCE: Nonce = Nonce([4; crate::seal::NONCE_BYTES]);

    fn limit(agent: u128) -> AgentLimit {
        let unknown = Instants::from_stored(vec![Timestamp(7)]);
        AgentLimit { agent: StaffId(agent), unknown, stopped: false }
    }

    async fn walked(store: &dyn Store, keys: &Keys) -> u64 {
        let mut walk = Walk::default();
        while !walk.has_ended() {
            walk = walk.step(store, keys, AT, || NONCE).await.unwrap();
        }
        walk.rows
    }

    #[tokio::test]
    async fn after_a_walk_no_row_is_sealed_under_an_older_key() {
        let (store, policy) = (MemoryStore::new(), Policy::of(Profile::PublicService));
        let keys = || Keys::generate(&Zeroizing::new([1; 96]));
        let (old, newest) = (keys(), keys().rotate(Zeroizing::new([2; 32])).unwrap());
        let person =
            PersonKey { key: DataKey::new(Zeroizing::new([3; 32])), subject: SubjectId(5) };
        let mut made = Transaction::new(AT).insert(person_key::wrap(
            &old,
            Id(9),
            Version::FIRST,
            &person,
            NONCE,
        ));
        // More than one page, and one that ended.
        for agent in 0..300 {
            let record =
                facade::record(&limit(agent), Version::FIRST, (&policy, &old), None, NONCE);
            made = made.insert(record);
        }
        store.commit(made).await.unwrap();
        let kind = AgentLimit::KIND;
        let ended = facade::ended(kind, Id(0), Version::FIRST, None, (&old, NONCE));
        store.commit(Transaction::new(AT).put(Version::FIRST, ended)).await.unwrap();

        let rows = walked(&store, &newest).await;

        assert_eq!(rows, 301);
        assert_eq!(walked(&store, &newest).await, 0, "the second walk finds nothing to do");
        let row = store.load(kinds::PERSON_KEY, Id(9)).await.unwrap().unwrap();
        assert!(person_key::unwrap(&old, &row).is_err(), "the older key opens it no more");
        assert_eq!(person_key::unwrap(&newest, &row).unwrap().subject, SubjectId(5));
        let row = store.load(kind, Id(299)).await.unwrap().unwrap();
        assert!(facade::open::<AgentLimit>(&row, &old, None).is_err());
        let Loaded { value, version } = facade::open::<AgentLimit>(&row, &newest, None).unwrap();
        assert_eq!((value, version), (limit(299), Version(2)));
        let row = store.load(kind, Id(0)).await.unwrap().unwrap();
        assert!(facade::check_ended(&row, &old).is_err());
        facade::check_ended(&row, &newest).unwrap();
    }
}
