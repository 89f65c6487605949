//! `genvej policy`.

use super::{Failed, say};
use clap::Subcommand;
use server::{Config, policy_file};
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
                Some(file) => Ok(policy_file::read(&file)?),
                None => Ok(policy_file::of_configuration(&config()?.policy)?),
            }
        };
        match self {
            Self::Check { file } => {
                let policy = read(file)?;
                say(format_args!("the policy holds together (profile {})", policy.profile.name()));
            }
            Self::Explain { file, language } => {
                for sentence in policy_file::explain(&read(file)?, &language)? {
                    say(sentence);
                }
            }
        }
        Ok(())
    }
}
