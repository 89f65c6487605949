//! Texts without words: the key of a message and the values of its placeholders.

use serde::Serialize;

/// A message of the locale files that the app around this core keeps, with its arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Text {
    /// The key of the message.
    pub key: &'static str,
    /// The name and the value of each placeholder.
    pub arguments: Vec<(&'static str, Argument)>,
}

/// The value of one placeholder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Argument {
    /// A number, which also chooses the plural form.
    Number(u64),
    /// A name or a phrase that is shown as it is.
    Words(String),
}

impl Text {
    /// A message without placeholders.
    #[must_use]
    pub fn new(key: &'static str) -> Self {
        Self { key, arguments: Vec::new() }
    }

    /// Fills a placeholder with a number.
    #[must_use]
    pub fn number(mut self, name: &'static str, value: impl Into<u64>) -> Self {
        self.arguments.push((name, Argument::Number(value.into())));
        self
    }

    /// Fills a placeholder with words.
    #[must_use]
    pub fn words(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.arguments.push((name, Argument::Words(value.into())));
        self
    }
}
