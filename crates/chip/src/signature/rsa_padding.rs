//! What an RSA signature must open to: PKCS#1 v1.5 or PSS.

use subtle::ConstantTimeEq as _;

use super::HashAlgorithm;
use crate::asn1::{OCTET_STRING, OID, SEQUENCE};
use crate::key::RsaPublicKey;
use crate::tlv;

/// Whether `signature` opens to the one encoding of `digest` (RFC 8017 §8.2.2).
///
/// The expected encoding is built and compared whole, so that nothing is parsed and no slack of a
/// parser can be used to forge with a small exponent (CVE-2006-4339). `NULL` parameters may be
/// there or not: both forms are in use.
pub(super) fn pkcs1_matches(
    key: &RsaPublicKey,
    hash: HashAlgorithm,
    digest: &[u8],
    signature: &[u8],
) -> bool {
    let Some(opened) = key.open(signature) else { return false };
    [&b"\x05\x00"[..], b""].iter().any(|null| {
        let algorithm = tlv::constructed(SEQUENCE, [&tlv::object(OID, hash.oid())[..], null]);
        let info = tlv::constructed(SEQUENCE, [algorithm, tlv::object(OCTET_STRING, digest)]);
        let Some(padding) = opened.len().checked_sub(info.len() + 3).filter(|n| *n >= 8) else {
            return false;
        };
        let expected = [&[0, 1], &vec![0xFF; padding][..], &[0], &info].concat();
        bool::from(opened.ct_eq(&expected))
    })
}

/// The parameters of RSASSA-PSS.
#[derive(Clone, Copy)]
pub(super) struct Pss {
    pub(super) hash: HashAlgorithm,
    pub(super) mask_hash: HashAlgorithm,
    pub(super) salt_bytes: usize,
}

/// EMSA-PSS-VERIFY (RFC 8017 §9.1.2).
pub(super) fn pss_matches(key: &RsaPublicKey, pss: Pss, digest: &[u8], signature: &[u8]) -> bool {
    pss_check(key, pss, digest, signature).unwrap_or(false)
}

fn pss_check(key: &RsaPublicKey, pss: Pss, digest: &[u8], signature: &[u8]) -> Option<bool> {
    let opened = key.open(signature)?;
    let encoded_bits = key.bits().checked_sub(1)?;
    let encoded_bytes = encoded_bits.div_ceil(8);
    // Where the modulus is one bit longer than whole octets, the leading octet must be zero.
    let (lead, encoded) = opened.split_at_checked(opened.len().checked_sub(encoded_bytes)?)?;
    if lead.iter().any(|octet| *octet != 0) {
        return Some(false);
    }
    let hash_bytes = pss.hash.digest_bytes();
    let (rest, trailer) = encoded.split_at_checked(encoded_bytes.checked_sub(1)?)?;
    let (masked, hash) = rest.split_at_checked(rest.len().checked_sub(hash_bytes)?)?;
    let zeros = masked.len().checked_sub(pss.salt_bytes.checked_add(1)?)?;
    let unused = u32::try_from(8 * encoded_bytes - encoded_bits).ok()?;
    let top = 0xFF_u8.checked_shr(unused)?;
    if trailer != [0xBC] || masked.first()? & !top != 0 {
        return Some(false);
    }
    let mut block = mask(pss.mask_hash, hash, masked.len());
    for (octet, masked) in block.iter_mut().zip(masked) {
        *octet ^= masked;
    }
    *block.first_mut()? &= top;
    let (padding, salted) = block.split_at_checked(zeros)?;
    let (one, salt) = salted.split_first()?;
    if *one != 1 || padding.iter().any(|octet| *octet != 0) {
        return Some(false);
    }
    let expected = pss.hash.digest(&[&[0; 8], digest, salt]);
    Some(bool::from(hash.ct_eq(&expected)))
}

/// MGF1 (RFC 8017 §B.2.1).
fn mask(hash: HashAlgorithm, seed: &[u8], length: usize) -> Vec<u8> {
    let mut mask = Vec::with_capacity(length + hash.digest_bytes());
    let mut counter = 0_u32;
    while mask.len() < length {
        mask.extend(hash.digest(&[seed, &counter.to_be_bytes()]));
        counter = counter.wrapping_add(1);
    }
    mask.truncate(length);
    mask
}
