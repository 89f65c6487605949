//! The row of a heartbeat, in which a server writes down once a minute what both of its clocks say.

use crate::parts::ClockReading;
use store::facade::{Aggregate, Owner};
use store::{Kind, kinds};

store::row_ids! {
    /// The place of one server's heartbeat: a number that the server drew, or took over from one that is gone.
    pub HeartbeatId;
}

/// The age at which a heartbeat of this boot belongs to a process that has ended, in milliseconds.
const GONE_AFTER_MS: i64 = 180_000;
/// The same for a heartbeat of another boot, whose clock cannot be compared to the second.
const OTHER_GONE_AFTER_MS: i64 = 24 * 3_600_000;

/// The last readings of both clocks of one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    pub(super) id: HeartbeatId,
    /// Both clocks.
    pub reading: ClockReading,
}

impl Aggregate for Heartbeat {
    type Id = HeartbeatId;
    const KIND: Kind = kinds::HEARTBEAT;

    fn id(&self) -> HeartbeatId {
        self.id
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }
}

store::stored! { struct Heartbeat { id, reading } }

/// The id of this process's own heartbeat row.
#[derive(Debug, Default)]
pub(super) struct Place(Option<HeartbeatId>);

impl Place {
    /// Chooses this process's own row; else one of a process that has ended, so that the number of rows does not grow; else
    /// a new one.
    pub(super) fn choose(
        &mut self,
        beats: &[Heartbeat],
        now: ClockReading,
        fresh: HeartbeatId,
    ) -> HeartbeatId {
        *self.0.get_or_insert_with(|| {
            let abandoned = beats.iter().find(|beat| {
                if beat.reading.boot == now.boot {
                    now.since_boot_ms.saturating_sub(beat.reading.since_boot_ms) > GONE_AFTER_MS
                } else {
                    now.wall.0.saturating_sub(beat.reading.wall.0) > OTHER_GONE_AFTER_MS
                }
            });
            abandoned.map_or(fresh, |beat| beat.id)
        })
    }

    pub(super) fn leave(&mut self) {
        self.0 = None;
    }
}
