//! Who lives in the town, and what they have in their drawers.

use super::{Options, StartError, picture_workers};
use crate::clock::MovedClock;
use crate::drawer::Drawer;
use crate::people::{self, Generated};
use crate::portraits::{self, Portraits};
use crate::seeding;
use server::Random;
use server::pictures::PictureWorkers;
use std::path::Path;
use std::sync::Arc;

/// Made-up people with pictures and documents.
pub(super) struct Stock {
    pub(super) people: Arc<Generated>,
    pub(super) pictures: Arc<PictureWorkers>,
    pub(super) portraits: Arc<Portraits>,
    pub(super) drawer: Arc<Drawer>,
}

impl Stock {
    /// Draws everybody; the issuing states' keys are those of the folder.
    pub(super) fn draw(
        options: &Options,
        cache: &Path,
        clock: &Arc<MovedClock>,
        random: &Arc<dyn Random>,
    ) -> Result<Self, StartError> {
        let mut people = people::generate(options.seed, options.people, clock.instant());
        seeding::introduce(&mut people, clock).map_err(StartError::Phones)?;
        let people = Arc::new(people);
        let pictures = Arc::new(picture_workers(options)?);
        let portraits =
            Portraits::load(portraits::default_folder().as_deref(), Arc::clone(&pictures) as _);
        let portraits = Arc::new(portraits);
        let (of, with) = (Arc::clone(&people), Arc::clone(&portraits));
        let drawer = Drawer::open(cache, of, with, Arc::clone(random))
            .map_err(|source| StartError::Folder { path: cache.to_owned(), source })?;
        Ok(Self { people, pictures, portraits, drawer: Arc::new(drawer) })
    }
}
