//! The card's half of PACE, Doc 9303-11 §4.4, with all three mappings.

use num_bigint::BigUint;

use crate::agreement::{Arithmetic, Element};
use crate::card::Card;
use crate::card::command::{
    AUTHENTICATION_FAILED, CONDITIONS, Command, OK, REFERENCE_NOT_FOUND, Response, WRONG_DATA,
};
use crate::card::faults::Instead;
use crate::card::secure_messaging::Channel;
use crate::cipher::{Keys, padded};
use crate::curve::Domain;
use crate::der;
use crate::digest::Digest;
use crate::document::group_of;
use crate::modp::ModpDomain;
use crate::protocol::{Cipher, Mapping, PaceOffer};
use crate::random;

/// How far PACE has come. A step that fails, or comes out of order, starts all over.
#[derive(Clone, Default)]
pub(super) enum Stage {
    #[default]
    Idle,
    Chosen {
        offer: PaceOffer,
        password: Vec<u8>,
    },
    NonceSent {
        offer: PaceOffer,
        nonce: Vec<u8>,
    },
    Mapped {
        offer: PaceOffer,
        generator: Element,
        mapping_secret: Option<BigUint>,
    },
    Agreed {
        offer: PaceOffer,
        keys: Keys,
        own: Vec<u8>,
        theirs: Vec<u8>,
        proof: Option<Vec<u8>>,
    },
}

type Answer = Result<Vec<u8>, u16>;

impl Card {
    /// MSE:Set AT for PACE: protocol, password, parameters.
    pub(super) fn choose_pace(&mut self, command: &Command) -> Response {
        self.session.pace = Stage::Idle;
        let Some(objects) = der::children(&command.data) else {
            return Response::status(WRONG_DATA);
        };
        let value = |tag: u16| objects.iter().find(|o| o.tag == tag).map(|o| o.value);
        let Some(oid) = value(0x80) else { return Response::status(WRONG_DATA) };
        let password = match value(0x83) {
            Some([1]) => Digest::Sha1.of(&[self.document.mrz_information.as_bytes()]),
            Some([2]) => match &self.document.access.can {
                Some(can) => can.as_bytes().to_vec(),
                None => return Response::status(REFERENCE_NOT_FOUND),
            },
            _ => return Response::status(REFERENCE_NOT_FOUND),
        };
        let offers: Vec<PaceOffer> = self
            .document
            .access
            .pace
            .iter()
            .copied()
            .filter(|offer| der::oid_content(&offer.oid()) == oid)
            .collect();
        let chosen = match value(0x84) {
            Some(id) => {
                let id = id.last().copied().and_then(group_of);
                offers.iter().find(|offer| Some(offer.group) == id)
            }
            None => match self.faults.parameter_id_required {
                Some(Instead::Status(status)) => return Response::status(status),
                Some(Instead::Silence) => {
                    self.session.dead = true;
                    return Response::status(OK);
                }
                // Without the id the protocol must stand for one set of parameters.
                None => offers.first().filter(|_| offers.len() == 1),
            },
        };
        match chosen {
            Some(offer) => {
                self.session.pace = Stage::Chosen { offer: *offer, password };
                Response::status(OK)
            }
            None if offers.is_empty() => Response::status(WRONG_DATA),
            None => Response::status(REFERENCE_NOT_FOUND),
        }
    }

    /// One GENERAL AUTHENTICATE of PACE; `objects` is the content of the dynamic data object.
    pub(super) fn pace_step(&mut self, objects: &[u8]) -> Response {
        let stage = std::mem::take(&mut self.session.pace);
        let objects = der::children(objects).unwrap_or_default();
        let value = |tag: u16| objects.iter().find(|o| o.tag == tag).map(|o| o.value.to_vec());
        let answer = match stage {
            Stage::Idle => Err(CONDITIONS),
            Stage::Chosen { offer, password } => self.send_nonce(offer, &password),
            Stage::NonceSent { offer, nonce } => match value(0x81) {
                Some(data) => self.map(offer, &nonce, &data),
                None => Err(WRONG_DATA),
            },
            Stage::Mapped { offer, generator, mapping_secret } => match value(0x83) {
                Some(data) => self.agree(offer, &generator, mapping_secret, &data),
                None => Err(WRONG_DATA),
            },
            Stage::Agreed { offer, keys, own, theirs, proof } => match value(0x85) {
                Some(token) => self.confirm(offer, keys, (&own, &theirs), proof, &token),
                None => Err(WRONG_DATA),
            },
        };
        match answer {
            Ok(content) => Response::data(der::tlv(0x7C, &content)),
            Err(status) => {
                self.session.pace = Stage::Idle;
                Response::status(status)
            }
        }
    }

