//! Merges file and environment into one table, and finds the place of each error.

use super::Config;
use crate::toml_place::{keys_of, line_and_column, named, start_of};
use std::collections::BTreeMap;
use std::fmt;
use toml::{Table, Value};

const VARIABLE_PREFIX: &str = "GENVEJ_";
const FILE_BYTES_MAX: usize = 256 * 1024;

/// The place of an error in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line of the file, counted from 1.
    Line(usize),
    /// A variable of the environment.
    Variable(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Variable(name) => f.write_str(name),
        }
    }
}

/// The configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("configuration, {place}: {what}")]
pub struct ConfigError {
    /// The line of the file, or the variable of the environment.
    pub place: Place,
    /// The error at that place.
    pub what: String,
}

/// A variable of the environment, and the path of keys that it sets.
struct Override {
    name: String,
    path: Vec<String>,
    text: String,
}

pub(super) fn read(
    text: &str,
    environment: &BTreeMap<String, String>,
) -> Result<Config, ConfigError> {
    if text.len() > FILE_BYTES_MAX {
        let what = "the file is longer than 256 KiB".to_owned();
        return Err(ConfigError { place: Place::Line(1), what });
    }
    let file: Table = text.parse().map_err(|error: toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start);
        ConfigError {
            place: Place::Line(line_and_column(text, at).0),
            what: error.message().to_owned(),
        }
    })?;
    let overrides = overrides(environment);
    // A value is read as TOML where it is TOML, and as plain text where the key wants a text.
    let mut as_text: Vec<bool> = overrides.iter().map(|_| false).collect();
    loop {
        let wrong = match attempt(&file, &overrides, &as_text)? {
            Ok(config) => return Ok(config),
            Err(wrong) => wrong,
        };
        let guilty = overrides.iter().position(|variable| wrong.is_about(variable));
        let next = guilty.filter(|at| as_text.get(*at) == Some(&false));
        if let Some(plain) = next.and_then(|at| as_text.get_mut(at)) {
            *plain = true;
            continue;
        }
        if let Some(variable) = guilty.and_then(|at| overrides.get(at)) {
            let place = Place::Variable(variable.name.clone());
            return Err(ConfigError { place, what: wrong.what });
        }
        let at = start_of(text, &wrong.path).unwrap_or_default();
        let place = Place::Line(line_and_column(text, at).0);
        return Err(ConfigError { place, what: named(&wrong.path, wrong.what) });
    }
}

/// An error about a table, with the path of keys that it is about.
struct Wrong {
    path: Vec<String>,
    what: String,
}

impl Wrong {
    /// Whether the error is about the value of this variable. A section of several kinds (`[sms]`, `[mail]`) is refused as a
    /// whole: there, the value that the error quotes tells.
    fn is_about(&self, variable: &Override) -> bool {
        if variable.path.is_empty() || self.path.is_empty() {
            return false;
        }
        let below = variable.path.starts_with(&self.path);
        let quoted = self.what.contains(&variable.text) || self.what.starts_with("unknown field");
        self.path.starts_with(&variable.path) || (below && quoted)
    }
}

fn attempt(
    file: &Table,
    overrides: &[Override],
    as_text: &[bool],
) -> Result<Result<Config, Wrong>, ConfigError> {
    let mut table = file.clone();
    for (variable, plain) in overrides.iter().zip(as_text) {
        place(&mut table, variable, *plain)?;
    }
    let read = serde_path_to_error::deserialize::<_, Config>(Value::Table(table));
    Ok(read.map_err(|error| Wrong {
        path: keys_of(&error),
        what: error.into_inner().to_string().trim().to_owned(),
    }))
}

/// The variables of the form `GENVEJ_SECTION__KEY`; others with the prefix are ignored.
fn overrides(environment: &BTreeMap<String, String>) -> Vec<Override> {
    let ours = environment.iter().filter_map(|(name, text)| {
        let keys = name.strip_prefix(VARIABLE_PREFIX)?;
        let path: Vec<String> = keys.split("__").map(str::to_ascii_lowercase).collect();
        let whole = path.len() > 1 && path.iter().all(|key| !key.is_empty());
        whole.then(|| Override { name: name.clone(), path, text: text.clone() })
    });
    ours.collect()
}

fn place(table: &mut Table, variable: &Override, plain: bool) -> Result<(), ConfigError> {
    let Some((last, sections)) = variable.path.split_last() else { return Ok(()) };
    let mut table = table;
    for section in sections {
        let entry = table.entry(section.clone()).or_insert_with(|| Value::Table(Table::new()));
        let Value::Table(inner) = entry else {
            let what = format!("{section} is no section");
            return Err(ConfigError { place: Place::Variable(variable.name.clone()), what });
        };
        table = inner;
    }
    let literal = format!("value = {}", variable.text).parse::<Table>().ok();
    let literal = literal.filter(|table| table.len() == 1 && !plain);
    let value = literal.and_then(|mut table| table.remove("value"));
    table.insert(last.clone(), value.unwrap_or_else(|| Value::String(variable.text.clone())));
    Ok(())
}
