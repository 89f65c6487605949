//! Moving a whole database from one backend to another: every row with its version, every journal row with its position.
//!
//! The contract of [`Store`] lets nobody write a row in another version than the next, or a journal row with the time of
//! another day. Whoever moves a database has to; so it is a contract of its own, which no use case sees.

use crate::{Chain, EffectKey, Journalled, OutboxRow, Row, Store, StoreError, Timestamp};
use async_trait::async_trait;

/// An effect that waits, with the number of times that it was tried. Leases are not moved: whoever held one has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The outbox row.
    pub row: OutboxRow,
    /// How often the effect was tried.
    pub attempts: u32,
}

/// A part of a database, which is saved as a whole or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// Rows that are not there yet.
    pub rows: Vec<Row>,
    /// Effects that are not there yet.
    pub effects: Vec<Waiting>,
    /// Journal rows that are not there yet; each has a position.
    pub journal: Vec<Journalled>,
}

/// A backend that a database can be moved from and to, while nothing else uses either.
#[async_trait]
pub trait Movable: Store {
    /// Effects that wait, in the order of their keys: those after `after`, at most `limit`.
    async fn effects_after(
        &self,
        after: Option<EffectKey>,
        limit: usize,
    ) -> Result<Vec<Waiting>, StoreError>;

    /// Saves a part as it is. A row that is there already is an error, and nothing is saved then.
    async fn take_in(&self, piece: Piece) -> Result<(), StoreError>;

    /// Says where the journal ends and when the last commit was, once every part is there.
    async fn take_end(&self, chain: Chain, last: Option<Timestamp>) -> Result<(), StoreError>;
}
