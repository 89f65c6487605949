//! A live capture of a face, before anything is verified (SERVICE.md section 3; PROTOCOLS.md section 7 applies by
//! analogy).

use crate::Bytes;
use serde::{Deserialize, Serialize};

/// A movement that the person is asked to make.
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

/// The colour in which the screen lights the face, as sRGB: white `#ffffff`, blue `#4a8cff`, green `#4aff8c`, amber
/// `#ffd030`.
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

/// The kind of movement that the person can make. A person who cannot turn the head can have the phone moved around it,
/// which looks the same to the camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FaceMovement {
    /// The person turns the head, or has the phone moved around it.
    TurnsHead,
    /// The person only comes nearer. This is offered where [`crate::recovery::RecoveryStep::Face`] says so.
    ComesNearer,
}

/// The request to begin a capture, `POST /v1/app/recoveries/{case_id}/face/captures`.
///
/// A new capture has other prompts than the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaptureStart {
    /// The kind of movement that the person can make.
    pub movement: FaceMovement,
    /// Whether the screen may light the face in colours, where the step offers it. Declining has no disadvantage.
    #[serde(default)]
    pub coloured_light: bool,
}

/// A frame of a running capture, `POST /v1/app/recoveries/{case_id}/face/frames`.
///
/// The server judges the frame and does not keep it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FrameLook {
    /// The nonce of the capture.
    pub capture_nonce: String,
    /// The frame.
    pub frame: Frame,
}

/// The state of a capture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaptureView {
    /// The nonce that binds the frames to the case, the try and this capture. It is part of what the device signs.
    pub capture_nonce: String,
    /// The prompts so far. The last one is the present prompt; once it is met, the next one is added.
    pub prompts: Vec<FacePrompt>,
    /// The angle in degrees by which the head is to be turned, where the present prompt is a turn. It is drawn at
    /// random for each prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_degrees: Option<u8>,
    /// The colour of the screen until the next prompt, where one was drawn. The app changes it only together with the
    /// prompt and waits more than a third of a second before the first frame (WCAG 2.3.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub light: Option<FaceLight>,
    /// The number of frames so far that met a prompt.
    pub frames_met: u8,
    /// The number of frames that the capture needs.
    pub frames_needed: u8,
    /// Whether the frame that was just sent met the prompt.
    pub counted: bool,
    /// The stable code of a hint that helps the person, such as `face-too-dark` or `face-follow-prompt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// After the last prompt: the times of the frames to send for comparison, in order. Where a prompt was not met in
    /// time there are fewer, and the result of the comparison says what was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Vec<u32>>,
    /// The seconds until the capture expires and has to begin again.
    pub seconds_left: u64,
}

/// The frames for comparison, `POST /v1/app/recoveries/{case_id}/face`.
///
/// They are the ones that [`CaptureView::wanted`] names: 8 to 12 where every prompt was met.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FaceCapture {
    /// The nonce of the capture.
    pub capture_nonce: String,
    /// EF.DG2 once more, with the same bytes as in the read of the chip: the server kept only its hash and no picture.
    pub dg2: Bytes,
    /// The frames in the order in which they were taken.
    pub frames: Vec<KeptFrame>,
}

impl std::fmt::Debug for FaceCapture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FaceCapture([{} frames])", self.frames.len())
    }
}

/// A frame that was judged before, with the same bytes. Its signature was checked then and is not sent again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeptFrame {
    /// The picture as a JPEG of at most 256 KiB.
    pub jpeg: Bytes,
    /// The milliseconds since the first frame.
    pub at_ms: u32,
    /// The index of the prompt that the frame follows, in the prompts of the capture.
    pub prompt: u8,
}

/// A frame that the device signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Frame {
    /// The picture as a JPEG of at most 256 KiB.
    pub jpeg: Bytes,
    /// The milliseconds since the first frame.
    pub at_ms: u32,
    /// The index of the prompt that the frame follows, in the prompts of the capture.
    pub prompt: u8,
    /// The signature by the device key: ECDSA P-256 with SHA-256, 64 bytes `r ‖ s`, over
    /// `"genvej-frame-1" ‖ 0x00 ‖ capture_nonce ‖ 0x00 ‖ prompt (1 byte) ‖ at_ms (u32, big-endian) ‖ SHA-256(jpeg)`.
    pub signature: Bytes,
}
