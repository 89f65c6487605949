//! What a phone read from a chip: bytes, believed by nobody. PROTOCOLS.md sections 6 and 7.

use crate::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `POST /v1/app/recoveries/{case_id}/active-authentication-challenge`: fetched after access control; one a chip session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChallengeRequest {
    /// 16 random bytes of the phone that name the chip session; a new session needs a new challenge.
    pub chip_session: Bytes,
}

/// The answer to [`ChallengeRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Challenge {
    /// RND.IFD of Doc 9303-11 section 6.1, 8 bytes.
    pub challenge: Bytes,
    /// Valid for so long, once.
    pub expires_in_secs: u64,
}

/// `POST /v1/app/recoveries/{case_id}/chip`: one whole read.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChipReading {
    /// The session that asked for the challenge.
    pub chip_session: Bytes,
    /// Raw files by name: `com`, `sod`, `dg1`, `dg2`, `dg7`, `dg11`, `dg12`, `dg13`, `dg14`, `dg15`, `dg16`, `card-access`, `card-security`.
    pub files: BTreeMap<String, Bytes>,
    /// How access to the chip was had.
    pub access: AccessControl,
    /// The chip's answer to the challenge, where it has active authentication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_authentication: Option<Bytes>,
    /// The chip's answer to the command that [`crate::relay::Agreement`] forwards, where keys were agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chip_authentication: Option<Bytes>,
    /// The P code, 8 digits, where the document carries no national number. Unknown, expired and wrongly paired codes give
    /// one answer, the problem `p-code-invalid` (PROTOCOLS.md section 9).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_code: Option<String>,
    /// Command/response pairs that the read took: a measurement.
    pub apdus: u32,
}

impl std::fmt::Debug for ChipReading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChipReading").field("files", &self.files.keys()).finish_non_exhaustive()
    }
}

/// Access control as the phone says it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AccessControl {
    /// Basic Access Control; the document offered no PACE.
    Bac,
    /// PACE.
    Pace,
    /// PACE was offered, failed, and BAC was used: a deviation that the verdict names.
    BacAfterPace,
}
