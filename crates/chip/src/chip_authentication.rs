//! Chip authentication (Doc 9303-11 §6.2), the server's side: a key agreement between the chip's
//! static key and an ephemeral key that only the server knows, shown by the next protected answer.
//!
//! A transcript made with a phone-held ephemeral key can be forged by the phone. Here the phone
//! relays commands and never holds the new session keys; it loses secure messaging with this, so
//! this is the last act of a session.

mod keys;

pub(crate) use keys::Declared;
pub use keys::{CardSecurity, CardSecurityError, Dg14, Dg14Error, Offer, StaticKey};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::apdu::{Command, Response};
use crate::curve::{Curve, CurveError, Point, Scalar};
use crate::key_derivation::session_keys;
use crate::lds::security_info::Group;
use crate::modp::{Element, Exponent, ModpError};
use crate::pace::ChipAuthenticationData;
use crate::secure_messaging::{Awaiting, Counter, OpenError, ProtectError, SecureMessaging};
use crate::symmetric::{Cipher, LengthError};
use crate::tlv::{self, Tag};

const TEMPLATE: Tag = Tag::new(0x7C);
const EPHEMERAL: Tag = Tag::new(0x80);
const PROTOCOL: Tag = Tag::new(0x80);
const KAT_KEY: Tag = Tag::new(0x91);
const KEY_REFERENCE: Tag = Tag::new(0x84);

/// Why chip authentication could not begin.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// The random octets do not make a key: hand in others.
    #[error("the ephemeral key cannot be made on the curve")]
    Curve(#[source] CurveError),
    /// The random octets do not make a key: hand in others.
    #[error("the ephemeral key cannot be made in the group")]
    Modp(#[source] ModpError),
    /// The session keys do not fit their cipher, which is a bug of ours.
    #[error("the session keys cannot be derived")]
    Keys(#[source] LengthError),
    /// The read command cannot be protected, which is a bug of ours.
    #[error("the read command cannot be protected")]
    Protect(#[source] ProtectError),
}

/// Why the chip's answer proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The answer to the read is not protected under the new keys.
    #[error("the chip's answer is not protected under the agreed keys")]
    Answer(#[source] OpenError),
}

/// What the phone relays, in order; it protects `agree` with the session keys that it holds and
/// sends `read` as it stands.
#[derive(Debug)]
pub struct Relay {
    /// Commands that hand the ephemeral public key over. The chip must answer each with 9000.
    pub agree: Vec<Command>,
    /// A read that is already protected under the new keys.
    pub read: Command,
}

/// A chip authentication that waits for the chip's protected answer. Moved into the next step: an
/// ephemeral key is used once.
#[derive(Debug)]
pub struct Pending {
    awaiting: Awaiting,
    proof: ChipProof,
}

/// Proof that the chip which answered holds the private half of a key in a certain DG14. Only
/// [`Pending::finish`] builds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChipProof {
    dg14: [u8; 32],
    inferred: bool,
    wrong_curve: bool,
}

impl ChipProof {
    /// Whether the key lies on another curve than the one that DG14 declares for it.
    #[must_use]
    pub const fn is_on_wrong_curve(&self) -> bool {
        self.wrong_curve
    }

    /// Whether these are the bytes of the DG14 whose key was proven.
    #[must_use]
    pub fn is_for(&self, dg14: &[u8]) -> bool {
        self.dg14 == <[u8; 32]>::from(Sha256::digest(dg14))
    }

    /// Whether the document lists the key without a protocol, so that one was inferred.
    #[must_use]
    pub const fn used_inferred_protocol(&self) -> bool {
        self.inferred
    }
}

/// How many random octets [`begin`] wants for an offer.
#[must_use]
pub const fn random_bytes(offer: &Offer) -> usize {
    match offer.key().group() {
        Group::Curve(curve) => Scalar::random_bytes(curve),
        Group::Modp(group) => group.random_bytes(),
    }
}

/// How the server's ephemeral key is handed over (Doc 9303-11 §6.2.4). A chip that answers 6F00 to
/// one way may take the other (CHIP-CASES 24): begin again then, with a fresh key and session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Handover {
    /// MSE:Set KAT; for 3DES alone.
    KeyAgreementTemplate,
    /// MSE:Set AT, then GENERAL AUTHENTICATE.
    GeneralAuthenticate,
}

impl Handover {
    /// The ways that an offer may be taken up, the usual one first.
    #[must_use]
    pub const fn of(offer: &Offer) -> &'static [Self] {
        match offer.cipher() {
            Cipher::TripleDes => &[Self::KeyAgreementTemplate, Self::GeneralAuthenticate],
            Cipher::Aes128 | Cipher::Aes192 | Cipher::Aes256 => &[Self::GeneralAuthenticate],
        }
    }
}

/// Begins chip authentication in the usual way of the offer: see [`begin_by`].
///
/// # Errors
///
/// As [`begin_by`].
pub fn begin(dg14: &Dg14, offer: &Offer, random: &[u8]) -> Result<(Relay, Pending), BeginError> {
    let usual = Handover::of(offer).first().copied().unwrap_or(Handover::GeneralAuthenticate);
    begin_by(dg14, offer, usual, random)
}

