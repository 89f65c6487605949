//! Did the head do what was asked, in plausible time, and is it a head?

use super::flat;
use super::observed::Observed;
use super::{Capture, FrameReport};
use crate::comparison::LivenessReason;
use crate::look::Stance;
use crate::prompt::{DEGREES_APART_MAX, FRAMES_MIN, Prompt, Step};
use crate::sighting::View;

/// Degrees within which a head looks straight; some faces look turned by 9° to the detector,
const STRAIGHT_MAX: f32 = 16.0;
/// from which it is turned, measured against the person's own straight look (the detector shows a
/// turn of 30° as about 12°, a flat picture held askew as up to 5°),
const TURN_MIN: f32 = 7.0;
/// and beyond which the far eye is a guess.
pub(super) const TURN_MAX: f32 = 60.0;
/// How much larger a face is that came nearer.
const NEARER_MIN: f32 = 1.18;
/// See [`flat`]. Flat pictures of five people turned by 32° came to 0.015 at most, heads to 0.096 at
/// least (`tests/external_liveness.rs`).
pub(super) const DEPTH_MIN: f32 = 0.05;

/// Turned frames without which a capture that answers no prompts shows no depth.
const TURNED_FRAMES_MIN: usize = 2;

/// The picture is at least this many face boxes wide and high.
const CONTEXT_BOXES_MIN: f32 = 2.0;

/// No camera of a phone delivers frames faster. Nobody needs longer than the time that the service
/// gives for one prompt, its extension included.
const FRAME_GAP_MILLIS_MIN: u32 = 30;
const FRAME_GAP_MILLIS_MAX: u32 = 50_000;
const CAPTURE_MILLIS_MAX: u32 = 90_000;
/// Nobody follows a prompt sooner than this after the last frame before it.
const REACTION_MILLIS_MIN: u32 = 150;

/// Whether enough is seen around the face to exclude the edge of a screen or print.
pub(super) fn has_context(view: &View) -> bool {
    let face = &view.face.rect;
    let (width, height) = (crate::geometry::real(view.width), crate::geometry::real(view.height));
    let inside = face.x >= 0.0
        && face.y >= 0.0
        && face.x + face.width <= width
        && face.y + face.height <= height;
    inside && width >= face.width * CONTEXT_BOXES_MIN && height >= face.height * CONTEXT_BOXES_MIN
}

/// Number, times and order of the frames, before any is looked at.
pub(super) fn order(capture: &Capture<'_>) -> Vec<LivenessReason> {
    let mut reasons = Vec::new();
    if capture.frames.len() < FRAMES_MIN {
        reasons.push(LivenessReason::TooFewFrames);
    }
    if capture.steps.is_empty() {
        return reasons;
    }
    let plausible = capture.frames.iter().zip(capture.frames.iter().skip(1)).all(|(one, next)| {
        let next_prompt = next.prompt == one.prompt + 1;
        let gap = next.at_millis.checked_sub(one.at_millis);
        let gap_min = if next_prompt { REACTION_MILLIS_MIN } else { FRAME_GAP_MILLIS_MIN };
        (next_prompt || next.prompt == one.prompt)
            && gap.is_some_and(|gap| (gap_min..=FRAME_GAP_MILLIS_MAX).contains(&gap))
    });
    let last_millis = capture.frames.last().map_or(0, |frame| frame.at_millis);
    let held = capture.steps.iter().enumerate().all(|(index, step)| {
        let mut times = capture.frames.iter().filter(|frame| frame.prompt == index);
        let (first, last) = (times.clone().next(), times.next_back());
        let span =
            first.zip(last).map(|(first, last)| last.at_millis.saturating_sub(first.at_millis));
        // A step without a frame is one that was not met, and is said below.
        span.is_none_or(|span| span >= u32::from(step.hold_millis))
    });
    if !plausible || !held || last_millis > CAPTURE_MILLIS_MAX {
        reasons.push(LivenessReason::ImplausibleTiming);
    }
    let first = capture.frames.first().map(|frame| frame.prompt);
    let last = capture.frames.last().map(|frame| frame.prompt + 1);
    if first != Some(0) || last != Some(capture.steps.len()) {
        reasons.push(LivenessReason::PromptNotMet);
    }
    reasons
}

