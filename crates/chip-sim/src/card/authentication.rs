//! Active and chip authentication, the card's half (Doc 9303-11 §6.1 and §6.2).

use num_bigint::BigUint;

use crate::agreement::Arithmetic;
use crate::card::Card;
use crate::card::command::{
    AUTHENTICATION_FAILED, CONDITIONS, Command, OK, REFERENCE_NOT_FOUND, Response, SECURITY_STATUS,
    UNKNOWN_INSTRUCTION, WRONG_DATA, WRONG_LENGTH, WRONG_P1_P2,
};
use crate::card::faults::{ActiveAnswer, AgreementAnswer};
use crate::card::secure_messaging::Channel;
use crate::der;
use crate::digest::Digest;
use crate::key::{EcKey, KeyPair};
use crate::protocol::{AgreementKey, CHIP_AUTHENTICATION, Cipher};
use crate::random;
use crate::rsa::RsaKey;
use crate::signature::{self, Scheme};

/// The chip authentication key that MSE:Set AT chose.
#[derive(Clone)]
pub(super) struct ChosenKey {
    key: AgreementKey,
    cipher: Cipher,
}

impl Card {
    pub(super) fn set_environment(&mut self, command: &Command) -> Response {
        self.session.agreement = None;
        match command.p1_p2() {
            0xC1A4 => self.choose_pace(command),
            0x41A4 => self.choose_key(command),
            0x41A6 => self.agree_at_once(command),
            _ => Response::status(WRONG_P1_P2),
        }
    }

    /// GENERAL AUTHENTICATE: a step of PACE, or the key agreement of chip authentication.
    pub(super) fn general_authenticate(&mut self, command: &Command) -> Response {
        // A chain of GENERAL AUTHENTICATE is either the steps of a protocol, each with a whole
        // data object, or one data object cut into pieces.
        let Some(object) = der::read(&mut command.data.as_slice()) else {
            if command.class & 0x10 != 0 {
                self.session.chain.clone_from(&command.data);
                return Response::status(OK);
            }
            return Response::status(WRONG_DATA);
        };
        if object.tag != 0x7C {
            return Response::status(WRONG_DATA);
        }
        match self.session.agreement.take() {
            Some(chosen) => {
                let objects = der::children(object.value).unwrap_or_default();
                let Some(public) = objects.iter().find(|o| o.tag == 0x80) else {
                    return Response::status(WRONG_DATA);
                };
                match self.agreed(&chosen.key, chosen.cipher, public.value) {
                    Some(()) => Response::data(vec![0x7C, 0x00]),
                    None => Response::status(AUTHENTICATION_FAILED),
                }
            }
            None => self.pace_step(object.value),
        }
    }

    /// MSE:Set AT for chip authentication.
    fn choose_key(&mut self, command: &Command) -> Response {
        if self.session.channel.is_none() && !self.session.access {
            return Response::status(SECURITY_STATUS);
        }
        match self.faults.agreement_answer {
            AgreementAnswer::OnlyKeyAgreementTemplate => return Response::status(0x6F00),
            AgreementAnswer::Right
            | AgreementAnswer::OnlyGeneralAuthenticate
            | AgreementAnswer::OldKeysKept => {}
        }
        let Some(objects) = der::children(&command.data) else {
            return Response::status(WRONG_DATA);
        };
        let value = |tag: u16| objects.iter().find(|o| o.tag == tag).map(|o| o.value);
        let Some(oid) = value(0x80) else { return Response::status(WRONG_DATA) };
        let arc = oid
            .strip_prefix(der::oid_content(CHIP_AUTHENTICATION).as_slice())
            .and_then(<[u8]>::last)
            .copied();
        let Some(cipher) = arc.and_then(Cipher::from_arc) else {
            return Response::status(WRONG_DATA);
        };
        let key = self.keyed(value(0x84)).filter(|key| {
            // A chip that does not announce a variant takes 3DES alone.
            der::oid_content(&key.offer.oid()) == oid
        });
        match key {
            Some(key) => {
                self.session.agreement = Some(ChosenKey { key, cipher });
                Response::status(OK)
            }
            None => Response::status(REFERENCE_NOT_FOUND),
        }
    }

