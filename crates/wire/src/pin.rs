//! PIN registration and PIN tries: OPAQUE messages of `pin`, carried as bytes. PROTOCOLS.md sections 3 to 5.

use crate::Bytes;
use crate::grant::GrantView;
use crate::instance::LockState;
use crate::sign_in::SignInView;
use serde::{Deserialize, Serialize};

/// `POST /v1/app/pin/registrations`: the blinded PIN. Once a grant; a retry must resend the identical bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistrationStart {
    /// The grant that pays for it.
    pub grant_id: String,
    /// `pin` registration request.
    pub request: Bytes,
}

/// The answer to [`RegistrationStart`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistrationReply {
    /// `pin` registration response under a fresh credential identifier.
    pub response: Bytes,
}

/// `PUT /v1/app/pin/registrations`: the record. Spends the grant; the old PIN is dead when this returns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistrationFinish {
    /// The grant of the start.
    pub grant_id: String,
    /// `pin` registration record.
    pub record: Bytes,
}

/// The answer to [`RegistrationFinish`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PinSet {
    /// The instance after it.
    pub lock: LockState,
}

/// `POST /v1/app/pin/tries`: the first message of a try. Reserves it: the try is counted before the answer leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TryStart {
    /// What a right PIN is for.
    pub purpose: TryPurpose,
    /// OPAQUE KE1.
    pub ke1: Bytes,
}

/// What a right PIN does. Bound into the ticket: a try begun for one cannot finish another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "for", rename_all = "kebab-case")]
pub enum TryPurpose {
    /// Opens the app.
    Unlock,
    /// Approves a sign-in.
    ApproveSignIn {
        /// The id of the sign-in.
        sign_in_id: String,
    },
}

/// The answer to [`TryStart`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TryTicket {
    /// 32 lower-case hex digits.
    pub ticket_id: String,
    /// OPAQUE KE2.
    pub ke2: Bytes,
    /// Until an unsettled ticket counts as a wrong PIN.
    pub expires_in_secs: u64,
}

/// `POST /v1/app/pin/tries/{ticket_id}`: the third message, or the app's word that the PIN was wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TryFinish {
    /// OPAQUE KE3; absent where the client's own check of KE2 failed, that is, the PIN was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ke3: Option<Bytes>,
}

/// The answer to [`TryFinish`]. A wrong PIN is an answer, not an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TryOutcome {
    /// Whether the PIN was right.
    pub right: bool,
    /// The instance after it.
    pub lock: LockState,
    /// The sign-in that was approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<SignInView>,
}

/// `POST /v1/app/temporary-pin`: redeems a temporary PIN. PROTOCOLS.md section 5.
///
/// A wrong one is the problem `temporary-pin-wrong` with `tries_left`; none issued, expired, used up and another
/// person's are all `temporary-pin-not-valid`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemporaryPin {
    /// 8 digits; spaces do not matter.
    pub code: String,
}

impl std::fmt::Debug for TemporaryPin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TemporaryPin([hidden])")
    }
}

/// The answer to [`TemporaryPin`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Redeemed {
    /// Ten minutes to choose the new PIN.
    pub grant: GrantView,
}
