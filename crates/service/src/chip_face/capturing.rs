//! Leads a person through a face capture: the server draws the prompts, binds them to case, try and nonce, and shows each
//! prompt only after the one before it is met.

use super::FRAME_BYTES_MAX;
use super::capture::{Beginning, Capture, CaptureId, Seen};
use super::frame::{CapturedFrame, Hint, not_seen, verifies};
use crate::caller::App;
use crate::parts::FrameToLookAt;
use crate::signed_request::device_key;
use crate::work::Work;
use crate::{Failure, RefusalCode, Service};
use face::prompt::Movement;
use face::{Missing, Step};
use recovery::Rejection;
use recovery::authenticator::Authenticator;
use recovery::case::ChipFaceStage;
use recovery::id::CaseId;
use recovery::policy::ColouredLight;

/// The largest number of captures in one try: each draws new prompts, so that nobody learns a sequence by giving up.
const BEGUN_MAX: u8 = 10;

/// The kind of capture that a person chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// The movement that the person can make.
    pub movement: Movement,
    /// Whether the person lets the screen light the face with colours, where the policy offers it.
    pub lit: bool,
}

/// The progress of a capture, as its app sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureProgress {
    /// Part of what the device signs of each frame.
    pub nonce: String,
    /// The prompts shown so far; until the capture is complete, the last one is the present prompt.
    pub steps: Vec<Step>,
    /// The number of frames that met their prompt.
    pub frames_met: usize,
    /// The number of frames that have to meet their prompts.
    pub frames_needed: usize,
    /// Whether the frame that was just sent met its prompt.
    pub counted: bool,
    /// What the person is told to do better.
    pub hint: Option<Hint>,
    /// The times of the frames to send for the comparison, in milliseconds since the first frame, in order; `None` until the
    /// capture is complete.
    pub wanted: Option<Vec<u32>>,
    /// Seconds until the capture expires.
    pub seconds_left: u64,
}

impl Service {
    /// Begins a capture, or begins it again with other prompts and another nonce.
    ///
    /// # Errors
    ///
    /// `out-of-order` where the case waits for no face; `movement-not-offered` for coming nearer instead of turning the head
    /// where no passive check is loaded; `too-many-captures`; `too-many-looks` where as many frames of the case were looked
    /// at as may be.
    pub async fn begin_capture(
        &self,
        app: &App,
        case: CaseId,
        way: Way,
    ) -> Result<CaptureProgress, Failure> {
        let Way { movement, lit } = way;
        if movement == Movement::ComesNearer && !self.offers_coming_nearer() {
            return Err(Failure::refused(RefusalCode::MovementNotOffered));
        }
        let furthest = self.parts().policy.chip_face.turn_degrees_max;
        let mut steps = face::prompt::draw(u64::from_be_bytes(self.draw()), movement, furthest);
        if lit && self.offers_light() {
            face::prompt::light(u64::from_be_bytes(self.draw()), &mut steps);
        }
        let nonce = self.draw();
        attempt!(self, |work| {
            let tries = work.awaiting_face(app, case).await?;
            let id = self.capture_id(case, tries);
            let before = work.get::<Capture>(id).await?;
            let begun = before.as_ref().map_or(0, Capture::begun).saturating_add(1);
            if begun > BEGUN_MAX {
                return Err(Failure::refused(RefusalCode::TooManyCaptures));
            }
            if before.as_ref().is_some_and(Capture::has_no_looks_left) {
                return Err(Failure::refused(RefusalCode::TooManyLooks));
            }
            let looks = before.as_ref().map_or(0, Capture::looks);
            let beginning = Beginning { id, nonce, steps: steps.clone(), begun, looks };
            let capture = Capture::begin(beginning, app, work.now());
            work.set(&capture);
            Ok(work.told(&capture))
        })
    }

