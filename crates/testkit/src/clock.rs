//! A clock that stands still until it is told to move.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A wall clock and a boot clock; its clones show the same time.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<Faces>>);

#[derive(Clone, Copy, Debug)]
struct Faces {
    wall_ms: i64,
    boot: u128,
    since_boot_ms: i64,
    is_synchronised: bool,
}

impl ManualClock {
    /// A clock that shows this many milliseconds since 1970, an hour after the boot, synchronised.
    #[must_use]
    pub fn at_ms(ms: i64) -> Self {
        let faces = Faces { wall_ms: ms, boot: 1, since_boot_ms: 3_600_000, is_synchronised: true };
        Self(Arc::new(Mutex::new(faces)))
    }

    fn faces(&self) -> MutexGuard<'_, Faces> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it shows, in milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.faces().wall_ms
    }

    /// Wall clock and boot clock, read together.
    #[must_use]
    pub fn reading_ms(&self) -> (i64, i64) {
        let faces = self.faces();
        (faces.wall_ms, faces.since_boot_ms)
    }

    /// Which boot the boot clock counts from.
    #[must_use]
    pub fn boot(&self) -> u128 {
        self.faces().boot
    }

    /// Whether the system calls the wall clock synchronised.
    #[must_use]
    pub fn is_synchronised(&self) -> bool {
        self.faces().is_synchronised
    }

    /// Moves both clocks forward.
    pub fn advance_ms(&self, ms: u32) {
        self.advance(i64::from(ms));
    }

    fn advance(&self, ms: i64) {
        let mut faces = self.faces();
        faces.wall_ms = faces.wall_ms.saturating_add(ms);
        faces.since_boot_ms = faces.since_boot_ms.saturating_add(ms);
    }

    /// Moves both clocks forward by whole seconds.
    pub fn advance_secs(&self, secs: u32) {
        self.advance(i64::from(secs).saturating_mul(1_000));
    }

    /// Moves both clocks until the wall clock shows this; an earlier time moves the wall clock alone, for time itself does not go
    /// back.
    pub fn set_ms(&self, ms: i64) {
        let mut faces = self.faces();
        let forward = ms.saturating_sub(faces.wall_ms).max(0);
        faces.since_boot_ms = faces.since_boot_ms.saturating_add(forward);
        faces.wall_ms = ms;
    }

    /// Puts the wall clock forward or back, as somebody who sets it does.
    pub fn put_ms(&self, by: i64) {
        let mut faces = self.faces();
        faces.wall_ms = faces.wall_ms.saturating_add(by);
    }

    /// Boots the machine anew; nothing is synchronised yet.
    pub fn reboot(&self) {
        let mut faces = self.faces();
        faces.boot = faces.boot.wrapping_add(1);
        faces.since_boot_ms = 0;
        faces.is_synchronised = false;
    }

    /// The system calls the wall clock synchronised, or does not.
    pub fn synchronise(&self, is_synchronised: bool) {
        self.faces().is_synchronised = is_synchronised;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_move_together() {
        let clock = ManualClock::at_ms(1_000);
        let other = clock.clone();

        clock.advance_secs(2);
        other.advance_ms(5);

        assert_eq!(clock.now_ms(), 3_005);
        clock.set_ms(7);
        assert_eq!(other.now_ms(), 7);
    }

    #[test]
    fn only_the_wall_clock_can_be_put() {
        let clock = ManualClock::at_ms(10_000);
        let (_, before) = clock.reading_ms();

        clock.advance_ms(300);
        clock.put_ms(-5_000);
        clock.set_ms(2_000);

        assert_eq!(clock.reading_ms(), (2_000, before + 300));
        clock.set_ms(2_500);
        assert_eq!(clock.reading_ms(), (2_500, before + 800));
    }
}
