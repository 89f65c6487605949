//! Requests of the operator's systems: enrolment, app instances, channels, P codes and foreign documents (PROTOCOLS.md
//! section 1).
//!
//! All requests have a bearer token from `POST /oauth/token` (the client-credentials grant of RFC 6749), and those that
//! change something have an `Idempotency-Key`.

use serde::{Deserialize, Serialize};

/// The enrolment of a person, `POST /v1/enrolments`.
///
/// It offers the activation of one more app instance and returns the activation code.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolmentRequest {
    /// The operator's id of the person, 1 to 64 characters.
    pub person: String,
    /// The national number (CPR), `DDMMYYSSSS` or `DDMMYY-SSSS`; absent for a person who has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub national_number: Option<String>,
    /// The channels that the operator has confirmed.
    pub channels: Vec<Channel>,
    /// The language of the person: `da` or `en`.
    pub language: String,
}

impl std::fmt::Debug for EnrolmentRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EnrolmentRequest([hidden])")
    }
}

/// A confirmed channel to a person: a telephone number or an e-mail address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Channel {
    /// The kind of the channel.
    pub kind: ChannelKind,
    /// A telephone number in E.164 with `+`, or an e-mail address.
    pub address: String,
    /// When the channel was registered or last changed, RFC 3339.
    pub changed_at: String,
    /// When the person proved that the channel is theirs, RFC 3339; not before it was registered.
    pub confirmed_at: String,
    /// When the SIM of the number was last changed or the number ported, RFC 3339, where the operator knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sim_changed_at: Option<String>,
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Channel").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// The kind of a [`Channel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ChannelKind {
    /// Text messages.
    Sms,
    /// E-mail.
    Email,
}

/// The reply to [`EnrolmentRequest`]. The code is shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Enrolment {
    /// The number of the offer, 10 characters, which is not secret. The person types it together with the code, so a
    /// letter must contain both.
    pub offer_id: String,
    /// The activation code, 8 characters.
    pub activation_code: String,
    /// Both together as a link, which can also be a QR code: `genvej://activate/OFFER/CODE`.
    pub activation_link: String,
    /// When the code expires, RFC 3339.
    pub expires_at: String,
}

impl std::fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Enrolment").field("offer_id", &self.offer_id).finish_non_exhaustive()
    }
}

/// A bound app of a person, `GET /v1/people/{person}/instances`.
///
/// `DELETE /v1/instances/{instance_id}` unbinds it, and `POST /v1/people/{person}/lost-phone` unbinds several or all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BoundInstance {
    /// The id of the app instance, 32 lower-case hex digits.
    pub instance_id: String,
    /// The name that the person gave the phone.
    pub device_name: String,
    /// When the app was bound, RFC 3339.
    pub bound_at: String,
    /// Whether a first PIN was set.
    pub has_pin: bool,
}

/// The report of a lost phone, `POST /v1/people/{person}/lost-phone`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LostPhone {
    /// The ids of the app instances to unbind; empty means all of the person's.
    #[serde(default)]
    pub instance_ids: Vec<String>,
}

/// The new channels of a person, `PUT /v1/people/{person}/channels`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Channels {
    /// All channels of the person. A known channel that is missing here is removed, and is still sent notices for 30
    /// days.
    pub channels: Vec<Channel>,
}

/// The request for a P code, `POST /v1/p-codes`.
///
/// A P code is for a person without a national number and for one document (SERVICE.md R7).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PCodeRequest {
    /// The operator's id of the person.
    pub person: String,
    /// The state that issued the document, three letters (Doc 9303-3 section 5).
    pub issuing_state: String,
    /// The number as on the document.
    pub document_number: String,
}

impl std::fmt::Debug for PCodeRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PCodeRequest([hidden])")
    }
}

/// The reply to [`PCodeRequest`]. The code is shown once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PCodeIssued {
    /// The P code, 8 digits.
    pub code: String,
    /// When the code expires, RFC 3339.
    pub expires_at: String,
    /// The number of completed identifications for which the code can be used.
    pub uses: u8,
}

impl std::fmt::Debug for PCodeIssued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PCodeIssued").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// The record of a foreign document, `POST /v1/people/{person}/foreign-documents`.
///
/// The passport or identity card of another state belongs to a person who has a national number, which such a document
/// does not contain.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForeignDocumentRequest {
    /// The state that issued the document, three letters (Doc 9303-3 section 5).
    pub issuing_state: String,
    /// The number as on the document.
    pub document_number: String,
}

impl std::fmt::Debug for ForeignDocumentRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ForeignDocumentRequest([hidden])")
    }
}

/// A recorded foreign document, without its number. Every channel of the person was told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForeignDocument {
    /// The id of the record, 32 lower-case hex digits.
    pub document_id: String,
    /// From when the document can be used, RFC 3339.
    pub good_from: String,
}

/// The reply of `POST /oauth/token`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Token {
    /// The token, which is opaque to the client.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// The seconds until the token expires.
    pub expires_in: u64,
    /// The scopes of the token, separated by spaces.
    pub scope: String,
}

/// The error reply of `POST /oauth/token` (RFC 6749 section 5.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenProblem {
    /// The error code: `invalid_request`, `invalid_client`, `unsupported_grant_type` or `invalid_scope`.
    pub error: String,
    /// An explanation for the developer of the client.
    pub error_description: String,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}
