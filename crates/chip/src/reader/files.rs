//! Reading files: short identifiers, the largest length that the chip takes, offsets beyond 32 KiB, going on
//! where an earlier session stopped.

use super::access::is_about_length;
use super::card::Answered;
use super::error::{Cause, Stage};
use super::flow::Flow;
use super::read_command::{read_at, read_binary};
use super::{FILE_BYTES_MAX, FILES_BYTES_MAX};
use crate::apdu::{Command, Response, StatusWord};
use crate::asn1;
use crate::lds::file::FileId;
use crate::sod::Sod;
use crate::tlv::{self, Tag};

/// What to ask for first, and then less and less (CHIP-CASES.md case 10): what fits a short answer under AES, and what
/// Ukrainian and older chips take.
const SHORT_LENGTHS: [usize; 7] = [223, 192, 160, 128, 96, 64, 32];

/// A file whose header says no length, at most: SODs alone are known to come so.
const OPEN_ENDED_BYTES_MAX: usize = 65_536;

/// How much of such a file is asked for at once.
const OPEN_ENDED_STEP_BYTES: usize = 2_048;

/// The shortest of these.
const SHORT_LENGTHS_MIN: usize = 32;

/// What to ask for where a chip refuses the longest extended length: the most that a buffer of a kilobyte holds once
/// it is protected.
pub(super) const EXTENDED_LENGTH_SMALL: usize = 960;

/// Less than this at once is the end of a file, not the most that a chip gives.
const SHORT_READ_BYTES_MIN: usize = 96;

/// The outcome of one READ BINARY.
enum Block {
    /// Data; the file may have ended with it.
    Data { bytes: Vec<u8>, ended: bool },
    /// The chip wants another length.
    Length(StatusWord),
    /// The chip refuses.
    Refused(StatusWord),
}

/// How a file was asked for by its short identifier.
enum ByShortIdentifier {
    /// It is begun.
    Begun,
    /// The chip has no such file.
    Refused,
    /// It has to be selected.
    Select,
}

/// Forms of [`select_file`].
const FILE_FORMS: usize = 2;

