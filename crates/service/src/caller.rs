//! Who calls: values that only the checker of a credential builds.

use recovery::id::{InstanceId, PersonId};
use recovery::staff::StaffMember;

/// An app instance whose signature was verified and whose nonce was spent.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) instance: InstanceId,
    pub(crate) person: PersonId,
    pub(crate) idempotency_key: String,
}

impl App {
    /// Which instance.
    #[must_use]
    pub const fn instance(&self) -> InstanceId {
        self.instance
    }

    /// Whose.
    #[must_use]
    pub const fn person(&self) -> PersonId {
        self.person
    }

    /// Names the command.
    #[must_use]
    pub fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }
}

/// The operator's own system, by its bearer token.
#[derive(Clone, Debug)]
pub struct Operator {
    pub(crate) client: String,
    pub(crate) idempotency_key: String,
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
    /// Who.
    #[must_use]
    pub const fn member(&self) -> &StaffMember {
        &self.0
    }
}

impl Clerk {
    /// Who.
    #[must_use]
    pub const fn member(&self) -> &StaffMember {
        &self.0
    }
}

impl Supervisor {
    /// Who.
    #[must_use]
    pub const fn member(&self) -> &StaffMember {
        &self.0
    }
}
