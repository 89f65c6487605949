//! Curves that no well-kept crate has: field, scalars and group law over `primefield` and `primeorder`, written once.
//!
//! The values of each curve were read from OpenSSL's `ecparam -param_enc explicit`; a test compares them with the table of
//! known curves, and differential vectors prove the arithmetic.

/// Declares a module with one curve.
///
/// `non_residues`: no more than a quadratic non-residue of the field, which serves the square roots of compressed points
/// alone, and one of the scalars. `reduced`: `exactly` where field and integer type are equally long; else `padded` to the
/// octets of the integer type, because `primefield::monty_field_reduce` wants them equal and the next type that every target
/// has is longer.
macro_rules! own_curve {
    (
        $(#[$doc:meta])*
        $module:ident::$curve:ident, $uint:ident, $size:ident;
        modulus: $modulus:literal, order: $order:literal, non_residues: $of_field:literal $of_scalars:literal,
        a: $kind:ident $a:literal, b: $b:literal, generator: $x:literal $y:literal,
        reduced: $reduced:ident $($octets:literal)?
    ) => {
        $(#[$doc])*
        pub(super) mod $module {
            use elliptic_curve::{
                Curve, CurveArithmetic, PrimeCurve, PrimeCurveArithmetic,
                bigint::{Odd, $uint},
                consts::$size,
                ff::PrimeField,
                hazmat::FieldArithmetic,
                ops::BatchInvert,
                point::PointCompression,
                scalar::{FromUintUnchecked, IsHigh},
                subtle::{Choice, ConstantTimeGreater, CtOption},
            };
            use primeorder::{PrimeCurveParams, mul_backend, point_arithmetic, wnaf};

            #[expect(
                deprecated,
                reason = "primefield 0.14.0 measures its moduli by a method that crypto-bigint 0.7.11 has renamed"
            )]
            mod field {
                use super::{CtOption, PrimeField, $uint};
                use elliptic_curve::subtle::{Choice, ConstantTimeEq};

                primefield::monty_field_params! {
                    name: FieldParams,
                    modulus: $modulus,
                    uint: $uint,
                    byte_order: primefield::ByteOrder::BigEndian,
                    multiplicative_generator: $of_field,
                    doc: "Montgomery parameters of the field"
                }

                primefield::monty_field_element! {
                    name: FieldElement,
                    params: FieldParams,
                    uint: $uint,
                    doc: "An element of the field"
                }

                primefield::monty_field_arithmetic! {
                    name: FieldElement,
                    params: FieldParams,
                    uint: $uint
                }
            }

            #[expect(
                deprecated,
                reason = "primefield 0.14.0 measures its moduli by a method that crypto-bigint 0.7.11 has renamed"
            )]
            mod scalar {
                use super::{CtOption, PrimeField, $uint};
                use elliptic_curve::subtle::{Choice, ConstantTimeEq};

                primefield::monty_field_params! {
                    name: ScalarParams,
                    modulus: $order,
                    uint: $uint,
                    byte_order: primefield::ByteOrder::BigEndian,
                    multiplicative_generator: $of_scalars,
                    doc: "Montgomery parameters of the scalars"
                }

                primefield::monty_field_element! {
                    name: Scalar,
                    params: ScalarParams,
                    uint: $uint,
                    doc: "A scalar"
                }

                primefield::monty_field_arithmetic! {
                    name: Scalar,
                    params: ScalarParams,
                    uint: $uint
                }

                own_curve!(@$reduced $curve $uint $($octets)?);
            }

            use field::FieldElement;
            use scalar::Scalar;

            impl BatchInvert for FieldElement {}

            elliptic_curve::scalar_impls!($curve, Scalar);
            wnaf::impl_wnaf_size_for_scalar!(Scalar);

            impl AsRef<Self> for Scalar {
                fn as_ref(&self) -> &Self {
                    self
                }
            }

            impl FromUintUnchecked for Scalar {
                type Uint = $uint;

                fn from_uint_unchecked(uint: Self::Uint) -> Self {
                    Self::from_uint_unchecked(uint)
                }
            }

            impl IsHigh for Scalar {
                fn is_high(&self) -> Choice {
                    self.to_canonical().ct_gt(&$curve::ORDER.as_ref().shr_vartime(1))
                }
            }

            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
            pub struct $curve;

            impl Curve for $curve {
                type FieldBytesSize = $size;
                type Uint = $uint;
                const ORDER: Odd<$uint> = Odd::<$uint>::from_be_hex($order);
            }

            impl PrimeCurve for $curve {}

            impl PointCompression for $curve {
                const COMPRESS_POINTS: bool = false;
            }

            impl CurveArithmetic for $curve {
                type AffinePoint = primeorder::AffinePoint<Self>;
                type ProjectivePoint = primeorder::ProjectivePoint<Self>;
                type Scalar = Scalar;
            }

            impl FieldArithmetic for $curve {
                type FieldElement = FieldElement;
            }

            impl PrimeCurveArithmetic for $curve {
                type CurveGroup = primeorder::ProjectivePoint<Self>;
            }

            impl PrimeCurveParams for $curve {
                type PointArithmetic = point_arithmetic::$kind;
                type Backend = mul_backend::VariableOnly;

                const EQUATION_A: FieldElement = FieldElement::from_hex_vartime($a);
                const EQUATION_B: FieldElement = FieldElement::from_hex_vartime($b);
                const GENERATOR: (FieldElement, FieldElement) =
                    (FieldElement::from_hex_vartime($x), FieldElement::from_hex_vartime($y));
            }
        }
    };
    (@exactly $curve:ident $uint:ident) => {
        primefield::monty_field_reduce! {
            name: Scalar,
            params: ScalarParams,
            uint: $uint,
        }
    };
    (@padded $curve:ident $uint:ident $octets:literal) => {
        use super::$curve;
        use elliptic_curve::{FieldBytes, bigint::Reduce};

        impl Reduce<$uint> for Scalar {
            fn reduce(number: &$uint) -> Self {
                Self::from_uint_unchecked(*number)
            }
        }

        impl Reduce<FieldBytes<$curve>> for Scalar {
            fn reduce(bytes: &FieldBytes<$curve>) -> Self {
                let mut padded = [0; $octets];
                for (to, from) in padded.iter_mut().rev().zip(bytes.iter().rev()) {
                    *to = *from;
                }
                Self::reduce(&$uint::from_be_slice(&padded))
            }
        }
    };
}

