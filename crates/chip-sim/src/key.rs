//! Key pairs of issuers and chips, and the files they come in.

use base64ct::{Base64, Encoding as _};
use num_bigint::BigUint;

use crate::curve::{Curve, CurveForm, Point, padded};
use crate::der::{self, INTEGER, OCTET_STRING, SEQUENCE};
use crate::random::Random;
use crate::rsa::RsaKey;

const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";
const RSASSA_PSS: &str = "1.2.840.113549.1.1.10";
const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";

/// A key pair on a curve.
#[derive(Clone, PartialEq, Eq)]
pub struct EcKey {
    pub(crate) curve: Curve,
    pub(crate) form: CurveForm,
    pub(crate) secret: BigUint,
    pub(crate) public: Point,
}

impl std::fmt::Debug for EcKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EcKey({:?})", self.curve)
    }
}

/// What kind of key pair to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA; slow to make.
    Rsa {
        /// Length of the modulus in bits.
        modulus_bits: u16,
        /// Nearly always 65537; some states use 3.
        public_exponent: u32,
    },
    /// A curve; the public key names it or spells it out.
    Ec {
        /// The curve.
        curve: Curve,
        /// How the public key states the curve.
        form: CurveForm,
    },
}

/// A key pair of an issuer or a chip.
///
/// A simulated key protects nobody, so it is an ordinary value that can be kept in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPair {
    /// RSA.
    Rsa(RsaKey),
    /// A curve.
    Ec(EcKey),
}

/// Why a key file was not read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyError {
    /// Not the text form with BEGIN and END lines.
    #[error("the file is not PEM")]
    NotPem,
    /// Locked with a passphrase.
    #[error("the key is encrypted")]
    Encrypted,
    /// Not PKCS#8, PKCS#1 or SEC 1.
    #[error("the key is not PKCS#8, PKCS#1 or SEC 1")]
    Encoding,
    /// Neither RSA nor a curve.
    #[error("the key is of an unknown algorithm")]
    Algorithm,
    /// A curve outside the table.
    #[error("the key is on an unknown curve")]
    Curve,
}

impl EcKey {
    /// Makes a key pair.
    #[must_use]
    pub fn generate(curve: Curve, form: CurveForm, random: &mut dyn Random) -> Self {
        Self::from_secret(curve, form, curve.domain().random_scalar(random))
    }

    pub(crate) fn from_secret(curve: Curve, form: CurveForm, secret: BigUint) -> Self {
        let domain = curve.domain();
        let secret = secret % &domain.order;
        let public = domain.multiply(&secret, &domain.generator).unwrap_or(domain.generator);
        Self { curve, form, secret, public }
    }
}

impl KeyPair {
    /// Makes a key pair.
    #[must_use]
    pub fn generate(kind: KeyKind, random: &mut dyn Random) -> Self {
        match kind {
            KeyKind::Rsa { modulus_bits, public_exponent } => {
                Self::Rsa(RsaKey::generate(u64::from(modulus_bits), public_exponent, random))
            }
            KeyKind::Ec { curve, form } => Self::Ec(EcKey::generate(curve, form, random)),
        }
    }

