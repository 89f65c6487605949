//! The addresses that a server listens on.

use crate::config::{self, Cluster};
use std::io;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpSocket};

/// The number of connections that the system accepts before the server takes them.
const WAITING_MAX: u32 = 4_096;

/// The addresses of a server. It listens on them before it is built, so that clients that connect meanwhile wait and are not
/// refused.
#[derive(Debug)]
pub struct Listeners {
    pub(crate) public: TcpListener,
    pub(crate) operations: Option<TcpListener>,
    /// Where the other servers of the cluster hand over.
    pub(crate) cluster: Option<TcpListener>,
}

impl Listeners {
    /// Listens on the addresses of a configuration.
    ///
    /// # Errors
    ///
    /// An address that cannot be listened on.
    pub fn bind(http: &config::Http, cluster: Option<&Cluster>) -> io::Result<Self> {
        let operations = http.operations_address().map(listen).transpose()?;
        let cluster = cluster.and_then(Cluster::own).map(listen).transpose()?;
        Ok(Self { public: listen(http.listen)?, operations, cluster })
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let named = |error: io::Error| {
        io::Error::new(error.kind(), format!("{address} cannot be listened on: {error}"))
    };
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address).map_err(named)?;
    socket.listen(WAITING_MAX).map_err(named)
}
