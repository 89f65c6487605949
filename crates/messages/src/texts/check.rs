//! The comparison of a language file with the Danish one.

use std::collections::{BTreeMap, BTreeSet};

/// Why a language file was refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LanguageError {
    /// The name of the language is not a tag of BCP 47.
    #[error("{tag} is not a language tag")]
    Tag {
        /// The given name.
        tag: String,
    },
    /// The file does not parse as Fluent.
    #[error("the language file {tag} has a syntax error")]
    Syntax {
        /// The language.
        tag: String,
    },
    /// Texts are missing.
    #[error("the language file {tag} lacks {}", ids.join(", "))]
    Missing {
        /// The language.
        tag: String,
        /// The names of the texts.
        ids: Vec<String>,
    },
    /// A text uses an argument that it must not use, or leaves out one that it must use, such as the code.
    #[error("the text {id} of the language file {tag} uses other arguments than the Danish one")]
    Arguments {
        /// The language.
        tag: String,
        /// The name of the text.
        id: String,
    },
}

/// Refuses a file that lacks a text of the model, or has a text with other arguments than the model. A translation can
/// thus never put a link into the SMS of a temporary PIN or leave out the code of a text.
pub(super) fn against(tag: &str, file: &str, model: &str) -> Result<(), LanguageError> {
    let (ours, theirs) = (arguments(model), arguments(file));
    let ids: Vec<String> = ours.keys().filter(|id| !theirs.contains_key(*id)).cloned().collect();
    if !ids.is_empty() {
        return Err(LanguageError::Missing { tag: tag.to_owned(), ids });
    }
    for (id, allowed) in &ours {
        let used = theirs.get(id).cloned().unwrap_or_default();
        let needed = ["$code", "$link", "$reference", "$alarm"];
        let lacks = needed.iter().any(|need| allowed.contains(*need) && !used.contains(*need));
        // Every text may use the parts of a date and time in its own way.
        let shared =
            ["$time", "$place", "$weekday", "$day", "$month", "$year", "$days", "$service"];
        let foreign = used.difference(allowed).any(|name| !shared.contains(&name.as_str()));
        let links = id == "temporary-pin-sms" && has_address(file, id);
        if lacks || foreign || links {
            return Err(LanguageError::Arguments { tag: tag.to_owned(), id: id.clone() });
        }
    }
    Ok(())
}

/// Whether a text contains something that a phone would show as a link.
fn has_address(file: &str, id: &str) -> bool {
    let text = texts(file).remove(id).unwrap_or_default().to_lowercase();
    text.contains("://") || text.contains("www.")
}

/// The names of the arguments that each text uses.
fn arguments(file: &str) -> BTreeMap<String, BTreeSet<String>> {
    let of = |text: String| {
        let mut names = BTreeSet::new();
        let mut rest = text.as_str();
        while let Some((_, behind)) = rest.split_once('$') {
            let end = behind
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
                .unwrap_or(behind.len());
            let (name, further) = behind.split_at(end);
            names.insert(format!("${name}"));
            rest = further;
        }
        names
    };
    texts(file).into_iter().map(|(id, text)| (id, of(text))).collect()
}

/// The texts of a file by their names. A line that begins with a letter begins a text.
fn texts(file: &str) -> BTreeMap<String, String> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    let mut current = None;
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with(|c: char| c.is_ascii_alphabetic())
            && let Some((id, text)) = line.split_once('=')
        {
            let id = id.trim().to_owned();
            texts.insert(id.clone(), text.to_owned());
            current = Some(id);
        } else if let Some(text) = current.as_ref().and_then(|id| texts.get_mut(id)) {
            text.push('\n');
            text.push_str(line);
        }
    }
    texts
}
