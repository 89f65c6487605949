//! Other servers of the same database, on other machines: their heartbeats, seen in the second in which they are written.

use super::{Heartbeat, agree};
use crate::parts::ClockReading;
use recovery::time::Timestamp;
use std::collections::BTreeMap;

/// What the heartbeats of other machines said at the last look.
#[derive(Debug, Default)]
pub(super) struct Neighbours {
    seen: BTreeMap<u128, Timestamp>,
    looked_at: Option<ClockReading>,
}

/// A look that comes later than this after the last says nothing about when a row was written.
const LOOK_EVERY_MAX_MS: i64 = 4_000;

impl Neighbours {
    /// Whether a heartbeat that was written since the last look agrees with this clock, and none disagrees. A machine never
    /// vouches for itself, and a server whose clock is not believed writes none.
    pub(super) fn agree<'a>(
        &mut self,
        beats: impl Iterator<Item = &'a Heartbeat>,
        now: ClockReading,
    ) -> bool {
        let others: BTreeMap<u128, Timestamp> = beats
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
