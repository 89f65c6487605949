//! Reading files: to their ends, beyond 32 KiB, and on from where an earlier session stopped.

use super::error::{Cause, Stage};
use super::flow::Flow;
use super::lengths::{Block, SHORT_READ_BYTES_MIN};
use super::read_command::read_at;
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
    /// Reads a file to its end; a refusal is noted and is no error.
    pub(super) async fn read_file(&mut self, file: FileId) -> Result<(), Cause> {
        self.line.enter(Stage::Reading, Some(file));
        let (begun, complete) = self.state_of(file);
        if complete || self.is_refused(file) {
            return Ok(());
        }
        if begun == 0 {
            if !self.first_block(file).await? {
                return Ok(());
            }
        } else if self.current != Some(file)
            && let Some(status) = self.select(file).await?
        {
            return Err(Cause::Refused(status));
        }
        while !self.state_of(file).1 {
            self.next_block(file).await?;
        }
        Ok(())
    }

    /// Reads a file's first block, which also teaches whether short identifiers work.
    pub(super) async fn begin_file(&mut self, file: FileId) -> Result<(), Cause> {
        self.line.enter(Stage::Reading, Some(file));
        if self.state_of(file) == (0, false) {
            self.first_block(file).await?;
        }
        Ok(())
    }

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

    async fn next_block(&mut self, file: FileId) -> Result<(), Cause> {
        let (offset, _) = self.state_of(file);
        let remaining = self.total_of(file).saturating_sub(offset);
        let (bytes, extended) = self.block_bytes(remaining);
        let command = read_at(offset, bytes, extended);
        let mut block = self.block(&command, bytes).await?;
        let refused = match &block {
            Block::Length(status) | Block::Refused(status) => Some(*status),
            Block::Data { .. } => None,
        };
        if let Some(status) = refused.filter(|status| !status.is_wrong_length()) {
            if self.ends_open(file) {
                return Ok(());
            }
            if std::mem::take(&mut self.by_short) {
                block = self.selected_block(file, &command, bytes, status).await?;
            }
        }
        match block {
            Block::Data { bytes: data, ended } => {
                if extended {
                    self.learn_extended(bytes, data.len());
                }
                if data.is_empty() {
                    self.end(file);
                } else {
                    self.append(file, &data, ended);
                }
            }
            // 6282 was the truth: nothing follows.
            Block::Length(_) | Block::Refused(_) if self.line.part(file).doubtful_end => {
                self.end(file);
            }
            Block::Length(_) | Block::Refused(_) if extended => {
                self.step_down_extended(bytes);
            }
            Block::Length(_) if self.step_down(bytes) => {}
            // Nothing there, though the header claims it: lengths off by a few octets are known (GB, NZ). The hash
            // judges what came.
            Block::Length(_) => self.end(file),
            Block::Refused(status) => return Err(Cause::Refused(status)),
        }
        Ok(())
    }

    fn end(&self, file: FileId) {
        self.line.memory(|memory| memory.files.entry(file).or_default().ended = true);
    }
}
