//! The background jobs of a server: ordering the journal, running the outbox, sweeping what has expired.
//!
//! Every job may run in several processes at once: it saves by compare-and-swap, or holds a lease.

use crate::checkpoint_file::KeepError;
use crate::cosigning;
use crate::erasures::Erasures;
use crate::error_chain::chain;
use crate::kept::{Kept, Replayed, is_of_another_house};
use crate::operations::Gauges;
use recovery::event::JournalEvent;
use registers::Centre;
use service::{Failure, Service};
use std::sync::Arc;
use std::time::Duration;
use store::keeper::{Anchor, Folded, Suspect, Walked};
use store::lease::{self, Holder, Job};
use store::rewrap::Walk;
use store::{Chain, Finding, Id, Kind, Store, StoreError, Transaction, sequencer};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The lease for ordering the rows of the journal.
const SEQUENCING: Job = Job(1);
/// The lease for deleting the rows of erased persons.
const PURGING: Job = Job(2);
const PURGE_FIRST: Duration = Duration::from_secs(3_600);
const PURGE_EVERY: Duration = Duration::from_secs(24 * 3_600);
const PURGE_LEASE_MS: u32 = 3_600_000;
const SEQUENCE_EVERY: Duration = Duration::from_millis(500);
const SEQUENCE_ROWS: usize = 1_000;
/// The number of rounds after which a process checks that none of its evidence was dropped, and looks after the log.
const SETTLE_ROUNDS: u64 = 10;
const LEASE_MS: u32 = 10_000;
const OUTBOX_EVERY: Duration = Duration::from_millis(300);
/// The number of passes over the outbox at once: more than there are permits for e-mails, so that those that hang leave one
/// free.
const OUTBOX_PASSES_MAX: usize = 16;
/// The pause between two pages of rows that are sealed under the newest master key: a million rows take some minutes, and the
/// writer of the store is free in between.
const REWRAP_EVERY: Duration = Duration::from_millis(50);
const REWRAP_AGAIN: Duration = Duration::from_secs(10);
const SWEEP_EVERY: Duration = Duration::from_secs(5);
const COUNT_EVERY: Duration = Duration::from_secs(5);
const TICK_EVERY: Duration = Duration::from_secs(1);
/// How often a start checks whether the clock is trusted by now.
const BELIEF_EVERY: Duration = Duration::from_millis(250);

/// Tells every background job to stop.
pub type Stop = watch::Receiver<bool>;

/// Starts all background jobs.
pub(crate) fn start(
    service: &Service,
    centres: Vec<Centre>,
    gauges: &Arc<Gauges>,
    erasures: Erasures,
    kept: &Kept,
    stop: &Stop,
) -> (JoinSet<()>, Replayed) {
    let mut loops = JoinSet::new();
    let (done, replayed) = watch::channel(false);
    let (found, checked) = watch::channel(false);
    let beginning = Beginning { erasures, kept: kept.clone(), found, done };
    loops.spawn(beginning.run(service.clone(), stop.clone()));
    loops.spawn(tick(service.clone(), checked, stop.clone()));
    loops.spawn(take_in_centres(service.clone(), centres, replayed.clone()));
    loops.spawn(sequence(service.clone(), kept.clone(), replayed.clone(), stop.clone()));
    loops.spawn(tell_alarms(service.clone(), replayed.clone(), stop.clone()));
    loops.spawn(empty_outbox(service.clone(), replayed.clone(), stop.clone()));
    loops.spawn(nightly(service.clone(), kept.clone(), stop.clone()));
    loops.spawn(sweep(service.clone(), replayed.clone(), stop.clone()));
    loops.spawn(count(service.clone(), Arc::clone(gauges), stop.clone()));
    loops.spawn(rewrap(service.clone(), replayed.clone(), stop.clone()));
    (loops, replayed)
}

/// The checks that come before anything is served.
struct Beginning {
    erasures: Erasures,
    kept: Kept,
    /// Becomes true once the database is trusted.
    found: watch::Sender<bool>,
    /// Becomes true once everything may be served.
    done: watch::Sender<bool>,
}

