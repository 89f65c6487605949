//! How many connections there may be, and for how long each may take over what.

use crate::client::Networks;
use std::time::Duration;

/// Limits of one address that is listened on.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at once, in all.
    pub connections_max: usize,
    /// Connections at once of one client, and requests at once of one client behind a proxy.
    pub client_connections_max: usize,
    /// How long a request's head may take from its first byte.
    pub head: Duration,
    /// How long its body may take.
    pub body: Duration,
    /// How long a connection may wait for a request.
    pub idle: Duration,
    /// How long an answer may go without a byte of it being taken.
    pub write: Duration,
    /// What has not sent its request, or not taken its answer, is cut off so long after the door was closed.
    pub closing: Duration,
    /// A connection that nothing comes by is kept so long after the door was closed: a proxy may be sending by it at that moment,
    /// and what it sends is answered.
    pub last_request: Duration,
    /// Networks that no limit of one client holds for.
    pub exempt: Networks,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub proxies: Networks,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 16_384,
            client_connections_max: 512,
            head: Duration::from_secs(10),
            body: Duration::from_secs(60),
            idle: Duration::from_secs(75),
            write: Duration::from_secs(30),
            closing: Duration::from_secs(2),
            last_request: Duration::from_secs(1),
            exempt: Networks::default(),
            proxies: Networks::default(),
        }
    }
}

impl Limits {
    /// For an address where health and metrics alone are asked: small, and no client is exempt from the total.
    #[must_use]
    pub fn operations() -> Self {
        let client_connections_max = 64;
        Self { connections_max: 128, client_connections_max, ..Self::default() }
    }

    /// For a server that listens on this machine for its own user alone.
    #[must_use]
    pub fn local() -> Self {
        Self { connections_max: 256, exempt: Networks::loopback(), ..Self::default() }
    }
}