/// Judges prompts and depth; returns the depth.
pub(super) fn judge(
    capture: &Capture<'_>,
    observed: &[Observed],
    reports: &mut [FrameReport],
    reasons: &mut Vec<LivenessReason>,
) -> Option<f32> {
    let straight = |seen: &&Observed| capture.is_straight(seen.prompt);
    let reference = observed
        .iter()
        .filter(straight)
        .min_by(|a, b| a.pose.turn.abs().total_cmp(&b.pose.turn.abs()))?;
    // While the pictures were taken each was measured against the straightest frame of the first look. Measured against another
    // one here, a head that was told to stay there could be found to have turned too little or too far.
    let first_look = observed.iter().filter(|seen| seen.prompt == 0).map(Observed::stance);
    let measured_from = first_look.reduce(Stance::straighter)?;
    for (index, step) in capture.steps.iter().enumerate() {
        let mut of_prompt = observed.iter().filter(|seen| seen.prompt == index).peekable();
        // One frame that follows is not enough: another could show somebody who does not.
        let met = of_prompt.peek().is_some()
            && of_prompt.clone().all(|seen| follows(step, seen.stance(), measured_from));
        if !met {
            reasons.push(LivenessReason::PromptNotMet);
            for seen in of_prompt {
                if let Some(report) = reports.get_mut(seen.index) {
                    report.reasons.push(LivenessReason::PromptNotMet);
                }
            }
        }
    }
    let depth = depth(capture, observed, reference);
    let looks_at_depth = capture.steps.is_empty()
        || capture.steps.iter().any(|it| matches!(it.prompt, Prompt::TurnLeft | Prompt::TurnRight));
    // Who cannot turn the head shows no depth: then only the passive check can speak for them.
    let flat = if looks_at_depth {
        depth.is_none_or(|depth| depth < DEPTH_MIN)
    } else {
        reference.living.is_none()
    };
    if flat {
        reasons.push(LivenessReason::FlatPicture);
    }
    depth
}

/// How much like a head and how little like a plane the face moved: with prompts, the mean over the
/// frames of the clearest turn, counted in the direction that was asked; without, the mean over all frames that are turned at
/// all, each counted in its direction. What a picture that is moved shows of depth is the detector's noise: in one frame it can be as
/// great as that of a head, and it points another way in the next.
fn depth(capture: &Capture<'_>, observed: &[Observed], reference: &Observed) -> Option<f32> {
    let of = |seen: &Observed| flat::depth(&reference.view.face.steady, &seen.view.face.steady);
    if capture.steps.is_empty() {
        let turned = |seen: &Observed| {
            let turn = seen.pose.turn - reference.pose.turn;
            (turn.abs() >= TURN_MIN).then(|| Some(of(seen)? * turn.signum()))?
        };
        let depths: Vec<f32> = observed.iter().filter_map(turned).collect();
        let mean = depths.iter().sum::<f32>() / crate::geometry::real(depths.len());
        return (depths.len() >= TURNED_FRAMES_MIN).then_some(mean);
    }
    let of_prompt = |(index, step): (usize, &Step)| {
        let direction = match step.prompt {
            Prompt::TurnLeft => 1.0,
            Prompt::TurnRight => -1.0,
            Prompt::LookStraight | Prompt::MoveCloser => return None,
        };
        let depths: Vec<f32> =
            observed.iter().filter(|seen| seen.prompt == index).filter_map(of).collect();
        let mean = depths.iter().sum::<f32>() / crate::geometry::real(depths.len());
        (!depths.is_empty()).then_some(mean * direction)
    };
    capture.steps.iter().enumerate().filter_map(of_prompt).max_by(f32::total_cmp)
}

/// How a head stands against what is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Following {
    AsAsked,
    NotYet,
    TooFar,
    OtherSide,
}

/// Whether a head stands as asked, measured against its own look straight ahead.
pub(super) fn follows(step: &Step, seen: Stance, straight: Stance) -> bool {
    following(step, seen, straight) == Following::AsAsked
}

/// How a head stands against what is asked, measured against its own look straight ahead.
pub(super) fn following(step: &Step, seen: Stance, straight: Stance) -> Following {
    let turned = seen.turn - straight.turn;
    let met = |met| if met { Following::AsAsked } else { Following::NotYet };
    match step.prompt {
        Prompt::LookStraight => met(seen.turn.abs() <= STRAIGHT_MAX),
        Prompt::MoveCloser => met(seen.nearness >= straight.nearness * NEARER_MIN),
        Prompt::TurnLeft => turned_by(step.degrees, turned),
        Prompt::TurnRight => turned_by(step.degrees, -turned),
    }
}

/// `towards` is the turn to the side that is asked.
fn turned_by(degrees: Option<u8>, towards: f32) -> Following {
    let (least, most) = degrees.map_or((TURN_MIN, TURN_MAX), |degrees| {
        let least = f32::from(degrees.saturating_sub(DEGREES_APART_MAX)).max(TURN_MIN);
        (least, f32::from(degrees.saturating_add(DEGREES_APART_MAX)))
    });
    if towards <= -TURN_MIN {
        Following::OtherSide
    } else if towards < least {
        Following::NotYet
    } else if towards <= most {
        Following::AsAsked
    } else {
        Following::TooFar
    }
}
