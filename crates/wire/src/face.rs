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

/// What the screen lights the face with, as sRGB: white `#ffffff`, blue `#4a8cff`, green `#4aff8c`, amber `#ffd030`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FaceLight {
    /// White.
    White,
    /// Blue.
    Blue,
    /// Green.
    Green,
    /// Amber.
    Amber,
}

/// How a person can move. Whoever cannot turn the head lets the phone be moved around it: to the camera that is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FaceMovement {
    /// Turns the head, or has the phone moved around it.
    TurnsHead,
    /// Comes nearer only. Offered where the step says so.
    ComesNearer,
}

/// `POST /v1/app/recoveries/{case_id}/face/captures`: begins a capture, or begins it anew with other prompts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaptureStart {
    /// What the person can do.
    pub movement: FaceMovement,
    /// Whether the screen may light the face with colours, where the step offers it. To decline costs nothing.
    #[serde(default)]
    pub coloured_light: bool,
}

/// `POST /v1/app/recoveries/{case_id}/face/frames`: one frame of a running capture, looked at and not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FrameLook {
    /// The nonce of the capture.
    pub capture_nonce: String,
    /// What the camera sees now.
    pub frame: Frame,
}

/// Where a capture stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaptureView {
    /// Binds the frames to case, try and this capture: part of what the device signs.
    pub capture_nonce: String,
    /// What was asked so far. The last one is what is asked now; the next is shown once it is met.
    pub prompts: Vec<FacePrompt>,
    /// By how many degrees the head is to be turned now, where a turn is asked; drawn anew for each prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_degrees: Option<u8>,
    /// What the screen is to shine with until the next prompt, where a light was drawn. Let it change with the prompt alone,
    /// and wait more than a third of a second before the first frame (WCAG 2.3.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub light: Option<FaceLight>,
    /// Frames that did what was asked.
    pub frames_met: u8,
    /// All that are needed.
    pub frames_needed: u8,
    /// Whether the frame that was just sent is one of them.
    pub counted: bool,
    /// What helps the person now, as a stable code, such as `face-too-dark` or `face-follow-prompt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Once nothing more is asked: the times of the frames to send for comparison, in order. Where a prompt was not met
    /// in time these are fewer, and the comparison says what was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Vec<u32>>,
    /// Until the capture has to begin again.
    pub seconds_left: u64,
}

/// `POST /v1/app/recoveries/{case_id}/face`: the frames that the capture wants, 8 to 12 where every prompt was met.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FaceCapture {
    /// The nonce of the capture.
    pub capture_nonce: String,
    /// EF.DG2 again, byte for byte as in the reading: the server keeps its hash and no picture.
    pub dg2: Bytes,
    /// In the order they were taken.
    pub frames: Vec<KeptFrame>,
}

impl std::fmt::Debug for FaceCapture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FaceCapture([{} frames])", self.frames.len())
    }
}

/// One of the frames that were looked at, byte for byte; it was signed then, and is not signed again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeptFrame {
    /// JPEG, at most 256 KiB.
    pub jpeg: Bytes,
    /// Milliseconds since the first frame.
    pub at_ms: u32,
    /// Which prompt it answers.
    pub prompt: u8,
}

/// One frame, signed by the device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Frame {
    /// JPEG, at most 256 KiB.
    pub jpeg: Bytes,
    /// Milliseconds since the first frame.
    pub at_ms: u32,
    /// Which prompt it answers: index into the prompts of the capture.
    pub prompt: u8,
    /// ECDSA P-256 with SHA-256, 64 bytes `r ‖ s`, by the device key over
    /// `"genvej-frame-1" ‖ 0x00 ‖ capture_nonce ‖ 0x00 ‖ prompt (1 byte) ‖ at_ms (u32, big-endian) ‖ SHA-256(jpeg)`.
    pub signature: Bytes,
}
