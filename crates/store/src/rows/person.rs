//! Rows of persons.

use crate::facade::{Aggregate, Owner};
use crate::keys::Keys;
use crate::kinds;
use crate::stored;
use crate::{Index, Kind, Lookup, Timestamp};
use recovery::id::PersonId;
use recovery::person::{
    BoundApp, Channel, ChannelKind, ForeignDocument, Freeze, FreezeCause, NumberPause,
    PastRecovery, Person, Status,
};
use recovery::policy::Policy;
use recovery::route::Route;
use recovery::sensitive::KeyedHash;

/// The look-up of a person by a foreign document that the operator recorded; a document is recorded for one person
/// only.
const BY_DOCUMENT: Index = Index::shared(1);

/// The look-up of the person for whom this foreign document was recorded.
#[must_use]
pub fn by_document(keys: &Keys, document: &KeyedHash) -> Lookup {
    Lookup { index: BY_DOCUMENT, key: keys.lookup_key(kinds::PERSON, BY_DOCUMENT, &document.0) }
}

impl Aggregate for Person {
    type Id = PersonId;
    const KIND: Kind = kinds::PERSON;
    const SCHEMA: u16 = 2;

    fn id(&self) -> PersonId {
        self.id
    }

    fn owner(&self) -> Owner {
        Owner::Person(self.id)
    }

    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        Self::deadline(self, policy)
    }

    fn lookups(&self, keys: &Keys) -> Vec<Lookup> {
        self.documents.iter().map(|known| by_document(keys, &known.document)).collect()
    }
}

stored! {
    struct Person {
        id, language, status, channels, instances, recoveries, vetoes, freeze, chip_cases, failed_calls, witnessed,
    } since 2 { documents, number_pause }
}
stored! { struct Channel {
    id, kind, address, confirmed_at, changed_at, sim_changed_at, removed_at,
} }
stored! { struct BoundApp { instance, name, bound_at } }
stored! { struct PastRecovery { case, route, at, without_presence } }
stored! { struct Freeze { at, cause } }
stored! { struct ForeignDocument { id, document, recorded_at } }
stored! { struct NumberPause { at, by } }
stored! { enum ChannelKind { 0 => Phone, 1 => Email } }
stored! { enum FreezeCause { 0 => Owner, 1 => Veto(veto), 2 => SecondVeto(veto) } }
stored! { enum Status {
    0 => Active,
    1 => Protected,
    2 => Administrative,
    3 => Guardianship,
    4 => Emigrated,
    5 => Disappeared,
    6 => Dead,
    7 => Annulled,
} }
stored! { enum Route { 0 => ChipFace, 1 => Phone, 2 => Desk, 3 => SelfService } }
