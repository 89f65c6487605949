//! Sign-in by the operator's OpenID Connect provider: what its ID token says becomes an account.

use super::invitation::staff_name;
use super::{Account, Site, head};
use crate::{Failure, Service};
use recovery::id::{CentreId, StaffId};
use recovery::sensitive::Sensitive;
use recovery::staff::Role;
use store::Id;
use zeroize::Zeroizing;

/// What a verified ID token says about a member of staff.
#[derive(Clone, Debug)]
pub struct Claims {
    /// The provider.
    pub issuer: String,
    /// The member there, for ever.
    pub subject: String,
    /// As shown in the console.
    pub name: String,
    /// `genvej_roles`; names that are no role of ours give nothing.
    pub roles: Vec<String>,
    /// `genvej_centre`.
    pub centre: Option<CentreId>,
    /// `genvej_person`: the operator's own id of the member.
    pub person: Option<Sensitive<String>>,
}

impl Service {
    /// Opens a session for whom the provider has named; the account follows what the provider says now.
    ///
    /// # Errors
    ///
    /// `role-not-allowed` for somebody without a role at this site.
    pub async fn sign_in_by_provider(
        &self,
        claims: &Claims,
        site: Site,
    ) -> Result<Zeroizing<String>, Failure> {
        let name = staff_name(&claims.name)?;
        let subject = self.parts().keys.code_hash(
            "staff subject",
            &[claims.issuer.as_bytes(), claims.subject.as_bytes()],
        );
        let id = StaffId(head(subject).0);
        attempt!(self, |work| {
            let before = work.load::<Account>(Id(id.0)).await?;
            let account = Account {
                id,
                name: name.clone(),
                roles: roles(&claims.roles),
                centre: claims.centre,
                kin: claims.person.iter().cloned().collect(),
            };
            if before.as_ref().is_none_or(|before| before.value != account) {
                work.save(before.as_ref(), &account);
            }
            Ok(())
        })?;
        self.open_session(id, site).await
    }

    /// A value that only this service can compute from `secret`: state, nonce and verifier of a sign-in under way.
    #[must_use]
    pub fn provider_secret(&self, purpose: &'static str, secret: &str) -> [u8; 32] {
        self.parts()
            .keys
            .code_hash("staff sign-in", &[purpose.as_bytes(), secret.as_bytes()])
    }

    /// A fresh secret for a browser that begins to sign in.
    #[must_use]
    pub fn draw_provider_secret(&self) -> [u8; 32] {
        self.draw()
    }
}

fn roles(names: &[String]) -> Vec<Role> {
    Role::ALL.into_iter().filter(|role| names.iter().any(|name| name == role.code())).collect()
}
