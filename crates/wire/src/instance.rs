//! An app instance (device key × person): activation and state. PROTOCOLS.md section 1.

use crate::Bytes;
use crate::grant::GrantView;
use crate::recovery::RecoveryView;
use serde::{Deserialize, Serialize};

/// `POST /v1/app/nonce`: asks for a nonce before the first signed request. Unsigned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NonceRequest {
    /// The instance id that will sign, or the key thumbprint for an activation. Unknown ids get a nonce that looks the same.
    pub keyid: String,
}

/// The answer to [`NonceRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NonceReply {
    /// Single use, bound to `keyid`.
    pub nonce: String,
    /// How long it lives.
    pub expires_in_secs: u64,
}

/// `POST /v1/app/activations`: redeems an activation code for this device key.
///
/// Signed by the new key itself; `keyid` of the signature is the key's thumbprint: lower-case hex of the SHA-256 of the
/// 65 bytes of [`Activation::device_public_key`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Activation {
    /// The offer's number, 10 characters; case, spaces and hyphens do not matter.
    pub offer_id: String,
    /// 8 characters; likewise.
    pub activation_code: String,
    /// P-256 public key, SEC 1 uncompressed, 65 bytes.
    pub device_public_key: Bytes,
    /// What the person calls the phone, at most 40 characters; shown to the person and to a clerk.
    pub device_name: String,
    /// `da` or `en`.
    pub language: String,
}

impl std::fmt::Debug for Activation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Activation").field("activation_code", &"[hidden]").finish_non_exhaustive()
    }
}

/// The answer to [`Activation`]: the instance waits for its first PIN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Activated {
    /// 32 lower-case hex digits; the `keyid` of every later signature.
    pub instance_id: String,
    /// Good for the first PIN.
    pub grant: GrantView,
}

/// `GET /v1/app/state`: what a signed instance may know about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InstanceState {
    /// Ready, locked, blocked …
    pub lock: LockState,
    /// An unspent right to choose a PIN; survives a restart of the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<GrantView>,
    /// The open chip + face recovery of this instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<RecoveryView>,
    /// Whether a service asks this person to sign in; which, is found by its number (`POST /v1/app/sign-ins/find`).
    #[serde(default)]
    pub sign_in_waits: bool,
    /// The server's clock, RFC 3339 UTC: for the words "as of" only.
    pub as_of: String,
    /// Support's telephone number as the operator configured it.
    pub support_phone: String,
    /// Where a time at a Citizen Service Centre is booked.
    pub booking_url: String,
    /// The page that shows how to scan; empty where there is none.
    #[serde(default)]
    pub scanning_url: String,
    /// The oldest version of the app that is still served, `major.minor.patch`: an older one asks for an update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_version_min: Option<String>,
}

/// The lock of an instance. SERVICE.md section 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum LockState {
    /// Bound, no PIN yet.
    AwaitingFirstPin,
    /// "Ready for use".
    Ready {
        /// Wrong PINs that remain until the next rung.
        tries_left: u8,
    },
    /// "Temporarily locked".
    Locked {
        /// Until a PIN can be tried again.
        seconds_left: u64,
        /// Consecutive wrong PINs so far.
        wrong_tries: u8,
    },
    /// Only a recovery opens it.
    Blocked,
    /// Stopped by a veto or by the person.
    Frozen,
    /// No longer bound to the person.
    Unbound,
}
