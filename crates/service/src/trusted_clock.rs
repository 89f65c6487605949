//! Whether the clock of this machine is trusted (PROTOCOLS.md section 14, CHECKLIST attacks 19 and 24).
//!
//! A clock that was set forward opens locks, and what it commits stops the service for good once the clock is right again.
//! The wall clock is therefore compared with the clock that counts since the boot of the machine, which nobody can set:
//! before every decision, once a second, and at the start against the last heartbeat of this boot. After another boot there
//! is nothing to compare with; then the system has to call its clock synchronised, or a second source has to agree. A clock
//! that is not trusted closes this server alone, until it has been steady for a minute.

mod acceptance;
mod guard;
mod heartbeat;
mod second_source;
#[cfg(test)]
mod tests;

pub use acceptance::{AskedAcceptance, CommittedFuture};
pub use guard::{Guard, Mistrust, Sighting, Ticked};
pub use heartbeat::{Heartbeat, HeartbeatId};

use crate::parts::{Clock, ClockReading, PARTING_MAX_MS};
use crate::work::{Subject, Work};
use crate::{Failure, Service};
use heartbeat::Place;
use recovery::alarm::Alarm;
use recovery::event::JournalEvent;
use recovery::time::Timestamp;
use second_source::Neighbours;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::Store;
use store::facade;
use store::keys::Keys;
use store::kinds;

/// The largest number of servers on one database whose heartbeats are read.
const SERVERS_MAX: usize = 256;

/// The state of trust in the clock of this process.
#[derive(Debug, Default)]
pub(crate) struct TrustedClock {
    guard: Mutex<Guard>,
    neighbours: Mutex<Neighbours>,
    place: Mutex<Place>,
}

