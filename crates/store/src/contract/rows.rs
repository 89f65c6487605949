//! Promises about rows: compare-and-swap, all or nothing, look-ups, deadlines.

use super::{
    Backend, CASE, NAME, NUMBER, OTHER, T0, at, effect, entry, ids, insert, is_conflict, key, load,
    record, refused, save, version,
};
use crate::transaction::{ITEMS_MAX, LOOKUPS_MAX, SEALED_BYTES_MAX, STATE_BYTES_MAX};
use crate::{Id, Index, Lookup, Record, Row, StoreError, Timestamp, Transaction, Version};

/// A record comes back byte for byte, with its version.
pub async fn what_is_saved_comes_back(backend: &dyn Backend) {
    let store = backend.fresh().await;
    let first = record(u128::MAX, b"\0state\xff").lookup(NUMBER, key(1)).deadline(at(-5));
    let second = Record { schema: 65_535, deadline: None, ..record(u128::MAX, b"") };

    save(&*store, Transaction::new(T0).insert(first.clone())).await;
    let inserted = load(&*store, u128::MAX).await;
    save(&*store, Transaction::new(T0).put(version(1), second.clone())).await;
    let changed = load(&*store, u128::MAX).await;

    assert_eq!(inserted, Some(Row { version: Version::FIRST, record: first }));
    assert_eq!(changed, Some(Row { version: version(2), record: second }));
    assert_eq!(load(&*store, 3).await, None);
    assert_eq!(store.load(OTHER, Id(u128::MAX)).await.expect("it loads"), None);
}

/// A put on a version that is no longer current is refused and changes nothing.
pub async fn a_put_on_an_old_version_changes_nothing(backend: &dyn Backend) {
    let store = backend.fresh().await;
    save(&*store, insert(1, b"one")).await;
    save(&*store, Transaction::new(T0).put(version(1), record(1, b"two"))).await;

    let old = refused(&*store, Transaction::new(T0).put(version(1), record(1, b"late"))).await;
    let ahead = refused(&*store, Transaction::new(T0).put(version(3), record(1, b"odd"))).await;
    let absent = refused(&*store, Transaction::new(T0).put(version(1), record(2, b"none"))).await;
    let delete = refused(&*store, Transaction::new(T0).delete(CASE, Id(1), version(1))).await;

    assert!(is_conflict(&old, 1), "{old:?}");
    assert!(is_conflict(&ahead, 1), "{ahead:?}");
    assert!(is_conflict(&absent, 2), "{absent:?}");
    assert!(is_conflict(&delete, 1), "{delete:?}");
    let row = load(&*store, 1).await.expect("the row is there");
    assert_eq!((row.version, row.record.state), (version(2), b"two".to_vec()));
}

/// The deletion of a row also removes its look-ups and its deadline.
pub async fn a_deleted_row_is_gone_and_may_be_inserted_again(backend: &dyn Backend) {
    let store = backend.fresh().await;
    let full = record(1, b"one").lookup(NUMBER, key(1)).lookup(NAME, key(2)).deadline(T0);
    save(&*store, Transaction::new(T0).insert(full)).await;

    save(&*store, Transaction::new(T0).delete(CASE, Id(1), version(1))).await;

    assert_eq!(load(&*store, 1).await, None);
    let number = Lookup { index: NUMBER, key: key(1) };
    assert_eq!(store.find(CASE, number, 9).await.expect("it finds"), []);
    assert_eq!(store.due(CASE, at(1), 9).await.expect("it lists"), []);
    let again = record(1, b"again").lookup(NAME, key(2));
    save(&*store, Transaction::new(T0).insert(again)).await;
    assert_eq!(load(&*store, 1).await.map(|row| row.version), Some(Version::FIRST));
}

/// An insert of a row that exists is refused; this keeps a nonce from being used twice.
pub async fn an_insert_of_a_row_that_exists_is_refused(backend: &dyn Backend) {
    let store = backend.fresh().await;
    save(&*store, insert(1, b"one")).await;

    let error = refused(&*store, insert(1, b"two")).await;

    assert!(matches!(error, StoreError::Exists { kind: CASE, id: Id(1) }), "{error:?}");
    assert_eq!(load(&*store, 1).await.map(|row| row.record.state), Some(b"one".to_vec()));
    save(&*store, Transaction::new(T0).insert(Record::new(OTHER, Id(1), 1, vec![]))).await;
}

