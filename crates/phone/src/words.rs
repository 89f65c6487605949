//! The words of the app: one Fluent file a language in `locales/`.

use std::sync::LazyLock;

use app_core::{Argument, Text};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

type Bundle = FluentBundle<FluentResource>;

/// The app's own file, and what the service says to people about each code: the server's answers to a program are written
/// for whoever wrote the program, and shown to nobody.
macro_rules! files {
    ($tag:literal) => {
        [
            include_str!(concat!("../locales/", $tag, ".ftl")),
            include_str!(concat!("../../web/locales/", $tag, "/errors.ftl")),
            include_str!(concat!("../../web/locales/", $tag, "/errors-app.ftl")),
        ]
    };
}

static DANISH: LazyLock<Bundle> = LazyLock::new(|| bundle("da", files!("da")));
static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle("en", files!("en")));

/// A language of the app; a third language needs a file and a line here. The app has a type of its own, because it shares
/// only `wire` with the server, whose messages have tags of languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Danish,
    English,
}

/// Neither `da` nor `en`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the language {0:?} is neither da nor en")]
pub struct UnknownLanguage(pub String);

impl Language {
    /// The tag for `lang` and for the server.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Danish => "da",
            Self::English => "en",
        }
    }

    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Danish => Self::English,
            Self::English => Self::Danish,
        }
    }
}

impl std::str::FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(tag: &str) -> Result<Self, UnknownLanguage> {
        match tag {
            "da" => Ok(Self::Danish),
            "en" => Ok(Self::English),
            other => Err(UnknownLanguage(other.to_owned())),
        }
    }
}

/// All words in one language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words(pub(crate) Language);

/// A number in a text. Templates hand over references of their own making.
pub(crate) trait Count {
    fn count(&self) -> u64;
}

impl Count for u8 {
    fn count(&self) -> u64 {
        u64::from(*self)
    }
}

impl Count for u64 {
    fn count(&self) -> u64 {
        *self
    }
}

impl<T: Count> Count for &T {
    fn count(&self) -> u64 {
        (**self).count()
    }
}

impl Words {
    pub(crate) fn t(self, key: &str) -> String {
        self.find(key, None)
    }

    pub(crate) fn n(self, key: &str, name: &str, value: impl Count) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set(name.to_owned(), FluentValue::from(value.count()));
        self.find(key, Some(&arguments))
    }

    pub(crate) fn s(self, key: &str, name: &str, value: &str) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set(name.to_owned(), FluentValue::from(value.to_owned()));
        self.find(key, Some(&arguments))
    }

    pub(crate) fn text(self, text: &Text) -> String {
        let mut arguments = FluentArgs::new();
        for (name, value) in &text.arguments {
            let value = match value {
                Argument::Number(number) => FluentValue::from(*number),
                Argument::Words(words) => FluentValue::from(words.clone()),
            };
            arguments.set(*name, value);
        }
        self.find(text.key, Some(&arguments))
    }

    /// What happened, why and what to do now, by a code of the server; a code that this app does not know sounds like a
    /// fault of the service.
    pub(crate) fn problem(self, code: &str) -> [String; 3] {
        let known = self.has(&format!("problem-{code}-title"));
        let code = if known { code } else { "internal" };
        ["title", "detail", "next"].map(|part| self.t(&format!("problem-{code}-{part}")))
    }

    /// The text; the key itself where there is none, which a test excludes.
    fn find(self, key: &str, arguments: Option<&FluentArgs<'_>>) -> String {
        let bundle = match self.0 {
            Language::Danish => &*DANISH,
            Language::English => &*ENGLISH,
        };
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        bundle.format_pattern(pattern, arguments, &mut Vec::new()).into_owned()
    }

    fn has(self, key: &str) -> bool {
        match self.0 {
            Language::Danish => DANISH.has_message(key),
            Language::English => ENGLISH.has_message(key),
        }
    }
}

fn bundle(tag: &str, files: [&'static str; 3]) -> Bundle {
    let identifiers: Vec<LanguageIdentifier> = tag.parse().into_iter().collect();
    let mut bundle = Bundle::new_concurrent(identifiers);
    bundle.set_use_isolating(false);
    for file in files {
        // A damaged file is our bug: `every_key_is_there_in_every_language` meets it first, and a phone
        // without words would still show keys.
        let resource = match FluentResource::try_new(file.to_owned()) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        let _ = bundle.add_resource(resource);
    }
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys_of(file: &str) -> Vec<&str> {
        file.lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
            .filter_map(|line| line.split_once(" =").map(|(key, _)| key))
            .collect()
    }

    #[test]
    fn every_key_is_there_in_every_language() {
        let danish = keys_of(include_str!("../locales/da.ftl"));
        let english = keys_of(include_str!("../locales/en.ftl"));

        assert_eq!(danish, english, "the same keys in the same order");
        for key in danish {
            for language in [Language::Danish, Language::English] {
                assert!(Words(language).has(key), "{key} in {}", language.tag());
            }
        }
    }

    #[test]
    fn every_key_that_the_app_or_a_template_uses_is_there() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut used = Vec::new();
        let mut folders = ["../app-core/src", "src", "templates"].map(|it| root.join(it)).to_vec();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let Ok(source) = std::fs::read_to_string(&path) else { continue };
                for start in ["\"notice-", "\"done-", ".t(\"", ".n(\"", ".s(\""] {
                    for (at, _) in source.match_indices(start) {
                        let open = at + start.find('"').unwrap() + 1;
                        let key = source[open..].split('"').next().unwrap();
                        let is_key = key.contains('-')
                            && key
                                .bytes()
                                .all(|b| b.is_ascii_lowercase() || b == b'-' || b.is_ascii_digit());
                        if is_key && !key.ends_with('-') {
                            used.push(key.to_owned());
                        }
                    }
                }
            }
        }

        assert!(used.len() > 80, "the search finds the keys: {}", used.len());
        for key in used {
            assert!(Words(Language::English).has(&key), "{key}");
        }
    }

    #[test]
    fn a_code_of_the_server_is_said_in_the_apps_own_words() {
        let [title, detail, next] = Words(Language::English).problem("try-in-progress");
        assert_eq!(title, "Your code is already being checked");
        assert_eq!(detail, "Only one try can run at a time. This one was not counted.");
        assert_eq!(next, "Wait half a minute, then try again.");

        let unknown = Words(Language::Danish).problem("a-code-of-next-year");
        assert_eq!(unknown, Words(Language::Danish).problem("internal"));
    }

    #[test]
    fn plurals_follow_the_language() {
        assert_eq!(Words(Language::Danish).n("face-tries", "tries", 1_u64), "Ét forsøg tilbage.");
        assert_eq!(Words(Language::English).n("face-tries", "tries", 3_u64), "3 tries left.");
    }
}
