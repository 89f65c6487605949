//! How much to ask for at once: what the chip takes, by what it refuses and by what it tells (CHIP-CASES.md cases 10 and
//! 11).

use super::FILE_BYTES_MAX;
use super::card::{Answered, is_about_length};
use super::error::Cause;
use super::flow::Flow;
use super::read_command::read_binary;
use super::resume::{EXTENDED_LENGTH_SMALL, SHORT_READ_BYTES_MIN};
use crate::apdu::{Command, Response, StatusWord};
use crate::tlv::{self, Tag};

/// What to ask for first, and then less and less (CHIP-CASES.md case 10): what fits a short answer under AES, and what
/// Ukrainian and older chips take.
const SHORT_LENGTHS: [usize; 7] = [223, 192, 160, 128, 96, 64, 32];

/// The shortest of these.
const SHORT_LENGTHS_MIN: usize = 32;

/// The outcome of one READ BINARY.
pub(super) enum Block {
    /// Data; the file may have ended with it.
    Data { bytes: Vec<u8>, ended: bool },
    /// The chip wants another length.
    Length(StatusWord),
    /// The chip refuses.
    Refused(StatusWord),
}

impl Flow {
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

    /// Asks for a whole file by its short identifier, where the chip is known to take extended lengths.
    pub(super) async fn at_once(&mut self, p1: u8) -> Result<Option<Block>, Cause> {
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
    pub(super) async fn stepping_down(
        &mut self,
        command: impl Fn(usize) -> Command,
    ) -> Result<Block, Cause> {
        self.stepping_down_while(|_| true, command).await
    }

    /// The same, as long as the status that refuses a length is one of those.
    pub(super) async fn stepping_down_while(
        &mut self,
        goes_on: impl Fn(StatusWord) -> bool,
        command: impl Fn(usize) -> Command,
    ) -> Result<Block, Cause> {
        loop {
            let bytes = self.short_bytes();
            let block = self.block(&command(bytes), bytes).await?;
            let again = match &block {
                Block::Length(status) => goes_on(*status) && self.step_down(bytes),
                Block::Data { .. } | Block::Refused(_) => false,
            };
            if !again {
                return Ok(block);
            }
        }
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

    pub(super) fn learn_extended(&self, asked: usize, given: usize) {
        self.line.memory(|memory| {
            memory.lessons.extended = Some(true);
            // Fewer octets than in a short read are the end of a file whose header claims too much.
            if given < asked && given >= SHORT_LENGTHS.first().copied().unwrap_or(0) {
                memory.lessons.read_bytes = Some(given);
            }
        });
    }

    pub(super) async fn block(&mut self, command: &Command, asked: usize) -> Result<Block, Cause> {
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
