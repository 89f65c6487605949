//! The limit of open files and connections that the system sets for this process.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The highest limit that is requested; some systems permit numbers that are far beyond any use.
const WANTED: u64 = 1 << 20;
/// The largest number of descriptors that are reserved for the database, the journal's checkpoint, models, pipes and
/// the address for operations.
const KEPT_MAX: u64 = 1_024;

/// Raises the soft limit of descriptors to the hard one, and returns the limit that is then in force.
#[must_use]
pub fn raise() -> u64 {
    let now = getrlimit(Resource::Nofile);
    let current = now.current.unwrap_or(WANTED);
    let wanted = now.maximum.unwrap_or(WANTED).min(WANTED);
    if current >= wanted {
        return current;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: now.maximum }) {
        Ok(()) => wanted,
        Err(error) => {
            tracing::warn!(%error, current, "the limit of open files could not be raised");
            current
        }
    }
}

/// The number of connections that so many descriptors permit. A quarter of the descriptors is reserved for everything
/// else, but not more than a fixed number.
#[must_use]
pub fn connections_within(wanted: usize, descriptors: u64) -> usize {
    let kept = (descriptors / 4).min(KEPT_MAX);
    let room = usize::try_from(descriptors.saturating_sub(kept)).unwrap_or(usize::MAX);
    wanted.min(room).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_everything_else() {
        assert_eq!(connections_within(16_384, 1 << 20), 16_384);
        assert_eq!(connections_within(16_384, 4_096), 3_072);
        assert_eq!(connections_within(16_384, 1_024), 768);
        assert_eq!(connections_within(100, 1_024), 100);
        assert_eq!(connections_within(16_384, 0), 1);
    }

    #[test]
    fn the_limit_is_raised_to_the_hard_one() {
        let raised = raise();

        let now = getrlimit(Resource::Nofile);
        assert!(raised >= 1_024 || now.maximum == Some(raised));
        assert!(now.current.is_none_or(|current| current >= raised.min(WANTED)));
    }
}
