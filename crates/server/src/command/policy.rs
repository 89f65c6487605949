//! `genvej policy`.

use super::{Failed, say};
use clap::Subcommand;
use recovery::Language;
use recovery::policy::{explain, load};
use server::Config;
use std::path::PathBuf;

/// The rules in force.
#[derive(Debug, Subcommand)]
pub(super) enum Policy {
    /// Reads a policy file, or the configuration's policy, and says whether it holds together.
    Check {
        /// A policy file in place of the configuration's.
        file: Option<PathBuf>,
    },
    /// Every rule in force, in plain words.
    Explain {
        /// A policy file in place of the configuration's.
        file: Option<PathBuf>,
        /// `en` or `da`.
        #[arg(long, default_value = "en")]
        language: String,
    },
}

impl Policy {
    pub(super) fn run(self, config: impl FnOnce() -> Result<Config, Failed>) -> Result<(), Failed> {
        let read = |file: Option<PathBuf>| -> Result<recovery::policy::Policy, Failed> {
            match file {
                Some(file) => {
                    let text = std::fs::read_to_string(&file)
                        .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
                    Ok(load(&text).map_err(|error| format!("{}: {error}", file.display()))?)
                }
                None => Ok(server::policy(&config()?.policy)?),
            }
        };
        match self {
            Self::Check { file } => {
                let policy = read(file)?;
                say(format_args!("the policy holds together (profile {})", policy.profile.name()));
            }
            Self::Explain { file, language } => {
                let language = Language::from_tag(&language).unwrap_or(Language::English);
                for sentence in explain(&read(file)?, language) {
                    say(sentence);
                }
            }
        }
        Ok(())
    }
}
