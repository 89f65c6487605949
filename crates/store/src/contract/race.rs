//! Promises about races: 50 rivals at the same time (attack 7 of CHECKLIST.md).

use super::{Backend, CASE, T0, load, record, save};
use crate::{Id, Store, StoreError, Transaction};
use std::sync::Arc;
use tokio::task::JoinSet;

const RIVALS: u128 = 50;
const TRIES: u8 = 3;

/// Reserves one try on the counter in row 1, if one is left, and tries again on a conflict as a use case does.
async fn reserve(store: Arc<dyn Store>) -> bool {
    loop {
        let row = load(&*store, 1).await.expect("the counter is there");
        let used = row.record.state.first().copied().expect("the counter has a byte");
        if used >= TRIES {
            return false;
        }
        let next = record(1, &[used.saturating_add(1)]);
        match store.commit(Transaction::new(T0).put(row.version, next)).await {
            Ok(_) => return true,
            Err(StoreError::Conflict { .. }) => {}
            Err(other) => panic!("the counter fails: {other:?}"),
        }
    }
}

/// When 50 rivals reserve tries on one counter of 3, exactly 3 get one.
pub async fn fifty_rivals_get_exactly_the_permitted_tries(backend: &dyn Backend) {
    let store = backend.fresh().await;
    save(&*store, Transaction::new(T0).insert(record(1, &[0]))).await;

    let mut rivals = JoinSet::new();
    for _ in 0..RIVALS {
        rivals.spawn(reserve(Arc::clone(&store)));
    }
    let reserved = rivals.join_all().await.into_iter().filter(|got| *got).count();

    assert_eq!(reserved, usize::from(TRIES));
    let row = load(&*store, 1).await.expect("the counter is there");
    assert_eq!((row.version.0, row.record.state), (u64::from(TRIES) + 1, vec![TRIES]));
}

/// When 50 requests insert the same nonce, one succeeds.
pub async fn of_fifty_inserts_of_one_nonce_one_is_saved(backend: &dyn Backend) {
    let store = backend.fresh().await;

    let mut rivals = JoinSet::new();
    for n in 0..RIVALS {
        let store = Arc::clone(&store);
        rivals.spawn(async move {
            // Each also writes a row of its own, which must be there only for the winner.
            let own = record(100 + n, b"");
            let transaction = Transaction::new(T0).insert(own).insert(record(1, b"nonce"));
            match store.commit(transaction).await {
                Ok(_) => true,
                Err(StoreError::Exists { kind: CASE, id: Id(1) }) => false,
                Err(other) => panic!("the nonce fails: {other:?}"),
            }
        });
    }
    let passed = rivals.join_all().await.into_iter().filter(|got| *got).count();

    assert_eq!(passed, 1);
    let rows = store.scan(CASE, Some(Id(99)), 99).await.expect("it scans");
    assert_eq!(rows.len(), 1, "the losers left nothing");
}

/// Moves one unit from row 1 to row 2, by a decision on both rows.
async fn transfer(store: Arc<dyn Store>) -> bool {
    loop {
        let one = load(&*store, 1).await.expect("row 1 is there");
        let two = load(&*store, 2).await.expect("row 2 is there");
        let (Some(&from), Some(&to)) = (one.record.state.first(), two.record.state.first()) else {
            panic!("the rows have a byte each")
        };
        let Some(less) = from.checked_sub(1) else { return false };
        let transaction = Transaction::new(T0)
            .put(one.version, record(1, &[less]))
            .put(two.version, record(2, &[to.saturating_add(1)]));
        match store.commit(transaction).await {
            Ok(_) => return true,
            Err(StoreError::Conflict { .. }) => {}
            Err(other) => panic!("the transfer fails: {other:?}"),
        }
    }
}

/// The sum of two rows that are read one after the other and saved together never changes.
pub async fn fifty_rivals_on_two_rows_never_break_their_sum(backend: &dyn Backend) {
    let store = backend.fresh().await;
    save(&*store, Transaction::new(T0).insert(record(1, &[10])).insert(record(2, &[0]))).await;

    let mut rivals = JoinSet::new();
    for _ in 0..RIVALS {
        rivals.spawn(transfer(Arc::clone(&store)));
    }
    let moved = rivals.join_all().await.into_iter().filter(|got| *got).count();

    assert_eq!(moved, 10);
    assert_eq!(load(&*store, 1).await.map(|row| row.record.state), Some(vec![0]));
    assert_eq!(load(&*store, 2).await.map(|row| row.record.state), Some(vec![10]));
}
