//! Leases: at most one process at a time does a job such as sequencing the journal.
//!
//! A lease saves work and is never what correctness rests on: a process may be stopped while it
//! holds one and go on after it has lapsed, so every job also saves by compare-and-swap.

use crate::codec::{self, CodecError, Writer};
use crate::kinds;
use crate::{Id, Record, Store, StoreError, Timestamp, Transaction};

const SCHEMA: u16 = 1;

/// One job that is done by one process at a time. Numbers are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job(pub u128);

/// One running process: a random number drawn at its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder(pub u128);

fn record(job: Job, holder: Holder, until: Timestamp) -> Record {
    let mut writer = Writer::new();
    writer.u128(holder.0);
    writer.time(until);
    Record::new(kinds::LEASE, Id(job.0), SCHEMA, writer.finish())
}

/// Takes or renews the lease of a job for `ms` from `now`; `false` where another holds it.
///
/// # Errors
///
/// The store's own; a rival who was faster is `false`.
pub async fn acquire(
    store: &dyn Store,
    job: Job,
    holder: Holder,
    now: Timestamp,
    ms: u32,
) -> Result<bool, StoreError> {
    let until = Timestamp(now.0.saturating_add(i64::from(ms)));
    take(store, record(job, holder, until), holder, now, ms).await
}

/// As [`acquire`], of a process that does the job once more and ends: nobody has to wait until its lease lapses.
///
/// # Errors
///
/// As [`acquire`].
pub async fn acquire_and_leave(
    store: &dyn Store,
    job: Job,
    holder: Holder,
    now: Timestamp,
    ms: u32,
) -> Result<bool, StoreError> {
    take(store, record(job, holder, now), holder, now, ms).await
}

async fn take(
    store: &dyn Store,
    fresh: Record,
    holder: Holder,
    now: Timestamp,
    ms: u32,
) -> Result<bool, StoreError> {
    let transaction = match store.load(kinds::LEASE, fresh.id).await? {
        None => Transaction::new(now).insert(fresh),
        Some(row) => {
            let (of, until) = codec::decode(&row, |schema, reader| {
                if schema != SCHEMA {
                    return Err(CodecError::Newer { found: schema, known: SCHEMA });
                }
                Ok((Holder(reader.u128("holder")?), reader.time("until")?))
            })?;
            // Longer than any lease of this job: it was taken in a future that was taken back.
            let from_the_future = until.0 > now.0.saturating_add(i64::from(ms));
            if of != holder && until > now && !from_the_future {
                return Ok(false);
            }
            Transaction::new(now).put(row.version, fresh)
        }
    };
    match store.commit(transaction).await {
        Ok(_) => Ok(true),
        Err(StoreError::Conflict { .. } | StoreError::Exists { .. }) => Ok(false),
        Err(other) => Err(other),
    }
}
