//! The rule itself: readings in, trust or mistrust out. No clock and no store.

use crate::parts::{ClockReading, PARTING_MAX_MS};
use recovery::time::Timestamp;

/// How long a clock that was not trusted has to behave.
const PROBATION_MS: i64 = 60_000;
/// How often the clocks are written down.
const BEAT_EVERY_MS: i64 = 60_000;
/// A heartbeat that young shows that the store takes writes.
const BEAT_YOUNG_MS: i64 = 5_000;

recovery::codes! {
    /// Why a clock is not believed.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Mistrust {
        /// It moved by more than 5 s against the boot clock.
        PartedFromBootClock => "parted-from-boot-clock",
        /// The machine was booted since the last heartbeat, and neither synchronisation nor a second source confirms its clock.
        NotConfirmed => "not-confirmed",
        /// It is more than 5 s behind what was committed: it was set back, or a future was committed.
        BehindLastCommit => "behind-last-commit",
    }
}

impl Mistrust {
    /// What an operator can do.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::PartedFromBootClock => {
                "put the clock right; this server opens again by itself once it has been steady for a minute and the system calls it synchronised"
            }
            Self::NotConfirmed => {
                "let the system synchronise its clock; where it knows no synchronisation, say so with unsynchronised = \"believe\" in [clock]"
            }
            Self::BehindLastCommit => {
                "put the clock right; where a future was committed, `genvej time accept` takes it back"
            }
        }
    }
}

/// What a look at the clocks says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// The clock is believed.
    Believed,
    /// Nobody has held it against anything yet.
    Unproven,
    /// It is not believed.
    Mistrusted {
        /// Why the clock is not believed.
        why: Mistrust,
        /// Since this very look.
        is_new: bool,
    },
}

/// What follows from a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ticked {
    /// Nothing.
    Nothing,
    /// A heartbeat has to be written.
    BeatDue,
    /// From now on nothing is decided.
    Closed(Mistrust),
    /// From now on decisions are made again.
    Opened {
        /// Why they were not.
        why: Mistrust,
        /// For how long, on the boot clock.
        closed_ms: i64,
    },
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Unproven,
    Trusted {
        /// The last tick.
        tick: ClockReading,
        /// The last heartbeat, or the first look.
        beat: ClockReading,
        /// Whether that heartbeat was written.
        is_written: bool,
    },
    Mistrusted {
        why: Mistrust,
        /// When it began.
        since: ClockReading,
        /// From here on both clocks have advanced alike.
        steady: ClockReading,
        /// The last look.
        tick: ClockReading,
        /// A second source has agreed since `steady`.
        is_vouched: bool,
    },
}

/// Trust in one clock.
#[derive(Debug, Default)]
pub struct Guard {
    state: State,
}

impl Guard {
    /// Why the clock is not believed.
    #[must_use]
    pub const fn mistrust(&self) -> Option<Mistrust> {
        match self.state {
            State::Mistrusted { why, .. } => Some(why),
            State::Unproven | State::Trusted { .. } => None,
        }
    }

    /// Whether nobody has looked yet.
    #[must_use]
    pub const fn is_unproven(&self) -> bool {
        matches!(self.state, State::Unproven)
    }

    /// Before a decision: a clock that was moved since the last tick is not decided by.
    pub fn look(&mut self, now: ClockReading) -> Sighting {
        match self.state {
            State::Unproven => Sighting::Unproven,
            State::Mistrusted { why, .. } => Sighting::Mistrusted { why, is_new: false },
            State::Trusted { tick, .. } if now.is_in_step_with(&tick) => Sighting::Believed,
            State::Trusted { .. } => {
                let why = Mistrust::PartedFromBootClock;
                Sighting::Mistrusted { why, is_new: self.close(why, now) }
            }
        }
    }

