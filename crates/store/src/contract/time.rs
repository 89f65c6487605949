//! Promises about time: it never goes back (PROTOCOLS.md section 14; attack 19 of CHECKLIST.md).

use super::{Backend, at, effect, entry, load, record, refused, save};
use crate::{StoreError, Transaction};

/// A transaction that is slightly behind the last commit is saved with the time of that commit.
pub async fn the_last_committed_time_never_goes_back(backend: &dyn Backend) {
    let store = backend.fresh().await;
    let empty = store.last_committed().await.expect("it answers");
    save(&*store, Transaction::new(at(10_000)).insert(record(1, b""))).await;

    let late = Transaction::new(at(5_000)).insert(record(2, b"")).journal(entry(1, 1));
    let committed = store.commit(late).await.expect("5 s back is let pass");

    assert_eq!(empty, None);
    assert_eq!(committed.at, at(10_000));
    assert_eq!(store.last_committed().await.expect("it answers"), Some(at(10_000)));
    let rows = store.journal_waiting(9).await.expect("it lists");
    assert_eq!(rows.first().map(|row| row.committed_at), Some(at(10_000)));
}

/// A transaction that is more than 5 s behind the last commit is refused, and nothing is saved.
pub async fn a_decision_from_before_the_last_commit_fails_closed(backend: &dyn Backend) {
    let store = backend.fresh().await;
    save(&*store, Transaction::new(at(10_000)).insert(record(1, b""))).await;

    let error = refused(&*store, Transaction::new(at(4_999)).insert(record(2, b""))).await;

    let expected = (at(4_999), at(10_000));
    assert!(
        matches!(error, StoreError::SteppedBack { at, last } if (at, last) == expected),
        "{error:?}"
    );
    assert_eq!(load(&*store, 2).await, None);
}

/// Only a transaction that says so sets time back; effects that were leased beyond it are free again.
pub async fn a_future_that_was_committed_is_taken_back_on_demand(backend: &dyn Backend) {
    let store = backend.fresh().await;
    save(&*store, Transaction::new(at(7_200_000)).effect(effect(1, 0))).await;
    let claimed = store.claim_effects(at(7_200_000), 10_000, 9).await.expect("it claims");
    refused(&*store, Transaction::new(at(9_000)).insert(record(1, b""))).await;

    let back = Transaction::new(at(9_000)).journal(entry(1, 1)).taking_time_back();
    let committed = store.commit(back).await.expect("it is asked for");

    assert_eq!(claimed.len(), 1);
    assert_eq!(committed.at, at(9_000));
    assert_eq!(store.last_committed().await.expect("it answers"), Some(at(9_000)));
    save(&*store, Transaction::new(at(9_001)).insert(record(2, b""))).await;
    let again = store.claim_effects(at(9_002), 10_000, 9).await.expect("it claims");
    assert_eq!(again.len(), 1, "the lease from the future is over");
}
