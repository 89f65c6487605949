//! Private keys and other secret numbers of a curve.

use zeroize::Zeroizing;

use super::{Curve, CurveError, Point, arithmetic};

/// A private key, or another secret number between 1 and the order less 1; wiped on drop.
#[derive(Clone)]
pub struct Scalar {
    curve: Curve,
    bytes: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Scalar({}, [hidden])", self.curve.name())
    }
}

impl Scalar {
    /// A big-endian number that is already below the order.
    ///
    /// # Errors
    ///
    /// [`CurveError::Scalar`] for zero and for what is not below the order.
    pub fn from_bytes(curve: Curve, bytes: &[u8]) -> Result<Self, CurveError> {
        Ok(Self { curve, bytes: arithmetic::of(curve).scalar(bytes)? })
    }

    /// A uniform scalar from the caller's random bytes, at least 8 more than the field has, so
    /// that reducing them leaves no bias (FIPS 186-5 §A.2.1).
    ///
    /// # Errors
    ///
    /// [`CurveError::Scalar`] for too few bytes, or where they come to zero.
    pub fn from_random(curve: Curve, random: &[u8]) -> Result<Self, CurveError> {
        if random.len() < Self::random_bytes(curve) {
            return Err(CurveError::Scalar);
        }
        Ok(Self { curve, bytes: arithmetic::of(curve).reduce(random)? })
    }

    /// How many random bytes [`Scalar::from_random`] wants.
    #[must_use]
    pub const fn random_bytes(curve: Curve) -> usize {
        curve.field_bytes() + 8
    }

    /// The curve whose order bounds it.
    #[must_use]
    pub const fn curve(&self) -> Curve {
        self.curve
    }

    /// The number, big-endian, as long as the field.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The base point times this scalar.
    ///
    /// # Errors
    ///
    /// Never for a scalar in range; the signature is that of [`Point::multiply`].
    pub fn public(&self) -> Result<Point, CurveError> {
        self.curve.generator().multiply(self)
    }

    /// The x coordinate of `other` times this scalar: the shared secret of ECDH
    /// (BSI TR-03111 §4.3).
    ///
    /// # Errors
    ///
    /// [`CurveError::Mixed`] for a point of another curve.
    pub fn agree(&self, other: &Point) -> Result<Zeroizing<Vec<u8>>, CurveError> {
        Ok(Zeroizing::new(other.multiply(self)?.x().to_vec()))
    }

    /// This scalar times the inverse of `divisor`, modulo the order: what a chip sends in PACE
    /// with chip authentication mapping (Doc 9303-11 §4.4.3.5).
    ///
    /// # Errors
    ///
    /// [`CurveError::Mixed`] for scalars of two curves.
    pub fn divide(&self, divisor: &Self) -> Result<Self, CurveError> {
        if self.curve != divisor.curve {
            return Err(CurveError::Mixed);
        }
        let bytes = arithmetic::of(self.curve).divide(&self.bytes, &divisor.bytes)?;
        Ok(Self { curve: self.curve, bytes })
    }

    /// Signs a digest with a fresh uniform `nonce` (FIPS 186-5 §6.4.1); `r` and `s`, each as long
    /// as the field. A nonce used twice gives the private key away.
    ///
    /// # Errors
    ///
    /// [`CurveError::Scalar`] where `r` or `s` comes to zero and another nonce is needed.
    pub fn sign(&self, digest: &[u8], nonce: &Self) -> Result<(Vec<u8>, Vec<u8>), CurveError> {
        if self.curve != nonce.curve {
            return Err(CurveError::Mixed);
        }
        arithmetic::of(self.curve).sign(&self.bytes, digest, &nonce.bytes)
    }
}
