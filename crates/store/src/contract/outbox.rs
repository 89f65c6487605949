//! Promises about effects: each is run at least once, never after its end, and can be withdrawn by a later decision.

use super::{Backend, MAIL, SMS, T0, at, effect, refused, save};
use crate::{Claimed, EffectKey, Id, OutboxRow, Store, StoreError, Transaction, Withdrawal};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::task::JoinSet;

async fn owe(store: &dyn Store, rows: impl IntoIterator<Item = OutboxRow>) {
    let transaction = rows.into_iter().fold(Transaction::new(T0), Transaction::effect);
    save(store, transaction).await;
}

async fn claim(store: &dyn Store, ms: i64) -> Vec<Claimed> {
    store.claim_effects(at(ms), 1_000, 100).await.expect("it claims")
}

fn keys(claimed: &[Claimed]) -> Vec<(u128, u16)> {
    claimed.iter().map(|c| (c.row.key.owner.0, c.row.key.index)).collect()
}

/// When a runner dies, another takes over once the lease has lapsed.
pub async fn an_effect_is_hidden_while_it_is_leased_and_comes_back_after(backend: &dyn Backend) {
    let store = backend.fresh().await;
    let later = OutboxRow { not_before: at(10), ..effect(2, 0) };
    owe(&*store, [later, effect(1, 0)]).await;

    let first = claim(&*store, 9).await;
    let second = claim(&*store, 10).await;
    let none = claim(&*store, 1_008).await;
    let again = claim(&*store, 1_009).await;

    let expected = Claimed { row: effect(1, 0), attempt: 1, leased_until: at(1_009) };
    assert_eq!(first, std::slice::from_ref(&expected));
    assert_eq!(keys(&second), [(2, 0)]);
    assert_eq!(none, []);
    assert_eq!(again, [Claimed { attempt: 2, leased_until: at(2_009), ..expected }]);
}

/// A finished effect is removed even if its lease had lapsed meanwhile.
pub async fn a_finished_effect_is_gone_whoever_holds_it(backend: &dyn Backend) {
    let store = backend.fresh().await;
    owe(&*store, [effect(1, 0), effect(1, 1)]).await;
    claim(&*store, 0).await;
    claim(&*store, 1_000).await;

    let done = store.finish_effect(effect(1, 0).key).await.expect("it finishes");
    let twice = store.finish_effect(effect(1, 0).key).await.expect("it finishes");

    assert_eq!((done, twice), (true, false));
    assert_eq!(keys(&claim(&*store, 9_000).await), [(1, 1)]);
}

/// An effect that failed waits until the time of its next try.
pub async fn a_postponed_effect_comes_back_at_its_time(backend: &dyn Backend) {
    let store = backend.fresh().await;
    owe(&*store, [effect(1, 0)]).await;
    claim(&*store, 0).await;

    let postponed = store.postpone_effect(effect(1, 0).key, 1, at(5_000)).await;

    assert!(postponed.expect("it postpones"));
    assert_eq!(claim(&*store, 4_999).await, []);
    assert_eq!(claim(&*store, 5_000).await.first().map(|c| c.attempt), Some(2));
}

/// A runner whose lease has lapsed cannot postpone an effect that another runner has claimed.
pub async fn a_lapsed_claim_cannot_postpone(backend: &dyn Backend) {
    let store = backend.fresh().await;
    owe(&*store, [effect(1, 0)]).await;
    claim(&*store, 0).await;
    claim(&*store, 1_000).await;
    let postpone = async |attempt, ms| {
        store.postpone_effect(effect(1, 0).key, attempt, at(ms)).await.expect("it answers")
    };

    assert!(!postpone(1, 1_001).await, "the first claim has lapsed");
    assert_eq!(claim(&*store, 1_500).await, [], "the second still holds it");
    assert!(postpone(2, 1_001).await);
    assert!(!postpone(2, 9_000).await, "it was put back already");
    assert_eq!(claim(&*store, 1_500).await.len(), 1);
}

/// A temporary PIN is never sent in its 31st minute.
pub async fn an_effect_is_never_handed_out_at_or_after_its_end(backend: &dyn Backend) {
    let store = backend.fresh().await;
    owe(&*store, [OutboxRow { expires_at: Some(at(2_000)), ..effect(1, 0) }]).await;

    assert_eq!(claim(&*store, 0).await.len(), 1);
    assert_eq!(claim(&*store, 1_999).await.len(), 1);
    assert_eq!(claim(&*store, 2_999).await, []);
    assert_eq!(store.waiting_effects().await.expect("it counts"), 1);
}

