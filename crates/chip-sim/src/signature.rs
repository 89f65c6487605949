//! Signatures of issuers and of chips.

use num_bigint::BigUint;

use crate::curve::padded;
use crate::der;
use crate::digest::Digest;
use crate::key::{EcKey, KeyPair};
use crate::random::{self, Random};
use crate::rsa::RsaKey;

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// RSASSA-PKCS1-v1_5.
    RsaPkcs1(Digest),
    /// RSASSA-PSS, MGF1 with the same hash.
    RsaPss {
        /// The hash.
        digest: Digest,
        /// Nearly always the hash length; two roots in the wild use 20.
        salt_bytes: u8,
    },
    /// ECDSA with the DER encoding of X9.62.
    Ecdsa(Digest),
    /// ECDSA as `r || s`: what chips send, and what a few issuers wrote into their SODs against
    /// the standard.
    EcdsaPlain(Digest),
}

impl Scheme {
    /// The hash of the scheme.
    #[must_use]
    pub fn digest(self) -> Digest {
        match self {
            Self::RsaPkcs1(digest)
            | Self::RsaPss { digest, .. }
            | Self::Ecdsa(digest)
            | Self::EcdsaPlain(digest) => digest,
        }
    }

    /// The X.509 `AlgorithmIdentifier`.
    pub(crate) fn algorithm_identifier(self) -> Vec<u8> {
        match self {
            Self::RsaPkcs1(digest) => {
                let oid = match digest {
                    Digest::Sha1 => "1.2.840.113549.1.1.5",
                    Digest::Sha224 => "1.2.840.113549.1.1.14",
                    Digest::Sha256 => "1.2.840.113549.1.1.11",
                    Digest::Sha384 => "1.2.840.113549.1.1.12",
                    Digest::Sha512 => "1.2.840.113549.1.1.13",
                };
                der::sequence(&[&der::oid(oid), &der::null()])
            }
            Self::RsaPss { digest, salt_bytes } => {
                let hash = der::sequence(&[&der::oid(digest.oid()), &der::null()]);
                let mask = der::sequence(&[&der::oid("1.2.840.113549.1.1.8"), &hash]);
                let salt = der::small_integer(u64::from(salt_bytes));
                let mut parameters = Vec::new();
                // DER leaves out what equals the default: SHA-1 and a salt of 20 bytes.
                if digest != Digest::Sha1 {
                    parameters.extend(der::tlv(0xA0, &hash));
                    parameters.extend(der::tlv(0xA1, &mask));
                }
                if salt_bytes != 20 {
                    parameters.extend(der::tlv(0xA2, &salt));
                }
                let oid = der::oid("1.2.840.113549.1.1.10");
                der::sequence(&[&oid, &der::sequence(&[&parameters])])
            }
            Self::Ecdsa(digest) | Self::EcdsaPlain(digest) => {
                let oid = match digest {
                    Digest::Sha1 => "1.2.840.10045.4.1",
                    Digest::Sha224 => "1.2.840.10045.4.3.1",
                    Digest::Sha256 => "1.2.840.10045.4.3.2",
                    Digest::Sha384 => "1.2.840.10045.4.3.3",
                    Digest::Sha512 => "1.2.840.10045.4.3.4",
                };
                der::sequence(&[&der::oid(oid)])
            }
        }
    }

    /// Reads an `AlgorithmIdentifier`; `None` for one that is not known here.
    pub(crate) fn from_algorithm_identifier(content: &[u8]) -> Option<Self> {
        let candidates = Digest::ALL.into_iter().flat_map(|d| [Self::RsaPkcs1(d), Self::Ecdsa(d)]);
        for candidate in candidates {
            let own = candidate.algorithm_identifier();
            let own = der::open(&own, der::SEQUENCE)?;
            if der::children(content)?.first()?.raw == own.first()?.raw {
                return Some(candidate);
            }
        }
        pss_parameters(content)
    }
}

fn pss_parameters(content: &[u8]) -> Option<Scheme> {
    let parts = der::children(content)?;
    if parts.first()?.value != der::oid_content("1.2.840.113549.1.1.10") {
        return None;
    }
    let (mut digest, mut salt_bytes) = (Digest::Sha1, 20);
    for parameter in der::children(parts.get(1)?.value)? {
        if parameter.tag == 0xA0 {
            let hash = der::open(parameter.value, der::SEQUENCE)?;
            let oid = hash.first()?.value;
            digest = Digest::ALL.into_iter().find(|d| der::oid_content(d.oid()) == oid)?;
        } else if parameter.tag == 0xA2 {
            salt_bytes = *der::read(&mut { parameter.value })?.value.last()?;
        }
    }
    Some(Scheme::RsaPss { digest, salt_bytes })
}

