//! The right to set a new PIN.

use serde::{Deserialize, Serialize};

/// A grant: the right to set one new PIN, without which none can be set (PROTOCOLS.md section 4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GrantView {
    /// The id of the grant, 32 lower-case hex digits.
    pub grant_id: String,
    /// The seconds until the grant lapses.
    pub seconds_left: u64,
    /// The birth date of the document's holder, `YYYY-MM-DD` (parts may be `00`), so that the app can refuse a PIN made
    /// of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
}
