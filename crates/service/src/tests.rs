//! What the unit tests of several modules have in common. The routes are tested over the public API, in `tests/routes`.

use crate::{BootId, Clock, ClockReading, Parts, Random, Service};
use recovery::time::Timestamp;
use std::sync::Arc;
use testkit::{ManualClock, SeededRandom};

/// Monday 2026-11-23, 10:00 in Copenhagen.
pub(crate) const NOW: Timestamp = Timestamp(1_795_424_400_000);

#[derive(Debug)]
struct TestClock(ManualClock);

impl Clock for TestClock {
    fn reading(&self) -> ClockReading {
        let (wall, since_boot_ms) = self.0.reading_ms();
        ClockReading { wall: Timestamp(wall), boot: BootId(self.0.boot()), since_boot_ms }
    }

    fn is_synchronised(&self) -> bool {
        self.0.is_synchronised()
    }
}

#[derive(Debug)]
struct TestRandom(SeededRandom);

impl Random for TestRandom {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.fill(buffer);
    }
}

/// A service with nothing around it, for what no route shows.
pub(crate) fn in_memory() -> (Service, ManualClock) {
    let clock = ManualClock::at_ms(NOW.0);
    let random = Arc::new(TestRandom(SeededRandom::new(1)));
    let parts = Parts::builder(Arc::new(TestClock(clock.clone())), random).build();
    (Service::new(parts), clock)
}

/// Rows of a kind, as an earlier version saved them, are read and written again byte for byte.
pub(crate) fn rows_come_back<A: store::facade::Aggregate>() {
    testkit::stored_rows::come_back::<A>(include_str!("tests/rows.txt"));
}

#[test]
fn replies_and_identities_of_an_earlier_version_come_back() {
    rows_come_back::<crate::reply::Reply>();
    rows_come_back::<crate::identity::Identity>();
}
