//! The row of a heartbeat, in which a server writes down once a minute what both of its clocks say.

use crate::parts::ClockReading;
use store::facade::{Aggregate, Loaded, Owner};
use store::kinds;
use store::{Id, Kind};

/// The age at which a heartbeat of this boot belongs to a process that has ended, in milliseconds.
const GONE_AFTER_MS: i64 = 180_000;
/// The same for a heartbeat of another boot, whose clock cannot be compared to the second.
const OTHER_GONE_AFTER_MS: i64 = 24 * 3_600_000;

/// The last readings of both clocks of one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    pub(super) id: u128,
    /// Both clocks.
    pub reading: ClockReading,
}

impl Aggregate for Heartbeat {
    const KIND: Kind = kinds::HEARTBEAT;

    fn id(&self) -> Id {
        Id(self.id)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }
}

store::stored! { struct Heartbeat { id, reading } }

/// The id of this process's own heartbeat row.
#[derive(Debug, Default)]
pub(super) struct Place(Option<Id>);

impl Place {
    /// Chooses this process's own row; else one of a process that has ended, so that the number of rows does not grow; else
    /// a new one.
    pub(super) fn choose(
        &mut self,
        beats: &[Loaded<Heartbeat>],
        now: ClockReading,
        fresh: u128,
    ) -> Id {
        *self.0.get_or_insert_with(|| {
            let abandoned = beats.iter().map(|beat| beat.value).find(|beat| {
                if beat.reading.boot == now.boot {
                    now.since_boot_ms.saturating_sub(beat.reading.since_boot_ms) > GONE_AFTER_MS
                } else {
                    now.wall.0.saturating_sub(beat.reading.wall.0) > OTHER_GONE_AFTER_MS
                }
            });
            Id(abandoned.map_or(fresh, |beat| beat.id))
        })
    }

    pub(super) fn leave(&mut self) {
        self.0 = None;
    }
}
