//! A keeper of the database who knows every old row and has no key.

use super::*;
use crate::MemoryStore;
use crate::{Index, LookupKey};
use std::sync::atomic::{AtomicU64, Ordering};
use zeroize::Zeroizing;

const COUNTER: Kind = Kind::new(10, "counter");
const PLAIN: Kind = Kind::new(901, "plain");

fn random() -> RandomBytes {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Arc::new(|buffer: &mut [u8]| {
        for chunk in buffer.chunks_mut(8) {
            // A Weyl sequence, mixed: all that is asked of it is that it does not repeat.
            let mut x = NEXT.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) ^ (x >> 31);
            chunk.iter_mut().zip(x.to_be_bytes()).for_each(|(to, from)| *to = from);
        }
    })
}

fn keys() -> Keys {
    Keys::generate(&Zeroizing::new([3; 96]))
}

#[derive(Debug, Default)]
struct Drawer(Mutex<Vec<(u128, Vec<u8>)>>);

impl Receipts for Drawer {
    fn add(&self, id: u128, sealed: &[u8]) -> io::Result<()> {
        self.0.lock().unwrap().push((id, sealed.to_vec()));
        Ok(())
    }
}

struct House {
    database: Arc<MemoryStore>,
    kept: KeptStore,
    receipts: Arc<Drawer>,
}

impl House {
    fn new() -> Self {
        let database = Arc::new(MemoryStore::new());
        let receipts = Arc::new(Drawer::default());
        let kept = server(&database, Known::nothing(), &receipts);
        Self { database, kept, receipts }
    }

    /// The process ends and another begins; `receipts` says whether what it left in its file is there.
    fn restarted(&self, receipts: bool) -> KeptStore {
        let left = if receipts { self.receipts.0.lock().unwrap().clone() } else { Vec::new() };
        let known = Known { epoch: 1, anchor: Some(self.kept.anchor()), receipts: left };
        server(&self.database, known, &self.receipts)
    }

    async fn row(&self, kind: Kind, id: u128) -> Row {
        Store::load(&*self.database, kind, Id(id)).await.unwrap().unwrap()
    }

    fn tamper(&self, kind: Kind, id: u128, row: Option<&Row>) {
        self.database.tamper(kind, Id(id), row.cloned());
    }

    async fn fold_all(&self) {
        while self.kept.fold().await.unwrap() != Folded::Nothing {}
    }
}

fn server(database: &Arc<MemoryStore>, known: Known, receipts: &Arc<Drawer>) -> KeptStore {
    let inner = Arc::clone(database) as Arc<dyn Store>;
    KeptStore::new(inner, &keys(), random(), known, Some(Arc::clone(receipts) as _))
}

fn record(kind: Kind, id: u128, fill: u8) -> Record {
    Record::new(kind, Id(id), 1, vec![fill; 40])
}

async fn insert(store: &KeptStore, kind: Kind, id: u128) {
    let transaction = Transaction::new(Timestamp(1_000)).insert(record(kind, id, 1));
    store.commit(transaction).await.unwrap();
}

async fn put(store: &KeptStore, kind: Kind, id: u128, fill: u8) {
    let seen = store.load(kind, Id(id)).await.unwrap().unwrap().version;
    let transaction = Transaction::new(Timestamp(1_000)).put(seen, record(kind, id, fill));
    store.commit(transaction).await.unwrap();
}

