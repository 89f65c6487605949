//! Authenticated callers: values that only the check of a credential builds.

use crate::operator_token::scope::{Scope, Scopes};
use crate::{Failure, RefusalCode};
use recovery::id::{InstanceId, PersonId};
use recovery::staff::StaffMember;
use recovery::time::Timestamp;
use sha2::{Digest as _, Sha256};
use store::Id;

/// One command of one caller, as idempotency keys tell commands apart.
#[derive(Clone, Copy, Debug)]
pub struct Command<'a> {
    /// The caller: an instance id, or the name of an operator's client.
    pub caller: &'a str,
    /// The idempotency key.
    pub key: &'a str,
    /// Bytes that differ where the command differs, such as a hash of the request.
    pub content: &'a [u8],
}

/// The hash of a request: another method, path or body under the same idempotency key is another command.
pub(crate) fn fingerprint(method: &str, path_and_query: &str, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [method.as_bytes(), path_and_query.as_bytes(), body] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// A nonce that this service issued and that has not expired; whether it was spent shows at the commit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LiveNonce {
    pub(crate) id: Id,
    /// When the nonce expires.
    pub(crate) expires: Timestamp,
}

/// An app instance whose signature was verified and whose nonce was spent.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) instance: InstanceId,
    pub(crate) person: PersonId,
    pub(crate) idempotency_key: String,
    /// The hash of method, path and body.
    pub(crate) request: [u8; 32],
    /// The instance id as text, which is the caller of its commands.
    pub(crate) name: String,
}

impl App {
    /// The calling app instance.
    #[must_use]
    pub const fn instance(&self) -> InstanceId {
        self.instance
    }

    /// The person to whom the app is bound.
    #[must_use]
    pub const fn person(&self) -> PersonId {
        self.person
    }

    /// The idempotency key of the request.
    #[must_use]
    pub fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }

    /// The request as a command under its idempotency key.
    pub(crate) fn command(&self) -> Command<'_> {
        Command { caller: &self.name, key: &self.idempotency_key, content: &self.request }
    }
}

/// An app instance whose signature was verified, and whose nonce is spent in the same commit as the result of the request.
#[derive(Clone, Debug)]
pub struct Asking {
    pub(crate) app: App,
    pub(crate) nonce: LiveNonce,
}

impl Asking {
    /// The calling app instance.
    #[must_use]
    pub const fn app(&self) -> &App {
        &self.app
    }
}

/// The operator's own system, authenticated by its bearer token.
#[derive(Clone, Debug)]
pub struct Operator {
    pub(crate) client: String,
    pub(crate) scopes: Scopes,
    pub(crate) idempotency_key: String,
    /// The hash of method, path and body.
    pub(crate) request: [u8; 32],
}

impl Operator {
    /// The name of the operator's client.
    #[must_use]
    pub fn client(&self) -> &str {
        &self.client
    }

    /// The idempotency key of the request.
    #[must_use]
    pub fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }

    /// The request as a command under its idempotency key.
    pub(crate) fn command(&self) -> Command<'_> {
        Command { caller: &self.client, key: &self.idempotency_key, content: &self.request }
    }

    /// Checks that the scopes of the token include this one.
    ///
    /// # Errors
    ///
    /// `scope-missing`.
    pub fn may(&self, scope: Scope) -> Result<(), Failure> {
        if self.scopes.has(scope) {
            Ok(())
        } else {
            Err(Failure::refused(RefusalCode::ScopeMissing))
        }
    }
}

/// A signed-in agent of Support.
#[derive(Clone, Debug)]
pub struct Agent(pub(crate) StaffMember);

/// A signed-in clerk of a Citizen Service Centre.
#[derive(Clone, Debug)]
pub struct Clerk(pub(crate) StaffMember);

/// A signed-in supervisor.
#[derive(Clone, Debug)]
pub struct Supervisor(pub(crate) StaffMember);

impl Agent {
    /// The member of staff who acts.
    #[must_use]
    pub const fn member(&self) -> &StaffMember {
        &self.0
    }
}

impl Clerk {
    /// The member of staff who acts.
    #[must_use]
    pub const fn member(&self) -> &StaffMember {
        &self.0
    }
}

impl Supervisor {
    /// The member of staff who acts.
    #[must_use]
    pub const fn member(&self) -> &StaffMember {
        &self.0
    }
}

#[cfg(test)]
impl App {
    /// An app that has signed something under this key.
    pub(crate) fn of(instance: InstanceId, person: PersonId, idempotency_key: &str) -> Self {
        Self {
            instance,
            person,
            idempotency_key: idempotency_key.to_owned(),
            request: [0; 32],
            name: instance.to_string(),
        }
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
