//! The live capture: each frame is signed by the device and bound to the capture that the server drew
//! (wire::face). The phone itself refuses a frame that is plainly no good; the server judges the rest.

use face::Reason;
use sha2::{Digest, Sha256};
use wire::Bytes;
use wire::face::{CaptureStart, FaceCapture, FaceMovement, Frame, FrameLook};
use wire::recovery::RecoveryStep;
use zeroize::Zeroize;

use super::chip_face;
use crate::action::{ActError, CapturedFrame, HeadMovement};
use crate::place::{Capture, ChipExtract, Place};
use crate::session::{CallError, Session};
use crate::text::Text;
use crate::view::{FaceWay, Notice};

const FRAME_BYTES_MAX: usize = 256 * 1024;
const DOMAIN: &[u8] = b"genvej-frame-1";
/// The status of a service that has no time now.
const BUSY: u16 = 503;

/// Begins a capture, or begins it anew.
pub(crate) fn start(
    session: &mut Session,
    head: HeadMovement,
    light: bool,
) -> Result<(), ActError> {
    let Place::Face { case, .. } = &session.place else { return Err(ActError::OutOfPlace) };
    let RecoveryStep::Face { coming_nearer, coloured_light, .. } = &case.step else {
        return Err(ActError::OutOfPlace);
    };
    let (way, movement) = match (head, coming_nearer) {
        (HeadMovement::Turns, _) => (FaceWay::TurnHead, FaceMovement::TurnsHead),
        (HeadMovement::StaysStill, true) => (FaceWay::ComeNearer, FaceMovement::ComesNearer),
        // The same to the camera: it sees the face from the side.
        (HeadMovement::PhoneMoves, _) | (HeadMovement::StaysStill, false) => {
            (FaceWay::MovePhone, FaceMovement::TurnsHead)
        }
    };
    let body = CaptureStart { movement, coloured_light: light && *coloured_light };
    match post(session, "/captures", &body) {
        Ok(view) => {
            if let Place::Face { capture, .. } = &mut session.place {
                *capture = Some(Box::new(Capture::begun(way, view)));
            }
        }
        Err(error) => end(session, error),
    }
    Ok(())
}

/// Takes one picture from the camera while a capture runs.
pub(crate) fn frame(session: &mut Session, frame: CapturedFrame) -> Result<(), ActError> {
    let capture = running(session)?;
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
    let (capture_nonce, prompt) = (capture.view.capture_nonce.clone(), capture.asked());
    let unsigned =
        Frame { jpeg: frame.jpeg, at_ms: frame.at_ms, prompt, signature: Bytes::default() };
    let sent = sign(session, &capture_nonce, unsigned).and_then(|frame| {
        let body = FrameLook { capture_nonce, frame };
        post(session, "/frames", &body).map(|view| (view, body.frame))
    });
    match sent {
        Ok((view, frame)) => {
            let capture = running(session)?;
            capture.learn(view, frame);
            if capture.view.wanted.is_some() {
                return send(session);
            }
        }
        Err(CallError::Problem(problem)) if problem.status == BUSY => {
            running(session)?.say_busy();
        }
        Err(error) => end(session, error),
    }
    Ok(())
}

/// Sends the whole capture for comparison; again, where the service was busy or away.
pub(crate) fn send(session: &mut Session) -> Result<(), ActError> {
    let Place::Face { extract, capture: Some(capture), .. } = &session.place else {
        return Err(ActError::OutOfPlace);
    };
    let (extract, capture_nonce) = (extract.clone(), capture.view.capture_nonce.clone());
    let Some(frames) = capture.wanted() else {
        if capture.view.wanted.is_none() {
            return Err(ActError::OutOfPlace);
        }
        drop_capture(session);
        session.say("notice-capture-over");
        return Ok(());
    };
    let mut body = FaceCapture { capture_nonce, dg2: extract.dg2.clone(), frames };
    let sent = post(session, "", &body);
    body.frames.iter_mut().for_each(|frame| frame.jpeg.0.zeroize());
    match sent {
        Ok(case) => chip_face::follow(session, case, Some(extract)),
        Err(error) if is_for_now(&error) => {
            running(session)?.held_back = true;
            session.say_call_error(error);
        }
        Err(error) => end(session, error),
    }
    Ok(())
}

/// Stops the capture that runs; the case stays open.
pub(crate) fn stop(session: &mut Session) -> Result<(), ActError> {
    running(session)?;
    drop_capture(session);
    Ok(())
}

/// The capture that runs.
fn running(session: &mut Session) -> Result<&mut Capture, ActError> {
    let Place::Face { capture: Some(capture), .. } = &mut session.place else {
        return Err(ActError::OutOfPlace);
    };
    Ok(capture)
}

fn drop_capture(session: &mut Session) {
    if let Place::Face { capture, .. } = &mut session.place {
        *capture = None;
    }
}

/// Ends the capture after an error, and says why.
fn end(session: &mut Session, error: CallError) {
    drop_capture(session);
    match error {
        // Another capture may begin at once.
        CallError::Problem(problem) if problem.code == "capture-over" => {
            session.notice = Some(Notice::warning(Text::new("notice-capture-over")));
        }
        CallError::Problem(_) | CallError::Offline | CallError::NotKnown | CallError::Fault => {
            let extract = extract(session);
            chip_face::say_case_error(session, error, extract);
        }
    }
}

fn extract(session: &Session) -> Option<ChipExtract> {
    let Place::Face { extract, .. } = &session.place else { return None };
    Some(extract.clone())
}

/// Sends a command about the face to the case.
fn post<T: serde::de::DeserializeOwned>(
    session: &mut Session,
    below: &str,
    body: &impl serde::Serialize,
) -> Result<T, CallError> {
    let Place::Face { case, .. } = &session.place else { return Err(CallError::Fault) };
    let path = format!("/v1/app/recoveries/{}/face{below}", case.case_id);
    session.post(&path, body)
}

fn sign(session: &Session, capture_nonce: &str, mut frame: Frame) -> Result<Frame, CallError> {
    let signer = session.signer().map_err(|_| CallError::Fault)?;
    let message = frame_message(capture_nonce, &frame);
    let signature = session.line.keys.sign(&signer.key, &message).map_err(|_| CallError::Fault)?;
    frame.signature = Bytes::from(signature.as_slice());
    Ok(frame)
}

/// Whether the same frames may be sent again: the service was busy or away, and no try was spent.
fn is_for_now(error: &CallError) -> bool {
    match error {
        CallError::Offline => true,
        CallError::Problem(problem) => problem.status == BUSY,
        CallError::NotKnown | CallError::Fault => false,
    }
}

/// The message that the device signs for a frame, as [`Frame::signature`] defines it.
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
