//! The card's half of Basic Access Control, Doc 9303-11 §4.3.

use crate::card::Card;
use crate::card::command::{CONDITIONS, Command, Response, WRONG_LENGTH};
use crate::card::secure_messaging::Channel;
use crate::cipher::padded;
use crate::digest::Digest;
use crate::protocol::Cipher;
use crate::random;

impl Card {
    pub(super) fn challenge(&mut self, command: &Command) -> Response {
        if !self.document.access.bac {
            return Response::status(self.faults.bac_refusal);
        }
        if !self.session.in_application {
            return Response::status(CONDITIONS);
        }
        if command.expected != Some(8) && !command.expects_all() {
            return Response::status(WRONG_LENGTH);
        }
        let challenge: [u8; 8] = random::array(&mut self.random);
        self.session.challenge = Some(challenge);
        Response::data(challenge.to_vec())
    }

    pub(super) fn external_authenticate(&mut self, command: &Command) -> Response {
        if !self.document.access.bac {
            return Response::status(self.faults.bac_refusal);
        }
        // A challenge is good for one try.
        let Some(challenge) = self.session.challenge.take() else {
            return Response::status(CONDITIONS);
        };
        if command.data.len() != 40 {
            return Response::status(WRONG_LENGTH);
        }
        match self.authenticated(&challenge, &command.data) {
            Some(answer) => Response::data(answer),
            None => Response::status(self.faults.wrong_key),
        }
    }

    fn authenticated(&mut self, challenge: &[u8; 8], data: &[u8]) -> Option<Vec<u8>> {
        let cipher = Cipher::TripleDes;
        let seed = Digest::Sha1.of(&[self.document.mrz_information.as_bytes()]);
        let keys = cipher.session_keys(seed.get(..16)?);
        let (cryptogram, mac) = data.split_at_checked(32)?;
        if cipher.mac(&keys.mac, &padded(cryptogram, 8)) != mac {
            return None;
        }
        let opened = cipher.decrypt(&keys.encryption, &[0; 8], cryptogram);
        let (terminal_challenge, rest) = opened.split_at_checked(8)?;
        let (own_challenge, terminal_key) = rest.split_at_checked(8)?;
        if own_challenge != challenge {
            return None;
        }
        let own_key: [u8; 16] = random::array(&mut self.random);
        let plain = [&challenge[..], terminal_challenge, &own_key].concat();
        let mut answer = cipher.encrypt(&keys.encryption, &[0; 8], &plain);
        answer.extend(cipher.mac(&keys.mac, &padded(&answer, 8)));
        let secret: Vec<u8> = terminal_key.iter().zip(own_key).map(|(t, c)| t ^ c).collect();
        let counter = [challenge.get(4..)?, terminal_challenge.get(4..)?].concat();
        let counter: [u8; 8] = counter.try_into().ok()?;
        self.begin(Channel::new(cipher.session_keys(&secret), Some(counter)));
        Some(answer)
    }
}
