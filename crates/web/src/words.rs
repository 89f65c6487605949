//! The texts of the pages, from Fluent files in `locales/` with one folder for each language.
//!
//! A third language needs a folder and a line in `FILES`.

use crate::Language;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::sync::LazyLock;
use unic_langid::LanguageIdentifier;

type Bundle = FluentBundle<FluentResource>;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$((
            $name,
            include_str!(concat!("../locales/da/", $name, ".ftl")),
            include_str!(concat!("../locales/en/", $name, ".ftl")),
        )),*]
    };
}

/// The files: name, Danish text and English text.
pub(crate) const FILES: &[(&str, &str, &str)] = files!(
    "errors",
    "errors-app",
    "errors-staff",
    "errors-operator",
    "errors-api",
    "site",
    "citizen",
    "booking",
    "desk",
    "staff",
    "support",
);

static DANISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::Danish));
static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::English));

/// All texts in one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    language: Language,
}

impl Words {
    /// The texts in this language.
    #[must_use]
    pub const fn of(language: Language) -> Self {
        Self { language }
    }

    /// The language of the texts.
    #[must_use]
    pub const fn language(self) -> Language {
        self.language
    }

    /// The text of a message without parameters. For an unknown key it returns the key; a test makes sure that there is
    /// none.
    #[must_use]
    pub fn get(self, key: &str) -> String {
        self.find(key, None).unwrap_or_else(|| key.to_owned())
    }

    /// The text of a message with one parameter.
    #[must_use]
    pub fn with<'a>(self, key: &str, name: &'a str, value: impl Into<FluentValue<'a>>) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set(name, value);
        self.find(key, Some(&arguments)).unwrap_or_else(|| key.to_owned())
    }

    /// The text of a message with several parameters.
    #[must_use]
    pub fn with_all(self, key: &str, pairs: &[(&str, &str)]) -> String {
        let mut arguments = FluentArgs::new();
        for (name, value) in pairs {
            arguments.set(*name, *value);
        }
        self.find(key, Some(&arguments)).unwrap_or_else(|| key.to_owned())
    }

    /// The text of a message; `None` for an unknown key.
    #[must_use]
    pub fn find(self, key: &str, arguments: Option<&FluentArgs<'_>>) -> Option<String> {
        let bundle = match self.language {
            Language::Danish => &*DANISH,
            Language::English => &*ENGLISH,
        };
        let pattern = bundle.get_message(key)?.value()?;
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, arguments, &mut errors);
        debug_assert!(errors.is_empty(), "{key}: {errors:?}");
        Some(text.into_owned())
    }
}

#[expect(clippy::expect_used, reason = "the files are part of the program; a test loads every one")]
fn bundle(language: Language) -> Bundle {
    let tag: LanguageIdentifier = language.tag().parse().expect("a language tag of ours");
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    bundle.set_use_isolating(false);
    for (name, danish, english) in FILES {
        let text = match language {
            Language::Danish => danish,
            Language::English => english,
        };
        let resource = FluentResource::try_new((*text).to_owned())
            .map_err(|(_, errors)| format!("{name}.ftl: {errors:?}"))
            .expect("a locale file parses");
        bundle.add_resource(resource).expect("no key stands twice");
    }
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn keys(text: &str) -> BTreeSet<&str> {
        text.lines()
            .filter(|line| line.starts_with(|first: char| first.is_ascii_alphabetic()))
            .filter_map(|line| line.split_once(" ="))
            .map(|(key, _)| key)
            .collect()
    }

    #[test]
    fn both_languages_have_the_same_keys() {
        for (name, danish, english) in FILES {
            let (danish, english) = (keys(danish), keys(english));
            assert!(!danish.is_empty(), "{name}");
            assert_eq!(
                danish.symmetric_difference(&english).collect::<Vec<_>>(),
                [] as [&&str; 0],
                "{name}"
            );
        }
    }

    #[test]
    fn every_file_loads_in_every_language() {
        for language in Language::ALL {
            assert_ne!(Words::of(language).get("site-name"), "site-name");
        }
    }
}
