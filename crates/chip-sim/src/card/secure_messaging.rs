//! The card's half of secure messaging, Doc 9303-11 §9.8.

use crate::card::command::{Command, Response, SM_OBJECTS_INCORRECT, SM_OBJECTS_MISSING};
use crate::cipher::{Keys, padded, unpadded};
use crate::der;
use crate::protocol::Cipher;

/// Keys and counter of a session.
#[derive(Clone)]
pub(super) struct Channel {
    keys: Keys,
    counter: Vec<u8>,
}

impl Channel {
    /// A session whose counter starts at the given value, or at zero.
    pub(super) fn new(keys: Keys, counter: Option<[u8; 8]>) -> Self {
        let zero = vec![0; keys.cipher.block_bytes()];
        Self { keys, counter: counter.map_or(zero, |counter| counter.to_vec()) }
    }

    /// Opens a protected command; the status word of the refusal where it is not one.
    pub(super) fn open(&mut self, command: &Command) -> Result<Command, u16> {
        self.count();
        let objects = der::children(&command.data).ok_or(SM_OBJECTS_INCORRECT)?;
        let mut authenticated = Vec::new();
        let (mut sealed, mut expected, mut mac) = (None, None, None);
        for object in &objects {
            match object.tag {
                0x87 | 0x85 => sealed = Some((object.tag, object.value)),
                0x97 => expected = Some(object.value),
                0x8E => {
                    mac = Some(object.value);
                    continue;
                }
                _ => {}
            }
            if mac.is_some() {
                return Err(SM_OBJECTS_INCORRECT);
            }
            authenticated.extend_from_slice(object.raw);
        }
        let mac = mac.ok_or(SM_OBJECTS_MISSING)?;
        let block = self.keys.cipher.block_bytes();
        let header = [command.class, command.instruction, command.p1, command.p2];
        let mut message = [self.counter.as_slice(), &padded(&header, block)].concat();
        if !authenticated.is_empty() {
            message.extend(padded(&authenticated, block));
        }
        if self.keys.cipher.mac(&self.keys.mac, &message) != mac {
            return Err(SM_OBJECTS_INCORRECT);
        }
        let data = match sealed {
            Some((0x87, [0x01, cryptogram @ ..])) | Some((0x85, cryptogram)) => {
                self.decrypted(cryptogram).ok_or(SM_OBJECTS_INCORRECT)?
            }
            Some(_) => return Err(SM_OBJECTS_INCORRECT),
            None => Vec::new(),
        };
        let (expected, extended) = expected_bytes(expected)?;
        Ok(Command {
            class: command.class & !0x0C,
            data,
            expected,
            extended: extended || command.extended,
            ..command.clone()
        })
    }

    /// Protects a response to an instruction.
    pub(super) fn seal(&mut self, instruction: u8, response: &Response) -> Response {
        self.count();
        let mut objects = Vec::new();
        if !response.data.is_empty() {
            let block = self.keys.cipher.block_bytes();
            let sealed = self.keys.cipher.encrypt(
                &self.keys.encryption,
                &self.initial_vector(),
                &padded(&response.data, block),
            );
            // An odd instruction answers with BER-TLV, which goes without a padding indicator.
            objects.extend(if instruction & 1 == 1 {
                der::tlv(0x85, &sealed)
            } else {
                der::joined(0x87, &[&[0x01], &sealed])
            });
        }
        objects.extend(der::tlv(0x99, &response.status.to_be_bytes()));
        let block = self.keys.cipher.block_bytes();
        let message = [self.counter.as_slice(), &padded(&objects, block)].concat();
        objects.extend(der::tlv(0x8E, &self.keys.cipher.mac(&self.keys.mac, &message)));
        Response { data: objects, status: response.status }
    }

    /// Most plain bytes whose protected response has at most `bytes_max` bytes.
    pub(super) fn plain_bytes_max(&self, bytes_max: usize) -> usize {
        let block = self.keys.cipher.block_bytes();
        // DO'99', DO'8E', the header of DO'87' at its longest, the padding indicator.
        let room = bytes_max.saturating_sub(4 + 10 + 5 + 1);
        (room - room % block).saturating_sub(1)
    }

    fn decrypted(&self, cryptogram: &[u8]) -> Option<Vec<u8>> {
        if cryptogram.is_empty() || !cryptogram.len().is_multiple_of(self.keys.cipher.block_bytes())
        {
            return None;
        }
        let iv = self.initial_vector();
        unpadded(&self.keys.cipher.decrypt(&self.keys.encryption, &iv, cryptogram))
    }

    fn initial_vector(&self) -> Vec<u8> {
        match self.keys.cipher {
            Cipher::TripleDes => vec![0; 8],
            Cipher::Aes128 | Cipher::Aes192 | Cipher::Aes256 => {
                self.keys.cipher.encrypt(&self.keys.encryption, &[0; 16], &self.counter)
            }
        }
    }

    fn count(&mut self) {
        for byte in self.counter.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
    }
}

fn expected_bytes(field: Option<&[u8]>) -> Result<(Option<usize>, bool), u16> {
    match field {
        None => Ok((None, false)),
        Some([0]) => Ok((Some(256), false)),
        Some([le]) => Ok((Some(usize::from(*le)), false)),
        Some([0, 0]) => Ok((Some(65_536), true)),
        Some([high, low]) => Ok((Some(usize::from(u16::from_be_bytes([*high, *low]))), true)),
        Some(_) => Err(SM_OBJECTS_INCORRECT),
    }
}
