//! `[http]`: the addresses on which the server listens, and the limits of one client.

use edge::{Limits, Networks};
use serde::Deserialize;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::{NonZeroU16, NonZeroU32};
use std::time::Duration;

/// `[http]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Address and port of the sites.
    pub listen: SocketAddr,
    /// The address of `/metrics`, `/healthz` and `/readyz`, which answer however full `listen` is.
    #[serde(default)]
    pub operations: OperationsAddress,
    /// How many seconds `/readyz` says 503, while connections are still taken, after the server was asked to stop.
    #[serde(default = "unready_secs")]
    pub unready_secs: u16,
    /// How many seconds requests under way may take after that.
    #[serde(default = "drain_secs")]
    pub drain_secs: u16,
    /// Proxies whose `X-Forwarded-For` is trusted.
    #[serde(default)]
    pub proxies: NetworkList,
    /// Networks that are exempt from the limits of one client.
    #[serde(default)]
    pub exempt: NetworkList,
    /// The largest number of connections at once, as far as the system has descriptors for them.
    #[serde(default = "connections_max")]
    pub connections_max: NonZeroU32,
    /// The largest number of connections at once of one client, or of requests at once of one client behind a proxy.
    #[serde(default = "client_connections_max")]
    pub client_connections_max: NonZeroU32,
    /// How many seconds the head of a request may take.
    #[serde(default = "head_secs")]
    pub head_secs: NonZeroU16,
    /// How many seconds the body of a request may take.
    #[serde(default = "body_secs")]
    pub body_secs: NonZeroU16,
    /// How many seconds a connection may wait for its next request.
    #[serde(default = "idle_secs")]
    pub idle_secs: NonZeroU16,
    /// How many seconds the server may take over one answer.
    #[serde(default = "answer_secs")]
    pub answer_secs: NonZeroU16,
    /// The number of requests in a second of one client that need neither signature nor sign-in.
    #[serde(default = "open_per_second")]
    pub open_per_second: NonZeroU32,
    /// How many of these requests may come at once.
    #[serde(default = "open_burst")]
    pub open_burst: NonZeroU32,
}

const fn unready_secs() -> u16 {
    3
}

const fn drain_secs() -> u16 {
    20
}

/// The number as a type that cannot be zero.
const fn number(value: u32) -> NonZeroU32 {
    match NonZeroU32::new(value) {
        Some(value) => value,
        None => NonZeroU32::MIN,
    }
}

/// The number of seconds as a type that cannot be zero.
const fn seconds(value: u16) -> NonZeroU16 {
    match NonZeroU16::new(value) {
        Some(value) => value,
        None => NonZeroU16::MIN,
    }
}

const fn connections_max() -> NonZeroU32 {
    number(16_384)
}

const fn client_connections_max() -> NonZeroU32 {
    number(512)
}

const fn head_secs() -> NonZeroU16 {
    seconds(10)
}

const fn body_secs() -> NonZeroU16 {
    seconds(60)
}

const fn idle_secs() -> NonZeroU16 {
    seconds(75)
}

const fn answer_secs() -> NonZeroU16 {
    seconds(30)
}

const fn open_per_second() -> NonZeroU32 {
    number(100)
}

const fn open_burst() -> NonZeroU32 {
    number(1_000)
}

impl Http {
    /// The address of health and metrics, where it is not `listen`.
    #[must_use]
    pub fn operations_address(&self) -> Option<SocketAddr> {
        match self.operations {
            OperationsAddress::WithListen => None,
            OperationsAddress::At(address) => Some(address),
            OperationsAddress::Beside => {
                let port = match self.listen.port() {
                    0 => 0,
                    u16::MAX => u16::MAX - 1,
                    port => port + 1,
                };
                Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
            }
        }
    }

    /// The limits of `listen`, for a process that may open so many descriptors.
    #[must_use]
    pub fn limits(&self, descriptors: u64) -> Limits {
        let span = |secs: NonZeroU16| Duration::from_secs(u64::from(secs.get()));
        let count = |number: NonZeroU32| usize::try_from(number.get()).unwrap_or(usize::MAX);
        let wanted = count(self.connections_max);
        Limits {
            connections_max: edge::descriptors::connections_within(wanted, descriptors),
            client_connections_max: count(self.client_connections_max),
            head: span(self.head_secs),
            body: span(self.body_secs),
            idle: span(self.idle_secs),
            exempt: self.exempt.0.clone(),
            proxies: self.proxies.0.clone(),
            ..Limits::default()
        }
    }
}

/// The address of health and metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum OperationsAddress {
    /// On 127.0.0.1, at the port after that of `listen`.
    #[default]
    Beside,
    /// At this address.
    At(SocketAddr),
    /// `"listen"`: the same address as everything else, with its limits.
    WithListen,
}

impl TryFrom<String> for OperationsAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "listen" {
            return Ok(Self::WithListen);
        }
        let no = || format!("{text:?} is neither an address and port nor \"listen\"");
        text.parse().map(Self::At).map_err(|_| no())
    }
}

/// Networks, each as `10.0.0.0/8` or as one address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct NetworkList(pub Networks);

impl TryFrom<Vec<String>> for NetworkList {
    type Error = edge::client::NotANetwork;

    fn try_from(texts: Vec<String>) -> Result<Self, Self::Error> {
        Networks::parse(texts.iter().map(String::as_str)).map(Self)
    }
}