/// Selects a file by its identifier. The first form wants nothing back (CHIP-CASES.md case 9).
pub(super) fn select_file(file: FileId, form: usize) -> Command {
    let identifier = file.identifier().to_be_bytes();
    match form % FILE_FORMS {
        0 => Command::new(0x00, 0xA4, 0x02, 0x0C).with_data(identifier),
        _ => Command::new(0x00, 0xA4, 0x02, 0x00).with_data(identifier).expecting(256),
    }
}

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

    /// Whether the chip takes READ BINARY with a short file identifier, where that is known.
    pub(super) fn short_identifiers(&self) -> Option<bool> {
        self.line.memory(|memory| memory.lessons.short_identifiers).flatten()
    }

    pub(super) fn learn_short_identifiers(&self, work: bool) {
        self.line.memory(|memory| memory.lessons.short_identifiers = Some(work));
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

    pub(super) fn extended_known(&self) -> Option<bool> {
        self.line.memory(|memory| memory.lessons.extended).flatten()
    }

    /// Whether extended lengths may still be tried: transport and chip have not said no.
    pub(super) fn extended_may_work(&self) -> bool {
        self.plan.answer_bytes_max > 258 && self.extended_known() != Some(false)
    }

    /// The most clear data in an answer of so many octets.
    pub(super) fn clear_bytes_max(&self, answer_bytes: usize) -> usize {
        self.card.session.as_ref().map_or(answer_bytes, |s| s.clear_bytes_max(answer_bytes))
    }

    /// Selects a file by its identifier; the status where the chip refuses.
    async fn select(&mut self, file: FileId) -> Result<Option<StatusWord>, Cause> {
        let first = self.line.memory(|memory| memory.lessons.file_form).unwrap_or_default();
        let mut status = StatusWord::FILE_NOT_FOUND;
        for form in (first..).take(FILE_FORMS) {
            let answered = self.card.read(&select_file(file, form)).await?;
            status = answered.status();
            if !status.is_error() {
                self.line.memory(|memory| memory.lessons.file_form = form);
                (self.current, self.by_short) = (Some(file), false);
                return Ok(None);
            }
            if answered.drops_keys() {
                self.line.memory(|memory| memory.lessons.file_form = form.wrapping_add(1));
                return Err(Cause::SessionLost(status));
            }
            if matches!(
                status,
                StatusWord::FILE_NOT_FOUND
                    | StatusWord::SECURITY_STATUS
                    | StatusWord::REFERENCE_NOT_FOUND
            ) {
                // About the file, and not about the form.
                break;
            }
        }
        Ok(Some(status))
    }

    /// Makes the file current and reads its first block; `false` where the chip refuses.
    async fn first_block(&mut self, file: FileId) -> Result<bool, Cause> {
        let probed = self.short_bytes();
        let tried = self.short_identifiers() != Some(false);
        if tried {
            match self.by_short_identifier(file).await? {
                ByShortIdentifier::Begun => return Ok(true),
                ByShortIdentifier::Refused => return Ok(false),
                ByShortIdentifier::Select => {}
            }
        }
        if let Some(status) = self.select(file).await? {
            // A short identifier may have moved the chip out of the application: it is selected again, once.
            let moved = self.strayed && !file.is_in_master_file();
            if !moved || self.reselected(file).await?.is_some() {
                self.refuse(file, status);
                return Ok(false);
            }
            self.learn_short_identifiers(false);
        }
        match self.stepping_down(|bytes| read_binary(0, 0, bytes)).await? {
            Block::Data { bytes, ended } if begins(file, &bytes) => {
                // There all the time, and not to be had by its short identifier; unless it was the length alone.
                if tried && self.short_identifiers().is_none() && bytes.len() <= probed {
                    let same_length = self.short_bytes() == probed;
                    if same_length {
                        self.learn_short_identifiers(false);
                    }
                }
                self.begin(file, bytes, ended)?;
                Ok(true)
            }
            Block::Data { .. } => {
                self.refuse(file, StatusWord::FILE_NOT_FOUND);
                Ok(false)
            }
            Block::Length(status) | Block::Refused(status) => {
                self.refuse(file, status);
                Ok(false)
            }
        }
    }

    async fn by_short_identifier(&mut self, file: FileId) -> Result<ByShortIdentifier, Cause> {
        let p1 = 0x80 | file.short_identifier();
        let block = match self.at_once(p1).await? {
            Some(block) => block,
            // What is no length in so many words may be a refusal of the identifier: SELECT will show.
            None if self.short_identifiers().is_none() => {
                self.stepping_down_while(StatusWord::is_wrong_length, |bytes| {
                    read_binary(p1, 0, bytes)
                })
                .await?
            }
            None => self.stepping_down(|bytes| read_binary(p1, 0, bytes)).await?,
        };
        match block {
            Block::Data { bytes, ended } if begins(file, &bytes) => {
                self.learn_short_identifiers(true);
                (self.current, self.by_short) = (Some(file), true);
                self.begin(file, bytes, ended)?;
                Ok(ByShortIdentifier::Begun)
            }
            // Another file's content: whatever is current now, it is not what was asked for.
            Block::Data { .. } => {
                self.learn_short_identifiers(false);
                self.select_again(file).await?;
                Ok(ByShortIdentifier::Select)
            }
            Block::Length(status) | Block::Refused(status)
                if self.short_identifiers() == Some(true) =>
            {
                if status == StatusWord::SECURITY_STATUS || !self.must_be_there(file) {
                    self.refuse(file, status);
                    return Ok(ByShortIdentifier::Refused);
                }
                // Signed for, and refused: an earlier short identifier may have moved the chip elsewhere.
                self.learn_short_identifiers(false);
                self.select_again(file).await?;
                Ok(ByShortIdentifier::Select)
            }
            Block::Length(_) | Block::Refused(_) => {
                self.strayed = true;
                Ok(ByShortIdentifier::Select)
            }
        }
    }

    /// Makes the file's own directory current again, where that is the application.
    pub(super) async fn select_again(&mut self, file: FileId) -> Result<(), Cause> {
        self.current = None;
        if file.is_in_master_file() { Ok(()) } else { self.select_application().await }
    }

    /// Selects the application and the file once more; the status where that is refused, too.
    async fn reselected(&mut self, file: FileId) -> Result<Option<StatusWord>, Cause> {
        match self.select_application().await {
            Ok(()) => self.select(file).await,
            Err(Cause::NoApplication(status)) => Ok(Some(status)),
            Err(cause) => Err(cause),
        }
    }

    /// Whether the SOD lists the file, or it is the SOD itself.
    pub(super) fn must_be_there(&self, file: FileId) -> bool {
        match file {
            FileId::Sod => true,
            FileId::DataGroup(group) => Sod::from_file(&self.line.part(FileId::Sod).bytes)
                .is_ok_and(|sod| sod.covers(group.number())),
            FileId::Com
            | FileId::CardAccess
            | FileId::CardSecurity
            | FileId::AtrInfo
            | FileId::Dir => false,
        }
    }

    /// Asks for a whole file by its short identifier, where the chip is known to take extended lengths.
    async fn at_once(&mut self, p1: u8) -> Result<Option<Block>, Cause> {
        if self.extended_known() != Some(true) {
            return Ok(None);
        }
        let (bytes, extended) = self.block_bytes(FILE_BYTES_MAX);
        if !extended {
            return Ok(None);
        }
        let block = self.block(&read_binary(p1, 0, bytes).extended(), bytes).await?;
        Ok(match block {
            Block::Data { .. } => Some(block),
            Block::Length(status) if status.is_wrong_length() => {
                self.step_down_extended(bytes);
                None
            }
            // Perhaps about the file and not the length: a short read will show.
            Block::Length(_) | Block::Refused(_) => None,
        })
    }

    /// Reads a short block, of a length that the chip takes.
    async fn stepping_down(&mut self, command: impl Fn(usize) -> Command) -> Result<Block, Cause> {
        self.stepping_down_while(|_| true, command).await
    }

    /// The same, as long as the status that refuses a length is one of those.
    async fn stepping_down_while(
        &mut self,
        goes_on: impl Fn(StatusWord) -> bool,
        command: impl Fn(usize) -> Command,
    ) -> Result<Block, Cause> {
        loop {
            let bytes = self.short_bytes();
            let block = self.block(&command(bytes), bytes).await?;
            match block {
                Block::Length(status) if goes_on(status) && self.step_down(bytes) => {}
                block => return Ok(block),
            }
        }
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
        let block = match self.block(&command, bytes).await? {
            Block::Length(status) | Block::Refused(status)
                if !status.is_wrong_length() && self.ends_open(file) =>
            {
                return Ok(());
            }
            Block::Length(status) | Block::Refused(status)
                if std::mem::take(&mut self.by_short) && !status.is_wrong_length() =>
            {
                self.selected_block(file, &command, bytes, status).await?
            }
            block => block,
        };
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

    /// A file that its short identifier made current does not go on: perhaps another one is current by now. It is
    /// selected, and read again.
    async fn selected_block(
        &mut self,
        file: FileId,
        command: &Command,
        bytes: usize,
        status: StatusWord,
    ) -> Result<Block, Cause> {
        let refused = match self.select(file).await? {
            Some(_) if !file.is_in_master_file() => self.reselected(file).await?,
            refused => refused,
        };
        if refused.is_some() {
            return Ok(Block::Length(status));
        }
        let block = self.block(command, bytes).await?;
        if matches!(block, Block::Data { .. }) {
            self.learn_short_identifiers(false);
        }
        Ok(block)
    }

    fn end(&self, file: FileId) {
        self.line.memory(|memory| memory.files.entry(file).or_default().ended = true);
    }

    /// How much to ask for next, and whether in an extended length.
    pub(super) fn block_bytes(&self, remaining: usize) -> (usize, bool) {
        let short = self.short_bytes();
        // A refused length would break a batch off, perhaps with the session: none is tried in one.
        let tried = self.plan.batch_commands_max == 1 || self.extended_known() == Some(true);
        if remaining <= short || !tried || !self.extended_may_work() {
            return (remaining.min(short), false);
        }
        let most = self.clear_bytes_max(self.plan.answer_bytes_max.saturating_sub(2));
        let (learnt, refused) = self
            .line
            .memory(|memory| (memory.lessons.read_bytes, memory.lessons.extended_bytes))
            .unwrap_or_default();
        let most = refused.map_or(most, |refused| refused.min(most));
        let most = match self.extended_known() {
            Some(true) => learnt.unwrap_or(most).min(most),
            Some(false) | None => most,
        };
        (remaining.min(most), true)
    }

    /// The largest short length that the chip has not refused.
    pub(super) fn short_bytes(&self) -> usize {
        let first = SHORT_LENGTHS.first().copied().unwrap_or(32);
        let learnt = match self.extended_known() {
            Some(true) => None,
            Some(false) | None => self.line.memory(|memory| memory.lessons.read_bytes).flatten(),
        };
        learnt.unwrap_or(first).min(self.clear_bytes_max(256))
    }

    /// Remembers that the chip refused a short length; `false` where there is no shorter one.
    pub(super) fn step_down(&self, refused: usize) -> bool {
        let next = SHORT_LENGTHS.into_iter().find(|length| *length < refused);
        if let Some(next) = next {
            self.line.memory(|memory| {
                memory.lessons.read_bytes = Some(next);
                memory.lessons.extended = Some(false);
            });
        }
        next.is_some()
    }

    /// Remembers that the chip refused an extended length: a smaller one is tried, and then none.
    pub(super) fn step_down_extended(&self, refused: usize) {
        self.line.memory(|memory| {
            if refused > EXTENDED_LENGTH_SMALL {
                memory.lessons.extended_bytes = Some(EXTENDED_LENGTH_SMALL);
            } else {
                memory.lessons.extended = Some(false);
                memory.lessons.read_bytes = None;
            }
        });
    }

    fn learn_extended(&self, asked: usize, given: usize) {
        self.line.memory(|memory| {
            memory.lessons.extended = Some(true);
            // Fewer octets than in a short read are the end of a file whose header claims too much.
            if given < asked && given >= SHORT_LENGTHS.first().copied().unwrap_or(0) {
                memory.lessons.read_bytes = Some(given);
            }
        });
    }

    async fn block(&mut self, command: &Command, asked: usize) -> Result<Block, Cause> {
        let under_way = if command.is_extended() { asked } else { 0 };
        self.line.memory(|memory| memory.lessons.under_way = under_way);
        let answered = self.card.read(command).await?;
        self.line.memory(|memory| memory.lessons.under_way = 0);
        // 6Cxx names the length that the chip will have: of the data, or, bare, of the protected answer.
        let told = answered.status().right_length().and_then(|it| usize::try_from(it).ok());
        let (answer, told) = match answered {
            Answered::Properly(answer) => (answer, told),
            Answered::Nakedly(status) => match told.map(|told| self.clear_bytes_max(told)) {
                Some(told) if told > 0 && self.naked == 0 => {
                    self.naked += 1;
                    return self.exactly(command, asked, told).await;
                }
                Some(_) | None => return self.naked_block(status, asked, command),
            },
        };
        (self.naked, self.doubtful_length) = (0, None);
        match told {
            Some(told) if told < asked => self.exactly(command, asked, told).await,
            Some(_) | None => judged(answer, command.ins & 1 == 1, asked),
        }
    }

    /// The same read with the length that the chip told.
    async fn exactly(
        &mut self,
        command: &Command,
        asked: usize,
        told: usize,
    ) -> Result<Block, Cause> {
        let told = told.min(asked);
        let bytes = u32::try_from(told).unwrap_or(256);
        let again = Command { expected: Some(bytes), extended: false, ..command.clone() };
        let answer = match self.card.read(&again).await? {
            Answered::Properly(answer) => answer,
            Answered::Nakedly(status) => {
                // Where the session is gone, the next one begins with what was told.
                if told >= SHORT_LENGTHS_MIN {
                    self.learn_length(told);
                }
                return self.naked_block(status, told, command);
            }
        };
        self.naked = 0;
        let block = judged(answer, command.ins & 1 == 1, told)?;
        // Less than this is the rest of a file, and no limit of the chip's.
        if matches!(&block, Block::Data { bytes, .. } if bytes.len() >= SHORT_READ_BYTES_MIN) {
            self.learn_length(told);
        }
        Ok(block)
    }

    /// The chip told the most that it gives at once.
    pub(super) fn learn_length(&self, told: usize) {
        self.line.memory(|memory| {
            memory.lessons.read_bytes = Some(told);
            memory.lessons.extended = Some(false);
        });
    }

    /// What a bare error to a read means. Chips that look at lengths before they unwrap say so to each that is too long,
    /// some of them as if the keys were wrong. Any other bare error, twice in a row: the chip no longer knows the keys.
    fn naked_block(
        &mut self,
        status: StatusWord,
        asked: usize,
        command: &Command,
    ) -> Result<Block, Cause> {
        self.naked += 1;
        let lengths = u32::try_from(SHORT_LENGTHS.len()).unwrap_or(u32::MAX);
        if Answered::Nakedly(status).drops_keys() {
            // Perhaps about the length all the same: where the session is gone, the next one begins with a shorter one.
            self.doubtful_length = Some((asked, command.is_extended()));
        }
        if self.naked == 1 || (is_about_length(status) && self.naked <= lengths) {
            return Ok(Block::Length(status));
        }
        Err(Cause::SessionLost(status))
    }

    /// A session was lost over a length: the next one asks for less.
    pub(super) fn shorten_doubtful(&mut self) {
        match self.doubtful_length.take() {
            Some((asked, true)) => self.step_down_extended(asked),
            Some((asked, false)) if self.short_bytes() >= asked => {
                self.step_down(asked);
            }
            Some(_) | None => {}
        }
    }
}

/// Whether a first block is that of the file and not of another one.
pub(super) fn begins(file: FileId, bytes: &[u8]) -> bool {
    let tag = match bytes.first() {
        Some(first) if asn1::is_indefinite(bytes) => Some(Tag::new(u32::from(*first))),
        Some(_) | None => tlv::header(bytes).ok().map(|header| header.tag),
    };
    file.tag().is_none_or(|own| tag == Some(own))
}

/// What an answer to READ BINARY comes to.
pub(super) fn judged_data(
    answer: Response,
    odd: bool,
    asked: usize,
) -> Result<Option<(Vec<u8>, bool)>, Cause> {
    Ok(match judged(answer, odd, asked)? {
        Block::Data { bytes, ended } => Some((bytes, ended)),
        Block::Length(_) | Block::Refused(_) => None,
    })
}

fn judged(answer: Response, odd: bool, asked: usize) -> Result<Block, Cause> {
    let status = answer.status;
    if is_about_length(status) || status.right_length().is_some() {
        return Ok(Block::Length(status));
    }
    if status.is_error() {
        return Ok(Block::Refused(status));
    }
    let bytes = if odd && !answer.data.is_empty() {
        tlv::single(&answer.data, Tag::new(0x53)).map_err(Cause::Header)?.value().to_vec()
    } else {
        answer.data
    };
    if bytes.len() > asked {
        return Err(Cause::TooMuch);
    }
    Ok(Block::Data { bytes, ended: status == StatusWord::END_OF_FILE })
}
