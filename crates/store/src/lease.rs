//! Leases: at most one process at a time does a job such as sequencing the journal.
//!
//! A lease only saves work; correctness never depends on it. A process may be stopped while it holds a lease and
//! continue after it has lapsed, so every job also saves by compare-and-swap.

use crate::codec::{self, CodecError, Writer};
use crate::kinds;
use crate::{Id, Record, Store, StoreError, Timestamp, Transaction};

const SCHEMA: u16 = 1;

/// A job that one process at a time does. Numbers are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job(pub u128);

/// A running process: a random number that it draws at its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder(pub u128);

fn record(job: Job, holder: Holder, until: Timestamp) -> Record {
    let mut writer = Writer::new();
    writer.u128(holder.0);
    writer.time(until);
    Record::new(kinds::LEASE, Id(job.0), SCHEMA, writer.finish())
}

/// Takes or renews the lease of a job for `ms` milliseconds from `now`; `false` where another process holds it.
///
/// # Errors
///
/// A store error. Where a rival was faster, the answer is `false` and no error.
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

/// Does the same as [`acquire`], for a process that does the job once more and then ends: the lease lapses at once, so
/// that nobody waits for it.
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