impl Beginning {
    /// First the checkpoint: a database that was set back is not served; then the evidence about its rows. Then the clock:
    /// while it is not trusted, this server waits. Then the erasures: until a restored database has forgotten the erased
    /// persons again, nothing is sent and nothing served.
    async fn run(self, service: Service, mut stop: Stop) {
        let store = &self.kept.store;
        let checked = match self.kept.checkpoint.check(&**store).await {
            // The first request compares the evidence.
            Ok(()) => store.last_committed().await.map(|_| ()).map_err(KeepError::from),
            Err(error) => Err(error),
        };
        if let Err(error) = checked {
            let (inner, keys) = (&**store.inner(), &service.parts().keys);
            let foreign = error.is_distrust()
                && is_of_another_house(inner, keys).await.is_ok_and(|foreign| foreign);
            let error = if foreign { KeepError::AnotherHouse } else { error };
            let code = error.code();
            tracing::error!(code, error = %chain(&error), "the database cannot be believed");
            service.distrust();
            return;
        }
        // Kept at once: whoever starts for the first time has one from now on.
        keep(&service, &self.kept).await;
        self.found.send_replace(true);
        while let Err(Failure::ClockNotTrusted { .. }) = service.now().await {
            if !pause(&mut stop, BELIEF_EVERY).await {
                return;
            }
        }
        if let Err(error) = service.say_whether_an_unsynchronised_clock_is_believed().await {
            tracing::warn!(error = %error, "the journal could not be told that the clock is believed");
        }
        match self.erasures.replay(&service).await {
            Ok(_) => {
                self.done.send_replace(true);
            }
            Err(error) => tracing::error!(error = %chain(&error), "erasures could not be replayed"),
        }
    }
}

/// Compares the clock with the boot clock once a second. Nothing is written to a database that is not trusted.
async fn tick(service: Service, mut checked: watch::Receiver<bool>, mut stop: Stop) {
    let is_checked = tokio::select! {
        checked = checked.wait_for(|checked| *checked) => checked.is_ok(),
        _ = stop.wait_for(|stop| *stop) => false,
    };
    if !is_checked {
        return;
    }
    loop {
        if let Err(error) = service.tick_clock().await {
            tracing::warn!(error = %error, "the heartbeat could not be written");
        }
        if !pause(&mut stop, TICK_EVERY).await {
            return;
        }
    }
}

/// Saves the centres of the register folder as those that take bookings. An empty list closes none, since it may mean that
/// the table is missing.
async fn take_in_centres(service: Service, centres: Vec<Centre>, mut ready: Replayed) {
    // Nothing is written to a database that is not believed.
    if centres.is_empty() || ready.wait_for(|done| *done).await.is_err() {
        return;
    }
    if let Err(error) = service.set_centres(&centres).await {
        tracing::error!(error = %error, "the Citizen Service Centres could not be taken in");
    }
}

/// Waits for `span`; `false` where it is time to stop.
async fn pause(stop: &mut Stop, span: Duration) -> bool {
    tokio::select! {
        () = tokio::time::sleep(span) => true,
        _ = stop.wait_for(|stop| *stop) => false,
    }
}

async fn sequence(service: Service, kept: Kept, mut ready: Replayed, mut stop: Stop) {
    // Nothing is added to a journal that is not believed.
    let ready = tokio::select! {
        ready = ready.wait_for(|done| *done) => ready.is_ok(),
        _ = stop.wait_for(|stop| *stop) => false,
    };
    if !ready {
        return;
    }
    let mut rounds = Rounds::default();
    while pause(&mut stop, SEQUENCE_EVERY).await {
        if let Some(found) = kept.store.finding() {
            say(&service, &kept, found).await;
            return;
        }
        round(&service, &kept, Turn::OneOfMany, &mut rounds).await;
    }
}

/// Whether a round of the sequencer is the last one of its process.
#[derive(Clone, Copy)]
enum Turn {
    /// Another round follows.
    OneOfMany,
    /// The process ends after this round.
    Last,
}

impl Turn {
    /// Takes the lease of the sequencer for this round, if no other process holds it.
    async fn takes(
        self,
        store: &dyn Store,
        holder: Holder,
        now: store::Timestamp,
    ) -> Result<bool, StoreError> {
        match self {
            Self::OneOfMany => lease::acquire(store, SEQUENCING, holder, now, LEASE_MS).await,
            Self::Last => lease::acquire_and_leave(store, SEQUENCING, holder, now, LEASE_MS).await,
        }
    }
}

/// What one process remembers from round to round.
#[derive(Default)]
struct Rounds {
    count: u64,
    /// The end of the journal and the root of the evidence in the last checkpoint.
    last: Option<(Chain, Anchor)>,
}

