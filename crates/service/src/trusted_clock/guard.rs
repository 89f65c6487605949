//! The rule by which a clock is trusted: clock readings in, trust or mistrust out, without clock or store of its own.

use crate::parts::{ClockReading, PARTING_MAX_MS};
use recovery::time::Timestamp;

/// How long a clock that lost its trust has to be steady, in milliseconds.
const PROBATION_MS: i64 = 60_000;
/// The time between two heartbeats, in milliseconds.
const BEAT_EVERY_MS: i64 = 60_000;
/// The age up to which a heartbeat shows that the store accepts writes, in milliseconds.
const BEAT_YOUNG_MS: i64 = 5_000;

recovery::codes! {
    /// Why a clock is not trusted.
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
    /// The advice to the operator.
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

/// The result of checking the clocks before a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// The clock is trusted.
    Believed,
    /// The clock was not compared with anything yet.
    Unproven,
    /// The clock is not trusted.
    Mistrusted {
        /// Why the clock is not trusted.
        why: Mistrust,
        /// Whether this check found it.
        is_new: bool,
    },
}

/// The action that a tick asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ticked {
    /// No action.
    Nothing,
    /// A heartbeat has to be written.
    BeatDue,
    /// The clock lost its trust: from now on nothing is decided.
    Closed(Mistrust),
    /// The clock is trusted again: decisions are made again.
    Opened {
        /// Why it was not trusted.
        why: Mistrust,
        /// How long it was not trusted, in milliseconds on the boot clock.
        closed_ms: i64,
    },
}

/// Whether the clock is trusted, and the readings that show it.
#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// The first check has not been made.
    #[default]
    Unproven,
    /// The clock is trusted.
    Trusted {
        /// The last tick.
        tick: ClockReading,
        /// The last heartbeat, or the first check.
        beat: ClockReading,
        /// Whether that heartbeat was written.
        is_written: bool,
    },
    /// The clock is not trusted.
    Mistrusted {
        /// Why the clock is not trusted.
        why: Mistrust,
        /// When the mistrust began.
        since: ClockReading,
        /// Since when both clocks have advanced alike.
        steady: ClockReading,
        /// The last tick or check.
        tick: ClockReading,
        /// Whether a second source has agreed since `steady`.
        is_vouched: bool,
    },
}

/// The state of trust in one clock.
#[derive(Debug, Default)]
pub struct Guard {
    state: State,
}

impl Guard {
    /// Why the clock is not trusted; `None` where it is, or before the first check.
    #[must_use]
    pub const fn mistrust(&self) -> Option<Mistrust> {
        match self.state {
            State::Mistrusted { why, .. } => Some(why),
            State::Unproven | State::Trusted { .. } => None,
        }
    }

    /// Whether the first check has not been made yet.
    #[must_use]
    pub const fn is_unproven(&self) -> bool {
        matches!(self.state, State::Unproven)
    }

    /// Checks the clock before a decision, so that no decision is made by a clock that was moved since the last tick.
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

    /// The first check: against the latest heartbeat of this boot, or else by confirmation. Returns why the clock is not
    /// trusted.
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

    /// Withdraws the trust, so that nothing is decided. Returns whether the clock was trusted until now.
    pub fn close(&mut self, why: Mistrust, now: ClockReading) -> bool {
        if self.mistrust().is_some() {
            return false;
        }
        self.state =
            State::Mistrusted { why, since: now, steady: now, tick: now, is_vouched: false };
        true
    }

    /// Records that a second source agrees with this clock now.
    pub fn vouch(&mut self, now: ClockReading) {
        if let State::Mistrusted { steady, is_vouched, .. } = &mut self.state
            && now.is_in_step_with(steady)
        {
            *is_vouched = true;
        }
    }

    /// Called once a second. `last` is the time of the last commit.
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

    /// Records that a heartbeat was written.
    pub fn beaten(&mut self, at: ClockReading) {
        if let State::Trusted { beat, is_written, .. } = &mut self.state
            && at.is_in_step_with(beat)
        {
            (*beat, *is_written) = (at, true);
        }
    }

    /// Whether a heartbeat was written in the last seconds.
    #[must_use]
    pub fn has_beaten_lately(&self, now: ClockReading) -> bool {
        match self.state {
            State::Trusted { beat, is_written: true, .. } => {
                now.since_boot_ms.saturating_sub(beat.since_boot_ms) < BEAT_YOUNG_MS
            }
            State::Unproven | State::Trusted { .. } | State::Mistrusted { .. } => false,
        }
    }

    /// Whether this clock may decide that a committed future is taken back: it has to be right itself.
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
