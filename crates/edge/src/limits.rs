//! The limits on the number and the time of connections.

use crate::client::Networks;
use std::time::Duration;

/// The limits of one door.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The largest number of open connections in total.
    pub connections_max: usize,
    /// The largest number of open connections of one client, and of simultaneous requests of one client behind a proxy.
    pub client_connections_max: usize,
    /// How long the head of a request may take from its first byte.
    pub head: Duration,
    /// How long the body of a request may take.
    pub body: Duration,
    /// How long a connection may wait for a request.
    pub idle: Duration,
    /// How long the client may read nothing of a response.
    pub write: Duration,
    /// How long after the door was closed a connection whose request is incomplete or whose response is not read is
    /// kept.
    pub closing: Duration,
    /// How long after the door was closed an idle connection is kept. A proxy may just then be sending a request over
    /// it, which is still answered.
    pub last_request: Duration,
    /// The networks to which the limits of one client do not apply.
    pub exempt: Networks,
    /// The proxies whose `X-Forwarded-For` is trusted.
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
    /// Low limits for an address that serves only health and metrics.
    #[must_use]
    pub fn operations() -> Self {
        let client_connections_max = 64;
        Self { connections_max: 128, client_connections_max, ..Self::default() }
    }

    /// Limits for a server that serves only users of this machine.
    #[must_use]
    pub fn local() -> Self {
        Self { connections_max: 256, exempt: Networks::loopback(), ..Self::default() }
    }
}
