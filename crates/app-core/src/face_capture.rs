//! The live capture: frame by frame, each signed by the device and bound to the capture that the server drew
//! (wire::face). What is plainly no good is said here and not sent; the rest the server says.

use face::Reason;
use face::quality::{GreyFrame, Seen, hint};
use sha2::{Digest, Sha256};
use wire::Bytes;
use wire::face::{
    CaptureStart, CaptureView, FaceCapture, FaceMovement, FacePrompt, Frame, FrameLook, KeptFrame,
};
use wire::recovery::{RecoveryStep, RecoveryView};
use zeroize::Zeroize;

use crate::action::{CapturedFrame, GreyPicture, Head};
use crate::app::{ActError, App};
use crate::handed_in::KeyHandle;
use crate::place::{Capturing, FromChip, Place};
use crate::session::{CallError, Command};
use crate::text::Text;
use crate::view::{CaptureEvent, CaptureShown, FaceWay, Notice};

const FRAME_BYTES_MAX: usize = 256 * 1024;
const GREY_SIDE_MAX: u16 = 320;
/// Frames without what was asked that are kept: the comparison may want the last few of a prompt that was not met.
const UNCOUNTED_MAX: usize = 6;
const DOMAIN: &[u8] = b"genvej-frame-1";

/// Time to hear or read a prompt, to act on a hint, and between two frames of one prompt.
const PROMPT_PAUSE_MS: u32 = 1_200;
// The light of the screen changes with the prompt alone: never more than three times a second (WCAG 2.3.1).
const _: () = assert!(PROMPT_PAUSE_MS > 1_000 / 3, "the light would flash");
const HINT_PAUSE_MS: u32 = 450;
const FRAME_PAUSE_MS: u32 = 250;
/// A pose that has to be kept: the next frame comes soon.
const KEEP_PAUSE_MS: u32 = 200;
/// The service was busy: asking again at once would make it busier.
const BUSY_PAUSE_MS: u32 = 2_000;

/// A frame that was sent, until the comparison has it; its picture is wiped with it.
#[derive(Debug)]
pub(crate) struct Sent {
    frame: Frame,
    counted: bool,
}

impl Drop for Sent {
    fn drop(&mut self) {
        self.frame.jpeg.0.zeroize();
    }
}

impl Capturing {
    /// Index of what is asked now.
    fn asked(&self) -> u8 {
        u8::try_from(self.view.prompts.len().saturating_sub(1)).unwrap_or(u8::MAX)
    }

    fn prompt(&self) -> FacePrompt {
        self.view.prompts.last().copied().unwrap_or(FacePrompt::LookStraight)
    }

    /// What this phone sees for itself, without a detector: light, and movement while holding still was asked.
    fn seen_here(&mut self, grey: Option<GreyPicture>) -> Option<Reason> {
        let now = grey?;
        let before = self.before.replace(now);
        let now = self.before.as_ref()?.frame()?;
        let before = before.as_ref().and_then(GreyPicture::frame);
        let prompt = match self.prompt() {
            FacePrompt::LookStraight => face::Prompt::LookStraight,
            FacePrompt::TurnLeft => face::Prompt::TurnLeft,
            FacePrompt::TurnRight => face::Prompt::TurnRight,
            FacePrompt::MoveCloser => face::Prompt::MoveCloser,
        };
        hint(&now, before.as_ref(), &Seen::Unknown, prompt)
    }

    fn say(&mut self, hint: impl Into<String>) {
        self.hint = Some(hint.into());
        self.event = CaptureEvent::Hint;
        self.pause_ms = HINT_PAUSE_MS;
    }

    fn keep(&mut self, frame: Frame, counted: bool) {
        self.sent.push(Sent { frame, counted });
        if self.sent.iter().filter(|sent| !sent.counted).count() > UNCOUNTED_MAX
            && let Some(oldest) = self.sent.iter().position(|sent| !sent.counted)
        {
            drop(self.sent.remove(oldest));
        }
    }

    /// The frames that the server wants for the comparison; `None` where this phone has lost one.
    fn wanted(&self) -> Option<Vec<KeptFrame>> {
        let times = self.view.wanted.as_ref()?;
        let of = |at_ms: &u32| {
            let sent = self.sent.iter().find(|sent| sent.frame.at_ms == *at_ms)?;
            let Frame { jpeg, at_ms, prompt, signature: _ } = &sent.frame;
            Some(KeptFrame { jpeg: jpeg.clone(), at_ms: *at_ms, prompt: *prompt })
        };
        times.iter().map(of).collect()
    }

    /// What the screen shows of it.
    pub(crate) fn shown(&self) -> CaptureShown {
        CaptureShown {
            way: self.way,
            prompt: self.prompt(),
            turn_degrees: self.view.turn_degrees,
            light: self.view.light,
            prompt_number: self.asked(),
            frames_met: self.view.frames_met,
            frames_needed: self.view.frames_needed,
            hint: self.hint.clone(),
            event: self.event,
            pause_ms: self.pause_ms,
            held_back: self.held_back,
        }
    }
}

