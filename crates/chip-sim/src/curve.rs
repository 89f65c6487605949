//! Elliptic curves over prime fields: one plain implementation for all of them.
//!
//! Not constant in time: a simulated card protects nobody's secret, and a second, independent
//! implementation is what makes it a check on the one in `chip`.

mod constants;

use num_bigint::BigUint;

use crate::der;
use crate::random::{self, Random};

/// A curve that Doc 9303 documents use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// NIST P-192.
    Secp192r1,
    /// NIST P-224.
    Secp224r1,
    /// NIST P-256.
    Secp256r1,
    /// NIST P-384.
    Secp384r1,
    /// NIST P-521.
    Secp521r1,
    /// RFC 5639, 192 bit.
    BrainpoolP192r1,
    /// RFC 5639, 224 bit.
    BrainpoolP224r1,
    /// RFC 5639, 256 bit.
    BrainpoolP256r1,
    /// RFC 5639, 320 bit.
    BrainpoolP320r1,
    /// RFC 5639, 384 bit.
    BrainpoolP384r1,
    /// RFC 5639, 512 bit.
    BrainpoolP512r1,
}

/// How a public key names its curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CurveForm {
    /// By object identifier.
    Named,
    /// By all parameters, as Doc 9303-12 §4.4 wants it and most certificates have it.
    Explicit,
    /// By all parameters, but those of another curve of the same size (case 21).
    Mistaken(Curve),
}

/// A point other than the one at infinity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) x: BigUint,
    pub(crate) y: BigUint,
}

/// A curve's numbers, ready to compute with.
#[derive(Debug, Clone)]
pub(crate) struct Domain {
    pub(crate) curve: Curve,
    pub(crate) p: BigUint,
    pub(crate) a: BigUint,
    pub(crate) b: BigUint,
    pub(crate) generator: Point,
    pub(crate) order: BigUint,
}

struct Constants {
    oid: &'static str,
    parameter_id: u8,
    p: &'static str,
    a: &'static str,
    b: &'static str,
    x: &'static str,
    y: &'static str,
    order: &'static str,
}

/// `(X, Y, Z)` with `x = X/Z²`, `y = Y/Z³`; infinity has `Z = 0`.
struct Jacobian {
    x: BigUint,
    y: BigUint,
    z: BigUint,
}

impl Curve {
    /// Every curve.
    pub const ALL: [Self; 11] = [
        Self::Secp192r1,
        Self::Secp224r1,
        Self::Secp256r1,
        Self::Secp384r1,
        Self::Secp521r1,
        Self::BrainpoolP192r1,
        Self::BrainpoolP224r1,
        Self::BrainpoolP256r1,
        Self::BrainpoolP320r1,
        Self::BrainpoolP384r1,
        Self::BrainpoolP512r1,
    ];

    /// The standardised domain parameter id of Doc 9303-11 §9.5.1.
    #[must_use]
    pub fn parameter_id(self) -> u8 {
        self.constants().parameter_id
    }

    pub(crate) fn oid(self) -> &'static str {
        self.constants().oid
    }

    pub(crate) fn domain(self) -> Domain {
        let constants = self.constants();
        Domain {
            curve: self,
            p: number(constants.p),
            a: number(constants.a),
            b: number(constants.b),
            generator: Point { x: number(constants.x), y: number(constants.y) },
            order: number(constants.order),
        }
    }

    pub(crate) fn from_oid(content: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| der::oid_content(curve.oid()) == content)
    }

    /// The known curve with this prime and this order.
    pub(crate) fn from_numbers(p: &BigUint, order: &BigUint) -> Option<Self> {
        Self::ALL.into_iter().find(|curve| {
            let domain = curve.domain();
            domain.p == *p && domain.order == *order
        })
    }
}

impl Domain {
    /// Bytes of one coordinate.
    pub(crate) fn field_bytes(&self) -> usize {
        usize::try_from(self.p.bits().div_ceil(8)).unwrap_or(0)
    }

    /// Bytes of one scalar.
    pub(crate) fn order_bytes(&self) -> usize {
        usize::try_from(self.order.bits().div_ceil(8)).unwrap_or(0)
    }

    pub(crate) fn random_scalar(&self, random: &mut dyn Random) -> BigUint {
        random::scalar(random, &self.order)
    }

    /// Uncompressed encoding, TR-03111 §3.2.1.
    pub(crate) fn encode(&self, point: &Point) -> Vec<u8> {
        let length = self.field_bytes();
        let mut out = vec![0x04];
        out.extend(padded(&point.x, length));
        out.extend(padded(&point.y, length));
        out
    }

    /// Decodes an uncompressed point and checks that it is on the curve.
    pub(crate) fn decode(&self, bytes: &[u8]) -> Option<Point> {
        let (form, rest) = bytes.split_first()?;
        let length = self.field_bytes();
        if *form != 0x04 || rest.len() != length.checked_mul(2)? {
            return None;
        }
        let (x, y) = rest.split_at_checked(length)?;
        let point = Point { x: BigUint::from_bytes_be(x), y: BigUint::from_bytes_be(y) };
        self.holds(&point).then_some(point)
    }

    fn holds(&self, point: &Point) -> bool {
        point.x < self.p
            && point.y < self.p
            && &point.y * &point.y % &self.p == self.right_side(&point.x)
    }

    /// `x³ + ax + b`
    pub(crate) fn right_side(&self, x: &BigUint) -> BigUint {
        ((x * x + &self.a) * x + &self.b) % &self.p
    }

    pub(crate) fn subtract(&self, left: &BigUint, right: &BigUint) -> BigUint {
        (left + &self.p - right % &self.p) % &self.p
    }

