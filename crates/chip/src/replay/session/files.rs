//! Which file is current, and what was read of each.

use std::collections::BTreeMap;

use super::Session;
use crate::apdu::{Command, Response};
use crate::lds::file::{APPLICATION, FileId};
use crate::reader::FILE_BYTES_MAX;
use crate::replay::{ReplayCause, card_access};
use crate::tlv::{self, Tag};

impl Session<'_> {
    /// A file that was read with gaps, or that does not begin as it must. Its end may be missing.
    pub(super) fn broken_file(&mut self) -> Option<FileId> {
        for (file, pieces) in &mut self.read {
            pieces.sort_unstable();
            let whole = pieces
                .iter()
                .try_fold(0, |end, &(from, to)| (from <= end).then(|| usize::max(end, to)));
            let begins = self.replayed.files.get(file).and_then(|bytes| tlv::header(bytes).ok());
            let fits = match (begins, file.tag()) {
                (Some(header), Some(tag)) => header.tag == tag,
                (None, Some(_)) | (_, None) => true,
            };
            // No MAC stands over EF.CardAccess: it must be what it says it is, as far as it goes.
            let cut = *file == FileId::CardAccess
                && begins.is_none_or(|it| usize::try_from(it.total_bytes()).ok() > whole);
            let bytes = self.replayed.files.get(file).map(Vec::as_slice).unwrap_or_default();
            let strange = cut && !(self.full && card_access::begins(bytes, &self.offered));
            if whole.is_none() || !fits || strange {
                return Some(*file);
            }
        }
        None
    }

    pub(super) fn select(&mut self, command: &Command) {
        match (command.p1, command.data.as_slice()) {
            (0x04, identifier) => {
                self.in_application = identifier == APPLICATION;
                self.current = None;
            }
            (0x00, [] | [0x3F, 0x00]) => {
                self.in_application = false;
                self.current = None;
            }
            // By its identifier, alone or at the end of a path.
            (_, &[.., high, low]) => {
                let identifier = u16::from_be_bytes([high, low]);
                self.current = self.file(|file| file.identifier() == identifier);
            }
            _ => {}
        }
    }

    fn file(&self, is: impl Fn(FileId) -> bool) -> Option<FileId> {
        let here = |file: &FileId| file.is_in_master_file() != self.in_application;
        // Some cards know one application and no master file: what is not here is meant there.
        FileId::all()
            .find(|file| here(file) && is(*file))
            .or_else(|| FileId::all().find(|file| is(*file)))
    }

    pub(super) fn read(&mut self, command: &Command, answer: &Response) -> Result<(), ReplayCause> {
        let (offset, data) = if command.ins == 0xB1 {
            let offset = tlv::single(&command.data, Tag::new(0x54)).ok();
            let offset = offset.map_or(0, |offset| {
                offset.value().iter().take(4).fold(0, |sum, octet| (sum << 8) | usize::from(*octet))
            });
            match u16::from_be_bytes([command.p1, command.p2]) {
                0 => {}
                short @ 1..=30 => {
                    self.current = self.file(|file| u16::from(file.short_identifier()) == short);
                }
                identifier => {
                    self.current = self.file(|file| file.identifier() == identifier);
                }
            }
            let data = tlv::single(&answer.data, Tag::new(0x53)).ok();
            (offset, data.map_or(&[][..], |data| data.value()))
        } else if command.p1 & 0x80 != 0 {
            let short = command.p1 & 0x1F;
            self.current = self.file(|file| file.short_identifier() == short);
            (usize::from(command.p2), answer.data.as_slice())
        } else {
            (usize::from(u16::from_be_bytes([command.p1, command.p2])), answer.data.as_slice())
        };
        let Some(file) = self.current else { return Ok(()) };
        let end = offset.saturating_add(data.len());
        if end > FILE_BYTES_MAX {
            return Err(ReplayCause::TooLong);
        }
        if file == FileId::CardAccess {
            let asked = command.expected.and_then(|most| usize::try_from(most).ok());
            self.full = asked == Some(data.len());
        }
        self.read.entry(file).or_default().push((offset, end));
        put(&mut self.replayed.files, file, offset, data);
        Ok(())
    }
}

fn put(files: &mut BTreeMap<FileId, Vec<u8>>, file: FileId, offset: usize, data: &[u8]) {
    let bytes = files.entry(file).or_default();
    let end = offset.saturating_add(data.len());
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    if let Some(place) = bytes.get_mut(offset..end) {
        place.copy_from_slice(data);
    }
}
