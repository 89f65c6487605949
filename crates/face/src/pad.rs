//! The passive check: does this look like a print or a screen?

use crate::comparison::{ModelId, Score};
use crate::geometry::real;
use crate::geometry::{Point, Rect};
use crate::network::{Network, NetworkError, Output};
use crate::picture::{ColourOrder, Picture};
use crate::sighting::Sighting;

const SIDE: usize = 80;
/// Print, living person, screen.
const LIVING: usize = 1;

/// Looks at single pictures. A certified vendor's product can take its place.
pub trait PassivePad: Send + Sync {
    fn models(&self) -> Vec<ModelId>;

    /// How likely it is that the picture shows a living person, 0–1.
    ///
    /// # Errors
    ///
    /// A [`PadError`] where the check itself failed.
    fn living(&self, sighting: &Sighting) -> Result<Score, PadError>;
}

#[derive(Debug, thiserror::Error)]
pub enum PadError {
    #[error("the presentation-attack check failed")]
    Network(#[source] NetworkError),
    #[error("the presentation-attack check did not answer")]
    Elsewhere(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// MiniFASNets, each on a crop of its own width; their mean decides.
#[derive(Debug)]
pub(crate) struct MiniFasNets(pub(crate) Vec<MiniFasNet>);

#[derive(Debug)]
pub(crate) struct MiniFasNet {
    id: ModelId,
    /// Width of the crop in face boxes.
    crop: f32,
    network: Network,
    output: Output,
}

impl MiniFasNet {
    pub(crate) fn new(id: ModelId, crop: f32, network: Network) -> Result<Self, NetworkError> {
        let output = network.first_output().ok_or_else(|| NetworkError {
            name: id.name.clone(),
            what: "has no output".to_owned(),
        })?;
        Ok(Self { id, crop, network, output })
    }

    pub(crate) fn for_another_thread(&self) -> Self {
        Self {
            id: self.id.clone(),
            crop: self.crop,
            network: self.network.for_another_thread(),
            output: self.output,
        }
    }

    fn living(&self, sighting: &Sighting) -> Result<f32, NetworkError> {
        let region = crop(&sighting.face.rect, &sighting.picture, self.crop);
        let picture = sighting.picture.cropped(&region).0.stretched(SIDE, SIDE);
        let planes = picture.planes(ColourOrder::Bgr, SIDE, SIDE);
        let outputs = self.network.run([3, SIDE, SIDE], &planes, &[self.output])?;
        outputs.first().and_then(|classes| classes.get(LIVING)).copied().ok_or_else(|| {
            NetworkError { name: self.id.name.clone(), what: "has not three classes".to_owned() }
        })
    }
}

impl PassivePad for MiniFasNets {
    fn models(&self) -> Vec<ModelId> {
        self.0.iter().map(|net| net.id.clone()).collect()
    }

    fn living(&self, sighting: &Sighting) -> Result<Score, PadError> {
        let mut sum = 0.0;
        for net in &self.0 {
            sum += net.living(sighting).map_err(PadError::Network)?;
        }
        Ok(Score::from_similarity(sum / real(self.0.len())))
    }
}

/// The crop that MiniFASNet was trained on: as many face boxes as asked for or as the picture has,
/// shifted inside where it would stand over an edge (Silent-Face-Anti-Spoofing, `CropImage`).
fn crop(face: &Rect, picture: &Picture, boxes: f32) -> Rect {
    let (right, bottom) = (real(picture.width()) - 1.0, real(picture.height()) - 1.0);
    let scale = boxes.min(right / face.width).min(bottom / face.height);
    let (width, height) = (face.width * scale, face.height * scale);
    let Point { x, y } = face.centre();
    Rect {
        x: (x - width / 2.0).min(right - width).max(0.0),
        y: (y - height / 2.0).min(bottom - height).max(0.0),
        width: width + 1.0,
        height: height + 1.0,
    }
}
