//! Signed notes (C2SP signed-note) and the cosignatures of witnesses (C2SP tlog-cosignature).
//!
//! ```text
//! text, which ends with a line feed
//! (an empty line)
//! — key name base64(key id || signature)          one line for each signature
//!
//! key id = SHA-256(key name || 0x0A || algorithm || public key), first 4 bytes
//! ```

use base64ct::{Base64, Encoding as _};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt;

/// The largest note that is read.
const NOTE_BYTES_MAX: usize = 64 * 1_024;
/// The most signatures of one note.
const SIGNATURES_MAX: usize = 64;
/// The largest signature, which leaves room for algorithms that this program does not know.
const SIGNATURE_BYTES_MAX: usize = 8 * 1_024;
const NAME_BYTES_MAX: usize = 200;

/// How a key signs notes; the numbers are those of C2SP signed-note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519 over the text, as logs sign.
    Ed25519,
    /// Ed25519 over a time and the text, as witnesses sign (`cosignature/v1`).
    Cosignature,
}

impl Algorithm {
    const fn number(self) -> u8 {
        match self {
            Self::Ed25519 => 1,
            Self::Cosignature => 4,
        }
    }
}

/// A text that is no note, or a note that is not signed as it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The text has not the form of a note.
    #[error("not a signed note: a text, an empty line and signature lines")]
    Form,
    /// A name of a key is empty, too long, or holds a space, a plus sign or a control character.
    #[error(
        "the name of a key is 1 to 200 bytes without spaces, plus signs and control characters"
    )]
    Name,
    /// A public key has not the form `name+id+base64`, or an algorithm that is not known here.
    #[error("not a public key of a note: name, key id and base64 with plus signs between them")]
    Key,
    /// The note carries no signature of the key.
    #[error("the note is not signed by the key")]
    Unsigned,
    /// The note carries a signature of the key that is wrong.
    #[error("the signature of the key does not fit the note")]
    Wrong,
}

/// The name of a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyName(String);

impl KeyName {
    /// Checks a name.
    ///
    /// # Errors
    ///
    /// [`NoteError::Name`].
    pub fn new(name: &str) -> Result<Self, NoteError> {
        let fits = (1..=NAME_BYTES_MAX).contains(&name.len());
        let bad = |letter: char| letter == '+' || letter.is_whitespace() || letter.is_control();
        if !fits || name.contains(bad) {
            return Err(NoteError::Name);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    name: KeyName,
    key_id: [u8; 4],
    bytes: Vec<u8>,
}

impl Signature {
    /// The name of the key that signed.
    #[must_use]
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// Reads lines of signatures, as a witness answers them.
    ///
    /// # Errors
    ///
    /// [`NoteError::Form`], [`NoteError::Name`].
    pub fn parse_lines(text: &str) -> Result<Vec<Self>, NoteError> {
        if text.len() > NOTE_BYTES_MAX {
            return Err(NoteError::Form);
        }
        let lines = text.strip_suffix('\n').ok_or(NoteError::Form)?.split('\n');
        let found: Vec<Self> = lines
            .take(SIGNATURES_MAX.saturating_add(1))
            .map(Self::parse)
            .collect::<Result<_, _>>()?;
        if found.len() > SIGNATURES_MAX { Err(NoteError::Form) } else { Ok(found) }
    }

    fn parse(line: &str) -> Result<Self, NoteError> {
        let rest = line.strip_prefix("\u{2014} ").ok_or(NoteError::Form)?;
        let (name, signature) = rest.split_once(' ').ok_or(NoteError::Form)?;
        if signature.len() > SIGNATURE_BYTES_MAX {
            return Err(NoteError::Form);
        }
        let signature = Base64::decode_vec(signature).map_err(|_| NoteError::Form)?;
        let (key_id, bytes) = signature.split_first_chunk::<4>().ok_or(NoteError::Form)?;
        if bytes.is_empty() {
            return Err(NoteError::Form);
        }
        Ok(Self { name: KeyName::new(name)?, key_id: *key_id, bytes: bytes.to_vec() })
    }
}

impl fmt::Display for Signature {
    /// The line without its line feed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.key_id[..], &self.bytes].concat();
        write!(f, "\u{2014} {} {}", self.name.0, Base64::encode_string(&bytes))
    }
}

/// A text with the signatures over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

impl Note {
    /// A note with its first signature.
    ///
    /// # Errors
    ///
    /// [`NoteError::Form`] where the text is empty, does not end with a line feed or holds another control character.
    pub fn sign(text: &str, key: &SignerKey) -> Result<Self, NoteError> {
        let mut note = Self { text: checked(text)?.to_owned(), signatures: Vec::new() };
        let signature = key.sign(&note.text);
        note.signatures.push(signature);
        Ok(note)
    }

