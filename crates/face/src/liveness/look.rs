//! Looks at one frame while the capture runs: see [`crate::look`].

use super::FRAME;
use super::movement::{self, TURN_MAX};
use crate::comparison::Reason;
use crate::decode::DecodeError;
use crate::engine::{CompareError, Engine};
use crate::geometry::{Point, real, whole};
use crate::look::{Look, Stance};
use crate::picture::Picture;
use crate::prompt::Prompt;
use crate::quality::{GreyFrame, Seen, SeenFace, hint};
use crate::sighting::{Sighting, SightingError, View};

/// The longest side of the grey copy in which light is judged.
const GREY_SIDE_MAX: f32 = 320.0;
/// Whoever starts nearer than this, in parts of the picture's width or height, cannot come nearer by
/// `movement::NEARER_MIN` and still leave twice the face in view.
const START_SHARE_MAX: f32 = 0.40;

impl Engine {
    /// Looks at one frame while `prompt` is asked. `straight` is the stance of the look straight
    /// ahead; without one, the frame is taken as that look.
    ///
    /// # Errors
    ///
    /// [`CompareError::Engine`] where the detector failed.
    pub fn look(
        &self,
        frame: &[u8],
        prompt: Prompt,
        straight: Option<Stance>,
    ) -> Result<Look, CompareError> {
        let picture = match self.decoder.decode(frame, FRAME) {
            Ok(picture) => picture,
            Err(error @ DecodeError::Unavailable) => {
                return Err(CompareError::Engine(Box::new(error)));
            }
            Err(_) => return Ok(Look { stance: None, hint: Some(Reason::Unreadable) }),
        };
        let sighting = match self.sighting_in(&picture) {
            Ok(sighting) => Ok(sighting),
            Err(error @ SightingError::Network(_)) => {
                return Err(CompareError::Engine(Box::new(error)));
            }
            Err(error) => Err(error.reason().unwrap_or(Reason::NoFace)),
        };
        Ok(match sighting {
            Ok(sighting) => seen(&picture, &sighting, prompt, straight),
            Err(Reason::FaceTooSmall) => Look { stance: None, hint: Some(Reason::TooFar) },
            Err(Reason::NoFace) => {
                Look { stance: None, hint: judged(&picture, &Seen::Nobody, prompt) }
            }
            Err(reason) => Look { stance: None, hint: Some(reason) },
        })
    }
}

fn seen(picture: &Picture, sighting: &Sighting, prompt: Prompt, straight: Option<Stance>) -> Look {
    let view = sighting.view;
    let stance = movement::stance(&view);
    let face = SeenFace { rect: view.face.rect, landmarks: Some(view.face.landmarks) };
    let quality = judged(picture, &Seen::OneFace(face), prompt);
    let hint = match quality {
        None | Some(Reason::GlassesReflect) => {
            pose(&view, stance, prompt, straight.unwrap_or(stance)).or(quality)
        }
        Some(_) => quality,
    };
    Look { stance: Some(stance), hint }
}

/// What the pose lacks.
fn pose(view: &View, stance: Stance, prompt: Prompt, straight: Stance) -> Option<Reason> {
    if !movement::has_context(view) {
        return Some(Reason::TooNear);
    }
    if movement::follows(prompt, stance, straight) {
        let face = &view.face.rect;
        let too_near = prompt == Prompt::LookStraight
            && (face.width > real(view.width) * START_SHARE_MAX
                || face.height > real(view.height) * START_SHARE_MAX);
        return too_near.then_some(Reason::TooNear);
    }
    Some(match prompt {
        Prompt::LookStraight => Reason::LookStraight,
        Prompt::TurnLeft | Prompt::TurnRight if stance.turn.abs() > TURN_MAX => {
            Reason::LookStraight
        }
        Prompt::TurnLeft | Prompt::TurnRight | Prompt::MoveCloser => Reason::FollowPrompt,
    })
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
