//! Accounts of staff, which the operator's systems list and change (PROTOCOLS.md section 15).
//!
//! The client needs the scope `staff`, which the configuration gives.

use serde::{Deserialize, Serialize};

/// A page of accounts in the order of their ids, `GET /v1/staff`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StaffAccounts {
    /// At most 200 accounts, without their passkeys.
    pub accounts: Vec<StaffAccount>,
    /// The value of `after` for the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// An account, `GET /v1/staff/{account_id}`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StaffAccount {
    /// The id of the account, 32 lower-case hex digits.
    pub account_id: String,
    /// The name that the console shows.
    pub name: String,
    /// The roles of the account, such as `agent`, `clerk` or `supervisor`.
    pub roles: Vec<String>,
    /// The operator's id of the centre.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub centre: Option<String>,
    /// Since when the account is disabled, RFC 3339; absent for an enabled account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<String>,
    /// The passkeys of the account; empty in a list of accounts.
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
    /// The id of the passkey, 32 lower-case hex digits.
    pub passkey_id: String,
    /// The console to which the passkey gives access, where that was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<StaffSite>,
    /// When the passkey was made, RFC 3339, where that was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<String>,
}

/// A console of the staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum StaffSite {
    /// The console of Support.
    Support,
    /// The console of Citizen Service.
    Desk,
    /// The pages for the people who operate the service.
    Operations,
}

/// The invitation of a new member of staff, `POST /v1/staff/invitations`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StaffInvitationRequest {
    /// The name that the console shows, at most 80 characters.
    pub name: String,
    /// The roles of the account, each of which the console must admit.
    pub roles: Vec<String>,
    /// The operator's id of the centre, which agents and clerks need.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub centre: Option<String>,
    /// The console to which the link belongs.
    pub site: StaffSite,
    /// The operator's id of the member of staff as a person, so that they cannot handle their own or their family's
    /// cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The declared list of a member of staff without a record in the population register: the people whose cases they
    /// must not handle. A second member of staff approves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Vec<String>>,
}

impl std::fmt::Debug for StaffInvitationRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StaffInvitationRequest").field("site", &self.site).finish_non_exhaustive()
    }
}

/// The request for a link to register one more passkey, `POST /v1/staff/{account_id}/passkeys`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StaffKeyRequest {
    /// The console to which the passkey will give access.
    pub site: StaffSite,
    /// Whether the earlier passkeys are lost. They are then removed at once, and the sessions of the account end.
    #[serde(default)]
    pub lost: bool,
}

/// A link that can be used once and is shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StaffLink {
    /// The last part of the link: `https://CONSOLE/invite/TOKEN`.
    pub token: String,
    /// The seconds until the link expires.
    pub expires_in_secs: u64,
}

impl std::fmt::Debug for StaffLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StaffLink([hidden])")
    }
}

/// The new roles of an account, `PUT /v1/staff/{account_id}/roles`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StaffRoles {
    /// All roles of the account.
    pub roles: Vec<String>,
    /// The operator's id of the centre; where it is absent, the centre does not change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub centre: Option<String>,
}
