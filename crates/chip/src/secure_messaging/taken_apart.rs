//! The card's side of a command: taken apart and checked. For replays of recordings, and for cards in
//! software.

use super::{
    CRYPTOGRAM, CRYPTOGRAM_ODD, Counter, EXPECTED_LENGTH, MAC, OpenError, ProtectError,
    SecureMessaging, authenticated, vector,
};
use crate::apdu::{CLA_SECURE_MESSAGING, Command};
use crate::key_derivation::SessionKeys;
use crate::symmetric::unpadded;
use crate::tlv::Reader;

/// How the lengths of a protected command are written; readers differ, the meaning does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// Whether Le inside `DO'97'` takes two octets.
    pub long_expected: bool,
    /// Ne of the protected command.
    pub outer_expected: Option<u32>,
    /// Whether the protected command has extended lengths.
    pub outer_extended: bool,
}

impl Form {
    /// The form this crate gives a command: extended where the plain command is or must be.
    #[must_use]
    pub fn of(command: &Command) -> Self {
        // Header objects, padding and MAC add up to 37 octets: beyond 218 the short form may overflow.
        let extended = command.is_extended() || command.data.len() > 218;
        Self {
            long_expected: command.is_extended(),
            outer_expected: Some(if extended { 65_536 } else { 256 }),
            outer_extended: extended,
        }
    }

    pub(super) fn length_octets(self, expected: u32) -> Result<Vec<u8>, ProtectError> {
        if self.long_expected {
            let octets = u16::try_from(expected % 65_536).map_err(|_| ProtectError::Command)?;
            Ok(octets.to_be_bytes().to_vec())
        } else if (1..=256).contains(&expected) {
            Ok(vec![u8::try_from(expected % 256).map_err(|_| ProtectError::Command)?])
        } else {
            Err(ProtectError::Command)
        }
    }
}

/// A protected command taken apart.
#[derive(Debug)]
pub struct TakenApart {
    /// The plain command.
    pub command: Command,
    /// How its lengths were written.
    pub form: Form,
}

/// Checks and decrypts a protected command. `counter` is the one before the command.
///
/// # Errors
///
/// [`OpenError`] where objects, MAC or padding are not as they must be.
pub fn take_apart(
    keys: &SessionKeys,
    counter: Counter,
    protected: &Command,
) -> Result<TakenApart, OpenError> {
    let counter = counter.next();
    let cipher = keys.encryption.cipher();
    let mut reader = Reader::new(&protected.data);
    let cryptogram = match reader.optional(CRYPTOGRAM).map_err(OpenError::Malformed)? {
        Some(object) => Some(object.value().strip_prefix(&[0x01]).ok_or(OpenError::Padding)?),
        None => reader
            .optional(CRYPTOGRAM_ODD)
            .map_err(OpenError::Malformed)?
            .map(|object| object.value()),
    };
    let expected = reader.optional(EXPECTED_LENGTH).map_err(OpenError::Malformed)?;
    let objects = protected.data.get(..reader.offset()).unwrap_or_default();
    let mac = reader.expect(MAC).map_err(OpenError::Malformed)?;
    reader.finish().map_err(OpenError::Malformed)?;
    let header = [protected.cla, protected.ins, protected.p1, protected.p2];
    if !keys.mac.verify(&authenticated(cipher, counter, Some(header), objects), mac.value()) {
        return Err(OpenError::Mac);
    }
    let data = match cryptogram {
        None => Vec::new(),
        Some(octets) => {
            let mut data = octets.to_vec();
            let vector = vector(&keys.encryption, counter).map_err(OpenError::Key)?;
            keys.encryption.decrypt(&vector, &mut data).map_err(|_| OpenError::Padding)?;
            unpadded(&data).ok_or(OpenError::Padding)?.to_vec()
        }
    };
    let (expected, long_expected) = match expected {
        None => (None, protected.is_extended()),
        Some(object) => match *object.value() {
            [octet] => (Some(if octet == 0 { 256 } else { u32::from(octet) }), false),
            [high, low] => match u32::from(u16::from_be_bytes([high, low])) {
                0 => (Some(65_536), true),
                bytes => (Some(bytes), true),
            },
            _ => return Err(OpenError::Malformed(object.malformed())),
        },
    };
    let command = Command {
        data,
        expected,
        extended: long_expected,
        ..Command::new(
            protected.cla & !CLA_SECURE_MESSAGING,
            protected.ins,
            protected.p1,
            protected.p2,
        )
    };
    let form = Form {
        long_expected,
        outer_expected: protected.expected,
        outer_extended: protected.extended,
    };
    Ok(TakenApart { command, form })
}

impl SecureMessaging {
    /// Protects a command with its lengths written in a given form, as a recording did.
    ///
    /// # Errors
    ///
    /// As [`SecureMessaging::protect`].
    pub fn protect_in_form(
        self,
        command: &Command,
        form: Form,
    ) -> Result<(Command, super::Awaiting), ProtectError> {
        let before = self.counter;
        let (protected, session) = self.protect_as(command, form)?;
        Ok((protected, super::Awaiting { session, before }))
    }

    /// Takes apart the command that `self` would have to protect next.
    ///
    /// # Errors
    ///
    /// As [`take_apart`].
    pub fn take_apart(&self, protected: &Command) -> Result<TakenApart, OpenError> {
        take_apart(&self.keys, self.counter, protected)
    }
}
