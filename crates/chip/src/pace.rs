//! Password Authenticated Connection Establishment (Doc 9303-11 §4.4): generic, integrated and chip
//! authentication mapping, over elliptic curves and over MODP groups.
//!
//! ```text
//! reader                                               chip
//! MSE:Set AT   protocol, password, parameters      →
//! GENERAL AUTHENTICATE  7C 00                      →
//!                                                  ←   80 nonce, encrypted under the password
//! 81 mapping data                                  →
//!                                                  ←   82 mapping data      both: generator G' from the nonce
//! 83 ephemeral public key over G'                  →
//!                                                  ←   84 ephemeral public key; keys from the shared secret
//! 85 token: MAC over the chip's public key         →
//!                                                  ←   86 token   [8A encrypted proof of the static key]
//! ```
//!
//! Each step takes the one before by value, so that no secret is used twice.

use subtle::ConstantTimeEq;

use crate::apdu::{CLA_CHAINING, Command, Response, SHORT_BYTES_MAX, StatusWord};
use crate::curve::{CurveError, Point};
use crate::key_derivation::{self, SessionKeys};
use crate::lds::security_info::{Group, Mapping, PaceOffer};
use crate::modp::ModpError;
use crate::password::{Password, PasswordKind};
use crate::secure_messaging::{Counter, SecureMessaging};
use crate::symmetric::{Cipher, Key, LengthError, pad, unpadded};
use crate::tlv::{self, Tag, TlvError};

mod agreement;
mod integrated;

pub use agreement::PaceSecrets;
use agreement::{Base, Public};

const DYNAMIC_AUTHENTICATION_DATA: Tag = Tag::new(0x7C);

/// Why PACE failed.
#[derive(Debug, thiserror::Error)]
pub enum PaceError {
    /// The offer has a protocol or parameters that this crate has not.
    #[error("the chip offers this way of PACE with parameters that are not known")]
    Unsupported,
    /// The chip refused to begin.
    #[error("the chip refused to begin PACE ({status})")]
    NotBegun {
        /// What the chip answered.
        status: StatusWord,
    },
    /// The password is blocked or suspended.
    #[error("the chip has blocked this password ({status})")]
    Blocked {
        /// What the chip answered.
        status: StatusWord,
    },
    /// The chip broke off before the password was tested.
    #[error("the chip broke PACE off ({status})")]
    Refused {
        /// What the chip answered.
        status: StatusWord,
    },
    /// The tokens do not fit: the password is not this document's.
    #[error("the chip refused the password ({status})")]
    WrongPassword {
        /// What the chip answered.
        status: StatusWord,
    },
    /// The chip's token is wrong though it took ours.
    #[error("the chip's token is wrong")]
    Token,
    /// The chip's data is malformed.
    #[error("the chip's answer is malformed")]
    Malformed(#[source] TlvError),
    /// A public key of the chip is no point, is trivial, or is our own sent back.
    #[error("a public key of the chip is not acceptable")]
    PublicKey,
    /// The chip's proof of its static key is missing or cannot be decrypted.
    #[error("the chip's authentication data is missing or malformed")]
    ChipAuthenticationData,
    /// A key does not fit its cipher: both come from one derivation, so this is our bug.
    #[error("the keys do not fit the cipher")]
    Key(#[from] LengthError),
}

impl From<CurveError> for PaceError {
    fn from(_: CurveError) -> Self {
        Self::PublicKey
    }
}

impl From<ModpError> for PaceError {
    fn from(_: ModpError) -> Self {
        Self::PublicKey
    }
}

/// PACE with chip authentication mapping: what the chip showed of its static key.
///
/// It proves something only to whoever held the ephemeral keys, and only once the static key has been checked
/// against EF.CardSecurity (PROTOCOLS.md section 7): see [`ChipAuthenticationData::proves`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipAuthenticationData {
    mapping_key: Point,
    data: Vec<u8>,
}

impl ChipAuthenticationData {
    /// Whether the chip knows the private key of `static_key` (Doc 9303-11 §4.4.3.5.2): its mapping key must be the
    /// static one times the number that it sent.
    #[must_use]
    pub fn proves(&self, static_key: &Point) -> bool {
        crate::curve::Scalar::from_bytes(static_key.curve(), &self.data)
            .and_then(|scalar| static_key.multiply(&scalar))
            .is_ok_and(|point| point == self.mapping_key)
    }
}

/// A session opened by PACE.
#[derive(Debug)]
pub struct Opened {
    /// Secure messaging, from zero.
    pub session: SecureMessaging,
    /// The proof of chip authentication mapping, where that was the mapping.
    pub chip_authentication: Option<ChipAuthenticationData>,
}

/// PACE before anything was sent.
#[derive(Debug)]
pub struct Pace {
    oid: Vec<u8>,
    mapping: Mapping,
    cipher: Cipher,
    group: Group,
    parameter_id: Option<u8>,
    kind: PasswordKind,
    nonce_key: Key,
    secrets: PaceSecrets,
}

impl Pace {
    /// Takes an offer up.
    ///
    /// # Errors
    ///
    /// [`PaceError::Unsupported`] where this crate does not know the way.
    pub fn new(
        offer: &PaceOffer,
        password: &Password,
        secrets: PaceSecrets,
    ) -> Result<Self, PaceError> {
        let group = offer.group.filter(|_| offer.is_supported()).ok_or(PaceError::Unsupported)?;
        Ok(Self {
            oid: offer.oid.clone(),
            mapping: offer.mapping,
            cipher: offer.cipher,
            group,
            parameter_id: offer.parameter_id,
            kind: password.kind(),
            nonce_key: password.pace_key(offer.cipher)?,
            secrets,
        })
    }