    fn send_nonce(&mut self, offer: PaceOffer, password: &[u8]) -> Answer {
        let nonce = random::bytes(&mut self.random, nonce_bytes(&offer));
        let key = offer.cipher.derive(password, 3);
        let iv = vec![0; offer.cipher.block_bytes()];
        let sealed = offer.cipher.encrypt(&key, &iv, &nonce);
        self.session.pace = Stage::NonceSent { offer, nonce };
        Ok(der::tlv(0x80, &sealed))
    }

    fn map(&mut self, offer: PaceOffer, nonce: &[u8], data: &[u8]) -> Answer {
        let arithmetic = Arithmetic::of(offer.group);
        let (generator, mapping_secret, answer) = match offer.mapping {
            Mapping::Integrated => {
                let number = pseudo_random(offer.cipher, nonce, data, &arithmetic)?;
                let generator = integrated(&arithmetic, &number).ok_or(AUTHENTICATION_FAILED)?;
                (generator, None, der::tlv(0x82, &[]))
            }
            Mapping::Generic | Mapping::ChipAuthentication => {
                let theirs = arithmetic.decode(data).ok_or(AUTHENTICATION_FAILED)?;
                let (secret, public) = arithmetic
                    .key_pair(&arithmetic.generator(), &mut self.random)
                    .ok_or(AUTHENTICATION_FAILED)?;
                let nonce = BigUint::from_bytes_be(nonce);
                let generator = arithmetic
                    .raise(&theirs, &secret)
                    .zip(arithmetic.raise(&arithmetic.generator(), &nonce))
                    .and_then(|(shared, own)| arithmetic.combine(&shared, &own))
                    .ok_or(AUTHENTICATION_FAILED)?;
                (generator, Some(secret), der::tlv(0x82, &arithmetic.encode(&public)))
            }
        };
        self.session.pace = Stage::Mapped { offer, generator, mapping_secret };
        Ok(answer)
    }

    fn agree(
        &mut self,
        offer: PaceOffer,
        generator: &Element,
        mapping_secret: Option<BigUint>,
        data: &[u8],
    ) -> Answer {
        let arithmetic = Arithmetic::of(offer.group);
        let theirs = arithmetic.decode(data).ok_or(AUTHENTICATION_FAILED)?;
        let (secret, public) =
            arithmetic.key_pair(generator, &mut self.random).ok_or(AUTHENTICATION_FAILED)?;
        let own = arithmetic.encode(&public);
        // A reflected key would make both tokens equal (§4.4.1 step 3).
        if own == data {
            return Err(AUTHENTICATION_FAILED);
        }
        let shared = arithmetic.shared_secret(&secret, &theirs).ok_or(AUTHENTICATION_FAILED)?;
        let keys = offer.cipher.session_keys(&shared);
        let proof = match offer.mapping {
            Mapping::ChipAuthentication => {
                mapping_secret.and_then(|secret| self.mapping_proof(&arithmetic, &secret, &keys))
            }
            Mapping::Generic | Mapping::Integrated => None,
        };
        let answer = der::tlv(0x84, &own);
        self.session.pace = Stage::Agreed { offer, keys, own, theirs: data.to_vec(), proof };
        Ok(answer)
    }

    fn mapping_proof(
        &self,
        arithmetic: &Arithmetic,
        mapping_secret: &BigUint,
        keys: &Keys,
    ) -> Option<Vec<u8>> {
        let key = self.document.mapping_key.as_ref()?;
        proof_under(keys, arithmetic.order(), mapping_secret, &key.secret)
    }

    fn confirm(
        &mut self,
        offer: PaceOffer,
        keys: Keys,
        (own, theirs): (&[u8], &[u8]),
        proof: Option<Vec<u8>>,
        their_token: &[u8],
    ) -> Answer {
        if token(&offer, &keys, own) != their_token {
            return Err(self.faults.wrong_key);
        }
        let mut answer = der::tlv(0x86, &token(&offer, &keys, theirs));
        answer.extend(proof.map(|proof| der::tlv(0x8A, &proof)).unwrap_or_default());
        self.begin(Channel::new(keys, None));
        Ok(answer)
    }
}

/// Nonces of integrated mapping with a longer key are two blocks long (§4.4.3.3).
fn nonce_bytes(offer: &PaceOffer) -> usize {
    match (offer.mapping, offer.cipher) {
        (Mapping::Integrated, Cipher::Aes192 | Cipher::Aes256) => 32,
        (Mapping::Generic | Mapping::Integrated | Mapping::ChipAuthentication, _) => 16,
    }
}

