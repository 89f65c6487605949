//! Random bytes that a seed repeats.

use sha2::{Digest, Sha256};
use std::sync::{Mutex, PoisonError};

/// SHA-256 in counter mode over a seed. For tests alone: whoever knows the seed knows every byte.
#[derive(Debug)]
pub struct SeededRandom {
    seed: u64,
    /// How many blocks were drawn.
    drawn: Mutex<u64>,
}

impl SeededRandom {
    /// The bytes of this seed from their beginning. Print the seed when a test fails.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, drawn: Mutex::new(0) }
    }

    /// The seed.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// Fills `bytes` with the next random bytes.
    pub fn fill(&self, bytes: &mut [u8]) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in bytes.chunks_mut(32) {
            let mut hash = Sha256::new();
            hash.update(self.seed.to_be_bytes());
            hash.update(drawn.to_be_bytes());
            let block: [u8; 32] = hash.finalize().into();
            chunk.iter_mut().zip(block).for_each(|(to, from)| *to = from);
            *drawn = drawn.wrapping_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(random: &SeededRandom) -> [u8; 40] {
        let mut bytes = [0; 40];
        random.fill(&mut bytes);
        bytes
    }

    #[test]
    fn a_seed_repeats_its_bytes_and_another_gives_others() {
        let (one, same, other) = (SeededRandom::new(1), SeededRandom::new(1), SeededRandom::new(2));

        let first = draw(&one);

        assert_eq!(first, draw(&same));
        assert_ne!(first, draw(&one), "the next bytes are new");
        assert_ne!(first, draw(&other));
        assert_ne!(first[..8], first[32..]);
    }
}
