//! The contract suite: the tests that every backend must pass.
//!
//! The tests of a backend hold one line, `store::contract_suite!(Backend::new());`, which becomes one test for each
//! promise of the contract. For a backend that takes long to start, `store::contract_suite!(name on Backend::new());` becomes
//! one test of all of them.

use crate::{
    CoarseType, EffectKey, EffectKind, Id, Index, JournalId, JournalRow, Kind, LookupKey,
    OutboxRow, Record, Row, Store, StoreError, SubjectId, Timestamp, Transaction, Version,
};
use async_trait::async_trait;
use std::sync::Arc;

mod journal;
mod outbox;
mod race;
mod rows;
mod time;

pub use journal::*;
pub use outbox::*;
pub use race::*;
pub use rows::*;
pub use time::*;

/// How the suite obtains stores of a backend.
#[async_trait]
pub trait Backend: Send + Sync {
    /// A new, empty store.
    async fn fresh(&self) -> Arc<dyn Store>;

    /// Closes the store and opens it again with what it saved; `None` where the backend saves nothing beyond the
    /// process.
    async fn reopened(&self, store: Arc<dyn Store>) -> Option<Arc<dyn Store>>;
}

/// Writes one test for each promise of the contract, or one named test of all promises.
#[macro_export]
macro_rules! contract_suite {
    ($backend:expr) => {
        $crate::contract_suite!(@promises each [$backend]);
    };
    ($test:ident on $backend:expr) => {
        $crate::contract_suite!(@promises whole [$test $backend]);
    };
    (@promises $how:ident $on:tt) => {
        $crate::contract_suite!(@$how $on
            what_is_saved_comes_back
            a_put_on_an_old_version_changes_nothing
            a_deleted_row_is_gone_and_may_be_inserted_again
            an_insert_of_a_row_that_exists_is_refused
            a_transaction_is_saved_whole_or_not_at_all
            several_aggregates_are_saved_together
            a_read_set_that_moved_stops_the_save
            a_malformed_transaction_is_refused_by_every_backend
            lookups_find_rows_of_their_kind_and_index_alone
            a_save_replaces_all_earlier_lookups
            a_unique_lookup_belongs_to_one_row
            a_unique_lookup_may_pass_from_row_to_row_in_one_transaction
            due_lists_the_earliest_deadlines_first
            scan_walks_all_rows_of_a_kind_once
            large_values_come_back_whole
            what_was_saved_outlives_a_reopening
            fifty_rivals_get_exactly_the_permitted_tries
            of_fifty_inserts_of_one_nonce_one_is_saved
            fifty_rivals_on_two_rows_never_break_their_sum
            an_effect_is_hidden_while_it_is_leased_and_comes_back_after
            a_finished_effect_is_gone_whoever_holds_it
            a_postponed_effect_comes_back_at_its_time
            a_lapsed_claim_cannot_postpone
            an_effect_is_never_handed_out_at_or_after_its_end
            expired_effects_are_listed_and_gone
            a_withdrawal_takes_back_what_it_names_and_no_more
            a_withdrawn_effect_stays_gone_for_its_runner
            one_effect_is_saved_once
            fifty_runners_never_share_an_effect
            journal_rows_wait_in_the_order_of_their_commits
            sequenced_rows_stand_in_their_order_and_verify
            a_rival_sequencer_places_nothing
            a_row_is_never_placed_twice
            two_sequencers_at_once_leave_one_chain
            the_journal_of_a_subject_comes_newest_first
            a_log_grows_with_the_journal_and_outlives_a_reopening
            a_lease_has_one_holder_until_it_lapses
            the_last_committed_time_never_goes_back
            a_future_that_was_committed_is_taken_back_on_demand
            a_decision_from_before_the_last_commit_fails_closed
        );
    };
    (@each [$backend:expr] $($name:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $name() {
            $crate::contract::$name(&$backend).await;
        }
    )*};
    (@whole [$test:ident $backend:expr] $($name:ident)*) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $test() {
            let backend = ::std::sync::Arc::new($backend);
            let mut broken = ::std::vec::Vec::new();
            $({
                let backend = ::std::sync::Arc::clone(&backend);
                let kept = tokio::spawn(async move { $crate::contract::$name(&*backend).await });
                if kept.await.is_err() {
                    broken.push(stringify!($name));
                }
            })*
            assert!(broken.is_empty(), "broken promises: {broken:?}");
        }
    };
}

const CASE: Kind = Kind::new(900, "test case");
const OTHER: Kind = Kind::new(901, "test other");
const NUMBER: Index = Index::shared(1);
const NAME: Index = Index::unique(2);
const T0: Timestamp = Timestamp(1_795_000_000_000);
const SMS: EffectKind = EffectKind(1);
const MAIL: EffectKind = EffectKind(2);

const fn at(ms: i64) -> Timestamp {
    Timestamp(T0.0 + ms)
}

const fn key(fill: u8) -> LookupKey {
    LookupKey([fill; 32])
}

fn record(id: u128, state: &[u8]) -> Record {
    Record::new(CASE, Id(id), 1, state.to_vec())
}

fn entry(id: u128, subject: u128) -> JournalRow {
    let fill = u8::try_from(id % 251).unwrap_or(0);
    JournalRow {
        id: JournalId(id),
        subject: SubjectId(subject),
        coarse: CoarseType(7),
        salt: [fill; 32],
        ciphertext: vec![fill; 40],
    }
}

fn effect(owner: u128, index: u16) -> OutboxRow {
    OutboxRow {
        key: EffectKey { owner: Id(owner), version: 1, index },
        effect: SMS,
        person: Id(77),
        payload: vec![1, 2, 3],
        not_before: T0,
        expires_at: None,
    }
}

async fn save(store: &dyn Store, transaction: Transaction) {
    store.commit(transaction).await.expect("the transaction is saved");
}

async fn load(store: &dyn Store, id: u128) -> Option<Row> {
    store.load(CASE, Id(id)).await.expect("the row is loaded")
}

async fn refused(store: &dyn Store, transaction: Transaction) -> StoreError {
    store.commit(transaction).await.expect_err("the transaction is refused")
}

fn ids(rows: &[Row]) -> Vec<u128> {
    rows.iter().map(|row| row.record.id.0).collect()
}

fn insert(id: u128, state: &[u8]) -> Transaction {
    Transaction::new(T0).insert(record(id, state))
}

fn is_conflict(error: &StoreError, id: u128) -> bool {
    matches!(error, StoreError::Conflict { kind, id: found } if *kind == CASE && found.0 == id)
}

const fn version(n: u64) -> Version {
    Version(n)
}
