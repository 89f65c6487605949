//! `genvej keys`.

use super::{Failed, say};
use clap::Subcommand;
use server::Config;
use server::key_file::KeyFile;
use server::system::SystemRandom;

/// The keys that lie outside the database.
#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// Makes the key file; never overwrites one.
    Init,
    /// Adds a master key, which wraps from now on; the older ones still open.
    Rotate,
}

impl Keys {
    pub(super) fn run(self, config: &Config) -> Result<(), Failed> {
        let path = &config.keys.file;
        match self {
            Self::Init => {
                KeyFile::generate(&SystemRandom).create(path)?;
                say(format_args!(
                    "{} made; keep a copy, but never beside a backup of the database",
                    path.display()
                ));
            }
            Self::Rotate => {
                let newest = KeyFile::rotate(path, &SystemRandom)?;
                say(format_args!(
                    "{}: master key {newest} wraps from the next start on",
                    path.display()
                ));
            }
        }
        Ok(())
    }
}
