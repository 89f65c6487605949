//! Who works here: accounts, sessions, and the callers that only a session makes (PROTOCOLS.md section 15).
//!
//! A session's token is never kept: its row is found by a keyed hash. Roles, centre and kin are read anew with each
//! request, so that what the operator takes away is gone at once.

mod account;
mod invitation;
pub mod oidc;
pub mod passkey;
mod session;

pub use account::{Account, STAFF_ACCOUNT};
pub use invitation::{Invitation, STAFF_INVITATION};
pub use session::{STAFF_SESSION, Session};

use crate::caller::{Agent, Clerk, Supervisor};
use crate::work::Work;
use crate::{Failure, Service};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use recovery::id::StaffId;
use recovery::staff::{Role, StaffMember};
use recovery::time::Duration;
use store::Id;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// Without a request for so long a session is over.
pub const SESSION_IDLE_MAX: Duration = Duration::from_mins(30);
/// A session is over after so long whatever happens.
pub const SESSION_LIFETIME: Duration = Duration::from_hours(10);
/// A session's row is written at most so often.
const TOUCHED_AFTER: Duration = Duration::from_secs(30);
/// A token in base64url.
const TOKEN_CHARS_MAX: usize = 64;

const NOT_ACCEPTED: &str = "session-not-accepted";

/// Which console a session is for: a session of one is none at the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Site {
    /// Support.
    Support,
    /// Citizen Service.
    Desk,
}

impl Site {
    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Support => "support",
            Self::Desk => "desk",
        }
    }

    /// Whether this role has anything to do there.
    #[must_use]
    pub const fn is_for(self, role: Role) -> bool {
        match (self, role) {
            (_, Role::Supervisor) | (Self::Support, Role::Agent) | (Self::Desk, Role::Clerk) => {
                true
            }
            (Self::Support, Role::Clerk)
            | (Self::Desk, Role::Agent)
            | (_, Role::Operator | Role::Auditor) => false,
        }
    }
}

/// Somebody whose session was just checked.
#[derive(Clone, Debug)]
pub struct SignedIn {
    member: StaffMember,
    name: String,
    form_token: Zeroizing<String>,
}

impl SignedIn {
    /// Who.
    #[must_use]
    pub const fn member(&self) -> &StaffMember {
        &self.member
    }

    /// As shown in the console.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Goes into every form of this session.
    #[must_use]
    pub fn form_token(&self) -> &str {
        &self.form_token
    }

    /// Whether a form came from a page of this session.
    #[must_use]
    pub fn accepts_form(&self, token: &str) -> bool {
        self.form_token.as_bytes().ct_eq(token.as_bytes()).into()
    }

    /// As an agent of Support.
    ///
    /// # Errors
    ///
    /// `role-not-allowed`.
    pub fn agent(&self) -> Result<Agent, Failure> {
        self.member.require(Role::Agent)?;
        Ok(Agent(self.member.clone()))
    }

    /// As a clerk at a desk.
    ///
    /// # Errors
    ///
    /// `role-not-allowed`.
    pub fn clerk(&self) -> Result<Clerk, Failure> {
        self.member.require(Role::Clerk)?;
        Ok(Clerk(self.member.clone()))
    }

    /// As a supervisor.
    ///
    /// # Errors
    ///
    /// `role-not-allowed`.
    pub fn supervisor(&self) -> Result<Supervisor, Failure> {
        self.member.require(Role::Supervisor)?;
        Ok(Supervisor(self.member.clone()))
    }
}

impl Service {
    /// Who holds this session.
    ///
    /// # Errors
    ///
    /// `session-not-accepted` for every token that opens nothing here and now.
    pub async fn session(&self, token: &str, site: Site) -> Result<SignedIn, Failure> {
        attempt!(self, |work| work.session(token, site).await)
    }

    /// Ends a session. One that is over already is no error.
    ///
    /// # Errors
    ///
    /// The store's own.
    pub async fn sign_out(&self, token: &str, site: Site) -> Result<(), Failure> {
        attempt!(self, |work| {
            let id = work.session_id(token, site);
            if let Some(session) = work.load::<Session>(id).await? {
                work.delete(&session);
            }
            Ok(())
        })
    }

    /// Opens a session for an account whose holder was just proven; returns the token for the cookie.
    pub(crate) async fn open_session(
        &self,
        staff: StaffId,
        site: Site,
    ) -> Result<Zeroizing<String>, Failure> {
        let secret: Zeroizing<[u8; 32]> = Zeroizing::new(self.draw());
        let token = Zeroizing::new(Base64UrlUnpadded::encode_string(&*secret));
        attempt!(self, |work| {
            let account = work.account(staff).await?.ok_or(Failure::refused(NOT_ACCEPTED))?;
            if !account.value.roles.iter().any(|role| site.is_for(*role)) {
                return Err(Failure::refused("role-not-allowed"));
            }
            let now = work.now();
            let session =
                Session { id: work.session_id(&token, site).0, staff, begun_at: now, seen_at: now };
            work.insert(&session);
            Ok(())
        })?;
        Ok(token)
    }
}

impl Work<'_> {
    pub(crate) async fn account(
        &mut self,
        staff: StaffId,
    ) -> Result<Option<store::facade::Loaded<Account>>, Failure> {
        self.load::<Account>(Id(staff.0)).await
    }

    fn session_id(&self, token: &str, site: Site) -> Id {
        let hash = self
            .service
            .parts()
            .keys
            .code_hash("staff session", &[site.code().as_bytes(), token.as_bytes()]);
        head(hash)
    }

    async fn session(&mut self, token: &str, site: Site) -> Result<SignedIn, Failure> {
        let no = || Failure::refused(NOT_ACCEPTED);
        if token.is_empty() || token.len() > TOKEN_CHARS_MAX {
            return Err(no());
        }
        let id = self.session_id(token, site);
        let session = self.load::<Session>(id).await?.ok_or_else(no)?;
        let now = self.now();
        if now >= session.value.until() {
            return Err(no());
        }
        let account = self.account(session.value.staff).await?.ok_or_else(no)?.value;
        if now.since(session.value.seen_at) >= TOUCHED_AFTER {
            self.put(&session, &Session { seen_at: now, ..session.value.clone() });
        }
        let kin = self.kin_of(&account).await?;
        let form = self
            .service
            .parts()
            .keys
            .code_hash("staff form", &[site.code().as_bytes(), token.as_bytes()]);
        Ok(SignedIn {
            member: StaffMember {
                id: account.id,
                roles: account.roles.into_iter().filter(|role| site.is_for(*role)).collect(),
                centre: account.centre,
                kin,
            },
            name: account.name,
            form_token: Zeroizing::new(Base64UrlUnpadded::encode_string(&form)),
        })
    }

    /// The member's own and the family's identities, as far as the service knows them now.
    async fn kin_of(&mut self, account: &Account) -> Result<Vec<recovery::id::PersonId>, Failure> {
        let mut kin = Vec::new();
        for person in &account.kin {
            if let Some(identity) = self.identity_of(person.expose()).await? {
                kin.push(identity.value.person);
            }
        }
        Ok(kin)
    }
}

/// The first 128 bits of a keyed hash, as the id of a row.
pub(crate) fn head(hash: [u8; 32]) -> Id {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    Id(u128::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests;
