//! Basic Access Control (Doc 9303-11 §4.3): both sides show that they know the MRZ's key fields.
//!
//! ```text
//! reader                                            chip
//! GET CHALLENGE                                 →
//!                                               ←   RND.IC (8)
//! E(S), MAC   S = RND.IFD || RND.IC || K.IFD    →   EXTERNAL AUTHENTICATE
//!                                               ←   E(R), MAC   R = RND.IC || RND.IFD || K.IC
//! secret = K.IFD xor K.IC     counter = last 4 of RND.IC || last 4 of RND.IFD
//! ```

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::apdu::{Command, Response, StatusWord};
use crate::key_derivation::{self, SessionKeys};
use crate::password::Password;
use crate::secure_messaging::{Counter, SecureMessaging};
use crate::symmetric::{Cipher, LengthError, pad};

/// Why Basic Access Control failed.
#[derive(Debug, thiserror::Error)]
pub enum BacError {
    /// BAC takes the MRZ's key fields only.
    #[error("basic access control takes the MRZ's fields, not a number")]
    Password,
    /// The chip refused the reader's proof: the key fields are not this document's.
    #[error("the chip refused the key from the MRZ ({status})")]
    WrongKey {
        /// What the chip answered.
        status: StatusWord,
    },
    /// The chip has no BAC: it wants PACE (CHIP-CASES.md case 1).
    #[error("the chip has no basic access control ({status})")]
    NotSupported {
        /// What the chip answered.
        status: StatusWord,
    },
    /// The chip failed in another way.
    #[error("the chip broke access control off ({status})")]
    Refused {
        /// What the chip answered.
        status: StatusWord,
    },
    /// The chip's proof is of the wrong length, or wrong: it does not know the key either.
    #[error("the chip's proof is wrong")]
    Proof,
    /// A key does not fit its cipher: both come from one derivation, so this is our bug.
    #[error("the keys do not fit the cipher")]
    Key(#[from] LengthError),
}

/// The reader's random values; never to be used twice.
#[derive(Clone)]
pub struct BacRandom {
    /// RND.IFD.
    pub challenge: [u8; 8],
    /// K.IFD.
    pub key: [u8; 16],
}

impl std::fmt::Debug for BacRandom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[hidden]")
    }
}

impl Drop for BacRandom {
    fn drop(&mut self) {
        self.challenge.zeroize();
        self.key.zeroize();
    }
}

/// BAC before the chip's challenge is known.
#[derive(Debug)]
pub struct Bac {
    keys: SessionKeys,
    random: BacRandom,
}

impl Bac {
    /// Begins; the first command is [`Bac::challenge_command`].
    ///
    /// # Errors
    ///
    /// [`BacError::Password`] where the password is not the MRZ's.
    pub fn new(password: &Password, random: BacRandom) -> Result<Self, BacError> {
        let keys = password.basic_access_keys().ok_or(BacError::Password)?;
        Ok(Self { keys, random })
    }

    /// GET CHALLENGE, asking for eight octets.
    #[must_use]
    pub const fn challenge_command() -> Command {
        Command::new(0x00, 0x84, 0x00, 0x00).expecting(8)
    }

    /// Takes the chip's challenge; the command is EXTERNAL AUTHENTICATE.
    ///
    /// # Errors
    ///
    /// [`BacError`] where the chip gave no challenge of eight octets.
    pub fn authenticate(self, answer: &Response) -> Result<(Command, Authenticating), BacError> {
        let status = answer.status;
        if !status.is_success() {
            return Err(match status {
                StatusWord::REFERENCE_NOT_FOUND
                | StatusWord::CONDITIONS
                | StatusWord::SECURITY_STATUS
                | StatusWord::WRONG_PARAMETERS
                | StatusWord::NOT_SUPPORTED
                | StatusWord::WRONG_INSTRUCTION => BacError::NotSupported { status },
                _ => BacError::Refused { status },
            });
        }
        let theirs = <[u8; 8]>::try_from(answer.data.as_slice()).map_err(|_| BacError::Proof)?;
        let mut secret = Zeroizing::new(Vec::with_capacity(32));
        secret.extend(self.random.challenge);
        secret.extend(theirs);
        secret.extend(self.random.key);
        self.keys.encryption.encrypt(&[0; 8], &mut secret)?;
        let mut data = secret.to_vec();
        data.extend(self.keys.mac.mac(&padded(&data))?);
        // Doc 9303-11 Appendix D.3 asks for exactly 40 octets.
        let command = Command::new(0x00, 0x82, 0x00, 0x00).with_data(data).expecting(40);
        Ok((command, Authenticating { keys: self.keys, random: self.random, theirs }))
    }
}

/// BAC after the reader's proof.
#[derive(Debug)]
pub struct Authenticating {
    keys: SessionKeys,
    random: BacRandom,
    theirs: [u8; 8],
}

impl Authenticating {
    /// Checks the chip's proof and begins secure messaging.
    ///
    /// # Errors
    ///
    /// [`BacError::WrongKey`] where the chip refused ours, [`BacError::Proof`] where its own is wrong.
    pub fn finish(self, answer: &Response) -> Result<SecureMessaging, BacError> {
        let status = answer.status;
        if !status.is_success() {
            return Err(refusal(status));
        }
        let (encrypted, mac) = answer.data.split_at_checked(32).ok_or(BacError::Proof)?;
        if mac.len() != 8 || !self.keys.mac.verify(&padded(encrypted), mac) {
            return Err(BacError::Proof);
        }
        let mut clear = Zeroizing::new(encrypted.to_vec());
        self.keys.encryption.decrypt(&[0; 8], &mut clear)?;
        let (theirs, rest) = clear.split_at_checked(8).ok_or(BacError::Proof)?;
        let (ours, their_key) = rest.split_at_checked(8).ok_or(BacError::Proof)?;
        let fresh = theirs.ct_eq(&self.theirs) & ours.ct_eq(&self.random.challenge);
        if !bool::from(fresh) {
            return Err(BacError::Proof);
        }
        let seed: Zeroizing<Vec<u8>> =
            Zeroizing::new(self.random.key.iter().zip(their_key).map(|(a, b)| a ^ b).collect());
        let keys = key_derivation::session_keys(Cipher::TripleDes, &seed)?;
        let mut counter = [0; 8];
        let last_four = self.theirs.iter().skip(4).chain(self.random.challenge.iter().skip(4));
        for (octet, from) in counter.iter_mut().zip(last_four) {
            *octet = *from;
        }
        Ok(SecureMessaging::new(keys, Counter::from_octets(counter)))
    }
}

/// What an error to EXTERNAL AUTHENTICATE means (CHIP-CASES.md case 15). A chip that gave a challenge has basic access
/// control: what it refuses now is the key, whatever it says.
const fn refusal(status: StatusWord) -> BacError {
    match status {
        // 6300, 63Cx, and what chips say instead of it about security and about data.
        StatusWord(0x6300..=0x63FF | 0x6900..=0x6AFF) => BacError::WrongKey { status },
        StatusWord(_) => BacError::Refused { status },
    }
}

fn padded(data: &[u8]) -> Vec<u8> {
    let mut padded = data.to_vec();
    pad(&mut padded, 8);
    padded
}

#[cfg(test)]
mod tests;
