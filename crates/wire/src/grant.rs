//! What allows a new PIN.

use serde::{Deserialize, Serialize};

/// The one thing that sets a new PIN. PROTOCOLS.md section 4.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GrantView {
    /// 32 lower-case hex digits.
    pub grant_id: String,
    /// Until it lapses.
    pub seconds_left: u64,
    /// `YYYY-MM-DD` (parts may be `00`): lets the app refuse a PIN made of the holder's birth date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
}
