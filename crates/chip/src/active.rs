//! Active authentication (Doc 9303-11 §6.1): the chip signs the server's challenge with a key whose
//! public half is in DG15.

mod iso9796_2;
#[cfg(test)]
mod tests;

use crate::key::{EcPublicKey, KeyError, PublicKey};
use crate::signature::{HashAlgorithm, SignatureAlgorithm};
use crate::tlv::{self, Tag, TlvError};

/// Octets of a challenge.
pub const CHALLENGE_BYTES: usize = 8;

/// The largest answer that is looked at: an RSA signature of the longest modulus.
pub const ANSWER_BYTES_MAX: usize = crate::key::RSA_MODULUS_BITS_MAX / 8;

const DG15: Tag = Tag::new(0x6F);

/// Why DG15 gives no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Dg15Error {
    /// The file's own structure is broken.
    #[error("DG15 is malformed")]
    Malformed(#[source] TlvError),
    /// The key inside cannot be used.
    #[error("the key in DG15 cannot be used")]
    Key(#[source] KeyError),
}

/// Why an answer does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ActiveError {
    /// The answer is not a signature over this challenge under this key.
    #[error("the chip's answer is not a signature over the challenge")]
    Mismatch,
    /// Longer than [`ANSWER_BYTES_MAX`].
    #[error("the chip's answer is longer than any signature")]
    TooLong,
}

/// How an answer that counts was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The hash function.
    pub hash: HashAlgorithm,
    /// Whether the document names that hash function, or it had to be tried (CHIP-CASES 23).
    pub hash_declared: bool,
    /// Whether an ECDSA answer came in DER where Doc 9303 wants it plain.
    pub ecdsa_der: bool,
    /// Whether the key lies on another curve than the one that DG15 declares.
    pub wrong_curve: bool,
}

/// The key of a DG15 file. It counts only where the SOD covers DG15.
///
/// # Errors
///
/// [`Dg15Error`] where the file or the key in it cannot be used.
pub fn public_key(dg15: &[u8]) -> Result<PublicKey, Dg15Error> {
    let file = tlv::Reader::new(dg15).expect(DG15).map_err(Dg15Error::Malformed)?;
    PublicKey::from_spki(file.value()).map_err(Dg15Error::Key)
}

/// Checks the chip's answer to INTERNAL AUTHENTICATE. `declared` is the algorithm that the
/// `ActiveAuthenticationInfo` of DG14 names, where there is one.
///
/// # Errors
///
/// [`ActiveError`] where the answer does not count.
pub fn verify(
    key: &PublicKey,
    declared: Option<SignatureAlgorithm>,
    challenge: [u8; CHALLENGE_BYTES],
    answer: &[u8],
) -> Result<Answer, ActiveError> {
    if answer.len() > ANSWER_BYTES_MAX {
        return Err(ActiveError::TooLong);
    }
    match key {
        PublicKey::Rsa(key) => {
            let recovered = iso9796_2::recover(key, answer, challenge);
            let (hash, hash_declared) = recovered.ok_or(ActiveError::Mismatch)?;
            Ok(Answer { hash, hash_declared, ecdsa_der: false, wrong_curve: false })
        }
        PublicKey::Ec(key) => {
            let declared = declared.map(SignatureAlgorithm::hash);
            verify_ecdsa(key, declared, challenge, answer).ok_or(ActiveError::Mismatch)
        }
    }
}

/// Tries the declared hash function first, then the others that Doc 9303-11 §6.1.2.3 permits:
/// Portuguese P-384 chips use SHA-256 and say so nowhere.
fn verify_ecdsa(
    key: &EcPublicKey,
    declared: Option<HashAlgorithm>,
    challenge: [u8; CHALLENGE_BYTES],
    answer: &[u8],
) -> Option<Answer> {
    let key = PublicKey::Ec(key.clone());
    let others = HashAlgorithm::ALL.into_iter().rev().filter(|hash| Some(*hash) != declared);
    declared.into_iter().chain(others).find_map(|hash| {
        let verified =
            SignatureAlgorithm::EcdsaPlain(hash).verify(&key, &challenge, answer).ok()?;
        Some(Answer {
            hash,
            hash_declared: Some(hash) == declared,
            ecdsa_der: verified.ecdsa_encoding,
            wrong_curve: verified.wrong_curve,
        })
    })
}
