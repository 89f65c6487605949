//! What is kept of each file: its blocks, how long it is, whether that is all, or that the chip refused it.

use super::error::Cause;
use super::flow::Flow;
use super::resume::SHORT_READ_BYTES_MIN;
use super::{FILE_BYTES_MAX, FILES_BYTES_MAX};
use crate::apdu::StatusWord;
use crate::asn1;
use crate::lds::file::FileId;
use crate::tlv;

/// A file whose header says no length, at most: SODs alone are known to come so.
const OPEN_ENDED_BYTES_MAX: usize = 65_536;

/// How much of such a file is asked for at once.
const OPEN_ENDED_STEP_BYTES: usize = 2_048;

impl Flow {
    pub(super) fn is_refused(&self, file: FileId) -> bool {
        self.line.memory(|memory| memory.refused.contains_key(&file)) == Some(true)
    }

    pub(super) fn refuse(&self, file: FileId, status: StatusWord) {
        self.line.memory(|memory| memory.refused.insert(file, status));
    }

    /// Octets read, and whether that is all.
    pub(super) fn state_of(&self, file: FileId) -> (usize, bool) {
        self.line
            .memory(|memory| {
                memory.files.get(&file).map(|part| (part.bytes.len(), part.is_complete()))
            })
            .flatten()
            .unwrap_or_default()
    }

    pub(super) fn total_of(&self, file: FileId) -> usize {
        self.line
            .memory(|memory| {
                let part = memory.files.get(&file)?;
                // Of a file without a length as much again as such files mostly have.
                let guess = || part.bytes.len().saturating_add(OPEN_ENDED_STEP_BYTES);
                part.total.or_else(|| part.open_ended.then(guess))
            })
            .flatten()
            .unwrap_or_default()
    }

    fn is_open_ended(&self, file: FileId) -> bool {
        self.line.part(file).open_ended
    }

    /// A read beyond what is there ends a file whose header says no length; `false` for other files.
    pub(super) fn ends_open(&self, file: FileId) -> bool {
        let open = self.is_open_ended(file);
        if open {
            self.end(file);
        }
        open
    }

    /// Takes a file's first block: it says how long the file is.
    pub(super) fn begin(&self, file: FileId, bytes: Vec<u8>, ended: bool) -> Result<(), Cause> {
        if asn1::is_indefinite(&bytes) {
            self.line.memory(|memory| {
                let part = memory.files.entry(file).or_default();
                (part.open_ended, part.total) = (true, None);
                part.bytes.clear();
            });
            self.append(file, &bytes, ended);
            return Ok(());
        }
        let header = tlv::header(&bytes).map_err(Cause::Header)?;
        let claimed = header.total_bytes();
        let limit = FILE_BYTES_MAX;
        let total = usize::try_from(claimed)
            .ok()
            .filter(|total| *total <= limit)
            .ok_or(Cause::TooLong { claimed, limit })?;
        let others = self.line.memory(|memory| {
            memory.files.values().filter_map(|part| part.total).fold(0, usize::saturating_add)
        });
        let all = others.unwrap_or_default().saturating_add(total);
        if all > FILES_BYTES_MAX {
            let claimed = u64::try_from(all).unwrap_or(u64::MAX);
            return Err(Cause::TooLong { claimed, limit: FILES_BYTES_MAX });
        }
        self.line.memory(|memory| {
            let part = memory.files.entry(file).or_default();
            part.total = Some(total);
            part.bytes.clear();
        });
        self.append(file, &bytes, ended);
        Ok(())
    }

    /// Keeps a block. What lies beyond the claimed end is not part of the file.
    pub(super) fn append(&self, file: FileId, bytes: &[u8], ended: bool) {
        self.line.memory(|memory| {
            let part = memory.files.entry(file).or_default();
            part.bytes.extend_from_slice(bytes);
            part.doubtful_end = false;
            if part.open_ended {
                let whole = asn1::whole_bytes(&part.bytes);
                part.bytes.truncate(whole.unwrap_or(OPEN_ENDED_BYTES_MAX));
                part.ended = ended || whole.is_some() || part.bytes.len() >= OPEN_ENDED_BYTES_MAX;
            }
            if let Some(total) = part.total {
                // 6282 before the end: the header claims too much, or, with Spanish chips, we asked for too much.
                part.doubtful_end = ended && part.bytes.len() < total;
                if part.doubtful_end && bytes.len() >= SHORT_READ_BYTES_MIN {
                    memory.lessons.read_bytes = Some(bytes.len());
                }
                part.bytes.truncate(total);
            }
        });
    }

    pub(super) fn end(&self, file: FileId) {
        self.line.memory(|memory| memory.files.entry(file).or_default().ended = true);
    }
}
