//! The provider's keys and what they sign with (RFC 7518, RFC 8037). RSA and ECDSA are verified by `chip`, which agrees with
//! OpenSSL on every curve and padding; EdDSA by `ed25519-dalek` (docs/adr/own-id-token-checks.md).

use chip::curve::{Curve, Point};
use chip::key::{EcPublicKey, PublicKey, RsaPublicKey};
use chip::signature::{HashAlgorithm, SignatureAlgorithm};
use ed25519_dalek::{Signature, VerifyingKey};

/// The RSA keys that may sign (RFC 7518 section 3.3): none that is too short, and none that is costly.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;

/// An algorithm of public keys; `none` and shared secrets are not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderAlgorithm {
    /// `RS256`, `RS384`, `RS512`.
    RsaPkcs1(HashAlgorithm),
    /// `PS256`, `PS384`, `PS512`.
    RsaPss(HashAlgorithm),
    /// `ES256`, `ES384`, `ES512`: the curve belongs to the hash function.
    Ecdsa(HashAlgorithm),
    /// `EdDSA` on the curve Ed25519.
    EdDsa,
}

/// A key of the provider's key set, with the one algorithm that it is used with.
#[derive(Clone, Debug)]
pub struct ProviderKey(Key);

#[derive(Clone, Debug)]
enum Key {
    Chip { key: PublicKey, algorithm: SignatureAlgorithm, signature_bytes: usize },
    EdDsa(Box<VerifyingKey>),
}

impl ProviderAlgorithm {
    /// The algorithm of that name (IANA's registry of JOSE algorithms).
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        use HashAlgorithm::{Sha256, Sha384, Sha512};
        Some(match name {
            "RS256" => Self::RsaPkcs1(Sha256),
            "RS384" => Self::RsaPkcs1(Sha384),
            "RS512" => Self::RsaPkcs1(Sha512),
            "PS256" => Self::RsaPss(Sha256),
            "PS384" => Self::RsaPss(Sha384),
            "PS512" => Self::RsaPss(Sha512),
            "ES256" => Self::Ecdsa(Sha256),
            "ES384" => Self::Ecdsa(Sha384),
            "ES512" => Self::Ecdsa(Sha512),
            // RFC 9864 gives the curve a name of its own.
            "EdDSA" | "Ed25519" => Self::EdDsa,
            _ => return None,
        })
    }

    /// `crv` of the keys that it is used with, and how long a coordinate is.
    fn curve(self) -> Option<(&'static str, Curve, usize)> {
        match self {
            Self::Ecdsa(HashAlgorithm::Sha256) => Some(("P-256", Curve::P256, 32)),
            Self::Ecdsa(HashAlgorithm::Sha384) => Some(("P-384", Curve::P384, 48)),
            Self::Ecdsa(HashAlgorithm::Sha512) => Some(("P-521", Curve::P521, 66)),
            Self::Ecdsa(_) | Self::RsaPkcs1(_) | Self::RsaPss(_) | Self::EdDsa => None,
        }
    }
}

impl ProviderKey {
    /// A key of type `RSA`: modulus and exponent, big-endian.
    #[must_use]
    pub fn rsa(algorithm: ProviderAlgorithm, modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let key = RsaPublicKey::new(modulus, exponent).ok()?;
        let algorithm = match algorithm {
            ProviderAlgorithm::RsaPkcs1(hash) => SignatureAlgorithm::RsaPkcs1(hash),
            // RFC 7518 section 3.5: the mask has the same hash function, the salt its length.
            ProviderAlgorithm::RsaPss(hash) => SignatureAlgorithm::RsaPss {
                hash,
                mask_hash: hash,
                salt_bytes: match hash {
                    HashAlgorithm::Sha384 => 48,
                    HashAlgorithm::Sha512 => 64,
                    HashAlgorithm::Sha1 | HashAlgorithm::Sha224 | HashAlgorithm::Sha256 => 32,
                },
            },
            ProviderAlgorithm::Ecdsa(_) | ProviderAlgorithm::EdDsa => return None,
        };
        let signature_bytes = key.modulus_bytes();
        let key = RSA_BITS.contains(&key.bits()).then_some(PublicKey::Rsa(key))?;
        Some(Self(Key::Chip { key, algorithm, signature_bytes }))
    }

    /// A key of type `EC` on the curve of that name: the coordinates, each as long as the field.
    #[must_use]
    pub fn ec(algorithm: ProviderAlgorithm, curve: &str, x: &[u8], y: &[u8]) -> Option<Self> {
        let ProviderAlgorithm::Ecdsa(hash) = algorithm else { return None };
        let (name, on, bytes) = algorithm.curve()?;
        if curve != name || x.len() != bytes || y.len() != bytes {
            return None;
        }
        let point = Point::from_sec1(on, &[&[4], x, y].concat()).ok()?;
        Some(Self(Key::Chip {
            key: PublicKey::Ec(EcPublicKey::new(point)),
            algorithm: SignatureAlgorithm::EcdsaPlain(hash),
            signature_bytes: bytes.checked_mul(2)?,
        }))
    }

    /// A key of type `OKP` on the curve Ed25519.
    #[must_use]
    pub fn ed25519(algorithm: ProviderAlgorithm, x: &[u8]) -> Option<Self> {
        let bytes: &[u8; 32] = x.try_into().ok()?;
        let key = VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak())?;
        (algorithm == ProviderAlgorithm::EdDsa).then(|| Self(Key::EdDsa(Box::new(key))))
    }

    /// Whether `signature` signs `message`.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Key::Chip { key, algorithm, signature_bytes } => {
                signature.len() == *signature_bytes
                    && algorithm.verify(key, message, signature).is_ok()
            }
            Key::EdDsa(key) => Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
        }
    }
}
