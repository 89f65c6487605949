//! PIN registration and PIN tries. The OPAQUE messages of the crate `pin` are carried as bytes (PROTOCOLS.md sections 3
//! to 5).

use crate::Bytes;
use crate::grant::GrantView;
use crate::instance::LockState;
use crate::sign_in::SignInView;
use serde::{Deserialize, Serialize};

/// The first message of a PIN registration, `POST /v1/app/pin/registrations`.
///
/// It contains the blinded PIN and can be sent once for each grant; a retry must send the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistrationStart {
    /// The id of the grant that allows the registration.
    pub grant_id: String,
    /// The OPAQUE registration request.
    pub request: Bytes,
}

/// The reply to [`RegistrationStart`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistrationReply {
    /// The OPAQUE registration response, under a new credential identifier.
    pub response: Bytes,
}

/// The last message of a PIN registration, `PUT /v1/app/pin/registrations`.
///
/// It spends the grant. After the reply, the old PIN no longer works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistrationFinish {
    /// The id of the grant from the first message.
    pub grant_id: String,
    /// The OPAQUE registration record.
    pub record: Bytes,
}

/// The reply to [`RegistrationFinish`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PinSet {
    /// The state of the lock after the registration.
    pub lock: LockState,
}

/// The first message of a PIN try, `POST /v1/app/pin/tries`.
///
/// It reserves the try, which is counted before the reply is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TryStart {
    /// The purpose of the try.
    pub purpose: TryPurpose,
    /// The OPAQUE message KE1.
    pub ke1: Bytes,
}

/// The effect of a right PIN. It is bound to the ticket, so that a try for one purpose cannot be finished for another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "for", rename_all = "kebab-case")]
pub enum TryPurpose {
    /// The app is unlocked.
    Unlock,
    /// A sign-in is approved.
    ApproveSignIn {
        /// The id of the sign-in.
        sign_in_id: String,
    },
}

/// The reply to [`TryStart`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TryTicket {
    /// The id of the ticket, 32 lower-case hex digits.
    pub ticket_id: String,
    /// The OPAQUE message KE2.
    pub ke2: Bytes,
    /// The seconds until an unsettled ticket counts as a wrong PIN.
    pub expires_in_secs: u64,
}

/// The last message of a PIN try, `POST /v1/app/pin/tries/{ticket_id}`.
///
/// It contains KE3, or reports that the PIN was wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TryFinish {
    /// The OPAQUE message KE3; absent where the client's check of KE2 failed, which means that the PIN was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ke3: Option<Bytes>,
}

/// The reply to [`TryFinish`]. A wrong PIN is a normal reply and not an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TryOutcome {
    /// Whether the PIN was right.
    pub right: bool,
    /// The state of the lock after the try.
    pub lock: LockState,
    /// The sign-in that was approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<SignInView>,
}

/// The redemption of a temporary PIN, `POST /v1/app/temporary-pin` (PROTOCOLS.md section 5).
///
/// A wrong temporary PIN is answered with the problem `temporary-pin-wrong` and `tries_left`. Where none was issued, it
/// has expired or is used up, or it belongs to another person, the problem is `temporary-pin-not-valid`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TemporaryPin {
    /// The temporary PIN, 8 digits. Spaces do not matter.
    pub code: String,
}

impl std::fmt::Debug for TemporaryPin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TemporaryPin([hidden])")
    }
}

/// The reply to [`TemporaryPin`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Redeemed {
    /// The grant for the new PIN, which lasts ten minutes.
    pub grant: GrantView,
}
