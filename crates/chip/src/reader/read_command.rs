//! READ BINARY in its forms (Doc 9303-10 §3.6.3).

use crate::apdu::Command;
use crate::tlv::{self, Tag};

/// The highest offset that P1 and P2 of READ BINARY can say.
const OFFSET_MAX: usize = 0x7FFF;

/// Octets that an answer with odd instruction needs beside the data: `53`, and a length of up to four.
const DISCRETIONARY_HEADER_BYTES: usize = 5;

fn expecting(command: Command, bytes: usize) -> Command {
    command.expecting(u32::try_from(bytes).unwrap_or(65_536).min(65_536))
}

/// READ BINARY with P1 and P2 as they are.
pub(super) fn read_binary(p1: u8, p2: u8, bytes: usize) -> Command {
    expecting(Command::new(0x00, 0xB0, p1, p2), bytes)
}

/// READ BINARY at an offset of the current file: beyond 32 KiB with odd instruction (Doc 9303-10 §3.6.3.2).
pub(super) fn read_at(offset: usize, bytes: usize, extended: bool) -> Command {
    let command = if offset <= OFFSET_MAX {
        let [p1, p2] = u16::try_from(offset).unwrap_or(u16::MAX).to_be_bytes();
        read_binary(p1, p2, bytes)
    } else {
        let octets = u32::try_from(offset).unwrap_or(u32::MAX).to_be_bytes();
        let lead = octets.iter().take_while(|octet| **octet == 0).count();
        let offset = tlv::object(Tag::new(0x54), octets.get(lead..).unwrap_or_default());
        let bytes = bytes.saturating_add(DISCRETIONARY_HEADER_BYTES);
        expecting(Command::new(0x00, 0xB1, 0x00, 0x00).with_data(offset), bytes)
    };
    if extended { command.extended() } else { command }
}
