//! A camera of the phone's own, beside the one of the computer that shows the page.

use serde::Deserialize;
use wire::face::{FaceLight, FacePrompt};

/// A camera beside the one of the computer: gives JPEG pictures.
pub trait Camera: Send + Sync {
    /// Whether it has somebody to show.
    fn is_on(&self) -> bool;

    /// The next picture while this is asked of the person; `None` where there is none.
    fn picture(&self, asked: &Asked) -> Option<Vec<u8>>;
}

/// What is asked of the person before the camera.
#[derive(Clone, Debug, Deserialize)]
pub struct Asked {
    /// What to do.
    pub prompt: FacePrompt,
    /// By how many degrees, where a turn is asked.
    #[serde(default)]
    pub degrees: Option<u8>,
    /// What the screen shines on the face with.
    #[serde(default)]
    pub light: Option<FaceLight>,
    /// What the person heard last: a stable code.
    #[serde(default)]
    pub hint: Option<String>,
}
