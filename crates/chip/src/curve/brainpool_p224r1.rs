//! brainpoolP224r1 (RFC 5639 §3.3): field, scalars and group law over `primeorder`.
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

const MODULUS: &str = "00000000d7c134aa264366862a18302575d1d787b09f075797da89f57ec8c0ff";
const ORDER: &str = "00000000d7c134aa264366862a18302575d0fb98d116bc4b6ddebca3a5a7939f";

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
        multiplicative_generator: 3,
        doc: "Montgomery parameters of the field of brainpoolP224r1"
    }

    primefield::monty_field_element! {
        name: FieldElement,
        params: FieldParams,
        uint: U256,
        doc: "An element of the field of brainpoolP224r1"
    }

    primefield::monty_field_arithmetic! {
        name: FieldElement,
        params: FieldParams,
        uint: U256
    }
}

mod scalar {
    use super::BrainpoolP224r1;
    use super::{CtOption, ORDER, PrimeField, U256};
    use elliptic_curve::subtle::{Choice, ConstantTimeEq};
    use elliptic_curve::{FieldBytes, bigint::Reduce};

    primefield::monty_field_params! {
        name: ScalarParams,
        modulus: ORDER,
        uint: U256,
        byte_order: primefield::ByteOrder::BigEndian,
        multiplicative_generator: 3,
        doc: "Montgomery parameters of the scalars of brainpoolP224r1"
    }

    primefield::monty_field_element! {
        name: Scalar,
        params: ScalarParams,
        uint: U256,
        doc: "A scalar of brainpoolP224r1"
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

    impl Reduce<FieldBytes<BrainpoolP224r1>> for Scalar {
        fn reduce(bytes: &FieldBytes<BrainpoolP224r1>) -> Self {
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

elliptic_curve::scalar_impls!(BrainpoolP224r1, Scalar);
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
        self.to_canonical().ct_gt(&BrainpoolP224r1::ORDER.as_ref().shr_vartime(1))
    }
}

/// The curve brainpoolP224r1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct BrainpoolP224r1;

impl Curve for BrainpoolP224r1 {
    type FieldBytesSize = U28;
    type Uint = U256;
    const ORDER: Odd<U256> = Odd::<U256>::from_be_hex(ORDER);
}

impl PrimeCurve for BrainpoolP224r1 {}

impl PointCompression for BrainpoolP224r1 {
    const COMPRESS_POINTS: bool = false;
}

impl CurveArithmetic for BrainpoolP224r1 {
    type AffinePoint = primeorder::AffinePoint<Self>;
    type ProjectivePoint = primeorder::ProjectivePoint<Self>;
    type Scalar = Scalar;
}

impl FieldArithmetic for BrainpoolP224r1 {
    type FieldElement = FieldElement;
}

impl PrimeCurveArithmetic for BrainpoolP224r1 {
    type CurveGroup = primeorder::ProjectivePoint<Self>;
}

impl PrimeCurveParams for BrainpoolP224r1 {
    type PointArithmetic = point_arithmetic::EquationAIsGeneric;
    type Backend = mul_backend::VariableOnly;

    const EQUATION_A: FieldElement =
        FieldElement::from_hex_vartime("68a5e62ca9ce6c1c299803a6c1530b514e182ad8b0042a59cad29f43");
    const EQUATION_B: FieldElement =
        FieldElement::from_hex_vartime("2580f63ccfe44138870713b1a92369e33e2135d266dbb372386c400b");
    const GENERATOR: (FieldElement, FieldElement) = (
        FieldElement::from_hex_vartime("0d9029ad2c7e5cf4340823b2a87dc68c9e4ce3174c1e6efdee12c07d"),
        FieldElement::from_hex_vartime("58aa56f772c0726f24c6b89e4ecdac24354b9e99caa3f6d3761402cd"),
    );
}
