//! NIST P-224 (FIPS 186-4 §D.1.2.2): field, scalars and group law over `primeorder`.
//!
//! The values were read from OpenSSL's `ecparam -param_enc explicit`; a test compares them with
//! the table of known curves and differential vectors prove the arithmetic.

use elliptic_curve::{
    Curve, CurveArithmetic, PrimeCurve, PrimeCurveArithmetic,
    bigint::{Odd, U256},
    consts::U28,
    ff::PrimeField,
    hazmat::FieldArithmetic,
    ops::BatchInvert,
    point::PointCompression,
    scalar::{FromUintUnchecked, IsHigh},
    subtle::{Choice, ConstantTimeGreater, CtOption},
};
use primeorder::{PrimeCurveParams, mul_backend, point_arithmetic, wnaf};

const MODULUS: &str = "00000000ffffffffffffffffffffffffffffffff000000000000000000000001";
const ORDER: &str = "00000000ffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3d";

// `multiplicative_generator` needs to be no more than a quadratic non-residue here: it serves the
// square roots of compressed points alone.
mod field {
    use super::{CtOption, MODULUS, PrimeField, U256};
    use elliptic_curve::subtle::{Choice, ConstantTimeEq};

    primefield::monty_field_params! {
        name: FieldParams,
        modulus: MODULUS,
        uint: U256,
        byte_order: primefield::ByteOrder::BigEndian,
        multiplicative_generator: 11,
        doc: "Montgomery parameters of the field of NIST P-224"
    }

    primefield::monty_field_element! {
        name: FieldElement,
        params: FieldParams,
        uint: U256,
        doc: "An element of the field of NIST P-224"
    }

    primefield::monty_field_arithmetic! {
        name: FieldElement,
        params: FieldParams,
        uint: U256
    }
}

mod scalar {
    use super::Secp224r1;
    use super::{CtOption, ORDER, PrimeField, U256};
    use elliptic_curve::subtle::{Choice, ConstantTimeEq};
    use elliptic_curve::{FieldBytes, bigint::Reduce};

    primefield::monty_field_params! {
        name: ScalarParams,
        modulus: ORDER,
        uint: U256,
        byte_order: primefield::ByteOrder::BigEndian,
        multiplicative_generator: 2,
        doc: "Montgomery parameters of the scalars of NIST P-224"
    }

    primefield::monty_field_element! {
        name: Scalar,
        params: ScalarParams,
        uint: U256,
        doc: "A scalar of NIST P-224"
    }

    primefield::monty_field_arithmetic! {
        name: Scalar,
        params: ScalarParams,
        uint: U256
    }

    // `primefield::monty_field_reduce` wants fields as long as their integer type, and the next
    // type that every target has is longer.
    impl Reduce<U256> for Scalar {
        fn reduce(number: &U256) -> Self {
            Self::from_uint_unchecked(*number)
        }
    }

    impl Reduce<FieldBytes<Secp224r1>> for Scalar {
        fn reduce(bytes: &FieldBytes<Secp224r1>) -> Self {
            let mut padded = [0; 32];
            for (to, from) in padded.iter_mut().rev().zip(bytes.iter().rev()) {
                *to = *from;
            }
            Self::reduce(&U256::from_be_slice(&padded))
        }
    }
}

use field::FieldElement;
use scalar::Scalar;

impl BatchInvert for FieldElement {}

elliptic_curve::scalar_impls!(Secp224r1, Scalar);
wnaf::impl_wnaf_size_for_scalar!(Scalar);

impl AsRef<Self> for Scalar {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl FromUintUnchecked for Scalar {
    type Uint = U256;

    fn from_uint_unchecked(uint: Self::Uint) -> Self {
        Self::from_uint_unchecked(uint)
    }
}

impl IsHigh for Scalar {
    fn is_high(&self) -> Choice {
        self.to_canonical().ct_gt(&Secp224r1::ORDER.as_ref().shr_vartime(1))
    }
}

/// The curve NIST P-224.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secp224r1;

impl Curve for Secp224r1 {
    type FieldBytesSize = U28;
    type Uint = U256;
    const ORDER: Odd<U256> = Odd::<U256>::from_be_hex(ORDER);
}

impl PrimeCurve for Secp224r1 {}

impl PointCompression for Secp224r1 {
    const COMPRESS_POINTS: bool = false;
}

impl CurveArithmetic for Secp224r1 {
    type AffinePoint = primeorder::AffinePoint<Self>;
    type ProjectivePoint = primeorder::ProjectivePoint<Self>;
    type Scalar = Scalar;
}

impl FieldArithmetic for Secp224r1 {
    type FieldElement = FieldElement;
}

impl PrimeCurveArithmetic for Secp224r1 {
    type CurveGroup = primeorder::ProjectivePoint<Self>;
}

impl PrimeCurveParams for Secp224r1 {
    type PointArithmetic = point_arithmetic::EquationAIsMinusThree;
    type Backend = mul_backend::VariableOnly;

    const EQUATION_A: FieldElement =
        FieldElement::from_hex_vartime("fffffffffffffffffffffffffffffffefffffffffffffffffffffffe");
    const EQUATION_B: FieldElement =
        FieldElement::from_hex_vartime("b4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4");
    const GENERATOR: (FieldElement, FieldElement) = (
        FieldElement::from_hex_vartime("b70e0cbd6bb4bf7f321390b94a03c1d356c21122343280d6115c1d21"),
        FieldElement::from_hex_vartime("bd376388b5f723fb4c22dfe6cd4375a05a07476444d5819985007e34"),
    );
}
