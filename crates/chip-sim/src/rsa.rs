//! RSA with a secret key, on plain big numbers, and the generation of primes.

use num_bigint::BigUint;

use crate::random::{self, Random};

const SMALL_PRIMES: [u32; 53] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193,
    197, 199, 211, 223, 227, 229, 233, 239, 241, 251,
];
const MILLER_RABIN_ROUNDS: usize = 16;

/// An RSA key pair.
#[derive(Clone, PartialEq, Eq)]
pub struct RsaKey {
    pub(crate) modulus: BigUint,
    pub(crate) public_exponent: BigUint,
    pub(crate) secret_exponent: BigUint,
    pub(crate) p: BigUint,
    pub(crate) q: BigUint,
}

impl std::fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RsaKey({} bit)", self.modulus.bits())
    }
}

impl RsaKey {
    /// Makes a key. Takes about half a second for 2048 bits: keep what it returns.
    #[must_use]
    pub fn generate(bits: u64, public_exponent: u32, random: &mut dyn Random) -> Self {
        let exponent = BigUint::from(public_exponent);
        loop {
            let p = prime(bits.div_ceil(2), &exponent, random);
            let q = prime(bits / 2, &exponent, random);
            let modulus = &p * &q;
            if p == q || modulus.bits() != bits {
                continue;
            }
            let one = BigUint::from(1u32);
            let order = (&p - &one) * (&q - &one);
            if let Some(secret_exponent) = exponent.modinv(&order) {
                return Self { modulus, public_exponent: exponent, secret_exponent, p, q };
            }
        }
    }

    /// Bytes of the modulus.
    pub(crate) fn modulus_bytes(&self) -> usize {
        usize::try_from(self.modulus.bits().div_ceil(8)).unwrap_or(0)
    }

    /// `input ^ d mod n`, by the two primes.
    pub(crate) fn secret_operation(&self, input: &BigUint) -> BigUint {
        let one = BigUint::from(1u32);
        let by_p = input.modpow(&(&self.secret_exponent % (&self.p - &one)), &self.p);
        let by_q = input.modpow(&(&self.secret_exponent % (&self.q - &one)), &self.q);
        let Some(q_inverse) = self.q.modinv(&self.p) else {
            return input.modpow(&self.secret_exponent, &self.modulus);
        };
        let difference = (&by_p + &self.p - &by_q % &self.p) % &self.p;
        by_q + &self.q * (difference * q_inverse % &self.p)
    }
}

/// A prime with its two highest bits set, so that a product of two has the full length.
fn prime(bits: u64, exponent: &BigUint, random: &mut dyn Random) -> BigUint {
    let length = usize::try_from(bits.div_ceil(8)).unwrap_or(0);
    let excess = bits.div_ceil(8).saturating_mul(8).saturating_sub(bits);
    let one = BigUint::from(1u32);
    loop {
        let mut candidate = BigUint::from_bytes_be(&random::bytes(random, length)) >> excess;
        candidate.set_bit(0, true);
        candidate.set_bit(bits.saturating_sub(1), true);
        candidate.set_bit(bits.saturating_sub(2), true);
        let composite = SMALL_PRIMES.iter().any(|p| &candidate % *p == BigUint::ZERO);
        if composite || exponent.modinv(&(&candidate - &one)).is_none() {
            continue;
        }
        if is_prime(&candidate, random) {
            return candidate;
        }
    }
}

fn is_prime(candidate: &BigUint, random: &mut dyn Random) -> bool {
    let one = BigUint::from(1u32);
    let minus_one = candidate - &one;
    let twos = minus_one.trailing_zeros().unwrap_or(0);
    let odd = &minus_one >> twos;
    'rounds: for _ in 0..MILLER_RABIN_ROUNDS {
        let base = random::scalar(random, &minus_one) + &one;
        let mut power = base.modpow(&odd, candidate);
        if power == one || power == minus_one {
            continue;
        }
        for _ in 1..twos {
            power = &power * &power % candidate;
            if power == minus_one {
                continue 'rounds;
            }
        }
        return false;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seeded;

    #[test]
    fn the_secret_operation_undoes_the_public_one() {
        let mut random = Seeded::new([7; 32]);
        let key = RsaKey::generate(1024, 65537, &mut random);
        let message = BigUint::from(0x1234_5678_9abc_u64);

        let signature = key.secret_operation(&message);

        assert_eq!(key.modulus.bits(), 1024);
        assert_eq!(signature.modpow(&key.public_exponent, &key.modulus), message);
    }

    #[test]
    fn an_exponent_of_three_works() {
        let mut random = Seeded::new([8; 32]);

        let key = RsaKey::generate(1024, 3, &mut random);

        assert_eq!(key.public_exponent, BigUint::from(3u32));
    }
}
