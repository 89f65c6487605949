//! Command and response APDUs of ISO/IEC 7816-4: short and extended, chained, with status words.

use std::fmt;

/// The longest data field of an extended command, and the longest answer (Ne) it may ask for.
pub const EXTENDED_BYTES_MAX: usize = 65_535;

/// The longest data field of a short command.
pub const SHORT_BYTES_MAX: usize = 255;

/// Set in CLA on every command of a chain but the last (ISO/IEC 7816-4 §5.1.1.1).
pub const CLA_CHAINING: u8 = 0x10;

/// Set in CLA where secure messaging protects the command, header included.
pub const CLA_SECURE_MESSAGING: u8 = 0x0C;

/// A command before it is put into bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// Class.
    pub cla: u8,
    /// Instruction.
    pub ins: u8,
    /// First parameter.
    pub p1: u8,
    /// Second parameter.
    pub p2: u8,
    /// Data field; empty where there is none.
    pub data: Vec<u8>,
    /// How many bytes of answer are asked for (Ne, 1 to 65,536), or `None` where none are due.
    /// German cards answer 6700 to a command that asks for data it does not give.
    pub expected: Option<u32>,
    /// Whether lengths are put in extended form even where the short form would do.
    pub extended: bool,
}

impl fmt::Debug for Command {
    /// Data may hold secrets: only its size is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = [self.cla, self.ins, self.p1, self.p2].map(|byte| format!("{byte:02X}"));
        f.debug_struct("Command")
            .field("header", &header.concat())
            .field("data_bytes", &self.data.len())
            .field("expected", &self.expected)
            .finish()
    }
}

/// Why bytes are no command, or a command cannot be put into bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApduError {
    /// Fewer than four bytes of header.
    #[error("the command is shorter than its header")]
    Header,
    /// Length fields and bytes do not agree.
    #[error("the length fields of the command do not agree with its bytes")]
    Length,
    /// More data than an extended command can carry.
    #[error("the command carries more data than an extended length can say")]
    TooLong,
    /// A response without status word.
    #[error("the response is shorter than a status word")]
    Status,
}

impl Command {
    /// A command without data that asks for nothing.
    #[must_use]
    pub const fn new(cla: u8, ins: u8, p1: u8, p2: u8) -> Self {
        Self { cla, ins, p1, p2, data: Vec::new(), expected: None, extended: false }
    }

    /// The same with a data field.
    #[must_use]
    pub fn with_data(mut self, data: impl Into<Vec<u8>>) -> Self {
        self.data = data.into();
        self
    }

    /// The same, asking for `bytes` of answer; 256 is the most of a short command.
    #[must_use]
    pub const fn expecting(mut self, bytes: u32) -> Self {
        self.expected = Some(bytes);
        self
    }

    /// The same with lengths in extended form.
    #[must_use]
    pub const fn extended(mut self) -> Self {
        self.extended = true;
        self
    }

    /// Whether the bytes need, or are told to use, the extended form.
    #[must_use]
    pub fn is_extended(&self) -> bool {
        let asks = matches!(self.expected, Some(257..));
        self.extended || asks || self.data.len() > SHORT_BYTES_MAX
    }

    /// The command as bytes (ISO/IEC 7816-4 §5.2, cases 1, 2, 3, 4 short and extended).
    ///
    /// # Errors
    ///
    /// [`ApduError::TooLong`] where data or expected length are over what 16 bits can say.
    pub fn encode(&self) -> Result<Vec<u8>, ApduError> {
        let mut out = vec![self.cla, self.ins, self.p1, self.p2];
        let length = u16::try_from(self.data.len()).map_err(|_| ApduError::TooLong)?;
        let expected = match self.expected {
            None => None,
            Some(65_536) => Some(0),
            Some(0) => return Err(ApduError::Length),
            Some(bytes) => Some(u16::try_from(bytes).map_err(|_| ApduError::TooLong)?),
        };
        if self.is_extended() {
            if length > 0 {
                out.push(0);
                out.extend(length.to_be_bytes());
                out.extend_from_slice(&self.data);
            } else if expected.is_some() {
                out.push(0);
            }
            if let Some(bytes) = expected {
                out.extend(bytes.to_be_bytes());
            }
        } else {
            if length > 0 {
                out.push(u8::try_from(length).map_err(|_| ApduError::TooLong)?);
                out.extend_from_slice(&self.data);
            }
            if let Some(bytes) = expected {
                out.push(u8::try_from(bytes % 256).map_err(|_| ApduError::TooLong)?);
            }
        }
        Ok(out)
    }

