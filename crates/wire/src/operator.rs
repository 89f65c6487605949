//! The operator's own systems: enrolment, instances, channels, P codes. PROTOCOLS.md section 1.
//!
//! All calls carry a bearer token got from `POST /oauth/token` (RFC 6749 client credentials) and an `Idempotency-Key`.

use serde::{Deserialize, Serialize};

/// `POST /v1/enrolments`: an activation code for one more app instance of a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolmentRequest {
    /// The operator's own id of the person, 1 to 64 characters.
    pub person: String,
    /// The national number (CPR), `DDMMYYSSSS` with or without `-`; absent for a person who has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub national_number: Option<String>,
    /// Channels that the operator has confirmed.
    pub channels: Vec<Channel>,
    /// `da` or `en`.
    pub language: String,
}

impl std::fmt::Debug for EnrolmentRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EnrolmentRequest([hidden])")
    }
}

/// A confirmed way to reach a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Channel {
    /// By SMS or by e-mail.
    pub kind: ChannelKind,
    /// E.164 number with `+`, or an e-mail address.
    pub address: String,
    /// When it was registered or last changed, RFC 3339.
    pub changed_at: String,
    /// When the person proved that it is theirs, RFC 3339; not before it was registered.
    pub confirmed_at: String,
    /// When the SIM behind a number was last changed or the number ported, RFC 3339, where you are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sim_changed_at: Option<String>,
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Channel").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Kinds of [`Channel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ChannelKind {
    /// Text message.
    Sms,
    /// E-mail.
    Email,
}

/// The answer to [`EnrolmentRequest`]. The code is shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Enrolment {
    /// 10 characters; no secret. The person types it beside the code, so a letter prints both.
    pub offer_id: String,
    /// 8 characters.
    pub activation_code: String,
    /// Both in one, for a link or a QR code: `genvej://activate/OFFER/CODE`.
    pub activation_link: String,
    /// RFC 3339.
    pub expires_at: String,
}

impl std::fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Enrolment").field("offer_id", &self.offer_id).finish_non_exhaustive()
    }
}

/// `GET /v1/people/{person}/instances`: one bound app. `DELETE /v1/instances/{instance_id}` unbinds it;
/// `POST /v1/people/{person}/lost-phone` unbinds all that the body names, or all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BoundInstance {
    /// 32 lower-case hex digits.
    pub instance_id: String,
    /// What the person calls the phone.
    pub device_name: String,
    /// RFC 3339.
    pub bound_at: String,
    /// Whether a first PIN was set.
    pub has_pin: bool,
}

/// `POST /v1/people/{person}/lost-phone`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LostPhone {
    /// Which instances; empty means all.
    #[serde(default)]
    pub instance_ids: Vec<String>,
}

/// `PUT /v1/people/{person}/channels`: the person's channels as they are from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Channels {
    /// All of them; one that is missing is removed (and still gets notices for 30 days).
    pub channels: Vec<Channel>,
}

/// `POST /v1/p-codes`: a P code for a person without a national number and one document. SERVICE.md R7.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PCodeRequest {
    /// The operator's id of the person.
    pub person: String,
    /// Three letters, Doc 9303-3 section 5.
    pub issuing_state: String,
    /// As on the document.
    pub document_number: String,
}

impl std::fmt::Debug for PCodeRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PCodeRequest([hidden])")
    }
}

/// The answer to [`PCodeRequest`]. The code is shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PCodeIssued {
    /// 8 digits.
    pub code: String,
    /// RFC 3339.
    pub expires_at: String,
    /// Completed identifications it is good for.
    pub uses: u8,
}

impl std::fmt::Debug for PCodeIssued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PCodeIssued").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// `POST /v1/people/{person}/foreign-documents`: a passport or identity card of another state is this person's, who has a national
/// number that the document does not carry.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForeignDocumentRequest {
    /// Three letters, Doc 9303-3 section 5.
    pub issuing_state: String,
    /// As on the document.
    pub document_number: String,
}

impl std::fmt::Debug for ForeignDocumentRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ForeignDocumentRequest([hidden])")
    }
}

/// A recorded document, without its number. Every channel of the person was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForeignDocument {
    /// 32 lower-case hex digits.
    pub document_id: String,
    /// From when on it can be used, RFC 3339.
    pub good_from: String,
}

/// `POST /oauth/token`: the answer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Token {
    /// Opaque.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: String,
    /// Seconds.
    pub expires_in: u64,
    /// What it is good for, names separated by spaces.
    pub scope: String,
}

/// `POST /oauth/token`: why there is none (RFC 6749 section 5.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenProblem {
    /// `invalid_request`, `invalid_client`, `unsupported_grant_type` or `invalid_scope`.
    pub error: String,
    /// For whoever writes the client.
    pub error_description: String,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}