    /// Reads a PEM file: PKCS#8, or the older forms of PKCS#1 and SEC 1.
    ///
    /// # Errors
    ///
    /// A [`KeyError`] that says what is wrong with the file.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        // PKCS#8 says so in its label, OpenSSL's own form in a line below it.
        if text.contains("ENCRYPTED") {
            return Err(KeyError::Encrypted);
        }
        let (label, der) = pem(text).ok_or(KeyError::NotPem)?;
        match label.as_str() {
            "RSA PRIVATE KEY" => rsa_key(&der),
            "EC PRIVATE KEY" => ec_key(&der, None),
            _ => Self::from_pkcs8(&der),
        }
    }

    /// Reads a file in any of these forms, as PEM or as bare DER.
    ///
    /// # Errors
    ///
    /// A [`KeyError`] that says what is wrong with the file.
    pub fn from_file(bytes: &[u8]) -> Result<Self, KeyError> {
        match std::str::from_utf8(bytes) {
            Ok(text) if text.contains("-----BEGIN") => Self::from_pem(text),
            Ok(_) | Err(_) => {
                let parts = der::open(bytes, SEQUENCE).ok_or(KeyError::NotPem)?;
                match parts.as_slice() {
                    // Version, algorithm, key.
                    [version, algorithm, key, ..]
                        if version.tag == INTEGER
                            && algorithm.tag == SEQUENCE
                            && key.tag == OCTET_STRING =>
                    {
                        Self::from_pkcs8(bytes)
                    }
                    [version, secret, ..]
                        if version.tag == INTEGER && secret.tag == OCTET_STRING =>
                    {
                        ec_key(bytes, None)
                    }
                    // EncryptedPrivateKeyInfo: algorithm and ciphertext.
                    [algorithm, ciphertext]
                        if algorithm.tag == SEQUENCE && ciphertext.tag == OCTET_STRING =>
                    {
                        Err(KeyError::Encrypted)
                    }
                    _ => rsa_key(bytes),
                }
            }
        }
    }

    /// Reads PKCS#8.
    ///
    /// # Errors
    ///
    /// A [`KeyError`] that says what is wrong with the bytes.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        let parts = der::open(der, SEQUENCE).ok_or(KeyError::Encoding)?;
        let [_version, algorithm, key, ..] = parts.as_slice() else {
            return Err(KeyError::Encoding);
        };
        let algorithm = der::children(algorithm.value).ok_or(KeyError::Encoding)?;
        let oid = algorithm.first().ok_or(KeyError::Encoding)?;
        let rsa = [RSA_ENCRYPTION, RSASSA_PSS].map(der::oid_content);
        if rsa.iter().any(|known| oid.value == known) {
            rsa_key(key.value)
        } else if oid.value == der::oid_content(EC_PUBLIC_KEY) {
            let parameters = algorithm.get(1).ok_or(KeyError::Encoding)?;
            ec_key(key.value, Some(parameters))
        } else {
            Err(KeyError::Algorithm)
        }
    }

    /// Writes PKCS#8, the form in which keys are kept.
    #[must_use]
    pub fn to_pkcs8(&self) -> Vec<u8> {
        let key = match self {
            Self::Rsa(key) => {
                let one = BigUint::from(1u32);
                der::sequence(&[
                    &der::small_integer(0),
                    &der::integer(&key.modulus),
                    &der::integer(&key.public_exponent),
                    &der::integer(&key.secret_exponent),
                    &der::integer(&key.p),
                    &der::integer(&key.q),
                    &der::integer(&(&key.secret_exponent % (&key.p - &one))),
                    &der::integer(&(&key.secret_exponent % (&key.q - &one))),
                    &der::integer(&key.q.modinv(&key.p).unwrap_or_default()),
                ])
            }
            Self::Ec(key) => {
                let domain = key.curve.domain();
                der::sequence(&[
                    &der::small_integer(1),
                    &der::octets(&padded(&key.secret, domain.order_bytes())),
                    &der::tlv(0xA1, &der::bits(&domain.encode(&key.public))),
                ])
            }
        };
        der::sequence(&[&der::small_integer(0), &self.algorithm(), &der::octets(&key)])
    }

    /// The X.509 `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn public_key_info(&self) -> Vec<u8> {
        der::sequence(&[&self.algorithm(), &der::bits(&self.public_key())])
    }

    /// The content of the public key's BIT STRING; key identifiers are hashes of it.
    pub(crate) fn public_key(&self) -> Vec<u8> {
        match self {
            Self::Rsa(key) => {
                der::sequence(&[&der::integer(&key.modulus), &der::integer(&key.public_exponent)])
            }
            Self::Ec(key) => key.curve.domain().encode(&key.public),
        }
    }

    fn algorithm(&self) -> Vec<u8> {
        match self {
            Self::Rsa(_) => der::sequence(&[&der::oid(RSA_ENCRYPTION), &der::null()]),
            Self::Ec(key) => {
                der::sequence(&[&der::oid(EC_PUBLIC_KEY), &key.curve.domain().parameters(key.form)])
            }
        }
    }
}

/// The label and the bytes of the first block of a PEM text.
pub(crate) fn pem(text: &str) -> Option<(String, Vec<u8>)> {
    let mut label = None;
    let mut body = String::new();
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("-----BEGIN ") {
            label = rest.strip_suffix("-----").map(str::to_owned);
            body.clear();
        } else if line.starts_with("-----END ") {
            // OpenSSL writes "EC PARAMETERS" in front of the key.
            match label.take() {
                Some(found) if found != "EC PARAMETERS" => {
                    return Some((found, Base64::decode_vec(&body).ok()?));
                }
                Some(_) | None => {}
            }
        } else if label.is_some() {
            body.push_str(line);
        }
    }
    None
}

