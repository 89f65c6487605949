//! Many reads in one message, for a relay: wrapped reads depend on the counter only, so a whole data group can be
//! asked for ahead of its answers.

use super::access::select_quietly;
use super::card::Answered;
use super::error::{Cause, Stage};
use super::files::judged_data;
use super::flow::Flow;
use super::read_command::{read_at, read_binary};
use crate::apdu::Command;
use crate::lds::file::FileId;

/// One command of a batch and what its answer is for.
struct Asked {
    command: Command,
    file: FileId,
    offset: usize,
    bytes: usize,
}

/// Octets of a head: enough for tag and length, and no more than the smallest file has.
const HEAD_BYTES: usize = 8;

/// Batches for one set of files at most: one for the heads, one for the rest, and as many again for what broke off.
const BATCHES_MAX: usize = 8;

impl Flow {
    /// Selects the application after PACE and begins the SOD, both in one message.
    pub(super) async fn select_and_begin(&mut self) -> Result<(), Cause> {
        let short = self.line.memory(|memory| memory.lessons.short_identifiers).flatten();
        if short == Some(false) || self.state_of(FileId::Sod) != (0, false) {
            return self.select_application().await;
        }
        let bytes = self.short_bytes();
        let head = read_binary(0x80 | FileId::Sod.short_identifier(), 0, bytes);
        let answers = self.card.read_ahead(&[select_quietly(), head]).await?;
        let mut answers = answers.into_iter();
        match answers.next() {
            Some(Answered::Properly(selected)) if !selected.status.is_error() => {}
            Some(Answered::Properly(_) | Answered::Nakedly(_)) | None => {
                return self.select_application().await;
            }
        }
        match answers.next() {
            Some(Answered::Properly(answer)) => {
                if let Some((data, ended)) = judged_data(answer, false, bytes)? {
                    self.line.memory(|memory| memory.lessons.short_identifiers = Some(true));
                    self.begin(FileId::Sod, data, ended)?;
                }
                Ok(())
            }
            Some(Answered::Nakedly(status)) => {
                self.line.memory(|memory| memory.lessons.short_identifiers = Some(false));
                Err(Cause::SessionLost(status))
            }
            None => Ok(()),
        }
    }

    /// Reads files: in batches where the line is a relay, one command at a time where it is not.
    pub(super) async fn read_files(&mut self, files: &[FileId]) -> Result<(), Cause> {
        if self.plan.batch_commands_max > 1 {
            for _ in 0..BATCHES_MAX {
                let before = self.settled(files);
                self.read_heads(files).await?;
                self.read_rests(files).await?;
                if self.settled(files) == before {
                    break;
                }
            }
        }
        // What a batch could not settle is settled here.
        for file in files {
            self.read_file(*file).await?;
        }
        Ok(())
    }

    /// Octets read and refusals noted: a batch that changes neither would not the next time.
    fn settled(&self, files: &[FileId]) -> (usize, usize) {
        let bytes = files.iter().map(|file| self.state_of(*file).0).sum();
        (bytes, self.line.memory(|memory| memory.refused.len()).unwrap_or_default())
    }

    /// The first octets of files not begun; they say how long the files are. Short, because an answer of 6282 would
    /// end the batch.
    async fn read_heads(&mut self, files: &[FileId]) -> Result<(), Cause> {
        let short = self.line.memory(|memory| memory.lessons.short_identifiers).flatten();
        if short != Some(true) {
            return Ok(());
        }
        let refused = |file: &FileId| {
            self.line.memory(|memory| memory.refused.contains_key(file)) == Some(true)
        };
        let asked = files.iter().filter(|file| self.state_of(**file) == (0, false));
        let asked = asked.filter(|file| !refused(file)).map(|file| Asked {
            command: read_binary(0x80 | file.short_identifier(), 0, HEAD_BYTES),
            file: *file,
            offset: 0,
            bytes: HEAD_BYTES,
        });
        let asked = asked.collect();
        self.ask_all(asked).await
    }

    /// All other blocks of files begun.
    async fn read_rests(&mut self, files: &[FileId]) -> Result<(), Cause> {
        let mut asked = Vec::new();
        for file in files {
            let (begun, complete) = self.state_of(*file);
            if begun == 0 || complete {
                continue;
            }
            let total = self.total_of(*file);
            let mut offset = begun;
            while offset < total {
                let (bytes, extended) = self.block_bytes(total.saturating_sub(offset));
                // The first read of a file makes it current: by its short identifier where the offset allows.
                let command = match u8::try_from(offset) {
                    Ok(p2) if offset == begun => {
                        let command = read_binary(0x80 | file.short_identifier(), p2, bytes);
                        if extended { command.extended() } else { command }
                    }
                    _ => read_at(offset, bytes, extended),
                };
                if offset == begun && u8::try_from(offset).is_err() {
                    let identifier = file.identifier().to_be_bytes();
                    let select = Command::new(0x00, 0xA4, 0x02, 0x0C).with_data(identifier);
                    asked.push(Asked { command: select, file: *file, offset, bytes: 0 });
                }
                asked.push(Asked { command, file: *file, offset, bytes });
                offset = offset.saturating_add(bytes.max(1));
            }
        }
        self.ask_all(asked).await
    }

    async fn ask_all(&mut self, asked: Vec<Asked>) -> Result<(), Cause> {
        for batch in asked.chunks(self.plan.batch_commands_max) {
            if let Some(first) = batch.first() {
                self.line.enter(Stage::Reading, Some(first.file));
            }
            let commands: Vec<Command> = batch.iter().map(|one| one.command.clone()).collect();
            let longest = batch.iter().filter(|one| one.command.is_extended());
            let longest = longest.map(|one| one.bytes).max().unwrap_or(0);
            self.line.memory(|memory| memory.lessons.under_way = longest);
            let answers = self.card.read_ahead(&commands).await?;
            self.line.memory(|memory| memory.lessons.under_way = 0);
            let cut_short = answers.len() < batch.len();
            for (one, answered) in batch.iter().zip(answers) {
                let answer = match answered {
                    Answered::Properly(answer) => answer,
                    // PROTOCOLS.md section 7: a batch that broke off unprotected is made good by a new session.
                    Answered::Nakedly(status) => return Err(Cause::SessionLost(status)),
                };
                if one.bytes == 0 {
                    continue;
                }
                let odd = one.command.ins & 1 == 1;
                let status = answer.status;
                let Some((data, ended)) = judged_data(answer, odd, one.bytes)? else {
                    if one.offset == 0 {
                        self.line.memory(|memory| memory.refused.insert(one.file, status));
                    }
                    return Ok(());
                };
                // A block that came short leaves a hole: what follows it is asked for again.
                if self.state_of(one.file).0 != one.offset {
                    return Ok(());
                }
                if one.offset == 0 {
                    self.begin(one.file, data, ended)?;
                } else {
                    self.append(one.file, &data, ended);
                }
            }
            if cut_short {
                return Ok(());
            }
        }
        Ok(())
    }
}
