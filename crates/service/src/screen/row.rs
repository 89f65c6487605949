//! The rows of screens that are paired, and of pairings under way.

use super::Showing;
use recovery::id::{CentreId, ScreenId, StaffId};
use recovery::policy::Policy;
use recovery::time::{Duration, Timestamp};
use request_signature::PUBLIC_KEY_BYTES;
use store::facade::{Aggregate, Owner};
use store::keys::Keys;
use store::kinds;
use store::{Index, Kind, Lookup};

store::row_ids! {
    /// A pairing under way: the first half of a keyed hash of the code that was shown to the first member of staff.
    pub PairingId;
}

/// How long a pairing lasts.
pub(super) const PAIRED_FOR: Duration = Duration::from_days(90);
/// The longest name of a screen, in characters.
pub(super) const NAME_CHARS_MAX: usize = 40;

const BY_KEY: Index = Index::unique(1);
const BY_CENTRE: Index = Index::shared(2);

/// A screen that may show codes of one centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairedScreen {
    /// The id of the screen.
    pub id: ScreenId,
    /// The centre at which it stands.
    pub centre: CentreId,
    /// The name that staff gave the screen.
    pub name: String,
    /// The screen's own public key, whose private key cannot leave its browser.
    pub key: [u8; PUBLIC_KEY_BYTES],
    /// When the second member of staff confirmed it.
    pub paired_at: Timestamp,
    /// The member of staff who began the pairing.
    pub first: StaffId,
    /// The member of staff who confirmed it.
    pub second: StaffId,
    /// The code that the screen shows or is about to show.
    pub(super) showing: Option<Showing>,
}

impl PairedScreen {
    /// The first moment at which the pairing is over.
    #[must_use]
    pub fn until(&self) -> Timestamp {
        self.paired_at.plus(PAIRED_FOR)
    }
}

/// A pairing that one member of staff began and nobody has confirmed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenPairing {
    pub(super) id: PairingId,
    pub(super) centre: CentreId,
    /// The name that staff gave the screen.
    pub(super) name: String,
    /// The member of staff who began the pairing.
    pub(super) first: StaffId,
    /// The key of the device on which the code was entered.
    pub(super) key: Option<[u8; PUBLIC_KEY_BYTES]>,
    /// The number of wrong check numbers so far.
    pub(super) wrong: u8,
    /// The first moment at which the pairing has lapsed.
    pub until: Timestamp,
}

/// The paired screen with the key of this thumbprint.
pub(super) fn paired_by_key(keys: &Keys, thumbprint: &str) -> Lookup {
    let key = keys.lookup_key(kinds::PAIRED_SCREEN, BY_KEY, thumbprint.as_bytes());
    Lookup { index: BY_KEY, key }
}

/// The paired screens of a centre.
pub(super) fn paired_at(keys: &Keys, centre: CentreId) -> Lookup {
    let key = keys.lookup_key(kinds::PAIRED_SCREEN, BY_CENTRE, &centre.0.to_be_bytes());
    Lookup { index: BY_CENTRE, key }
}

/// The pairing under way with the key of this thumbprint.
pub(super) fn pairing_by_key(keys: &Keys, thumbprint: &str) -> Lookup {
    let key = keys.lookup_key(kinds::SCREEN_PAIRING, BY_KEY, thumbprint.as_bytes());
    Lookup { index: BY_KEY, key }
}

/// The pairings under way at a centre.
pub(super) fn pairings_at(keys: &Keys, centre: CentreId) -> Lookup {
    let key = keys.lookup_key(kinds::SCREEN_PAIRING, BY_CENTRE, &centre.0.to_be_bytes());
    Lookup { index: BY_CENTRE, key }
}

impl Aggregate for PairedScreen {
    type Id = ScreenId;
    const KIND: Kind = kinds::PAIRED_SCREEN;

    fn id(&self) -> ScreenId {
        self.id
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        Some(self.until())
    }

    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        let thumbprint = request_signature::thumbprint(&self.key);
        vec![paired_by_key(keys, &thumbprint), paired_at(keys, self.centre)]
    }
}

store::stored! { struct PairedScreen {
    id, centre, name, key, paired_at, first, second, showing,
} }
store::stored! { struct Showing { temporary_pin, person, fetched_at } }

impl Aggregate for ScreenPairing {
    type Id = PairingId;
    const KIND: Kind = kinds::SCREEN_PAIRING;

    fn id(&self) -> PairingId {
        self.id
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        Some(self.until)
    }

    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        let by_key = self.key.map(|key| {
            let thumbprint = request_signature::thumbprint(&key);
            pairing_by_key(keys, &thumbprint)
        });
        by_key.into_iter().chain([pairings_at(keys, self.centre)]).collect()
    }
}

store::stored! { struct ScreenPairing { id, centre, name, first, key, wrong, until } }