    /// MSE:Set AT. `name_parameters` adds `DO'84'`: needed where a chip offers a protocol over several groups, and by
    /// some Ukrainian documents always (CHIP-CASES.md case 5).
    #[must_use]
    pub fn select_command(&self, name_parameters: bool) -> Command {
        let mut data = tlv::object(Tag::new(0x80), &self.oid);
        tlv::write(&mut data, Tag::new(0x83), &[self.kind.reference()]);
        if let Some(id) = self.parameter_id.filter(|_| name_parameters) {
            tlv::write(&mut data, Tag::new(0x84), &[id]);
        }
        Command::new(0x00, 0x22, 0xC1, 0xA4).with_data(data)
    }

    /// Takes the answer to MSE:Set AT; the command asks for the nonce.
    ///
    /// # Errors
    ///
    /// [`PaceError::NotBegun`] or [`PaceError::Blocked`] where the chip refused.
    pub fn selected(self, answer: &Response) -> Result<(Command, AwaitingNonce), PaceError> {
        let status = answer.status;
        match status.tries_left() {
            Some(0) => return Err(PaceError::Blocked { status }),
            // A warning that tries are few; for the MRZ and the CAN it means nothing.
            Some(_) => {}
            None if status == StatusWord(0x6983) => return Err(PaceError::Blocked { status }),
            None if !status.is_success() => return Err(PaceError::NotBegun { status }),
            None => {}
        }
        Ok((general_authenticate(&[], true), AwaitingNonce(self)))
    }
}

/// GENERAL AUTHENTICATE around `objects`; all but the last are links of a chain.
fn general_authenticate(objects: &[u8], chained: bool) -> Command {
    let cla = if chained { CLA_CHAINING } else { 0x00 };
    let data = tlv::object(DYNAMIC_AUTHENTICATION_DATA, objects);
    // The chip's public key is as long as ours: what does not fit one way does not fit the other.
    let expected = if data.len() > SHORT_BYTES_MAX { 65_536 } else { 256 };
    Command::new(cla, 0x86, 0x00, 0x00).with_data(data).expecting(expected)
}

/// The one object of an answer's dynamic authentication data.
fn object_of(answer: &Response, tag: u32) -> Result<&[u8], PaceError> {
    if !answer.status.is_success() {
        return Err(PaceError::Refused { status: answer.status });
    }
    let outer = tlv::single(&answer.data, DYNAMIC_AUTHENTICATION_DATA);
    let mut inner = outer.and_then(|outer| outer.children()).map_err(PaceError::Malformed)?;
    Ok(inner.expect(Tag::new(tag)).map_err(PaceError::Malformed)?.value())
}

/// PACE waiting for the encrypted nonce.
#[derive(Debug)]
pub struct AwaitingNonce(Pace);

impl AwaitingNonce {
    /// Takes the nonce; the command carries the reader's mapping data.
    ///
    /// # Errors
    ///
    /// [`PaceError`] where the nonce is missing or not whole blocks.
    pub fn mapped(self, answer: &Response) -> Result<(Command, AwaitingMapping), PaceError> {
        let pace = self.0;
        let encrypted = object_of(answer, 0x80)?;
        if encrypted.is_empty() || encrypted.len() > 64 {
            return Err(PaceError::PublicKey);
        }
        let mut nonce = zeroize::Zeroizing::new(encrypted.to_vec());
        pace.nonce_key
            .decrypt(&vec![0; pace.cipher.block_bytes()], &mut nonce)
            .map_err(|_| PaceError::PublicKey)?;
        let data = match pace.mapping {
            Mapping::Generic | Mapping::ChipAuthentication => {
                pace.secrets.public(Base::standard(pace.group))?.octets().to_vec()
            }
            Mapping::Integrated => pace.secrets.nonce(pace.cipher)?.to_vec(),
        };
        let command = general_authenticate(&tlv::object(Tag::new(0x81), &data), true);
        Ok((command, AwaitingMapping { pace, nonce, sent: data }))
    }
}

/// PACE waiting for the chip's mapping data.
pub struct AwaitingMapping {
    pace: Pace,
    nonce: zeroize::Zeroizing<Vec<u8>>,
    sent: Vec<u8>,
}

impl std::fmt::Debug for AwaitingMapping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AwaitingMapping").field("pace", &self.pace).finish_non_exhaustive()
    }
}