    /// Takes bytes apart.
    ///
    /// # Errors
    ///
    /// [`ApduError`] where the length fields do not fit the bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ApduError> {
        let (&[cla, ins, p1, p2], body) = bytes.split_first_chunk().ok_or(ApduError::Header)?;
        let command = Self::new(cla, ins, p1, p2);
        match *body {
            [] => Ok(command),
            [le] => Ok(command.expecting(or_full(u32::from(le), 256))),
            [0, high, low] => {
                let asked = u32::from(u16::from_be_bytes([high, low]));
                Ok(command.expecting(or_full(asked, 65_536)).extended())
            }
            [0, high, low, ref rest @ ..] => {
                let length = usize::from(u16::from_be_bytes([high, low]));
                let (data, rest) = rest.split_at_checked(length).ok_or(ApduError::Length)?;
                let command = command.with_data(data).extended();
                match *rest {
                    _ if length == 0 => Err(ApduError::Length),
                    [] => Ok(command),
                    [high, low] => {
                        let asked = u32::from(u16::from_be_bytes([high, low]));
                        Ok(command.expecting(or_full(asked, 65_536)))
                    }
                    _ => Err(ApduError::Length),
                }
            }
            [length, ref rest @ ..] => {
                let (data, rest) =
                    rest.split_at_checked(usize::from(length)).ok_or(ApduError::Length)?;
                let command = command.with_data(data);
                match *rest {
                    _ if length == 0 => Err(ApduError::Length),
                    [] => Ok(command),
                    [le] => Ok(command.expecting(or_full(u32::from(le), 256))),
                    _ => Err(ApduError::Length),
                }
            }
        }
    }

    /// The same command as a chain of short commands (ISO/IEC 7816-4 §5.1.1.1), for chips that take no
    /// extended length. A command that fits is a chain of one.
    #[must_use]
    pub fn chain(self) -> Vec<Self> {
        if self.data.len() <= SHORT_BYTES_MAX {
            return vec![self];
        }
        let count = self.data.len().div_ceil(SHORT_BYTES_MAX);
        self.data
            .chunks(SHORT_BYTES_MAX)
            .enumerate()
            .map(|(index, block)| {
                let last = index.saturating_add(1) == count;
                let cla = if last { self.cla } else { self.cla | CLA_CHAINING };
                let command = Self::new(cla, self.ins, self.p1, self.p2).with_data(block);
                if last { Self { expected: self.expected, ..command } } else { command }
            })
            .collect()
    }
}

const fn or_full(asked: u32, full: u32) -> u32 {
    if asked == 0 { full } else { asked }
}

/// Two bytes with which a chip says how a command went.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusWord(pub u16);

