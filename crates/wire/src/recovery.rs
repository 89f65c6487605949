//! Recovery cases on the chip + face route, as the app sees them (SERVICE.md section 3).

use crate::grant::GrantView;
use serde::{Deserialize, Serialize};

/// The request to begin a recovery, `POST /v1/app/recoveries`.
///
/// It opens a case on the chip + face route for this instance, or returns the open one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryStart {
    /// The version of the consent to the comparison of faces that the person agreed to.
    pub consent_version: u32,
    /// Whether the person has a P code, which will be sent with the read of the chip, because the document has no
    /// national number.
    #[serde(default)]
    pub p_code_given: bool,
}

/// The state of a recovery case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryView {
    /// The id of the case, 32 lower-case hex digits.
    pub case_id: String,
    /// The next step.
    pub step: RecoveryStep,
    /// The seconds until the case lapses.
    pub seconds_left: u64,
}

/// The next step of a recovery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum RecoveryStep {
    /// The app reads the chip of the document.
    Chip {
        /// Whether a P code must be sent with the read.
        p_code_given: bool,
        /// Whether the server reads the chip itself through a relay (`chip-relays`), because the operator trusts no
        /// phone with the keys of a chip. A read by the phone is then refused.
        #[serde(default)]
        read_by_server: bool,
    },
    /// The app captures the face of the person.
    Face {
        /// Whether coming nearer is enough for a person who cannot turn the head.
        coming_nearer: bool,
        /// Whether the screen may light the face in colours.
        #[serde(default)]
        coloured_light: bool,
        /// The number of face tries that remain.
        tries_left: u8,
        /// The stable code of the reason why the last try did not succeed; absent before the first try.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_reason: Option<String>,
    },
    /// The person chooses a new PIN.
    NewPin {
        /// The grant for the new PIN.
        grant: GrantView,
    },
    /// The case was refused.
    Refused {
        /// The stable code of the reason.
        code: String,
        /// What happened, in the language of the request.
        title: String,
        /// Why it happened, in complete sentences.
        detail: String,
        /// What the person can do now.
        next: String,
    },
    /// The recovery is completed: a new PIN was set.
    Completed,
}
