//! The second source of time: other servers of the same database on other machines, whose heartbeats are read in the second
//! in which they are written.

use super::{Heartbeat, HeartbeatId, agree};
use crate::parts::ClockReading;
use recovery::time::Timestamp;
use std::collections::BTreeMap;

/// The heartbeats of other machines at the last reading.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    /// The time of each heartbeat row at the last reading, by the id of the row.
    seen: BTreeMap<HeartbeatId, Timestamp>,
    /// Both clocks of this machine at the last reading.
    looked_at: Option<ClockReading>,
}

/// The longest time between two readings after which it is still known when a row was written, in milliseconds.
const LOOK_EVERY_MAX_MS: i64 = 4_000;

impl Neighbours {
    /// Whether a heartbeat that was written since the last reading agrees with this clock, and none disagrees. A machine
    /// never vouches for itself, and a server whose clock is not trusted writes none.
    pub(super) fn agree<'a>(
        &mut self,
        beats: impl Iterator<Item = &'a Heartbeat>,
        now: ClockReading,
    ) -> bool {
        let others: BTreeMap<HeartbeatId, Timestamp> = beats
            .filter(|beat| beat.reading.boot != now.boot)
            .map(|beat| (beat.id, beat.reading.wall))
            .collect();
        let is_recent = self.looked_at.is_some_and(|last| {
            last.boot == now.boot
                && now.since_boot_ms.saturating_sub(last.since_boot_ms) <= LOOK_EVERY_MAX_MS
        });
        let mut written = others
            .iter()
            .filter(|(id, wall)| self.seen.get(*id) != Some(*wall))
            .map(|(_, wall)| *wall)
            .peekable();
        let agreed =
            is_recent && written.peek().is_some() && written.all(|wall| agree(wall, now.wall));
        self.seen = others;
        self.looked_at = Some(now);
        agreed
    }
}