    /// The first look: against the latest heartbeat of this boot, or else by confirmation. Why it is not believed.
    pub fn prove(
        &mut self,
        now: ClockReading,
        beats: &[ClockReading],
        is_confirmed: bool,
    ) -> Option<Mistrust> {
        if let Some(why) = self.mistrust() {
            return Some(why);
        }
        let of_this_boot =
            beats.iter().filter(|beat| beat.boot == now.boot).max_by_key(|beat| beat.since_boot_ms);
        let why = match of_this_boot {
            Some(beat) if now.is_in_step_with(beat) => None,
            Some(_) => Some(Mistrust::PartedFromBootClock),
            // An outage of any length is no fault.
            None if is_confirmed => None,
            None => Some(Mistrust::NotConfirmed),
        };
        match why {
            Some(why) => {
                self.close(why, now);
            }
            None => self.state = State::Trusted { tick: now, beat: now, is_written: false },
        }
        why
    }

    /// From now on nothing is decided; whether that is new.
    pub fn close(&mut self, why: Mistrust, now: ClockReading) -> bool {
        if self.mistrust().is_some() {
            return false;
        }
        self.state =
            State::Mistrusted { why, since: now, steady: now, tick: now, is_vouched: false };
        true
    }

    /// A second source agrees with this clock now.
    pub fn vouch(&mut self, now: ClockReading) {
        if let State::Mistrusted { steady, is_vouched, .. } = &mut self.state
            && now.is_in_step_with(steady)
        {
            *is_vouched = true;
        }
    }

    /// Once a second. `last` is what was committed last.
    pub fn tick(
        &mut self,
        now: ClockReading,
        is_confirmed: bool,
        last: Option<Timestamp>,
    ) -> Ticked {
        match &mut self.state {
            State::Unproven => Ticked::Nothing,
            State::Trusted { tick, beat, .. } => {
                // Against the last tick, and against the last heartbeat: many small steps are a large one.
                if !now.is_in_step_with(tick) || !now.is_in_step_with(beat) {
                    let why = Mistrust::PartedFromBootClock;
                    self.close(why, now);
                    return Ticked::Closed(why);
                }
                *tick = now;
                let is_due = now.since_boot_ms.saturating_sub(beat.since_boot_ms) >= BEAT_EVERY_MS;
                if is_due { Ticked::BeatDue } else { Ticked::Nothing }
            }
            State::Mistrusted { why, since, steady, tick, is_vouched } => {
                if !now.is_in_step_with(tick) || !now.is_in_step_with(steady) {
                    *steady = now;
                    *is_vouched = false;
                }
                *tick = now;
                let behaved = now.since_boot_ms.saturating_sub(steady.since_boot_ms);
                let is_behind =
                    last.is_some_and(|last| now.wall.0 < last.0.saturating_sub(PARTING_MAX_MS));
                if is_behind {
                    *why = Mistrust::BehindLastCommit;
                }
                if behaved < PROBATION_MS || is_behind || !(is_confirmed || *is_vouched) {
                    return Ticked::Nothing;
                }
                let closed_ms = now.since_boot_ms.saturating_sub(since.since_boot_ms);
                let opened = Ticked::Opened { why: *why, closed_ms };
                self.state = State::Trusted { tick: now, beat: now, is_written: false };
                opened
            }
        }
    }

    /// A heartbeat was written.
    pub fn beaten(&mut self, at: ClockReading) {
        if let State::Trusted { beat, is_written, .. } = &mut self.state
            && at.is_in_step_with(beat)
        {
            (*beat, *is_written) = (at, true);
        }
    }

    /// Whether a heartbeat was written just now.
    #[must_use]
    pub fn has_beaten_lately(&self, now: ClockReading) -> bool {
        match self.state {
            State::Trusted { beat, is_written: true, .. } => {
                now.since_boot_ms.saturating_sub(beat.since_boot_ms) < BEAT_YOUNG_MS
            }
            State::Unproven | State::Trusted { .. } | State::Mistrusted { .. } => false,
        }
    }

    /// Whether a future that was committed may be taken back by this clock: it has to be right itself.
    #[must_use]
    pub fn may_take_back(&self, now: ClockReading, is_confirmed: bool) -> bool {
        match self.state {
            State::Mistrusted { why: Mistrust::BehindLastCommit, steady, is_vouched, .. } => {
                now.is_in_step_with(&steady) && (is_confirmed || is_vouched)
            }
            State::Unproven | State::Trusted { .. } | State::Mistrusted { .. } => false,
        }
    }
}
