//! `genvej openapi`.

use super::{Failed, say};

pub(super) fn run() -> Result<(), Failed> {
    say(web::openapi().to_pretty_json()?);
    Ok(())
}