/// Where one part of a transaction is refused, nothing of it is saved: no row, journal row, effect, withdrawal or time.
pub async fn a_transaction_is_saved_whole_or_not_at_all(backend: &dyn Backend) {
    let store = backend.fresh().await;
    save(&*store, insert(1, b"one").effect(effect(1, 0))).await;
    let all = |bad: Transaction| {
        let mut transaction = Transaction::new(at(50))
            .insert(record(2, b"new").lookup(NUMBER, key(9)).deadline(T0))
            .journal(entry(5, 1))
            .effect(effect(2, 0))
            .withdraw(crate::Withdrawal::OfPerson(Id(77)));
        transaction.writes.extend(bad.writes);
        transaction.journal.extend(bad.journal);
        transaction.outbox.extend(bad.outbox);
        transaction.expected.extend(bad.expected);
        transaction
    };

    let bad = [
        Transaction::new(T0).put(version(9), record(1, b"late")),
        Transaction::new(T0).insert(record(1, b"again")),
        Transaction::new(T0).delete(CASE, Id(7), version(1)),
        Transaction::new(T0).expect(CASE, Id(1), Version::ABSENT),
        Transaction::new(T0).journal(entry(5, 2)),
        Transaction::new(T0).effect(effect(2, 0)),
    ];
    for bad in bad {
        refused(&*store, all(bad)).await;
    }

    assert_eq!(load(&*store, 2).await, None);
    let found = store.find(CASE, Lookup { index: NUMBER, key: key(9) }, 9).await;
    assert_eq!(found.expect("it finds"), []);
    assert_eq!(store.due(CASE, at(99), 9).await.expect("it lists"), []);
    assert_eq!(store.journal_waiting(9).await.expect("it lists"), []);
    assert_eq!(store.waiting_effects().await.expect("it counts"), 1);
    assert_eq!(store.last_committed().await.expect("it answers"), Some(T0));
}

/// A transaction on several aggregates saves all of them together.
pub async fn several_aggregates_are_saved_together(backend: &dyn Backend) {
    let store = backend.fresh().await;
    save(&*store, insert(1, b"slot").insert(record(2, b"old"))).await;

    let booking = Record::new(OTHER, Id(3), 1, b"booking".to_vec());
    let transaction = Transaction::new(T0)
        .put(version(1), record(1, b"slot taken"))
        .delete(CASE, Id(2), version(1))
        .insert(booking.clone())
        .journal(entry(1, 1))
        .effect(effect(3, 0));
    save(&*store, transaction).await;

    assert_eq!(load(&*store, 1).await.map(|row| row.record.state), Some(b"slot taken".to_vec()));
    assert_eq!(load(&*store, 2).await, None);
    let row = store.load(OTHER, Id(3)).await.expect("it loads");
    assert_eq!(row.map(|row| row.record), Some(booking));
    assert_eq!(store.journal_waiting(9).await.expect("it lists").len(), 1);
    assert_eq!(store.waiting_effects().await.expect("it counts"), 1);
}

/// A decision is refused if a row that it only read has changed meanwhile.
pub async fn a_read_set_that_moved_stops_the_save(backend: &dyn Backend) {
    let store = backend.fresh().await;
    save(&*store, insert(1, b"policy")).await;
    let decide = |id, seen| insert(id, b"decided").expect(CASE, Id(1), seen);

    save(&*store, decide(2, version(1)).expect(CASE, Id(9), Version::ABSENT)).await;
    save(&*store, Transaction::new(T0).put(version(1), record(1, b"changed"))).await;
    let error = refused(&*store, decide(3, version(1))).await;

    assert!(is_conflict(&error, 1), "{error:?}");
    assert_eq!(load(&*store, 3).await, None);
    let absent = insert(4, b"").expect(CASE, Id(1), Version::ABSENT);
    assert!(is_conflict(&refused(&*store, absent).await, 1));
    let gone = insert(5, b"").expect(CASE, Id(9), version(1));
    assert!(is_conflict(&refused(&*store, gone).await, 9));
}

/// A transaction that breaks a limit or contradicts itself is refused.
pub async fn a_malformed_transaction_is_refused_by_every_backend(backend: &dyn Backend) {
    let store = backend.fresh().await;
    let many = |n: usize| {
        (0..n).fold(record(1, b""), |record, n| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&u64::try_from(n).unwrap_or(0).to_be_bytes());
            record.lookup(NUMBER, crate::LookupKey(bytes))
        })
    };
    let mut payload = effect(1, 0);
    payload.payload = vec![0; SEALED_BYTES_MAX + 1];
    let mut ciphertext = entry(1, 1);
    ciphertext.ciphertext = vec![0; SEALED_BYTES_MAX + 1];
    let items = ITEMS_MAX + 1;
    let malformed = [
        insert(1, b"").put(version(1), record(1, b"")),
        Transaction::new(T0).put(Version::ABSENT, record(1, b"")),
        Transaction::new(T0).delete(CASE, Id(1), Version::ABSENT),
        Transaction::new(T0).insert(many(LOOKUPS_MAX + 1)),
        Transaction::new(T0).insert(record(1, b"").lookup(NUMBER, key(1)).lookup(NUMBER, key(1))),
        Transaction::new(T0).insert(record(1, &vec![0; STATE_BYTES_MAX + 1])),
        Transaction::new(T0).effect(payload),
        Transaction::new(T0).journal(ciphertext),
        (0..items).fold(Transaction::new(T0), |t, _| t.expect(CASE, Id(1), Version::ABSENT)),
    ];

    for transaction in malformed {
        let error = refused(&*store, transaction).await;
        assert!(matches!(error, StoreError::Malformed { .. }), "{error:?}");
    }
    save(&*store, Transaction::new(T0).insert(many(LOOKUPS_MAX))).await;
    assert_eq!(load(&*store, 1).await.map(|row| row.record.lookups.len()), Some(LOOKUPS_MAX));
}