    /// Looks at one frame of a running capture.
    ///
    /// # Errors
    ///
    /// `capture-not-valid` for a frame that is not of this capture, too large, or not signed by the device; `capture-over`
    /// where the capture took too long; `face-pool-full` with the seconds to wait. None of these costs a try.
    pub async fn look_at_frame(
        &self,
        app: &App,
        case: CaseId,
        nonce: &str,
        frame: &CapturedFrame,
    ) -> Result<CaptureProgress, Failure> {
        if frame.jpeg.len() > FRAME_BYTES_MAX {
            return Err(Failure::refused(RefusalCode::CaptureNotValid));
        }
        let arrived_at = self.now().await?;
        // Counted before anything is looked at: looking costs the server more than asking costs a stranger.
        let counted = attempt!(self, |work| {
            // The app is not expected, because frames come many a second: its key never changes, and an app that is unbound
            // meanwhile can set no PIN.
            let instance = work.glance::<Authenticator>(app.instance()).await?;
            let instance =
                instance.ok_or_else(|| Failure::refused(RefusalCode::SignatureNotAccepted))?;
            if !verifies(&device_key(&instance)?, nonce, frame) {
                return Err(Failure::refused(RefusalCode::CaptureNotValid));
            }
            let loaded = work.capture(app, case, nonce).await?;
            if let Some(counted) = loaded.remembers(frame) {
                return Ok(Err(CaptureProgress { counted, ..work.told(&loaded) }));
            }
            let Some((index, ..)) = loaded.present() else {
                return Ok(Err(work.told(&loaded)));
            };
            let answers = frame.prompt == index && !loaded.has_seen_picture(frame);
            if !answers || !loaded.is_plausible(frame, arrived_at) {
                return Err(Failure::refused(RefusalCode::CaptureNotValid));
            }
            let mut next = loaded;
            if next.is_too_late(frame) {
                return Err(Failure::refused(RefusalCode::CaptureOver));
            }
            if !next.count_look() {
                return Err(Failure::refused(RefusalCode::TooManyLooks));
            }
            work.set(&next);
            Ok(Ok(next))
        })?;
        let capture = match counted {
            Ok(capture) => capture,
            Err(known) => return Ok(known),
        };
        let Some((index, step, straight)) = capture.present() else {
            return Err(Rejection::OutOfOrder.into());
        };
        let look = FrameToLookAt { jpeg: frame.jpeg.clone(), step, straight };
        let look = self.parts().faces.look(look).await.map_err(not_seen)?;
        attempt!(self, |work| {
            let loaded = work.capture(app, case, nonce).await?;
            let present = loaded.present().map(|(index, ..)| index);
            let counted_before = loaded.remembers(frame);
            if present != Some(index) || counted_before.is_some() {
                let counted = counted_before.unwrap_or(false);
                return Ok(CaptureProgress { counted, ..work.told(&loaded) });
            }
            let mut next = loaded;
            let Seen { counted, hint } = next.saw(&look, frame, arrived_at);
            work.set(&next);
            Ok(CaptureProgress { counted, hint, ..work.told(&next) })
        })
    }

    /// Whether somebody who cannot turn the head may come nearer instead. Coming nearer shows no depth, so a passive check
    /// has to be loaded.
    pub(super) fn offers_coming_nearer(&self) -> bool {
        !self.parts().faces.missing().contains(&Missing::PassivePad)
    }

    /// Whether the screen may light the face with colours.
    pub(super) fn offers_light(&self) -> bool {
        self.parts().policy.chip_face.coloured_light != ColouredLight::Off
    }

    pub(super) fn capture_id(&self, case: CaseId, tries: u8) -> CaptureId {
        let hash = self.parts().keys.code_hash("face capture", &[&case.0.to_be_bytes(), &[tries]]);
        CaptureId(crate::head(hash))
    }
}

impl Work<'_> {
    /// The number of tries so far of a case that waits for a face.
    async fn awaiting_face(&mut self, app: &App, case: CaseId) -> Result<u8, Failure> {
        let loaded = self.chip_case(app, case).await?;
        let stored = &loaded.case;
        if let Some(ChipFaceStage::AwaitingFace { tries, .. }) = stored.chip_face()
            && stored.app() == Some(app.instance())
        {
            return Ok(*tries);
        }
        Err(Rejection::OutOfOrder.into())
    }

    /// The open capture that the app names by its nonce.
    pub(super) async fn capture(
        &mut self,
        app: &App,
        case: CaseId,
        nonce: &str,
    ) -> Result<Capture, Failure> {
        let tries = self.awaiting_face(app, case).await?;
        let id = self.service.capture_id(case, tries);
        let now = self.now();
        self.get::<Capture>(id)
            .await?
            .filter(|capture| capture.is_open(app, nonce, now))
            .ok_or_else(|| Failure::refused(RefusalCode::CaptureOver))
    }

    fn told(&self, capture: &Capture) -> CaptureProgress {
        CaptureProgress {
            nonce: capture.nonce_text(),
            steps: capture.shown().to_vec(),
            frames_met: capture.frames_met(),
            frames_needed: capture.frames_needed(),
            counted: false,
            hint: None,
            wanted: capture.is_complete().then(|| capture.wanted()),
            seconds_left: capture.until().seconds_from(self.now()),
        }
    }
}
