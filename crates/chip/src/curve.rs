//! One interface over the elliptic curves of Doc 9303: NIST P-192 to P-521, brainpool 192 to 512.
//!
//! Curve parameters that arrive from outside are looked up here and never computed on: an
//! attacker's own curve (weak order, chosen base point as in CVE-2020-0601) is not in the table.

mod arithmetic;
mod own_curve;
mod parameters;
mod scalar;
#[cfg(test)]
mod tests;

pub use parameters::Parameters;
pub use scalar::Scalar;

/// A named curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Curve {
    /// NIST P-192, `secp192r1`.
    P192,
    /// NIST P-224, `secp224r1`.
    P224,
    /// NIST P-256, `secp256r1`.
    P256,
    /// NIST P-384, `secp384r1`.
    P384,
    /// NIST P-521, `secp521r1`.
    P521,
    /// `brainpoolP192r1`.
    BrainpoolP192r1,
    /// `brainpoolP224r1`.
    BrainpoolP224r1,
    /// `brainpoolP256r1`.
    BrainpoolP256r1,
    /// `brainpoolP320r1`.
    BrainpoolP320r1,
    /// `brainpoolP384r1`.
    BrainpoolP384r1,
    /// `brainpoolP512r1`.
    BrainpoolP512r1,
}

/// Why bytes are not a point or a scalar of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CurveError {
    /// Not on the curve, at infinity, or wrongly encoded.
    #[error("not a point of the curve")]
    Point,
    /// Zero, or not below the order.
    #[error("not a scalar of the curve")]
    Scalar,
    /// A sum or product at infinity: the other side chose its values to force it.
    #[error("the result is the point at infinity")]
    Infinity,
    /// Two values of different curves.
    #[error("values of two different curves")]
    Mixed,
}

impl Curve {
    /// Every curve known here.
    pub const ALL: [Self; 11] = [
        Self::P192,
        Self::P224,
        Self::P256,
        Self::P384,
        Self::P521,
        Self::BrainpoolP192r1,
        Self::BrainpoolP224r1,
        Self::BrainpoolP256r1,
        Self::BrainpoolP320r1,
        Self::BrainpoolP384r1,
        Self::BrainpoolP512r1,
    ];

    /// The usual name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::P192 => "secp192r1",
            Self::P224 => "secp224r1",
            Self::P256 => "secp256r1",
            Self::P384 => "secp384r1",
            Self::P521 => "secp521r1",
            Self::BrainpoolP192r1 => "brainpoolP192r1",
            Self::BrainpoolP224r1 => "brainpoolP224r1",
            Self::BrainpoolP256r1 => "brainpoolP256r1",
            Self::BrainpoolP320r1 => "brainpoolP320r1",
            Self::BrainpoolP384r1 => "brainpoolP384r1",
            Self::BrainpoolP512r1 => "brainpoolP512r1",
        }
    }

    /// The length of the field's prime, and of the order, in bits.
    #[must_use]
    pub const fn bits(self) -> usize {
        match self {
            Self::P192 | Self::BrainpoolP192r1 => 192,
            Self::P224 | Self::BrainpoolP224r1 => 224,
            Self::P256 | Self::BrainpoolP256r1 => 256,
            Self::BrainpoolP320r1 => 320,
            Self::P384 | Self::BrainpoolP384r1 => 384,
            Self::BrainpoolP512r1 => 512,
            Self::P521 => 521,
        }
    }

    /// The length of a coordinate, and of a scalar, in bytes.
    #[must_use]
    pub const fn field_bytes(self) -> usize {
        self.bits().div_ceil(8)
    }

    /// The domain parameters.
    #[must_use]
    pub const fn parameters(self) -> &'static Parameters {
        parameters::of(self)
    }

    /// The content octets of the curve's object identifier.
    #[must_use]
    pub const fn oid(self) -> &'static [u8] {
        match self {
            // 1.2.840.10045.3.1.{1,7}
            Self::P192 => b"\x2a\x86\x48\xce\x3d\x03\x01\x01",
            Self::P256 => b"\x2a\x86\x48\xce\x3d\x03\x01\x07",
            // 1.3.132.0.{33,34,35}
            Self::P224 => b"\x2b\x81\x04\x00\x21",
            Self::P384 => b"\x2b\x81\x04\x00\x22",
            Self::P521 => b"\x2b\x81\x04\x00\x23",
            // 1.3.36.3.3.2.8.1.1.{3,5,7,9,11,13} (RFC 5639 §4.1)
            Self::BrainpoolP192r1 => b"\x2b\x24\x03\x03\x02\x08\x01\x01\x03",
            Self::BrainpoolP224r1 => b"\x2b\x24\x03\x03\x02\x08\x01\x01\x05",
            Self::BrainpoolP256r1 => b"\x2b\x24\x03\x03\x02\x08\x01\x01\x07",
            Self::BrainpoolP320r1 => b"\x2b\x24\x03\x03\x02\x08\x01\x01\x09",
            Self::BrainpoolP384r1 => b"\x2b\x24\x03\x03\x02\x08\x01\x01\x0b",
            Self::BrainpoolP512r1 => b"\x2b\x24\x03\x03\x02\x08\x01\x01\x0d",
        }
    }

    /// The curve of an object identifier's content octets.
    #[must_use]
    pub fn from_oid(oid: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| curve.oid() == oid)
    }

    /// The curve of a standardised domain parameter id (Doc 9303-11 §9.5.1, Table 6).
    #[must_use]
    pub const fn from_standard_id(id: u8) -> Option<Self> {
        Some(match id {
            8 => Self::P192,
            9 => Self::BrainpoolP192r1,
            10 => Self::P224,
            11 => Self::BrainpoolP224r1,
            12 => Self::P256,
            13 => Self::BrainpoolP256r1,
            14 => Self::BrainpoolP320r1,
            15 => Self::P384,
            16 => Self::BrainpoolP384r1,
            17 => Self::BrainpoolP512r1,
            18 => Self::P521,
            _ => return None,
        })
    }

    /// The standardised domain parameter id of the curve (Doc 9303-11 §9.5.1, Table 6).
    #[must_use]
    pub const fn standard_id(self) -> u8 {
        match self {
            Self::P192 => 8,
            Self::BrainpoolP192r1 => 9,
            Self::P224 => 10,
            Self::BrainpoolP224r1 => 11,
            Self::P256 => 12,
            Self::BrainpoolP256r1 => 13,
            Self::BrainpoolP320r1 => 14,
            Self::P384 => 15,
            Self::BrainpoolP384r1 => 16,
            Self::BrainpoolP512r1 => 17,
            Self::P521 => 18,
        }
    }

    /// The curve whose every parameter these are; leading zero octets do not count.
    ///
    /// The base point must match too, whichever way it is encoded: a right curve with an
    /// attacker's base point lets him make a private key for anybody's public key.
    #[must_use]
    pub fn from_explicit(explicit: &ExplicitParameters<'_>) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| {
            let known = curve.parameters();
            same_number(explicit.prime, known.prime)
                && same_number(explicit.a, known.a)
                && same_number(explicit.b, known.b)
                && same_number(explicit.order, known.order)
                && explicit.cofactor.is_none_or(|cofactor| same_number(cofactor, &[1]))
                && (explicit.generator == curve.generator().to_sec1()
                    || Point::from_sec1(*curve, explicit.generator)
                        .is_ok_and(|point| point == curve.generator()))
        })
    }

    /// The base point.
    #[must_use]
    pub fn generator(self) -> Point {
        let known = self.parameters();
        let encoded = [&[4], known.generator_x, known.generator_y].concat();
        Point { curve: self, encoded }
    }

    /// Whether `r` and `s`, big-endian, sign `digest` under `public` (FIPS 186-5 §6.4.2).
    #[must_use]
    pub fn verify(public: &Point, digest: &[u8], r: &[u8], s: &[u8]) -> bool {
        arithmetic::of(public.curve).verify(&public.encoded, digest, r, s)
    }
}

