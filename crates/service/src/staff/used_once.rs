//! The record of values that may be used once: challenges of passkeys, sign-ins at the provider, and logout tokens of
//! the provider.

use super::head;
use crate::work::Work;
use crate::{Failure, RefusalCode};
use recovery::policy::Policy;
use recovery::time::Timestamp;
use store::facade::{Aggregate, Owner};
use store::kinds;
use store::{Id, Kind};

/// The record that a value was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UsedOnce {
    id: u128,
    until: Timestamp,
}

impl Aggregate for UsedOnce {
    const KIND: Kind = kinds::USED_ONCE;

    fn id(&self) -> Id {
        Id(self.id)
    }

    fn owner(&self) -> Owner {
        Owner::Service
    }

    fn deadline(&self, _: &Policy) -> Option<Timestamp> {
        Some(self.until)
    }
}

store::stored! { struct UsedOnce { id, until } }

impl Work<'_> {
    /// Marks an id as used. Refuses with `no` where it was used before.
    pub(super) async fn use_once(
        &mut self,
        id: u128,
        until: Timestamp,
        no: RefusalCode,
    ) -> Result<(), Failure> {
        if self.load::<UsedOnce>(Id(id)).await?.is_some() {
            return Err(Failure::refused(no));
        }
        self.insert(&UsedOnce { id, until });
        Ok(())
    }

    /// Whether an id was used before.
    pub(super) async fn was_used(&mut self, id: u128) -> Result<bool, Failure> {
        Ok(self.load::<UsedOnce>(Id(id)).await?.is_some())
    }

    /// The id of a text that may be used once for this purpose.
    pub(super) fn once_id(&self, purpose: &'static str, text: &[&[u8]]) -> u128 {
        head(self.service.parts().keys.code_hash(purpose, text)).0
    }
}