/// Signs a message; the padding follows the key where scheme and key are of different families.
#[must_use]
pub fn sign(key: &KeyPair, scheme: Scheme, message: &[u8], random: &mut dyn Random) -> Vec<u8> {
    let hash = scheme.digest().of(&[message]);
    match (key, scheme) {
        (KeyPair::Rsa(key), Scheme::RsaPss { digest, salt_bytes }) => {
            let salt = random::bytes(random, usize::from(salt_bytes));
            rsa_raw(key, &pss_encoding(key, digest, &hash, &salt))
        }
        (KeyPair::Rsa(key), Scheme::RsaPkcs1(_) | Scheme::Ecdsa(_) | Scheme::EcdsaPlain(_)) => {
            rsa_raw(key, &pkcs1_encoding(key, scheme.digest(), &hash))
        }
        (KeyPair::Ec(key), Scheme::EcdsaPlain(_)) => ecdsa_plain(key, &hash, random),
        (KeyPair::Ec(key), Scheme::Ecdsa(_) | Scheme::RsaPkcs1(_) | Scheme::RsaPss { .. }) => {
            let (r, s) = ecdsa(key, &hash, random);
            der::sequence(&[&der::integer(&r), &der::integer(&s)])
        }
    }
}

/// ECDSA over a hash, as `r || s`.
pub(crate) fn ecdsa_plain(key: &EcKey, hash: &[u8], random: &mut dyn Random) -> Vec<u8> {
    let length = key.curve.domain().order_bytes();
    let (r, s) = ecdsa(key, hash, random);
    [padded(&r, length), padded(&s, length)].concat()
}

fn ecdsa(key: &EcKey, hash: &[u8], random: &mut dyn Random) -> (BigUint, BigUint) {
    let domain = key.curve.domain();
    let hash_bits = u64::try_from(hash.len()).unwrap_or(0).saturating_mul(8);
    let excess = hash_bits.saturating_sub(domain.order.bits());
    let e = BigUint::from_bytes_be(hash) >> excess;
    loop {
        let k = domain.random_scalar(random);
        let Some(point) = domain.multiply(&k, &domain.generator) else { continue };
        let r = point.x % &domain.order;
        let Some(inverse) = k.modinv(&domain.order) else { continue };
        let s = (&e + &r * &key.secret) * inverse % &domain.order;
        if r != BigUint::ZERO && s != BigUint::ZERO {
            return (r, s);
        }
    }
}

pub(crate) fn rsa_raw(key: &RsaKey, encoded: &[u8]) -> Vec<u8> {
    padded(&key.secret_operation(&BigUint::from_bytes_be(encoded)), key.modulus_bytes())
}

/// EMSA-PKCS1-v1_5, RFC 8017 §9.2.
fn pkcs1_encoding(key: &RsaKey, digest: Digest, hash: &[u8]) -> Vec<u8> {
    let algorithm = der::sequence(&[&der::oid(digest.oid()), &der::null()]);
    let info = der::sequence(&[&algorithm, &der::octets(hash)]);
    let fill = key.modulus_bytes().saturating_sub(info.len()).saturating_sub(3);
    [&[0x00, 0x01][..], &vec![0xFF; fill], &[0x00], &info].concat()
}

/// EMSA-PSS, RFC 8017 §9.1.1.
fn pss_encoding(key: &RsaKey, digest: Digest, hash: &[u8], salt: &[u8]) -> Vec<u8> {
    let bits = key.modulus.bits().saturating_sub(1);
    let length = usize::try_from(bits.div_ceil(8)).unwrap_or(0);
    let h = digest.of(&[&[0; 8], hash, salt]);
    let data_length = length.saturating_sub(h.len()).saturating_sub(1);
    let fill = data_length.saturating_sub(salt.len()).saturating_sub(1);
    let data = [&vec![0; fill][..], &[0x01], salt].concat();
    let mask = mgf1(digest, &h, data_length);
    let mut masked: Vec<u8> = data.iter().zip(mask).map(|(d, m)| d ^ m).collect();
    let unused = u64::try_from(length).unwrap_or(0).saturating_mul(8).saturating_sub(bits);
    if let Some(first) = masked.first_mut() {
        *first &= 0xFFu8.checked_shr(u32::try_from(unused).unwrap_or(0)).unwrap_or(0);
    }
    [&masked[..], &h, &[0xBC]].concat()
}

fn mgf1(digest: Digest, seed: &[u8], length: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut counter = 0u32;
    while out.len() < length {
        out.extend(digest.of(&[seed, &counter.to_be_bytes()]));
        counter = counter.saturating_add(1);
    }
    out.truncate(length);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algorithm_identifiers_are_read_back() {
        for digest in Digest::ALL {
            for scheme in [
                Scheme::RsaPkcs1(digest),
                Scheme::Ecdsa(digest),
                Scheme::RsaPss { digest, salt_bytes: 20 },
                Scheme::RsaPss { digest, salt_bytes: 64 },
            ] {
                let identifier = scheme.algorithm_identifier();
                let content = der::read(&mut identifier.as_slice()).unwrap().value.to_vec();

                assert_eq!(Scheme::from_algorithm_identifier(&content), Some(scheme));
            }
        }
    }
}
