//! `[cluster]`: the servers that share one database.

use edge::{Limits, Networks};
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};

/// The most servers of a cluster: the number of each is one byte of the relays that it holds.
const SERVERS_MAX: usize = 255;

/// `[cluster]`: the addresses at which the servers hand over to each other what one of them alone holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Cluster {
    /// All servers; the same list in the same order for each of them.
    pub servers: Vec<SocketAddr>,
    /// The number of this server in the list, counted from 1.
    pub this: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    servers: Vec<SocketAddr>,
    this: u8,
}

impl TryFrom<Written> for Cluster {
    type Error = String;

    fn try_from(Written { servers, this }: Written) -> Result<Self, String> {
        if servers.is_empty() || servers.len() > SERVERS_MAX {
            return Err(format!("`servers` names 1 to {SERVERS_MAX} servers"));
        }
        if this == 0 || usize::from(this) > servers.len() {
            return Err(format!("`this` is a place in `servers`, from 1 to {}", servers.len()));
        }
        if let Some(open) = servers.iter().find(|server| !is_private(server.ip())) {
            return Err(format!(
                "{open} is no private address: what is handed over between servers is not encrypted once more"
            ));
        }
        let mut once = servers.clone();
        once.sort_unstable();
        once.dedup();
        if once.len() < servers.len() {
            return Err("`servers` names one address twice".to_owned());
        }
        Ok(Self { servers, this })
    }
}

impl Cluster {
    /// The address at which the others reach this server.
    #[must_use]
    pub fn own(&self) -> Option<SocketAddr> {
        self.server(self.this)
    }

    /// The limits of the address for the others. Each server holds its own clients to their limits before it hands over, and says
    /// whose request it is.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let addresses: Vec<String> = self.servers.iter().map(|it| it.ip().to_string()).collect();
        let servers = Networks::parse(addresses.iter().map(String::as_str)).unwrap_or_default();
        Limits {
            connections_max: 1_024,
            exempt: servers.clone(),
            proxies: servers,
            ..Limits::default()
        }
    }

    /// The address of the server of this number, counted from 1.
    #[must_use]
    pub fn server(&self, number: u8) -> Option<SocketAddr> {
        self.servers.get(usize::from(number).checked_sub(1)?).copied()
    }
}

/// Whether the address is of this machine or of a network that is not routed on the internet.
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            address.is_private() || address.is_loopback() || address.is_link_local()
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}