/// Orders the rows that wait, folds the evidence, and writes the new end to the checkpoint outside the database.
async fn round(service: &Service, kept: &Kept, turn: Turn, rounds: &mut Rounds) {
    if let Err(error) = kept.receipts.begin_round() {
        tracing::error!(error = %error, "receipts cannot be written");
    }
    rounds.count = rounds.count.wrapping_add(1);
    let settle = rounds.count.is_multiple_of(SETTLE_ROUNDS);
    match advance(service, kept, turn, settle).await {
        Ok(()) => {}
        // Another process was faster, which is as good.
        Err(StoreError::ChainMoved) => {}
        Err(error) => {
            tracing::warn!(error = %chain(&error), "the journal could not be sequenced");
            return;
        }
    }
    let Ok(end) = kept.store.journal_chain().await else { return };
    let now = (end, kept.store.anchor());
    if rounds.last == Some(now) || keep(service, kept).await {
        rounds.last = Some(now);
        kept.receipts.end_round(|ids| kept.store.holds_any(ids));
    }
}

async fn advance(
    service: &Service,
    kept: &Kept,
    turn: Turn,
    settle: bool,
) -> Result<(), StoreError> {
    let store = &*kept.store;
    let waits = !store.journal_waiting(1).await?.is_empty() || store.evidence_waits().await?;
    let now = if waits { service.now().await.ok() } else { None };
    if let Some(now) = now
        && turn.takes(store, kept.holder, now).await?
    {
        while store.fold().await? == Folded::Some {}
        while !store.journal_waiting(1).await?.is_empty() {
            sequencer::extend(store, SEQUENCE_ROWS).await?;
        }
    }
    if settle {
        if let Some(now) = cosigning::log_waits(service).await?
            && turn.takes(store, kept.holder, now).await?
        {
            cosigning::advance_log(service, now).await?;
        }
        store.settle().await?;
    }
    Ok(())
}

/// Writes the journal's new end to the checkpoint, and stops all decisions where the database was set back under this
/// process.
async fn keep(service: &Service, kept: &Kept) -> bool {
    match kept.checkpoint.keep(&*kept.store, Some(kept.store.anchor())).await {
        Ok(()) => true,
        Err(error) if error.is_distrust() => {
            tracing::error!(error = %chain(&error), "the database is not believed any more");
            service.distrust();
            false
        }
        Err(error) => {
            tracing::warn!(error = %chain(&error), "no checkpoint was kept: the service must be able to write it, or a database that is set back is not found out");
            false
        }
    }
}

/// The last round of a process that was asked to stop: every row is ordered and folded, and the checkpoint covers it.
pub(crate) async fn last_round(service: &Service, kept: &Kept) {
    if let Some(found) = kept.store.finding() {
        say(service, kept, found).await;
        return;
    }
    if service.now().await.is_err() {
        return;
    }
    round(service, kept, Turn::Last, &mut Rounds::default()).await;
    kept.checkpoint.told().await;
    if kept.store.settle().await.is_ok() && kept.store.waiting() == 0 {
        kept.receipts.remove();
    }
}

/// Journals that a row is not what was saved last. It is written to the backend itself, since no decision is made any more.
async fn say(service: &Service, kept: &Kept, (kind, id, finding): (Kind, Id, Finding)) {
    service.distrust();
    tracing::error!(%kind, %id, %finding, "the database is not believed any more: somebody else has written to it");
    let event =
        JournalEvent::RowDistrusted { kind: kind.code(), id: id.0, finding: finding.code() };
    let parts = service.parts();
    let row = service::journal::row_of_operation(&parts.keys, &*parts.random, &event);
    let store = kept.store.inner();
    let written = async {
        let clock = parts.clock.now();
        let at = store.last_committed().await?.map_or(clock, |last| last.max(clock));
        store.commit(Transaction::new(at).journal(row)).await?;
        sequencer::extend(&**store, SEQUENCE_ROWS).await
    };
    if let Err(error) = written.await {
        tracing::error!(error = %chain(&error), "the journal does not say so");
    }
}

