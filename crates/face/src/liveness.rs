//! Is a living, present person in front of the camera, doing what was asked just now?
//!
//! What is checked, and against what:
//!
//! | check | stops |
//! |---|---|
//! | prompts drawn by the server, followed in order and in plausible time | a recording made before |
//! | the same face in every frame that counts | another head for the turning |
//! | depth: eyes, mouth and nose do not move like points of one plane | a print, a still on a screen |
//! | surroundings of at least twice the face | frame edges kept out of sight |
//! | the passive check | prints and screens with visible edges, moiré, paper |
//! | the light of the screen, drawn for each step, shows on the face (said; the policy decides) | a stream that was made before, or is made without looking at the screen |
//! | no frame twice, byte by byte or compressed anew | a capture padded out from one picture |
//!
//! A live video of another person on a screen that fills the view, and a stream put in place of the
//! camera, are beyond software that sees only pixels; there the device's signature over each frame
//! and the attestation of the app have to stand.

use crate::comparison::{
    Comparison, Covering, FaceResult, LightSeen, Liveness, LivenessReason, Reason, Score,
};
use crate::decode::{DecodeError, Kinds, Terms};
use crate::embed::{MatcherError, Template};
use crate::engine::{CompareError, Engine, Measured};
use crate::prompt::{Prompt, Step};
use crate::sighting::{Sighting, SightingError};

mod flat;
mod light;
mod look;
mod movement;
mod observed;
mod pose;
mod repeats;
mod shade;
#[cfg(test)]
mod tests;

use observed::Observed;

pub use crate::prompt::{FRAMES_MAX, FRAMES_MIN};

/// The greatest frame: what phones and webcams deliver as video, in either orientation.
pub const FRAME_PIXELS_MAX: usize = 1920 * 1440;

/// By how much a turned head may fall below `retry`, in ten-thousandths.
const TURNED_LESS: i16 = 1_000;
/// Phones send JPEG alone, so that no other decoder has to be shown what a stranger makes by the dozen.
const FRAME: Terms = Terms { kinds: Kinds::Jpeg, pixels_max: FRAME_PIXELS_MAX };

/// Below this the passive check sees a print or a screen, taken over all frames,
const PAD_MEAN_MIN: f32 = 0.60;
/// and below this in any single one.
const PAD_SINGLE_MIN: f32 = 0.20;

/// One frame of a capture. Its signature was checked before it came here.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    /// JPEG; not mirrored.
    pub picture: &'a [u8],
    /// Milliseconds since the first frame, signed by the device.
    pub at_millis: u32,
    /// Which of the prompts it answers.
    pub prompt: usize,
}

impl std::fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frame(prompt {}, {} ms, [hidden])", self.prompt, self.at_millis)
    }
}

/// A capture: what was asked, and what came.
#[derive(Clone, Copy, Debug)]
pub struct Capture<'a> {
    /// Empty where nothing was asked; then neither steps nor times are judged, and no capture passes: what nobody asked for
    /// proves no life.
    pub steps: &'a [Step],
    pub frames: &'a [Frame<'a>],
}

impl Capture<'_> {
    /// Whether a frame of this step shows the look straight ahead.
    fn is_straight(&self, step: usize) -> bool {
        match self.steps.get(step).map(|step| step.prompt) {
            None | Some(Prompt::LookStraight) => true,
            Some(Prompt::TurnLeft | Prompt::TurnRight | Prompt::MoveCloser) => false,
        }
    }
}

/// What was found in a capture.
#[derive(Clone, Debug, PartialEq)]
pub struct LivenessReport {
    pub liveness: Liveness,
    pub frames: Vec<FrameReport>,
    /// How far the face is from being flat; see [`DEPTH_MIN`]. Absent where no two frames could be
    /// compared.
    pub depth: Option<f32>,
    /// Mean of the passive check; absent where the model set has none.
    pub living: Option<Score>,
    /// What lies over the face in most of the frames that look straight ahead.
    pub covered: Vec<Covering>,
    /// Whether the face showed the light of the screen; `None` where none was shown.
    pub light: Option<LightSeen>,
}

/// What was found in one frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FrameReport {
    pub reasons: Vec<LivenessReason>,
    /// Degrees, positive to the person's own left.
    pub turn: Option<f32>,
    pub living: Option<Score>,
}

/// A capture without more depth than this moves like a flat picture.
pub const DEPTH_MIN: f32 = movement::DEPTH_MIN;

/// The faces of a capture, ready to be compared.
struct Faces {
    report: LivenessReport,
    /// That of the portrait, where one was given and the capture was looked at.
    portrait: Option<Template>,
    /// The best frames looking straight, best first.
    straight: Vec<Template>,
    /// The reason that a single bad frame gives, where all are bad in the same way.
    unusable: Option<Reason>,
}

impl Faces {
    /// Of a capture that holds more frames than any may: none of them was looked at.
    const fn too_many(frames: Vec<FrameReport>, reasons: Vec<LivenessReason>) -> Self {
        Self {
            report: LivenessReport {
                liveness: Liveness::Failed(reasons),
                frames,
                depth: None,
                living: None,
                covered: Vec::new(),
                light: None,
            },
            portrait: None,
            straight: Vec::new(),
            unusable: None,
        }
    }
}