impl StatusWord {
    /// Done.
    pub const SUCCESS: Self = Self(0x9000);
    /// The file ended before the length asked for.
    pub const END_OF_FILE: Self = Self(0x6282);
    /// Wrong length.
    pub const WRONG_LENGTH: Self = Self(0x6700);
    /// Not allowed in this security state.
    pub const SECURITY_STATUS: Self = Self(0x6982);
    /// Conditions of use not satisfied.
    pub const CONDITIONS: Self = Self(0x6985);
    /// A secure-messaging object is missing.
    pub const SM_OBJECT_MISSING: Self = Self(0x6987);
    /// A secure-messaging object is wrong.
    pub const SM_OBJECT_WRONG: Self = Self(0x6988);
    /// Wrong data in the command.
    pub const WRONG_DATA: Self = Self(0x6A80);
    /// No such function.
    pub const NOT_SUPPORTED: Self = Self(0x6A81);
    /// No such file.
    pub const FILE_NOT_FOUND: Self = Self(0x6A82);
    /// Wrong parameters P1 P2.
    pub const WRONG_PARAMETERS: Self = Self(0x6A86);
    /// No such referenced data, such as a key.
    pub const REFERENCE_NOT_FOUND: Self = Self(0x6A88);
    /// The offset lies outside the file.
    pub const WRONG_OFFSET: Self = Self(0x6B00);
    /// No such instruction.
    pub const WRONG_INSTRUCTION: Self = Self(0x6D00);
    /// No such class.
    pub const WRONG_CLASS: Self = Self(0x6E00);

    /// Whether it is the length that the chip will not have, and nothing else.
    #[must_use]
    pub fn is_wrong_length(self) -> bool {
        self.0 == Self::WRONG_LENGTH.0 || self.right_length().is_some()
    }

    /// Whether the command was done.
    #[must_use]
    pub fn is_success(self) -> bool {
        self == Self::SUCCESS
    }

    /// Whether the command was not done, or not wholly: everything but `9000`, `61xx` and `62xx`.
    #[must_use]
    pub const fn is_error(self) -> bool {
        !matches!(self.0, 0x9000 | 0x6100..=0x62FF)
    }

    /// `61xx`: so many more bytes wait for GET RESPONSE (256 where the byte is zero).
    #[must_use]
    pub fn more_bytes(self) -> Option<u32> {
        let [high, low] = self.0.to_be_bytes();
        (high == 0x61).then(|| or_full(u32::from(low), 256))
    }

    /// `6Cxx`: the command must be sent again asking for exactly so many bytes.
    #[must_use]
    pub fn right_length(self) -> Option<u32> {
        let [high, low] = self.0.to_be_bytes();
        (high == 0x6C).then(|| or_full(u32::from(low), 256))
    }

    /// `63Cx`: a wrong password, with so many tries left.
    #[must_use]
    pub fn tries_left(self) -> Option<u8> {
        let [high, low] = self.0.to_be_bytes();
        (high == 0x63 && low & 0xF0 == 0xC0).then_some(low & 0x0F)
    }
}

impl fmt::Debug for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatusWord({:04X})", self.0)
    }
}

impl fmt::Display for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

/// A chip's answer: data and status word.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// Data field.
    pub data: Vec<u8>,
    /// Status word.
    pub status: StatusWord,
}

impl fmt::Debug for Response {
    /// Data may be personal: only its size is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("data_bytes", &self.data.len())
            .finish()
    }
}

impl Response {
    /// An answer from its parts.
    #[must_use]
    pub fn new(data: impl Into<Vec<u8>>, status: StatusWord) -> Self {
        Self { data: data.into(), status }
    }

    /// Takes an answer apart.
    ///
    /// # Errors
    ///
    /// [`ApduError::Status`] below two bytes, [`ApduError::TooLong`] above what a chip may send.
    pub fn parse(bytes: &[u8]) -> Result<Self, ApduError> {
        let (data, status) = bytes.split_last_chunk::<2>().ok_or(ApduError::Status)?;
        if data.len() > EXTENDED_BYTES_MAX.saturating_add(1) {
            return Err(ApduError::TooLong);
        }
        Ok(Self::new(data, StatusWord(u16::from_be_bytes(*status))))
    }

    /// The answer as bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.data.clone();
        out.extend(self.status.0.to_be_bytes());
        out
    }
}

#[cfg(test)]
mod tests;
