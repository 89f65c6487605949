//! Making a file current: by its short identifier, which saves a command, or by SELECT where the chip refuses that, answers
//! with another file, or moves elsewhere by it.

use super::error::Cause;
use super::flow::Flow;
use super::lengths::Block;
use super::read_command::read_binary;
use crate::apdu::{Command, StatusWord};
use crate::asn1;
use crate::lds::file::FileId;
use crate::sod::Sod;
use crate::tlv::{self, Tag};

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
    /// Whether the chip takes READ BINARY with a short file identifier, where that is known.
    pub(super) fn short_identifiers(&self) -> Option<bool> {
        self.line.memory(|memory| memory.lessons.short_identifiers).flatten()
    }

    pub(super) fn learn_short_identifiers(&self, work: bool) {
        self.line.memory(|memory| memory.lessons.short_identifiers = Some(work));
    }

    /// Selects a file by its identifier; the status where the chip refuses.
    pub(super) async fn select(&mut self, file: FileId) -> Result<Option<StatusWord>, Cause> {
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
    pub(super) async fn first_block(&mut self, file: FileId) -> Result<bool, Cause> {
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

    /// A file that its short identifier made current does not go on: perhaps another one is current by now. It is
    /// selected, and read again.
    pub(super) async fn selected_block(
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
}

/// Whether a first block is that of the file and not of another one.
pub(super) fn begins(file: FileId, bytes: &[u8]) -> bool {
    let tag = match bytes.first() {
        Some(first) if asn1::is_indefinite(bytes) => Some(Tag::new(u32::from(*first))),
        Some(_) | None => tlv::header(bytes).ok().map(|header| header.tag),
    };
    file.tag().is_none_or(|own| tag == Some(own))
}
