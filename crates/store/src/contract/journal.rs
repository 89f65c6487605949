//! Promises about the journal: commit order, one chain, the rows of one subject, and the lease of the sequencer.

use super::{Backend, T0, at, entry, save};
use crate::keys::Keys;
use crate::lease::{self, Holder, Job};
use crate::log::{LogRows, Recount};
use crate::sequencer::{self, VerifyError};
use crate::{
    Chain, JournalId, Journalled, Place, Sequenced, Store, StoreError, SubjectId, Transaction,
};
use audit::note::{KeyName, SignerKey};
use audit::{Checkpoint, Head, Standing, Unfit};
use std::sync::Arc;
use tokio::task::JoinSet;

async fn write(store: &dyn Store, ms: i64, ids: impl IntoIterator<Item = u128>) {
    let rows = ids.into_iter().fold(Transaction::new(at(ms)), |t, id| t.journal(entry(id, id % 3)));
    save(store, rows).await;
}

fn ids(rows: &[Journalled]) -> Vec<u128> {
    rows.iter().map(|row| row.row.id.0).collect()
}

async fn waiting(store: &dyn Store) -> Vec<Journalled> {
    store.journal_waiting(1_000).await.expect("it lists")
}

/// Waiting rows come in the order of their commits, and within one transaction in the order of its list.
pub async fn journal_rows_wait_in_the_order_of_their_commits(backend: &dyn Backend) {
    let store = backend.fresh().await;
    write(&*store, 5, [30, 10]).await;
    write(&*store, 5, [20]).await;
    write(&*store, 9, [40]).await;

    let found = waiting(&*store).await;

    assert_eq!(ids(&found), [30, 10, 20, 40]);
    let times: Vec<_> = found.iter().map(|row| row.committed_at).collect();
    assert_eq!(times, [at(5), at(5), at(5), at(9)]);
    assert!(found.iter().all(|row| row.place == Place::Waiting));
    assert_eq!(found.first().map(|row| row.row.clone()), Some(entry(30, 0)));
    assert_eq!(ids(&store.journal_waiting(2).await.expect("it lists")), [30, 10]);
    assert_eq!(store.journal_read(0, 9).await.expect("it reads"), []);
    assert_eq!(store.journal_chain().await.expect("it answers"), Chain::EMPTY);
}

/// Positions follow each other from 0, and the chain verifies.
pub async fn sequenced_rows_stand_in_their_order_and_verify(backend: &dyn Backend) {
    let store = backend.fresh().await;
    write(&*store, 0, [3, 1, 2]).await;
    let first = sequencer::extend(&*store, 2).await.expect("it extends");
    write(&*store, 1, [9]).await;
    let second = sequencer::extend(&*store, 99).await.expect("it extends");
    let idle = sequencer::extend(&*store, 99).await.expect("it extends");

    let rows = store.journal_read(0, 99).await.expect("it reads");
    assert_eq!((first.size, second.size, idle), (2, 4, second));
    assert_eq!(ids(&rows), [3, 1, 2, 9]);
    for (row, wanted) in rows.iter().zip(0_u64..) {
        assert!(matches!(row.place, Place::At { position, .. } if position == wanted), "{row:?}");
    }
    assert_eq!(ids(&store.journal_read(1, 2).await.expect("it reads")), [1, 2]);
    assert_eq!(store.journal_read(4, 9).await.expect("it reads"), []);
    assert_eq!(waiting(&*store).await, []);
    let kept = Checkpoint::new("test", Head::from(first)).expect("a fitting name");
    assert_eq!(sequencer::verify(&*store, Some(&kept)).await.expect("it verifies"), second);
    assert_eq!(sequencer::standing(&*store, &kept).await.expect("it judges"), Standing::Extends);
    let ahead = Checkpoint::new("test", Head { size: 5, hash: [1; 32] }).expect("a fitting name");
    let standing = sequencer::standing(&*store, &ahead).await.expect("it judges");
    assert_eq!(standing, Standing::RolledBack);
    let error = sequencer::verify(&*store, Some(&ahead)).await.expect_err("rolled back");
    assert!(
        matches!(error, VerifyError::Unfit(Unfit::RolledBack { kept: 5, found: 4 })),
        "{error:?}"
    );
}

/// The tiles of the log and its published checkpoint are those of the journal's rows, also after a restart.
pub async fn a_log_grows_with_the_journal_and_outlives_a_reopening(backend: &dyn Backend) {
    let mut store = backend.fresh().await;
    let keys = Keys::generate(&zeroize::Zeroizing::new([7; 96]));
    let name = KeyName::new("recovery.example/log").expect("a fitting name");
    let key = SignerKey::new(name, &[1; 32]);
    let fill = |buffer: &mut [u8]| buffer.fill(9);
    for (part, size) in (0_u128..).zip([600, 1_200, 1_800]) {
        write(&*store, 0, part * 600..(part + 1) * 600).await;
        sequencer::extend(&*store, 1_000).await.expect("it extends");
        let log = LogRows::new(&*store, &keys);
        while log.grow(at(0), &fill).await.expect("it grows") {}
        log.publish(size, &key, at(0), &fill).await.expect("it publishes");
        store = backend.reopened(Arc::clone(&store)).await.unwrap_or(store);
    }

    let log = LogRows::new(&*store, &keys);
    let state = log.state().await.expect("it reads");
    let mut recount = Recount::new(state, [600, 1_800]);
    let mut leaves = 0;
    let count = |leaf| {
        leaves += 1;
        recount.leaf(leaf);
    };
    let verified = sequencer::verify_announced(&*store, None, |_| true, count).await;
    verified.expect("it verifies");
    let published = log.published(&key).await.expect("it reads").expect("it was published").head();
    assert_eq!((leaves, published.size), (1_800, 1_800));
    recount.check(published).expect("the published tree is that of the rows");
    let earlier = log.head(600).await.expect("it is known");
    recount.check(earlier).expect("every earlier one too");
    assert_eq!(recount.check_tiles(&log).await.expect("they fit"), 8);
}