async fn found(store: &KeptStore, kind: Kind, id: u128) -> Option<Finding> {
    match store.load(kind, Id(id)).await {
        Ok(_) => None,
        Err(StoreError::Untrusted { finding, .. }) => Some(finding),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_running_process_believes_no_row_that_was_set_back_whether_folded_or_not() {
    for folded in [false, true] {
        for kind in [COUNTER, PLAIN] {
            let house = House::new();
            insert(&house.kept, kind, 7).await;
            let old = house.row(kind, 7).await;
            put(&house.kept, kind, 7, 2).await;
            if folded {
                house.fold_all().await;
            }
            house.tamper(kind, 7, Some(&old));

            let finding = found(&house.kept, kind, 7).await;

            assert_eq!(finding, Some(Finding::SetBack { known: 2, found: 1 }), "{folded} {kind}");
            assert!(house.kept.last_committed().await.is_err(), "nothing more is decided");
        }
    }
}

#[tokio::test]
async fn a_row_of_the_same_version_that_is_another_is_not_believed() {
    let house = House::new();
    insert(&house.kept, COUNTER, 7).await;
    let mut other = house.row(COUNTER, 7).await;
    other.record.state = vec![9; 40];
    house.tamper(COUNTER, 7, Some(&other));

    assert_eq!(found(&house.kept, COUNTER, 7).await, Some(Finding::Changed { version: 1 }));
}

#[tokio::test]
async fn a_row_that_somebody_removed_is_missed_by_reads_and_by_inserts() {
    for folded in [false, true] {
        let house = House::new();
        insert(&house.kept, COUNTER, 7).await;
        if folded {
            house.fold_all().await;
        }
        house.tamper(COUNTER, 7, None);

        // A used nonce: nobody loads it, it is inserted a second time.
        let again = Transaction::new(Timestamp(1_000)).insert(record(COUNTER, 7, 1));
        let answer = house.kept.commit(again).await;

        let missing = Finding::Missing { known: 1 };
        assert!(
            matches!(answer, Err(StoreError::Untrusted { finding, .. }) if finding == missing),
            "{answer:?}"
        );
        assert_eq!(found(&house.restarted(true), COUNTER, 7).await, Some(missing));
    }
}

#[tokio::test]
async fn a_row_that_ended_does_not_come_back() {
    for folded in [false, true] {
        let house = House::new();
        insert(&house.kept, PLAIN, 7).await;
        let old = house.row(PLAIN, 7).await;
        let gone = Transaction::new(Timestamp(1_000)).delete(PLAIN, Id(7), old.version);
        house.kept.commit(gone).await.unwrap();
        if folded {
            house.fold_all().await;
        }
        house.tamper(PLAIN, 7, Some(&old));

        assert_eq!(found(&house.kept, PLAIN, 7).await, Some(Finding::Unknown { found: 1 }));
    }
}

#[tokio::test]
async fn after_a_restart_a_row_that_was_set_back_is_found_before_it_is_believed() {
    for folded in [false, true] {
        for receipts in [false, true] {
            let house = House::new();
            for id in 0..300 {
                insert(&house.kept, COUNTER, id).await;
            }
            let old = house.row(COUNTER, 7).await;
            put(&house.kept, COUNTER, 7, 2).await;
            if folded {
                house.fold_all().await;
                house.receipts.0.lock().unwrap().clear();
            }
            let restarted = house.restarted(receipts);
            assert_eq!(found(&restarted, COUNTER, 8).await, None, "others are believed");
            house.tamper(COUNTER, 7, Some(&old));

            let finding = found(&house.restarted(receipts), COUNTER, 7).await;

            assert_eq!(finding, Some(Finding::SetBack { known: 2, found: 1 }), "{folded}");
        }
    }
}

#[tokio::test]
async fn what_is_in_no_checkpoint_yet_cannot_be_dropped_with_its_evidence() {
    let house = House::new();
    insert(&house.kept, COUNTER, 7).await;
    house.fold_all().await;
    house.receipts.0.lock().unwrap().clear();
    let old = house.row(COUNTER, 7).await;
    put(&house.kept, COUNTER, 7, 2).await;
    // The row, and every row of evidence about it.
    house.tamper(COUNTER, 7, Some(&old));
    for row in Store::scan(&*house.database, crate::kinds::EVIDENCE, None, 10).await.unwrap() {
        house.database.tamper(crate::kinds::EVIDENCE, row.record.id, None);
    }

    let killed = house.restarted(true);

    assert_eq!(found(&killed, COUNTER, 7).await, Some(Finding::Evidence), "by the receipts");
    assert!(house.kept.settle().await.is_err(), "and by a process that goes on");
}

#[tokio::test]
async fn evidence_that_was_set_back_as_a_whole_is_found() {
    let house = House::new();
    insert(&house.kept, COUNTER, 7).await;
    house.fold_all().await;
    let (old, old_root) =
        (house.row(COUNTER, 7).await, house.row(crate::kinds::EVIDENCE_ROOT, 0).await);
    let nodes =
        Store::scan(&*house.database, crate::kinds::EVIDENCE_NODE, None, 100).await.unwrap();
    put(&house.kept, COUNTER, 7, 2).await;
    house.fold_all().await;
    house.receipts.0.lock().unwrap().clear();
    house.tamper(COUNTER, 7, Some(&old));
    house.tamper(crate::kinds::EVIDENCE_ROOT, 0, Some(&old_root));
    for row in Store::scan(&*house.database, crate::kinds::EVIDENCE_NODE, None, 100).await.unwrap()
    {
        house.database.tamper(crate::kinds::EVIDENCE_NODE, row.record.id, None);
    }
    for row in nodes {
        house.database.tamper(crate::kinds::EVIDENCE_NODE, row.record.id, Some(row));
    }

    let restarted = found(&house.restarted(true), COUNTER, 7).await;

    assert_eq!(restarted, Some(Finding::Evidence));
    assert!(house.kept.refresh().await.is_err());
}

#[tokio::test]
async fn missing_or_foreign_evidence_is_found() {
    let house = House::new();
    insert(&house.kept, COUNTER, 7).await;
    house.fold_all().await;
    house.receipts.0.lock().unwrap().clear();
    for kind in [crate::kinds::EVIDENCE_ROOT, crate::kinds::EVIDENCE_NODE] {
        let rows = Store::scan(&*house.database, kind, None, 10).await.unwrap();
        for row in &rows {
            house.database.tamper(kind, row.record.id, None);
        }
        let finding = found(&house.restarted(true), COUNTER, 7).await;
        assert_eq!(finding, Some(Finding::Evidence), "{kind}");
        for row in rows {
            house.database.tamper(kind, row.record.id, Some(row));
        }
    }
    let mut forged = house.row(crate::kinds::EVIDENCE_ROOT, 0).await;
    forged.record.id = Id(1 << 64);
    forged.record.kind = crate::kinds::EVIDENCE;
    house.database.tamper(crate::kinds::EVIDENCE, forged.record.id, Some(forged));
    assert_eq!(found(&house.restarted(true), COUNTER, 7).await, Some(Finding::Evidence));
}

#[tokio::test]
async fn two_servers_believe_each_other_and_find_what_neither_did() {
    let house = House::new();
    let other = server(&house.database, Known::nothing(), &house.receipts);
    insert(&house.kept, COUNTER, 7).await;
    for fill in 2..20 {
        put(&other, COUNTER, 7, fill).await;
        put(&house.kept, COUNTER, 7, fill).await;
        if fill % 5 == 0 {
            house.fold_all().await;
            other.settle().await.unwrap();
        }
    }
    let gone = |version| Transaction::new(Timestamp(1_000)).delete(COUNTER, Id(7), version);
    let last = other.load(COUNTER, Id(7)).await.unwrap().unwrap();
    house.kept.commit(gone(last.version)).await.unwrap();
    assert_eq!(other.load(COUNTER, Id(7)).await.unwrap(), None);
    insert(&other, COUNTER, 7).await;
    assert_eq!(house.kept.load(COUNTER, Id(7)).await.unwrap().unwrap().version, Version(1));
    while other.fold().await.unwrap() != Folded::Nothing {}
    house.kept.settle().await.unwrap();
    assert_eq!(other.walk().await.unwrap().suspects, []);

    house.tamper(COUNTER, 7, Some(&last));

    assert!(found(&other, COUNTER, 7).await.is_some());
    assert!(found(&house.kept, COUNTER, 7).await.is_some());
}

/// Every row of evidence that waits now.
async fn evidence(house: &House) -> Vec<Row> {
    Store::scan(&*house.database, crate::kinds::EVIDENCE, None, 100).await.unwrap()
}

#[tokio::test]
async fn evidence_that_was_folded_and_is_put_back_makes_no_old_row_believed() {
    for refolded in [false, true] {
        let house = House::new();
        insert(&house.kept, COUNTER, 7).await;
        let (old, of_old) = (house.row(COUNTER, 7).await, evidence(&house).await);
        house.fold_all().await;
        put(&house.kept, COUNTER, 7, 2).await;
        house.fold_all().await;
        for row in of_old {
            house.database.tamper(crate::kinds::EVIDENCE, row.record.id, Some(row));
        }
        if refolded {
            house.fold_all().await;
        }
        house.tamper(COUNTER, 7, Some(&old));

        let finding = found(&house.kept, COUNTER, 7).await;

        assert_eq!(finding, Some(Finding::SetBack { known: 2, found: 1 }), "{refolded}");
    }
}

#[tokio::test]
async fn a_row_that_is_gone_for_long_does_not_come_back_with_its_evidence() {
    for refolded in [false, true] {
        let house = House::new();
        insert(&house.kept, PLAIN, 7).await;
        let (old, of_old) = (house.row(PLAIN, 7).await, evidence(&house).await);
        house.fold_all().await;
        let gone = Transaction::new(Timestamp(1_000)).delete(PLAIN, Id(7), old.version);
        house.kept.commit(gone).await.unwrap();
        insert(&house.kept, PLAIN, 8).await;
        house.fold_all().await;
        // Its neighbour in the tree changes until nobody remembers that it was there.
        for round in 0..=tree::GONE_KEPT {
            put(&house.kept, PLAIN, 8, u8::try_from(round % 250).unwrap()).await;
            house.fold_all().await;
        }
        for row in of_old {
            house.database.tamper(crate::kinds::EVIDENCE, row.record.id, Some(row));
        }
        if refolded {
            house.fold_all().await;
        }
        house.tamper(PLAIN, 7, Some(&old));

        let finding = found(&house.kept, PLAIN, 7).await;

        assert_eq!(finding, Some(Finding::Unknown { found: 1 }), "{refolded}");
    }
}

#[tokio::test]
async fn what_another_server_saved_and_folded_meanwhile_is_believed() {
    let house = House::new();
    let other = server(&house.database, Known::nothing(), &house.receipts);
    insert(&house.kept, COUNTER, 7).await;
    put(&other, COUNTER, 7, 2).await;
    while other.fold().await.unwrap() != Folded::Nothing {}

    // The first server still notes its own statement as waiting.
    assert!(house.kept.waiting() > 0);
    assert_eq!(found(&house.kept, COUNTER, 7).await, None);
    assert_eq!(house.kept.load(COUNTER, Id(7)).await.unwrap().unwrap().version, Version(2));
}

#[tokio::test]
async fn a_walk_finds_rows_of_any_kind_that_were_set_back_changed_removed_or_added() {
    let house = House::new();
    for id in 0..1_200 {
        insert(&house.kept, PLAIN, id).await;
    }
    let old = house.row(PLAIN, 17).await;
    put(&house.kept, PLAIN, 17, 2).await;
    house.fold_all().await;
    put(&house.kept, PLAIN, 18, 2).await;
    let clean = house.kept.walk().await.unwrap();
    house.tamper(PLAIN, 17, Some(&old));
    house.tamper(PLAIN, 600, None);
    let mut moved = house.row(PLAIN, 601).await;
    let index = Index::shared(1);
    moved.record.lookups.push(Lookup { index, key: LookupKey([1; 32]) });
    house.tamper(PLAIN, 601, Some(&moved));
    house.tamper(COUNTER, 5, Some(&Row { version: Version(3), record: record(COUNTER, 5, 1) }));

    let walked = house.kept.walk().await.unwrap();

    assert_eq!(clean, Walked { rows: 1_200, suspects: Vec::new() });
    let suspect = |kind: Kind, id, finding| (kind.code(), id, finding);
    let found: Vec<_> =
        walked.suspects.iter().map(|it| suspect(it.kind, it.id.0, it.finding)).collect();
    assert_eq!(
        found,
        [
            suspect(COUNTER, 5, Finding::Unknown { found: 3 }),
            suspect(PLAIN, 17, Finding::SetBack { known: 2, found: 1 }),
            suspect(PLAIN, 601, Finding::Changed { version: 1 }),
            suspect(PLAIN, 600, Finding::Missing { known: 1 }),
        ]
    );
}

#[tokio::test]
async fn a_new_epoch_takes_the_rows_as_they_stand_and_nothing_of_the_old_one() {
    let house = House::new();
    insert(&house.kept, COUNTER, 7).await;
    let old = house.row(COUNTER, 7).await;
    put(&house.kept, COUNTER, 7, 2).await;
    put(&house.kept, COUNTER, 7, 3).await;
    let newer = house.row(COUNTER, 7).await;
    let left = Store::scan(&*house.database, crate::kinds::EVIDENCE, None, 10).await.unwrap();
    // A backup was restored, and the operator accepts it.
    house.tamper(COUNTER, 7, Some(&old));
    let journal = crate::JournalRow {
        id: crate::JournalId(1),
        subject: SubjectId(0),
        coarse: crate::CoarseType(8),
        salt: [0; 32],
        ciphertext: Vec::new(),
    };
    let store = Arc::clone(&house.database) as Arc<dyn Store>;
    let rebased = rebase(&store, (&keys(), random()), 2, Timestamp(2_000), journal).await.unwrap();
    let begin = || {
        let anchor = Some(rebased.anchor);
        server(&house.database, Known { epoch: 2, anchor, receipts: Vec::new() }, &house.receipts)
    };

    assert_eq!(rebased.rows, 1);
    assert_eq!(found(&begin(), COUNTER, 7).await, None);
    assert_eq!(found(&house.restarted(false), COUNTER, 7).await, Some(Finding::Evidence));
    // What was saved after the backup was made is not believed, with its evidence or without.
    house.tamper(COUNTER, 7, Some(&newer));
    assert_eq!(found(&begin(), COUNTER, 7).await, Some(Finding::Unknown { found: 3 }));
    for row in left {
        house.database.tamper(crate::kinds::EVIDENCE, row.record.id, Some(row));
    }
    assert_eq!(found(&begin(), COUNTER, 7).await, Some(Finding::Evidence));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rivals_that_fold_and_write_at_once_find_nothing_against_each_other() {
    let house = Arc::new(House::new());
    let other = Arc::new(server(&house.database, Known::nothing(), &house.receipts));
    for id in 0..4 {
        insert(&house.kept, COUNTER, id).await;
    }
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..8_u128 {
        let (house, other) = (Arc::clone(&house), Arc::clone(&other));
        tasks.spawn(async move {
            let store = if task % 2 == 0 { &house.kept } else { &other };
            for round in 0..60_u128 {
                let id = (task + round) % 4;
                let row = store.load(COUNTER, Id(id)).await.unwrap().unwrap();
                let fill = u8::try_from(task).unwrap();
                let next = Transaction::new(Timestamp(1_000))
                    .put(row.version, record(COUNTER, id, fill))
                    .insert(record(PLAIN, task * 1_000 + round, fill));
                match store.commit(next).await {
                    Ok(_) | Err(StoreError::Conflict { .. }) => {}
                    Err(other) => panic!("{other}"),
                }
                if round % 7 == 0 {
                    store.fold().await.unwrap();
                    store.settle().await.unwrap();
                }
                tokio::task::yield_now().await;
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    house.fold_all().await;

    assert_eq!(house.kept.walk().await.unwrap().suspects, []);
    for store in [&house.kept, &*other] {
        store.settle().await.unwrap();
        assert_eq!(store.waiting(), 0);
    }
}
