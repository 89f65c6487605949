//! Signature algorithms, named by whoever signed and never by a constant of ours.

mod rsa_padding;
#[cfg(test)]
mod tests;

use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use crate::asn1::{self, Algorithm, Oid, SEQUENCE};
use crate::curve::{Curve, Point};
use crate::key::{EcPublicKey, PublicKey};
use crate::tlv::{self, TlvError};

/// A hash function that Doc 9303 permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashAlgorithm {
    /// SHA-1: only in documents of the first years.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl HashAlgorithm {
    /// Every hash function known here.
    pub const ALL: [Self; 5] = [Self::Sha1, Self::Sha224, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The usual name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        }
    }

    /// The length of a digest.
    #[must_use]
    pub const fn digest_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The content octets of the object identifier.
    #[must_use]
    pub const fn oid(self) -> &'static [u8] {
        match self {
            Self::Sha1 => b"\x2b\x0e\x03\x02\x1a",
            Self::Sha256 => b"\x60\x86\x48\x01\x65\x03\x04\x02\x01",
            Self::Sha384 => b"\x60\x86\x48\x01\x65\x03\x04\x02\x02",
            Self::Sha512 => b"\x60\x86\x48\x01\x65\x03\x04\x02\x03",
            Self::Sha224 => b"\x60\x86\x48\x01\x65\x03\x04\x02\x04",
        }
    }

    /// The hash function of an object identifier's content octets.
    #[must_use]
    pub fn from_oid(oid: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|hash| hash.oid() == oid)
    }

    /// The digest of the parts, one after the other.
    #[must_use]
    pub fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        fn over<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
            let mut hasher = D::new();
            for part in parts {
                hasher.update(part);
            }
            hasher.finalize().to_vec()
        }
        match self {
            Self::Sha1 => over::<Sha1>(parts),
            Self::Sha224 => over::<Sha224>(parts),
            Self::Sha256 => over::<Sha256>(parts),
            Self::Sha384 => over::<Sha384>(parts),
            Self::Sha512 => over::<Sha512>(parts),
        }
    }
}

/// How a signature was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2).
    RsaPkcs1(HashAlgorithm),
    /// RSASSA-PSS (RFC 8017 §8.1) with the signer's own parameters.
    RsaPss {
        /// Hashes the message.
        hash: HashAlgorithm,
        /// Drives the mask.
        mask_hash: HashAlgorithm,
        /// The salt's length.
        salt_bytes: usize,
    },
    /// ECDSA, a DER sequence of `r` and `s` (RFC 3279 §2.2.3).
    Ecdsa(HashAlgorithm),
    /// ECDSA, `r` and `s` one after the other (BSI TR-03111 §5.2.1).
    EcdsaPlain(HashAlgorithm),
}

/// Why a signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The algorithm or its parameters are not ASN.1.
    #[error("the signature algorithm is malformed")]
    Malformed(#[source] TlvError),
    /// Nothing here knows the algorithm, or a hash function that it names.
    #[error("signature algorithm {0} is not known")]
    Algorithm(Oid),
    /// The algorithm is named twice, and differently: the one outside is not signed.
    #[error("two different signature algorithms are named")]
    Ambiguous,
    /// The key is of another kind than the algorithm.
    #[error("the key is of another kind than the signature algorithm")]
    KeyKind,
    /// The signature does not fit the message and the key.
    #[error("the signature does not verify")]
    Mismatch,
}

/// How a verified signature strays from what was declared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Irregularities {
    /// ECDSA in the other encoding than the algorithm names.
    pub ecdsa_encoding: bool,
    /// The key's declared curve is not the one that verifies.
    pub wrong_curve: bool,
}

const RSA_ENCRYPTION: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
const RSA_PSS: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a";
const MGF1: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08";
const EC_PUBLIC_KEY: &[u8] = b"\x2a\x86\x48\xce\x3d\x02\x01";
/// `ecdsa-with-Specified`: the hash function is a parameter (RFC 5480 has no more of it).
const ECDSA_SPECIFIED: &[u8] = b"\x2a\x86\x48\xce\x3d\x04\x03";