own_curve! {
    /// NIST P-192 (FIPS 186-4 §D.1.2.1).
    secp192r1::Secp192r1, U192, U24;
    modulus: "fffffffffffffffffffffffffffffffeffffffffffffffff", order: "ffffffffffffffffffffffff99def836146bc9b1b4d22831", non_residues: 11 3,
    a: EquationAIsMinusThree "fffffffffffffffffffffffffffffffefffffffffffffffc", b: "64210519e59c80e70fa7e9ab72243049feb8deecc146b9b1",
    generator: "188da80eb03090f67cbf20eb43a18800f4ff0afd82ff1012" "07192b95ffc8da78631011ed6b24cdd573f977a11e794811",
    reduced: exactly
}

own_curve! {
    /// NIST P-224 (FIPS 186-4 §D.1.2.2).
    secp224r1::Secp224r1, U256, U28;
    modulus: "00000000ffffffffffffffffffffffffffffffff000000000000000000000001", order: "00000000ffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3d", non_residues: 11 2,
    a: EquationAIsMinusThree "fffffffffffffffffffffffffffffffefffffffffffffffffffffffe", b: "b4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4",
    generator: "b70e0cbd6bb4bf7f321390b94a03c1d356c21122343280d6115c1d21" "bd376388b5f723fb4c22dfe6cd4375a05a07476444d5819985007e34",
    reduced: padded 32
}

