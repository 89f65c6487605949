//! The network edge of every server of this project: limits on connections and clients, canonical hosts and origins,
//! and the addresses of clients behind proxies.
//!
//! The crate does not know what is served: its callers pass a router.

pub mod client;
pub mod descriptors;
pub mod host;
pub mod limits;
pub mod method;
pub mod origin;
pub mod rate;

mod connection;
mod connections;
mod door;
mod door_state;
mod log;
mod stream;

pub use client::{ClientAddress, Networks, OnBehalf};
pub use connection::is_late;
pub use connections::Counts;
pub use door::{Door, local, serve_locally};
pub use door_state::DoorState;
pub use host::{Authority, HostError, target};
pub use limits::Limits;
pub use origin::{NotAnOrigin, Origin};
pub use rate::ClientRate;