/// A look-up finds rows of its kind and index only; many rows may share one look-up, and one row may have many.
pub async fn lookups_find_rows_of_their_kind_and_index_alone(backend: &dyn Backend) {
    let store = backend.fresh().await;
    let transaction = insert(9, b"")
        .insert(record(2, b"b").lookup(NUMBER, key(1)).lookup(NUMBER, key(2)))
        .insert(record(1, b"a").lookup(NUMBER, key(1)))
        .insert(record(3, b"c").lookup(Index::shared(9), key(1)))
        .insert(Record::new(OTHER, Id(4), 1, vec![]).lookup(NUMBER, key(1)));
    save(&*store, transaction).await;
    let find = async |fill, limit| {
        let lookup = Lookup { index: NUMBER, key: key(fill) };
        ids(&store.find(CASE, lookup, limit).await.expect("it finds"))
    };

    assert_eq!(find(1, 9).await, [1, 2]);
    assert_eq!(find(1, 1).await, [1]);
    assert_eq!(find(2, 9).await, [2]);
    assert_eq!(find(3, 9).await, [0_u128; 0]);
}

/// A save replaces all earlier look-ups of the row.
pub async fn a_save_replaces_all_earlier_lookups(backend: &dyn Backend) {
    let store = backend.fresh().await;
    let first = record(1, b"").lookup(NUMBER, key(1)).lookup(NAME, key(2));
    save(&*store, Transaction::new(T0).insert(first)).await;

    let second = record(1, b"").lookup(NUMBER, key(3)).lookup(NAME, key(2));
    save(&*store, Transaction::new(T0).put(version(1), second.clone())).await;

    let find = async |index, fill| {
        ids(&store.find(CASE, Lookup { index, key: key(fill) }, 9).await.expect("it finds"))
    };
    assert_eq!(find(NUMBER, 1).await, [0_u128; 0]);
    assert_eq!(find(NUMBER, 3).await, [1]);
    assert_eq!(find(NAME, 2).await, [1]);
    let mut loaded = load(&*store, 1).await.expect("it is there").record.lookups;
    loaded.sort();
    assert_eq!(loaded, second.lookups);
}

/// Two rows never hold the same key of a unique index.
pub async fn a_unique_lookup_belongs_to_one_row(backend: &dyn Backend) {
    let store = backend.fresh().await;
    let named = |id| record(id, b"").lookup(NAME, key(1));
    save(&*store, Transaction::new(T0).insert(named(1)).insert(record(2, b""))).await;
    let taken = |error: &StoreError, id: u128| matches!(error, StoreError::LookupTaken { kind: CASE, id: found, index: 2 } if found.0 == id);

    let inserted = refused(&*store, Transaction::new(T0).insert(named(3))).await;
    let changed = refused(&*store, Transaction::new(T0).put(version(1), named(2))).await;
    let fresh = |id| record(id, b"").lookup(NAME, key(7));
    let pair = refused(&*store, Transaction::new(T0).insert(fresh(4)).insert(fresh(5))).await;

    assert!(taken(&inserted, 3), "{inserted:?}");
    assert!(taken(&changed, 2), "{changed:?}");
    assert!(taken(&pair, 5), "{pair:?}");
    let elsewhere = Record::new(OTHER, Id(3), 1, vec![]).lookup(NAME, key(1));
    save(&*store, Transaction::new(T0).insert(elsewhere)).await;
    save(&*store, Transaction::new(T0).put(version(1), named(1))).await;
}

/// A unique key may pass from one row to another in one transaction, whichever row is written first.
pub async fn a_unique_lookup_may_pass_from_row_to_row_in_one_transaction(backend: &dyn Backend) {
    let store = backend.fresh().await;
    let named = |id| record(id, b"").lookup(NAME, key(1));
    save(&*store, Transaction::new(T0).insert(named(1)).insert(record(2, b""))).await;

    let over = Transaction::new(T0).put(version(1), named(2)).put(version(1), record(1, b""));
    save(&*store, over).await;
    let back = Transaction::new(T0).delete(CASE, Id(2), version(2)).put(version(2), named(1));
    save(&*store, back).await;

    let found = store.find(CASE, Lookup { index: NAME, key: key(1) }, 9).await;
    assert_eq!(ids(&found.expect("it finds")), [1]);
}

