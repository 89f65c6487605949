//! The operator's settings for the provider (`docs/staff.md`).

use super::line::OidcClient;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The method by which this service authenticates to the provider (OpenID Connect Core section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// `client_secret_basic`: the secret is in the header.
    Basic,
    /// `client_secret_post`: the secret is in the form.
    Post,
}

/// The names of the provider's claims. A name that begins with `/` is a JSON pointer (RFC 6901) to a nested claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimNames {
    /// The claim with the name that the console shows.
    pub name: String,
    /// The claim with the roles: a list of names, or a single name.
    pub roles: String,
    /// The claim with the operator's id of the centre.
    pub centre: String,
    /// The claim with the operator's id of the member of staff as a person.
    pub person: String,
    /// The claim with the declared list: the people whose cases the member of staff must not handle, where the
    /// population register has no record of that member.
    pub declared: String,
}

impl Default for ClaimNames {
    fn default() -> Self {
        Self {
            name: "name".to_owned(),
            roles: "genvej_roles".to_owned(),
            centre: "genvej_centre".to_owned(),
            person: "genvej_person".to_owned(),
            declared: "genvej_declared".to_owned(),
        }
    }
}

/// The settings for the operator's provider.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// The issuer as the provider's tokens name it; the provider's metadata is at `/.well-known/openid-configuration`
    /// below it.
    pub issuer: String,
    /// The client id of this service at the provider.
    pub client_id: String,
    /// The client secret of this service, where the provider issued one.
    pub client_secret: Option<Zeroizing<String>>,
    /// The method by which the secret is sent.
    pub client_authentication: ClientAuthentication,
    /// The requested scopes, separated by spaces; `openid` is among them.
    pub scope: String,
    /// The names of the provider's claims.
    pub claims: ClaimNames,
    /// The other audiences that the provider's tokens may name besides this service.
    pub audiences: Vec<String>,
    /// The accepted values of `acr`; where there are none, every method of authentication is accepted.
    pub acr_values: Vec<String>,
    /// How long ago the person may have authenticated at the provider, in seconds.
    pub max_age_secs: Option<u32>,
    /// The client that sends requests to the provider.
    pub client: Arc<dyn OidcClient>,
}