/// Begins chip authentication with a fresh ephemeral key from `random`, which nobody else may
/// know. The same octets give the same key, so that a server can take a session up again from
/// sealed state.
///
/// # Errors
///
/// [`BeginError`]; where the random octets come to zero, hand in others.
pub fn begin_by(
    dg14: &Dg14,
    offer: &Offer,
    handover: Handover,
    random: &[u8],
) -> Result<(Relay, Pending), BeginError> {
    let (public, secret) = agree(offer.key(), random)?;
    let keys = session_keys(offer.cipher(), &secret).map_err(BeginError::Keys)?;
    let session = SecureMessaging::new(keys, Counter::ZERO);
    let (read, awaiting) = session.protect(&read_command()).map_err(BeginError::Protect)?;
    let relay = Relay { agree: agree_commands(offer, handover, &public), read };
    let proof = ChipProof {
        dg14: dg14.digest(),
        inferred: offer.is_inferred(),
        wrong_curve: offer.has_wrong_curve(),
    };
    Ok((relay, Pending { awaiting, proof }))
}

/// The server's public key, encoded, and the shared secret.
fn agree(key: &StaticKey, random: &[u8]) -> Result<(Vec<u8>, Zeroizing<Vec<u8>>), BeginError> {
    match key {
        StaticKey::Curve(point) => {
            let private = Scalar::from_random(point.curve(), random).map_err(BeginError::Curve)?;
            let public = private.public().map_err(BeginError::Curve)?;
            let secret = private.agree(point).map_err(BeginError::Curve)?;
            Ok((public.to_sec1().to_vec(), secret))
        }
        StaticKey::Modp(element) => {
            let private =
                Exponent::from_random(element.group(), random).map_err(BeginError::Modp)?;
            let public: Element = private.public().map_err(BeginError::Modp)?;
            let secret = element.power(&private).map_err(BeginError::Modp)?;
            Ok((public.octets().to_vec(), Zeroizing::new(secret.octets().to_vec())))
        }
    }
}

fn agree_commands(offer: &Offer, handover: Handover, public: &[u8]) -> Vec<Command> {
    let reference = offer.key_id().map(|id| tlv::object(KEY_REFERENCE, id)).unwrap_or_default();
    match handover {
        Handover::KeyAgreementTemplate => {
            let data = [tlv::object(KAT_KEY, public), reference].concat();
            vec![Command { data, ..Command::new(0x00, 0x22, 0x41, 0xA6) }]
        }
        Handover::GeneralAuthenticate => {
            let data = [tlv::object(PROTOCOL, offer.oid()), reference].concat();
            let template = tlv::object(TEMPLATE, &tlv::object(EPHEMERAL, public));
            vec![
                Command { data, ..Command::new(0x00, 0x22, 0x41, 0xA4) },
                Command {
                    data: template,
                    expected: Some(256),
                    ..Command::new(0x00, 0x86, 0x00, 0x00)
                },
            ]
        }
    }
}

/// Reads eight octets of EF.DG1 by its short identifier. Even a protected error proves the keys.
fn read_command() -> Command {
    Command { expected: Some(8), ..Command::new(0x00, 0xB0, 0x81, 0x00) }
}

impl Pending {
    /// Takes the chip's answer to [`Relay::read`]. Only a MAC under the new keys makes it proof:
    /// not a status word, and not the answers to the commands before.
    ///
    /// # Errors
    ///
    /// [`ProofError`] where it proves nothing.
    pub fn finish(self, answer: &Response) -> Result<ChipProof, ProofError> {
        self.awaiting.open(answer).map_err(ProofError::Answer)?;
        Ok(self.proof)
    }
}

/// Proof by PACE with chip authentication mapping, where the server ran PACE and held every
/// ephemeral key. Only [`prove_by_pace`] builds it.
///
/// By itself it says that *some* genuine chip of the state is here. It says which document that chip
/// belongs to only together with the SOD that was read in the very session that this PACE opened, or
/// where the key also stands in the signed DG14: a card put in its place at a lost tag would
/// otherwise prove the presence of a copy (PROTOCOLS.md section 7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaceCamProof {
    card_security: [u8; 32],
    key: Point,
    sod: Option<[u8; 32]>,
}

impl PaceCamProof {
    /// Whether these are the bytes of the EF.CardSecurity whose key was proven.
    #[must_use]
    pub fn is_for(&self, card_security: &[u8]) -> bool {
        self.card_security == <[u8; 32]>::from(Sha256::digest(card_security))
    }

    /// The same proof with the SOD that was read, whole, under the keys of the session that this
    /// PACE opened.
    #[must_use]
    pub fn with_sod_of_session(self, sod: &[u8]) -> Self {
        Self { sod: Some(Sha256::digest(sod).into()), ..self }
    }

    /// Whether these are the bytes of the SOD that was read in the session of the proof.
    #[must_use]
    pub fn read_in_session(&self, sod: &[u8]) -> bool {
        self.sod == Some(Sha256::digest(sod).into())
    }

    /// Whether the proven key stands among the keys of this DG14.
    #[must_use]
    pub fn key_stands_in(&self, dg14: &[u8]) -> bool {
        Dg14::from_file(dg14).is_ok_and(|dg14| {
            let key = StaticKey::Curve(self.key.clone());
            dg14.offers().iter().any(|offer| *offer.key() == key)
        })
    }
}

/// Checks what the chip sent at the end of PACE against the static keys of EF.CardSecurity. The
/// file itself is judged by [`crate::verdict`]: it must chain to an issuing state like a SOD.
///
/// Call it on the server alone, with data of a PACE that the server itself ran: the same values
/// from a phone prove nothing.
#[must_use]
pub fn prove_by_pace(
    data: &ChipAuthenticationData,
    card_security: &[u8],
    curve: Curve,
) -> Option<PaceCamProof> {
    let security = keys::CardSecurity::from_file(card_security).ok()?;
    let key = security.points().find(|point| point.curve() == curve && data.proves(point))?;
    let card_security = Sha256::digest(card_security).into();
    Some(PaceCamProof { card_security, key: key.clone(), sod: None })
}