impl AwaitingMapping {
    /// Takes the mapping data; the command carries the reader's ephemeral public key.
    ///
    /// # Errors
    ///
    /// [`PaceError`] where the chip's mapping data is missing or its key not acceptable.
    pub fn agreed(self, answer: &Response) -> Result<(Command, AwaitingKey), PaceError> {
        let Self { pace, nonce, sent } = self;
        let (base, mapping_key) = match pace.mapping {
            Mapping::Generic | Mapping::ChipAuthentication => {
                let octets = object_of(answer, 0x82)?;
                // Our own key sent back would make the mapping known to whoever did it.
                if octets == sent {
                    return Err(PaceError::PublicKey);
                }
                let theirs = Public::parse(pace.group, octets)?;
                (pace.secrets.generic_base(&nonce, &theirs)?, Some(theirs))
            }
            Mapping::Integrated => {
                if !answer.status.is_success() {
                    return Err(PaceError::Refused { status: answer.status });
                }
                let own = pace.secrets.nonce(pace.cipher)?;
                (integrated::base(pace.group, pace.cipher, &nonce, own)?, None)
            }
        };
        let own = pace.secrets.ephemeral(&base)?;
        let command = general_authenticate(&tlv::object(Tag::new(0x83), own.octets()), true);
        Ok((command, AwaitingKey { pace, base, own, mapping_key }))
    }
}

/// PACE waiting for the chip's ephemeral public key.
#[derive(Debug)]
pub struct AwaitingKey {
    pace: Pace,
    base: Base,
    own: Public,
    mapping_key: Option<Public>,
}

