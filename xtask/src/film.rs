//! `cargo xtask film`: makes the film on scanning again. The files stand in the tree, because the coders are no part of set-up.

use crate::run::{Failed, command, step};
use crate::{assets, setup};

/// Draws every picture with Chromium and codes them with ffmpeg, into `crates/web/assets`.
pub fn film() -> Result<(), Failed> {
    setup::for_film()?;
    step("Drawing the film on scanning (a minute or two)");
    command("node", &["crates/web/film/render.mjs"])?;
    assets::bundle()
}
