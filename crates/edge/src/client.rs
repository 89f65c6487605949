//! The client to which a request is attributed: the address of its sender, as far as it can be trusted.

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// The header to which a proxy appends the address of its client.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// The largest number of entries that are read, from the nearest proxy outwards.
const HOPS_MAX: usize = 32;

/// The address of a request's sender, from the connection or from a trusted proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

/// The network by which a client is counted: an IPv4 address, or the 64 leading bits of an IPv6 address, because a
/// household or machine is usually assigned all addresses with these bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientNetwork(IpAddr);

/// The edge's findings about the sender of a request, an extension of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnBehalf {
    /// The client to which the request is attributed.
    pub client: ClientAddress,
    /// Whether a client behind a proxy already has as many requests in progress as it may.
    pub crowded: bool,
}

impl ClientAddress {
    /// Makes a client address. An IPv6 address that maps an IPv4 address becomes the latter.
    #[must_use]
    pub const fn new(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    /// The address of the sender: the peer of the connection, or, where the peer is a trusted proxy, the last address
    /// in `X-Forwarded-For` that is not a trusted proxy. Entries to the left of one that does not parse are ignored.
    #[must_use]
    pub fn of(peer: IpAddr, headers: &HeaderMap, proxies: &Networks) -> Self {
        let mut nearest = Self::new(peer);
        if !proxies.contain(nearest) {
            return nearest;
        }
        let fields: Vec<&str> = headers
            .get_all(FORWARDED_FOR)
            .iter()
            .map(|field| field.to_str().unwrap_or_default())
            .collect();
        let entries = fields.iter().rev().flat_map(|field| field.rsplit(','));
        for entry in entries.take(HOPS_MAX) {
            let Some(address) = address(entry.trim()) else { return nearest };
            nearest = Self::new(address);
            if !proxies.contain(nearest) {
                return nearest;
            }
        }
        nearest
    }

    /// The IP address.
    #[must_use]
    pub const fn ip(self) -> IpAddr {
        self.0
    }

    /// The network by which this client is counted.
    #[must_use]
    pub fn network(self) -> ClientNetwork {
        match self.0 {
            IpAddr::V4(_) => ClientNetwork(self.0),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                ClientNetwork(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into())
            }
        }
    }
}

impl fmt::Display for ClientNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => write!(f, "{address}"),
            IpAddr::V6(address) => write!(f, "{address}/64"),
        }
    }
}

/// Parses an address, with or without the port that some proxies add.
fn address(entry: &str) -> Option<IpAddr> {
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    bare.parse().ok().or_else(|| entry.parse().ok().map(|at: SocketAddr| at.ip()))
}

/// IP networks in CIDR notation (`10.0.0.0/8`). An address without a prefix length is a network of one address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

/// A text that is not a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no network: write an address and the length of its prefix, as in 10.0.0.0/8")]
pub struct NotANetwork(String);

impl Networks {
    /// Parses one network from each text.
    ///
    /// # Errors
    ///
    /// [`NotANetwork`] with the first text that does not parse.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, NotANetwork> {
        let one = |text: &str| {
            let text = text.trim();
            IpNet::from_str(text)
                .or_else(|_| IpAddr::from_str(text).map(IpNet::from))
                .map_err(|_| NotANetwork(text.to_owned()))
        };
        texts.into_iter().map(one).collect::<Result<_, _>>().map(Self)
    }

    /// The loopback networks.
    #[must_use]
    pub fn loopback() -> Self {
        Self::parse(["127.0.0.0/8", "::1/128"]).unwrap_or_default()
    }

    /// Whether one of the networks contains the client's address.
    #[must_use]
    pub fn contain(&self, client: ClientAddress) -> bool {
        self.0.iter().any(|network| network.contains(&client.0))
    }

    /// Whether there are no networks.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies() -> Networks {
        Networks::parse(["10.0.0.0/8", "127.0.0.1", "fd00::/8"]).unwrap()
    }

    fn of(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for field in forwarded {
            headers.append(FORWARDED_FOR, field.parse().unwrap());
        }
        ClientAddress::of(peer.parse().unwrap(), &headers, &proxies()).ip().to_string()
    }

    #[test]
    fn a_forwarded_address_counts_from_a_named_proxy_alone() {
        assert_eq!(of("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(of("127.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(of("::ffff:127.0.0.1", &["198.51.100.7"]), "198.51.100.7");
    }

    /// The entries that a client writes itself stand to the left of those that the proxy appends.
    #[test]
    fn the_last_address_that_is_no_proxy_is_the_clients() {
        assert_eq!(of("127.0.0.1", &["1.1.1.1, 198.51.100.7, 10.0.0.2"]), "198.51.100.7");
        assert_eq!(of("127.0.0.1", &["1.1.1.1", "198.51.100.7", "10.0.0.2"]), "198.51.100.7");
        assert_eq!(of("127.0.0.1", &["198.51.100.7:4711, [fd00::1]:80"]), "198.51.100.7");
        assert_eq!(of("127.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
    }

    #[test]
    fn what_cannot_be_read_is_believed_no_further() {
        assert_eq!(of("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(of("127.0.0.1", &["198.51.100.7, unknown, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(of("127.0.0.1", &["198.51.100.7,"]), "127.0.0.1");
    }

    #[test]
    fn an_ipv6_client_is_counted_by_its_64_bits() {
        let network = |text: &str| ClientAddress::new(text.parse().unwrap()).network();

        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_eq!(network("2001:db8::1").to_string(), "2001:db8::/64");
        assert!(Networks::parse(["10.0.0.0/33"]).is_err());
    }
}
