//! Who calls: values that only the checker of a credential builds.

use crate::operator_token::{Scope, Scopes};
use crate::reply::Command;
use crate::signed_request::LiveNonce;
use crate::{Failure, RefusalCode};
use recovery::id::{InstanceId, PersonId};
use recovery::staff::StaffMember;

/// An app instance whose signature was verified and whose nonce was spent.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) instance: InstanceId,
    pub(crate) person: PersonId,
    pub(crate) idempotency_key: String,
    /// Hash of method, path and body.
    pub(crate) request: [u8; 32],
    /// The instance as text: the caller of its commands.
    pub(crate) name: String,
}

impl App {
    /// Which instance.
    #[must_use]
    pub const fn instance(&self) -> InstanceId {
        self.instance
    }

    /// The person whose app it is.
    #[must_use]
    pub const fn person(&self) -> PersonId {
        self.person
    }

    /// Names the command.
    #[must_use]
    pub fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }

    /// The whole request under its key.
    pub(crate) fn command(&self) -> Command<'_> {
        Command { caller: &self.name, key: &self.idempotency_key, content: &self.request }
    }
}

/// An app instance whose signature was verified, and whose nonce is spent in one commit with what the request leads to.
#[derive(Clone, Debug)]
pub struct Asking {
    pub(crate) app: App,
    pub(crate) nonce: LiveNonce,
}

impl Asking {
    /// Who asks.
    #[must_use]
    pub const fn app(&self) -> &App {
        &self.app
    }
}

/// The operator's own system, by its bearer token.
#[derive(Clone, Debug)]
pub struct Operator {
    pub(crate) client: String,
    pub(crate) scopes: Scopes,
    pub(crate) idempotency_key: String,
    /// Hash of method, path and body.
    pub(crate) request: [u8; 32],
}

impl Operator {
    /// Which client.
    #[must_use]
    pub fn client(&self) -> &str {
        &self.client
    }

    /// Names the command.
    #[must_use]
    pub fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }

    /// The whole request under its key.
    pub(crate) fn command(&self) -> Command<'_> {
        Command { caller: &self.client, key: &self.idempotency_key, content: &self.request }
    }

    /// Whether its token covers such calls.
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
impl Operator {
    /// The operator's client with every scope, about to send something under this key.
    pub(crate) fn of(idempotency_key: &str) -> Self {
        Self {
            client: crate::house::OPERATOR.to_owned(),
            scopes: Scopes::all(),
            idempotency_key: idempotency_key.to_owned(),
            request: [0; 32],
        }
    }
}
