//! One face in one picture: found, checked to be alone, cut out.

use crate::comparison::Reason;
use crate::decode::DecodeError;
use crate::detect::{Detector, Face};
use crate::geometry::{Point, Rect};
use crate::geometry::{real, whole};
use crate::network::NetworkError;
use crate::picture::Picture;

/// Eyes nearer to each other than this hold too little of a face. ISO/IEC 19794-5 asks portraits
/// for 90; chips of the first years hold about 60.
const EYE_DISTANCE_MIN: f32 = 30.0;
/// Another face counts from this part of the main one's width: people far behind do not.
const OTHER_FACE_SHARE_MIN: f32 = 0.25;
/// What is kept around the face, in face boxes: the widest crop of the passive check and a little.
const CROP_BOXES: f32 = 4.2;
/// A face wider than twice this is shrunk; the networks see 112 pixels at most.
const FACE_WIDTH: f32 = 160.0;
/// Narrower than this part of the picture, a face is looked for again nearby, for better points.
const FACE_SHARE_FINE: f32 = 0.15;

/// One face in one picture.
#[derive(Debug)]
pub struct Sighting {
    /// The surroundings of the face.
    pub picture: Picture,
    /// The face in [`Sighting::picture`].
    pub face: Face,
    pub view: View,
}

/// Where the face stood in the whole picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    pub width: usize,
    pub height: usize,
    pub face: Face,
}

/// Why a picture does not show one usable face.
#[derive(Debug, thiserror::Error)]
pub enum SightingError {
    #[error("the picture cannot be used")]
    Decode(#[source] DecodeError),
    #[error("no face is in the picture")]
    NoFace,
    #[error("several faces are in the picture")]
    SeveralFaces,
    #[error("the face in the picture is too small")]
    FaceTooSmall,
    /// Not the picture's doing.
    #[error("the detector failed")]
    Network(#[source] NetworkError),
}

impl SightingError {
    /// What the person can be told; `None` where it is our own failure.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Decode(DecodeError::TooLarge) => Some(Reason::TooLarge),
            Self::Decode(
                DecodeError::UnknownKind
                | DecodeError::TooSmall
                | DecodeError::Damaged
                | DecodeError::Fatal,
            ) => Some(Reason::Unreadable),
            Self::NoFace => Some(Reason::NoFace),
            Self::SeveralFaces => Some(Reason::SeveralFaces),
            Self::FaceTooSmall => Some(Reason::FaceTooSmall),
            Self::Decode(DecodeError::Unavailable) | Self::Network(_) => None,
        }
    }
}

impl Sighting {
    pub(crate) fn in_picture(whole: &Picture, detector: &Detector) -> Result<Self, SightingError> {
        let faces = detector.faces(whole).map_err(SightingError::Network)?;
        let Some(main) = faces.first().copied() else { return Err(SightingError::NoFace) };
        let others = faces.iter().skip(1).filter(|other| {
            other.rect.width >= main.rect.width * OTHER_FACE_SHARE_MIN
                && !main.rect.contains(other.rect.centre())
        });
        if others.count() > 0 {
            return Err(SightingError::SeveralFaces);
        }
        if main.landmarks.eye_distance() < EYE_DISTANCE_MIN {
            return Err(SightingError::FaceTooSmall);
        }
        let (part, origin) = whole.cropped(&surroundings(&main.rect, whole));
        let there = moved(&main, 1.0, Point::new(-origin.x, -origin.y));
        let fine = finer(&part, there, whole, detector)?;
        let main = moved(&fine, 1.0, origin);
        let view = View { width: whole.width(), height: whole.height(), face: main };
        let factor = usize_factor(fine.rect.width);
        let (picture, face) = if factor > 1 {
            let (width, height) = (part.width() / factor, part.height() / factor);
            let (width, height) = (width.max(1), height.max(1));
            // Both sides shrink by the same exact factor, or the face would be stretched.
            let even = Rect {
                width: real(width * factor),
                height: real(height * factor),
                ..Rect::default()
            };
            let shrunk = part.cropped(&even).0.shrunk_to(width, height);
            (shrunk, moved(&fine, 1.0 / real(factor), Point::default()))
        } else {
            (part, fine)
        };
        Ok(Self { picture, face, view })
    }
}

/// Looks again, nearer, where the face is small in the picture: its points are then as exact as
/// those of a large one.
fn finer(
    part: &Picture,
    found: Face,
    whole: &Picture,
    detector: &Detector,
) -> Result<Face, SightingError> {
    if found.rect.width >= real(whole.width().max(whole.height())) * FACE_SHARE_FINE {
        return Ok(found);
    }
    let again = detector.faces(part).map_err(SightingError::Network)?;
    let same = again.iter().find(|face| face.rect.overlap(&found.rect) > 0.5);
    Ok(same.copied().unwrap_or(found))
}

/// The crop around a face; at an edge it is shifted inside rather than cut.
fn surroundings(face: &Rect, whole: &Picture) -> Rect {
    let side = face.width.max(face.height) * CROP_BOXES;
    let (width, height) = (side.min(real(whole.width())), side.min(real(whole.height())));
    let centre = face.centre();
    Rect {
        x: (centre.x - width / 2.0).clamp(0.0, real(whole.width()) - width),
        y: (centre.y - height / 2.0).clamp(0.0, real(whole.height()) - height),
        width,
        height,
    }
}

fn usize_factor(face_width: f32) -> usize {
    whole(face_width / FACE_WIDTH).clamp(1, 64)
}

fn moved(face: &Face, scale: f32, shift: Point) -> Face {
    Face {
        rect: face.rect.mapped(scale, shift),
        landmarks: face.landmarks.mapped(scale, shift),
        steady: face.steady.mapped(scale, shift),
        score: face.score,
    }
}
