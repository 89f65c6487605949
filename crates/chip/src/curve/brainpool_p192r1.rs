//! brainpoolP192r1 (RFC 5639 §3.2): field, scalars and group law over `primeorder`.
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

const MODULUS: &str = "c302f41d932a36cda7a3463093d18db78fce476de1a86297";
const ORDER: &str = "c302f41d932a36cda7a3462f9e9e916b5be8f1029ac4acc1";

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
        multiplicative_generator: 3,
        doc: "Montgomery parameters of the field of brainpoolP192r1"
    }

    primefield::monty_field_element! {
        name: FieldElement,
        params: FieldParams,
        uint: U192,
        doc: "An element of the field of brainpoolP192r1"
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
        multiplicative_generator: 7,
        doc: "Montgomery parameters of the scalars of brainpoolP192r1"
    }

    primefield::monty_field_element! {
        name: Scalar,
        params: ScalarParams,
        uint: U192,
        doc: "A scalar of brainpoolP192r1"
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

elliptic_curve::scalar_impls!(BrainpoolP192r1, Scalar);
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
        self.to_canonical().ct_gt(&BrainpoolP192r1::ORDER.as_ref().shr_vartime(1))
    }
}

/// The curve brainpoolP192r1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct BrainpoolP192r1;

impl Curve for BrainpoolP192r1 {
    type FieldBytesSize = U24;
    type Uint = U192;
    const ORDER: Odd<U192> = Odd::<U192>::from_be_hex(ORDER);
}

impl PrimeCurve for BrainpoolP192r1 {}

impl PointCompression for BrainpoolP192r1 {
    const COMPRESS_POINTS: bool = false;
}

impl CurveArithmetic for BrainpoolP192r1 {
    type AffinePoint = primeorder::AffinePoint<Self>;
    type ProjectivePoint = primeorder::ProjectivePoint<Self>;
    type Scalar = Scalar;
}

impl FieldArithmetic for BrainpoolP192r1 {
    type FieldElement = FieldElement;
}

impl PrimeCurveArithmetic for BrainpoolP192r1 {
    type CurveGroup = primeorder::ProjectivePoint<Self>;
}

impl PrimeCurveParams for BrainpoolP192r1 {
    type PointArithmetic = point_arithmetic::EquationAIsGeneric;
    type Backend = mul_backend::VariableOnly;

    const EQUATION_A: FieldElement =
        FieldElement::from_hex_vartime("6a91174076b1e0e19c39c031fe8685c1cae040e5c69a28ef");
    const EQUATION_B: FieldElement =
        FieldElement::from_hex_vartime("469a28ef7c28cca3dc721d044f4496bcca7ef4146fbf25c9");
    const GENERATOR: (FieldElement, FieldElement) = (
        FieldElement::from_hex_vartime("c0a0647eaab6a48753b033c56cb0f0900a2f5c4853375fd6"),
        FieldElement::from_hex_vartime("14b690866abd5bb88b5f4828c1490002e6773fa2fa299b8f"),
    );
}