impl Engine {
    /// Judges a capture and compares its best frames with the portrait.
    ///
    /// Life comes first: a capture that fails is "try again" and never "match", whatever its face.
    ///
    /// # Errors
    ///
    /// A [`CompareError`] where nothing can be said.
    pub fn judge(
        &self,
        portrait: &[u8],
        capture: &Capture<'_>,
    ) -> Result<Comparison, CompareError> {
        let _held = self.detector.held();
        let portrait = self.portrait_sighting(portrait)?;
        let faces = self.observe(capture, Some(&portrait))?;
        let mut best: Vec<Score> = Vec::new();
        for (portrait, live) in faces
            .portrait
            .iter()
            .flat_map(|portrait| faces.straight.iter().map(move |live| (portrait, live)))
        {
            let scores = self.scores(portrait, live)?;
            if crate::engine::fused(&best) < crate::engine::fused(&scores) {
                best = scores;
            }
        }
        let outcome = self.outcome(&best);
        let result = match (&faces.report.liveness, faces.unusable) {
            (Liveness::Passed, _) => outcome,
            (Liveness::Failed(_) | Liveness::NotChecked, Some(reason)) => {
                FaceResult::TryAgain(reason)
            }
            // Whoever shows no life learns nothing about the likeness of the face.
            (Liveness::Failed(_), None) => FaceResult::TryAgain(Reason::NotLive),
            (Liveness::NotChecked, None) => match outcome {
                FaceResult::NoMatch => FaceResult::NoMatch,
                FaceResult::Match | FaceResult::TryAgain(_) => {
                    FaceResult::TryAgain(Reason::NotLive)
                }
            },
        };
        let LivenessReport { living, covered, light, .. } = faces.report;
        let measured = Measured { scores: &best, pad: living, covered, light };
        Ok(self.comparison(result, faces.report.liveness, measured))
    }

    /// Judges a capture by itself.
    ///
    /// # Errors
    ///
    /// [`CompareError::Engine`] where a network failed.
    pub fn liveness(&self, capture: &Capture<'_>) -> Result<LivenessReport, CompareError> {
        self.observe(capture, None).map(|faces| faces.report)
    }

    /// Looks at a capture. The faces that count are embedded several at once, the portrait's with them, which is quicker.
    fn observe(
        &self,
        capture: &Capture<'_>,
        portrait: Option<&Sighting>,
    ) -> Result<Faces, CompareError> {
        let _held = self.detector.held();
        let mut reports = vec![FrameReport::default(); capture.frames.len()];
        let mut reasons = movement::order(capture);
        if capture.frames.len() > FRAMES_MAX {
            return Ok(Faces::too_many(reports, vec![LivenessReason::TooManyFrames]));
        }
        let mut observed = Vec::new();
        let failed = |error: MatcherError| CompareError::Engine(Box::new(error));
        let mut gathered = self.matcher.gather();
        if let Some(portrait) = portrait {
            gathered.add(portrait).map_err(failed)?;
        }
        let mut counted = Vec::new();
        for (index, (frame, report)) in capture.frames.iter().zip(&mut reports).enumerate() {
            match self.sighting_on(frame.picture, FRAME) {
                Ok(sighting) => {
                    let seen = self.observe_frame(index, frame, &sighting, report)?;
                    // A blurred face looks like nobody; the frame fails for the blur.
                    if !report.reasons.contains(&LivenessReason::BlurredFrame) {
                        let is_straight = capture.is_straight(frame.prompt);
                        let turn = seen.pose.turn;
                        gathered.add(&sighting).map_err(failed)?;
                        counted.push(Counted { index, is_straight, turn });
                    }
                    observed.push(seen);
                }
                Err(error) => report.reasons.push(reason_of(error)?),
            }
        }
        repeats::mark(&observed, &mut reports);
        let depth = movement::judge(capture, &observed, &mut reports, &mut reasons);
        let mut templates = gathered.finish().map_err(failed)?;
        if templates.len() != counted.len() + usize::from(portrait.is_some()) {
            return Err(CompareError::Engine("the matcher lost a face".into()));
        }
        let live = templates.split_off(usize::from(portrait.is_some()));
        let embedded = counted.into_iter().zip(live).collect();
        let straight = self.same_face(embedded, &mut reports)?;
        let living = mean_living(&observed);
        if living.is_some_and(|mean| mean < Score::from_similarity(PAD_MEAN_MIN)) {
            reasons.push(LivenessReason::PresentationAttack);
        }
        let blurred = |report: &FrameReport| report.reasons.contains(&LivenessReason::BlurredFrame);
        let unusable =
            if reports.iter().any(blurred) { Some(Reason::HoldStill) } else { all_alike(&reports) };
        reasons.extend(reports.iter().flat_map(|report| report.reasons.iter().copied()));
        reasons.sort_unstable();
        reasons.dedup();
        // Nothing was asked: a picture that is shifted, scaled or tilted can then look as deep as a head, also to the passive
        // check, so that nothing found is no proof of life.
        let unproven = capture.steps.is_empty();
        let liveness = match reasons {
            reasons if !reasons.is_empty() => Liveness::Failed(reasons),
            _ if unproven => Liveness::NotChecked,
            _ => Liveness::Passed,
        };
        let covered = covered(&observed, capture);
        let light = light::judge(capture.steps, &observed);
        let report = LivenessReport { liveness, frames: reports, depth, living, covered, light };
        Ok(Faces { report, portrait: templates.pop(), straight, unusable })
    }