    /// Reads a note; its signatures are not checked yet.
    ///
    /// # Errors
    ///
    /// [`NoteError::Form`], [`NoteError::Name`].
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.len() > NOTE_BYTES_MAX {
            return Err(NoteError::Form);
        }
        let (text, signatures) = note.rsplit_once("\n\n").ok_or(NoteError::Form)?;
        let text = note.get(..text.len().saturating_add(1)).ok_or(NoteError::Form)?;
        let signatures = Signature::parse_lines(signatures)?;
        Ok(Self { text: checked(text)?.to_owned(), signatures })
    }

    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// All signatures, in their order.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Adds a signature of `key`, in place of an older one of the same key, where it is right.
    ///
    /// # Errors
    ///
    /// [`NoteError::Unsigned`], [`NoteError::Wrong`].
    pub fn add(&mut self, signature: Signature, key: &VerifierKey) -> Result<(), NoteError> {
        let alone = Self { text: self.text.clone(), signatures: vec![signature.clone()] };
        key.check(&alone)?;
        self.signatures.retain(|it| it.name != signature.name || it.key_id != signature.key_id);
        self.signatures.push(signature);
        Ok(())
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

fn checked(text: &str) -> Result<&str, NoteError> {
    let lines = text.strip_suffix('\n').filter(|lines| !lines.is_empty()).ok_or(NoteError::Form)?;
    let control = |letter: char| letter < ' ' && letter != '\n';
    if lines.contains(control) { Err(NoteError::Form) } else { Ok(text) }
}

fn key_id(name: &KeyName, algorithm: Algorithm, key: &VerifyingKey) -> [u8; 4] {
    let mut hash = Sha256::new();
    hash.update(name.0.as_bytes());
    hash.update([b'\n', algorithm.number()]);
    hash.update(key.as_bytes());
    let hash: [u8; 32] = hash.finalize().into();
    let [a, b, c, d, ..] = hash;
    [a, b, c, d]
}

/// What a cosignature signs (C2SP tlog-cosignature, Ed25519 signed message).
fn cosigned(text: &str, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

/// A public key that signs notes. Its text is `name+id+base64(algorithm || public key)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    algorithm: Algorithm,
    key: VerifyingKey,
}

/// A right signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed {
    /// When it was made, in seconds since 1970 UTC; cosignatures alone say that.
    pub time: Option<u64>,
}

impl VerifierKey {
    /// Reads the text of a key.
    ///
    /// # Errors
    ///
    /// [`NoteError::Key`], [`NoteError::Name`].
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        // The base64 part may hold plus signs; a name holds none.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key);
        };
        let name = KeyName::new(name)?;
        if key.len() > NAME_BYTES_MAX {
            return Err(NoteError::Key);
        }
        let key = Base64::decode_vec(key).map_err(|_| NoteError::Key)?;
        let (algorithm, key) = key.split_first().ok_or(NoteError::Key)?;
        let algorithm = match algorithm {
            1 => Algorithm::Ed25519,
            4 => Algorithm::Cosignature,
            _ => return Err(NoteError::Key),
        };
        let key = <[u8; 32]>::try_from(key).map_err(|_| NoteError::Key)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| NoteError::Key)?;
        let found = Self { name, algorithm, key };
        let fits = !key.is_weak() && hex(found.key_id()) == id;
        if fits { Ok(found) } else { Err(NoteError::Key) }
    }

    /// The name of the key.
    #[must_use]
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    fn key_id(&self) -> [u8; 4] {
        key_id(&self.name, self.algorithm, &self.key)
    }

    /// Checks that the note is signed by this key. Every signature of the key must be right; those of other keys count
    /// for nothing.
    ///
    /// # Errors
    ///
    /// [`NoteError::Unsigned`], [`NoteError::Wrong`].
    pub fn check(&self, note: &Note) -> Result<Signed, NoteError> {
        let id = self.key_id();
        let mine = |it: &&Signature| it.name == self.name && it.key_id == id;
        let mut found = Err(NoteError::Unsigned);
        for signature in note.signatures.iter().filter(mine) {
            found = Ok(self.check_one(&note.text, &signature.bytes).ok_or(NoteError::Wrong)?);
        }
        found
    }

    fn check_one(&self, text: &str, bytes: &[u8]) -> Option<Signed> {
        let (message, time, signature) = match self.algorithm {
            Algorithm::Ed25519 => (text.to_owned(), None, bytes),
            Algorithm::Cosignature => {
                let (time, signature) = bytes.split_first_chunk::<8>()?;
                let time = u64::from_be_bytes(*time);
                (cosigned(text, time), Some(time), signature)
            }
        };
        let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
        self.key.verify_strict(message.as_bytes(), &signature).ok()?;
        Some(Signed { time })
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[self.algorithm.number()][..], self.key.as_bytes()].concat();
        write!(f, "{}+{}+{}", self.name.0, hex(self.key_id()), Base64::encode_string(&bytes))
    }
}

fn hex(bytes: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(bytes))
}

/// A private key that signs notes.
#[derive(Clone)]
pub struct SignerKey {
    name: KeyName,
    key: SigningKey,
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SignerKey").field(&self.name.0).finish_non_exhaustive()
    }
}

impl SignerKey {
    /// The key of these 32 secret bytes (RFC 8032 section 5.1.5).
    #[must_use]
    pub fn new(name: KeyName, secret: &[u8; 32]) -> Self {
        Self { name, key: SigningKey::from_bytes(secret) }
    }

    /// The public key, for one of the ways to sign.
    #[must_use]
    pub fn verifier(&self, algorithm: Algorithm) -> VerifierKey {
        VerifierKey { name: self.name.clone(), algorithm, key: self.key.verifying_key() }
    }

    fn line(&self, algorithm: Algorithm, bytes: Vec<u8>) -> Signature {
        let key_id = self.verifier(algorithm).key_id();
        Signature { name: self.name.clone(), key_id, bytes }
    }

    /// Signs a text as a log does.
    #[must_use]
    pub fn sign(&self, text: &str) -> Signature {
        self.line(Algorithm::Ed25519, self.key.sign(text.as_bytes()).to_bytes().to_vec())
    }

    /// Signs a text as a witness does, at a time in seconds since 1970 UTC.
    #[must_use]
    pub fn cosign(&self, text: &str, time: u64) -> Signature {
        let signature = self.key.sign(cosigned(text, time).as_bytes()).to_bytes();
        self.line(Algorithm::Cosignature, [&time.to_be_bytes()[..], &signature].concat())
    }
}

#[cfg(test)]
mod tests;
