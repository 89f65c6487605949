//! Public keys: RSA and elliptic-curve `SubjectPublicKeyInfo`.

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};

use crate::asn1::{self, BIT_STRING, INTEGER, OCTET_STRING, OID, Oid, SEQUENCE};
use crate::curve::{Curve, ExplicitParameters, Point};
use crate::tlv::{Reader, Tlv, TlvError};

/// The longest RSA modulus that is computed with; real lists hold up to 6144.
pub const RSA_MODULUS_BITS_MAX: usize = 8192;
/// The shortest RSA modulus; active authentication of the first years uses it.
pub const RSA_MODULUS_BITS_MIN: usize = 1024;

const RSA_ENCRYPTION: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
const RSA_PSS: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a";
const EC_PUBLIC_KEY: &[u8] = b"\x2a\x86\x48\xce\x3d\x02\x01";
/// 1.2.840.10045.1.1, `prime-field`
const PRIME_FIELD: &[u8] = b"\x2a\x86\x48\xce\x3d\x01\x01";

/// A public key that this crate can verify with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// RSA.
    Rsa(RsaPublicKey),
    /// A point of a known curve.
    Ec(EcPublicKey),
}

/// Why a public key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The bytes are not a `SubjectPublicKeyInfo`.
    #[error("the public key is malformed")]
    Malformed(#[from] TlvError),
    /// The key is of a kind that nothing here knows.
    #[error("key algorithm {0} is not known")]
    Algorithm(Oid),
    /// The RSA modulus or exponent is out of bounds, or even.
    #[error("the RSA key is out of bounds")]
    Rsa,
    /// The point is on no known curve of its size.
    #[error("the key is on no known curve")]
    Curve,
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    ///
    /// [`KeyError`] where it is malformed, or of a kind or size that is not computed with.
    pub fn from_spki(bytes: &[u8]) -> Result<Self, KeyError> {
        Self::read(&mut Reader::new(bytes))
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, KeyError> {
        let mut info = reader.expect(SEQUENCE)?.children()?;
        let algorithm = asn1::algorithm(&mut info)?;
        let key = asn1::octets(&info.expect(BIT_STRING)?)?;
        match algorithm.oid {
            RSA_ENCRYPTION | RSA_PSS => RsaPublicKey::from_pkcs1(key).map(Self::Rsa),
            EC_PUBLIC_KEY => EcPublicKey::read(algorithm.parameters, key).map(Self::Ec),
            other => Err(KeyError::Algorithm(Oid::new(other))),
        }
    }

    /// The kind and size in words, such as `RSA 3072` or `brainpoolP256r1`.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Rsa(key) => format!("RSA {}", key.bits()),
            Self::Ec(key) => key.point().curve().name().to_owned(),
        }
    }
}

/// The largest public exponent that is computed with, in bits: a hostile key must not cost more
/// than an honest one. Real ones are 3, 65537 and a few of up to 33 bits.
const RSA_EXPONENT_BITS_MAX: u32 = 64;

/// An RSA public key within the bounds that are computed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RsaPublicKey {
    modulus: Odd<BoxedUint>,
    modulus_bits: u32,
    exponent: u64,
}

impl RsaPublicKey {
    /// From big-endian modulus and exponent.
    ///
    /// # Errors
    ///
    /// [`KeyError::Rsa`] where they are even or out of bounds.
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        if modulus.len() > RSA_MODULUS_BITS_MAX / 8 + 8 {
            return Err(KeyError::Rsa);
        }
        let modulus = BoxedUint::from_be_slice_vartime(modulus);
        let exponent = BoxedUint::from_be_slice_vartime(exponent);
        let modulus_bits = modulus.bit_width_vartime();
        let in_bounds = usize::try_from(modulus_bits)
            .is_ok_and(|bits| (RSA_MODULUS_BITS_MIN..=RSA_MODULUS_BITS_MAX).contains(&bits));
        if !in_bounds || exponent.bit_width_vartime() > RSA_EXPONENT_BITS_MAX {
            return Err(KeyError::Rsa);
        }
        let exponent = exponent
            .to_be_bytes()
            .iter()
            .fold(0_u64, |sum, octet| sum.wrapping_shl(8) | u64::from(*octet));
        if exponent < 3 || exponent.is_multiple_of(2) {
            return Err(KeyError::Rsa);
        }
        let modulus: Odd<BoxedUint> = Odd::new(modulus).into_option().ok_or(KeyError::Rsa)?;
        Ok(Self { modulus, modulus_bits, exponent })
    }

    /// Reads an `RSAPublicKey` (RFC 8017 §A.1.1).
    fn from_pkcs1(bytes: &[u8]) -> Result<Self, KeyError> {
        let mut parts = Reader::new(bytes).expect(SEQUENCE)?.children()?;
        let modulus = parts.expect(INTEGER)?;
        let exponent = parts.expect(INTEGER)?;
        Self::new(asn1::magnitude(&modulus), asn1::magnitude(&exponent))
    }

    /// The length of the modulus in bits.
    #[must_use]
    pub fn bits(&self) -> usize {
        usize::try_from(self.modulus_bits).unwrap_or(usize::MAX)
    }

    /// The length of the modulus, and of a signature, in bytes.
    #[must_use]
    pub fn modulus_bytes(&self) -> usize {
        self.bits().div_ceil(8)
    }

    /// The public exponent.
    #[must_use]
    pub const fn exponent(&self) -> u64 {
        self.exponent
    }

    /// `signature ^ e mod n`, as long as the modulus; `None` where the signature is not below the
    /// modulus, or not as long (RFC 8017 §8.2.2 step 1): one signature has one form.
    pub(crate) fn open(&self, signature: &[u8]) -> Option<Vec<u8>> {
        let length = self.modulus_bytes();
        if signature.len() != length {
            return None;
        }
        let precision = self.modulus.bits_precision();
        let signature = BoxedUint::from_be_slice(signature, precision).ok()?;
        if signature >= *self.modulus {
            return None;
        }
        let parameters = BoxedMontyParams::new_vartime(self.modulus.clone());
        let opened = BoxedMontyForm::new(signature, &parameters)
            .pow_bounded_exp(&BoxedUint::from(self.exponent), 64 - self.exponent.leading_zeros())
            .retrieve()
            .to_be_bytes();
        opened.get(opened.len().checked_sub(length)?..).map(<[u8]>::to_vec)
    }

    /// `n - number`, as long as the modulus, for a number below it.
    pub(crate) fn negate(&self, number: &[u8]) -> Option<Vec<u8>> {
        let number = BoxedUint::from_be_slice(number, self.modulus.bits_precision()).ok()?;
        if number > *self.modulus {
            return None;
        }
        let negated = self.modulus.wrapping_sub(&number).to_be_bytes();
        negated.get(negated.len().checked_sub(self.modulus_bytes())?..).map(<[u8]>::to_vec)
    }
}

