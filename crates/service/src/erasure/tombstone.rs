//! The tombstone of an erased person: what the rules must remember for as long as the longest of them looks back. It is
//! found by keyed hashes of the names that others have for the person.

use crate::Failure;
use crate::work::Work;
use recovery::id::PersonId;
use recovery::person::{Person, Status};
use recovery::policy::{Policy, WithoutPresence};
use recovery::sensitive::Sensitive;
use recovery::temporary_pin::TemporaryPin;
use recovery::time::{Duration, Instants, Timestamp};
use store::facade::{Aggregate, Owner};
use store::keys::Keys;
use store::kinds;
use store::rows::identity::Identity;
use store::{Index, Kind, Lookup, LookupKey};

store::row_ids! {
    /// A tombstone.
    pub(crate) TombstoneId;
}

const BY_NAME: Index = Index::shared(1);
const KEPT: Duration = Duration::from_days(30);

/// The counts and instants of an erased person. It holds no name, number, app or address.
#[derive(Clone)]
pub(crate) struct Tombstone {
    id: TombstoneId,
    /// The keyed hashes of the operator's id and the national numbers.
    names: Vec<LookupKey>,
    erased_at: Timestamp,
    /// The person's counters, without channels and apps.
    counted: Person,
    /// When temporary PINs were issued.
    issues: Instants,
}

impl Aggregate for Tombstone {
    type Id = TombstoneId;
    const KIND: Kind = kinds::TOMBSTONE;
    const SCHEMA: u16 = 2;

    fn id(&self) -> TombstoneId {
        self.id
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn deadline(&self, policy: &Policy) -> Option<Timestamp> {
        Some(self.kept_until(policy))
    }

    fn lookups(&self, _: &Keys) -> Vec<Lookup> {
        self.names.iter().map(|key| Lookup { index: BY_NAME, key: *key }).collect()
    }
}

store::stored! { struct Tombstone { id, names, erased_at, counted, issues } }

impl Tombstone {
    /// When the tombstone is deleted: after 30 days for the caps, later where a document without proof of presence may not
    /// be used again.
    fn kept_until(&self, policy: &Policy) -> Timestamp {
        let document_rests = match policy.chip_face.without_presence {
            WithoutPresence::OncePerDocument { period, .. } => period,
            WithoutPresence::Refused => Duration::ZERO,
        };
        let of_documents = self
            .counted
            .recoveries
            .iter()
            .filter(|past| past.without_presence.is_some())
            .map(|past| past.at.plus(document_rests));
        of_documents.chain([self.erased_at.plus(KEPT)]).max().unwrap_or(self.erased_at)
    }
}

/// The keyed hash of one name: whoever has only the database cannot try numbers against it.
fn name(keys: &Keys, sort: &str, text: &str) -> LookupKey {
    keys.lookup_key(kinds::TOMBSTONE, BY_NAME, format!("{sort}:{text}").as_bytes())
}

fn names(keys: &Keys, operator_id: &str, numbers: &[Sensitive<String>]) -> Vec<LookupKey> {
    let mut names = vec![name(keys, "operator", operator_id)];
    names.extend(numbers.iter().map(|number| name(keys, "number", number.expose())));
    names
}

impl Work<'_> {
    /// Saves what the caps need of a person who is about to be erased.
    pub(super) async fn bury(&mut self, identity: &Identity) -> Result<(), Failure> {
        let before = self.load_person(identity.person).await?;
        let slot = self.temporary_pin_of(identity.person).await?;
        let mut counted = Person::new(PersonId(0), String::new(), Status::Active);
        counted.recoveries = before.recoveries;
        counted.vetoes = before.vetoes;
        counted.freeze = before.freeze;
        counted.chip_cases = before.chip_cases;
        counted.failed_calls = before.failed_calls;
        counted.witnessed = before.witnessed;
        counted.number_pause = before.number_pause;
        let keys = self.service.parts().keys.clone();
        let names = names(&keys, identity.operator_id.expose(), &identity.national_numbers);
        let id = TombstoneId(self.service.draw_id());
        let erased_at = self.now();
        self.insert(&Tombstone { id, names, erased_at, counted, issues: slot.issues });
        Ok(())
    }

    /// Restores the counters of a person who enrols again before the tombstone is deleted, and deletes the tombstone.
    pub(crate) async fn unbury(
        &mut self,
        person: &mut Person,
        operator_id: &str,
        numbers: &[Sensitive<String>],
    ) -> Result<(), Failure> {
        let keys = self.service.parts().keys.clone();
        for key in names(&keys, operator_id, numbers) {
            let lookup = Lookup { index: BY_NAME, key };
            let Some(stone) = self.find_one::<Tombstone>(lookup).await? else { continue };
            if self.now() >= stone.kept_until(&self.service.parts().policy) {
                continue;
            }
            let counted = stone.counted.clone();
            person.recoveries = counted.recoveries;
            person.vetoes = counted.vetoes;
            person.freeze = counted.freeze;
            person.chip_cases = counted.chip_cases;
            person.failed_calls = counted.failed_calls;
            person.witnessed = counted.witnessed;
            person.number_pause = counted.number_pause;
            let issues = stone.issues.clone();
            self.insert(&TemporaryPin { issues, ..TemporaryPin::none(person.id) });
            self.remove(&stone);
            return Ok(());
        }
        Ok(())
    }
}