impl GreyPicture {
    fn frame(&self) -> Option<GreyFrame<'_>> {
        let fits = self.width <= GREY_SIDE_MAX && self.height <= GREY_SIDE_MAX;
        fits.then(|| GreyFrame::new(self.width.into(), self.height.into(), &self.grey.0)).flatten()
    }
}

impl Drop for GreyPicture {
    fn drop(&mut self) {
        self.grey.0.zeroize();
    }
}

impl App {
    /// Begins a capture, or begins it anew.
    pub(crate) fn start_face(&mut self, head: Head, light: bool) -> Result<(), ActError> {
        let Place::Face { case, .. } = &self.place else { return Err(ActError::OutOfPlace) };
        let RecoveryStep::Face { coming_nearer, coloured_light, .. } = &case.step else {
            return Err(ActError::OutOfPlace);
        };
        let (way, movement) = match (head, coming_nearer) {
            (Head::Turns, _) => (FaceWay::TurnHead, FaceMovement::TurnsHead),
            (Head::PhoneMoves, _) => (FaceWay::MovePhone, FaceMovement::TurnsHead),
            (Head::StaysStill, true) => (FaceWay::ComeNearer, FaceMovement::ComesNearer),
            // The same to the camera: it sees the face from the side.
            (Head::StaysStill, false) => (FaceWay::MovePhone, FaceMovement::TurnsHead),
        };
        let body = CaptureStart { movement, coloured_light: light && *coloured_light };
        match self.call_face("captures", &body) {
            Ok(view) => {
                let begun = Capturing {
                    way,
                    view,
                    sent: Vec::new(),
                    before: None,
                    hint: None,
                    event: CaptureEvent::NewPrompt,
                    pause_ms: PROMPT_PAUSE_MS,
                    held_back: false,
                };
                if let Place::Face { capture, .. } = &mut self.place {
                    *capture = Some(Box::new(begun));
                }
            }
            Err(error) => self.end_capture(error),
        }
        Ok(())
    }

    /// One picture of the camera while a capture runs.
    pub(crate) fn face_frame(&mut self, frame: CapturedFrame) -> Result<(), ActError> {
        let Place::Face { capture: Some(capture), .. } = &mut self.place else {
            return Err(ActError::OutOfPlace);
        };
        if capture.view.wanted.is_some() {
            return Err(ActError::OutOfPlace);
        }
        let is_jpeg = frame.jpeg.0.starts_with(&[0xFF, 0xD8]);
        if !is_jpeg || frame.jpeg.0.len() > FRAME_BYTES_MAX {
            capture.say(Reason::Unreadable.code());
            return Ok(());
        }
        if let Some(reason) = capture.seen_here(frame.grey) {
            capture.say(reason.code());
            return Ok(());
        }
        let (nonce, prompt) = (capture.view.capture_nonce.clone(), capture.asked());
        let signer = self.signer()?;
        let sent = self
            .signed_frame(&signer.key, &nonce, frame.jpeg, frame.at_ms, prompt)
            .and_then(|frame| {
                let body = FrameLook { capture_nonce: nonce, frame: frame.clone() };
                self.call_face::<CaptureView>("frames", &body).map(|view| (view, frame))
            });
        match sent {
            Ok((view, frame)) => self.frame_seen(view, frame),
            Err(CallError::Problem(problem)) if is_busy(problem.status) => {
                if let Place::Face { capture: Some(capture), .. } = &mut self.place {
                    capture.say("face-busy");
                    capture.pause_ms = BUSY_PAUSE_MS;
                }
                Ok(())
            }
            Err(error) => {
                self.end_capture(error);
                Ok(())
            }
        }
    }

    fn frame_seen(&mut self, view: CaptureView, frame: Frame) -> Result<(), ActError> {
        let Place::Face { capture: Some(capture), .. } = &mut self.place else {
            return Err(ActError::OutOfPlace);
        };
        capture.keep(frame, view.counted);
        capture.hint.clone_from(&view.hint);
        (capture.event, capture.pause_ms) = if view.prompts.len() > capture.view.prompts.len() {
            (CaptureEvent::NewPrompt, PROMPT_PAUSE_MS)
        } else if view.counted {
            (CaptureEvent::Counted, FRAME_PAUSE_MS)
        } else if view.hint.as_deref() == Some(Reason::KeepThere.code()) {
            (CaptureEvent::Hint, KEEP_PAUSE_MS)
        } else {
            (CaptureEvent::Hint, HINT_PAUSE_MS)
        };
        capture.view = view;
        if capture.view.wanted.is_some() { self.send_face() } else { Ok(()) }
    }

