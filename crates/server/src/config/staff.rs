//! `[staff]`: how agents, clerks and supervisors sign in (`docs/staff.md`).

use super::Secret;
use serde::Deserialize;
use std::path::PathBuf;

/// `[staff]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    /// The operator's OpenID Connect provider, for both consoles; without it staff sign in with passkeys.
    #[serde(default)]
    pub oidc: Option<Oidc>,
}

/// `[staff.oidc]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    /// The issuer, as it stands in its tokens.
    pub issuer: String,
    /// The client id of this service at the provider.
    pub client_id: String,
    /// The client secret of this service, where the provider gave one.
    #[serde(default)]
    pub client_secret: Option<Secret>,
    /// How the client secret is sent.
    #[serde(default)]
    pub client_authentication: ClientAuthentication,
    /// The scopes that are asked for.
    #[serde(default)]
    pub scope: Scope,
    /// Other audiences that may stand beside this service's in the provider's tokens.
    #[serde(default)]
    pub audiences: Vec<String>,
    /// The values of `acr` that are accepted.
    #[serde(default)]
    pub acr_values: Vec<String>,
    /// The greatest age of an authentication at the provider, in seconds.
    #[serde(default)]
    pub max_age_secs: Option<u32>,
    /// How often the provider has to confirm a session, in seconds.
    #[serde(default = "confirm_every_secs")]
    pub confirm_every_secs: ConfirmEvery,
    /// Certificate authorities (PEM) to trust in place of the public ones.
    #[serde(default)]
    pub trust: Option<PathBuf>,
    /// The names of the claims in which the provider sends roles, centre and person.
    #[serde(default)]
    pub claims: ClaimNames,
}

/// How the client secret is sent (OpenID Connect Core section 9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// HTTP Basic authentication in the header.
    #[default]
    ClientSecretBasic,
    /// Fields of the form in the body.
    ClientSecretPost,
}

/// The scopes that are asked for, separated by spaces, `openid` among them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Scope(pub String);

impl Default for Scope {
    fn default() -> Self {
        Self("openid profile".to_owned())
    }
}

impl TryFrom<String> for Scope {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.split(' ').any(|name| name == "openid") {
            Ok(Self(text))
        } else {
            Err("openid has to be among what is asked for")
        }
    }
}

/// Seconds between two confirmations: from a minute to the ten hours of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub struct ConfirmEvery(pub u32);

impl TryFrom<u32> for ConfirmEvery {
    type Error = &'static str;

    fn try_from(secs: u32) -> Result<Self, Self::Error> {
        if (60..=36_000).contains(&secs) {
            Ok(Self(secs))
        } else {
            Err("between 60 and 36000 seconds")
        }
    }
}

const fn confirm_every_secs() -> ConfirmEvery {
    ConfirmEvery(600)
}

/// `[staff.oidc.claims]`: names, or JSON pointers where they begin with `/`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClaimNames {
    /// The name that the console shows.
    pub name: String,
    /// The roles: a list of names, or one name.
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
