//! The languages in which the service addresses people.

/// A language in which the service addresses people. Danish is the language of people who chose none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// Danish.
    #[default]
    Danish,
    /// English.
    English,
}

impl Language {
    /// Every language, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::Danish, Self::English];

    /// The BCP 47 tag of the language.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Danish => "da",
            Self::English => "en",
        }
    }

    /// The name of the language in the language itself.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::Danish => "Dansk",
            Self::English => "English",
        }
    }

    /// The other language, which the switch on a page offers.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Danish => Self::English,
            Self::English => Self::Danish,
        }
    }

    /// The language of a BCP 47 tag such as `da`, `da-DK` or `en-GB`; `None` for any other language.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// Whether a text is exactly the tag of a language, as the protocol has it: `da` or `en`.
    #[must_use]
    pub fn is_tag(text: &str) -> bool {
        Self::ALL.into_iter().any(|language| language.tag() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn a_tag_may_name_a_region_and_the_protocols_may_not() {
        for tag in ["da", "da-DK", "DA_dk", " da "] {
            assert_eq!(Language::from_tag(tag), Some(Language::Danish), "{tag}");
        }
        assert_eq!(Language::from_tag("en-GB"), Some(Language::English));
        for tag in ["", "dansk", "kl", "-da"] {
            assert_eq!(Language::from_tag(tag), None, "{tag}");
        }
        assert!(Language::ALL.into_iter().all(|language| Language::is_tag(language.tag())));
        for text in ["", "DA", "da-DK", " en", "kl"] {
            assert!(!Language::is_tag(text), "{text}");
        }
    }
}