    /// Sends the whole capture for comparison; again, where the service was busy or away.
    pub(crate) fn send_face(&mut self) -> Result<(), ActError> {
        let Place::Face { from_chip, capture: Some(capture), .. } = &self.place else {
            return Err(ActError::OutOfPlace);
        };
        let (from_chip, capture_nonce) = (from_chip.clone(), capture.view.capture_nonce.clone());
        let Some(frames) = capture.wanted() else {
            if capture.view.wanted.is_none() {
                return Err(ActError::OutOfPlace);
            }
            self.drop_capture();
            self.say("notice-capture-over");
            return Ok(());
        };
        let mut body = FaceCapture { capture_nonce, dg2: from_chip.dg2.clone(), frames };
        let sent = self.call_face::<RecoveryView>("", &body);
        body.frames.iter_mut().for_each(|frame| frame.jpeg.0.zeroize());
        match sent {
            Ok(case) => self.follow(case, Some(from_chip)),
            Err(error) if is_for_now(&error) => {
                if let Place::Face { capture: Some(capture), .. } = &mut self.place {
                    capture.held_back = true;
                }
                self.say_call_error(error);
            }
            Err(error) => {
                self.drop_capture();
                self.say_capture_error(error, from_chip);
            }
        }
        Ok(())
    }

    /// Gives up the capture that runs; the case stays.
    pub(crate) fn stop_face(&mut self) -> Result<(), ActError> {
        if !matches!(self.place, Place::Face { capture: Some(_), .. }) {
            return Err(ActError::OutOfPlace);
        }
        self.drop_capture();
        Ok(())
    }

    fn drop_capture(&mut self) {
        if let Place::Face { capture, .. } = &mut self.place {
            *capture = None;
        }
    }

    fn end_capture(&mut self, error: CallError) {
        let from_chip = if let Place::Face { from_chip, .. } = &self.place {
            Some(from_chip.clone())
        } else {
            None
        };
        self.drop_capture();
        match from_chip {
            Some(from_chip) => self.say_capture_error(error, from_chip),
            None => self.say_call_error(error),
        }
    }

    fn say_capture_error(&mut self, error: CallError, from_chip: FromChip) {
        match error {
            // Another capture may begin at once.
            CallError::Problem(problem) if problem.code == "capture-over" => {
                self.notice = Some(Notice::warning(Text::new("notice-capture-over")));
            }
            CallError::Problem(_) | CallError::Offline | CallError::NotKnown | CallError::Fault => {
                self.say_case_error(error, Some(from_chip));
            }
        }
    }

    fn call_face<T: serde::de::DeserializeOwned>(
        &mut self,
        what: &str,
        body: &impl serde::Serialize,
    ) -> Result<T, CallError> {
        let Place::Face { case, .. } = &self.place else { return Err(CallError::Fault) };
        let slash = if what.is_empty() { "" } else { "/" };
        let path = format!("/v1/app/recoveries/{}/face{slash}{what}", case.case_id);
        let signer = self.signer().map_err(|_| CallError::Fault)?;
        let idempotency_key = self.line.fresh_id();
        let mut command = Command::new("POST", &path, body, &idempotency_key)?;
        let answer = self.line.command(&signer, &command);
        command.body.zeroize();
        answer
    }

    fn signed_frame(
        &self,
        key: &KeyHandle,
        capture_nonce: &str,
        jpeg: Bytes,
        at_ms: u32,
        prompt: u8,
    ) -> Result<Frame, CallError> {
        let mut frame = Frame { jpeg, at_ms, prompt, signature: Bytes::default() };
        let message = frame_message(capture_nonce, &frame);
        let signature = self.line.keys.sign(key, &message).map_err(|_| CallError::Fault)?;
        frame.signature = Bytes::from(signature.as_slice());
        Ok(frame)
    }
}

fn is_busy(status: u16) -> bool {
    status == 503
}

/// Whether the same frames may be sent again: the service was busy or away, and no try was spent.
fn is_for_now(error: &CallError) -> bool {
    match error {
        CallError::Offline => true,
        CallError::Problem(problem) => is_busy(problem.status),
        CallError::NotKnown | CallError::Fault => false,
    }
}

/// What the device signs of a frame, as [`Frame::signature`] says.
fn frame_message(capture_nonce: &str, frame: &Frame) -> Vec<u8> {
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
        let frame = Frame {
            jpeg: Bytes(vec![0xFF, 0xD8]),
            at_ms: 0x0102_0304,
            prompt: 2,
            signature: Bytes::default(),
        };

        let message = frame_message("nonce", &frame);

        let mut expected = b"genvej-frame-1\0nonce\0\x02\x01\x02\x03\x04".to_vec();
        expected.extend_from_slice(&Sha256::digest([0xFF, 0xD8]));
        assert_eq!(message, expected);
    }
}
