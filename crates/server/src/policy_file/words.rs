//! The words of `genvej policy explain`: one Fluent file for each language in `locales/`, named by the tag of the language.

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use recovery::time::Duration;
use std::borrow::Cow;
use std::collections::BTreeMap;
use unic_langid::LanguageIdentifier;

/// The language of whoever asks for one that has no file.
const FALLBACK: &str = "en";

#[derive(rust_embed::RustEmbed)]
#[folder = "locales/"]
struct Locales;

/// A policy cannot be explained in a language.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// The file is not Fluent, or its name is no tag of a language.
    #[error("the sentences of the language {0} cannot be read")]
    Unreadable(String),
    /// A sentence is missing, or names an argument that it does not get.
    #[error("the language {language} cannot say {key}")]
    Unsayable {
        /// The tag of the language.
        language: String,
        /// The name of the sentence.
        key: String,
    },
}

/// A sentence that is not yet in any language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sentence {
    pub(super) key: &'static str,
    pub(super) arguments: Vec<(&'static str, Argument)>,
}

/// What a sentence speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Argument {
    Number(u32),
    Span(Duration),
    Text(String),
}

pub(super) const fn sentence(key: &'static str) -> Sentence {
    Sentence { key, arguments: Vec::new() }
}

impl Sentence {
    pub(super) fn with(mut self, name: &'static str, argument: impl Into<Argument>) -> Self {
        self.arguments.push((name, argument.into()));
        self
    }
}

impl From<u8> for Argument {
    fn from(number: u8) -> Self {
        Self::Number(number.into())
    }
}

impl From<u16> for Argument {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<u32> for Argument {
    fn from(number: u32) -> Self {
        Self::Number(number)
    }
}

impl From<Duration> for Argument {
    fn from(span: Duration) -> Self {
        Self::Span(span)
    }
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// The sentences of one language.
pub(super) struct Words {
    language: String,
    bundle: FluentBundle<FluentResource>,
}

impl Words {
    /// The words of the tag's main language (`da` for `da-DK`), or English.
    pub(super) fn of(tag: &str) -> Result<Self, WordsError> {
        Self::among(&files(), tag)
    }

    /// The same, of these files: the tag of each language, and its text.
    pub(super) fn among(files: &BTreeMap<String, String>, tag: &str) -> Result<Self, WordsError> {
        let main = tag.split(['-', '_']).next().unwrap_or_default().to_lowercase();
        let found = [main.as_str(), FALLBACK].into_iter().find_map(|tag| files.get_key_value(tag));
        let (language, text) = found.ok_or_else(|| WordsError::Unreadable(FALLBACK.to_owned()))?;
        Self::read(language, text)
    }

    fn read(language: &str, text: &str) -> Result<Self, WordsError> {
        let unreadable = || WordsError::Unreadable(language.to_owned());
        let tag: LanguageIdentifier = language.parse().map_err(|_| unreadable())?;
        let resource = FluentResource::try_new(text.to_owned()).map_err(|_| unreadable())?;
        let mut bundle = FluentBundle::new(vec![tag]);
        // Marks of direction are of no use on a terminal, and would be copied along.
        bundle.set_use_isolating(false);
        bundle.add_resource(resource).map_err(|_| unreadable())?;
        Ok(Self { language: language.to_owned(), bundle })
    }

    /// The sentence in this language.
    pub(super) fn say(&self, sentence: &Sentence) -> Result<String, WordsError> {
        let mut arguments = FluentArgs::new();
        for (name, argument) in &sentence.arguments {
            let value: FluentValue<'_> = match argument {
                Argument::Number(number) => (*number).into(),
                Argument::Span(span) => self.span(*span)?.into(),
                Argument::Text(text) => text.as_str().into(),
            };
            arguments.set(*name, value);
        }
        self.format(sentence.key, &arguments)
    }

    /// A span in the largest unit that divides it. Days are used from a week on, because the rules say "48 hours".
    fn span(&self, span: Duration) -> Result<String, WordsError> {
        let secs = span.as_secs_rounded_up();
        let (minute, hour, day) = (60, 3_600, 86_400);
        let (key, count) = if secs >= 7 * day && secs.is_multiple_of(day) {
            ("span-days", secs / day)
        } else if secs >= hour && secs.is_multiple_of(hour) {
            ("span-hours", secs / hour)
        } else if secs >= minute && secs.is_multiple_of(minute) {
            ("span-minutes", secs / minute)
        } else {
            ("span-seconds", secs)
        };
        let mut arguments = FluentArgs::new();
        arguments.set("count", count);
        self.format(key, &arguments)
    }

    fn format(&self, key: &str, arguments: &FluentArgs<'_>) -> Result<String, WordsError> {
        let unsayable =
            || WordsError::Unsayable { language: self.language.clone(), key: key.to_owned() };
        let pattern = self.bundle.get_message(key).and_then(|message| message.value());
        let pattern = pattern.ok_or_else(unsayable)?;
        let mut errors = Vec::new();
        let text: Cow<'_, str> = self.bundle.format_pattern(pattern, Some(arguments), &mut errors);
        if errors.is_empty() { Ok(text.into_owned()) } else { Err(unsayable()) }
    }
}

/// Every file of `locales/`: the tag of its language, and its text.
pub(super) fn files() -> BTreeMap<String, String> {
    let named = |name: Cow<'static, str>| {
        let file = Locales::get(&name)?;
        let text = String::from_utf8(file.data.into_owned()).ok()?;
        Some((name.strip_suffix(".ftl")?.to_lowercase(), text))
    };
    Locales::iter().filter_map(named).collect()
}