/// Seals anew what an older master key than the newest seals, and ends once nothing is left. Another server that is still to be
/// started with the newest key begins it again then.
async fn rewrap(service: Service, mut ready: Replayed, mut stop: Stop) {
    if ready.wait_for(|done| *done).await.is_err() {
        return;
    }
    let mut walk = match service.has_rows_under_older_keys().await {
        Ok(true) => Some(Walk::default()),
        Ok(false) => None,
        Err(error) => {
            tracing::warn!(error = %error, "whether rows are sealed under older keys could not be read");
            None
        }
    };
    while let Some(at) = walk {
        if !pause(&mut stop, REWRAP_EVERY).await {
            return;
        }
        match service.rewrap(at).await {
            Ok(next) => {
                if next.is_none() {
                    tracing::info!(
                        rows = at.rows,
                        "no row is sealed under an older master key any more"
                    );
                }
                walk = next;
            }
            Err(error) => {
                tracing::warn!(error = %error, "rows could not be sealed under the newest key; this is tried again");
                if !pause(&mut stop, REWRAP_AGAIN).await {
                    return;
                }
            }
        }
    }
}

async fn empty_outbox(service: Service, mut replayed: Replayed, mut stop: Stop) {
    let ready = tokio::select! {
        ready = replayed.wait_for(|done| *done) => ready.is_ok(),
        _ = stop.wait_for(|stop| *stop) => false,
    };
    if !ready {
        return;
    }
    // A pass ends with its slowest message. The next begins all the same: what is due by another way leaves at once.
    let mut passes = JoinSet::new();
    while pause(&mut stop, OUTBOX_EVERY).await {
        while passes.try_join_next().is_some() {}
        if passes.len() < OUTBOX_PASSES_MAX {
            let service = service.clone();
            passes.spawn(async move {
                if let Err(error) = service.run_outbox().await {
                    tracing::warn!(error = %error, "the outbox could not be emptied");
                }
            });
        }
    }
    while passes.join_next().await.is_some() {}
}

/// Writes the alarms that were raised outside of transactions, and notifies the operator where that is impossible.
async fn tell_alarms(service: Service, mut replayed: Replayed, mut stop: Stop) {
    // Nothing is written before the database is believed; where it is not, the server ends and tells it then.
    tokio::select! {
        _ = replayed.wait_for(|done| *done) => {}
        _ = stop.wait_for(|stop| *stop) => return,
    }
    while pause(&mut stop, OUTBOX_EVERY).await {
        service.tell_alarms().await;
    }
    service.tell_alarms().await;
}

async fn sweep(service: Service, mut ready: Replayed, mut stop: Stop) {
    // Nothing is swept in a database that is not believed.
    let ready = tokio::select! {
        ready = ready.wait_for(|done| *done) => ready.is_ok(),
        _ = stop.wait_for(|stop| *stop) => false,
    };
    if !ready {
        return;
    }
    while pause(&mut stop, SWEEP_EVERY).await {
        if let Err(error) = service.sweep().await {
            tracing::warn!(error = %error, "what has expired could not be swept");
        }
    }
}

/// Once a night, in one of the processes: deletes the rows of erased persons and compares every row with the evidence.
async fn nightly(service: Service, kept: Kept, mut stop: Stop) {
    let mut wait = PURGE_FIRST;
    while pause(&mut stop, wait).await {
        wait = PURGE_EVERY;
        let store: &dyn Store = &*service.parts().store;
        let Ok(now) = service.now().await else { continue };
        match lease::acquire(store, PURGING, kept.holder, now, PURGE_LEASE_MS).await {
            Ok(true) => {}
            Ok(false) => continue,
            Err(error) => {
                tracing::warn!(error = %error, "the purge could not begin");
                continue;
            }
        }
        match service.purge().await {
            Ok(rows) => tracing::info!(rows, "purged"),
            Err(error) => tracing::warn!(error = %chain(&error), "the purge was broken off"),
        }
        match kept.store.walk().await {
            Ok(Walked { rows, suspects }) => {
                tracing::info!(rows, suspects = suspects.len(), "all rows were compared");
                for Suspect { kind, id, finding } in suspects {
                    tracing::error!(kind = kind.code(), %id, %finding, "a row is not what was saved last");
                    kept.store.distrust(kind, id, finding);
                }
            }
            Err(error) => tracing::warn!(error = %chain(&error), "the walk was broken off"),
        }
    }
}

async fn count(service: Service, gauges: Arc<Gauges>, mut stop: Stop) {
    loop {
        if let Ok(waiting) = service.parts().store.waiting_effects().await {
            gauges.outbox_waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        }
        if !pause(&mut stop, COUNT_EVERY).await {
            return;
        }
    }
}
