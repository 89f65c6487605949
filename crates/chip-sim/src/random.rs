//! Randomness is handed in: the binaries own the real source.

use num_bigint::BigUint;

use crate::digest::Digest;

/// Fills buffers with random bytes.
///
/// Any `FnMut(&mut [u8])` is one, so that a binary hands in its system source as a closure.
pub trait Random {
    /// Overwrites every byte of `bytes`.
    fn fill(&mut self, bytes: &mut [u8]);
}

impl<F: FnMut(&mut [u8])> Random for F {
    fn fill(&mut self, bytes: &mut [u8]) {
        self(bytes);
    }
}

/// A stream of `SHA-256(seed || counter)` blocks.
///
/// A card carries one, seeded when it is put on the reader, so that it stays a plain value that
/// can be cloned and sent; a fixed seed makes a session repeatable in a test.
#[derive(Clone)]
pub struct Seeded {
    seed: [u8; 32],
    counter: u64,
}

impl Seeded {
    /// Starts the stream of a seed.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        Self { seed, counter: 0 }
    }
}

impl std::fmt::Debug for Seeded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seeded([hidden])")
    }
}

impl Random for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let block = Digest::Sha256.of(&[&self.seed, &self.counter.to_be_bytes()]);
            self.counter = self.counter.wrapping_add(1);
            for (to, from) in chunk.iter_mut().zip(block) {
                *to = from;
            }
        }
    }
}

pub(crate) fn bytes(random: &mut dyn Random, length: usize) -> Vec<u8> {
    let mut out = vec![0; length];
    random.fill(&mut out);
    out
}

pub(crate) fn array<const N: usize>(random: &mut dyn Random) -> [u8; N] {
    let mut out = [0; N];
    random.fill(&mut out);
    out
}

/// A number in `1..order`: 64 bits more than needed are drawn, so the bias cannot be seen.
pub(crate) fn scalar(random: &mut dyn Random, order: &BigUint) -> BigUint {
    let length = order.bits().div_ceil(8).saturating_add(8);
    let wide = BigUint::from_bytes_be(&bytes(random, usize::try_from(length).unwrap_or(80)));
    wide % (order - 1u32) + 1u32
}
