//! Integrated mapping (Doc 9303-11 §4.4.3.3.2): a generator from two nonces, without a key agreement.

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, NonZero, Odd};
use zeroize::Zeroizing;

use super::PaceError;
use super::agreement::Base;
use crate::curve::{Curve, Point};
use crate::lds::security_info::Group;
use crate::symmetric::{Cipher, Key};

/// Constants of the pseudo-random function for 3DES and AES-128 (Doc 9303-11 §4.4.3.3.2).
const C0_128: [u8; 16] = 0xa668_892a_7c41_e3ca_739f_40b0_57d8_5904_u128.to_be_bytes();
const C1_128: [u8; 16] = 0xa4e1_36ac_725f_738b_01c1_f602_17c1_88ad_u128.to_be_bytes();
/// Constants for AES-192 and AES-256, in halves.
const C0_256: [[u8; 16]; 2] = [
    0xd463_d652_3412_4ef7_8970_5498_6dca_0a17_u128.to_be_bytes(),
    0x4e28_df75_8cba_a03f_2406_1641_4d5a_1676_u128.to_be_bytes(),
];
const C1_256: [[u8; 16]; 2] = [
    0x54bd_7255_f0aa_f831_bec3_423f_cf39_d69b_u128.to_be_bytes(),
    0x6cbf_0666_77d0_faae_5aad_d99d_f8e5_3517_u128.to_be_bytes(),
];

/// The mapped generator.
pub(super) fn base(
    group: Group,
    cipher: Cipher,
    chip_nonce: &[u8],
    reader_nonce: &[u8],
) -> Result<Base, PaceError> {
    match group {
        Group::Curve(curve) => {
            let bits = curve.bits();
            let random = pseudo_random(cipher, chip_nonce, reader_nonce, bits)?;
            encoded(curve, &random).map(Base::Point)
        }
        Group::Modp(group) => {
            let bits = group.element_bytes().saturating_mul(8);
            let random = pseudo_random(cipher, chip_nonce, reader_nonce, bits)?;
            Ok(Base::Element(group.into_subgroup(&random)?))
        }
    }
}

/// `R(s, t)`: as many blocks as it takes to have 64 bits more than the prime.
fn pseudo_random(
    cipher: Cipher,
    chip_nonce: &[u8],
    reader_nonce: &[u8],
    prime_bits: usize,
) -> Result<Zeroizing<Vec<u8>>, PaceError> {
    let (c0, c1) = match cipher {
        Cipher::TripleDes | Cipher::Aes128 => (C0_128.to_vec(), C1_128.to_vec()),
        Cipher::Aes192 | Cipher::Aes256 => (C0_256.concat(), C1_256.concat()),
    };
    if chip_nonce.len() != c0.len() {
        return Err(PaceError::PublicKey);
    }
    let encrypt = |key: &Key, block: &[u8]| -> Result<Zeroizing<Vec<u8>>, PaceError> {
        let mut block = Zeroizing::new(block.to_vec());
        key.encrypt(&vec![0; cipher.block_bytes()], &mut block)?;
        Ok(block)
    };
    let key_of = |block: &[u8]| -> Result<Key, PaceError> {
        Ok(Key::new(cipher, block.get(..cipher.key_bytes()).unwrap_or_default())?)
    };
    let mut key = key_of(&encrypt(&Key::new(cipher, reader_nonce)?, chip_nonce)?)?;
    let blocks = prime_bits.saturating_add(64).div_ceil(c0.len().saturating_mul(8));
    let mut random = Zeroizing::new(Vec::new());
    for _ in 0..blocks {
        random.extend_from_slice(&encrypt(&key, &c1)?);
        key = key_of(&encrypt(&key, &c0)?)?;
    }
    Ok(random)
}

/// Arithmetic in a curve's field.
struct Field {
    params: BoxedMontyParams,
    precision: u32,
    prime: BoxedUint,
    bytes: usize,
}

impl Field {
    fn of(curve: Curve) -> Option<Self> {
        let precision = u32::try_from(curve.bits().next_multiple_of(64)).ok()?;
        let prime = BoxedUint::from_be_slice_truncated(curve.parameters().prime, precision);
        let odd = Odd::new(prime.clone()).into_option()?;
        let bytes = curve.field_bytes();
        Some(Self { params: BoxedMontyParams::new(odd), precision, prime, bytes })
    }

    fn element(&self, octets: &[u8]) -> BoxedMontyForm {
        let number = BoxedUint::from_be_slice_truncated(octets, self.precision);
        BoxedMontyForm::new(number, &self.params)
    }

    /// A number longer than the prime, reduced.
    fn reduced(&self, octets: &[u8]) -> Option<BoxedMontyForm> {
        let wide = u32::try_from(octets.len().saturating_mul(8)).ok()?.max(self.precision);
        let modulus = NonZero::new(self.prime.clone()).into_option()?;
        let number = BoxedUint::from_be_slice_truncated(octets, wide).rem_vartime(&modulus);
        Some(self.element(&number.to_be_bytes()))
    }

    fn octets(&self, element: &BoxedMontyForm) -> Vec<u8> {
        let octets = element.retrieve().to_be_bytes();
        octets.iter().skip(octets.len().saturating_sub(self.bytes)).copied().collect()
    }
}

/// A point from a field element (Doc 9303-11 §4.4.3.3.2, point encoding for p = 3 mod 4, in affine coordinates).
///
/// A mapped generator of which nobody knows the logarithm: hashing to a multiple of the base point instead
/// would tell an eavesdropper the password.
fn encoded(curve: Curve, random: &[u8]) -> Result<Point, PaceError> {
    let field = Field::of(curve).ok_or(PaceError::Unsupported)?;
    let known = curve.parameters();
    let (a, b) = (field.element(known.a), field.element(known.b));
    let t = field.reduced(random).ok_or(PaceError::Unsupported)?;
    let one = BoxedMontyForm::one(&field.params);

    // 1. alpha = -t²   2. x2 = -b / a · (1 + 1 / (alpha + alpha²))   3. x3 = alpha · x2
    let alpha = t.square().neg();
    let denominator = alpha.add(&alpha.square());
    let inverted = denominator.invert().into_option().ok_or(PaceError::PublicKey)?;
    let a_inverted = a.invert().into_option().ok_or(PaceError::Unsupported)?;
    let x2 = b.neg().mul(&a_inverted).mul(&one.add(&inverted));
    let x3 = alpha.mul(&x2);
    // 4. h2 = x2³ + a·x2 + b   (h3 is not needed)   6. u = t³ · h2
    let h2 = x2.square().mul(&x2).add(&a.mul(&x2)).add(&b);
    let u = t.square().mul(&t).mul(&h2);
    // 7. A = h2^(p - 1 - (p + 1) / 4)
    let quarter = field.prime.shr_vartime(2).unwrap_or_else(|| field.prime.clone());
    let quarter = quarter.wrapping_add(BoxedUint::one_with_precision(field.precision));
    let exponent = field
        .prime
        .wrapping_sub(BoxedUint::one_with_precision(field.precision))
        .wrapping_sub(&quarter);
    let root = h2.pow(&exponent);
    // 8. A² · h2 = 1: (x2, A · h2)   else: (x3, A · u)
    let (x, y) =
        if root.square().mul(&h2) == one { (x2, root.mul(&h2)) } else { (x3, root.mul(&u)) };
    let octets = [vec![0x04], field.octets(&x), field.octets(&y)].concat();
    Ok(Point::from_sec1(curve, &octets)?)
}
