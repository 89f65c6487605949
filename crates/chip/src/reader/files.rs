//! Reading files: to their ends, beyond 32 KiB, and on from where an earlier session stopped.

use super::error::{Cause, Stage};
use super::flow::Flow;
use super::lengths::Block;
use super::read_command::read_at;
use crate::lds::file::FileId;

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
}
