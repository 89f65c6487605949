//! What goes on between requests: the journal gets its order, the outbox is emptied, what has expired is swept.
//!
//! Every job may run in several processes at once: it saves by compare-and-swap or holds a lease.

use crate::checkpoint_file::CheckpointFile;
use crate::erasures::Erasures;
use crate::operations::Gauges;
use registers::Centre;
use service::{Failure, Service};
use std::sync::Arc;
use std::time::Duration;
use store::lease::{self, Holder, Job};
use store::{Store, StoreError, sequencer};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Places the rows of the journal.
const SEQUENCING: Job = Job(1);
/// Deletes what nobody can open any more.
const PURGING: Job = Job(2);
const PURGE_FIRST: Duration = Duration::from_secs(3_600);
const PURGE_EVERY: Duration = Duration::from_secs(24 * 3_600);
const PURGE_LEASE_MS: u32 = 3_600_000;
const SEQUENCE_EVERY: Duration = Duration::from_millis(500);
const SEQUENCE_ROWS: usize = 1_000;
const LEASE_MS: u32 = 10_000;
const OUTBOX_EVERY: Duration = Duration::from_millis(300);
const SWEEP_EVERY: Duration = Duration::from_secs(5);
const COUNT_EVERY: Duration = Duration::from_secs(5);
const TICK_EVERY: Duration = Duration::from_secs(1);
/// How often a start looks whether the clock is believed by now.
const BELIEF_EVERY: Duration = Duration::from_millis(250);

/// Tells every loop to stop.
pub type Stop = watch::Receiver<bool>;

/// True once the erasures are replayed; its sender is gone where they cannot be.
pub(crate) type Replayed = watch::Receiver<bool>;

/// Starts all loops.
pub(crate) fn start(
    service: &Service,
    centres: Vec<Centre>,
    gauges: &Arc<Gauges>,
    erasures: Erasures,
    checkpoint: CheckpointFile,
    stop: &Stop,
) -> (JoinSet<()>, Replayed) {
    let mut loops = JoinSet::new();
    let (done, replayed) = watch::channel(false);
    let (found, checked) = watch::channel(false);
    let beginning = Beginning { erasures, checkpoint: checkpoint.clone(), found, done };
    loops.spawn(beginning.run(service.clone(), stop.clone()));
    loops.spawn(tick(service.clone(), checked, stop.clone()));
    loops.spawn(take_in_centres(service.clone(), centres, replayed.clone()));
    loops.spawn(sequence(service.clone(), checkpoint, replayed.clone(), stop.clone()));
    loops.spawn(tell_alarms(service.clone(), replayed.clone(), stop.clone()));
    loops.spawn(empty_outbox(service.clone(), replayed.clone(), stop.clone()));
    loops.spawn(purge(service.clone(), stop.clone()));
    loops.spawn(sweep(service.clone(), stop.clone()));
    loops.spawn(count(service.clone(), Arc::clone(gauges), stop.clone()));
    (loops, replayed)
}

/// What comes before anything is served.
struct Beginning {
    erasures: Erasures,
    checkpoint: CheckpointFile,
    /// True once the database is believed.
    found: watch::Sender<bool>,
    /// True once everything may be served.
    done: watch::Sender<bool>,
}

