//! Secure messaging (Doc 9303-11 §9.8): every command and answer encrypted and authenticated.
//!
//! Strict: inside a session no plain answer counts, `DO'99'` and `DO'8E'` must be there, nothing else
//! may be. A session is moved into each step; a step that fails keeps it, so its keys are gone.
//!
//! ```text
//! command   CLA|0C INS P1 P2  Lc  [87 01|cryptogram  or, odd INS, 85 cryptogram] [97 Le] 8E MAC  00
//! answer    [87 01|cryptogram or 85 cryptogram] 99 SW  8E MAC  SW
//! MAC       over counter || padded header || padded objects; the counter grows by one before each use
//! CBC       3DES: zero vector; AES: the counter encrypted under the encryption key
//! ```

use crate::apdu::{CLA_SECURE_MESSAGING, Command, Response, StatusWord};
use crate::key_derivation::SessionKeys;
use crate::symmetric::{Cipher, Key, LengthError, MAC_BYTES, pad, unpadded};
use crate::tlv::{self, Reader, Tag, TlvError};

mod taken_apart;

pub use taken_apart::{Form, TakenApart, take_apart};

const CRYPTOGRAM: Tag = Tag::new(0x87);
const CRYPTOGRAM_ODD: Tag = Tag::new(0x85);
const EXPECTED_LENGTH: Tag = Tag::new(0x97);
const STATUS: Tag = Tag::new(0x99);
const MAC: Tag = Tag::new(0x8E);

/// The send sequence counter: as many octets as the cipher's blocks have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Counter(u128);

impl std::fmt::Debug for Counter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Counter")
    }
}

impl Counter {
    /// Zero, as after PACE and after chip authentication.
    pub const ZERO: Self = Self(0);

    /// From eight octets, as after BAC.
    #[must_use]
    pub const fn from_octets(octets: [u8; 8]) -> Self {
        Self(u64::from_be_bytes(octets) as u128)
    }

    const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    fn octets(self, cipher: Cipher) -> Vec<u8> {
        let all = self.0.to_be_bytes();
        all.into_iter().skip(all.len().saturating_sub(cipher.block_bytes())).collect()
    }
}

