use std::fmt;

use zeroize::Zeroizing;

/// Digits of a holder's own PIN (SERVICE.md section 2).
pub const PIN_DIGITS: usize = 6;

/// Six digits that a person typed; wiped on drop, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(Zeroizing<[u8; PIN_DIGITS]>);

/// What was typed is not a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a PIN is six digits")]
pub struct NotSixDigits;

impl Pin {
    /// Takes six ASCII digits.
    ///
    /// # Errors
    ///
    /// [`NotSixDigits`] for anything else, digits of other scripts included: the server's record
    /// depends on the exact bytes.
    pub fn parse(typed: &str) -> Result<Self, NotSixDigits> {
        let digits: [u8; PIN_DIGITS] = typed.as_bytes().try_into().map_err(|_| NotSixDigits)?;
        let digits = Zeroizing::new(digits);
        if digits.iter().all(u8::is_ascii_digit) { Ok(Self(digits)) } else { Err(NotSixDigits) }
    }

    pub(crate) fn digits(&self) -> &[u8; PIN_DIGITS] {
        &self.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin([hidden])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_ascii_digits_are_a_pin_and_nothing_else_is() {
        assert!(Pin::parse("402916").is_ok());
        for typed in ["", "40291", "4029167", "40291a", " 40291", "40 291", "٤٠٢", "４０"] {
            assert_eq!(Pin::parse(typed), Err(NotSixDigits), "{typed:?}");
        }
    }

    #[test]
    fn a_pin_is_never_printed() {
        let pin = Pin::parse("402916").unwrap();

        assert_eq!(format!("{pin:?}"), "Pin([hidden])");
    }
}
