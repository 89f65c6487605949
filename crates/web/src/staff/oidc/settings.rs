//! What the operator says about the provider (`docs/staff.md`).

use super::line::OidcClient;
use std::sync::Arc;
use zeroize::Zeroizing;

/// How this service proves to the provider who it is (OpenID Connect Core section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// `client_secret_basic`: in the header.
    Basic,
    /// `client_secret_post`: in the form.
    Post,
}

/// Where the provider says what: names of claims, or JSON pointers (RFC 6901) where they begin with `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimNames {
    /// As shown in the console.
    pub name: String,
    /// A list of names of roles, or one.
    pub roles: String,
    /// The operator's own id of the centre.
    pub centre: String,
    /// The operator's own id of the member.
    pub person: String,
    /// A list of persons to be kept from, for a member without a national record.
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

/// The operator's provider.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// As it stands in its tokens; its description is below `/.well-known/openid-configuration`.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Our secret there, where the provider gave one.
    pub client_secret: Option<Zeroizing<String>>,
    /// How the secret is shown.
    pub client_authentication: ClientAuthentication,
    /// What is asked for, separated by spaces; `openid` is among it.
    pub scope: String,
    /// Where it says what.
    pub claims: ClaimNames,
    /// Other audiences that may stand beside ours in its tokens.
    pub audiences: Vec<String>,
    /// One of these has to stand in `acr`; none: any way to sign in will do.
    pub acr_values: Vec<String>,
    /// How long ago somebody may have proven who they are, in seconds.
    pub max_age_secs: Option<u32>,
    /// The way there.
    pub client: Arc<dyn OidcClient>,
}
