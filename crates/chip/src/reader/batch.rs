//! Many reads in one message, for a relay: wrapped reads depend on the counter only, so a whole data group can be
//! asked for ahead of its answers.

use super::application::select_in_form;
use super::card::Answered;
use super::error::{Cause, Stage};
use super::flow::Flow;
use super::lengths::judged_data;
use super::read_command::{read_at, read_binary};
use super::resume::Lessons;
use super::selection::{begins, select_file};
use crate::apdu::{Command, Response, StatusWord};
use crate::lds::file::FileId;

/// One command of a batch and what its answer is for.
struct Asked {
    command: Command,
    file: FileId,
    what: Purpose,
}

/// What a command of a batch does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Makes the file current.
    Select,
    /// Reads from the offset so many octets.
    Read { offset: usize, bytes: usize },
}

/// Octets of a head: enough for tag and length, and no more than the smallest file has.
const HEAD_BYTES: usize = 8;

/// Batches for one set of files at most: one for the heads, one for the rest, or one a file where files have to be
/// selected, and as many again for what broke off.
const BATCHES_MAX: usize = 40;

impl Flow {
    /// Selects the application after PACE and begins the SOD, both in one message.
    pub(super) async fn select_and_begin(&mut self) -> Result<(), Cause> {
        if self.short_identifiers() == Some(false) || self.state_of(FileId::Sod) != (0, false) {
            return self.select_application().await;
        }
        let bytes = self.short_bytes();
        let head = read_binary(0x80 | FileId::Sod.short_identifier(), 0, bytes);
        let form = self.application_form();
        let answers = self.card.read_ahead(&[select_in_form(form), head]).await?;
        let mut answers = answers.into_iter();
        match answers.next() {
            Some(Answered::Properly(selected)) if !selected.status.is_error() => {}
            Some(Answered::Nakedly(status)) => {
                self.line.memory(|memory| memory.lessons.application_form = form.wrapping_add(1));
                return Err(Cause::SessionLost(status));
            }
            Some(Answered::Properly(_)) => {
                self.line.memory(|memory| memory.lessons.application_form = form.wrapping_add(1));
                return self.select_application().await;
            }
            None => return self.select_application().await,
        }
        match answers.next() {
            Some(Answered::Properly(answer)) if answer.status.is_error() => {
                if answer.status.is_wrong_length() {
                    self.step_down(bytes);
                } else {
                    self.learn_short_identifiers(false);
                    self.strayed = true;
                }
                Ok(())
            }
            Some(Answered::Properly(answer)) => {
                let asked = Purpose::Read { offset: 0, bytes };
                self.take(FileId::Sod, asked, false, answer).await.map(|_| ())
            }
            Some(Answered::Nakedly(status)) => {
                self.learn_short_identifiers(false);
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
                match self.short_identifiers() {
                    Some(true) => {
                        self.read_heads(files).await?;
                        self.read_rests(files).await?;
                    }
                    Some(false) => self.read_selected(files).await?,
                    None => {}
                }
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

    /// Octets read, refusals noted, and what the chip taught: a batch that changes nothing would not the next time.
    fn settled(&self, files: &[FileId]) -> (usize, usize, bool, Option<Lessons>) {
        let bytes = files.iter().map(|file| self.state_of(*file).0).sum();
        let refused = self.line.memory(|memory| memory.refused.len()).unwrap_or_default();
        (bytes, refused, self.strayed, self.lessons())
    }

    /// The first octets of files not begun; they say how long the files are. Short, because an answer of 6282 would
    /// end the batch.
    async fn read_heads(&mut self, files: &[FileId]) -> Result<(), Cause> {
        let asked = files.iter().filter(|file| self.is_to_begin(**file)).map(|file| Asked {
            command: read_binary(0x80 | file.short_identifier(), 0, HEAD_BYTES),
            file: *file,
            what: Purpose::Read { offset: 0, bytes: HEAD_BYTES },
        });
        let asked = asked.collect();
        self.ask_all(asked).await
    }

    fn is_to_begin(&self, file: FileId) -> bool {
        self.state_of(file) == (0, false) && !self.is_refused(file)
    }

    /// All other blocks of files begun.
    async fn read_rests(&mut self, files: &[FileId]) -> Result<(), Cause> {
        let mut asked = Vec::new();
        let mut current = self.current;
        for file in files {
            let (begun, complete) = self.state_of(*file);
            if begun != 0 && !complete {
                asked.extend(self.rest_of(*file, true, current));
                current = Some(*file);
            }
        }
        self.ask_all(asked).await
    }

    /// The rest of the file that is current and the head of the next one, in one message: each file is selected once.
    async fn read_selected(&mut self, files: &[FileId]) -> Result<(), Cause> {
        let mut asked = Vec::new();
        let begun = files.iter().find(|file| {
            let (begun, complete) = self.state_of(**file);
            begun != 0 && !complete
        });
        if let Some(file) = begun {
            asked.extend(self.rest_of(*file, false, self.current));
        }
        if let Some(next) = files.iter().find(|file| self.is_to_begin(**file)) {
            asked.push(self.selecting(*next));
            asked.push(Asked {
                command: read_binary(0, 0, HEAD_BYTES),
                file: *next,
                what: Purpose::Read { offset: 0, bytes: HEAD_BYTES },
            });
        }
        self.ask_all(asked).await
    }

    fn selecting(&self, file: FileId) -> Asked {
        let form = self.lessons().unwrap_or_default().file_form;
        Asked { command: select_file(file, form), file, what: Purpose::Select }
    }

    /// The blocks of a file from where it is; the first one makes it current where another one is by then.
    fn rest_of(
        &self,
        file: FileId,
        short_identifiers: bool,
        current: Option<FileId>,
    ) -> Vec<Asked> {
        let mut asked = Vec::new();
        let (begun, _) = self.state_of(file);
        let total = self.total_of(file);
        let mut offset = begun;
        while offset < total {
            let (bytes, extended) = self.block_bytes(total.saturating_sub(offset));
            let first = offset == begun && current != Some(file);
            // By its short identifier where the offset allows.
            let command = match u8::try_from(offset) {
                Ok(p2) if first && short_identifiers => {
                    let command = read_binary(0x80 | file.short_identifier(), p2, bytes);
                    if extended { command.extended() } else { command }
                }
                _ => {
                    if first {
                        asked.push(self.selecting(file));
                    }
                    read_at(offset, bytes, extended)
                }
            };
            asked.push(Asked { command, file, what: Purpose::Read { offset, bytes } });
            offset = offset.saturating_add(bytes.max(1));
        }
        asked
    }

    async fn ask_all(&mut self, asked: Vec<Asked>) -> Result<(), Cause> {
        for batch in asked.chunks(self.plan.batch_commands_max) {
            if let Some(first) = batch.first() {
                self.line.enter(Stage::Reading, Some(first.file));
            }
            let commands: Vec<Command> = batch.iter().map(|one| one.command.clone()).collect();
            let longest = batch.iter().filter(|one| one.command.is_extended());
            let longest = longest.map(|one| one.what.bytes()).max().unwrap_or(0);
            self.line.memory(|memory| memory.lessons.under_way = longest);
            let answers = self.card.read_ahead(&commands).await?;
            self.line.memory(|memory| memory.lessons.under_way = 0);
            let cut_short = answers.len() < batch.len();
            for (one, answered) in batch.iter().zip(answers) {
                let answer = match answered {
                    Answered::Properly(answer) => answer,
                    // PROTOCOLS.md section 7: a batch that broke off unprotected is made good by a new session.
                    Answered::Nakedly(status) => {
                        self.learn_from_refusal(one, status);
                        return Err(Cause::SessionLost(status));
                    }
                };
                let by_short = one.command.ins == 0xB0 && one.command.p1 & 0x80 != 0;
                let odd = one.command.ins & 1 == 1;
                let status = answer.status;
                if by_short || one.what == Purpose::Select {
                    self.current = (!status.is_error()).then_some(one.file);
                    self.by_short = by_short;
                }
                if one.what == Purpose::Select && !status.is_error() {
                    continue;
                }
                if status.is_error() {
                    self.learn_from_refusal(one, status);
                }
                if !self.take(one.file, one.what, odd, answer).await? {
                    return Ok(());
                }
            }
            if cut_short {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Keeps what a read brought; `false` where what follows in the batch is of no use.
    async fn take(
        &mut self,
        file: FileId,
        what: Purpose,
        odd: bool,
        answer: Response,
    ) -> Result<bool, Cause> {
        let read = match what {
            Purpose::Select => None,
            Purpose::Read { offset, bytes } => {
                judged_data(answer, odd, bytes)?.map(|data| (offset, data))
            }
        };
        let Some((offset, (data, ended))) = read else {
            if self.strayed {
                self.select_again(file).await?;
            }
            return Ok(false);
        };
        // A block that came short leaves a hole: what follows it is asked for again.
        if self.state_of(file).0 != offset {
            return Ok(false);
        }
        if offset > 0 {
            self.append(file, &data, ended);
            return Ok(true);
        }
        if !begins(file, &data) {
            // Another file's content.
            if self.short_identifiers() == Some(false) {
                self.refuse(file, StatusWord::FILE_NOT_FOUND);
            } else {
                self.learn_short_identifiers(false);
            }
            self.select_again(file).await?;
            return Ok(false);
        }
        if self.short_identifiers().is_none() {
            self.learn_short_identifiers(true);
            (self.current, self.by_short) = (Some(file), true);
        }
        self.begin(file, data, ended)?;
        Ok(true)
    }

    /// What the refusal of one command of a batch teaches, so that the next batch is another one.
    fn learn_from_refusal(&mut self, one: &Asked, status: StatusWord) {
        let missing = !status.is_wrong_length() && status != StatusWord::SM_OBJECT_WRONG;
        match one.what {
            // Perhaps in the wrong directory: it is selected again.
            Purpose::Select if missing && self.strayed => {}
            Purpose::Select if missing => self.refuse(one.file, status),
            Purpose::Select => {
                self.line.memory(|memory| {
                    memory.lessons.file_form = memory.lessons.file_form.wrapping_add(1);
                });
            }
            Purpose::Read { offset: 0, .. } if missing => {
                let by_short = one.command.p1 & 0x80 != 0;
                if by_short && status != StatusWord::SECURITY_STATUS && self.must_be_there(one.file)
                {
                    self.learn_short_identifiers(false);
                    self.strayed = true;
                } else {
                    self.refuse(one.file, status);
                }
            }
            Purpose::Read { .. } if missing && self.ends_open(one.file) => {}
            // What its short identifier made current does not go on: perhaps another file is current by now.
            Purpose::Read { .. } if self.by_short && !status.is_wrong_length() => {
                self.learn_short_identifiers(false);
                self.strayed = true;
            }
            Purpose::Read { bytes, .. } => {
                let told = status.right_length().and_then(|it| usize::try_from(it).ok());
                match told.filter(|told| *told < bytes) {
                    Some(told) => self.learn_length(told),
                    None if one.command.is_extended() => self.step_down_extended(bytes),
                    None => {
                        self.step_down(bytes);
                    }
                }
            }
        }
    }
}

impl Purpose {
    const fn bytes(self) -> usize {
        match self {
            Self::Select => 0,
            Self::Read { bytes, .. } => bytes,
        }
    }
}
