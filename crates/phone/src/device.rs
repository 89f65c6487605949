//! What the page says of the machine that it is shown on: the camera and the browser are there, not here.

use std::sync::{Arc, Mutex, PoisonError};

use app_core::{CameraState, Device, Release};
use serde::Deserialize;

use crate::camera::Camera;

/// What a page found out by itself.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Told {
    /// A camera that it may use, or may ask for.
    camera: bool,
    /// The browser knows what the page needs of it.
    new_enough: bool,
}

/// What is known of the machine; clones know the same.
#[derive(Clone)]
pub(crate) struct Machine {
    told: Arc<Mutex<Option<Told>>>,
    /// The phone's own camera, beside the computer's.
    own: Option<Arc<dyn Camera>>,
}

impl Machine {
    pub(crate) fn new(own: Option<Arc<dyn Camera>>) -> Self {
        Self { told: Arc::default(), own }
    }

    pub(crate) fn learn(&self, told: Told) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
    }

    fn told(&self) -> Option<Told> {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Device for Machine {
    fn camera(&self) -> CameraState {
        if self.own.as_ref().is_some_and(|own| own.is_on()) {
            return CameraState::Ready;
        }
        match self.told() {
            Some(Told { camera: true, .. }) => CameraState::Ready,
            Some(Told { camera: false, .. }) => CameraState::Missing,
            None => CameraState::Unknown,
        }
    }

    fn system(&self) -> Release {
        match self.told() {
            Some(Told { new_enough: true, .. }) => Release::NewEnough,
            Some(Told { new_enough: false, .. }) => Release::TooOld,
            None => Release::Unknown,
        }
    }
}
