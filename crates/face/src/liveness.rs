//! Is a living, present person in front of the camera, doing what was asked just now?
//!
//! What is checked, and against what:
//!
//! | check | stops |
//! |---|---|
//! | prompts drawn by the server, followed in order and in plausible time | a recording made before |
//! | the same face throughout, embedded anew at every prompt | another head for the turning |
//! | depth: eyes, mouth and nose do not move like points of one plane | a print, a still on a screen |
//! | surroundings of at least twice the face | frame edges kept out of sight |
//! | the passive check | prints and screens with visible edges, moiré, paper |
//! | no frame twice, byte by byte or compressed anew | a capture padded out from one picture |
//!
//! A live video of another person on a screen that fills the view, and a stream put in place of the
//! camera, are beyond software that sees only pixels; there the device's signature over each frame
//! and the attestation of the app have to stand.

use crate::comparison::{Comparison, FaceResult, Liveness, LivenessReason, Reason, Score};
use crate::decode::{DecodeError, Kinds, Terms};
use crate::embed::Template;
use crate::engine::{CompareError, Engine};
use crate::prompt::Prompt;
use crate::sighting::{Sighting, SightingError};

mod flat;
mod look;
mod movement;
mod pose;
mod repeats;
#[cfg(test)]
mod tests;

use movement::Observed;

pub const FRAMES_MIN: usize = 8;
pub const FRAMES_MAX: usize = 12;

/// The greatest frame: what phones and webcams deliver as video.
pub const FRAME_PIXELS_MAX: usize = 1920 * 1080;

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
    /// Empty where nothing was asked; then neither prompts nor times are judged, and only a set with a passive check says that
    /// a capture passed.
    pub prompts: &'a [Prompt],
    pub frames: &'a [Frame<'a>],
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
    /// The best frames looking straight, best first.
    straight: Vec<Template>,
    /// The reason that a single bad frame gives, where all are bad in the same way.
    unusable: Option<Reason>,
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
        let portrait = self.portrait(portrait)?;
        let faces = self.observe(capture)?;
        let mut best: Vec<Score> = Vec::new();
        for template in &faces.straight {
            let scores = self.scores(&portrait, template)?;
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
            // Another person stays another person, or a failed check would be told apart from it.
            (Liveness::Failed(_) | Liveness::NotChecked, None) => match outcome {
                FaceResult::NoMatch => FaceResult::NoMatch,
                FaceResult::Match | FaceResult::TryAgain(_) => {
                    FaceResult::TryAgain(Reason::NotLive)
                }
            },
        };
        Ok(self.comparison(result, faces.report.liveness, &best, faces.report.living))
    }

    /// Judges a capture by itself.
    ///
    /// # Errors
    ///
    /// [`CompareError::Engine`] where a network failed.
    pub fn liveness(&self, capture: &Capture<'_>) -> Result<LivenessReport, CompareError> {
        self.observe(capture).map(|faces| faces.report)
    }

    fn observe(&self, capture: &Capture<'_>) -> Result<Faces, CompareError> {
        let mut reports = vec![FrameReport::default(); capture.frames.len()];
        let mut reasons = movement::order(capture);
        if capture.frames.len() > FRAMES_MAX {
            return Ok(Faces {
                report: LivenessReport {
                    liveness: Liveness::Failed(vec![LivenessReason::TooManyFrames]),
                    frames: reports,
                    depth: None,
                    living: None,
                },
                straight: Vec::new(),
                unusable: None,
            });
        }
        let mut observed = Vec::new();
        let mut kept = Kept::default();
        for (index, (frame, report)) in capture.frames.iter().zip(&mut reports).enumerate() {
            match self.sighting_on(frame.picture, FRAME) {
                Ok(sighting) => {
                    let seen = self.observe_frame(index, frame, &sighting, report)?;
                    kept.offer(capture, &seen, sighting);
                    observed.push(seen);
                }
                Err(error) => report.reasons.push(reason_of(error)?),
            }
        }
        repeats::mark(&observed, &mut reports);
        let depth = movement::judge(capture, &observed, &mut reports, &mut reasons);
        let straight = self.same_face(&kept, &mut reports)?;
        let living = mean_living(&observed);
        if living.is_some_and(|mean| mean < Score::from_similarity(PAD_MEAN_MIN)) {
            reasons.push(LivenessReason::PresentationAttack);
        }
        let unusable = all_alike(&reports);
        reasons.extend(reports.iter().flat_map(|report| report.reasons.iter().copied()));
        reasons.sort_unstable();
        reasons.dedup();
        // Nothing was asked and no net looked: a picture that is tilted all ways can then look as deep as a head, so that nothing
        // found is no proof of life.
        let unproven = capture.prompts.is_empty() && living.is_none();
        let liveness = match reasons {
            reasons if !reasons.is_empty() => Liveness::Failed(reasons),
            _ if unproven => Liveness::NotChecked,
            _ => Liveness::Passed,
        };
        let report = LivenessReport { liveness, frames: reports, depth, living };
        Ok(Faces { report, straight, unusable })
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
        report.turn = Some(observed.pose.turn);
        report.living = observed.living;
        Ok(observed)
    }

    /// Embeds the kept frames and holds them against the straightest one; returns the templates of
    /// the straight ones.
    fn same_face(
        &self,
        kept: &Kept,
        reports: &mut [FrameReport],
    ) -> Result<Vec<Template>, CompareError> {
        let mut straight: Vec<Template> = Vec::new();
        for (is_straight, choice) in kept.in_order() {
            let template = self.template(&choice.sighting)?;
            if let Some(reference) = straight.first() {
                let scores = self.scores(reference, &template)?;
                // A turned head looks a little less like itself; a stranger stays below both.
                let same = match self.outcome(&scores) {
                    FaceResult::Match => true,
                    FaceResult::TryAgain(_) => !is_straight,
                    FaceResult::NoMatch => false,
                };
                if let Some(report) = reports.get_mut(choice.index).filter(|_| !same) {
                    report.reasons.push(LivenessReason::AnotherFace);
                }
            }
            if is_straight {
                straight.push(template);
            }
        }
        Ok(straight)
    }
}

