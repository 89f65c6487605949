//! Sign-in at the operator's OpenID Connect provider. The claims of its ID token determine the account.

use super::account::{NAME_CHARS_MAX, PERSON_BYTES_MAX};
use super::provider_session::ProviderTokens;
use super::{Account, Site};
use crate::conduct::OwnPerson;
use crate::work::{Subject, Work};
use crate::{Failure, RefusalCode, Service};
use recovery::event::JournalEvent;
use recovery::id::StaffId;
use recovery::sensitive::Sensitive;
use recovery::staff::Role;
use recovery::time::Duration;
use zeroize::Zeroizing;

/// How long a sign-in at the provider may take.
pub const UNDER_WAY_MAX: Duration = Duration::from_mins(10);
/// The longest subject, in bytes (OpenID Connect Core section 2).
pub const SUBJECT_BYTES_MAX: usize = 255;
/// The longest id that the operator has for a centre, in bytes.
pub const CENTRE_BYTES_MAX: usize = 64;

/// The claims of a verified ID token about a member of staff.
#[derive(Clone, Debug)]
pub struct Claims {
    /// The issuer, which identifies the provider.
    pub issuer: String,
    /// The subject, which identifies the member of staff at the provider permanently.
    pub subject: String,
    /// The name that the console shows; a long one is cut.
    pub name: String,
    /// The names of roles; unknown names are ignored.
    pub roles: Vec<String>,
    /// The operator's id of the centre.
    pub centre: Option<String>,
    /// The id of the member of staff as a person: the operator's id or the national number.
    pub person: Option<Sensitive<String>>,
    /// The people in the declared list of a member of staff without a record in the population register. The list is
    /// used only where there is no person id.
    pub declared: Option<Vec<String>>,
}

impl Service {
    /// Opens a session for a member of staff whom the provider authenticated, and updates the account from the claims.
    /// `sign_in` identifies the sign-in, which can open one session.
    ///
    /// # Errors
    ///
    /// `role-not-allowed` for a member of staff without a role at this console; `account-disabled`;
    /// `staff-claim-invalid` for a claim that cannot be stored; `staff-centre-unknown`, `staff-sign-in-used`;
    /// `staff-by-passkey` where no provider is configured.
    pub async fn sign_in_by_provider(
        &self,
        claims: &Claims,
        tokens: &ProviderTokens,
        site: Site,
        sign_in: &str,
    ) -> Result<Zeroizing<String>, Failure> {
        if !self.is_by_provider(site) {
            return Err(Failure::refused(RefusalCode::StaffByPasskey));
        }
        let staff = attempt!(self, |work| {
            let once = work.once_id("staff sign-in", &[site.code().as_bytes(), sign_in.as_bytes()]);
            let until = work.now().plus(UNDER_WAY_MAX);
            work.use_once(once, until, RefusalCode::StaffSignInUsed).await?;
            work.take_over(claims).await
        })?;
        self.open_session(staff, site, Some(tokens.clone())).await
    }

    /// A value that only this service can compute from `secret`, for one console and one purpose: the state, nonce or
    /// verifier of an unfinished sign-in.
    #[must_use]
    pub fn provider_secret(&self, purpose: &'static str, site: Site, secret: &str) -> [u8; 32] {
        let parts = [purpose.as_bytes(), site.code().as_bytes(), secret.as_bytes()];
        self.parts().keys.code_hash("staff sign-in", &parts)
    }

    /// Draws a secret for a browser that begins a sign-in.
    #[must_use]
    pub fn draw_provider_secret(&self) -> [u8; 32] {
        self.draw()
    }
}

impl Work<'_> {
    /// Makes or updates the account of a subject from the provider's claims.
    pub(super) async fn take_over(&mut self, claims: &Claims) -> Result<StaffId, Failure> {
        let invalid = || Failure::refused(RefusalCode::StaffClaimInvalid);
        let person = claims.person.as_ref();
        // A value that could not be loaded again would lock the member of staff out for good, so it is refused before
        // it is saved.
        if claims.subject.is_empty()
            || claims.subject.len() > SUBJECT_BYTES_MAX
            || person.is_some_and(|it| !fits(it.expose(), PERSON_BYTES_MAX))
            || claims.centre.as_ref().is_some_and(|it| !fits(it, CENTRE_BYTES_MAX))
        {
            return Err(invalid());
        }
        let id = self.subject_id(&claims.issuer, &claims.subject);
        let before = self.account(id).await?;
        let unused = || Account::new(id, String::new(), Vec::new());
        let mut account = before.as_ref().map_or_else(unused, |before| before.value.clone());
        account.name = shown_name(&claims.name).ok_or_else(invalid)?;
        account.roles = roles(&claims.roles);
        account.centre = match claims.centre.as_deref() {
            Some(name) => {
                // This code differs from the one for a mistyped centre, because here the provider's directory has to be
                // corrected.
                match self.centre_by_name(name).await {
                    Err(Failure::Refused(_)) => {
                        return Err(Failure::refused(RefusalCode::StaffCentreUnknown));
                    }
                    found => Some(found?.value.centre.id),
                }
            }
            None => None,
        };
        // The cases that the member of staff must not handle have a row of their own.
        account.kin = Vec::new();
        let declared = claims.declared.as_deref().filter(|_| person.is_none());
        let own = OwnPerson::read(person.map(|it| it.expose().as_str()), declared)?;
        self.take_person(id, &own).await?;
        if before.as_ref().is_none_or(|before| before.value != account) {
            let roles = account.roles.iter().map(|role| role.code()).collect();
            let said = match &before {
                None => JournalEvent::StaffAccountMade { staff: id, roles },
                Some(_) => JournalEvent::StaffAccountChanged { staff: id, roles },
            };
            self.say(Subject::Nobody { matter: id.0 }, said);
            self.save(before.as_ref(), &account);
        }
        Ok(id)
    }
}

fn fits(text: &str, bytes_max: usize) -> bool {
    !text.is_empty() && text.len() <= bytes_max && !text.chars().any(char::is_control)
}

/// A name of the provider as the console shows it: control characters are left out, and a name that is too long is cut.
fn shown_name(text: &str) -> Option<String> {
    let plain = text.chars().filter(|c| !c.is_control());
    let cut: String = plain.take(NAME_CHARS_MAX.saturating_mul(4)).collect();
    let name: String = cut.trim().chars().take(NAME_CHARS_MAX).collect();
    let name = name.trim_end().to_owned();
    (!name.is_empty()).then_some(name)
}

fn roles(names: &[String]) -> Vec<Role> {
    Role::ALL.into_iter().filter(|role| names.iter().any(|name| name == role.code())).collect()
}
