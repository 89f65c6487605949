//! A chip in the field: takes commands, keeps a session, gives answers.

mod authentication;
mod basic_access;
mod command;
mod faults;
mod files;
mod pace;
mod secure_messaging;

pub use faults::{
    ActiveAnswer, AgreementAnswer, Faults, Instead, MasterFileForm, QuietSelect, ReadLimit,
    ShortIds, SpoiledResponse, nested,
};

use command::{
    Command, OK, Response, SECURITY_STATUS, UNKNOWN_CLASS, UNKNOWN_INSTRUCTION, WRONG_LENGTH,
};
use secure_messaging::Channel;

use crate::document::Document;
use crate::lds::File;
use crate::random::Seeded;

/// A personalised chip with its session.
#[derive(Clone)]
pub struct Card {
    document: Document,
    random: Seeded,
    faults: Faults,
    session: Session,
}

/// What a chip forgets when it leaves the field.
#[derive(Clone, Default)]
struct Session {
    in_application: bool,
    selected: Option<File>,
    /// Access control has been passed.
    access: bool,
    challenge: Option<[u8; 8]>,
    channel: Option<Channel>,
    pace: pace::Stage,
    agreement: Option<authentication::ChosenKey>,
    /// Data of a command chain so far.
    chain: Vec<u8>,
    /// What is left for GET RESPONSE.
    rest: Vec<u8>,
    /// Keys that count from the next command on.
    next_channel: Option<Channel>,
    protected_responses: usize,
    sealed_before: Option<Response>,
    bytes_sent: usize,
    dead: bool,
    /// The chip ended a session since it was woken up.
    ended: bool,
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Card").field("faults", &self.faults).finish_non_exhaustive()
    }
}

impl Card {
    /// Puts a document's chip on the reader; the seed is its source of randomness.
    #[must_use]
    pub fn new(document: Document, seed: [u8; 32]) -> Self {
        let mut card = Self {
            document,
            random: Seeded::new(seed),
            faults: Faults::default(),
            session: Session::default(),
        };
        card.reset();
        card
    }

