//! The public keys of passkeys: ES256, RS256 and EdDSA keys in COSE (RFC 9052, RFC 9053, RFC 8230), and keys of an
//! earlier version as SPKI on P-256.

use chip::curve::{Curve, Point};
use chip::key::{EcPublicKey, PublicKey, RsaPublicKey};
use chip::signature::{HashAlgorithm, SignatureAlgorithm};
use ciborium::Value;
use ed25519_dalek::{Signature, VerifyingKey};
use store::codec::{CodecError, Reader, Stored, Writer};

/// The largest COSE key, in bytes: room for an RSA key of 4096 bits.
const COSE_BYTES_MAX: usize = 1_024;
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=4_096;

/// The label of the key type in a COSE key.
const KEY_TYPE: i128 = 1;
/// The label of the algorithm.
const ALGORITHM: i128 = 3;
/// The label of the curve of an EC2 or OKP key, and of the modulus of an RSA key.
const FIRST: i128 = -1;
/// The label of the first coordinate, and of the exponent of an RSA key.
const SECOND: i128 = -2;
/// The label of the second coordinate.
const THIRD: i128 = -3;

/// A public key in the form in which it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StoredKey {
    /// A `SubjectPublicKeyInfo` on P-256.
    Spki(Vec<u8>),
    /// A `COSE_Key`.
    Cose(Vec<u8>),
}

/// A public key that can verify signatures.
#[derive(Debug)]
pub(super) enum VerificationKey {
    /// ECDSA on P-256 with SHA-256 and signatures in DER.
    Es256(PublicKey),
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256(PublicKey),
    /// Ed25519.
    EdDsa(VerifyingKey),
}

impl StoredKey {
    /// Makes a key from COSE; `None` where the algorithm is not supported.
    pub(super) fn from_cose(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > COSE_BYTES_MAX {
            return None;
        }
        let key = Self::Cose(bytes.to_vec());
        key.parsed().map(|_| key)
    }

    /// Parses the key; `None` where the bytes are not a key of a supported algorithm.
    pub(super) fn parsed(&self) -> Option<VerificationKey> {
        match self {
            Self::Spki(bytes) => spki(bytes),
            Self::Cose(bytes) => cose(bytes),
        }
    }
}

impl Stored for StoredKey {
    fn store(&self, w: &mut Writer) {
        let (form, bytes) = match self {
            Self::Spki(bytes) => (0, bytes),
            Self::Cose(bytes) => (1, bytes),
        };
        w.u8(form);
        bytes.store(w);
    }

    fn restore(r: &mut Reader<'_>, what: &'static str) -> Result<Self, CodecError> {
        // Schema 1 had only SPKI.
        let form = if r.has(2) { r.u8(what)? } else { 0 };
        match form {
            0 => Stored::restore(r, what).map(Self::Spki),
            1 => Stored::restore(r, what).map(Self::Cose),
            _ => Err(CodecError::unknown(what, form)),
        }
    }
}

impl VerificationKey {
    /// Whether `signature`, in the form of WebAuthn section 6.5.5, is a valid signature of `message`.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Es256(key) => SignatureAlgorithm::Ecdsa(HashAlgorithm::Sha256)
                .verify(key, message, signature)
                .is_ok(),
            Self::Rs256(key) => SignatureAlgorithm::RsaPkcs1(HashAlgorithm::Sha256)
                .verify(key, message, signature)
                .is_ok(),
            Self::EdDsa(key) => Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
        }
    }
}

fn spki(bytes: &[u8]) -> Option<VerificationKey> {
    let key = PublicKey::from_spki(bytes).ok()?;
    let on_p256 = match &key {
        PublicKey::Ec(ec) => {
            ec.declared_curve() == Some(Curve::P256) && ec.point().curve() == Curve::P256
        }
        PublicKey::Rsa(_) => false,
    };
    on_p256.then_some(VerificationKey::Es256(key))
}

fn cose(bytes: &[u8]) -> Option<VerificationKey> {
    let mut rest = bytes;
    let Value::Map(members) = ciborium::de::from_reader_with_recursion_limit(&mut rest, 2).ok()?
    else {
        return None;
    };
    let member = |label: i128| {
        let mut found = members
            .iter()
            .filter(|(name, _)| name.as_integer().is_some_and(|name| i128::from(name) == label));
        let (_, value) = found.next()?;
        // A duplicate label is refused (RFC 9052 section 3).
        found.next().is_none().then_some(value)
    };
    let number = |label| member(label)?.as_integer().map(i128::from);
    let text = |label| member(label)?.as_bytes();
    if !rest.is_empty() {
        return None;
    }
    match (number(KEY_TYPE)?, number(ALGORITHM)?) {
        (2, -7) if number(FIRST)? == 1 => es256(text(SECOND)?, text(THIRD)?),
        (3, -257) => rs256(text(FIRST)?, text(SECOND)?),
        (1, -8) if number(FIRST)? == 6 => {
            let bytes: &[u8; 32] = text(SECOND)?.as_slice().try_into().ok()?;
            let key = VerifyingKey::from_bytes(bytes).ok()?;
            (!key.is_weak()).then_some(VerificationKey::EdDsa(key))
        }
        _ => None,
    }
}

fn es256(x: &[u8], y: &[u8]) -> Option<VerificationKey> {
    if x.len() != 32 || y.len() != 32 {
        return None;
    }
    let point = Point::from_sec1(Curve::P256, &[&[4], x, y].concat()).ok()?;
    Some(VerificationKey::Es256(PublicKey::Ec(EcPublicKey::new(point))))
}

fn rs256(modulus: &[u8], exponent: &[u8]) -> Option<VerificationKey> {
    let key = RsaPublicKey::new(modulus, exponent).ok()?;
    RSA_BITS.contains(&key.bits()).then_some(VerificationKey::Rs256(PublicKey::Rsa(key)))
}
