//! The data that a phone read from a chip, before anything is verified (PROTOCOLS.md sections 6 and 7).

use crate::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The request for a challenge, `POST /v1/app/recoveries/{case_id}/active-authentication-challenge`.
///
/// The phone sends it after access control. Each chip session gets one challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChallengeRequest {
    /// 16 random bytes with which the phone names the chip session. A new session needs a new challenge.
    pub chip_session: Bytes,
}

/// The reply to [`ChallengeRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Challenge {
    /// The challenge RND.IFD of Doc 9303-11 section 6.1, 8 bytes.
    pub challenge: Bytes,
    /// The seconds until the challenge expires. It can be used once.
    pub expires_in_secs: u64,
}

/// A complete read of a chip, `POST /v1/app/recoveries/{case_id}/chip`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChipReading {
    /// The chip session that was given the challenge.
    pub chip_session: Bytes,
    /// The raw files by name: `com`, `sod`, `dg1`, `dg2`, `dg7`, `dg11`, `dg12`, `dg13`, `dg14`, `dg15`, `dg16`,
    /// `card-access`, `card-security`.
    pub files: BTreeMap<String, Bytes>,
    /// The protocol that gave access to the chip.
    pub access: AccessControl,
    /// The chip's answer to the challenge, where it has active authentication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_authentication: Option<Bytes>,
    /// The chip's answer to the command in [`crate::relay::Agreement`], where the server agreed on keys with the chip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chip_authentication: Option<Bytes>,
    /// The P code, 8 digits, where the document has no national number. An unknown or expired code and one for another
    /// document are all answered with the problem `p-code-invalid` (PROTOCOLS.md section 9).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_code: Option<String>,
    /// The number of command-response pairs of the read, for measurement.
    pub apdus: u32,
}

impl std::fmt::Debug for ChipReading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChipReading").field("files", &self.files.keys()).finish_non_exhaustive()
    }
}

/// The access control protocol that the phone reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AccessControl {
    /// Basic Access Control (BAC), because the document offered no PACE.
    Bac,
    /// PACE.
    Pace,
    /// BAC, because PACE was offered and failed. The verdict reports this as a deviation.
    BacAfterPace,
}
