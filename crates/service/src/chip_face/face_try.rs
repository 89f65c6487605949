//! One face try: it is reserved before anything is compared, so that fifty requests at once are one try.

use super::capture::Capture;
use super::frame::{KeptFrame, not_seen};
use super::{FRAME_BYTES_MAX, FRAMES_MAX, Progress};
use crate::caller::App;
use crate::parts::{CaptureToJudge, FrameToJudge};
use crate::refusal::LIVENESS_TOLD;
use crate::{Failure, RefusalCode, Service};
use face::{Comparison, FaceResult, LightSeen, Liveness, Reason, Step};
use recovery::Rejection;
use recovery::case::{ChipEvidence, ChipFaceEvent, ChipFaceStage, GrantOf};
use recovery::id::{CaseId, GrantId};
use recovery::time::Duration;
use sha2::{Digest, Sha256};
pub(super) use store::rows::face_try::{FaceTry, FaceTryId};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// How long a comparison may take before its try can be reserved again.
const RESERVED_FOR: Duration = Duration::from_secs(60);

/// The frames of one face try, as the app sends them for the comparison.
#[derive(Clone)]
pub struct FaceCapture {
    /// The nonce of the capture to which the frames belong.
    pub capture_nonce: String,
    /// EF.DG2 of the chip, raw.
    pub dg2: Zeroizing<Vec<u8>>,
    /// The frames in order. Their signatures were verified when the frames were looked at, and are not asked for again.
    pub frames: Vec<KeptFrame>,
}

impl std::fmt::Debug for FaceCapture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FaceCapture({} frames)", self.frames.len())
    }
}

impl Service {
    /// Judges a whole capture, compares it with the portrait of the chip and decides the case.
    ///
    /// # Errors
    ///
    /// `capture-not-valid` for frames other than those that were looked at; `capture-over`; `face-try-in-progress`; the code
    /// of the problem for a picture that cannot be judged; `face-pool-full` with the seconds to wait. None of these costs a
    /// try.
    pub async fn submit_face(
        &self,
        app: &App,
        case: CaseId,
        capture: &FaceCapture,
    ) -> Result<Progress, Failure> {
        let (portrait, steps, reserved) = match self.reserve_face_try(app, case, capture).await? {
            Reserved::Answered(progress) => return Ok(progress),
            Reserved::Compare { portrait, steps, id } => (portrait, steps, id),
        };
        let digest: [u8; 32] = Sha256::digest(&*portrait).into();
        let to_judge = |frame: &KeptFrame| FrameToJudge {
            jpeg: frame.jpeg.clone(),
            at_ms: frame.at_ms,
            prompt: frame.prompt,
        };
        let frames = capture.frames.iter().map(to_judge).collect();
        let judged = self.parts().faces.judge(portrait, CaptureToJudge { steps, frames }).await;
        let comparison = match judged {
            Ok(comparison) => comparison,
            Err(error) => {
                // Nothing was learnt, so the try may be made again at once, with the same frames.
                self.release_face_try(reserved).await?;
                return Err(not_seen(error));
            }
        };
        attempt!(self, |work| {
            let loaded = work.chip_case(app, case).await?;
            let person = work.load_person(app.person()).await?;
            let policy = self.parts().policy.clone();
            let veto = work.new_veto();
            let event = ChipFaceEvent::FaceCompared {
                comparison: &comparison,
                portrait: digest,
                person: &person,
                granted: GrantOf { grant: GrantId(self.draw_id()), veto },
            };
            let step = loaded.case.apply(event, &policy, work.now())?;
            let next = work.take(app.person(), step);
            work.set(&loaded.after(next.clone()));
            // The frames of one try serve no other.
            if let Some(ChipFaceStage::AwaitingFace { tries, .. }) = loaded.case.chip_face()
                && let Some(over) = work.get::<Capture>(self.capture_id(case, *tries)).await?
            {
                work.remove(&over);
                // The looks are counted over the whole case.
                if let Some(ChipFaceStage::AwaitingFace { tries, .. }) = next.chip_face() {
                    let id = self.capture_id(case, *tries);
                    work.insert(&over.before_next_try(id, work.now()));
                }
            }
            work.progress(&next, Some(reason_of(&comparison))).await
        })
    }

