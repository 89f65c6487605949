//! Wrong activation codes at one offer: they pause a client, then the offer, and never end the offer.

use crate::policy::EnrolmentRules;
use crate::sensitive::KeyedHash;
use crate::time::Timestamp;

/// The wrong codes that count against one offer.
///
/// All are forgotten once the last wrong code is as old as the pause. The number of remembered clients is bounded by
/// the tries that an offer allows, because a paused offer counts no more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrongCodes {
    /// The wrong codes of each client, in the order of their first.
    pub clients: Vec<ClientTries>,
    /// The number of wrong codes of all clients, including those of clients that were forgotten.
    pub all: u8,
    /// When the last wrong code was presented.
    pub last_at: Option<Timestamp>,
}

/// The wrong codes of one client at one offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientTries {
    /// Keyed hash of what tells one client from another.
    pub client: KeyedHash,
    pub wrong: u8,
    pub last_at: Timestamp,
}

impl WrongCodes {
    /// The wrong codes that still count at `now`.
    #[must_use]
    pub fn counting(&self, rules: &EnrolmentRules, now: Timestamp) -> Self {
        if self.last_at.is_none_or(|last| now >= last.plus(rules.pause)) {
            return Self::default();
        }
        let mut kept = self.clone();
        kept.clients.retain(|tries| now < tries.last_at.plus(rules.pause));
        kept
    }

    /// These wrong codes and one more by this client.
    #[must_use]
    pub fn with(&self, client: KeyedHash, now: Timestamp) -> Self {
        let mut next = self.clone();
        match next.clients.iter_mut().find(|tries| tries.client == client) {
            Some(tries) => {
                tries.wrong = tries.wrong.saturating_add(1);
                tries.last_at = now;
            }
            None => next.clients.push(ClientTries { client, wrong: 1, last_at: now }),
        }
        next.all = next.all.saturating_add(1);
        next.last_at = Some(now);
        next
    }

    /// The number of wrong codes of all clients.
    #[must_use]
    pub const fn of_all_clients(&self) -> u8 {
        self.all
    }

    /// Whether this client has tried too many codes and has to wait.
    #[must_use]
    pub fn pauses(&self, client: KeyedHash, rules: &EnrolmentRules) -> bool {
        let own = self.clients.iter().find(|tries| tries.client == client);
        self.pauses_everybody(rules)
            || own.is_some_and(|tries| tries.wrong >= rules.tries_per_client_max)
    }

    /// Whether the offer is paused for all clients.
    #[must_use]
    pub const fn pauses_everybody(&self, rules: &EnrolmentRules) -> bool {
        self.all >= rules.tries_per_offer_max
    }
}
