//! The record of values that may be used once: challenges of passkeys, sign-ins at the provider, and logout tokens of
//! the provider.

use crate::work::Work;
use crate::{Failure, RefusalCode};
use recovery::time::Timestamp;
pub(super) use store::rows::used_once::{OnceId, UsedOnce};

impl Work<'_> {
    /// Marks an id as used. Refuses with `no` where it was used before.
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

    /// The id of a text that may be used once for this purpose.
    pub(super) fn once_id(&self, purpose: &'static str, text: &[&[u8]]) -> OnceId {
        OnceId(crate::head(self.service.parts().keys.code_hash(purpose, text)))
    }
}
