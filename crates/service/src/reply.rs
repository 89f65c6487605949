//! Idempotency: a command that is sent again under the same key has happened once.
//!
//! What is kept of a reply is small and never a clear code: an id, or how it ended.

use crate::work::Work;
use crate::{Failure, RefusalCode, Service};
use recovery::id::PersonId;
use recovery::sensitive::KeyedHash;
use recovery::time::{Duration, Timestamp};
use sha2::{Digest as _, Sha256};
use store::facade::{Aggregate, Owner};
use store::kinds;
use store::{Id, Kind};

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    id: u128,
    person: Option<PersonId>,
    /// Of the command's content: the same key with another command is an error of the caller.
    command: KeyedHash,
    until: Timestamp,
    /// Small, and meaningful to the use case alone.
    pub outcome: Vec<u8>,
}

impl Aggregate for Reply {
    const KIND: Kind = kinds::REPLY;

    fn id(&self) -> Id {
        Id(self.id)
    }

    fn owner(&self) -> Owner {
        self.person.map_or(Owner::Service, Owner::Person)
    }

    fn deadline(&self, _: &recovery::policy::Policy) -> Option<store::Timestamp> {
        Some(self.until.into())
    }
}

store::stored! { struct Reply { id, person, command, until, outcome } }

/// One command of one caller.
#[derive(Clone, Copy, Debug)]
pub struct Command<'a> {
    /// Who: an instance id, or the name of an operator's client.
    pub caller: &'a str,
    /// Under which key.
    pub key: &'a str,
    /// What: something that differs where the command differs.
    pub content: &'a [u8],
}

/// What makes it the same request: another method, path or body under the same key is another command.
pub(crate) fn fingerprint(method: &str, path_and_query: &str, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [method.as_bytes(), path_and_query.as_bytes(), body] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

impl Service {
    fn reply_id(&self, command: Command<'_>) -> u128 {
        let hash = self
            .parts()
            .keys
            .code_hash("reply", &[command.caller.as_bytes(), command.key.as_bytes()]);
        let mut head = [0; 16];
        head.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        u128::from_be_bytes(head)
    }

    fn command_hash(&self, command: Command<'_>) -> KeyedHash {
        KeyedHash(self.parts().keys.code_hash("command", &[command.content]))
    }
}

impl Work<'_> {
    /// What became of this command, if it was carried out before.
    ///
    /// # Errors
    ///
    /// `idempotency-key-reused` where the key belongs to another command.
    pub(crate) async fn recall(
        &mut self,
        command: Command<'_>,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let id = Id(self.service.reply_id(command));
        let Some(reply) = self.load::<Reply>(id).await? else { return Ok(None) };
        if reply.value.command != self.service.command_hash(command) {
            return Err(Failure::refused(RefusalCode::IdempotencyKeyReused));
        }
        Ok(Some(reply.value.outcome))
    }

    /// Remembers what became of this command, with the rest of the transaction.
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

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn another_method_path_or_body_is_another_command_and_nothing_moves_from_one_to_the_next() {
        let one = fingerprint("POST", "/v1/people/p1/lost-phone", b"{}");
        for other in [
            fingerprint("PUT", "/v1/people/p1/lost-phone", b"{}"),
            fingerprint("POST", "/v1/people/p2/lost-phone", b"{}"),
            fingerprint("POST", "/v1/people/p1/lost-phone?x", b"{}"),
            fingerprint("POST", "/v1/people/p1/lost-phone", b"{ }"),
            fingerprint("POST", "/v1/people/p1/lost-phon", b"e{}"),
            fingerprint("POS", "T/v1/people/p1/lost-phone", b"{}"),
        ] {
            assert_ne!(one, other);
        }
        assert_eq!(one, fingerprint("POST", "/v1/people/p1/lost-phone", b"{}"));
    }
}