own_curve! {
    /// brainpoolP192r1 (RFC 5639 §3.2).
    brainpool_p192r1::BrainpoolP192r1, U192, U24;
    modulus: "c302f41d932a36cda7a3463093d18db78fce476de1a86297", order: "c302f41d932a36cda7a3462f9e9e916b5be8f1029ac4acc1", non_residues: 3 7,
    a: EquationAIsGeneric "6a91174076b1e0e19c39c031fe8685c1cae040e5c69a28ef", b: "469a28ef7c28cca3dc721d044f4496bcca7ef4146fbf25c9",
    generator: "c0a0647eaab6a48753b033c56cb0f0900a2f5c4853375fd6" "14b690866abd5bb88b5f4828c1490002e6773fa2fa299b8f",
    reduced: exactly
}

own_curve! {
    /// brainpoolP224r1 (RFC 5639 §3.3).
    brainpool_p224r1::BrainpoolP224r1, U256, U28;
    modulus: "00000000d7c134aa264366862a18302575d1d787b09f075797da89f57ec8c0ff", order: "00000000d7c134aa264366862a18302575d0fb98d116bc4b6ddebca3a5a7939f", non_residues: 3 3,
    a: EquationAIsGeneric "68a5e62ca9ce6c1c299803a6c1530b514e182ad8b0042a59cad29f43", b: "2580f63ccfe44138870713b1a92369e33e2135d266dbb372386c400b",
    generator: "0d9029ad2c7e5cf4340823b2a87dc68c9e4ce3174c1e6efdee12c07d" "58aa56f772c0726f24c6b89e4ecdac24354b9e99caa3f6d3761402cd",
    reduced: padded 32
}

own_curve! {
    /// brainpoolP320r1 (RFC 5639 §3.5).
    brainpool_p320r1::BrainpoolP320r1, U384, U40;
    modulus: "0000000000000000d35e472036bc4fb7e13c785ed201e065f98fcfa6f6f40def4f92b9ec7893ec28fcd412b1f1b32e27", order: "0000000000000000d35e472036bc4fb7e13c785ed201e065f98fcfa5b68f12a32d482ec7ee8658e98691555b44c59311", non_residues: 5 3,
    a: EquationAIsGeneric "3ee30b568fbab0f883ccebd46d3f3bb8a2a73513f5eb79da66190eb085ffa9f492f375a97d860eb4", b: "520883949dfdbc42d3ad198640688a6fe13f41349554b49acc31dccd884539816f5eb4ac8fb1f1a6",
    generator: "43bd7e9afb53d8b85289bcc48ee5bfe6f20137d10a087eb6e7871e2a10a599c710af8d0d39e20611" "14fdd05545ec1cc8ab4093247f77275e0743ffed117182eaa9c77877aaac6ac7d35245d1692e8ee1",
    reduced: padded 48
}

own_curve! {
    /// brainpoolP512r1 (RFC 5639 §3.7).
    brainpool_p512r1::BrainpoolP512r1, U512, U64;
    modulus: "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca703308717d4d9b009bc66842aecda12ae6a380e62881ff2f2d82c68528aa6056583a48f3", order: "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330870553e5c414ca92619418661197fac10471db1d381085ddaddb58796829ca90069", non_residues: 2 7,
    a: EquationAIsGeneric "7830a3318b603b89e2327145ac234cc594cbdd8d3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d77fc94ca", b: "3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d77fc94cadc083e67984050b75ebae5dd2809bd638016f723",
    generator: "81aee4bdd82ed9645a21322e9c4c6a9385ed9f70b5d916c1b43b62eef4d0098eff3b1f78e2d0d48d50d1687b93b97d5f7c6d5047406a5e688b352209bcb9f822" "7dde385d566332ecc0eabfa9cf7822fdf209f70024a57b1aa000c55b881f8111b2dcde494a5f485e5bca4bd88a2763aed1ca2b2fa8f0540678cd1e0f3ad80892",
    reduced: exactly
}