/// An effect that nobody ran in time is deleted and listed, whether leased or not.
pub async fn expired_effects_are_listed_and_gone(backend: &dyn Backend) {
    let store = backend.fresh().await;
    let until = |owner, ms| OutboxRow { expires_at: Some(at(ms)), ..effect(owner, 0) };
    owe(&*store, [until(1, 10), until(2, 11), effect(3, 0)]).await;
    claim(&*store, 0).await;

    let expired = store.expire_effects(at(10), 9).await.expect("it expires");
    let again = store.expire_effects(at(10), 9).await.expect("it expires");

    let named: Vec<_> = expired.iter().map(|e| (e.key, e.effect, e.person, e.attempts)).collect();
    assert_eq!(named, [(effect(1, 0).key, SMS, Id(77), 1)]);
    assert_eq!(again, []);
    assert_eq!(store.waiting_effects().await.expect("it counts"), 2);
}

/// Effects are withdrawn by key, by owner and kind, or by person.
pub async fn a_withdrawal_takes_back_what_it_names_and_no_more(backend: &dyn Backend) {
    let store = backend.fresh().await;
    let mail = |owner, index| OutboxRow { effect: MAIL, ..effect(owner, index) };
    let somebody = OutboxRow { person: Id(5), ..effect(4, 0) };
    let rows = [effect(1, 0), effect(1, 1), effect(2, 0), mail(2, 1), effect(3, 0), somebody];
    owe(&*store, rows).await;
    let left = async || {
        let mut found = keys(&store.claim_effects(at(0), 0, 99).await.expect("it claims"));
        found.sort_unstable();
        found
    };
    let withdraw = async |withdrawal| {
        save(&*store, Transaction::new(T0).withdraw(withdrawal)).await;
    };

    withdraw(Withdrawal::One(effect(1, 1).key)).await;
    assert_eq!(left().await, [(1, 0), (2, 0), (2, 1), (3, 0), (4, 0)]);
    withdraw(Withdrawal::OfOwner { owner: Id(2), effect: SMS }).await;
    assert_eq!(left().await, [(1, 0), (2, 1), (3, 0), (4, 0)]);
    withdraw(Withdrawal::OfPerson(Id(77))).await;
    assert_eq!(left().await, [(4, 0)]);
    withdraw(Withdrawal::One(EffectKey { owner: Id(9), version: 9, index: 9 })).await;
    let swap = Transaction::new(T0)
        .effect(OutboxRow { person: Id(5), ..effect(4, 0) })
        .withdraw(Withdrawal::OfPerson(Id(5)));
    save(&*store, swap).await;
    assert_eq!(left().await, [(4, 0)], "withdrawn first, then owed anew");
}

/// A runner whose effect was withdrawn while it ran is told so, and cannot put it back.
pub async fn a_withdrawn_effect_stays_gone_for_its_runner(backend: &dyn Backend) {
    let store = backend.fresh().await;
    owe(&*store, [effect(1, 0)]).await;
    claim(&*store, 0).await;

    save(&*store, Transaction::new(T0).withdraw(Withdrawal::One(effect(1, 0).key))).await;

    let key = effect(1, 0).key;
    assert!(!store.postpone_effect(key, 1, at(1)).await.expect("it answers"));
    assert!(!store.finish_effect(key).await.expect("it answers"));
    assert_eq!(claim(&*store, 9_999).await, []);
}

/// The key of an effect is saved only once: one save of one aggregate owes each of its effects once.
pub async fn one_effect_is_saved_once(backend: &dyn Backend) {
    let store = backend.fresh().await;
    owe(&*store, [effect(1, 0)]).await;

    let error = refused(&*store, Transaction::new(T0).effect(effect(1, 0))).await;

    let expected = effect(1, 0).key;
    assert!(matches!(error, StoreError::EffectExists { key } if key == expected), "{error:?}");
}

/// When 50 runners claim at the same time, every effect goes to exactly one of them.
pub async fn fifty_runners_never_share_an_effect(backend: &dyn Backend) {
    let store = backend.fresh().await;
    owe(&*store, (0..120).map(|index| effect(1, index))).await;

    let mut runners = JoinSet::new();
    for _ in 0..50 {
        let store = Arc::clone(&store);
        runners.spawn(async move { store.claim_effects(T0, 60_000, 3).await.expect("it claims") });
    }
    let claimed: Vec<_> = runners.join_all().await.into_iter().flatten().collect();

    let distinct: BTreeSet<_> = claimed.iter().map(|c| c.row.key).collect();
    assert_eq!((claimed.len(), distinct.len()), (120, 120));
}
