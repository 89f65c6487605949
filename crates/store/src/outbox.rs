//! Outbox rows: effects that a saved decision owes, run at least once after the commit.

use crate::{Id, Timestamp};
use std::fmt;

/// The kind of an effect. Codes are stored and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectKind(pub u16);

/// The idempotency key of an effect: the aggregate and the version whose save owes it, and its position among the
/// effects of that save.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectKey {
    /// The aggregate whose decision owes the effect; mostly a case.
    pub owner: Id,
    /// The version that the aggregate was saved as.
    pub version: u64,
    /// The position among the effects of that save, from 0.
    pub index: u16,
}

impl fmt::Display for EffectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.owner, self.version, self.index)
    }
}

/// An effect that is saved until it was run.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// The key, unique over all effects ever. A receiver that sees it twice acts once.
    pub key: EffectKey,
    /// The kind of the effect.
    pub effect: EffectKind,
    /// The person under whose data key the payload is sealed, so that erasure finds the effects that still wait.
    pub person: Id,
    /// The sealed data that the effect needs; the temporary PIN in clear is kept nowhere else.
    pub payload: Vec<u8>,
    /// The effect is not tried before this instant.
    pub not_before: Timestamp,
    /// The effect is never tried at or after this instant, and is deleted then.
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

/// An outbox row that a runner holds until its lease lapses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The outbox row.
    pub row: OutboxRow,
    /// How often the row was claimed, this time included; to `postpone_effect` it proves that the lease is still the
    /// runner's.
    pub attempt: u32,
    /// When another runner may claim the row.
    pub leased_until: Timestamp,
}

/// An outbox row that was deleted because no runner ran it in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expired {
    /// The key of the effect.
    pub key: EffectKey,
    /// The kind of the effect.
    pub effect: EffectKind,
    /// The person under whose data key the payload was sealed.
    pub person: Id,
    /// How often the effect was tried.
    pub attempts: u32,
}

/// Waiting effects that a decision withdraws; effects that were run already or do not exist are ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawal {
    /// The effect with this key.
    One(EffectKey),
    /// All effects of this kind that an aggregate owes: a newer temporary PIN withdraws the message of the older one.
    OfOwner {
        /// The aggregate that owes the effects.
        owner: Id,
        /// The kind of the effects.
        effect: EffectKind,
    },
    /// All effects that are sealed for a person, when the person is erased.
    OfPerson(Id),
}
