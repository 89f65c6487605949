//! The policy as an operator writes it: reading a file or the `[policy]` of the configuration, and explaining what holds.
//!
//! A policy starts from a profile and overrides single values. An unknown key is an error and never ignored: a misspelt limit must
//! not silently keep its default. `recovery` says which values go together ([`Policy::problems`]); what a single key takes stands in
//! the form of the file.

mod explain;
mod form;
mod value;
mod words;

#[cfg(test)]
mod tests;

pub use explain::explain;
pub use words::WordsError;

use crate::config::PolicySource;
use crate::toml_place;
use form::Form;
use recovery::policy::{Policy, Profile};
use serde::Deserializer;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The longest policy file that is read, in bytes.
const FILE_BYTES_MAX: usize = 64 * 1024;

/// A policy cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The file cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// The path of the file.
        path: PathBuf,
        /// The I/O error.
        #[source]
        source: io::Error,
    },
    /// The policy says what a policy may not say.
    #[error("{place}: {what}")]
    Wrong {
        /// The place of the error.
        place: Place,
        /// The key, with what is wrong about it and what is allowed there.
        what: String,
    },
}

/// The place of an error in a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A letter of a file.
    File {
        /// The path of the file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The letter of the line, counted from 1.
        column: usize,
    },
    /// The section `[policy]` of the configuration, whose values may come from its file or from variables of the environment.
    Configuration,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line, column } => {
                write!(f, "{}, line {line}, column {column}", path.display())
            }
            Self::Configuration => f.write_str("[policy] of the configuration"),
        }
    }
}

/// What is wrong with a policy, and where its text says so.
#[derive(Debug)]
struct Wrong {
    /// The path of the key.
    keys: Vec<String>,
    /// The byte at which the error is, where the reader of the text knew it.
    at: Option<usize>,
    /// The key, with what is wrong about it and what is allowed there.
    what: String,
}

impl Wrong {
    /// An error of a text that is no table.
    const fn of_text(at: usize, what: String) -> Self {
        Self { keys: Vec::new(), at: Some(at), what }
    }
}

/// Reads a policy file and checks it as a whole.
///
/// # Errors
///
/// The first [`PolicyError`], with its place.
pub fn read(path: &Path) -> Result<Policy, PolicyError> {
    let unreadable = |source| PolicyError::Unreadable { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    of_text(&text).map_err(|wrong| {
        let profile = || toml_place::start_of(&text, &["profile".to_owned()]);
        // The later of the two is the more exact: a rung of the ladder, and not the ladder.
        let at = wrong.at.max(toml_place::start_of(&text, &wrong.keys)).or_else(profile);
        let (line, column) = toml_place::line_and_column(&text, at.unwrap_or_default());
        let place = Place::File { path: path.to_owned(), line, column };
        PolicyError::Wrong { place, what: wrong.what }
    })
}

/// The policy that a configuration names.
///
/// # Errors
///
/// [`PolicyError`].
pub fn of_configuration(source: &PolicySource) -> Result<Policy, PolicyError> {
    let wrong =
        |what: &str| PolicyError::Wrong { place: Place::Configuration, what: what.to_owned() };
    match (&source.file, &source.profile) {
        (Some(_), Some(_)) => {
            Err(wrong("the configuration names a profile and a file: leave one out"))
        }
        (Some(_), None) if !source.overrides.is_empty() => {
            Err(wrong("overrides stand in the policy file itself where there is one"))
        }
        (Some(file), None) => read(file),
        (None, profile) => {
            let mut table = Table::new();
            let profile = profile.as_deref().unwrap_or(Profile::PublicService.name());
            table.insert("profile".to_owned(), profile.into());
            let sections = source.overrides.clone();
            table.extend(sections.into_iter().filter(|(name, _)| name != "profile"));
            of_table(Value::Table(table)).map_err(|it| wrong(&it.what))
        }
    }
}

fn of_text(text: &str) -> Result<Policy, Wrong> {
    if text.len() > FILE_BYTES_MAX {
        return Err(Wrong::of_text(0, "the file is longer than 64 KiB".to_owned()));
    }
    let table = toml::Deserializer::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        Wrong::of_text(at, error.message().to_owned())
    })?;
    of_table(table)
}

fn of_table<'de>(table: impl Deserializer<'de, Error = toml::de::Error>) -> Result<Policy, Wrong> {
    let form: Form = serde_path_to_error::deserialize(table).map_err(|error| {
        let keys = toml_place::keys_of(&error);
        let what = toml_place::named(&keys, error.inner().message().to_owned());
        Wrong { keys, at: error.inner().span().map(|span| span.start), what }
    })?;
    let missing = "the key profile is missing: public-service, nist-aal2 or strict";
    let policy = form.policy().ok_or_else(|| Wrong::of_text(0, missing.to_owned()))?;
    match policy.problems().into_iter().next() {
        None => Ok(policy),
        Some(problem) => Err(Wrong {
            keys: problem.key.split('.').map(str::to_owned).collect(),
            at: None,
            what: problem.to_string(),
        }),
    }
}