    /// MSE:Set KAT: choice and agreement in one command, 3DES alone.
    fn agree_at_once(&mut self, command: &Command) -> Response {
        if self.session.channel.is_none() && !self.session.access {
            return Response::status(SECURITY_STATUS);
        }
        if self.faults.agreement_answer == AgreementAnswer::OnlyGeneralAuthenticate {
            return Response::status(0x6F00);
        }
        let Some(objects) = der::children(&command.data) else {
            return Response::status(WRONG_DATA);
        };
        let value = |tag: u16| objects.iter().find(|o| o.tag == tag).map(|o| o.value);
        let Some(public) = value(0x91) else { return Response::status(WRONG_DATA) };
        let key = self.keyed(value(0x84)).filter(|key| key.offer.cipher == Cipher::TripleDes);
        let Some(key) = key else { return Response::status(REFERENCE_NOT_FOUND) };
        match self.agreed(&key, Cipher::TripleDes, public) {
            Some(()) => Response::status(OK),
            None => Response::status(AUTHENTICATION_FAILED),
        }
    }

    /// The key with the given id; where none is given there must be no choice.
    fn keyed(&self, id: Option<&[u8]>) -> Option<AgreementKey> {
        let keys = &self.document.agreement_keys;
        match id {
            Some(id) => {
                let id = BigUint::from_bytes_be(id);
                let wanted = |key: &&AgreementKey| {
                    key.offer.key_id.is_some_and(|own| BigUint::from(own) == id)
                };
                keys.iter().find(wanted).cloned()
            }
            None => keys.first().filter(|_| keys.len() == 1).cloned(),
        }
    }

    /// New session keys, in force from the next command on.
    fn agreed(&mut self, key: &AgreementKey, cipher: Cipher, public: &[u8]) -> Option<()> {
        let arithmetic = Arithmetic::of(key.offer.group);
        let public = arithmetic.decode(public)?;
        let shared = arithmetic.shared_secret(&key.secret, &public)?;
        let next = Channel::new(cipher.session_keys(&shared), None);
        if self.faults.agreement_answer == AgreementAnswer::OldKeysKept {
            return Some(());
        }
        // Without access control the answer is plain and the session begins after it.
        self.begin(next);
        Some(())
    }

    pub(super) fn internal_authenticate(&mut self, command: &Command) -> Response {
        if !self.session.access {
            return Response::status(SECURITY_STATUS);
        }
        if !self.session.in_application {
            return Response::status(CONDITIONS);
        }
        let Some((key, digest)) = self.document.active_key.clone() else {
            return Response::status(UNKNOWN_INSTRUCTION);
        };
        if command.data.len() != 8 {
            return Response::status(WRONG_LENGTH);
        }
        let mut challenge = command.data.clone();
        let mut digest = digest;
        match self.faults.active_answer {
            ActiveAnswer::OtherChallenge => {
                challenge.iter_mut().for_each(|byte| *byte = !*byte);
            }
            ActiveAnswer::Sha256 => digest = Digest::Sha256,
            ActiveAnswer::Right | ActiveAnswer::LongTrailer | ActiveAnswer::DerSignature => {}
        }
        Response::data(match key {
            KeyPair::Rsa(key) => self.recoverable(&key, digest, &challenge),
            KeyPair::Ec(key) => self.on_curve(key, digest, &challenge),
        })
    }

    fn on_curve(&mut self, key: EcKey, digest: Digest, challenge: &[u8]) -> Vec<u8> {
        let scheme = if self.faults.active_answer == ActiveAnswer::DerSignature {
            Scheme::Ecdsa(digest)
        } else {
            Scheme::EcdsaPlain(digest)
        };
        signature::sign(&KeyPair::Ec(key), scheme, challenge, &mut self.random)
    }

    /// ISO/IEC 9796-2 scheme 1: header, random part, hash over it and the challenge, trailer.
    fn recoverable(&mut self, key: &RsaKey, digest: Digest, challenge: &[u8]) -> Vec<u8> {
        let trailer: &[u8] = match digest {
            Digest::Sha1 if self.faults.active_answer != ActiveAnswer::LongTrailer => &[0xBC],
            Digest::Sha1 => &[0x33, 0xCC],
            Digest::Sha224 => &[0x38, 0xCC],
            Digest::Sha256 => &[0x34, 0xCC],
            Digest::Sha384 => &[0x36, 0xCC],
            Digest::Sha512 => &[0x35, 0xCC],
        };
        let length = key
            .modulus_bytes()
            .saturating_sub(1)
            .saturating_sub(digest.output_bytes())
            .saturating_sub(trailer.len());
        let recovered = random::bytes(&mut self.random, length);
        let hash = digest.of(&[&recovered, challenge]);
        let encoded = [&[0x6A][..], &recovered, &hash, trailer].concat();
        signature::rsa_raw(key, &encoded)
    }
}
