//! Command and response APDUs, ISO/IEC 7816-4 §5.

/// A command taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) class: u8,
    pub(super) instruction: u8,
    pub(super) p1: u8,
    pub(super) p2: u8,
    pub(super) data: Vec<u8>,
    /// Bytes expected at most; `None` where no Le field was sent.
    pub(super) expected: Option<usize>,
    /// Whether the lengths were in extended form.
    pub(super) extended: bool,
}

/// Data and status of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) data: Vec<u8>,
    pub(super) status: u16,
}

pub(super) const OK: u16 = 0x9000;
pub(super) const END_OF_FILE: u16 = 0x6282;
pub(super) const AUTHENTICATION_FAILED: u16 = 0x6300;
pub(super) const WRONG_LENGTH: u16 = 0x6700;
pub(super) const SECURITY_STATUS: u16 = 0x6982;
pub(super) const CONDITIONS: u16 = 0x6985;
pub(super) const SM_OBJECTS_MISSING: u16 = 0x6987;
pub(super) const SM_OBJECTS_INCORRECT: u16 = 0x6988;
pub(super) const WRONG_DATA: u16 = 0x6A80;
pub(super) const NOT_FOUND: u16 = 0x6A82;
pub(super) const WRONG_P1_P2: u16 = 0x6A86;
pub(super) const REFERENCE_NOT_FOUND: u16 = 0x6A88;
pub(super) const OUTSIDE_FILE: u16 = 0x6B00;
pub(super) const UNKNOWN_INSTRUCTION: u16 = 0x6D00;
pub(super) const UNKNOWN_CLASS: u16 = 0x6E00;

impl Response {
    pub(super) fn status(status: u16) -> Self {
        Self { data: Vec::new(), status }
    }

    pub(super) fn data(data: Vec<u8>) -> Self {
        Self { data, status: OK }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.data.clone();
        out.extend(self.status.to_be_bytes());
        out
    }
}

impl Command {
    /// `None` where the lengths contradict each other.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let [class, instruction, p1, p2, body @ ..] = bytes else { return None };
        let (data, expected, extended) = match body {
            [] => (&[][..], None, false),
            [le] => (&[][..], Some(short_expected(*le)), false),
            [0, high, low] => (&[][..], Some(extended_expected(*high, *low)), true),
            [0, high, low, rest @ ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                let (data, le) = rest.split_at_checked(length)?;
                match le {
                    [] => (data, None, true),
                    [high, low] => (data, Some(extended_expected(*high, *low)), true),
                    _ => return None,
                }
            }
            [length, rest @ ..] => {
                let (data, le) = rest.split_at_checked(usize::from(*length))?;
                match le {
                    [] => (data, None, false),
                    [le] => (data, Some(short_expected(*le)), false),
                    _ => return None,
                }
            }
        };
        Some(Self {
            class: *class,
            instruction: *instruction,
            p1: *p1,
            p2: *p2,
            data: data.to_vec(),
            expected,
            extended,
        })
    }

    pub(super) fn p1_p2(&self) -> u16 {
        u16::from_be_bytes([self.p1, self.p2])
    }

    /// Whether Le asks for as much as there is.
    pub(super) fn expects_all(&self) -> bool {
        self.expected.is_none_or(|n| n == if self.extended { 65_536 } else { 256 })
    }
}

fn short_expected(le: u8) -> usize {
    if le == 0 { 256 } else { usize::from(le) }
}

fn extended_expected(high: u8, low: u8) -> usize {
    match u16::from_be_bytes([high, low]) {
        0 => 65_536,
        le => usize::from(le),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_cases_of_iso_7816_4_5_1_are_told_apart() {
        let cases: [(&[u8], usize, Option<usize>, bool); 7] = [
            (&[0, 0xB0, 0, 0], 0, None, false),
            (&[0, 0xB0, 0, 0, 0], 0, Some(256), false),
            (&[0, 0xA4, 0, 0, 2, 1, 2], 2, None, false),
            (&[0, 0xA4, 0, 0, 2, 1, 2, 9], 2, Some(9), false),
            (&[0, 0xB0, 0, 0, 0, 0, 0], 0, Some(65_536), true),
            (&[0, 0xB0, 0, 0, 0, 0, 1, 7], 1, None, true),
            (&[0, 0xB0, 0, 0, 0, 0, 1, 7, 1, 0], 1, Some(256), true),
        ];
        for (bytes, length, expected, extended) in cases {
            let command = Command::parse(bytes).unwrap();
            assert_eq!((command.data.len(), command.expected), (length, expected), "{bytes:?}");
            assert_eq!(command.extended, extended, "{bytes:?}");
        }
    }

    #[test]
    fn contradicting_lengths_are_refused() {
        assert_eq!(Command::parse(&[0, 0xB0, 0]), None);
        assert_eq!(Command::parse(&[0, 0xB0, 0, 0, 3, 1]), None);
        assert_eq!(Command::parse(&[0, 0xB0, 0, 0, 0, 0xFF, 0xFF, 1]), None);
    }
}
