//! The live capture: each frame signed by the device, bound to the case (wire::face).

use sha2::{Digest, Sha256};
use wire::Bytes;
use wire::face::{FaceCapture, Frame};
use wire::recovery::{RecoveryStep, RecoveryView};

use crate::action::CapturedFrame;
use crate::app::{ActError, App};
use crate::handed_in::KeyHandle;
use crate::place::Place;
use crate::session::{CallError, Command};

/// Frames of one try.
const FRAMES_MAX: usize = 12;
const FRAME_BYTES_MAX: usize = 256 * 1024;
const DOMAIN: &[u8] = b"genvej-frame-1";

impl App {
    pub(crate) fn show_face(&mut self, frames: &[CapturedFrame]) -> Result<(), ActError> {
        let Place::Face { case, from_chip } = &self.place else {
            return Err(ActError::OutOfPlace);
        };
        let RecoveryStep::Face { capture_nonce, prompts, .. } = &case.step else {
            return Err(ActError::OutOfPlace);
        };
        let answered = (0..prompts.len())
            .all(|index| frames.iter().any(|frame| usize::from(frame.prompt) == index));
        let fits = !frames.is_empty()
            && frames.len() <= FRAMES_MAX
            && answered
            && frames.iter().all(|frame| {
                usize::from(frame.prompt) < prompts.len()
                    && frame.jpeg.0.starts_with(&[0xFF, 0xD8])
                    && frame.jpeg.0.len() <= FRAME_BYTES_MAX
            });
        if !fits {
            self.say("notice-no-picture");
            return Ok(());
        }
        let (case_id, from_chip) = (case.case_id.clone(), from_chip.clone());
        let capture_nonce = capture_nonce.clone();
        let signer = self.signer()?;
        let sent = self.signed_frames(&signer.key, &capture_nonce, frames).and_then(|frames| {
            let path = format!("/v1/app/recoveries/{case_id}/face");
            let idempotency_key = self.line.fresh_id();
            let body = FaceCapture { capture_nonce, dg2: from_chip.dg2.clone(), frames };
            let command = Command::new("POST", &path, &body, &idempotency_key)?;
            self.line.command::<RecoveryView>(&signer, &command)
        });
        match sent {
            Ok(case) => self.follow(case, Some(from_chip)),
            Err(error) => self.say_case_error(error, Some(from_chip)),
        }
        Ok(())
    }

    fn signed_frames(
        &self,
        key: &KeyHandle,
        capture_nonce: &str,
        frames: &[CapturedFrame],
    ) -> Result<Vec<Frame>, CallError> {
        frames
            .iter()
            .map(|frame| {
                let message = frame_message(capture_nonce, frame);
                let signature = self.line.keys.sign(key, &message).map_err(|_| CallError::Fault)?;
                Ok(Frame {
                    jpeg: frame.jpeg.clone(),
                    at_ms: frame.at_ms,
                    prompt: frame.prompt,
                    signature: Bytes::from(signature.as_slice()),
                })
            })
            .collect()
    }
}

/// What the device signs of a frame, as [`Frame::signature`] says.
fn frame_message(capture_nonce: &str, frame: &CapturedFrame) -> Vec<u8> {
    [
        DOMAIN,
        &[0],
        capture_nonce.as_bytes(),
        &[0],
        &[frame.prompt],
        &frame.at_ms.to_be_bytes(),
        &Sha256::digest(&frame.jpeg.0),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_signed_over_domain_nonce_prompt_time_and_hash() {
        let frame = CapturedFrame { jpeg: Bytes(vec![0xFF, 0xD8]), at_ms: 0x0102_0304, prompt: 2 };

        let message = frame_message("nonce", &frame);

        let mut expected = b"genvej-frame-1\0nonce\0\x02\x01\x02\x03\x04".to_vec();
        expected.extend_from_slice(&Sha256::digest([0xFF, 0xD8]));
        assert_eq!(message, expected);
    }
}