    /// Makes the chip misbehave from now on.
    pub fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// The same, for building a card in one expression.
    #[must_use]
    pub fn with_faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self.reset();
        self
    }

    /// What the chip does wrong.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// What lies in the chip.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Takes the chip off the reader and puts it on again: sessions are gone, files stay.
    pub fn reset(&mut self) {
        self.session =
            Session { in_application: self.faults.wakes_in_application, ..Session::default() };
        self.session.access = !self.document.access.bac && self.document.access.pace.is_empty();
    }

    /// The answer to reset: T=1, with historical bytes that say "selection by name and by file and
    /// short identifier; command chaining; extended lengths" (ISO/IEC 7816-4 §12.1.1).
    #[must_use]
    pub fn answer_to_reset(&self) -> Vec<u8> {
        let head = [0x3B, 0x85, 0x80, 0x01, 0x80, 0x73, 0xF8, 0x01, 0xC0];
        let check = head.iter().skip(1).fold(0u8, |sum, byte| sum ^ byte);
        [&head[..], &[check]].concat()
    }

    /// Takes a command, gives the answer. An empty answer means that the chip is not in the field
    /// any more; [`Self::reset`] brings it back.
    pub fn transmit(&mut self, bytes: &[u8]) -> Vec<u8> {
        if self.session.dead {
            return Vec::new();
        }
        let answer = self.answer(bytes);
        if self.session.dead {
            return Vec::new();
        }
        let sent = self.session.bytes_sent.saturating_add(answer.len());
        self.session.bytes_sent = sent;
        if self.faults.lost_after_bytes.is_some_and(|limit| sent > limit) {
            self.session.dead = true;
            return Vec::new();
        }
        answer
    }

    fn answer(&mut self, bytes: &[u8]) -> Vec<u8> {
        let Some(command) = Command::parse(bytes) else {
            return Response::status(WRONG_LENGTH).to_bytes();
        };
        if command.extended && self.faults.no_extended_length {
            return Response::status(WRONG_LENGTH).to_bytes();
        }
        if command.instruction == 0xC0 {
            return self.more_data(&command).to_bytes();
        }
        self.session.rest.clear();
        let response = if self.session.ended && self.faults.wants_reset {
            Response::status(command::CONDITIONS)
        } else if command.class & 0x0C == 0x0C {
            self.protected(&command)
        } else {
            // A plain command ends a session (Doc 9303-11 §9.8.1).
            if self.session.channel.take().is_some() {
                self.session.access = false;
            }
            self.run(&command)
        };
        self.fitted(&command, response).to_bytes()
    }

    /// What fits the length that was asked for; the rest waits for GET RESPONSE.
    fn fitted(&mut self, command: &Command, mut response: Response) -> Response {
        if self.faults.endless_more_data && response.status == OK {
            response.status = 0x61FF;
            return response;
        }
        response.data.extend(std::iter::repeat_n(0xA5, self.faults.surplus_bytes));
        let bytes_max = if command.extended { 65_536 } else { 256 };
        if response.data.len() <= bytes_max || self.faults.surplus_bytes > 0 {
            return response;
        }
        self.session.rest = response.to_bytes();
        self.more_data(&Command { expected: Some(bytes_max), ..command.clone() })
    }

    fn more_data(&mut self, command: &Command) -> Response {
        if self.faults.endless_more_data {
            return Response { data: vec![0x30; 255], status: 0x61FF };
        }
        if self.session.rest.len() < 2 {
            return Response::status(command::CONDITIONS);
        }
        let wanted = command.expected.unwrap_or(256).min(256);
        let data_left = self.session.rest.len().saturating_sub(2);
        let after = self.session.rest.split_off(wanted.min(data_left));
        let data = std::mem::replace(&mut self.session.rest, after);
        match self.session.rest.as_slice() {
            [high, low] => {
                let status = u16::from_be_bytes([*high, *low]);
                self.session.rest.clear();
                Response { data, status }
            }
            rest => {
                let more = u8::try_from(rest.len().saturating_sub(2)).unwrap_or(0);
                Response { data, status: u16::from_be_bytes([0x61, more]) }
            }
        }
    }

    fn protected(&mut self, command: &Command) -> Response {
        let Some(mut channel) = self.session.channel.take() else {
            return Response::status(SECURITY_STATUS);
        };
        let before = channel.clone();
        let plain = match channel.open(command) {
            Ok(plain) => plain,
            Err(status) => {
                self.session.access = false;
                return Response::status(status);
            }
        };
        // The chip may shorten a read so that the protected answer fits.
        let bytes_max = if command.extended { 65_536 } else { 256 };
        let plain_max = channel.plain_bytes_max(bytes_max);
        self.session.channel = Some(channel);
        let plain = Command {
            expected: plain
                .expected
                .map(|n| if plain.instruction & 0xFE == 0xB0 { n.min(plain_max) } else { n }),
            ..plain
        };
        let response = self.run(&plain);
        let naked = self.naked(&plain, &response);
        if let Some(ends_session) = naked {
            // Chips that answer so look at lengths before they unwrap: the command did not count.
            self.session.channel = Some(before);
            if ends_session {
                self.session.ended = true;
                self.session.channel = None;
                self.session.access = false;
            }
            return Response::status(response.status);
        }
        let Some(mut channel) = self.session.channel.take() else {
            return Response::status(SECURITY_STATUS);
        };
        self.session.protected_responses = self.session.protected_responses.saturating_add(1);
        let sealed = self.sealed(&mut channel, plain.instruction, &response);
        self.session.channel = Some(self.session.next_channel.take().unwrap_or(channel));
        sealed
    }

    /// Whether this error goes out without protection, and whether it ends the session.
    fn naked(&self, command: &Command, response: &Response) -> Option<bool> {
        if self.faults.naked_errors && !matches!(response.status, OK | command::END_OF_FILE) {
            return Some(false);
        }
        let refused = response.status != OK;
        let by_short_id = command.instruction == 0xB0 && command.p1 & 0x80 != 0;
        if let (Some(ShortIds::RefusedBarely(_)), true, true) =
            (self.faults.short_ids, by_short_id, refused)
        {
            return Some(false);
        }
        if let Some(quiet) = self.faults.quiet_select.filter(|quiet| quiet.naked)
            && (command.instruction, command.p1) == (0xA4, 0x04)
            && refused
        {
            return Some(quiet.ends_session);
        }
        let limit = self.faults.read_limit.filter(|limit| limit.naked)?;
        let over = command.instruction & 0xFE == 0xB0
            && command.expected.unwrap_or(0) > limit.bytes_max
            && response.status == limit.status;
        over.then_some(limit.ends_session)
    }

    fn sealed(&mut self, channel: &mut Channel, instruction: u8, response: &Response) -> Response {
        let spoiled = self
            .faults
            .spoiled_from
            .filter(|(from, _)| self.session.protected_responses >= *from)
            .map(|(_, how)| how);
        let mut sealed = channel.seal(instruction, response);
        let before = self.session.sealed_before.replace(sealed.clone());
        match spoiled {
            None => {}
            Some(SpoiledResponse::Replayed) => return before.unwrap_or(sealed),
            Some(SpoiledResponse::Plain) => return response.clone(),
            Some(SpoiledResponse::PlainStatus) => return Response::status(OK),
            Some(SpoiledResponse::WithoutStatusObject) => sealed.data = without(&sealed.data, 0x99),
            Some(SpoiledResponse::WithoutMac) => sealed.data = without(&sealed.data, 0x8E),
            Some(SpoiledResponse::WrongMac) => {
                if let Some(last) = sealed.data.last_mut() {
                    *last ^= 1;
                }
            }
            Some(SpoiledResponse::OtherStatusOutside) => sealed.status = command::NOT_FOUND,
        }
        sealed
    }

    /// Starts a session. Inside another one, the answer to the command that did it still belongs to
    /// the old keys.
    fn begin(&mut self, channel: Channel) {
        if self.session.channel.is_some() {
            self.session.next_channel = Some(channel);
        } else {
            self.session.channel = Some(channel);
        }
        self.session.access = true;
    }

    fn run(&mut self, command: &Command) -> Response {
        if command.class & 0x80 != 0 {
            return Response::status(UNKNOWN_CLASS);
        }
        let answers_data = !matches!(command.instruction, 0xA4 | 0x22);
        if self.faults.superfluous_le_refused && !answers_data && command.expected.is_some() {
            return Response::status(WRONG_LENGTH);
        }
        let chained = command.class & 0x10 != 0;
        if chained && command.instruction != 0x86 {
            self.session.chain.extend_from_slice(&command.data);
            return Response::status(OK);
        }
        let mut data = std::mem::take(&mut self.session.chain);
        data.extend_from_slice(&command.data);
        let command = &Command { data, ..command.clone() };
        match command.instruction {
            0xA4 => self.select(command),
            0xB0 => self.read(command),
            0xB1 => self.read_odd(command),
            0x84 => self.challenge(command),
            0x82 => self.external_authenticate(command),
            0x22 => self.set_environment(command),
            0x86 => self.general_authenticate(command),
            0x88 => self.internal_authenticate(command),
            _ => Response::status(UNKNOWN_INSTRUCTION),
        }
    }
}

/// The objects but those with the tag.
fn without(objects: &[u8], tag: u16) -> Vec<u8> {
    let Some(all) = crate::der::children(objects) else { return objects.to_vec() };
    all.iter().filter(|object| object.tag != tag).flat_map(|object| object.raw.to_vec()).collect()
}