impl AwaitingKey {
    /// Takes the chip's public key; the command carries the reader's token.
    ///
    /// # Errors
    ///
    /// [`PaceError`] where the key is missing or not acceptable.
    pub fn token(self, answer: &Response) -> Result<(Command, AwaitingToken), PaceError> {
        let Self { pace, base, own, mapping_key } = self;
        let theirs = Public::parse(base.group(), object_of(answer, 0x84)?)?;
        if theirs == own {
            return Err(PaceError::PublicKey);
        }
        let secret = pace.secrets.agree(&theirs)?;
        let keys = key_derivation::session_keys(pace.cipher, &secret)?;
        let token = keys.mac.mac(&token_input(&pace, &theirs))?;
        let command = general_authenticate(&tlv::object(Tag::new(0x85), &token), false);
        let expected = keys.mac.mac(&token_input(&pace, &own))?;
        Ok((command, AwaitingToken { pace, keys, expected, mapping_key }))
    }
}

/// What a token is the MAC of: the protocol and the other side's public key (Doc 9303-11 §4.4.3.4).
fn token_input(pace: &Pace, public: &Public) -> Vec<u8> {
    let oid = tlv::object(Tag::new(0x06), &pace.oid);
    let key = tlv::object(public.tag(), public.octets());
    let mut input = tlv::constructed(Tag::new(0x7F49), [oid, key]);
    if pace.cipher == Cipher::TripleDes {
        pad(&mut input, pace.cipher.block_bytes());
    }
    input
}

/// PACE waiting for the chip's token.
#[derive(Debug)]
pub struct AwaitingToken {
    pace: Pace,
    keys: SessionKeys,
    expected: [u8; 8],
    mapping_key: Option<Public>,
}

impl AwaitingToken {
    /// Checks the chip's token and begins secure messaging.
    ///
    /// # Errors
    ///
    /// [`PaceError::WrongPassword`] where the chip refused our token, [`PaceError::Token`] where its own is wrong.
    pub fn finish(self, answer: &Response) -> Result<Opened, PaceError> {
        let status = answer.status;
        if !status.is_success() {
            // 6300, 63Cx, and what chips say instead of it: only the token has been judged by now.
            return Err(PaceError::WrongPassword { status });
        }
        let outer = tlv::single(&answer.data, DYNAMIC_AUTHENTICATION_DATA);
        let mut inner = outer.and_then(|outer| outer.children()).map_err(PaceError::Malformed)?;
        let token = inner.expect(Tag::new(0x86)).map_err(PaceError::Malformed)?.value();
        if !bool::from(token.ct_eq(&self.expected)) {
            return Err(PaceError::Token);
        }
        let chip_authentication = match (self.pace.mapping, self.mapping_key) {
            (Mapping::ChipAuthentication, Some(Public::Point(mapping_key))) => {
                let encrypted = inner
                    .find(Tag::new(0x8A))
                    .map_err(PaceError::Malformed)?
                    .ok_or(PaceError::ChipAuthenticationData)?;
                let data = decrypted(&self.keys.encryption, encrypted.value())
                    .ok_or(PaceError::ChipAuthenticationData)?;
                Some(ChipAuthenticationData { mapping_key, data })
            }
            (Mapping::Generic | Mapping::Integrated | Mapping::ChipAuthentication, _) => None,
        };
        let session = SecureMessaging::new(self.keys, Counter::ZERO);
        Ok(Opened { session, chip_authentication })
    }
}

/// The chip authentication data: CBC with the encryption of minus one for its vector (Doc 9303-11 §4.4.3.5.1).
fn decrypted(key: &Key, encrypted: &[u8]) -> Option<Vec<u8>> {
    let block_bytes = key.cipher().block_bytes();
    let mut vector = vec![0xFF; block_bytes];
    key.encrypt(&vec![0; block_bytes], &mut vector).ok()?;
    let mut data = encrypted.to_vec();
    key.decrypt(&vector, &mut data).ok()?;
    unpadded(&data).map(<[u8]>::to_vec)
}
