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
    /// Our name there.
    pub client_id: String,
    /// Our secret there, where the provider gave one.
    #[serde(default)]
    pub client_secret: Option<Secret>,
    /// How the secret is shown.
    #[serde(default)]
    pub client_authentication: ClientAuthentication,
    /// What is asked for.
    #[serde(default)]
    pub scope: Scope,
    /// Other audiences that may stand beside ours in its tokens.
    #[serde(default)]
    pub audiences: Vec<String>,
    /// One of these has to stand in `acr`.
    #[serde(default)]
    pub acr_values: Vec<String>,
    /// How long ago somebody may have proven who they are.
    #[serde(default)]
    pub max_age_secs: Option<u32>,
    /// How often the provider has to stand by a session.
    #[serde(default = "confirm_every_secs")]
    pub confirm_every_secs: ConfirmEvery,
    /// Certificate authorities (PEM) to trust in place of the public ones.
    #[serde(default)]
    pub trust: Option<PathBuf>,
    /// Where the provider says what.
    #[serde(default)]
    pub claims: ClaimNames,
}

/// How the client's secret is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// In the header.
    #[default]
    ClientSecretBasic,
    /// In the form.
    ClientSecretPost,
}

/// What is asked for, separated by spaces; `openid` is among it.
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

/// Between a minute and the ten hours of a session.
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
