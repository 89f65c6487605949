//! What may be used once: challenges of passkeys, sign-ins at the provider, its messages that end sessions.

use crate::work::Work;
use crate::{Failure, RefusalCode};
use recovery::policy::Policy;
use recovery::time::Timestamp;
use store::facade::{Aggregate, Owner};
use store::{Kind, kinds};

store::row_ids! {
    /// What can be used once.
    pub(super) OnceId;
}

/// Remembers that something was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UsedOnce {
    id: OnceId,
    until: Timestamp,
}

impl Aggregate for UsedOnce {
    type Id = OnceId;
    const KIND: Kind = kinds::USED_ONCE;

    fn id(&self) -> OnceId {
        self.id
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
    /// Uses an id once; `no` where it was used before.
    pub(super) async fn use_once(
        &mut self,
        id: OnceId,
        until: Timestamp,
        no: RefusalCode,
    ) -> Result<(), Failure> {
        if self.get::<UsedOnce>(id).await?.is_some() {
            return Err(Failure::refused(no));
        }
        self.insert(&UsedOnce { id, until });
        Ok(())
    }

    /// Whether an id was used before.
    pub(super) async fn was_used(&mut self, id: OnceId) -> Result<bool, Failure> {
        Ok(self.get::<UsedOnce>(id).await?.is_some())
    }

    /// The id under which a text of this purpose is used once.
    pub(super) fn once_id(&self, purpose: &'static str, text: &[&[u8]]) -> OnceId {
        OnceId(crate::head(self.service.parts().keys.code_hash(purpose, text)))
    }
}