/// Identifiers that name algorithm and hash function at once.
const NAMED: [(&[u8], SignatureAlgorithm); 15] = {
    use HashAlgorithm::{Sha1, Sha224, Sha256, Sha384, Sha512};
    use SignatureAlgorithm::{Ecdsa, EcdsaPlain, RsaPkcs1};
    [
        // 1.2.840.113549.1.1.{5,14,11,12,13}
        (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05", RsaPkcs1(Sha1)),
        (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0e", RsaPkcs1(Sha224)),
        (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", RsaPkcs1(Sha256)),
        (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c", RsaPkcs1(Sha384)),
        (b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d", RsaPkcs1(Sha512)),
        // 1.2.840.10045.4.1 and 1.2.840.10045.4.3.{1,2,3,4}
        (b"\x2a\x86\x48\xce\x3d\x04\x01", Ecdsa(Sha1)),
        (b"\x2a\x86\x48\xce\x3d\x04\x03\x01", Ecdsa(Sha224)),
        (b"\x2a\x86\x48\xce\x3d\x04\x03\x02", Ecdsa(Sha256)),
        (b"\x2a\x86\x48\xce\x3d\x04\x03\x03", Ecdsa(Sha384)),
        (b"\x2a\x86\x48\xce\x3d\x04\x03\x04", Ecdsa(Sha512)),
        // 0.4.0.127.0.7.1.1.4.1.{1,2,3,4,5} (BSI TR-03111 §5.2.1)
        (b"\x04\x00\x7f\x00\x07\x01\x01\x04\x01\x01", EcdsaPlain(Sha1)),
        (b"\x04\x00\x7f\x00\x07\x01\x01\x04\x01\x02", EcdsaPlain(Sha224)),
        (b"\x04\x00\x7f\x00\x07\x01\x01\x04\x01\x03", EcdsaPlain(Sha256)),
        (b"\x04\x00\x7f\x00\x07\x01\x01\x04\x01\x04", EcdsaPlain(Sha384)),
        (b"\x04\x00\x7f\x00\x07\x01\x01\x04\x01\x05", EcdsaPlain(Sha512)),
    ]
};

impl SignatureAlgorithm {
    /// Reads an `AlgorithmIdentifier`; `digest` is the hash function named beside it in a
    /// `SignerInfo`, for identifiers that name a key alone.
    pub(crate) fn parse(
        algorithm: &Algorithm<'_>,
        digest: Option<HashAlgorithm>,
    ) -> Result<Self, SignatureError> {
        if let Some((_, named)) = NAMED.iter().find(|(oid, _)| *oid == algorithm.oid) {
            return Ok(*named);
        }
        let unknown = || SignatureError::Algorithm(Oid::new(algorithm.oid));
        match algorithm.oid {
            RSA_PSS => pss_parameters(algorithm),
            RSA_ENCRYPTION => digest.map(Self::RsaPkcs1).ok_or_else(unknown),
            EC_PUBLIC_KEY => digest.map(Self::Ecdsa).ok_or_else(unknown),
            ECDSA_SPECIFIED => {
                let mut parameters = algorithm
                    .parameters
                    .ok_or_else(unknown)?
                    .children()
                    .map_err(SignatureError::Malformed)?;
                let named = asn1::oid(&mut parameters).map_err(SignatureError::Malformed)?;
                HashAlgorithm::from_oid(named.as_bytes()).map(Self::Ecdsa).ok_or_else(unknown)
            }
            _ => Err(unknown()),
        }
    }

    /// Reads the algorithm of a certificate or revocation list, which names it inside what is
    /// signed and once more outside; both must be one (RFC 5280 §4.1.1.2).
    pub(crate) fn parse_twice(
        signed: &Algorithm<'_>,
        outside: &Algorithm<'_>,
    ) -> Result<Self, SignatureError> {
        if signed.raw != outside.raw {
            return Err(SignatureError::Ambiguous);
        }
        Self::parse(signed, None)
    }

    /// The hash function over the message.
    #[must_use]
    pub const fn hash(self) -> HashAlgorithm {
        match self {
            Self::RsaPkcs1(hash)
            | Self::RsaPss { hash, .. }
            | Self::Ecdsa(hash)
            | Self::EcdsaPlain(hash) => hash,
        }
    }

    /// The same algorithm over another hash function.
    #[must_use]
    pub(crate) const fn with_hash(self, hash: HashAlgorithm) -> Self {
        match self {
            Self::RsaPkcs1(_) => Self::RsaPkcs1(hash),
            Self::RsaPss { mask_hash, salt_bytes, .. } => {
                Self::RsaPss { hash, mask_hash, salt_bytes }
            }
            Self::Ecdsa(_) => Self::Ecdsa(hash),
            Self::EcdsaPlain(_) => Self::EcdsaPlain(hash),
        }
    }

    /// In words, with the parameters that are not the usual ones.
    #[must_use]
    pub fn describe(self) -> String {
        let hash = self.hash().name();
        match self {
            Self::RsaPkcs1(_) => format!("RSA PKCS#1 v1.5 with {hash}"),
            Self::RsaPss { hash: message, mask_hash, salt_bytes } => {
                let mut words = format!("RSA-PSS with {hash}");
                if mask_hash != message {
                    words.push_str(&format!(", mask by {}", mask_hash.name()));
                }
                if salt_bytes != message.digest_bytes() {
                    words.push_str(&format!(", salt of {salt_bytes} bytes"));
                }
                words
            }
            Self::Ecdsa(_) => format!("ECDSA with {hash}"),
            Self::EcdsaPlain(_) => format!("ECDSA (plain) with {hash}"),
        }
    }

    /// Verifies `signature` over `message` under `key`.
    ///
    /// # Errors
    ///
    /// [`SignatureError::KeyKind`] for a key of another kind, [`SignatureError::Mismatch`] where
    /// the signature is not one.
    pub fn verify(
        self,
        key: &PublicKey,
        message: &[u8],
        signature: &[u8],
    ) -> Result<Irregularities, SignatureError> {
        let digest = || self.hash().digest(&[message]);
        match (self, key) {
            (Self::RsaPkcs1(hash), PublicKey::Rsa(key)) => {
                let genuine = rsa_padding::pkcs1_matches(key, hash, &digest(), signature);
                if genuine { Ok(Irregularities::default()) } else { Err(SignatureError::Mismatch) }
            }
            (Self::RsaPss { hash, mask_hash, salt_bytes }, PublicKey::Rsa(key)) => {
                let pss = rsa_padding::Pss { hash, mask_hash, salt_bytes };
                if rsa_padding::pss_matches(key, pss, &digest(), signature) {
                    Ok(Irregularities::default())
                } else {
                    Err(SignatureError::Mismatch)
                }
            }
            (Self::Ecdsa(_), PublicKey::Ec(key)) => {
                verify_ecdsa(key, &digest(), signature, EcdsaEncoding::Der)
            }
            (Self::EcdsaPlain(_), PublicKey::Ec(key)) => {
                verify_ecdsa(key, &digest(), signature, EcdsaEncoding::Plain)
            }
            (Self::RsaPkcs1(_) | Self::RsaPss { .. }, PublicKey::Ec(_))
            | (Self::Ecdsa(_) | Self::EcdsaPlain(_), PublicKey::Rsa(_)) => {
                Err(SignatureError::KeyKind)
            }
        }
    }
}

/// `RSASSA-PSS-params` (RFC 8017 §A.2.3): what is absent has SHA-1, MGF1 with SHA-1 and 20 bytes.
fn pss_parameters(algorithm: &Algorithm<'_>) -> Result<SignatureAlgorithm, SignatureError> {
    let malformed = SignatureError::Malformed;
    let hash_of = |oid: &[u8]| {
        HashAlgorithm::from_oid(oid).ok_or_else(|| SignatureError::Algorithm(Oid::new(oid)))
    };
    let (mut hash, mut mask_hash, mut salt_bytes) =
        (HashAlgorithm::Sha1, HashAlgorithm::Sha1, 20_u32);
    if let Some(parameters) = algorithm.parameters.filter(|value| value.tag() == SEQUENCE) {
        let mut parameters = parameters.children().map_err(malformed)?;
        if let Some(value) = parameters.optional(asn1::explicit(0)).map_err(malformed)? {
            let mut inside = value.children().map_err(malformed)?;
            hash = hash_of(asn1::algorithm(&mut inside).map_err(malformed)?.oid)?;
        }
        if let Some(value) = parameters.optional(asn1::explicit(1)).map_err(malformed)? {
            let mut inside = value.children().map_err(malformed)?;
            let mask = asn1::algorithm(&mut inside).map_err(malformed)?;
            if mask.oid != MGF1 {
                return Err(SignatureError::Algorithm(Oid::new(mask.oid)));
            }
            mask_hash = match mask.parameters {
                Some(value) => {
                    let mut inside = value.children().map_err(malformed)?;
                    hash_of(asn1::oid(&mut inside).map_err(malformed)?.as_bytes())?
                }
                None => HashAlgorithm::Sha1,
            };
        }
        if let Some(value) = parameters.optional(asn1::explicit(2)).map_err(malformed)? {
            let mut inside = value.children().map_err(malformed)?;
            let salt = inside.expect(asn1::INTEGER).map_err(malformed)?;
            salt_bytes = asn1::small(&salt).map_err(malformed)?;
        }
        // [3] is the trailer field, of which only 1 (octet BC) exists.
        if let Some(value) = parameters.optional(asn1::explicit(3)).map_err(malformed)? {
            let mut inside = value.children().map_err(malformed)?;
            let trailer = inside.expect(asn1::INTEGER).map_err(malformed)?;
            if asn1::small(&trailer).map_err(malformed)? != 1 {
                return Err(SignatureError::Algorithm(Oid::new(algorithm.oid)));
            }
        }
    }
    let salt_bytes = usize::try_from(salt_bytes).unwrap_or(usize::MAX);
    Ok(SignatureAlgorithm::RsaPss { hash, mask_hash, salt_bytes })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum EcdsaEncoding {
    Der,
    Plain,
}

/// Tries the declared encoding and then the other one (CHIP-CASES 21), on every curve that the key
/// may be meant for; both are reported, and neither lets a wrong signature pass.
fn verify_ecdsa(
    key: &EcPublicKey,
    digest: &[u8],
    signature: &[u8],
    declared: EcdsaEncoding,
) -> Result<Irregularities, SignatureError> {
    for point in key.candidates() {
        for encoding in [EcdsaEncoding::Der, EcdsaEncoding::Plain] {
            let parts = match encoding {
                EcdsaEncoding::Der => der_parts(signature),
                EcdsaEncoding::Plain => plain_parts(signature, point),
            };
            if parts.is_some_and(|(r, s)| Curve::verify(point, digest, r, s)) {
                return Ok(Irregularities {
                    ecdsa_encoding: encoding != declared,
                    wrong_curve: key.declared_curve() != Some(point.curve()),
                });
            }
        }
    }
    Err(SignatureError::Mismatch)
}

fn der_parts(signature: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut parts = tlv::single(signature, SEQUENCE).ok()?.children().ok()?;
    let r = parts.expect(asn1::INTEGER).ok()?;
    let s = parts.expect(asn1::INTEGER).ok()?;
    parts.finish().ok()?;
    Some((asn1::magnitude(&r), asn1::magnitude(&s)))
}

fn plain_parts<'a>(signature: &'a [u8], point: &Point) -> Option<(&'a [u8], &'a [u8])> {
    if signature.len() != 2 * point.curve().field_bytes() {
        return None;
    }
    signature.split_at_checked(signature.len() / 2)
}
