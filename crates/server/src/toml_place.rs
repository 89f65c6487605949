//! The place of an error in a TOML text: which key it is about, and where that key stands.

use toml::de::{DeTable, DeValue};

/// An error behind the key that it is about.
pub(crate) fn named(path: &[String], what: String) -> String {
    if path.is_empty() { what } else { format!("{}: {what}", path.join(".")) }
}

/// The path of keys that an error is about; an unknown key stands behind its section.
pub(crate) fn keys_of(error: &serde_path_to_error::Error<toml::de::Error>) -> Vec<String> {
    let mut path: Vec<String> = error
        .path()
        .iter()
        .map(|segment| match segment {
            serde_path_to_error::Segment::Map { key } => key.clone(),
            serde_path_to_error::Segment::Seq { index } => index.to_string(),
            serde_path_to_error::Segment::Enum { variant } => variant.clone(),
            serde_path_to_error::Segment::Unknown => String::new(),
        })
        .filter(|segment| !segment.is_empty())
        .collect();
    let what = error.inner().to_string();
    if let Some((_, rest)) = what.split_once("unknown field `")
        && let Some((key, _)) = rest.split_once('`')
        && path.last().map(String::as_str) != Some(key)
    {
        path.push(key.to_owned());
    }
    path
}

/// The byte at which the deepest key of the path begins that is in the text; `None` where not even the first is. An item of a list
/// goes by its number, from 0.
pub(crate) fn start_of(text: &str, path: &[String]) -> Option<usize> {
    let root = DeValue::Table(DeTable::parse(text).ok()?.into_inner());
    let (mut at, mut here) = (None, &root);
    for key in path {
        let Some((start, inner)) = inside(here, key) else { break };
        at = Some(start);
        here = inner;
    }
    at
}

/// What stands under this key, and the byte at which it begins.
fn inside<'v>(value: &'v DeValue<'_>, key: &str) -> Option<(usize, &'v DeValue<'v>)> {
    match value {
        DeValue::Table(table) => {
            let (name, value) = table.iter().find(|(name, _)| name.get_ref() == key)?;
            Some((name.span().start, value.get_ref()))
        }
        DeValue::Array(items) => {
            let item = items.get(key.parse::<usize>().ok()?)?;
            Some((item.span().start, item.get_ref()))
        }
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => None,
    }
}

/// The line of a byte and its letter in that line, each counted from 1.
pub(crate) fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let begun = before.rsplit('\n').next().unwrap_or_default();
    (line, begun.chars().count() + 1)
}
