//! The chip + face route as the app sees it. SERVICE.md section 3.

use crate::grant::GrantView;
use serde::{Deserialize, Serialize};

/// `POST /v1/app/recoveries`: opens the chip + face route of this instance, or returns the open one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecoveryStart {
    /// Which version of the text of the face-comparison consent the person agreed to.
    pub consent_version: u32,
    /// The person says that a P code will come with the reading: the document carries no national number.
    #[serde(default)]
    pub p_code_given: bool,
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
    /// Read the document.
    Chip {
        /// A P code is to come with the reading.
        p_code_given: bool,
        /// The server reads, through a relay (`chip-relays`), because it trusts no phone with a chip's keys; a reading by the
        /// phone is refused then.
        #[serde(default)]
        read_by_server: bool,
    },
    /// Show the face.
    Face {
        /// Whether coming nearer is enough for somebody who cannot turn the head.
        coming_nearer: bool,
        /// Whether the screen may light the face with colours.
        #[serde(default)]
        coloured_light: bool,
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
        /// What happened, in the person's language.
        title: String,
        /// Why it happened, in whole sentences.
        detail: String,
        /// What to do now.
        next: String,
    },
    /// A new PIN was set.
    Completed,
}