    async fn reserve_face_try(
        &self,
        app: &App,
        case: CaseId,
        capture: &FaceCapture,
    ) -> Result<Reserved, Failure> {
        let fits = (1..=FRAMES_MAX).contains(&capture.frames.len())
            && capture.frames.iter().all(|frame| frame.jpeg.len() <= FRAME_BYTES_MAX);
        if !fits {
            return Err(Failure::refused(RefusalCode::CaptureNotValid));
        }
        attempt!(self, |work| {
            let loaded = work.chip_case(app, case).await?;
            let Some(ChipFaceStage::AwaitingFace { chip, tries, .. }) = loaded.case.chip_face()
            else {
                // Sent twice: the first one has decided.
                return work.progress(&loaded.case, None).await.map(Reserved::Answered);
            };
            let running = work.capture(app, case, &capture.capture_nonce).await?;
            if !running.is_complete() || !running.are_these(&capture.frames) {
                return Err(Failure::refused(RefusalCode::CaptureNotValid));
            }
            let portrait = portrait_of(chip, &capture.dg2)?;
            let id = self.face_try_id(case, *tries);
            let until = work.now().plus(RESERVED_FOR);
            let before = work.get::<FaceTry>(id).await?;
            if before.as_ref().is_some_and(|before| work.now() < before.until) {
                return Err(Failure::refused(RefusalCode::FaceTryInProgress));
            }
            work.set(&FaceTry { id, person: app.person(), until });
            Ok(Reserved::Compare { portrait, steps: running.steps().to_vec(), id })
        })
    }

    async fn release_face_try(&self, id: FaceTryId) -> Result<(), Failure> {
        attempt!(self, |work| {
            if let Some(reserved) = work.get::<FaceTry>(id).await? {
                work.remove(&reserved);
            }
            Ok(())
        })
    }

    fn face_try_id(&self, case: CaseId, tries: u8) -> FaceTryId {
        let hash = self.parts().keys.code_hash("face try", &[&case.0.to_be_bytes(), &[tries]]);
        FaceTryId(crate::head(hash))
    }
}

/// The result of reserving a face try.
enum Reserved {
    /// The case has moved on already; the app gets its progress.
    Answered(Progress),
    /// The try is reserved: the frames have to be judged and compared with the portrait.
    Compare { portrait: Zeroizing<Vec<u8>>, steps: Vec<Step>, id: FaceTryId },
}

/// The portrait inside DG2, if DG2 is the one whose hash the verified chip has.
fn portrait_of(chip: &ChipEvidence, dg2: &[u8]) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let portraits = chip::lds::portrait::portraits(dg2)
        .map_err(|_| Failure::refused(RefusalCode::PortraitDiffers))?;
    portraits
        .into_iter()
        .find(|portrait| {
            let digest: [u8; 32] = Sha256::digest(portrait.image).into();
            bool::from(digest.ct_eq(&chip.portrait))
        })
        .map(|portrait| Zeroizing::new(portrait.image.to_vec()))
        .ok_or_else(|| Rejection::AnotherPortrait.into())
}

/// The reason why a comparison was not enough: of all checks that failed, the one that the person can do most about.
fn reason_of(comparison: &Comparison) -> RefusalCode {
    match (comparison.result(), comparison.liveness()) {
        (FaceResult::Match, Liveness::Passed | Liveness::NotChecked)
            if !comparison.covered().is_empty() =>
        {
            let covering = comparison.covered().first();
            covering.map_or(Reason::Mask, |covering| covering.reason()).into()
        }
        (FaceResult::Match, Liveness::Passed | Liveness::NotChecked)
            if comparison.light() == Some(LightSeen::NotSeen) =>
        {
            Reason::LightNotSeen.into()
        }
        (FaceResult::NoMatch, _) => RefusalCode::NoMatch,
        (
            FaceResult::TryAgain(Reason::NotLive | Reason::HoldStill) | FaceResult::Match,
            Liveness::Failed(reasons),
        ) => LIVENESS_TOLD
            .into_iter()
            .find(|reason| reasons.contains(reason))
            .map_or(Reason::NotLive.into(), RefusalCode::from),
        (FaceResult::TryAgain(reason), _) => reason.into(),
        (FaceResult::Match, _) => Reason::NotLive.into(),
    }
}
