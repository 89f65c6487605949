//! The operations that every curve offers, written once over `primeorder`.

use std::marker::PhantomData;

use elliptic_curve::{
    FieldBytes, Group,
    bigint::Reduce,
    ff::{Field, PrimeField},
    ops::MulByGeneratorVartime,
    point::AffineCoordinates,
    sec1::{FromSec1Point, ToSec1Point},
};
use primeorder::PrimeCurveParams;
use zeroize::{Zeroize, Zeroizing};

use super::{
    Curve, CurveError,
    own_curve::{
        brainpool_p192r1::BrainpoolP192r1, brainpool_p224r1::BrainpoolP224r1,
        brainpool_p320r1::BrainpoolP320r1, brainpool_p512r1::BrainpoolP512r1, secp192r1::Secp192r1,
        secp224r1::Secp224r1,
    },
    without_leading_zeros,
};

/// What [`super::Point`] and [`super::Scalar`] need, in encoded values.
pub(super) trait Operations {
    /// A checked point as `04 ‖ x ‖ y`.
    fn decode(&self, point: &[u8]) -> Result<Vec<u8>, CurveError>;
    /// A number that is already between 1 and the order less 1.
    fn scalar(&self, number: &[u8]) -> Result<Zeroizing<Vec<u8>>, CurveError>;
    /// A number of any length, modulo the order.
    fn reduce(&self, number: &[u8]) -> Result<Zeroizing<Vec<u8>>, CurveError>;
    /// `dividend / divisor` modulo the order.
    fn divide(&self, dividend: &[u8], divisor: &[u8]) -> Result<Zeroizing<Vec<u8>>, CurveError>;
    /// `scalar · point`, in constant time.
    fn multiply(&self, point: &[u8], scalar: &[u8]) -> Result<Vec<u8>, CurveError>;
    /// `a + b`.
    fn add(&self, a: &[u8], b: &[u8]) -> Result<Vec<u8>, CurveError>;
    /// ECDSA verification, in variable time: nothing here is secret.
    fn verify(&self, public: &[u8], digest: &[u8], r: &[u8], s: &[u8]) -> bool;
    /// ECDSA with the caller's nonce.
    fn sign(
        &self,
        private: &[u8],
        digest: &[u8],
        nonce: &[u8],
    ) -> Result<(Vec<u8>, Vec<u8>), CurveError>;
}

pub(super) fn of(curve: Curve) -> &'static dyn Operations {
    match curve {
        Curve::P192 => &Arithmetic::<Secp192r1>(PhantomData),
        Curve::P224 => &Arithmetic::<Secp224r1>(PhantomData),
        Curve::P256 => &Arithmetic::<p256::NistP256>(PhantomData),
        Curve::P384 => &Arithmetic::<p384::NistP384>(PhantomData),
        Curve::P521 => &Arithmetic::<p521::NistP521>(PhantomData),
        Curve::BrainpoolP192r1 => &Arithmetic::<BrainpoolP192r1>(PhantomData),
        Curve::BrainpoolP224r1 => &Arithmetic::<BrainpoolP224r1>(PhantomData),
        Curve::BrainpoolP256r1 => &Arithmetic::<bp256::BrainpoolP256r1>(PhantomData),
        Curve::BrainpoolP320r1 => &Arithmetic::<BrainpoolP320r1>(PhantomData),
        Curve::BrainpoolP384r1 => &Arithmetic::<bp384::BrainpoolP384r1>(PhantomData),
        Curve::BrainpoolP512r1 => &Arithmetic::<BrainpoolP512r1>(PhantomData),
    }
}

struct Arithmetic<C>(PhantomData<C>);

type Projective<C> = primeorder::ProjectivePoint<C>;
type ScalarOf<C> = elliptic_curve::Scalar<C>;

/// SEC 1 §2.3.3: both coordinates follow.
const UNCOMPRESSED: u8 = 4;

fn point<C: PrimeCurveParams>(bytes: &[u8]) -> Result<Projective<C>, CurveError> {
    let point = Projective::<C>::from_sec1_bytes(bytes).map_err(|_| CurveError::Point)?;
    if bool::from(point.is_identity()) { Err(CurveError::Point) } else { Ok(point) }
}

fn encoded<C: PrimeCurveParams>(point: &Projective<C>) -> Result<Vec<u8>, CurveError> {
    if bool::from(point.is_identity()) {
        return Err(CurveError::Infinity);
    }
    Ok(point.to_affine().to_sec1_point(false).as_bytes().to_vec())
}

/// A field-sized, left-padded copy of a number; `None` where it is longer.
fn field_bytes<C: PrimeCurveParams>(number: &[u8]) -> Option<FieldBytes<C>> {
    let number = without_leading_zeros(number);
    let mut bytes = FieldBytes::<C>::default();
    let at = bytes.len().checked_sub(number.len())?;
    bytes.get_mut(at..)?.copy_from_slice(number);
    Some(bytes)
}

