//! Frames of a capture, and what is said of one.

use crate::parts::MatcherError;
use crate::{Failure, RefusalCode};
use request_signature::PublicKey;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// One frame of a whole capture: one of those that were looked at, byte for byte.
#[derive(Clone)]
pub struct KeptFrame {
    /// JPEG.
    pub jpeg: Zeroizing<Vec<u8>>,
    /// Since the first frame.
    pub at_ms: u32,
    /// Which prompt it answers.
    pub prompt: u8,
}

impl std::fmt::Debug for KeptFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptFrame").field("at_ms", &self.at_ms).finish_non_exhaustive()
    }
}

/// One frame, signed by the device.
#[derive(Clone)]
pub struct CapturedFrame {
    /// JPEG.
    pub jpeg: Zeroizing<Vec<u8>>,
    /// Since the first frame.
    pub at_ms: u32,
    /// Which prompt it answers.
    pub prompt: u8,
    /// `r ‖ s` over what `wire::face::Frame` says.
    pub signature: [u8; 64],
}

impl std::fmt::Debug for CapturedFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CapturedFrame").field("at_ms", &self.at_ms).finish_non_exhaustive()
    }
}

/// Whether the device signed this frame, its time and its place in the capture, as `wire::face::Frame` says.
pub(super) fn verifies(key: &PublicKey, capture_nonce: &str, frame: &CapturedFrame) -> bool {
    let mut message = Vec::with_capacity(128);
    message.extend_from_slice(b"genvej-frame-1\0");
    message.extend_from_slice(capture_nonce.as_bytes());
    message.extend_from_slice(&[0, frame.prompt]);
    message.extend_from_slice(&frame.at_ms.to_be_bytes());
    message.extend_from_slice(&Sha256::digest(&*frame.jpeg));
    key.verifies(&message, &frame.signature)
}

/// What helps a person in front of the camera.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// What the last frame lacks.
    Face(face::Reason),
    /// Said once, where a prompt was not met in time: there is more, and no try was spent.
    MoreTime,
}

impl Hint {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Face(reason) => reason.code(),
            Self::MoreTime => "face-more-time",
        }
    }
}

/// Why no frame was looked at, as the app hears it.
pub(super) fn not_seen(error: MatcherError) -> Failure {
    match error {
        MatcherError::Full { retry_after_secs } => {
            Failure::with_wait(RefusalCode::FacePoolFull, retry_after_secs)
        }
        MatcherError::Picture { problem } => Failure::refused(problem),
        MatcherError::Failed => Failure::Unavailable { doing: "looking at a face", source: None },
    }
}