    pub(crate) fn invert(&self, number: &BigUint) -> BigUint {
        number.modpow(&(&self.p - 2u32), &self.p)
    }

    /// `scalar · point`, or `None` at infinity.
    pub(crate) fn multiply(&self, scalar: &BigUint, point: &Point) -> Option<Point> {
        let mut sum = Jacobian { x: one(), y: one(), z: BigUint::ZERO };
        for bit in (0..scalar.bits()).rev() {
            sum = self.double(&sum);
            if scalar.bit(bit) {
                sum = self.add_affine(sum, point);
            }
        }
        self.affine(&sum)
    }

    pub(crate) fn add(&self, left: &Point, right: &Point) -> Option<Point> {
        let left = Jacobian { x: left.x.clone(), y: left.y.clone(), z: one() };
        self.affine(&self.add_affine(left, right))
    }

    fn affine(&self, point: &Jacobian) -> Option<Point> {
        if point.z == BigUint::ZERO {
            return None;
        }
        let inverse = self.invert(&point.z);
        let square = &inverse * &inverse % &self.p;
        Some(Point {
            x: &point.x * &square % &self.p,
            y: &point.y * (square * inverse % &self.p) % &self.p,
        })
    }

    fn double(&self, point: &Jacobian) -> Jacobian {
        let p = &self.p;
        if point.z == BigUint::ZERO || point.y == BigUint::ZERO {
            return Jacobian { x: one(), y: one(), z: BigUint::ZERO };
        }
        let y_squared = &point.y * &point.y % p;
        let s = ((&point.x * &y_squared) << 2u32) % p;
        let z_squared = &point.z * &point.z % p;
        let z_fourth = &z_squared * &z_squared % p;
        let m = (&point.x * &point.x * 3u32 + &self.a * z_fourth) % p;
        let x = self.subtract(&(&m * &m % p), &(&s << 1u32));
        let y = self
            .subtract(&(m * self.subtract(&s, &x) % p), &(((&y_squared * &y_squared) << 3u32) % p));
        let z = ((&point.y * &point.z) << 1u32) % p;
        Jacobian { x, y, z }
    }

    fn add_affine(&self, left: Jacobian, right: &Point) -> Jacobian {
        let p = &self.p;
        if left.z == BigUint::ZERO {
            return Jacobian { x: right.x.clone(), y: right.y.clone(), z: one() };
        }
        let z_squared = &left.z * &left.z % p;
        let u = &right.x * &z_squared % p;
        let s = &right.y * (&z_squared * &left.z % p) % p;
        let h = self.subtract(&u, &left.x);
        let r = self.subtract(&s, &left.y);
        if h == BigUint::ZERO {
            return if r == BigUint::ZERO {
                self.double(&left)
            } else {
                Jacobian { x: one(), y: one(), z: BigUint::ZERO }
            };
        }
        let h_squared = &h * &h % p;
        let h_cubed = &h_squared * &h % p;
        let v = &left.x * h_squared % p;
        let x = self.subtract(&(&r * &r % p), &(&h_cubed + (&v << 1u32)));
        let y = self.subtract(&(r * self.subtract(&v, &x) % p), &(&left.y * h_cubed % p));
        let z = &left.z * h % p;
        Jacobian { x, y, z }
    }

    /// The `parameters` field of a public key's algorithm.
    pub(crate) fn parameters(&self, form: CurveForm) -> Vec<u8> {
        match form {
            CurveForm::Named => der::oid(self.curve.oid()),
            CurveForm::Mistaken(other) => other.domain().parameters(CurveForm::Explicit),
            CurveForm::Explicit => {
                let length = self.field_bytes();
                let field =
                    der::sequence(&[&der::oid("1.2.840.10045.1.1"), &der::integer(&self.p)]);
                let curve = der::sequence(&[
                    &der::octets(&padded(&self.a, length)),
                    &der::octets(&padded(&self.b, length)),
                ]);
                der::sequence(&[
                    &der::small_integer(1),
                    &field,
                    &curve,
                    &der::octets(&self.encode(&self.generator)),
                    &der::integer(&self.order),
                    &der::small_integer(1),
                ])
            }
        }
    }
}

/// Big-endian bytes, zeros in front up to `length`.
pub(crate) fn padded(number: &BigUint, length: usize) -> Vec<u8> {
    let bytes = number.to_bytes_be();
    let mut out = vec![0; length.saturating_sub(bytes.len())];
    out.extend(bytes);
    out
}

pub(crate) fn number(hex: &str) -> BigUint {
    BigUint::parse_bytes(hex.as_bytes(), 16).unwrap_or_default()
}

fn one() -> BigUint {
    BigUint::from(1u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_generator_is_on_its_curve_and_has_its_order() {
        for curve in Curve::ALL {
            let domain = curve.domain();

            assert!(domain.holds(&domain.generator), "{curve:?}");
            assert_eq!(domain.multiply(&domain.order, &domain.generator), None, "{curve:?}");
        }
    }

    #[test]
    fn multiplication_is_repeated_addition() {
        let domain = Curve::BrainpoolP320r1.domain();
        let g = &domain.generator;

        let twice = domain.add(g, g).unwrap();
        let thrice = domain.add(&twice, g).unwrap();

        assert_eq!(domain.multiply(&BigUint::from(3u32), g), Some(thrice));
    }

    #[test]
    fn a_point_beside_the_curve_is_refused() {
        let domain = Curve::Secp256r1.domain();
        let mut bytes = domain.encode(&domain.generator);
        assert!(domain.decode(&bytes).is_some());

        bytes[64] ^= 1;

        assert!(domain.decode(&bytes).is_none());
    }
}
