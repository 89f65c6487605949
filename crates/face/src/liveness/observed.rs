//! What is kept of one frame until all are judged.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::Frame;
use super::pose::Pose;
use super::shade::{Shade, shade};
use crate::comparison::{Covering, Score};
use crate::covering::Seen;
use crate::look::Stance;
use crate::sighting::{Sighting, View};

const THUMBNAIL_SIDE: usize = 96;

/// What is remembered of a frame; its pixels are gone.
pub(super) struct Observed {
    pub(super) index: usize,
    pub(super) prompt: usize,
    pub(super) view: View,
    pub(super) pose: Pose,
    pub(super) living: Option<Score>,
    pub(super) covering: Option<Covering>,
    pub(super) hash: [u8; 32],
    /// The surroundings of the face, small and grey.
    pub(super) thumbnail: Zeroizing<Vec<f32>>,
    pub(super) shade: Shade,
}

impl Observed {
    pub(super) fn new(
        index: usize,
        frame: &Frame<'_>,
        sighting: &Sighting,
        living: Option<Score>,
    ) -> Self {
        Self {
            index,
            prompt: frame.prompt,
            view: sighting.view,
            pose: Pose::of(&sighting.view.face.steady),
            living,
            covering: crate::covering::seen(sighting).and_then(Seen::covering),
            hash: Sha256::digest(frame.picture).into(),
            thumbnail: sighting.picture.grey(THUMBNAIL_SIDE, THUMBNAIL_SIDE),
            shade: shade(sighting),
        }
    }

    pub(super) fn stance(&self) -> Stance {
        stance(&self.view)
    }
}

/// How the head in a picture stands.
pub(super) fn stance(view: &View) -> Stance {
    let pose = Pose::of(&view.face.steady);
    Stance { turn: pose.turn, nearness: pose.size / crate::geometry::real(view.width) }
}
