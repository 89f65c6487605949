//! brainpoolP320r1 (RFC 5639 §3.5): field, scalars and group law over `primeorder`.
//!
//! The values were read from OpenSSL's `ecparam -param_enc explicit`; a test compares them with
//! the table of known curves and differential vectors prove the arithmetic.

use elliptic_curve::{
    Curve, CurveArithmetic, PrimeCurve, PrimeCurveArithmetic,
    bigint::{Odd, U384},
    consts::U40,
    ff::PrimeField,
    hazmat::FieldArithmetic,
    ops::BatchInvert,
    point::PointCompression,
    scalar::{FromUintUnchecked, IsHigh},
    subtle::{Choice, ConstantTimeGreater, CtOption},
};
use primeorder::{PrimeCurveParams, mul_backend, point_arithmetic, wnaf};

const MODULUS: &str = "0000000000000000d35e472036bc4fb7e13c785ed201e065f98fcfa6f6f40def4f92b9ec7893ec28fcd412b1f1b32e27";
const ORDER: &str = "0000000000000000d35e472036bc4fb7e13c785ed201e065f98fcfa5b68f12a32d482ec7ee8658e98691555b44c59311";

// `multiplicative_generator` needs to be no more than a quadratic non-residue here: it serves the
// square roots of compressed points alone.
mod field {
    use super::{CtOption, MODULUS, PrimeField, U384};
    use elliptic_curve::subtle::{Choice, ConstantTimeEq};

    primefield::monty_field_params! {
        name: FieldParams,
        modulus: MODULUS,
        uint: U384,
        byte_order: primefield::ByteOrder::BigEndian,
        multiplicative_generator: 5,
        doc: "Montgomery parameters of the field of brainpoolP320r1"
    }

    primefield::monty_field_element! {
        name: FieldElement,
        params: FieldParams,
        uint: U384,
        doc: "An element of the field of brainpoolP320r1"
    }

    primefield::monty_field_arithmetic! {
        name: FieldElement,
        params: FieldParams,
        uint: U384
    }
}

mod scalar {
    use super::BrainpoolP320r1;
    use super::{CtOption, ORDER, PrimeField, U384};
    use elliptic_curve::subtle::{Choice, ConstantTimeEq};
    use elliptic_curve::{FieldBytes, bigint::Reduce};

    primefield::monty_field_params! {
        name: ScalarParams,
        modulus: ORDER,
        uint: U384,
        byte_order: primefield::ByteOrder::BigEndian,
        multiplicative_generator: 3,
        doc: "Montgomery parameters of the scalars of brainpoolP320r1"
    }

    primefield::monty_field_element! {
        name: Scalar,
        params: ScalarParams,
        uint: U384,
        doc: "A scalar of brainpoolP320r1"
    }

    primefield::monty_field_arithmetic! {
        name: Scalar,
        params: ScalarParams,
        uint: U384
    }

    // `primefield::monty_field_reduce` wants fields as long as their integer type, and the next
    // type that every target has is longer.
    impl Reduce<U384> for Scalar {
        fn reduce(number: &U384) -> Self {
            Self::from_uint_unchecked(*number)
        }
    }

    impl Reduce<FieldBytes<BrainpoolP320r1>> for Scalar {
        fn reduce(bytes: &FieldBytes<BrainpoolP320r1>) -> Self {
            let mut padded = [0; 48];
            for (to, from) in padded.iter_mut().rev().zip(bytes.iter().rev()) {
                *to = *from;
            }
            Self::reduce(&U384::from_be_slice(&padded))
        }
    }
}

use field::FieldElement;
use scalar::Scalar;

impl BatchInvert for FieldElement {}

elliptic_curve::scalar_impls!(BrainpoolP320r1, Scalar);
wnaf::impl_wnaf_size_for_scalar!(Scalar);

impl AsRef<Self> for Scalar {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl FromUintUnchecked for Scalar {
    type Uint = U384;

    fn from_uint_unchecked(uint: Self::Uint) -> Self {
        Self::from_uint_unchecked(uint)
    }
}

impl IsHigh for Scalar {
    fn is_high(&self) -> Choice {
        self.to_canonical().ct_gt(&BrainpoolP320r1::ORDER.as_ref().shr_vartime(1))
    }
}

/// The curve brainpoolP320r1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct BrainpoolP320r1;

impl Curve for BrainpoolP320r1 {
    type FieldBytesSize = U40;
    type Uint = U384;
    const ORDER: Odd<U384> = Odd::<U384>::from_be_hex(ORDER);
}

impl PrimeCurve for BrainpoolP320r1 {}

impl PointCompression for BrainpoolP320r1 {
    const COMPRESS_POINTS: bool = false;
}

impl CurveArithmetic for BrainpoolP320r1 {
    type AffinePoint = primeorder::AffinePoint<Self>;
    type ProjectivePoint = primeorder::ProjectivePoint<Self>;
    type Scalar = Scalar;
}

impl FieldArithmetic for BrainpoolP320r1 {
    type FieldElement = FieldElement;
}

impl PrimeCurveArithmetic for BrainpoolP320r1 {
    type CurveGroup = primeorder::ProjectivePoint<Self>;
}

impl PrimeCurveParams for BrainpoolP320r1 {
    type PointArithmetic = point_arithmetic::EquationAIsGeneric;
    type Backend = mul_backend::VariableOnly;

    const EQUATION_A: FieldElement = FieldElement::from_hex_vartime(
        "3ee30b568fbab0f883ccebd46d3f3bb8a2a73513f5eb79da66190eb085ffa9f492f375a97d860eb4",
    );
    const EQUATION_B: FieldElement = FieldElement::from_hex_vartime(
        "520883949dfdbc42d3ad198640688a6fe13f41349554b49acc31dccd884539816f5eb4ac8fb1f1a6",
    );
    const GENERATOR: (FieldElement, FieldElement) = (
        FieldElement::from_hex_vartime(
            "43bd7e9afb53d8b85289bcc48ee5bfe6f20137d10a087eb6e7871e2a10a599c710af8d0d39e20611",
        ),
        FieldElement::from_hex_vartime(
            "14fdd05545ec1cc8ab4093247f77275e0743ffed117182eaa9c77877aaac6ac7d35245d1692e8ee1",
        ),
    );
}