fn rsa_key(der: &[u8]) -> Result<KeyPair, KeyError> {
    let parts = der::open(der, SEQUENCE).ok_or(KeyError::Encoding)?;
    let numbers: Vec<BigUint> = parts
        .iter()
        .filter(|part| part.tag == INTEGER)
        .map(|part| BigUint::from_bytes_be(part.value))
        .collect();
    let [_version, n, e, d, p, q, ..] = numbers.as_slice() else {
        return Err(KeyError::Encoding);
    };
    Ok(KeyPair::Rsa(RsaKey {
        modulus: n.clone(),
        public_exponent: e.clone(),
        secret_exponent: d.clone(),
        p: p.clone(),
        q: q.clone(),
    }))
}

fn ec_key(der: &[u8], parameters: Option<&der::Node<'_>>) -> Result<KeyPair, KeyError> {
    let parts = der::open(der, SEQUENCE).ok_or(KeyError::Encoding)?;
    let secret = parts.iter().find(|p| p.tag == OCTET_STRING).ok_or(KeyError::Encoding)?;
    let inner = parts.iter().find(|p| p.tag == 0xA0);
    let inner = inner.and_then(|p| der::read(&mut { p.value }));
    let parameters = parameters.or(inner.as_ref()).ok_or(KeyError::Curve)?;
    let (curve, form) = curve_of(parameters).ok_or(KeyError::Curve)?;
    Ok(KeyPair::Ec(EcKey::from_secret(curve, form, BigUint::from_bytes_be(secret.value))))
}

/// The known curve that `ECParameters` stand for.
fn curve_of(parameters: &der::Node<'_>) -> Option<(Curve, CurveForm)> {
    if parameters.tag != SEQUENCE {
        return Some((Curve::from_oid(parameters.value)?, CurveForm::Named));
    }
    let parts = der::children(parameters.value)?;
    let field = der::children(parts.get(1)?.value)?;
    let p = BigUint::from_bytes_be(field.get(1)?.value);
    let order = BigUint::from_bytes_be(parts.get(4)?.value);
    Some((Curve::from_numbers(&p, &order)?, CurveForm::Explicit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seeded;

    #[test]
    fn keys_survive_pkcs8() {
        let mut random = Seeded::new([1; 32]);
        let kinds = [
            KeyKind::Ec { curve: Curve::BrainpoolP320r1, form: CurveForm::Explicit },
            KeyKind::Ec { curve: Curve::Secp521r1, form: CurveForm::Named },
            KeyKind::Rsa { modulus_bits: 1024, public_exponent: 3 },
        ];
        for kind in kinds {
            let key = KeyPair::generate(kind, &mut random);

            assert_eq!(KeyPair::from_pkcs8(&key.to_pkcs8()), Ok(key), "{kind:?}");
        }
    }

    #[test]
    fn keys_are_read_from_bare_der_and_locked_ones_are_named() {
        let mut random = Seeded::new([2; 32]);
        let curve = KeyKind::Ec { curve: Curve::Secp256r1, form: CurveForm::Named };
        let rsa = KeyKind::Rsa { modulus_bits: 1024, public_exponent: 65_537 };
        for kind in [curve, rsa] {
            let key = KeyPair::generate(kind, &mut random);
            let pkcs8 = key.to_pkcs8();
            let inner = der::open(&pkcs8, SEQUENCE).unwrap()[2].value;

            assert_eq!(KeyPair::from_file(&pkcs8).as_ref(), Ok(&key));
            let pem = format!(
                "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
                Base64::encode_string(&pkcs8)
            );
            assert_eq!(KeyPair::from_file(pem.as_bytes()).as_ref(), Ok(&key));
            if kind == rsa {
                assert_eq!(KeyPair::from_file(inner).as_ref(), Ok(&key), "PKCS#1");
            } else {
                // SEC 1 names its curve itself, where no PKCS#8 is around it to do so.
                let named = der::tlv(0xA0, &der::oid("1.2.840.10045.3.1.7"));
                let parts = der::open(inner, SEQUENCE).unwrap();
                let sec1 = der::sequence(&[parts[0].raw, parts[1].raw, &named]);
                assert_eq!(KeyPair::from_file(&sec1).as_ref(), Ok(&key), "SEC 1");
            }
        }
        let locked = der::sequence(&[&der::sequence(&[&der::null()]), &der::octets(&[1, 2, 3])]);
        assert_eq!(KeyPair::from_file(&locked), Err(KeyError::Encrypted));
        let label = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END";
        assert_eq!(KeyPair::from_file(label.as_bytes()), Err(KeyError::Encrypted));
    }

    #[test]
    fn a_text_that_is_no_pem_is_refused() {
        assert_eq!(KeyPair::from_pem("hello"), Err(KeyError::NotPem));
    }
}
