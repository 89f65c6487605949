//! ISO/IEC 9796-2 scheme 1 with partial message recovery, as active authentication uses it.
//!
//! ```text
//! F = 6A ‖ M1 ‖ H(M1 ‖ M2) ‖ trailer     M2: the challenge, which is not recovered
//! trailer = BC, or hash identifier ‖ CC
//! ```

use subtle::ConstantTimeEq as _;

use super::CHALLENGE_BYTES;
use crate::key::RsaPublicKey;
use crate::signature::HashAlgorithm;

/// Partial recovery, no padding: the chip fills the whole modulus with its nonce M1.
const HEADER: u8 = 0x6A;

/// The hash function of a signature over the challenge, and whether the trailer names it.
pub(super) fn recover(
    key: &RsaPublicKey,
    signature: &[u8],
    challenge: [u8; CHALLENGE_BYTES],
) -> Option<(HashAlgorithm, bool)> {
    let opened = key.open(signature)?;
    // The signer may have sent the smaller of S and n - S (ISO/IEC 9796-2 §B.6): F ends in the
    // nibble C either way, so only one of the two can be meant.
    let representative = if opened.last()? & 0x0F == 0x0C { opened } else { key.negate(&opened)? };
    read(&representative, challenge)
}

/// Takes F apart. The length of M1 follows from the modulus and the hash alone; nothing is
/// searched for, so no slack is left for a forger.
pub(super) fn read(
    representative: &[u8],
    challenge: [u8; CHALLENGE_BYTES],
) -> Option<(HashAlgorithm, bool)> {
    // A modulus whose length is no whole number of octets leaves leading zero bits.
    let zeros = representative.iter().take_while(|octet| **octet == 0).count();
    if zeros > 1 {
        return None;
    }
    let (header, rest) = representative.get(zeros..)?.split_first()?;
    if *header != HEADER {
        return None;
    }
    let (&last, before) = rest.split_last()?;
    match last {
        // The implicit trailer goes with SHA-1; what else a chip may mean by it is tried after.
        0xBC => HashAlgorithm::ALL
            .into_iter()
            .find(|hash| covers(before, *hash, challenge))
            .map(|hash| (hash, hash == HashAlgorithm::Sha1)),
        0xCC => {
            let (&identifier, before) = before.split_last()?;
            let hash = match identifier {
                0x33 => HashAlgorithm::Sha1,
                0x34 => HashAlgorithm::Sha256,
                0x35 => HashAlgorithm::Sha512,
                0x36 => HashAlgorithm::Sha384,
                0x38 => HashAlgorithm::Sha224,
                _ => return None,
            };
            covers(before, hash, challenge).then_some((hash, true))
        }
        _ => None,
    }
}

/// Whether `M1 ‖ digest` ends in the digest of `M1 ‖ challenge`.
fn covers(bytes: &[u8], hash: HashAlgorithm, challenge: [u8; CHALLENGE_BYTES]) -> bool {
    let Some(split) = bytes.len().checked_sub(hash.digest_bytes()) else { return false };
    bytes
        .split_at_checked(split)
        .is_some_and(|(nonce, digest)| bool::from(digest.ct_eq(&hash.digest(&[nonce, &challenge]))))
}
