//! NIST P-192 (FIPS 186-4 §D.1.2.1): field, scalars and group law over `primeorder`.
//!
//! The values were read from OpenSSL's `ecparam -param_enc explicit`; a test compares them with
//! the table of known curves and differential vectors prove the arithmetic.

use elliptic_curve::{
    Curve, CurveArithmetic, PrimeCurve, PrimeCurveArithmetic,
    bigint::{Odd, U192},
    consts::U24,
    ff::PrimeField,
    hazmat::FieldArithmetic,
    ops::BatchInvert,
    point::PointCompression,
    scalar::{FromUintUnchecked, IsHigh},
    subtle::{Choice, ConstantTimeGreater, CtOption},
};
use primeorder::{PrimeCurveParams, mul_backend, point_arithmetic, wnaf};

const MODULUS: &str = "fffffffffffffffffffffffffffffffeffffffffffffffff";
const ORDER: &str = "ffffffffffffffffffffffff99def836146bc9b1b4d22831";

// `multiplicative_generator` needs to be no more than a quadratic non-residue here: it serves the
// square roots of compressed points alone.
mod field {
    use super::{CtOption, MODULUS, PrimeField, U192};
    use elliptic_curve::subtle::{Choice, ConstantTimeEq};

    primefield::monty_field_params! {
        name: FieldParams,
        modulus: MODULUS,
        uint: U192,
        byte_order: primefield::ByteOrder::BigEndian,
        multiplicative_generator: 11,
        doc: "Montgomery parameters of the field of NIST P-192"
    }

    primefield::monty_field_element! {
        name: FieldElement,
        params: FieldParams,
        uint: U192,
        doc: "An element of the field of NIST P-192"
    }

    primefield::monty_field_arithmetic! {
        name: FieldElement,
        params: FieldParams,
        uint: U192
    }
}

mod scalar {
    use super::{CtOption, ORDER, PrimeField, U192};
    use elliptic_curve::subtle::{Choice, ConstantTimeEq};

    primefield::monty_field_params! {
        name: ScalarParams,
        modulus: ORDER,
        uint: U192,
        byte_order: primefield::ByteOrder::BigEndian,
        multiplicative_generator: 3,
        doc: "Montgomery parameters of the scalars of NIST P-192"
    }

    primefield::monty_field_element! {
        name: Scalar,
        params: ScalarParams,
        uint: U192,
        doc: "A scalar of NIST P-192"
    }

    primefield::monty_field_arithmetic! {
        name: Scalar,
        params: ScalarParams,
        uint: U192
    }

    primefield::monty_field_reduce! {
        name: Scalar,
        params: ScalarParams,
        uint: U192,
    }
}

use field::FieldElement;
use scalar::Scalar;

impl BatchInvert for FieldElement {}

elliptic_curve::scalar_impls!(Secp192r1, Scalar);
wnaf::impl_wnaf_size_for_scalar!(Scalar);

impl AsRef<Self> for Scalar {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl FromUintUnchecked for Scalar {
    type Uint = U192;

    fn from_uint_unchecked(uint: Self::Uint) -> Self {
        Self::from_uint_unchecked(uint)
    }
}

impl IsHigh for Scalar {
    fn is_high(&self) -> Choice {
        self.to_canonical().ct_gt(&Secp192r1::ORDER.as_ref().shr_vartime(1))
    }
}

/// The curve NIST P-192.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secp192r1;

impl Curve for Secp192r1 {
    type FieldBytesSize = U24;
    type Uint = U192;
    const ORDER: Odd<U192> = Odd::<U192>::from_be_hex(ORDER);
}

impl PrimeCurve for Secp192r1 {}

impl PointCompression for Secp192r1 {
    const COMPRESS_POINTS: bool = false;
}

impl CurveArithmetic for Secp192r1 {
    type AffinePoint = primeorder::AffinePoint<Self>;
    type ProjectivePoint = primeorder::ProjectivePoint<Self>;
    type Scalar = Scalar;
}

impl FieldArithmetic for Secp192r1 {
    type FieldElement = FieldElement;
}

impl PrimeCurveArithmetic for Secp192r1 {
    type CurveGroup = primeorder::ProjectivePoint<Self>;
}

impl PrimeCurveParams for Secp192r1 {
    type PointArithmetic = point_arithmetic::EquationAIsMinusThree;
    type Backend = mul_backend::VariableOnly;

    const EQUATION_A: FieldElement =
        FieldElement::from_hex_vartime("fffffffffffffffffffffffffffffffefffffffffffffffc");
    const EQUATION_B: FieldElement =
        FieldElement::from_hex_vartime("64210519e59c80e70fa7e9ab72243049feb8deecc146b9b1");
    const GENERATOR: (FieldElement, FieldElement) = (
        FieldElement::from_hex_vartime("188da80eb03090f67cbf20eb43a18800f4ff0afd82ff1012"),
        FieldElement::from_hex_vartime("07192b95ffc8da78631011ed6b24cdd573f977a11e794811"),
    );
}
