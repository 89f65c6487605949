//! Looks at one frame while the capture runs: see [`crate::look`].

use super::FRAME;
use super::movement::{self, Following};
use super::observed::stance;
use crate::comparison::Reason;
use crate::decode::DecodeError;
use crate::engine::{CompareError, Engine};
use crate::geometry::{Point, real, whole};
use crate::look::{Look, Stance};
use crate::picture::Picture;
use crate::prompt::{Prompt, Step};
use crate::quality::{GreyFrame, Seen, SeenFace, hint};
use crate::sighting::{Sighting, SightingError, View};

/// The longest side of the grey copy in which light is judged.
const GREY_SIDE_MAX: f32 = 320.0;
/// Whoever starts nearer than this, in parts of the picture's width or height, cannot come nearer by
/// `movement::NEARER_MIN` and still leave twice the face in view.
const START_SHARE_MAX: f32 = 0.40;
/// Degrees from which a face is seen from the side.
const PROFILE_FROM: f32 = 40.0;

impl Engine {
    /// Looks at one frame while `step` is asked. `straight` is the stance of the look straight
    /// ahead; without one, the frame is taken as that look.
    ///
    /// # Errors
    ///
    /// [`CompareError::Engine`] where the detector failed.
    pub fn look(
        &self,
        frame: &[u8],
        step: Step,
        straight: Option<Stance>,
    ) -> Result<Look, CompareError> {
        let picture = match self.decoder.decode(frame, FRAME) {
            Ok(picture) => picture,
            Err(error @ DecodeError::Unavailable) => {
                return Err(CompareError::Engine(Box::new(error)));
            }
            Err(error) => return Ok(Look { stance: None, hint: Some(undecoded(error)) }),
        };
        self.look_at(&picture, step, straight)
    }

    /// The same in a picture that is decoded already.
    ///
    /// # Errors
    ///
    /// [`CompareError::Engine`] where the detector failed.
    pub fn look_at(
        &self,
        picture: &Picture,
        step: Step,
        straight: Option<Stance>,
    ) -> Result<Look, CompareError> {
        let sighting = match self.sighting_in(picture) {
            Ok(sighting) => Ok(sighting),
            Err(error @ SightingError::Network(_)) => {
                return Err(CompareError::Engine(Box::new(error)));
            }
            Err(error) => Err(error.reason().unwrap_or(Reason::NoFace)),
        };
        Ok(match sighting {
            Ok(sighting) => {
                // Places in the view are those of the picture once it is upright.
                if sighting.quarter_turns == 0 {
                    seen(picture, &sighting, step, straight)
                } else {
                    let upright = picture.quarter_turned(sighting.quarter_turns);
                    seen(&upright, &sighting, step, straight)
                }
            }
            Err(Reason::Profile) => Look { stance: None, hint: Some(Reason::Profile) },
            Err(Reason::FaceTooSmall) => Look { stance: None, hint: Some(Reason::TooFar) },
            Err(Reason::NoFace) => {
                Look { stance: None, hint: judged(picture, &Seen::Nobody, step.prompt) }
            }
            Err(reason) => Look { stance: None, hint: Some(reason) },
        })
    }
}

fn undecoded(error: DecodeError) -> Reason {
    match error {
        DecodeError::TooLarge => Reason::TooLarge,
        DecodeError::OtherKind => Reason::NotJpeg,
        DecodeError::UnknownKind
        | DecodeError::TooSmall
        | DecodeError::Damaged
        | DecodeError::Fatal
        | DecodeError::Unavailable => Reason::Unreadable,
    }
}

fn seen(picture: &Picture, sighting: &Sighting, step: Step, straight: Option<Stance>) -> Look {
    let view = sighting.view;
    let stance = stance(&view);
    let hint = unusable(picture, sighting, step)
        .or_else(|| pose(&view, stance, step, straight))
        .or_else(|| covered(sighting));
    Look { stance: Some(stance), hint }
}

/// What makes the frame itself unfit to be compared, whatever the head does.
fn unusable(picture: &Picture, sighting: &Sighting, step: Step) -> Option<Reason> {
    let face = &sighting.view.face;
    let face = SeenFace { rect: face.rect, landmarks: Some(face.landmarks) };
    let quality = judged(picture, &Seen::OneFace(face), step.prompt);
    match quality {
        None | Some(Reason::LookStraight) => {
            crate::sharpness::is_blurred(sighting).then_some(Reason::HoldStill).or(quality)
        }
        Some(_) => quality,
    }
}

/// What lies over the face or its eyes: said, while the frame counts.
fn covered(sighting: &Sighting) -> Option<Reason> {
    crate::covering::seen(sighting).map(|seen| match seen {
        crate::covering::Seen::Mask => Reason::Mask,
        crate::covering::Seen::Sunglasses => Reason::Sunglasses,
        crate::covering::Seen::Glare => Reason::GlassesReflect,
    })
}

/// What the pose lacks.
fn pose(view: &View, stance: Stance, step: Step, straight: Option<Stance>) -> Option<Reason> {
    if !movement::has_context(view) {
        return Some(Reason::TooNear);
    }
    match movement::following(&step, stance, straight.unwrap_or(stance)) {
        Following::AsAsked => {
            let face = &view.face.rect;
            // Only the first look fixes where coming nearer begins.
            let too_near = straight.is_none()
                && (face.width > real(view.width) * START_SHARE_MAX
                    || face.height > real(view.height) * START_SHARE_MAX);
            too_near.then_some(Reason::TooNear)
        }
        Following::OtherSide => Some(Reason::OtherSide),
        Following::TooFar => Some(Reason::TooFarRound),
        Following::NotYet => Some(match step.prompt {
            Prompt::LookStraight if stance.turn.abs() > PROFILE_FROM => Reason::Profile,
            Prompt::LookStraight => Reason::LookStraight,
            Prompt::TurnLeft | Prompt::TurnRight | Prompt::MoveCloser => Reason::FollowPrompt,
        }),
    }
}

/// The quality of a small grey copy.
fn judged(picture: &Picture, seen: &Seen, prompt: Prompt) -> Option<Reason> {
    let (width, height) = (real(picture.width()), real(picture.height()));
    let scale = (GREY_SIDE_MAX / width.max(height)).min(1.0);
    let (columns, rows) = (whole(width * scale).max(1), whole(height * scale).max(1));
    let grey = picture.grey_bytes(columns, rows);
    let small = match *seen {
        Seen::OneFace(SeenFace { rect, landmarks }) => Seen::OneFace(SeenFace {
            rect: rect.mapped(scale, Point::default()),
            landmarks: landmarks.map(|l| l.mapped(scale, Point::default())),
        }),
        Seen::Unknown | Seen::Nobody | Seen::SeveralFaces => *seen,
    };
    GreyFrame::new(columns, rows, &grey).and_then(|frame| hint(&frame, None, &small, prompt))
}
