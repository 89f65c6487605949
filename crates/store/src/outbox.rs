//! Outbox rows: effects that a saved decision still owes, run at least once after the commit.

use crate::{Id, Timestamp};
use std::fmt;

/// What is to be done. Codes are stored and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectKind(pub u16);

/// The idempotency key of an effect: which save of which aggregate owes it, and which of
/// the effects of that save it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectKey {
    /// The aggregate whose decision owes the effect; a case, mostly.
    pub owner: Id,
    /// The version that the decision was saved as.
    pub version: u64,
    /// Which of the effects of that save, from 0.
    pub index: u16,
}

impl fmt::Display for EffectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.owner, self.version, self.index)
    }
}

/// An effect to remember.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Unique over all effects ever; a receiver that sees it twice does the deed once.
    pub key: EffectKey,
    /// What is to be done.
    pub effect: EffectKind,
    /// The person under whose key the payload is sealed, so that erasure finds open rows.
    pub person: Id,
    /// What the effect needs, sealed; the clear temporary PIN rests nowhere else.
    pub payload: Vec<u8>,
    /// Not to be tried earlier.
    pub not_before: Timestamp,
    /// Never to be tried at or after this instant, and deleted then.
    pub expires_at: Option<Timestamp>,
}

impl fmt::Debug for OutboxRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboxRow")
            .field("key", &self.key)
            .field("effect", &self.effect)
            .field("payload_bytes", &self.payload.len())
            .field("not_before", &self.not_before)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// A row that a runner holds until its lease lapses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The effect.
    pub row: OutboxRow,
    /// How often the row was claimed, this time included; it proves to `postpone_effect` that the
    /// lease is still ours.
    pub attempt: u32,
    /// When the row may be claimed by another.
    pub leased_until: Timestamp,
}

/// A row that nobody could run in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expired {
    /// Which effect.
    pub key: EffectKey,
    /// What it was to do.
    pub effect: EffectKind,
    /// For whom.
    pub person: Id,
    /// How often it was tried.
    pub attempts: u32,
}

/// Open effects that a decision takes back; those already run or not there are passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawal {
    /// This one.
    One(EffectKey),
    /// All of this sort that the aggregate owes: a newer temporary PIN withdraws the older message.
    OfOwner {
        /// The aggregate.
        owner: Id,
        /// The sort.
        effect: EffectKind,
    },
    /// All that are sealed for a person: erasure.
    OfPerson(Id),
}