/// The rows that a sweep finds.
pub async fn due_lists_the_earliest_deadlines_first(backend: &dyn Backend) {
    let store = backend.fresh().await;
    let transaction = insert(1, b"no deadline")
        .insert(record(2, b"").deadline(at(20)))
        .insert(record(3, b"").deadline(at(10)))
        .insert(record(4, b"").deadline(at(31)))
        .insert(record(5, b"").deadline(at(30)))
        .insert(record(6, b"").deadline(Timestamp(-1)))
        .insert(Record::new(OTHER, Id(7), 1, vec![]).deadline(at(1)));
    save(&*store, transaction).await;

    assert_eq!(ids(&store.due(CASE, at(30), 9).await.expect("it lists")), [6, 3, 2, 5]);
    assert_eq!(ids(&store.due(CASE, at(30), 2).await.expect("it lists")), [6, 3]);
    save(&*store, Transaction::new(T0).put(version(1), record(3, b"").deadline(at(99)))).await;
    save(&*store, Transaction::new(T0).put(version(1), record(6, b""))).await;
    assert_eq!(ids(&store.due(CASE, at(30), 9).await.expect("it lists")), [2, 5]);
}

/// A walk in pages neither skips nor repeats a row.
pub async fn scan_walks_all_rows_of_a_kind_once(backend: &dyn Backend) {
    let store = backend.fresh().await;
    let all: [u128; 5] = [0, 1, 255, 1 << 64, u128::MAX];
    let transaction =
        all.iter().rev().fold(Transaction::new(T0), |t, id| t.insert(record(*id, b"")));
    save(&*store, transaction.insert(Record::new(OTHER, Id(3), 1, vec![]))).await;

    let mut walked = Vec::new();
    let mut after = None;
    loop {
        let page = store.scan(CASE, after, 2).await.expect("it scans");
        let Some(last) = page.last() else { break };
        after = Some(last.record.id);
        walked.extend(ids(&page));
    }

    assert_eq!(walked, all);
}

/// The largest values that a transaction may hold are saved whole.
pub async fn large_values_come_back_whole(backend: &dyn Backend) {
    let store = backend.fresh().await;
    let big: Vec<u8> = (0..STATE_BYTES_MAX).map(|n| u8::try_from(n % 253).unwrap_or(0)).collect();
    let mut row = entry(1, 1);
    row.ciphertext = vec![3; SEALED_BYTES_MAX];
    let mut owed = effect(1, 0);
    owed.payload = vec![4; SEALED_BYTES_MAX];

    save(&*store, insert(1, &big).journal(row.clone()).effect(owed.clone())).await;

    assert_eq!(load(&*store, 1).await.map(|row| row.record.state), Some(big));
    let waiting = store.journal_waiting(1).await.expect("it lists");
    assert_eq!(waiting.first().map(|found| &found.row), Some(&row));
    let claimed = store.claim_effects(T0, 1, 1).await.expect("it claims");
    assert_eq!(claimed.first().map(|found| &found.row), Some(&owed));
}

/// Everything that was saved is there again after a restart.
pub async fn what_was_saved_outlives_a_reopening(backend: &dyn Backend) {
    let store = backend.fresh().await;
    let kept = record(1, b"kept").lookup(NAME, key(1)).deadline(at(5));
    let transaction = Transaction::new(at(9))
        .insert(kept.clone())
        .journal(entry(1, 1))
        .journal(entry(2, 1))
        .effect(effect(1, 0));
    save(&*store, transaction).await;
    let chain = crate::sequencer::extend(&*store, 1).await.expect("it places one");
    let claimed = store.claim_effects(at(9), 1_000, 9).await.expect("it claims");

    let Some(store) = backend.reopened(store).await else { return };

    let row = load(&*store, 1).await.expect("the row is there");
    assert_eq!(row, Row { version: Version::FIRST, record: kept });
    assert_eq!(store.last_committed().await.expect("it answers"), Some(at(9)));
    assert_eq!(store.journal_chain().await.expect("it answers"), chain);
    assert_eq!(store.journal_waiting(9).await.expect("it lists").len(), 1);
    let found = store.find(CASE, Lookup { index: NAME, key: key(1) }, 9).await;
    assert_eq!(ids(&found.expect("it finds")), [1]);
    assert_eq!(claimed.len(), 1, "the lease was taken before");
    assert_eq!(store.claim_effects(at(10), 1_000, 9).await.expect("it claims"), []);
    let again = store.claim_effects(at(1_009), 1_000, 9).await.expect("it claims");
    assert_eq!(again.first().map(|found| found.attempt), Some(2));
}
