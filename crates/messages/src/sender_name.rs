//! The sender of an SMS, as the phone shows it.

use std::fmt;

/// The longest name that networks carry (3GPP TS 23.040 §9.1.2.5: 11 septets in 10 octets).
const NAME_LETTERS_MAX: usize = 11;

/// The longest international number in digits (E.164).
const NUMBER_DIGITS_MAX: usize = 15;

/// A text that networks do not accept as a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the sender of an SMS is a name of 1 to 11 letters, digits, blanks, hyphens or dots with at least one letter, or a number with + and 8 to 15 digits"
)]
pub struct SenderNameError;

/// A sender in a form that networks accept, which is checked when the service starts and not only at the first message.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SenderName(String);

impl SenderName {
    /// Parses a name or a number.
    ///
    /// # Errors
    ///
    /// [`SenderNameError`] where networks do not accept the text.
    pub fn parse(text: &str) -> Result<Self, SenderNameError> {
        let fits = match text.strip_prefix('+') {
            Some(digits) => {
                (8..=NUMBER_DIGITS_MAX).contains(&digits.len())
                    && digits.bytes().all(|b| b.is_ascii_digit())
                    && !digits.starts_with('0')
            }
            None => {
                (1..=NAME_LETTERS_MAX).contains(&text.len())
                    && text
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '.'))
                    && text.chars().any(|c| c.is_ascii_alphabetic())
                    && text.trim() == text
            }
        };
        if fits { Ok(Self(text.to_owned())) } else { Err(SenderNameError) }
    }

    /// The text of the sender: a name, or `+` and digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits, where the sender is a number.
    pub fn digits(&self) -> Option<&str> {
        self.0.strip_prefix('+')
    }
}

impl fmt::Debug for SenderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SenderName({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_that_networks_take() {
        for text in ["Genvej", "ABCDEFGHIJK", "Ny PIN", "a", "+4520123456"] {
            assert!(SenderName::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "ABCDEFGHIJKL",
            "Søren",
            "12345",
            " Genvej",
            "+45",
            "+012345678",
            "+45 20123456",
            "a\n",
        ] {
            assert_eq!(SenderName::parse(text), Err(SenderNameError), "{text}");
        }
    }
}