impl Beginning {
    /// The checkpoint first: a database that was set back is not served. Then the clock: while it is not believed, this server
    /// waits for it. Then erasures: until a restored database has forgotten whom it must, nothing is sent and nothing served.
    async fn run(self, service: Service, mut stop: Stop) {
        if let Err(error) = self.checkpoint.check(&*service.parts().store).await {
            tracing::error!(error = %chain(&error), "the database cannot be believed");
            service.distrust();
            return;
        }
        // Kept at once: whoever starts for the first time has one from now on.
        keep(&service, &self.checkpoint).await;
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

/// Holds the clock against the boot clock, each second. Nothing is written to a database that is not believed.
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

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// The centres of the register folder are those that take bookings. None at all is no answer, and closes none.
async fn take_in_centres(service: Service, centres: Vec<Centre>, mut ready: Replayed) {
    // Nothing is written to a database that is not believed.
    if centres.is_empty() || ready.wait_for(|done| *done).await.is_err() {
        return;
    }
    if let Err(error) = service.set_centres(&centres).await {
        tracing::error!(error = %error, "the Citizen Service Centres could not be taken in");
    }
}

/// Waits; `false` where it is time to stop.
async fn pause(stop: &mut Stop, span: Duration) -> bool {
    tokio::select! {
        () = tokio::time::sleep(span) => true,
        _ = stop.wait_for(|stop| *stop) => false,
    }
}

async fn sequence(
    service: Service,
    checkpoint: CheckpointFile,
    mut ready: Replayed,
    mut stop: Stop,
) {
    // Nothing is added to a journal that is not believed.
    let ready = tokio::select! {
        ready = ready.wait_for(|done| *done) => ready.is_ok(),
        _ = stop.wait_for(|stop| *stop) => false,
    };
    if !ready {
        return;
    }
    let mut bytes = [0; 16];
    service.parts().random.fill(&mut bytes);
    let holder = Holder(u128::from_be_bytes(bytes));
    while pause(&mut stop, SEQUENCE_EVERY).await {
        match sequence_once(&service, holder).await {
            Ok(true) => keep(&service, &checkpoint).await,
            // Another process was faster, which is as good.
            Ok(false) | Err(StoreError::ChainMoved) => {}
            Err(error) => tracing::warn!(error = %error, "the journal could not be sequenced"),
        }
    }
}

/// Whether the journal grew.
async fn sequence_once(service: &Service, holder: Holder) -> Result<bool, StoreError> {
    let store: &dyn Store = &*service.parts().store;
    if store.journal_waiting(1).await?.is_empty() {
        return Ok(false);
    }
    let Ok(now) = service.now().await else { return Ok(false) };
    if !lease::acquire(store, SEQUENCING, holder, now.into(), LEASE_MS).await? {
        return Ok(false);
    }
    while !store.journal_waiting(1).await?.is_empty() {
        sequencer::extend(store, SEQUENCE_ROWS).await?;
    }
    Ok(true)
}

/// Keeps the journal's new end outside the database, and stops deciding where the database was set back under this process.
async fn keep(service: &Service, checkpoint: &CheckpointFile) {
    match checkpoint.keep(&*service.parts().store).await {
        Ok(()) => {}
        Err(error) if error.is_distrust() => {
            tracing::error!(error = %chain(&error), "the database is not believed any more");
            service.distrust();
        }
        Err(error) => {
            tracing::warn!(error = %chain(&error), "no checkpoint was kept: the service must be able to write it, or a database that is set back is not found out")
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
    while pause(&mut stop, OUTBOX_EVERY).await {
        if let Err(error) = service.run_outbox().await {
            tracing::warn!(error = %error, "the outbox could not be emptied");
        }
    }
}

/// Writes down what was raised outside of transactions, and tells the operator where that cannot be done.
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

async fn sweep(service: Service, mut stop: Stop) {
    while pause(&mut stop, SWEEP_EVERY).await {
        if let Err(error) = service.sweep().await {
            tracing::warn!(error = %error, "what has expired could not be swept");
        }
    }
}

/// Once a night, in one of the processes.
async fn purge(service: Service, mut stop: Stop) {
    let mut bytes = [0; 16];
    service.parts().random.fill(&mut bytes);
    let holder = Holder(u128::from_be_bytes(bytes));
    let mut wait = PURGE_FIRST;
    while pause(&mut stop, wait).await {
        wait = PURGE_EVERY;
        let store: &dyn Store = &*service.parts().store;
        let Ok(now) = service.now().await else { continue };
        match lease::acquire(store, PURGING, holder, now.into(), PURGE_LEASE_MS).await {
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
