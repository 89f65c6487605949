//! Accounts and sessions of staff, and the callers that only a session can produce (PROTOCOLS.md section 15).
//!
//! The token of a session is never stored: its row is found by a keyed hash. Roles, centre and kin are loaded with each
//! request, so that a right that the operator withdraws ends at once.

mod account;
pub mod administration;
mod invitation;
pub mod key_view;
pub mod oidc;
pub mod passkey;
pub mod provider_session;
mod session;
mod used_once;

pub use account::Account;
pub use invitation::{INVITATION_LIFETIME, Invitation, NewMember, Purpose};
pub use oidc::Claims;
pub use session::Session;

use crate::caller::{Agent, Clerk, Supervisor};
use crate::work::{Subject, Work};
use crate::{Failure, RefusalCode, Service};
use base64ct::{Base64UrlUnpadded, Encoding as _};
use provider_session::{CONFIRMATION_GRACE, ProviderSession, ProviderTokens};
use recovery::Rejection;
use recovery::event::JournalEvent;
use recovery::id::StaffId;
use recovery::sensitive::Sensitive;
use recovery::staff::{Role, StaffMember};
use recovery::time::Duration;
use store::Id;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// How long a session lasts without a request.
pub const SESSION_IDLE_MAX: Duration = Duration::from_mins(30);
/// How long a session lasts at most.
pub const SESSION_LIFETIME: Duration = Duration::from_hours(10);
/// The shortest time between two updates of a session's row.
const TOUCHED_AFTER: Duration = Duration::from_secs(30);
/// The longest token of a session, which is base64url, in characters.
const TOKEN_CHARS_MAX: usize = 64;

const NOT_ACCEPTED: RefusalCode = RefusalCode::SessionNotAccepted;

recovery::codes! {
    /// The console of a session. A session at one console is not valid at another.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Site {
        /// The console of Support.
        Support => "support",
        /// The console of Citizen Service.
        Desk => "desk",
        /// The pages for the people who operate the service, on the address for operations.
        Operations => "operations",
    }
}

store::stored_as_codes!(Site);

impl Site {
    /// Whether the console admits this role.
    #[must_use]
    pub const fn is_for(self, role: Role) -> bool {
        match (self, role) {
            (Self::Support | Self::Desk, Role::Supervisor)
            | (Self::Support, Role::Agent)
            | (Self::Desk, Role::Clerk)
            | (Self::Operations, Role::Operator) => true,
            (Self::Support, Role::Clerk | Role::Operator | Role::Auditor)
            | (Self::Desk, Role::Agent | Role::Operator | Role::Auditor)
            | (Self::Operations, Role::Supervisor | Role::Agent | Role::Clerk | Role::Auditor) => {
                false
            }
        }
    }
}

/// A member of staff whose session was just verified.
#[derive(Clone, Debug)]
pub struct SignedIn {
    member: StaffMember,
    name: String,
    form_token: Zeroizing<String>,
    word_is_due: bool,
}

impl SignedIn {
    /// The member of staff.
    #[must_use]
    pub const fn member(&self) -> &StaffMember {
        &self.member
    }

    /// The name that the console shows.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the provider has to confirm this session again.
    #[must_use]
    pub const fn word_is_due(&self) -> bool {
        self.word_is_due
    }

    /// The token in every form of this session's pages.
    #[must_use]
    pub fn form_token(&self) -> &str {
        &self.form_token
    }

    /// Whether a form came from a page of this session.
    #[must_use]
    pub fn accepts_form(&self, token: &str) -> bool {
        self.form_token.as_bytes().ct_eq(token.as_bytes()).into()
    }

    /// The member of staff as an agent of Support.
    ///
    /// # Errors
    ///
    /// `role-not-allowed`.
    pub fn agent(&self) -> Result<Agent, Failure> {
        self.member.require(Role::Agent)?;
        Ok(Agent(self.member.clone()))
    }

    /// The member of staff as a clerk at a desk.
    ///
    /// # Errors
    ///
    /// `role-not-allowed`.
    pub fn clerk(&self) -> Result<Clerk, Failure> {
        self.member.require(Role::Clerk)?;
        Ok(Clerk(self.member.clone()))
    }