impl TrustedClock {
    pub(crate) fn guard(&self) -> MutexGuard<'_, Guard> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn neighbours(&self) -> MutexGuard<'_, Neighbours> {
        self.neighbours.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service {
    /// Why the clock is not trusted; `None` where it is.
    #[must_use]
    pub fn clock_mistrust(&self) -> Option<Mistrust> {
        self.clock().guard().mistrust()
    }

    /// `max(clock, last committed time)`, if the clock is trusted.
    pub(crate) async fn believed_now(&self) -> Result<Timestamp, Failure> {
        let reading = self.parts().clock.reading();
        let sighting = self.clock().guard().look(reading);
        match sighting {
            Sighting::Believed => {}
            Sighting::Unproven => self.prove_clock(reading).await?,
            Sighting::Mistrusted { why, is_new } => {
                if is_new {
                    self.say_closed(why);
                }
                return Err(Failure::ClockNotTrusted { why });
            }
        }
        let last = self.parts().store.last_committed().await?;
        store::time::now(reading.wall, last).map_err(|_| {
            let why = Mistrust::BehindLastCommit;
            if self.clock().guard().close(why, reading) {
                self.say_closed(why);
            }
            Failure::ClockNotTrusted { why }
        })
    }

    /// Logs and raises an alarm, once each time the clock loses its trust.
    pub(crate) fn say_closed(&self, why: Mistrust) {
        tracing::error!(
            why = why.code(),
            advice = why.advice(),
            "the clock is not trusted; nothing is decided here"
        );
        self.raise_alarm(Alarm::ClockNotTrusted);
    }

    /// The first check of the clock in this process: against the last heartbeat of this boot, or by confirmation.
    async fn prove_clock(&self, reading: ClockReading) -> Result<(), Failure> {
        let beats: Vec<ClockReading> =
            self.heartbeats().await?.iter().map(|beat| beat.reading).collect();
        let is_confirmed = self.is_synchronised() || self.database_agrees(reading).await;
        let why = self.clock().guard().prove(reading, &beats, is_confirmed);
        match why {
            None => Ok(()),
            Some(why) => {
                self.say_closed(why);
                Err(Failure::ClockNotTrusted { why })
            }
        }
    }

    /// Compares the clock with the boot clock, writes the heartbeat when it is due, and trusts a clock again that has been
    /// steady long enough. Called once a second.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn tick_clock(&self) -> Result<(), Failure> {
        let reading = self.parts().clock.reading();
        if self.clock().guard().is_unproven() {
            // Whoever asks for the time proves it; where nobody does, this tick is the one.
            return match self.believed_now().await {
                Ok(_) => self.beat(reading).await,
                Err(Failure::ClockNotTrusted { .. }) => Ok(()),
                Err(other) => Err(other),
            };
        }
        let is_closed = self.clock().guard().mistrust().is_some();
        if is_closed && self.second_source_agrees(reading).await? {
            self.clock().guard().vouch(reading);
        }
        let last = self.parts().store.last_committed().await?;
        // Asking the system is dear, and asked for only where the answer counts.
        let is_confirmed = is_closed && self.is_synchronised();
        let ticked = self.clock().guard().tick(reading, is_confirmed, last);
        match ticked {
            Ticked::Nothing => Ok(()),
            Ticked::Closed(why) => {
                self.say_closed(why);
                Ok(())
            }
            Ticked::BeatDue => self.beat(reading).await,
            Ticked::Opened { why, closed_ms } => {
                tracing::warn!(why = why.code(), closed_ms, "the clock is trusted again");
                let event = JournalEvent::ClockTrustedAgain { why: why.code(), closed_ms };
                let mut work = Work::begin(self).await?;
                work.say(Subject::Nobody { matter: 0 }, event);
                work.commit().await?;
                self.beat(reading).await
            }
        }
    }

    /// Says in log and journal, at every start, that the configuration trusts a clock which nothing synchronises.
    ///
    /// # Errors
    ///
    /// Store errors, or a clock that is not trusted.
    pub async fn say_whether_an_unsynchronised_clock_is_believed(&self) -> Result<(), Failure> {
        if !self.parts().settings.unsynchronised_clock_believed {
            return Ok(());
        }
        tracing::warn!(
            "a clock that nobody synchronises is believed, as unsynchronised = \"believe\" in [clock] says"
        );
        attempt!(self, |work| {
            work.say(Subject::Nobody { matter: 0 }, JournalEvent::UnsynchronisedClockBelieved);
            Ok(())
        })
    }

    /// Writes what both clocks say to the disk. The next start compares with it, and it shows that the store still accepts
    /// writes.
    ///
    /// # Errors
    ///
    /// Store errors, or a clock that is not trusted.
    pub async fn beat(&self, reading: ClockReading) -> Result<(), Failure> {
        let mut work = Work::begin(self).await?;
        let mut beats = Vec::new();
        for row in self.parts().store.scan(kinds::HEARTBEAT, None, SERVERS_MAX).await? {
            beats.push(work.open::<Heartbeat>(&row).await?);
        }
        let fresh = HeartbeatId(self.draw_id());
        let id = self.clock().place().choose(&beats, reading, fresh);
        work.set(&Heartbeat { id, reading });
        match work.commit().await {
            // A rival took the place: another one is looked for next time.
            Err(Failure::Rival) => {
                self.clock().place().leave();
                return Ok(());
            }
            other => other?,
        }
        self.clock().guard().beaten(reading);
        Ok(())
    }

    /// Checks that the store accepts writes: one whose disk is full still answers reads.
    ///
    /// # Errors
    ///
    /// Store errors, or a clock that is not trusted.
    pub async fn check_writable(&self) -> Result<(), Failure> {
        let reading = self.parts().clock.reading();
        if self.clock().guard().has_beaten_lately(reading) {
            return Ok(());
        }
        self.beat(reading).await
    }

    async fn heartbeats(&self) -> Result<Vec<Heartbeat>, Failure> {
        heartbeats(&*self.parts().store, &self.parts().keys).await
    }

    fn is_synchronised(&self) -> bool {
        self.parts().settings.unsynchronised_clock_believed || self.parts().clock.is_synchronised()
    }

    /// Whether the clock of a database on another machine agrees with this one.
    async fn database_agrees(&self, reading: ClockReading) -> bool {
        match self.parts().store.clock().await {
            Ok(Some(there)) => agree(there, reading.wall),
            Ok(None) | Err(_) => false,
        }
    }

    async fn second_source_agrees(&self, reading: ClockReading) -> Result<bool, Failure> {
        if self.database_agrees(reading).await {
            return Ok(true);
        }
        let beats = self.heartbeats().await?;
        Ok(self.clock().neighbours().agree(beats.iter(), reading))
    }
}

async fn heartbeats(store: &dyn Store, keys: &Keys) -> Result<Vec<Heartbeat>, Failure> {
    let rows = store.scan(kinds::HEARTBEAT, None, SERVERS_MAX).await?;
    let opened = |row| facade::open(row, keys, None).map(|loaded| loaded.value);
    rows.iter().map(|row| opened(row).map_err(Failure::from)).collect()
}

/// `max(clock, last committed time)` for a command that writes beside the running service: its clock has to pass the same
/// first check as that of a server.
///
/// # Errors
///
/// A clock that is not trusted, or store errors.
pub async fn believed_by_a_command(
    store: &dyn Store,
    keys: &Keys,
    clock: &dyn Clock,
    is_unsynchronised_believed: bool,
) -> Result<Timestamp, Failure> {
    let reading = clock.reading();
    let beats: Vec<ClockReading> =
        heartbeats(store, keys).await?.iter().map(|beat| beat.reading).collect();
    let database = store.clock().await?.is_some_and(|there| agree(there, reading.wall));
    let is_confirmed = is_unsynchronised_believed || clock.is_synchronised() || database;
    if let Some(why) = Guard::default().prove(reading, &beats, is_confirmed) {
        return Err(Failure::ClockNotTrusted { why });
    }
    let last = store.last_committed().await?;
    let why = Mistrust::BehindLastCommit;
    store::time::now(reading.wall, last).map_err(|_| Failure::ClockNotTrusted { why })
}

fn agree(one: Timestamp, other: Timestamp) -> bool {
    one.0.abs_diff(other.0) <= PARTING_MAX_MS.unsigned_abs()
}
