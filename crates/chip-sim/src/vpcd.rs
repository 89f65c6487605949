//! Carrying a card to a virtual reader: the protocol of vsmartcard's vpcd.
//!
//! Each message is a big-endian `u16` length and so many bytes. A message of one byte is a control:
//! 0 power off, 1 power on, 2 reset, 4 send the answer to reset. Anything else is a command APDU and
//! is answered with a response APDU.

use std::io::{self, Read, Write};
use std::time::Duration;

use crate::card::Card;

const POWER_OFF: u8 = 0;
const POWER_ON: u8 = 1;
const RESET: u8 = 2;
const ANSWER_TO_RESET: u8 = 4;

/// Why the connection to the reader ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The connection broke.
    #[error("talking to the virtual reader")]
    Connection(#[source] io::Error),
    /// An answer did not fit the protocol's length field.
    #[error("an answer of {bytes} bytes does not fit a message")]
    AnswerTooLong {
        /// Its length.
        bytes: usize,
    },
}

/// Serves a card until the reader closes the connection, or until the card leaves the field.
///
/// # Errors
///
/// A [`ServeError`] where the connection broke other than by being closed.
pub fn serve(
    card: &mut Card,
    reader: &mut (impl Read + Write),
    wait: &mut dyn FnMut(Duration),
) -> Result<(), ServeError> {
    while let Some(message) = receive(reader)? {
        match message.as_slice() {
            [POWER_OFF | POWER_ON | RESET] => card.reset(),
            [ANSWER_TO_RESET] => send(reader, &card.answer_to_reset())?,
            command => {
                wait(Duration::from_millis(card.faults().answer_millis));
                let answer = card.transmit(command);
                if answer.is_empty() {
                    return Ok(());
                }
                send(reader, &answer)?;
            }
        }
    }
    Ok(())
}

fn receive(reader: &mut impl Read) -> Result<Option<Vec<u8>>, ServeError> {
    let mut length = [0; 2];
    match reader.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(ServeError::Connection(error)),
    }
    let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
    reader.read_exact(&mut message).map_err(ServeError::Connection)?;
    Ok(Some(message))
}

fn send(writer: &mut impl Write, message: &[u8]) -> Result<(), ServeError> {
    let length = u16::try_from(message.len())
        .map_err(|_| ServeError::AnswerTooLong { bytes: message.len() })?;
    let framed = [&length.to_be_bytes()[..], message].concat();
    writer.write_all(&framed).and_then(|()| writer.flush()).map_err(ServeError::Connection)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Seeded;

    struct Wire {
        incoming: io::Cursor<Vec<u8>>,
        outgoing: Vec<u8>,
    }

    impl Read for Wire {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.incoming.read(buffer)
        }
    }

    impl Write for Wire {
        fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
            self.outgoing.extend_from_slice(buffer);
            Ok(buffer.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn controls_and_commands_are_answered_in_order() {
        let profile = crate::profile("plain").unwrap();
        let (_, document) = profile.issue(&mut Seeded::new([1; 32])).unwrap();
        let mut card = Card::new(document, [2; 32]);
        let mut incoming = vec![0, 1, POWER_ON, 0, 1, ANSWER_TO_RESET, 0, 12];
        incoming.extend([0, 0xA4, 4, 0x0C, 7, 0xA0, 0, 0, 2, 0x47, 0x10, 1]);
        let mut wire = Wire { incoming: io::Cursor::new(incoming), outgoing: Vec::new() };

        serve(&mut card, &mut wire, &mut |_| {}).unwrap();

        let reset = card.answer_to_reset();
        assert_eq!(wire.outgoing[..2], [0, u8::try_from(reset.len()).unwrap()]);
        assert_eq!(wire.outgoing[2..2 + reset.len()], reset);
        assert_eq!(wire.outgoing[2 + reset.len()..], [0, 2, 0x90, 0x00]);
    }
}