fn scalar<C: PrimeCurveParams>(number: &[u8]) -> Result<ScalarOf<C>, CurveError> {
    let mut bytes = field_bytes::<C>(number).ok_or(CurveError::Scalar)?;
    let scalar = Option::from(ScalarOf::<C>::from_repr(bytes)).ok_or(CurveError::Scalar);
    bytes.zeroize();
    scalar.and_then(
        |scalar: ScalarOf<C>| {
            if bool::from(scalar.is_zero()) { Err(CurveError::Scalar) } else { Ok(scalar) }
        },
    )
}

/// The leftmost bits of a digest as a number (FIPS 186-5 §6.4.1 step 2). No order here has a
/// length that cuts a digest inside an octet: P-521's is longer than every digest.
fn digest_scalar<C: PrimeCurveParams>(digest: &[u8]) -> ScalarOf<C> {
    let length = FieldBytes::<C>::default().len();
    let leftmost = digest.get(..length).unwrap_or(digest);
    let bytes = field_bytes::<C>(leftmost).unwrap_or_default();
    ScalarOf::<C>::reduce(&bytes)
}

fn zeroizing<C: PrimeCurveParams>(scalar: ScalarOf<C>) -> Result<Zeroizing<Vec<u8>>, CurveError> {
    if bool::from(scalar.is_zero()) {
        return Err(CurveError::Scalar);
    }
    let mut repr = scalar.to_repr();
    let bytes = Zeroizing::new(repr.to_vec());
    repr.zeroize();
    Ok(bytes)
}

impl<C: PrimeCurveParams> Operations for Arithmetic<C> {
    fn decode(&self, bytes: &[u8]) -> Result<Vec<u8>, CurveError> {
        let point = point::<C>(bytes)?;
        // On the curve, and already written as it would be: writing it again costs a division in the field.
        if bytes.first() == Some(&UNCOMPRESSED) { Ok(bytes.to_vec()) } else { encoded(&point) }
    }

    fn scalar(&self, number: &[u8]) -> Result<Zeroizing<Vec<u8>>, CurveError> {
        zeroizing::<C>(scalar::<C>(number)?)
    }

    fn reduce(&self, number: &[u8]) -> Result<Zeroizing<Vec<u8>>, CurveError> {
        let radix = ScalarOf::<C>::from(256_u64);
        zeroizing::<C>(number.iter().fold(ScalarOf::<C>::ZERO, |sum, byte| {
            sum * radix + ScalarOf::<C>::from(u64::from(*byte))
        }))
    }

    fn divide(&self, dividend: &[u8], divisor: &[u8]) -> Result<Zeroizing<Vec<u8>>, CurveError> {
        let inverse = Field::invert(&scalar::<C>(divisor)?);
        let inverse: ScalarOf<C> = Option::from(inverse).ok_or(CurveError::Scalar)?;
        zeroizing::<C>(scalar::<C>(dividend)? * inverse)
    }

    fn multiply(&self, bytes: &[u8], number: &[u8]) -> Result<Vec<u8>, CurveError> {
        encoded(&point::<C>(bytes)?.mul(&scalar::<C>(number)?))
    }

    fn add(&self, a: &[u8], b: &[u8]) -> Result<Vec<u8>, CurveError> {
        encoded(&point::<C>(a)?.add(&point::<C>(b)?))
    }

    fn verify(&self, public: &[u8], digest: &[u8], r: &[u8], s: &[u8]) -> bool {
        let (Ok(public), Ok(r), Ok(s)) = (point::<C>(public), scalar::<C>(r), scalar::<C>(s))
        else {
            return false;
        };
        let Some(inverse) = Option::<ScalarOf<C>>::from(Field::invert(&s)) else { return false };
        let sum = Projective::<C>::mul_by_generator_and_mul_add_vartime(
            &(digest_scalar::<C>(digest) * inverse),
            &(r * inverse),
            &public,
        );
        if bool::from(sum.is_identity()) {
            return false;
        }
        ScalarOf::<C>::reduce(&sum.to_affine().x()) == r
    }

    fn sign(
        &self,
        private: &[u8],
        digest: &[u8],
        nonce: &[u8],
    ) -> Result<(Vec<u8>, Vec<u8>), CurveError> {
        let (private, nonce) = (scalar::<C>(private)?, scalar::<C>(nonce)?);
        let r = ScalarOf::<C>::reduce(&Projective::<C>::mul_by_generator(&nonce).to_affine().x());
        let inverse: ScalarOf<C> = Option::from(Field::invert(&nonce)).ok_or(CurveError::Scalar)?;
        let s = inverse * (digest_scalar::<C>(digest) + r * private);
        if bool::from(r.is_zero()) || bool::from(s.is_zero()) {
            return Err(CurveError::Scalar);
        }
        Ok((r.to_repr().to_vec(), s.to_repr().to_vec()))
    }
}