/// `CA_IC = SK_IC⁻¹ · SK_map` under the session's key, §4.4.3.5.
fn proof_under(
    keys: &Keys,
    order: &BigUint,
    mapping_secret: &BigUint,
    fixed_secret: &BigUint,
) -> Option<Vec<u8>> {
    let data = mapping_secret * fixed_secret.modinv(order)? % order;
    let length = usize::try_from(order.bits().div_ceil(8)).ok()?;
    let data = crate::curve::padded(&data, length);
    // The initial vector is the encryption of a counter of -1.
    let iv = keys.cipher.encrypt(&keys.encryption, &[0; 16], &[0xFF; 16]);
    Some(keys.cipher.encrypt(&keys.encryption, &iv, &padded(&data, 16)))
}

/// MAC over the public key data object of the other side, §4.4.3.4.
fn token(offer: &PaceOffer, keys: &Keys, public_key: &[u8]) -> Vec<u8> {
    let tag = Arithmetic::of(offer.group).public_key_tag();
    let object = der::joined(0x7F49, &[&der::oid(&offer.oid()), &der::tlv(tag, public_key)]);
    let message = match offer.cipher {
        Cipher::TripleDes => padded(&object, 8),
        Cipher::Aes128 | Cipher::Aes192 | Cipher::Aes256 => object,
    };
    keys.cipher.mac(&keys.mac, &message)
}

/// `R_p(s, t)`, §4.4.3.3.2: a number modulo the prime from both nonces.
fn pseudo_random(
    cipher: Cipher,
    nonce: &[u8],
    terminal_nonce: &[u8],
    arithmetic: &Arithmetic,
) -> Result<BigUint, u16> {
    const C0_SHORT: &str = "a668892a7c41e3ca739f40b057d85904";
    const C1_SHORT: &str = "a4e136ac725f738b01c1f60217c188ad";
    const C0_LONG: &str = "d463d65234124ef7897054986dca0a174e28df758cbaa03f240616414d5a1676";
    const C1_LONG: &str = "54bd7255f0aaf831bec3423fcf39d69b6cbf066677d0faae5aadd99df8e53517";
    let (c0, c1, length, key_bytes) = match cipher {
        Cipher::TripleDes | Cipher::Aes128 => (C0_SHORT, C1_SHORT, 16, 16),
        Cipher::Aes192 => (C0_LONG, C1_LONG, 32, 24),
        Cipher::Aes256 => (C0_LONG, C1_LONG, 32, 32),
    };
    if terminal_nonce.len() != key_bytes {
        return Err(WRONG_DATA);
    }
    let constant = |hex: &str| crate::curve::padded(&crate::curve::number(hex), length);
    let (c0, c1) = (constant(c0), constant(c1));
    let p = match arithmetic {
        Arithmetic::Curve(domain) => &domain.p,
        Arithmetic::Modp(domain) => &domain.p,
    };
    let iv = vec![0; cipher.block_bytes()];
    let mut key = cipher.encrypt(terminal_nonce, &iv, nonce);
    let bits = p.bits().saturating_add(64);
    let mut out = Vec::new();
    while u64::try_from(out.len()).unwrap_or(u64::MAX).saturating_mul(8) < bits {
        key.truncate(key_bytes);
        out.extend(cipher.encrypt(&key, &iv, &c1));
        key = cipher.encrypt(&key, &iv, &c0);
    }
    Ok(BigUint::from_bytes_be(&out) % p)
}

fn integrated(arithmetic: &Arithmetic, number: &BigUint) -> Option<Element> {
    match arithmetic {
        Arithmetic::Curve(domain) => point_of(domain, number),
        Arithmetic::Modp(ModpDomain { p, order, .. }) => {
            let exponent = (p - 1u32) / order;
            let element = number.modpow(&exponent, p);
            (element > BigUint::from(1u32)).then_some(Element::Number(element))
        }
    }
}

/// The point encoding of Doc 9303-11 Appendix B.1, in affine coordinates.
fn point_of(domain: &Domain, t: &BigUint) -> Option<Element> {
    let p = &domain.p;
    let one = BigUint::from(1u32);
    let zero = BigUint::ZERO;
    let alpha = domain.subtract(&zero, &(t * t % p));
    let sum = (&alpha + &alpha * &alpha) % p;
    if sum == zero {
        return None;
    }
    let factor = domain.subtract(&zero, &(&domain.b * domain.invert(&domain.a) % p));
    let x2 = factor * (one + domain.invert(&sum)) % p;
    let x3 = &alpha * &x2 % p;
    let h2 = domain.right_side(&x2);
    let u = t.modpow(&BigUint::from(3u32), p) * &h2 % p;
    let exponent = p - 1u32 - (p + 1u32) / 4u32;
    let a = h2.modpow(&exponent, p);
    let (x, y) = if &a * &a % p * &h2 % p == BigUint::from(1u32) {
        (x2, a * h2 % p)
    } else {
        (x3, a * u % p)
    };
    let point = crate::curve::Point { x, y };
    domain.decode(&domain.encode(&point)).map(Element::Point)
}

#[cfg(test)]
mod tests;
