//! Idempotency: a command that is sent again under the same idempotency key is carried out once.
//!
//! The stored result of a command is small and never a clear code: an id, or how the command ended.

use crate::caller::Command;
use crate::work::Work;
use crate::{Failure, RefusalCode, Service};
use recovery::id::PersonId;
use recovery::sensitive::KeyedHash;
use recovery::time::{Duration, Timestamp};
use store::facade::{Aggregate, Owner};
use store::{Kind, kinds};

store::row_ids! {
    /// The reply to a command: a keyed hash of the caller and its idempotency key.
    pub ReplyId;
}

/// The row that remembers the result of one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    id: ReplyId,
    /// The person under whose key the row is sealed; absent where the command is about no person.
    person: Option<PersonId>,
    /// The keyed hash of the command's content: another command under the same key is refused.
    command: KeyedHash,
    /// When the row expires.
    until: Timestamp,
    /// The result, encoded by the use case, which alone can read it.
    pub outcome: Vec<u8>,
}

impl Aggregate for Reply {
    type Id = ReplyId;
    const KIND: Kind = kinds::REPLY;

    fn id(&self) -> ReplyId {
        self.id
    }

    fn owner(&self) -> Owner {
        self.person.map_or(Owner::Service, Owner::Person)
    }

    fn deadline(&self, _: &recovery::policy::Policy) -> Option<Timestamp> {
        Some(self.until)
    }
}

store::stored! { struct Reply { id, person, command, until, outcome } }

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
