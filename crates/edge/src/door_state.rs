//! The state of a door, which all its connections observe.

/// The state of a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoorState {
    /// Connections are accepted and kept.
    Open,
    /// Connections are still accepted, but each response asks its client to open a new connection for the next request.
    Leaving,
    /// No more connections are accepted, and the requests in progress are finished.
    Closed,
}
