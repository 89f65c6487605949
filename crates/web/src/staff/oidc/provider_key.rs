//! The provider's keys and signature algorithms (RFC 7518, RFC 8037). `jsonwebtoken` verifies RSA, ES256 and ES384
//! signatures, `p521` verifies ES512, which `jsonwebtoken` does not support, and `ed25519-dalek` verifies EdDSA
//! (docs/adr/own-id-token-checks.md).

use ed25519_dalek::VerifyingKey;
use jsonwebtoken::crypto::JwtVerifier;
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
use jsonwebtoken::signature::Verifier as _;
use jsonwebtoken::{Algorithm, DecodingKey};

/// The accepted lengths of RSA keys, in bits: shorter ones are insecure (RFC 7518 section 3.3), and longer ones are
/// expensive to verify.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2_048..=8_192;

/// A signature algorithm with a public key; `none` and shared secrets are not supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProviderAlgorithm {
    /// `RS256`, `RS384`, `RS512` and `PS256`, `PS384`, `PS512`.
    Rsa(Algorithm),
    /// `ES256`, `ES384` or `ES512`, by the curve of each.
    Ecdsa(Curve),
    /// `EdDSA` on the curve Ed25519.
    EdDsa,
}

/// A curve of ECDSA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

/// A key of the provider's key set, together with the algorithm that it is used with.
pub(super) enum ProviderKey {
    Listed(Box<dyn JwtVerifier>),
    Es512(p521::ecdsa::VerifyingKey),
    EdDsa(VerifyingKey),
}

impl ProviderAlgorithm {
    /// The algorithm with this name in IANA's registry of JOSE algorithms.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rsa(Algorithm::RS256),
            "RS384" => Self::Rsa(Algorithm::RS384),
            "RS512" => Self::Rsa(Algorithm::RS512),
            "PS256" => Self::Rsa(Algorithm::PS256),
            "PS384" => Self::Rsa(Algorithm::PS384),
            "PS512" => Self::Rsa(Algorithm::PS512),
            "ES256" => Self::Ecdsa(Curve::P256),
            "ES384" => Self::Ecdsa(Curve::P384),
            "ES512" => Self::Ecdsa(Curve::P521),
            // RFC 9864 names the algorithm after its curve.
            "EdDSA" | "Ed25519" => Self::EdDsa,
            _ => return None,
        })
    }
}

impl Curve {
    /// The value of `crv` in its keys, and the length of a coordinate in bytes.
    const fn name_and_bytes(self) -> (&'static str, usize) {
        match self {
            Self::P256 => ("P-256", 32),
            Self::P384 => ("P-384", 48),
            Self::P521 => ("P-521", 66),
        }
    }
}

impl ProviderKey {
    /// Makes a key of type `RSA` from the big-endian modulus and exponent.
    pub(super) fn rsa(
        algorithm: ProviderAlgorithm,
        modulus: &[u8],
        exponent: &[u8],
    ) -> Option<Self> {
        let ProviderAlgorithm::Rsa(algorithm) = algorithm else { return None };
        RSA_BITS
            .contains(&bits(modulus))
            .then(|| DecodingKey::from_rsa_raw_components(modulus, exponent))
            .and_then(|key| Self::listed(algorithm, &key))
    }

    /// Makes a key of type `EC` from the name of the curve and the coordinates, each as long as the curve's field.
    pub(super) fn ec(
        algorithm: ProviderAlgorithm,
        curve: &str,
        x: &[u8],
        y: &[u8],
    ) -> Option<Self> {
        let ProviderAlgorithm::Ecdsa(on) = algorithm else { return None };
        let (name, bytes) = on.name_and_bytes();
        if curve != name || x.len() != bytes || y.len() != bytes {
            return None;
        }
        let point = [&[4], x, y].concat();
        match on {
            Curve::P256 => Self::listed(Algorithm::ES256, &DecodingKey::from_ec_der(&point)),
            Curve::P384 => Self::listed(Algorithm::ES384, &DecodingKey::from_ec_der(&point)),
            Curve::P521 => p521::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok().map(Self::Es512),
        }
    }

    /// Makes a key of type `OKP` on the curve Ed25519.
    pub(super) fn ed25519(algorithm: ProviderAlgorithm, x: &[u8]) -> Option<Self> {
        let key = VerifyingKey::from_bytes(x.try_into().ok()?).ok()?;
        (algorithm == ProviderAlgorithm::EdDsa && !key.is_weak()).then_some(Self::EdDsa(key))
    }

    fn listed(algorithm: Algorithm, key: &DecodingKey) -> Option<Self> {
        (DEFAULT_PROVIDER.verifier_factory)(&algorithm, key).ok().map(Self::Listed)
    }

    /// Whether `signature` is a valid signature of `message` by this key.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Listed(key) => key.verify(message, &signature.to_vec()).is_ok(),
            Self::Es512(key) => p521::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Self::EdDsa(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
        }
    }
}

/// The length of a big-endian number in bits, without leading zeros.
fn bits(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number
        .get(zeros..)
        .and_then(|rest| {
            let first = usize::try_from(rest.first()?.leading_zeros()).ok()?;
            rest.len().checked_mul(8)?.checked_sub(first)
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
