//! The activation and state of an app instance, which is a device key bound to a person (PROTOCOLS.md section 1).

use crate::Bytes;
use crate::grant::GrantView;
use crate::recovery::RecoveryView;
use serde::{Deserialize, Serialize};

/// The request for a nonce, `POST /v1/app/nonce`.
///
/// The app sends it unsigned, before its first signed request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NonceRequest {
    /// The id of the instance that will sign, or the thumbprint of the key for an activation. An unknown id is given a
    /// nonce that looks the same.
    pub keyid: String,
}

/// The reply to [`NonceRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NonceReply {
    /// The nonce, which is bound to `keyid` and can be used once.
    pub nonce: String,
    /// The seconds until the nonce expires.
    pub expires_in_secs: u64,
}

/// The redemption of an activation code for a device key, `POST /v1/app/activations`.
///
/// The request is signed by the new key itself. The `keyid` of the signature is the thumbprint of the key: the SHA-256
/// of the 65 bytes of [`Activation::device_public_key`] in lower-case hex.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Activation {
    /// The number of the offer, 10 characters. Case, spaces and hyphens do not matter.
    pub offer_id: String,
    /// The activation code, 8 characters. Case, spaces and hyphens do not matter.
    pub activation_code: String,
    /// The P-256 public key of the device, uncompressed as in SEC 1, 65 bytes.
    pub device_public_key: Bytes,
    /// The name that the person gives the phone, at most 40 characters. It is shown to the person and to clerks.
    pub device_name: String,
    /// The language of the app: `da` or `en`.
    pub language: String,
}

impl std::fmt::Debug for Activation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Activation").field("activation_code", &"[hidden]").finish_non_exhaustive()
    }
}

/// The reply to [`Activation`]. The instance now waits for its first PIN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Activated {
    /// The id of the instance, 32 lower-case hex digits, which is the `keyid` of every later signature.
    pub instance_id: String,
    /// The grant for the first PIN.
    pub grant: GrantView,
}

/// The state of an instance, `GET /v1/app/state`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InstanceState {
    /// The state of the lock.
    pub lock: LockState,
    /// An unspent grant, so that the person can choose a PIN even after a restart of the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<GrantView>,
    /// The open recovery of this instance on the chip + face route.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<RecoveryView>,
    /// Whether a service asks this person to sign in. The app finds the sign-in by its number (`POST
    /// /v1/app/sign-ins/find`).
    #[serde(default)]
    pub sign_in_waits: bool,
    /// The time of the server, RFC 3339 in UTC. The app uses it only to show "as of".
    pub as_of: String,
    /// The telephone number of Support.
    pub support_phone: String,
    /// The address of the page on which people book a visit to a Citizen Service Centre.
    pub booking_url: String,
    /// The address of the page that shows how to scan; empty where there is none.
    #[serde(default)]
    pub scanning_url: String,
    /// The oldest version of the app that the server still serves, `major.minor.patch`. An older app asks the person to
    /// update it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_version_min: Option<String>,
}

/// The state of an instance's lock (SERVICE.md section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum LockState {
    /// The instance is bound and has no PIN yet.
    AwaitingFirstPin,
    /// "Ready for use": a PIN can be tried.
    Ready {
        /// The number of wrong PINs until the next lock.
        tries_left: u8,
    },
    /// "Temporarily locked": no PIN can be tried for a while.
    Locked {
        /// The seconds until a PIN can be tried again.
        seconds_left: u64,
        /// The number of consecutive wrong PINs so far.
        wrong_tries: u8,
    },
    /// The instance is blocked, and only a recovery unlocks it.
    Blocked,
    /// A veto or the person stopped the instance.
    Frozen,
    /// The instance is no longer bound to the person.
    Unbound,
}
