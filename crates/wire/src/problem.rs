//! Errors as problem details of RFC 9457.

use serde::{Deserialize, Serialize};

/// An error, for programs (`code`) and for people (`title`, `detail`, `next`).
///
/// The `code` is stable and in kebab-case. The texts are in the language of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// The type of the problem: `urn:genvej:problem:CODE`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened, in a few words.
    pub title: String,
    /// The HTTP status of the response.
    pub status: u16,
    /// The stable code.
    pub code: String,
    /// Why it happened, in complete sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What the person can do now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The number of tries until the next lock or until the end, where the caller may know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tries_left: Option<u8>,
    /// The seconds until the same request can succeed, where waiting helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_secs: Option<u64>,
}