/// Curve parameters as a certificate or a chip spells them out, big-endian.
#[derive(Clone, Copy, Debug)]
pub struct ExplicitParameters<'a> {
    /// The field's prime.
    pub prime: &'a [u8],
    /// Coefficient `a`.
    pub a: &'a [u8],
    /// Coefficient `b`.
    pub b: &'a [u8],
    /// The base point, SEC 1 encoded.
    pub generator: &'a [u8],
    /// The base point's order.
    pub order: &'a [u8],
    /// The cofactor, where given.
    pub cofactor: Option<&'a [u8]>,
}

fn same_number(a: &[u8], b: &[u8]) -> bool {
    without_leading_zeros(a) == without_leading_zeros(b)
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// A point of a curve, checked to be on it and never the one at infinity.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Point {
    curve: Curve,
    /// `04 ‖ x ‖ y`.
    encoded: Vec<u8>,
}

impl Point {
    /// Decodes `04 ‖ x ‖ y`, or a compressed point (SEC 1 §2.3.4).
    ///
    /// # Errors
    ///
    /// [`CurveError::Point`] where the bytes are no point of the curve, or the one at infinity.
    pub fn from_sec1(curve: Curve, bytes: &[u8]) -> Result<Self, CurveError> {
        Ok(Self { curve, encoded: arithmetic::of(curve).decode(bytes)? })
    }

    /// The curve it lies on.
    #[must_use]
    pub const fn curve(&self) -> Curve {
        self.curve
    }

    /// `04 ‖ x ‖ y`.
    #[must_use]
    pub fn to_sec1(&self) -> &[u8] {
        &self.encoded
    }

    /// The x coordinate, as long as the field.
    #[must_use]
    pub fn x(&self) -> &[u8] {
        self.encoded.get(1..=self.curve.field_bytes()).unwrap_or_default()
    }

    /// The y coordinate, as long as the field.
    #[must_use]
    pub fn y(&self) -> &[u8] {
        self.encoded.get(1 + self.curve.field_bytes()..).unwrap_or_default()
    }

    /// This point times a scalar, in constant time.
    ///
    /// # Errors
    ///
    /// [`CurveError::Mixed`] for a scalar of another curve.
    pub fn multiply(&self, scalar: &Scalar) -> Result<Self, CurveError> {
        if self.curve != scalar.curve() {
            return Err(CurveError::Mixed);
        }
        let encoded = arithmetic::of(self.curve).multiply(&self.encoded, scalar.expose_bytes())?;
        Ok(Self { curve: self.curve, encoded })
    }

    /// The sum of two points.
    ///
    /// # Errors
    ///
    /// [`CurveError::Infinity`] where they cancel out, [`CurveError::Mixed`] for two curves.
    pub fn add(&self, other: &Self) -> Result<Self, CurveError> {
        if self.curve != other.curve {
            return Err(CurveError::Mixed);
        }
        let encoded = arithmetic::of(self.curve).add(&self.encoded, &other.encoded)?;
        Ok(Self { curve: self.curve, encoded })
    }
}
