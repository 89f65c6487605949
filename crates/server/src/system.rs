//! The clock and the random source of the machine: the only module of the server that reads either.

mod synchronisation;

use recovery::time::Timestamp;
use service::{BootId, Clock, ClockReading, Random};
use std::sync::OnceLock;

/// Keeps this process's memory out of core dumps and away from debuggers of other users, since it holds keys, PIN records
/// under check, and faces.
///
/// # Errors
///
/// The error of the operating system, where it refuses.
pub fn no_core_dumps() -> std::io::Result<()> {
    use rustix::process::{DumpableBehavior, Resource, Rlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    rustix::process::setrlimit(Resource::Core, none)?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// The system's clock, in UTC.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn reading(&self) -> ClockReading {
        // A process may lose its processor between two looks; then it looks again.
        for _ in 0..READINGS_MAX {
            let before = since_boot_ms();
            let wall = self.now();
            let after = since_boot_ms();
            if after.saturating_sub(before) <= READING_MS_MAX {
                return ClockReading { wall, boot: boot(), since_boot_ms: after };
            }
        }
        ClockReading { wall: self.now(), boot: boot(), since_boot_ms: since_boot_ms() }
    }

    fn is_synchronised(&self) -> bool {
        synchronisation::is_told()
    }

    #[expect(clippy::disallowed_methods, reason = "the server owns the clock and passes it in")]
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_millisecond())
    }
}

/// The longest time between reading the two clocks, in milliseconds.
const READING_MS_MAX: i64 = 50;
const READINGS_MAX: usize = 20;

/// Milliseconds since the boot, sleep included.
fn since_boot_ms() -> i64 {
    let at = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    at.tv_sec.saturating_mul(1_000).saturating_add(at.tv_nsec / 1_000_000)
}

/// The random number that the kernel draws at each boot. Where it cannot be read, one for this process: every start then
/// counts as one after a boot.
fn boot() -> BootId {
    static BOOT: OnceLock<BootId> = OnceLock::new();
    *BOOT.get_or_init(|| {
        let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
        BootId(u128::from_str_radix(&digits, 16).unwrap_or_else(|_| {
            let mut drawn = [0; 16];
            SystemRandom.fill(&mut drawn);
            u128::from_be_bytes(drawn)
        }))
    })
}

/// The system's cryptographic random source.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[expect(
        clippy::disallowed_methods,
        reason = "the server owns the random source and passes it in"
    )]
    #[expect(
        clippy::expect_used,
        reason = "a server whose random source has gone must stop at once"
    )]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the system's random source works");
    }
}

/// Measures how long something took.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Starts the watch.
    #[expect(
        clippy::disallowed_methods,
        reason = "the server owns the clock; durations are for metrics alone"
    )]
    #[must_use]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// The time since the start.
    #[must_use]
    pub fn elapsed(&self) -> std::time::Duration {
        self.0.elapsed()
    }
}

/// Ends at the first of Ctrl-C and, on Unix, SIGTERM.
///
/// # Errors
///
/// The operating system accepts no handler for signals.
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send> {
    #[cfg(unix)]
    let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = term.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    })
}

#[cfg(test)]
mod clocks {
    use super::*;

    #[test]
    fn the_boot_clock_of_the_system_advances_with_the_wall_clock() {
        let before = SystemClock.reading();

        std::thread::sleep(std::time::Duration::from_millis(30));

        let after = SystemClock.reading();
        assert!(after.is_in_step_with(&before), "{before:?} {after:?}");
        assert!(after.since_boot_ms >= before.since_boot_ms + 30);
        assert_eq!(after.boot, before.boot);
    }
}

#[cfg(test)]
mod dumps {
    #[test]
    fn a_process_that_asked_for_it_leaves_no_core_dump() {
        super::no_core_dumps().unwrap();

        let limits = std::fs::read_to_string("/proc/thread-self/limits").unwrap_or_default();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        let numbers: Vec<&str> = core.split_whitespace().skip(4).take(2).collect();
        assert_eq!(numbers, ["0", "0"]);
    }
}
