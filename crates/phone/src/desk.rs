//! The phone as its page sees it.

use std::sync::{Arc, Mutex};

use app_core::{App, Progress};

use crate::camera::Camera;
use crate::card_slot::SharedSlot;
use crate::device::Machine;

/// What the commands of one phone share.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) app: Arc<Mutex<App>>,
    pub(crate) slot: SharedSlot,
    pub(crate) machine: Machine,
    pub(crate) progress: Arc<Mutex<Option<Progress>>>,
    pub(crate) camera: Option<Arc<dyn Camera>>,
    pub(crate) host: String,
    pub(crate) framed_by: Option<String>,
    pub(crate) device_name: String,
    pub(crate) token: String,
}
