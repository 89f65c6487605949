//! Sign-in by the operator's OpenID Connect provider: what its ID token says becomes an account.

use super::invitation::staff_name;
use super::{Account, Site, head};
use crate::{Failure, Service};
use chip::curve::{Curve, Point};
use chip::key::{EcPublicKey, PublicKey, RsaPublicKey};
use chip::signature::SignatureAlgorithm;
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

/// The shortest RSA key that may sign an ID token (RFC 7518 section 3.3).
const RSA_MODULUS_BITS_MIN: usize = 2048;

/// A key of the provider's key set.
#[derive(Clone, Debug)]
pub struct ProviderKey(PublicKey);

impl ProviderKey {
    /// For `RS256`: modulus and exponent, big-endian.
    #[must_use]
    pub fn rs256(modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let key = RsaPublicKey::new(modulus, exponent).ok()?;
        (key.bits() >= RSA_MODULUS_BITS_MIN).then_some(Self(PublicKey::Rsa(key)))
    }

    /// For `ES256`: the coordinates, 32 bytes each.
    #[must_use]
    pub fn es256(x: &[u8], y: &[u8]) -> Option<Self> {
        if x.len() != 32 || y.len() != 32 {
            return None;
        }
        let point = Point::from_sec1(Curve::P256, &[&[4], x, y].concat()).ok()?;
        Some(Self(PublicKey::Ec(EcPublicKey::new(point))))
    }

    /// Whether `signature` signs `message` as the key's one algorithm has it (RFC 7518 sections 3.3 and 3.4).
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let hash = chip::signature::HashAlgorithm::Sha256;
        let algorithm = match &self.0 {
            PublicKey::Rsa(_) => SignatureAlgorithm::RsaPkcs1(hash),
            PublicKey::Ec(_) if signature.len() == 64 => SignatureAlgorithm::EcdsaPlain(hash),
            PublicKey::Ec(_) => return false,
        };
        algorithm.verify(&self.0, message, signature).is_ok()
    }
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
        let subject = self
            .parts()
            .keys
            .code_hash("staff subject", &[claims.issuer.as_bytes(), claims.subject.as_bytes()]);
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
        self.parts().keys.code_hash("staff sign-in", &[purpose.as_bytes(), secret.as_bytes()])
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
