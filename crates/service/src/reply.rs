//! Idempotency: a command that is sent again under the same idempotency key is carried out once.
//!
//! The stored result of a command is small and never a clear code: an id, or how the command ended.

use crate::caller::Command;
use crate::work::Work;
use crate::{Failure, RefusalCode, Service};
use recovery::id::PersonId;
use recovery::sensitive::KeyedHash;
use recovery::time::Duration;
pub use store::rows::reply::{Reply, ReplyId};

impl Service {
    fn reply_id(&self, command: Command<'_>) -> ReplyId {
        let named = [command.caller.as_bytes(), command.key.as_bytes()];
        ReplyId(crate::head(self.parts().keys.code_hash("reply", &named)))
    }

    fn command_hash(&self, command: Command<'_>) -> KeyedHash {
        KeyedHash(self.parts().keys.code_hash("command", &[command.content]))
    }
}

impl Work<'_> {
    /// The result of this command, if it was carried out before.
    ///
    /// # Errors
    ///
    /// `idempotency-key-reused` where the key belongs to another command.
    pub(crate) async fn recall(
        &mut self,
        command: Command<'_>,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let id = self.service.reply_id(command);
        let Some(reply) = self.get::<Reply>(id).await? else { return Ok(None) };
        if reply.command != self.service.command_hash(command) {
            return Err(Failure::refused(RefusalCode::IdempotencyKeyReused));
        }
        Ok(Some(reply.outcome))
    }

    /// Saves the result of this command in the same transaction.
    pub(crate) fn remember(
        &mut self,
        command: Command<'_>,
        person: Option<PersonId>,
        outcome: Vec<u8>,
    ) {
        let lifetime = Duration::from_secs(self.service.parts().settings.idempotency_lifetime_secs);
        let reply = Reply {
            id: self.service.reply_id(command),
            person,
            command: self.service.command_hash(command),
            until: self.now().plus(lifetime),
            outcome,
        };
        self.insert(&reply);
    }
}