/// Why a command could not be protected.
#[derive(Debug, thiserror::Error)]
pub enum ProtectError {
    /// The command is already protected, or too long for an extended length once protected.
    #[error("the command cannot be protected")]
    Command,
    /// A key does not fit its cipher: both come from one derivation, so this is our bug.
    #[error("the session keys do not fit the cipher")]
    Key(#[from] LengthError),
}

/// Why an answer inside a session was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A bare error. Some chips answer errors so and go on
    /// (CN: 6700 to an extended length); others have dropped the session.
    #[error("the chip answered {status} without protection")]
    Unprotected {
        /// The status word, which anybody on the line could have written.
        status: StatusWord,
        /// What it takes to go on with the session as if the chip had not counted the command.
        session: Box<Uncounted>,
    },
    /// Success, or bytes to come, said without protection: never believed (CHIP-CASES.md case 12).
    #[error("the chip claimed {0} without protection")]
    Stripped(StatusWord),
    /// The objects are malformed, missing, or not the permitted ones.
    #[error("the protected answer is malformed")]
    Malformed(#[source] TlvError),
    /// The MAC does not verify.
    #[error("the MAC of the protected answer is wrong")]
    Mac,
    /// The authenticated status word differs from the one on the line.
    #[error("the protected status word differs from the plain one")]
    Status,
    /// The clear text is not padded, or the cryptogram is not whole blocks.
    #[error("the protected data is not padded as agreed")]
    Padding,
    /// A key does not fit its cipher: both come from one derivation, so this is our bug.
    #[error("the session keys do not fit the cipher")]
    Key(#[source] LengthError),
}

/// A session whose last command drew an unprotected answer.
#[derive(Debug)]
pub struct Uncounted(SecureMessaging);

impl Uncounted {
    /// Goes on as if the chip had not counted the unanswered command (CHIP-CASES.md case 11).
    ///
    /// The next command then uses a counter a second time. Do that for reading only: a relay that kept
    /// back the true answer could pass it off as the answer to the next command, and only the
    /// hashes of the SOD tell. Never after commands that carry secrets or proofs.
    #[must_use]
    pub fn resume_reading(self) -> SecureMessaging {
        self.0
    }
}

/// A session, ready to protect the next command.
#[derive(Debug)]
pub struct SecureMessaging {
    keys: SessionKeys,
    counter: Counter,
}

/// A session that waits for the answer to the command it has protected.
#[derive(Debug)]
pub struct Awaiting {
    session: SecureMessaging,
    before: Counter,
}

impl SecureMessaging {
    /// The same session one count further, for replays of readers that counted what was not protected.
    #[must_use]
    pub(crate) const fn counted(mut self) -> Self {
        self.counter = self.counter.next();
        self
    }

    /// Begins a session: after BAC with the counter agreed there, else with [`Counter::ZERO`].
    #[must_use]
    pub const fn new(keys: SessionKeys, counter: Counter) -> Self {
        Self { keys, counter }
    }

    /// The cipher in use.
    #[must_use]
    pub const fn cipher(&self) -> Cipher {
        self.keys.encryption.cipher()
    }

    pub(crate) const fn keys(&self) -> &SessionKeys {
        &self.keys
    }

    /// The longest clear data that fits into an answer of `response_bytes` data octets.
    ///
    /// For a short answer (256): 231 octets under 3DES, 223 under AES.
    #[must_use]
    pub const fn clear_bytes_max(&self, response_bytes: usize) -> usize {
        // DO'99' takes 4, DO'8E' 10; DO'87' one tag, the padding indicator, and a length of up to 4.
        let length_octets = match response_bytes {
            0..=140 => 1,
            141..=269 => 2,
            270..=65_549 => 3,
            _ => 4,
        };
        let overhead = 4 + 10 + 2 + length_octets;
        let blocks = response_bytes.saturating_sub(overhead) / self.cipher().block_bytes();
        (blocks * self.cipher().block_bytes()).saturating_sub(1)
    }

    /// Protects one command.
    ///
    /// # Errors
    ///
    /// [`ProtectError`] where the command is protected already or too long.
    pub fn protect(self, command: &Command) -> Result<(Command, Awaiting), ProtectError> {
        let before = self.counter;
        let (protected, session) = self.protect_as(command, Form::of(command))?;
        Ok((protected, Awaiting { session, before }))
    }

    /// Protects commands ahead of their answers, so that one message can carry them all.
    ///
    /// # Errors
    ///
    /// As [`SecureMessaging::protect`].
    pub fn protect_ahead(
        self,
        commands: &[Command],
    ) -> Result<(Vec<Command>, Ahead), ProtectError> {
        let first = self.counter;
        let mut session = self;
        let mut protected = Vec::with_capacity(commands.len());
        for command in commands {
            let (one, after) = session.protect_as(command, Form::of(command))?;
            protected.push(one);
            // The answer counts too, though it is not here yet.
            session = Self { counter: after.counter.next(), ..after };
        }
        Ok((protected, Ahead { session: Self { counter: first, ..session } }))
    }

    fn protect_as(
        mut self,
        command: &Command,
        form: Form,
    ) -> Result<(Command, Self), ProtectError> {
        if command.cla & CLA_SECURE_MESSAGING != 0 {
            return Err(ProtectError::Command);
        }
        self.counter = self.counter.next();
        let cipher = self.cipher();
        let header = [command.cla | CLA_SECURE_MESSAGING, command.ins, command.p1, command.p2];
        let mut objects = Vec::new();
        if !command.data.is_empty() {
            let mut data = command.data.clone();
            pad(&mut data, cipher.block_bytes());
            let vector = vector(&self.keys.encryption, self.counter)?;
            self.keys.encryption.encrypt(&vector, &mut data)?;
            if command.ins & 1 == 1 {
                tlv::write(&mut objects, CRYPTOGRAM_ODD, &data);
            } else {
                data.insert(0, 0x01);
                tlv::write(&mut objects, CRYPTOGRAM, &data);
            }
        }
        if let Some(expected) = command.expected {
            tlv::write(&mut objects, EXPECTED_LENGTH, &form.length_octets(expected)?);
        }
        let mac =
            self.keys.mac.mac(&authenticated(cipher, self.counter, Some(header), &objects))?;
        tlv::write(&mut objects, MAC, &mac);
        let [cla, ins, p1, p2] = header;
        let protected = Command {
            expected: form.outer_expected,
            extended: form.outer_extended,
            ..Command::new(cla, ins, p1, p2).with_data(objects)
        };
        if protected.data.len() > crate::apdu::EXTENDED_BYTES_MAX {
            return Err(ProtectError::Command);
        }
        Ok((protected, self))
    }
}

impl Awaiting {
    /// Opens the answer: whole, with nothing left to fetch by GET RESPONSE.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; except in its first variant the session is gone.
    pub fn open(self, answer: &Response) -> Result<(Response, SecureMessaging), OpenError> {
        if answer.data.is_empty() {
            if !answer.status.is_error() {
                return Err(OpenError::Stripped(answer.status));
            }
            let session = SecureMessaging { counter: self.before, ..self.session };
            return Err(OpenError::Unprotected {
                status: answer.status,
                session: Box::new(Uncounted(session)),
            });
        }
        self.session.open(answer)
    }
}

/// Answers due to commands that were protected ahead.
#[derive(Debug)]
pub struct Ahead {
    session: SecureMessaging,
}

impl Ahead {
    /// Opens the next answer in turn.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; except in its first variant the session is gone.
    pub fn open_next(mut self, answer: &Response) -> Result<(Response, Self), OpenError> {
        let before = self.session.counter;
        self.session.counter = before.next();
        let (response, session) = Awaiting { session: self.session, before }.open(answer)?;
        Ok((response, Self { session }))
    }

    /// Ends the batch after the last answer the chip gave; commands not answered were not sent.
    #[must_use]
    pub fn finish(self) -> SecureMessaging {
        self.session
    }
}

impl SecureMessaging {
    fn open(mut self, answer: &Response) -> Result<(Response, Self), OpenError> {
        self.counter = self.counter.next();
        let mut reader = Reader::new(&answer.data);
        let cryptogram = match reader.optional(CRYPTOGRAM).map_err(OpenError::Malformed)? {
            Some(object) => Some((object, true)),
            None => reader
                .optional(CRYPTOGRAM_ODD)
                .map_err(OpenError::Malformed)?
                .map(|object| (object, false)),
        };
        let status = reader.expect(STATUS).map_err(OpenError::Malformed)?;
        let authenticated_bytes = answer.data.get(..reader.offset()).unwrap_or_default();
        let mac = reader.expect(MAC).map_err(OpenError::Malformed)?;
        reader.finish().map_err(OpenError::Malformed)?;

        let input = authenticated(self.cipher(), self.counter, None, authenticated_bytes);
        if mac.value().len() != MAC_BYTES || !self.keys.mac.verify(&input, mac.value()) {
            return Err(OpenError::Mac);
        }
        let octets = <[u8; 2]>::try_from(status.value())
            .map_err(|_| OpenError::Malformed(status.malformed()))?;
        let status = StatusWord(u16::from_be_bytes(octets));
        if status != answer.status {
            return Err(OpenError::Status);
        }
        let data = match cryptogram {
            None => Vec::new(),
            Some((object, indicated)) => {
                let octets = if indicated {
                    object.value().strip_prefix(&[0x01]).ok_or(OpenError::Padding)?
                } else {
                    object.value()
                };
                self.decrypt(octets)?
            }
        };
        Ok((Response::new(data, status), self))
    }

    fn decrypt(&self, cryptogram: &[u8]) -> Result<Vec<u8>, OpenError> {
        let mut data = cryptogram.to_vec();
        let vector = vector(&self.keys.encryption, self.counter).map_err(OpenError::Key)?;
        self.keys.encryption.decrypt(&vector, &mut data).map_err(|_| OpenError::Padding)?;
        let clear_bytes = unpadded(&data).ok_or(OpenError::Padding)?.len();
        data.truncate(clear_bytes);
        Ok(data)
    }
}

/// The CBC vector for this counter.
fn vector(key: &Key, counter: Counter) -> Result<Vec<u8>, LengthError> {
    let cipher = key.cipher();
    match cipher {
        Cipher::TripleDes => Ok(vec![0; cipher.block_bytes()]),
        Cipher::Aes128 | Cipher::Aes192 | Cipher::Aes256 => {
            let mut block = counter.octets(cipher);
            key.encrypt(&vec![0; cipher.block_bytes()], &mut block)?;
            Ok(block)
        }
    }
}

/// What a MAC is computed over.
fn authenticated(
    cipher: Cipher,
    counter: Counter,
    header: Option<[u8; 4]>,
    objects: &[u8],
) -> Vec<u8> {
    let mut input = counter.octets(cipher);
    if let Some(header) = header {
        input.extend(header);
        pad(&mut input, cipher.block_bytes());
    }
    if !objects.is_empty() {
        input.extend_from_slice(objects);
        pad(&mut input, cipher.block_bytes());
    }
    input
}

#[cfg(test)]
mod tests;
