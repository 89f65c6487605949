//! Whether an address is still listened on; every connection behind it asks.

/// How far a door is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoorState {
    /// Connections come and stay.
    Open,
    /// Connections still come; each answer asks its peer to come by another one next time.
    Leaving,
    /// None comes any more; what is under way is finished.
    Closed,
}