    /// The member of staff as a supervisor.
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
    /// Verifies the token of a session and returns its member of staff.
    ///
    /// # Errors
    ///
    /// `session-not-accepted` for a token without a valid session at this console.
    pub async fn session(&self, token: &str, site: Site) -> Result<SignedIn, Failure> {
        attempt!(self, |work| work.session(token, site).await)
    }

    /// Ends a session. Returns the ID token with which it began, as a hint for the provider. Ending a session that has
    /// already ended is not an error.
    ///
    /// # Errors
    ///
    /// Store errors.
    pub async fn sign_out(
        &self,
        token: &str,
        site: Site,
    ) -> Result<Option<Sensitive<String>>, Failure> {
        attempt!(self, |work| {
            let id = work.session_id(token, site);
            if let Some(session) = work.load::<Session>(id).await? {
                let staff = session.value.staff;
                let said = JournalEvent::StaffSignedOut { staff, site: site.code() };
                work.say(Subject::Nobody { matter: staff.0 }, said);
                work.delete(&session);
            }
            let kept = work.load::<ProviderSession>(id).await?;
            if let Some(kept) = &kept {
                work.delete(kept);
            }
            Ok(kept.and_then(|kept| kept.value.tokens.id_token))
        })
    }

    /// Opens a session for an account whose holder was just authenticated, and returns the token for the cookie.
    /// `tokens` are those of the provider, where the provider authenticated the holder.
    pub(crate) async fn open_session(
        &self,
        staff: StaffId,
        site: Site,
        tokens: Option<ProviderTokens>,
    ) -> Result<Zeroizing<String>, Failure> {
        let secret: Zeroizing<[u8; 32]> = Zeroizing::new(self.draw());
        let token = Zeroizing::new(Base64UrlUnpadded::encode_string(&*secret));
        attempt!(self, |work| {
            let account = work.account(staff).await?.ok_or(Failure::refused(NOT_ACCEPTED))?;
            if account.value.disabled_at.is_some() {
                return Err(Failure::refused(RefusalCode::AccountDisabled));
            }
            if !account.value.roles.iter().any(|role| site.is_for(*role)) {
                return Err(Failure::refused(Rejection::RoleNotAllowed));
            }
            let now = work.now();
            // The session must begin after the instant that ended earlier sessions.
            let begun_at = now.max(account.value.sessions_from);
            let id = work.session_id(&token, site).0;
            let confirmed_at = tokens.is_some().then_some(now);
            work.insert(&Session { id, staff, begun_at, seen_at: now, confirmed_at });
            if let Some(tokens) = tokens.clone() {
                work.insert(&ProviderSession {
                    id,
                    staff,
                    site,
                    until: begun_at.plus(SESSION_LIFETIME),
                    tokens: tokens.kept(),
                    asking_until: now,
                });
            }
            let by = if tokens.is_some() { "provider" } else { "passkey" };
            let said = JournalEvent::StaffSignedIn { staff, site: site.code(), by };
            work.say(Subject::Nobody { matter: staff.0 }, said);
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
        let by_provider = session.value.confirmed_at.is_some();
        // Only one method of sign-in is valid: sessions by passkey end once a provider is configured, and the reverse.
        if now >= session.value.until() || by_provider != self.service.is_by_provider(site) {
            return Err(no());
        }
        let account = self.account(session.value.staff).await?.ok_or_else(no)?.value;
        if account.disabled_at.is_some() || session.value.begun_at < account.sessions_from {
            return Err(no());
        }
        let word_is_due = self.word_is_due(&session.value);
        let every = self.service.parts().settings.staff_confirmed_every;
        let lapsed = |at: recovery::time::Timestamp| now >= at.plus(every).plus(CONFIRMATION_GRACE);
        if session.value.confirmed_at.is_some_and(lapsed) {
            return Err(no());
        }
        if now.since(session.value.seen_at) >= TOUCHED_AFTER {
            self.put(&session, &Session { seen_at: now, ..session.value.clone() });
        }
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
                // `conduct` determines the kin for each case.
                kin: Vec::new(),
            },
            name: account.name,
            form_token: Zeroizing::new(Base64UrlUnpadded::encode_string(&form)),
            word_is_due,
        })
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
