//! A live capture. SERVICE.md section 3, PROTOCOLS.md section 7 by analogy: believed by nobody.

use crate::Bytes;
use serde::{Deserialize, Serialize};

/// What the person is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FacePrompt {
    /// Look straight into the camera and hold still.
    LookStraight,
    /// Turn the head to the person's left.
    TurnLeft,
    /// Turn the head to the person's right.
    TurnRight,
    /// Come nearer.
    MoveCloser,
}

/// `POST /v1/app/recoveries/{case_id}/face`: the frames of one try, at most 12.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FaceCapture {
    /// The nonce of the step that asked.
    pub capture_nonce: String,
    /// EF.DG2 again, byte for byte as in the reading: the server keeps its hash and no picture.
    pub dg2: Bytes,
    /// In the order they were taken.
    pub frames: Vec<Frame>,
}

impl std::fmt::Debug for FaceCapture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FaceCapture([{} frames])", self.frames.len())
    }
}

/// One frame, signed by the device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Frame {
    /// JPEG, at most 256 KiB.
    pub jpeg: Bytes,
    /// Milliseconds since the first frame.
    pub at_ms: u32,
    /// Which prompt it answers: index into the prompts of the step.
    pub prompt: u8,
    /// ECDSA P-256 with SHA-256, 64 bytes `r ‖ s`, by the device key over
    /// `"genvej-frame-1" ‖ 0x00 ‖ capture_nonce ‖ 0x00 ‖ prompt (1 byte) ‖ at_ms (u32, big-endian) ‖ SHA-256(jpeg)`.
    pub signature: Bytes,
}
