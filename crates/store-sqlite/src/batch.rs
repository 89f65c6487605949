//! What a write request sees.

use rusqlite::Connection;
use store::Timestamp;

/// The connection inside the group's transaction, and the group's time.
pub(crate) struct Batch<'a> {
    pub(crate) db: &'a Connection,
    pub(crate) last_committed: Option<Timestamp>,
}