/// The frames that are embedded: the straightest two, and for each prompt the one that follows it
/// most clearly. Nothing else is evidence of anything.
#[derive(Default)]
struct Kept {
    straight: Vec<Choice>,
    moved: Vec<Choice>,
}

struct Choice {
    index: usize,
    prompt: usize,
    /// How well the frame shows what it is kept for.
    merit: f32,
    sighting: Sighting,
}

const STRAIGHT_MAX: usize = 2;

impl Kept {
    fn offer(&mut self, capture: &Capture<'_>, seen: &Observed, sighting: Sighting) {
        let prompt = capture.prompts.get(seen.prompt).copied();
        let choice = |merit| Choice { index: seen.index, prompt: seen.prompt, merit, sighting };
        match prompt {
            None | Some(Prompt::LookStraight) => {
                self.straight.push(choice(-seen.pose.turn.abs()));
                self.straight.sort_by(|a, b| b.merit.total_cmp(&a.merit));
                if prompt.is_some() {
                    self.straight.truncate(STRAIGHT_MAX);
                }
            }
            Some(Prompt::TurnLeft) => self.best_of_prompt(choice(seen.pose.turn)),
            Some(Prompt::TurnRight) => self.best_of_prompt(choice(-seen.pose.turn)),
            Some(Prompt::MoveCloser) => self.best_of_prompt(choice(seen.stance().nearness)),
        }
    }

    fn best_of_prompt(&mut self, choice: Choice) {
        match self.moved.iter_mut().find(|kept| kept.prompt == choice.prompt) {
            Some(kept) if kept.merit < choice.merit => *kept = choice,
            Some(_) => {}
            None => self.moved.push(choice),
        }
    }

    fn in_order(&self) -> impl Iterator<Item = (bool, &Choice)> {
        let straight = self.straight.iter().map(|choice| (true, choice));
        straight.chain(self.moved.iter().map(|choice| (false, choice)))
    }
}

fn reason_of(error: SightingError) -> Result<LivenessReason, CompareError> {
    match error {
        SightingError::Network(_) | SightingError::Decode(DecodeError::Unavailable) => {
            Err(CompareError::Engine(Box::new(error)))
        }
        SightingError::Decode(_) => Ok(LivenessReason::UnreadableFrame),
        SightingError::NoFace | SightingError::FaceTooSmall => Ok(LivenessReason::NoFace),
        SightingError::SeveralFaces => Ok(LivenessReason::SeveralFaces),
    }
}

fn mean_living(observed: &[Observed]) -> Option<Score> {
    let scores: Vec<Score> = observed.iter().filter_map(|seen| seen.living).collect();
    crate::engine::fused(&scores)
}

/// Where not one frame can be used, why.
fn all_alike(reports: &[FrameReport]) -> Option<Reason> {
    let unusable = |report: &FrameReport| match report.reasons.as_slice() {
        [LivenessReason::UnreadableFrame] => Some(Reason::Unreadable),
        [LivenessReason::NoFace] => Some(Reason::NoFace),
        [LivenessReason::SeveralFaces] => Some(Reason::SeveralFaces),
        _ => None,
    };
    let first = reports.first().and_then(unusable)?;
    reports.iter().all(|report| unusable(report) == Some(first)).then_some(first)
}