/// A sequencer places no row when another one was faster.
pub async fn a_rival_sequencer_places_nothing(backend: &dyn Backend) {
    let store = backend.fresh().await;
    write(&*store, 0, [1, 2]).await;
    let step = |id| Sequenced { id: JournalId(id), head: [9; 32] };
    let end = store.journal_sequence(Chain::EMPTY, vec![step(1)]).await.expect("it places");

    let error = store.journal_sequence(Chain::EMPTY, vec![step(2)]).await.expect_err("overtaken");

    assert_eq!(end, Chain { size: 1, head: [9; 32] });
    assert!(matches!(error, StoreError::ChainMoved), "{error:?}");
    assert_eq!(ids(&waiting(&*store).await), [2]);
    let forged = Chain { size: 1, head: [8; 32] };
    let error = store.journal_sequence(forged, vec![step(2)]).await.expect_err("another head");
    assert!(matches!(error, StoreError::ChainMoved), "{error:?}");
}

/// A row that is placed already, is unknown, or is listed twice is refused, and all others of the call with it.
pub async fn a_row_is_never_placed_twice(backend: &dyn Backend) {
    let store = backend.fresh().await;
    write(&*store, 0, [1, 2, 3]).await;
    let step = |id| Sequenced { id: JournalId(id), head: [9; 32] };
    let end = store.journal_sequence(Chain::EMPTY, vec![step(1)]).await.expect("it places");

    for steps in [vec![step(2), step(1)], vec![step(2), step(7)], vec![step(2), step(2)]] {
        let error = store.journal_sequence(end, steps).await.expect_err("it refuses");
        assert!(matches!(error, StoreError::ChainMoved), "{error:?}");
    }

    assert_eq!(ids(&waiting(&*store).await), [2, 3]);
    assert_eq!(store.journal_chain().await.expect("it answers"), end);
}

/// When writers and sequencers run at the same time, every row is in the chain exactly once.
pub async fn two_sequencers_at_once_leave_one_chain(backend: &dyn Backend) {
    let store = backend.fresh().await;
    let mut tasks = JoinSet::new();
    for writer in 0..4_u128 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            for n in 0..25 {
                write(&*store, 0, [writer * 1_000 + n]).await;
            }
        });
    }
    for _ in 0..2 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            for _ in 0..40 {
                match sequencer::extend(&*store, 7).await {
                    Ok(_) | Err(StoreError::ChainMoved) => {}
                    Err(other) => panic!("the sequencer fails: {other:?}"),
                }
                tokio::task::yield_now().await;
            }
        });
    }
    tasks.join_all().await;

    let end = sequencer::extend(&*store, 1_000).await.expect("it extends");

    assert_eq!(end.size, 100);
    assert_eq!(sequencer::verify(&*store, None).await.expect("it verifies"), end);
    let mut found = ids(&store.journal_read(0, 1_000).await.expect("it reads"));
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), 100);
}

/// The rows about one subject, as a person sees their own journal.
pub async fn the_journal_of_a_subject_comes_newest_first(backend: &dyn Backend) {
    let store = backend.fresh().await;
    write(&*store, 0, [3, 4, 6]).await;
    sequencer::extend(&*store, 1).await.expect("it extends");
    write(&*store, 1, [9]).await;
    let about = async |subject, limit| {
        ids(&store.journal_about(SubjectId(subject), limit).await.expect("it lists"))
    };

    assert_eq!(about(0, 99).await, [9, 6, 3]);
    assert_eq!(about(0, 2).await, [9, 6]);
    assert_eq!(about(1, 99).await, [4]);
    assert_eq!(about(2, 99).await, [0_u128; 0]);
}

/// One process at a time holds a lease; another may take it once it has lapsed.
pub async fn a_lease_has_one_holder_until_it_lapses(backend: &dyn Backend) {
    let store = backend.fresh().await;
    let acquire = async |holder, ms| {
        lease::acquire(&*store, Job(1), Holder(holder), at(ms), 1_000).await.expect("it answers")
    };

    assert!(acquire(1, 0).await);
    assert!(!acquire(2, 999).await);
    assert!(acquire(1, 999).await, "its holder renews it");
    assert!(!acquire(2, 1_998).await);
    assert!(acquire(2, 1_999).await, "it has lapsed");
    assert!(!acquire(1, 2_000).await);
    let leaves = async |holder, ms| {
        let left = lease::acquire_and_leave(&*store, Job(3), Holder(holder), at(ms), 1_000).await;
        left.expect("it answers")
    };
    let held = lease::acquire(&*store, Job(3), Holder(1), at(2_000), 1_000).await;
    assert!(held.expect("it answers"));
    assert!(!leaves(2, 2_000).await, "another holds it");
    assert!(leaves(1, 2_000).await);
    assert!(leaves(2, 2_000).await, "whoever left keeps nobody waiting");
    let other = lease::acquire(&*store, Job(2), Holder(1), at(2_000), 1_000).await;
    assert!(other.expect("it answers"), "another job");
    assert_eq!(store.last_committed().await.expect("it answers"), Some(at(2_000)));
    assert!(at(2_000) > T0);
}
