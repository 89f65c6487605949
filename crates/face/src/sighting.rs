//! One face in one picture: found, checked to be alone, cut out.

use crate::align::Crop;
use crate::comparison::Reason;
use crate::decode::DecodeError;
use crate::detect::{Detector, Face};
use crate::geometry::{Landmarks, Point, Rect};
use crate::geometry::{real, whole};
use crate::network::NetworkError;
use crate::picture::Picture;
use crate::similarity::Similarity;
use std::sync::OnceLock;

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
/// The detector finds faces that lie on their side or stand on their head too, and takes them for upright; then it is less
/// sure. Upright faces of 60 people came to 0.927 at least, turned ones to 0.908 at most.
const UPRIGHT_SCORE_MIN: f32 = 0.915;
/// Another orientation is believed where the detector is surer of it by this.
const SURER_BY: f32 = 0.02;
/// In a small copy a face is found with less: from here an orientation is worth a look.
const SCORE_TRIED_MIN: f32 = 0.75;
/// The long side of the copies in which other orientations are tried.
const TRIED_SIDE: usize = 192;
/// Degrees of lean from which a face is levelled and found once more: its points are then as exact as those of an upright one.
/// Of 60 people all who are rolled by 25° or more show it or the score below (of those rolled by 20° two do not, and match), and
/// of the upright ones 3 with the default set and 13 with the strong one, who are found once more for nothing.
const LEVEL_FROM: f32 = 3.0;
/// A face of which the detector is less sure than this is levelled too: where the face is small, the detector draws the points
/// of a rolled one as if it stood upright (that of the default set shows 30° as an eye line of 3°).
const LEVEL_SCORE_MIN: f32 = 0.925;
/// Near, the detector shows about two thirds of a roll: four rounds leave less than a degree of 40°.
const LEVEL_ROUNDS: usize = 4;
/// A face that leans by less than this, seen near, stands upright.
const LEVEL_MAX: f32 = 3.0;
/// What is turned for that, in face boxes, and the most pixels of its side. The nearer the face, the more of its roll is shown.
const LEVELLED_BOXES: f32 = 1.5;
const LEVELLED_SIDE: f32 = 256.0;
/// A face that turns out to be rolled by less than this stays as it was found: a head that is turned to the side looks a little
/// rolled, and points found near in a picture that is turned back for it are worse.
const ROLLED_FROM: f32 = 10.0;
/// Eyes nearer to each other than this part of the face's height are those of a face that is seen from the side.
const PROFILE_SHARE: f32 = 0.22;

/// One face in one picture.
#[derive(Debug)]
pub struct Sighting {
    /// The surroundings of the face.
    pub picture: Picture,
    /// The face in [`Sighting::picture`].
    pub face: Face,
    pub view: View,
    /// By how many right angles the whole picture was turned to the left before the face stood upright in it.
    pub quarter_turns: u8,
    /// The face as most of those who look at it want it, made when the first of them does; picture and face are not changed
    /// after that.
    aligned: OnceLock<Option<Picture>>,
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
    #[error("the face in the picture is seen from the side")]
    Profile,
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
            Self::Decode(DecodeError::OtherKind) => Some(Reason::NotJpeg),
            Self::Decode(
                DecodeError::UnknownKind
                | DecodeError::TooSmall
                | DecodeError::Damaged
                | DecodeError::Fatal,
            ) => Some(Reason::Unreadable),
            Self::NoFace => Some(Reason::NoFace),
            Self::SeveralFaces => Some(Reason::SeveralFaces),
            Self::FaceTooSmall => Some(Reason::FaceTooSmall),
            Self::Profile => Some(Reason::Profile),
            Self::Decode(DecodeError::Unavailable) | Self::Network(_) => None,
        }
    }
}

impl Sighting {
    #[must_use]
    pub fn new(picture: Picture, face: Face, view: View, quarter_turns: u8) -> Self {
        Self { picture, face, view, quarter_turns, aligned: OnceLock::new() }
    }

    /// The face turned and scaled so that its points lie where [`Crop::ArcFace`] has them; `None` where they cannot be those of a
    /// face. Made once.
    pub(crate) fn aligned(&self) -> Option<&Picture> {
        let crop = Crop::ArcFace;
        let aligned = || crop.of(&self.picture, &self.face.landmarks, crop.side());
        self.aligned.get_or_init(aligned).as_ref()
    }

