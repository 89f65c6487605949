//! Frames of a face capture, their signatures, and the hints about them.

use crate::parts::MatcherError;
use crate::{Failure, RefusalCode};
use request_signature::PublicKey;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// One frame as it is sent again for the comparison: the same bytes as when it was looked at.
#[derive(Clone)]
pub struct KeptFrame {
    /// JPEG.
    pub jpeg: Zeroizing<Vec<u8>>,
    /// Milliseconds since the first frame.
    pub at_ms: u32,
    /// The index of the prompt that the frame answers.
    pub prompt: u8,
}

impl std::fmt::Debug for KeptFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptFrame").field("at_ms", &self.at_ms).finish_non_exhaustive()
    }
}

/// One frame of a running capture, signed by the device.
#[derive(Clone)]
pub struct CapturedFrame {
    /// JPEG.
    pub jpeg: Zeroizing<Vec<u8>>,
    /// Milliseconds since the first frame.
    pub at_ms: u32,
    /// The index of the prompt that the frame answers.
    pub prompt: u8,
    /// The ECDSA signature `r ‖ s` over the message that `wire::face::Frame` defines.
    pub signature: [u8; 64],
}

impl std::fmt::Debug for CapturedFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CapturedFrame").field("at_ms", &self.at_ms).finish_non_exhaustive()
    }
}

/// Whether the device key signed this frame, its time and its place in the capture, as `wire::face::Frame` defines.
pub(super) fn verifies(key: &PublicKey, capture_nonce: &str, frame: &CapturedFrame) -> bool {
    let mut message = Vec::with_capacity(128);
    message.extend_from_slice(b"genvej-frame-1\0");
    message.extend_from_slice(capture_nonce.as_bytes());
    message.extend_from_slice(&[0, frame.prompt]);
    message.extend_from_slice(&frame.at_ms.to_be_bytes());
    message.extend_from_slice(&Sha256::digest(&*frame.jpeg));
    key.verifies(&message, &frame.signature)
}

/// What a person in front of the camera is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// What the last frame lacks.
    Face(face::Reason),
    /// There is more time for the present prompt, and no try was spent. This is said once a capture.
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

/// The refusal that the app gets where the matcher could not look at a frame.
pub(super) fn not_seen(error: MatcherError) -> Failure {
    match error {
        MatcherError::Full { retry_after_secs } => {
            Failure::with_wait(RefusalCode::FacePoolFull, retry_after_secs)
        }
        MatcherError::Picture { problem } => Failure::refused(problem),
        MatcherError::Failed => Failure::Unavailable { doing: "looking at a face", source: None },
    }
}
