//! Words are not here: a text is a key of a locale file and what stands in its gaps.

use serde::Serialize;

/// One text: the key of a message and its arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Text {
    pub key: &'static str,
    pub arguments: Vec<(&'static str, Argument)>,
}

/// What stands in a gap of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Argument {
    Number(u64),
    Words(String),
}

impl Text {
    #[must_use]
    pub fn new(key: &'static str) -> Self {
        Self { key, arguments: Vec::new() }
    }

    #[must_use]
    pub fn number(mut self, name: &'static str, value: impl Into<u64>) -> Self {
        self.arguments.push((name, Argument::Number(value.into())));
        self
    }

    #[must_use]
    pub fn words(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.arguments.push((name, Argument::Words(value.into())));
        self
    }
}