    pub(crate) fn in_picture(given: &Picture, detector: &Detector) -> Result<Self, SightingError> {
        let mut faces = detector.faces(given).map_err(SightingError::Network)?;
        let turned = upright(given, &faces, detector).map_err(SightingError::Network)?;
        let (whole, quarter_turns) = match &turned {
            None => (given, 0),
            Some(turned) => {
                faces.clone_from(&turned.faces);
                (&turned.picture, turned.quarter_turns)
            }
        };
        let Some(main) = faces.first().copied() else { return Err(SightingError::NoFace) };
        let others = faces.iter().skip(1).filter(|other| {
            other.rect.width >= main.rect.width * OTHER_FACE_SHARE_MIN
                && !main.rect.contains(other.rect.centre())
        });
        if others.count() > 0 {
            return Err(SightingError::SeveralFaces);
        }
        let eyes = main.landmarks.eye_distance();
        if eyes < EYE_DISTANCE_MIN {
            let from_the_side = eyes < main.rect.height * PROFILE_SHARE;
            let large = main.rect.height * PROFILE_SHARE >= EYE_DISTANCE_MIN / 2.0;
            return Err(if from_the_side && large {
                SightingError::Profile
            } else {
                SightingError::FaceTooSmall
            });
        }
        let (part, origin) = whole.cropped(&surroundings(&main.rect, whole));
        let there = moved(&main, 1.0, Point::new(-origin.x, -origin.y));
        let fine = finer(&part, there, whole, detector)?;
        let fine = levelled(&part, fine, detector)?;
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
        Ok(Self::new(picture, face, view, quarter_turns))
    }
}

/// A picture that was turned until its face stood upright.
struct Turned {
    picture: Picture,
    faces: Vec<Face>,
    quarter_turns: u8,
}

/// How sure the detector is of the surest face that stands upright in the picture.
fn surest(faces: &[Face]) -> f32 {
    let upright = faces.iter().filter(|face| face.landmarks.roll().abs() <= 45.0);
    upright.map(|face| face.score).fold(0.0, f32::max)
}

/// The picture in another orientation, where the detector is clearly surer of its face than as it was given.
fn upright(
    given: &Picture,
    faces: &[Face],
    detector: &Detector,
) -> Result<Option<Turned>, NetworkError> {
    let as_given = surest(faces);
    if as_given >= UPRIGHT_SCORE_MIN {
        return Ok(None);
    }
    let long = given.width().max(given.height());
    let scale = (real(TRIED_SIDE) / real(long)).min(1.0);
    let side = |size: usize| whole(real(size) * scale).max(1);
    let small = given.shrunk_to(side(given.width()), side(given.height()));
    let mut best = (0, 0.0);
    for turns in 1..=3 {
        let score = surest(&detector.faces(&small.quarter_turned(turns))?);
        if score > best.1 {
            best = (turns, score);
        }
    }
    let (quarter_turns, score) = best;
    if score < SCORE_TRIED_MIN {
        return Ok(None);
    }
    // Small copies say which orientation is worth a look; only the whole picture says that it is the right one. A face that is
    // rolled or dark is one of which the detector is not so sure in any.
    let picture = given.quarter_turned(quarter_turns);
    let faces = detector.faces(&picture)?;
    let is_surer = surest(&faces) >= UPRIGHT_SCORE_MIN.max(as_given + SURER_BY);
    Ok(is_surer.then_some(Turned { picture, faces, quarter_turns }))
}

/// Turns a face that leans until it stands upright, and finds its points there; they are given as points of `part`. The steady
/// points stay those of the whole picture: turns and depth are measured from one frame to another, and points that are found
/// near show them otherwise.
fn levelled(part: &Picture, found: Face, detector: &Detector) -> Result<Face, SightingError> {
    let lean = found.landmarks.lean();
    if lean.abs() < LEVEL_FROM && found.score >= LEVEL_SCORE_MIN {
        return Ok(found);
    }
    let (mut levelled, mut turned) = (found, lean);
    for _ in 0..LEVEL_ROUNDS {
        let (level, back) = turned_back(part, &found.rect, turned);
        let faces = detector.faces(&level).map_err(SightingError::Network)?;
        let Some(again) = faces.first().filter(|face| face.landmarks.roll().abs() < 45.0) else {
            break;
        };
        let points = |landmarks: &Landmarks| {
            Landmarks::from_points(landmarks.points().map(|point| back.apply(point)))
        };
        levelled = Face { landmarks: points(&again.landmarks), ..found };
        let left = again.landmarks.lean();
        if left.abs() < LEVEL_MAX {
            break;
        }
        turned += left;
    }
    Ok(if turned.abs() < ROLLED_FROM { found } else { levelled })
}

/// The face in a picture of its own, turned back by so many degrees, and the way from that picture to `part`.
fn turned_back(part: &Picture, face: &Rect, degrees: f32) -> (Picture, Similarity) {
    let boxes = face.width.max(face.height) * LEVELLED_BOXES;
    let side = boxes.min(LEVELLED_SIDE);
    let scale = boxes / side;
    let (sin, cos) = degrees.to_radians().sin_cos();
    let (a, b) = (cos * scale, sin * scale);
    let centre = face.centre();
    let middle = side / 2.0;
    let shift = Point::new(centre.x - a * middle + b * middle, centre.y - b * middle - a * middle);
    let back = Similarity { a, b, shift };
    // Sampling must not skip pixels.
    let factor = whole(scale).max(1);
    if factor == 1 {
        return (part.warped(&back, whole(side), whole(side)), back);
    }
    let shrunk = part.shrunk_to((part.width() / factor).max(1), (part.height() / factor).max(1));
    let part_of = |value: f32| value / real(factor);
    let shift = Point::new(part_of(shift.x), part_of(shift.y));
    let from_shrunk = Similarity { a: part_of(a), b: part_of(b), shift };
    (shrunk.warped(&from_shrunk, whole(side), whole(side)), back)
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
