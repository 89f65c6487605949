//! Accounts of staff, as the operator's own systems see and change them. PROTOCOLS.md section 15.
//!
//! These calls need a client that the configuration gave the scope `staff`.

use serde::{Deserialize, Serialize};

/// `GET /v1/staff`: accounts in the order of their ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StaffAccounts {
    /// At most 200, without their passkeys.
    pub accounts: Vec<StaffAccount>,
    /// Where there are more: the value of `after` with which to ask for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `GET /v1/staff/{account_id}`: one account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StaffAccount {
    /// 32 lower-case hex digits.
    pub account_id: String,
    /// As shown in the console.
    pub name: String,
    /// `agent`, `clerk`, `supervisor`.
    pub roles: Vec<String>,
    /// The operator's own id of the centre.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub centre: Option<String>,
    /// Since when nobody gets in with it, RFC 3339; absent for one that is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<String>,
    /// Its passkeys; empty in a list.
    #[serde(default)]
    pub passkeys: Vec<StaffPasskey>,
}

impl std::fmt::Debug for StaffAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StaffAccount").field("account_id", &self.account_id).finish_non_exhaustive()
    }
}

/// A registered passkey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StaffPasskey {
    /// 32 lower-case hex digits.
    pub passkey_id: String,
    /// The console that it opens, where that was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<StaffSite>,
    /// When it was made, RFC 3339, where that was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<String>,
}

/// A console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum StaffSite {
    /// Support.
    Support,
    /// Citizen Service.
    Desk,
    /// Those who run the service.
    Operations,
}

/// `POST /v1/staff/invitations`: somebody new.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StaffInvitationRequest {
    /// As shown in the console, at most 80 characters.
    pub name: String,
    /// What they will be allowed: roles that the console admits.
    pub roles: Vec<String>,
    /// The operator's own id of the centre; agents and clerks need one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub centre: Option<String>,
    /// The console that the link is for.
    pub site: StaffSite,
    /// The member's own person id, by which they are kept from their own and their family's cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// For a member without a national record: the persons to be kept from, which a second member approves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Vec<String>>,
}

impl std::fmt::Debug for StaffInvitationRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StaffInvitationRequest").field("site", &self.site).finish_non_exhaustive()
    }
}

/// `POST /v1/staff/{account_id}/passkeys`: a link for one more passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StaffKeyRequest {
    /// The console that it will open.
    pub site: StaffSite,
    /// Whether the earlier ones are lost: they are taken out at once, and sessions end.
    #[serde(default)]
    pub lost: bool,
}

/// A link that works once. It is shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StaffLink {
    /// The last part of the link: `https://CONSOLE/invite/TOKEN`.
    pub token: String,
    /// How long it works, in seconds.
    pub expires_in_secs: u64,
}

impl std::fmt::Debug for StaffLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StaffLink([hidden])")
    }
}

/// `PUT /v1/staff/{account_id}/roles`: what an account may do from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StaffRoles {
    /// All of them.
    pub roles: Vec<String>,
    /// The operator's own id of the centre; where nothing is said it stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub centre: Option<String>,
}