    fn observe_frame(
        &self,
        index: usize,
        frame: &Frame<'_>,
        sighting: &Sighting,
        report: &mut FrameReport,
    ) -> Result<Observed, CompareError> {
        let observed = Observed::new(index, frame, sighting, self.living(sighting)?);
        if !movement::has_context(&observed.view) {
            report.reasons.push(LivenessReason::TooLittleContext);
        }
        if observed.living.is_some_and(|score| score < Score::from_similarity(PAD_SINGLE_MIN)) {
            report.reasons.push(LivenessReason::PresentationAttack);
        }
        if crate::sharpness::is_blurred(sighting) {
            report.reasons.push(LivenessReason::BlurredFrame);
        }
        report.turn = Some(observed.pose.turn);
        report.living = observed.living;
        Ok(observed)
    }

    /// What a turned head has to have of the likeness of the same head when it looks straight: less than a straight one. How much
    /// less has not been measured on real heads; photographs that are bent until they seem turned by 25° fall below `retry`.
    fn turned_min(&self) -> Score {
        let retry = self.bands().retry.ten_thousandths();
        Score::from_ten_thousandths(retry.saturating_sub(TURNED_LESS))
    }

    /// Holds every frame against the straightest one; returns the templates of the straight ones.
    fn same_face(
        &self,
        mut embedded: Vec<(Counted, Template)>,
        reports: &mut [FrameReport],
    ) -> Result<Vec<Template>, CompareError> {
        embedded.sort_by(|(a, _), (b, _)| {
            b.is_straight.cmp(&a.is_straight).then(a.turn.abs().total_cmp(&b.turn.abs()))
        });
        let Some(((_, reference), others)) = embedded.split_first() else { return Ok(Vec::new()) };
        for (frame, template) in others {
            let scores = self.scores(reference, template)?;
            let same = if frame.is_straight {
                self.outcome(&scores) == FaceResult::Match
            } else {
                crate::engine::fused(&scores).is_some_and(|mean| mean >= self.turned_min())
            };
            if let Some(report) = reports.get_mut(frame.index).filter(|_| !same) {
                report.reasons.push(LivenessReason::AnotherFace);
            }
        }
        let straight = embedded.into_iter().filter(|(frame, _)| frame.is_straight);
        Ok(straight.map(|(_, template)| template).collect())
    }
}

/// A frame whose face counts.
struct Counted {
    index: usize,
    is_straight: bool,
    turn: f32,
}

fn reason_of(error: SightingError) -> Result<LivenessReason, CompareError> {
    match error {
        SightingError::Network(_) | SightingError::Decode(DecodeError::Unavailable) => {
            Err(CompareError::Engine(Box::new(error)))
        }
        SightingError::Decode(DecodeError::TooLarge) => Ok(LivenessReason::TooLargeFrame),
        SightingError::Decode(_) => Ok(LivenessReason::UnreadableFrame),
        SightingError::NoFace | SightingError::FaceTooSmall | SightingError::Profile => {
            Ok(LivenessReason::NoFace)
        }
        SightingError::SeveralFaces => Ok(LivenessReason::SeveralFaces),
    }
}

/// What lies over the face in most of the frames that look straight ahead: in a single one a shadow can look like it.
fn covered(observed: &[Observed], capture: &Capture<'_>) -> Vec<Covering> {
    let straight: Vec<&Observed> =
        observed.iter().filter(|seen| capture.is_straight(seen.prompt)).collect();
    let mostly = |covering: &Covering| {
        let seen = straight.iter().filter(|seen| seen.covering == Some(*covering)).count();
        seen * 2 > straight.len()
    };
    [Covering::Sunglasses, Covering::Mask].into_iter().filter(mostly).collect()
}

fn mean_living(observed: &[Observed]) -> Option<Score> {
    let scores: Vec<Score> = observed.iter().filter_map(|seen| seen.living).collect();
    crate::engine::fused(&scores)
}

/// Where not one frame can be used, why.
fn all_alike(reports: &[FrameReport]) -> Option<Reason> {
    let unusable = |report: &FrameReport| match report.reasons.as_slice() {
        [LivenessReason::UnreadableFrame] => Some(Reason::Unreadable),
        [LivenessReason::TooLargeFrame] => Some(Reason::TooLarge),
        [LivenessReason::NoFace] => Some(Reason::NoFace),
        [LivenessReason::SeveralFaces] => Some(Reason::SeveralFaces),
        _ => None,
    };
    let first = reports.first().and_then(unusable)?;
    reports.iter().all(|report| unusable(report) == Some(first)).then_some(first)
}
