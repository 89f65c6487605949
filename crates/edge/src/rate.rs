//! The rate limit for requests that need no sign-in.

use crate::client::{ClientAddress, Networks};
use crate::log::LogThrottle;
use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU32;
use std::time::Duration;

/// A rate limit for each client.
///
/// Clients are assigned to 65,536 buckets by a keyed hash, so that the map is bounded however many addresses send
/// requests. Two clients in one bucket share its rate, but nobody outside can find out which.
pub struct ClientRate {
    buckets: RateLimiter<u16, HashMapStateStore<u16>, DefaultClock>,
    clock: DefaultClock,
    hasher: RandomState,
    exempt: Networks,
    refused: LogThrottle,
}

impl fmt::Debug for ClientRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientRate")
    }
}

impl ClientRate {
    /// Makes a limit of `per_second` requests per second, and of `burst` requests at once after a pause.
    #[must_use]
    pub fn new(per_second: NonZeroU32, burst: NonZeroU32, exempt: Networks) -> Self {
        let quota = Quota::per_second(per_second).allow_burst(burst);
        Self {
            buckets: RateLimiter::hashmap(quota),
            clock: DefaultClock::default(),
            hasher: RandomState::new(),
            exempt,
            refused: LogThrottle::default(),
        }
    }

    /// Counts a request.
    ///
    /// # Errors
    ///
    /// The time to wait, where the client has reached its rate.
    pub fn check(&self, client: ClientAddress) -> Result<(), Duration> {
        if self.exempt.contain(client) {
            return Ok(());
        }
        let [low, high, ..] = self.hasher.hash_one(client.network()).to_le_bytes();
        let bucket = u16::from_le_bytes([low, high]);
        self.buckets.check_key(&bucket).map_err(|no| {
            if let Some(refused) = self.refused.count() {
                let client = client.network();
                tracing::warn!(%client, refused, "requests came too fast and were refused");
            }
            no.wait_time_from(self.clock.now())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(text: &str) -> ClientAddress {
        ClientAddress::new(text.parse().unwrap())
    }

    #[test]
    fn one_client_is_held_and_another_is_not() {
        let two = NonZeroU32::new(2).unwrap();
        let rate = ClientRate::new(NonZeroU32::MIN, two, Networks::parse(["10.0.0.0/8"]).unwrap());

        assert!(rate.check(client("192.0.2.1")).is_ok());
        assert!(rate.check(client("192.0.2.1")).is_ok());
        assert!(rate.check(client("192.0.2.1")).is_err());
        assert!(rate.check(client("192.0.2.2")).is_ok());
        assert!((0..9).all(|_| rate.check(client("10.1.2.3")).is_ok()));
    }

    #[test]
    fn a_million_clients_are_no_more_than_65_536_buckets() {
        let rate = ClientRate::new(NonZeroU32::MIN, NonZeroU32::MIN, Networks::default());

        for number in 0..1_000_000_u32 {
            let _ = rate.check(client(&std::net::Ipv4Addr::from(number).to_string()));
        }

        assert!(rate.buckets.len() <= 65_536);
    }
}