/// How an elliptic-curve key names its curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CurveForm {
    /// By an object identifier.
    Named,
    /// By its parameters, one by one.
    Explicit,
}

/// A point of a known curve, and what was declared about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EcPublicKey {
    form: CurveForm,
    declared: Option<Curve>,
    point: Point,
    /// The same octets on other curves of the same size, where none was declared rightly.
    others: Vec<Point>,
}

impl EcPublicKey {
    /// A key on a named curve.
    #[must_use]
    pub const fn new(point: Point) -> Self {
        let declared = Some(point.curve());
        Self { form: CurveForm::Named, declared, point, others: Vec::new() }
    }

    /// The point; where the declared curve is wrong, on the first curve that it fits.
    #[must_use]
    pub const fn point(&self) -> &Point {
        &self.point
    }

    /// Whether the curve is named or spelled out.
    #[must_use]
    pub const fn form(&self) -> CurveForm {
        self.form
    }

    /// The curve that the key declares, where that is a known one.
    #[must_use]
    pub const fn declared_curve(&self) -> Option<Curve> {
        self.declared
    }

    /// The point on every curve that may be meant, the declared one first.
    pub(crate) fn candidates(&self) -> impl Iterator<Item = &Point> {
        std::iter::once(&self.point).chain(&self.others)
    }

    /// Reads a key with its `ECParameters`.
    pub(crate) fn read(parameters: Option<Tlv<'_>>, key: &[u8]) -> Result<Self, KeyError> {
        let parameters = parameters.ok_or(KeyError::Curve)?;
        if parameters.tag() == OID {
            let declared = Curve::from_oid(parameters.value());
            return Self::fit(CurveForm::Named, declared, declared.map(Curve::bits), key);
        }
        let explicit = Explicit::read(&parameters)?;
        let declared = Curve::from_explicit(&explicit.parameters);
        Self::fit(CurveForm::Explicit, declared, Some(explicit.prime_bits()), key)
    }

    /// Puts the key on the declared curve, or where that is wrong on known ones of the same size:
    /// always with the base point of our table, never with the declared one.
    fn fit(
        form: CurveForm,
        declared: Option<Curve>,
        bits: Option<usize>,
        key: &[u8],
    ) -> Result<Self, KeyError> {
        if let Some(curve) = declared
            && let Ok(point) = Point::from_sec1(curve, key)
        {
            return Ok(Self { form, declared, point, others: Vec::new() });
        }
        let mut fitting = Curve::ALL
            .into_iter()
            .filter(|curve| Some(curve.bits()) == bits)
            .filter_map(|curve| Point::from_sec1(curve, key).ok());
        let point = fitting.next().ok_or(KeyError::Curve)?;
        // What was declared is wrong, so that nothing that verifies can be as declared.
        Ok(Self { form, declared: None, point, others: fitting.collect() })
    }
}

/// `SpecifiedECDomain` (ANSI X9.62, RFC 3279 §2.3.5), to be looked up and never computed on.
struct Explicit<'a> {
    parameters: ExplicitParameters<'a>,
}

impl<'a> Explicit<'a> {
    fn read(parameters: &Tlv<'a>) -> Result<Self, KeyError> {
        if parameters.tag() != SEQUENCE {
            return Err(KeyError::Curve);
        }
        let mut parts = parameters.children()?;
        parts.expect(INTEGER)?;
        let mut field = parts.expect(SEQUENCE)?.children()?;
        if field.expect(OID)?.value() != PRIME_FIELD {
            return Err(KeyError::Curve);
        }
        let prime = asn1::magnitude(&field.expect(INTEGER)?);
        let mut curve = parts.expect(SEQUENCE)?.children()?;
        let a = curve.expect(OCTET_STRING)?.value();
        let b = curve.expect(OCTET_STRING)?.value();
        let generator = parts.expect(OCTET_STRING)?.value();
        let order = asn1::magnitude(&parts.expect(INTEGER)?);
        let cofactor = parts.optional(INTEGER)?.map(|value| asn1::magnitude(&value));
        let parameters = ExplicitParameters { prime, a, b, generator, order, cofactor };
        Ok(Self { parameters })
    }

    fn prime_bits(&self) -> usize {
        let first = self.parameters.prime.first().map_or(0, |octet| octet.leading_zeros());
        (8 * self.parameters.prime.len()).saturating_sub(usize::try_from(first).unwrap_or(0))
    }
}
