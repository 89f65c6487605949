//! What stands outside secure messaging carries no MAC: it is held against what it can mean.

use super::{Recorded, ReplayCause};
use crate::apdu::{Command, Response, StatusWord};
use crate::lds::file::{APPLICATION, FileId};
use crate::tlv::{self, Tag};

/// Chaining is the one bit of a class of the first interindustry channel that readers set.
const CHAINING: u8 = 0x10;
/// Classes of a card's maker, and of commands to the reader itself.
const PROPRIETARY: std::ops::RangeInclusive<u8> = 0x80..=0xFF;
const MASTER_FILE: u16 = 0x3F00;
/// Applications that stand beside the passport's on known cards: LDS2, the eID and its signature.
const OTHER_APPLICATIONS: [&[u8]; 5] = [
    &[0xA0, 0x00, 0x00, 0x02, 0x47, 0x20, 0x01],
    &[0xA0, 0x00, 0x00, 0x02, 0x47, 0x20, 0x02],
    &[0xA0, 0x00, 0x00, 0x02, 0x47, 0x20, 0x03],
    &[0xE8, 0x07, 0x04, 0x00, 0x7F, 0x00, 0x07, 0x03, 0x02],
    &[0xA0, 0x00, 0x00, 0x01, 0x67, 0x45, 0x53, 0x49, 0x47, 0x4E],
];

/// Checks a plain exchange that is no step of access control.
pub(super) fn exchange(
    command: &Command,
    recorded: &Recorded,
    answer: &Response,
    in_session: bool,
) -> Result<(), ReplayCause> {
    written(command, recorded)?;
    if PROPRIETARY.contains(&command.cla) {
        return if in_session { Err(ReplayCause::Unprotected) } else { Ok(()) };
    }
    answered(command, answer)?;
    let done = !answer.status.is_error();
    match command.ins {
        0xA4 if !done || is_known(command) => Ok(()),
        // A reader that begins anew: selection, and access control.
        0x22 | 0x82 | 0x84 | 0x86 => Ok(()),
        _ if in_session => Err(ReplayCause::Unprotected),
        0xB0 => Ok(()),
        0xB1 if tlv::single(&command.data, Tag::new(0x54)).is_ok() => Ok(()),
        // VERIFY, RESET RETRY COUNTER, MANAGE CHANNEL, INTERNAL AUTHENTICATE, GET DATA.
        0x20 | 0x2C | 0x70 | 0x88 | 0xCA | 0xCB => Ok(()),
        _ => Err(ReplayCause::Command),
    }
}

/// One form alone says what a command says; the class is one that readers use.
pub(super) fn written(command: &Command, recorded: &Recorded) -> Result<(), ReplayCause> {
    let interindustry = command.cla & !CHAINING == 0;
    let same = command.encode().map_err(ReplayCause::Apdu)? == recorded.command;
    if same && (interindustry || PROPRIETARY.contains(&command.cla)) {
        Ok(())
    } else {
        Err(ReplayCause::Command)
    }
}

/// The status is one that ISO/IEC 7816-4 §5.6 knows, and no more came than was asked for.
pub(super) fn answered(command: &Command, answer: &Response) -> Result<(), ReplayCause> {
    if !matches!(answer.status, StatusWord(0x9000 | 0x6100..=0x6FFF)) {
        return Err(ReplayCause::Status);
    }
    let asked = command.expected.and_then(|most| usize::try_from(most).ok());
    if asked.is_some_and(|most| answer.data.len() > most) {
        return Err(ReplayCause::Status);
    }
    Ok(())
}

/// A selection that succeeded was of something that there is.
fn is_known(command: &Command) -> bool {
    match (command.p1, command.data.as_slice()) {
        (0x04, identifier) => identifier == APPLICATION || OTHER_APPLICATIONS.contains(&identifier),
        (_, []) => true,
        (_, &[.., high, low]) => {
            let identifier = u16::from_be_bytes([high, low]);
            identifier == MASTER_FILE || FileId::all().any(|file| file.identifier() == identifier)
        }
        _ => false,
    }
}
