//! EF.CardAccess: whether the chip offers PACE. To miss the file is to fall back to BAC without need, so that every way
//! of asking for it is tried before it counts as absent.

use super::card::is_about_length;
use super::error::Cause;
use super::flow::Flow;
use super::read_command::read_binary;
use crate::apdu::{Command, Response};
use crate::lds::file::FileId;
use crate::tlv;

/// EF.CardAccess at most: real ones have up to 300 octets.
const CARD_ACCESS_BYTES_MAX: u64 = 4_096;

/// What to ask for outside a session: everything, and then less and less (CHIP-CASES.md case 10).
const LENGTHS: [usize; 8] = [256, 192, 128, 96, 64, 32, 16, 8];

impl Flow {
    /// EF.CardAccess, or `None` where the chip has none, as most BAC documents (CHIP-CASES.md cases 2 and 4).
    pub(super) async fn card_access(&mut self) -> Result<Option<Vec<u8>>, Cause> {
        let known = self.line.part(FileId::CardAccess);
        if known.is_complete() && !known.bytes.is_empty() {
            return Ok(Some(known.bytes));
        }
        if self.line.memory(|memory| memory.lessons.no_card_access) == Some(true) {
            return Ok(None);
        }
        // The master file is current when a chip wakes up: mostly one command will do.
        let short = 0x80 | FileId::CardAccess.short_identifier();
        let mut first = self.card.plain(&read_binary(short, 0, 256)).await?;
        if first.status.is_wrong_length() {
            // Other refusals may mean the short identifier, and the file can still be selected.
            first = self.shorter_block(short, 0, first).await?;
        }
        if let Some(bytes) = self.rest_of_card_access(first).await? {
            return Ok(Some(bytes));
        }
        let select = |p2, data: &[u8]| Command::new(0x00, 0xA4, 0x00, p2).with_data(data);
        let masters = [
            None,
            Some(select(0x0C, &[0x3F, 0x00])),
            Some(select(0x0C, &[])),
            Some(select(0x00, &[])),
            Some(select(0x00, &[0x3F, 0x00]).expecting(256)),
        ];
        for master in masters {
            let selected = master.is_some();
            if let Some(master) = master
                && self.card.plain(&master).await?.status.is_error()
            {
                // NZ 6982, CN 6A81, AU 6A86, UA 6A87, VN 6D00: another form may do.
                continue;
            }
            let identifier = FileId::CardAccess.identifier().to_be_bytes();
            let file = Command::new(0x00, 0xA4, 0x02, 0x0C).with_data(identifier);
            if self.card.plain(&file).await?.status.is_error() {
                if selected {
                    // The master file is current and has no such file.
                    break;
                }
                continue;
            }
            let first = self.card.plain(&read_binary(0, 0, 256)).await?;
            let first = self.shorter_block(0, 0, first).await?;
            if let Some(bytes) = self.rest_of_card_access(first).await? {
                return Ok(Some(bytes));
            }
        }
        self.line.memory(|memory| memory.lessons.no_card_access = true);
        Ok(None)
    }

    /// Asks for less, as long as the chip refuses a length.
    async fn shorter_block(
        &mut self,
        p1: u8,
        p2: u8,
        mut answer: Response,
    ) -> Result<Response, Cause> {
        for length in LENGTHS.into_iter().skip(1) {
            if !answer.status.is_error() || !is_about_length(answer.status) {
                break;
            }
            answer = self.card.plain(&read_binary(p1, p2, length)).await?;
        }
        Ok(answer)
    }

    /// The whole file from its first block, or `None` where the answer is no set of SecurityInfos.
    async fn rest_of_card_access(&mut self, first: Response) -> Result<Option<Vec<u8>>, Cause> {
        let mut bytes = first.data;
        if first.status.is_error() || bytes.first() != Some(&0x31) {
            return Ok(None);
        }
        let Ok(header) = tlv::header(&bytes) else { return Ok(None) };
        let claimed = header.total_bytes();
        if claimed > CARD_ACCESS_BYTES_MAX {
            let limit = usize::try_from(CARD_ACCESS_BYTES_MAX).unwrap_or(usize::MAX);
            return Err(Cause::TooLong { claimed, limit });
        }
        let total = usize::try_from(claimed).unwrap_or(usize::MAX);
        // What the chip gave at once is what it gives at once.
        let most = bytes.len();
        while bytes.len() < total {
            let [p1, p2] = u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes();
            let wanted = most.min(total.saturating_sub(bytes.len()));
            let mut more = self.card.plain(&read_binary(p1, p2, wanted)).await?;
            if more.status.is_error() {
                // There are chips that take no exact length at an end, only "all there is".
                more = self.card.plain(&read_binary(p1, p2, 256)).await?;
            }
            if more.status.is_error() || more.data.is_empty() {
                break;
            }
            bytes.extend(more.data);
        }
        bytes.truncate(total);
        self.line.memory(|memory| {
            let part = memory.files.entry(FileId::CardAccess).or_default();
            part.total = Some(total);
            part.ended = true;
            part.bytes.clone_from(&bytes);
        });
        Ok(Some(bytes))
    }
}
