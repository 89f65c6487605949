//! The chip + face route as the app sees it. SERVICE.md section 3.

use crate::face::FacePrompt;
use crate::pin::GrantView;
use serde::{Deserialize, Serialize};

/// `POST /v1/app/recoveries`: opens the chip + face route of this instance, or returns the open one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryStart {
    /// Which text of the face-comparison consent the person agreed to, e.g. `2026-11`.
    pub consent_version: String,
    /// In which language it was shown: `da` or `en`.
    pub consent_language: String,
}

/// A recovery of this instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryView {
    /// 32 lower-case hex digits.
    pub case_id: String,
    /// What the app does next.
    pub step: RecoveryStep,
    /// Until the case lapses.
    pub seconds_left: u64,
}

/// What comes next in a recovery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum RecoveryStep {
    /// Read the document. `POST …/p-code` may come before.
    Chip {
        /// A P code was taken for this case.
        p_code_given: bool,
    },
    /// Show the face.
    Face {
        /// Binds the frames to this case: part of what the device signs.
        capture_nonce: String,
        /// What to do in front of the camera, in order.
        prompts: Vec<FacePrompt>,
        /// Face tries that remain.
        tries_left: u8,
        /// Why the last try was not enough, as a stable code, after a first try.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_reason: Option<String>,
    },
    /// Choose a new PIN.
    NewPin {
        /// The right to do so.
        grant: GrantView,
    },
    /// This route is closed for now.
    Refused {
        /// Stable code.
        code: String,
        /// Title in the person's language.
        title: String,
        /// What to do now.
        next: String,
    },
    /// A new PIN was set.
    Completed,
}

/// `POST /v1/app/recoveries/{case_id}/p-code`. Unknown, expired and wrongly paired codes give one answer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PCode {
    /// 8 digits; spaces do not matter.
    pub code: String,
}

impl std::fmt::Debug for PCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PCode([hidden])")
    }
}
