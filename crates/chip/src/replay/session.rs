//! One replay, exchange by exchange.

use std::collections::BTreeMap;

use super::plain;
use super::{EXCHANGES_MAX, Recorded, Recording, ReplayCause, ReplayError, Replayed, Secrets};
use crate::apdu::{Command, Response};
use crate::lds::file::FileId;
use crate::secure_messaging::{OpenError, SecureMessaging, TakenApart};
use crate::tlv;

mod access;
mod files;

pub(super) struct Session<'a> {
    recording: &'a Recording,
    index: usize,
    messaging: Option<SecureMessaging>,
    in_application: bool,
    current: Option<FileId>,
    /// The last protected command was answered by a bare error.
    naked: bool,
    /// From where to where each file was read.
    read: BTreeMap<FileId, Vec<(usize, usize)>>,
    /// The challenge that was noted came by.
    challenged: bool,
    /// How this reader asks for all there is, in extended form.
    extended_all: Option<Option<u32>>,
    /// The `PACEInfo` that was taken up.
    offered: Vec<u8>,
    /// The last read of EF.CardAccess brought all that it asked for, so that there may be more.
    full: bool,
    replayed: Replayed,
}

impl<'a> Session<'a> {
    pub(super) fn new(recording: &'a Recording) -> Self {
        Self {
            recording,
            index: 0,
            messaging: None,
            in_application: false,
            current: None,
            naked: false,
            read: BTreeMap::new(),
            challenged: false,
            extended_all: None,
            offered: Vec::new(),
            full: false,
            replayed: Replayed::default(),
        }
    }

    pub(super) fn run(mut self) -> Result<Replayed, ReplayError> {
        if self.recording.exchanges.len() > EXCHANGES_MAX {
            return Err(ReplayError { index: EXCHANGES_MAX, cause: ReplayCause::TooMany });
        }
        while self.index < self.recording.exchanges.len() {
            self.step().map_err(|cause| ReplayError { index: self.index, cause })?;
        }
        let index = self.index;
        if self.recording.aa_challenge.is_some() && !self.challenged {
            return Err(ReplayError { index, cause: ReplayCause::ActiveAuthentication });
        }
        if let Some(file) = self.broken_file() {
            return Err(ReplayError { index, cause: ReplayCause::File(file) });
        }
        if self.replayed.protected == 0 {
            return Err(ReplayError { index, cause: ReplayCause::NoAccess });
        }
        for (file, bytes) in &mut self.replayed.files {
            // A read may go on into what fills the file up, or stop before the end.
            let total = tlv::header(bytes).ok().and_then(|h| usize::try_from(h.total_bytes()).ok());
            let total = total.unwrap_or(bytes.len());
            bytes.truncate(total);
            if bytes.len() < total {
                self.replayed.unread.insert(*file, total.saturating_sub(bytes.len()));
            }
        }
        Ok(self.replayed)
    }

    /// The next exchange.
    fn step(&mut self) -> Result<(), ReplayCause> {
        let (command, _) = self.peek(0)?;
        if command.cla & 0x0C == 0x0C {
            return self.protected(&command);
        }
        match (command.ins, &self.recording.secrets) {
            (0x84, Secrets::Bac { .. }) if self.messaging.is_none() => self.basic_access(),
            (0x22, Secrets::Pace { .. }) if self.messaging.is_none() => self.pace(&command),
            _ => {
                let (_, recorded) = self.peek(0)?;
                let answer = self.whole(1)?;
                plain::exchange(&command, recorded, &answer, self.messaging.is_some())?;
                self.follow(&command, &answer)
            }
        }
    }

    fn peek(&self, ahead: usize) -> Result<(Command, &'a Recorded), ReplayCause> {
        let at = self.index.saturating_add(ahead);
        let recorded = self.recording.exchanges.get(at).ok_or(ReplayCause::NoAccess)?;
        Ok((Command::parse(&recorded.command).map_err(ReplayCause::Apdu)?, recorded))
    }

    /// Takes the answer to the command that ends `commands` exchanges on, with what GET RESPONSE fetched.
    fn whole(&mut self, commands: usize) -> Result<Response, ReplayCause> {
        let (_, recorded) = self.peek(commands.saturating_sub(1))?;
        let mut answer = Response::parse(&recorded.answer).map_err(ReplayCause::Apdu)?;
        self.index = self.index.saturating_add(commands);
        self.replayed.commands = self.replayed.commands.saturating_add(commands);
        while answer.status.more_bytes().is_some() {
            let (command, recorded) = self.peek(0)?;
            let waiting = answer.status.more_bytes();
            let asked = matches!(command.expected, Some(256)) || command.expected == waiting;
            // Some readers keep the class of the session, though nothing is protected here.
            let ours = Command {
                expected: command.expected,
                ..Command::new(command.cla & 0x0C, 0xC0, 0, 0)
            };
            let bytes = ours.encode().map_err(ReplayCause::Apdu)?;
            if bytes != recorded.command || !matches!(command.cla, 0x00 | 0x0C) || !asked {
                return Err(ReplayCause::Command);
            }
            let more = Response::parse(&recorded.answer).map_err(ReplayCause::Apdu)?;
            self.index = self.index.saturating_add(1);
            self.replayed.commands = self.replayed.commands.saturating_add(1);
            answer.data.extend(more.data);
            answer.status = more.status;
        }
        Ok(answer)
    }

    /// Compares our command with the recorded one, or with the chain that carries it, and takes the answer. How much of
    /// an answer is asked for, and in which length form, is the recording reader's choice.
    fn agreed(&mut self, ours: &Command) -> Result<Response, ReplayCause> {
        let mut data = Vec::new();
        let mut links = 0;
        loop {
            let (command, recorded) = self.peek(links)?;
            if (command.ins, command.p1, command.p2) != (ours.ins, ours.p1, ours.p2) {
                return Err(ReplayCause::Command);
            }
            plain::written(&command, recorded)?;
            links = links.saturating_add(1);
            data.extend_from_slice(&command.data);
            if data.len() < ours.data.len() && command.cla & 0x10 != 0 {
                continue;
            }
            let last = Command {
                expected: command.expected,
                extended: command.extended,
                data: command.data.clone(),
                ..*ours
            };
            let bytes = last.encode().map_err(ReplayCause::Apdu)?;
            if data != ours.data || bytes != recorded.command {
                return Err(ReplayCause::Command);
            }
            let answer = self.whole(links)?;
            self.asked(&last, answer.data.len())?;
            return Ok(answer);
        }
    }

    /// Le of a command whose answer is known. What a reader writes for "all there is" in extended form it writes always.
    fn asked(&mut self, command: &Command, answer_bytes: usize) -> Result<(), ReplayCause> {
        let all = matches!(command.expected, Some(256 | 65_536));
        let same = if command.extended && all {
            *self.extended_all.get_or_insert(command.expected) == command.expected
        } else {
            all || command.expected.is_none_or(|it| usize::try_from(it) == Ok(answer_bytes))
        };
        if same { Ok(()) } else { Err(ReplayCause::Command) }
    }

    /// A protected command, perhaps in a chain: apart, together again, and the answer opened.
    fn protected(&mut self, first: &Command) -> Result<(), ReplayCause> {
        let Some(messaging) = self.messaging.take() else { return Err(ReplayCause::NoAccess) };
        let mut links = 1;
        let mut whole = first.clone();
        let mut recorded = self.peek(0)?.1.command.clone();
        while whole.cla & 0x10 != 0 {
            let (link, _) = self.peek(links)?;
            links = links.saturating_add(1);
            whole.data.extend_from_slice(&link.data);
            whole = Command { cla: link.cla, expected: link.expected, extended: false, ..whole };
            recorded.clear();
        }
        let (messaging, apart) = self.apart(messaging, &whole)?;
        let (again, awaiting) =
            messaging.protect_in_form(&apart.command, apart.form).map_err(ReplayCause::Protect)?;
        let same = if recorded.is_empty() {
            again == whole
        } else {
            again.encode().map_err(ReplayCause::Apdu)? == recorded
        };
        if !same {
            return Err(ReplayCause::Command);
        }
        let answer = self.whole(links)?;
        // Le of the protected command stands outside the MAC.
        self.asked(&whole, answer.data.len())?;
        self.replayed.protected = self.replayed.protected.saturating_add(links);
        match awaiting.open(&answer) {
            Ok((answer, messaging)) => {
                self.messaging = Some(messaging);
                self.follow(&apart.command, &answer)
            }
            // The other card's way of saying no.
            Err(OpenError::Unprotected { session, .. }) => {
                self.naked = true;
                self.messaging = Some(session.resume_reading());
                Ok(())
            }
            Err(error) => Err(ReplayCause::SecureMessaging(error)),
        }
    }

    /// Takes a protected command apart. After a bare error cards differ on whether it counted, for the command and for its
    /// answer; a reader that went on was right about its own.
    fn apart(
        &mut self,
        messaging: SecureMessaging,
        command: &Command,
    ) -> Result<(SecureMessaging, TakenApart), ReplayCause> {
        let mut messaging = messaging;
        let mut counts = if std::mem::take(&mut self.naked) { 2 } else { 0 };
        loop {
            match messaging.take_apart(command) {
                Ok(apart) => return Ok((messaging, apart)),
                Err(OpenError::Mac) if counts > 0 => {
                    counts -= 1;
                    messaging = messaging.counted();
                }
                Err(error) => return Err(ReplayCause::SecureMessaging(error)),
            }
        }
    }

    /// Keeps track of what a plain, or opened, exchange did.
    fn follow(&mut self, command: &Command, answer: &Response) -> Result<(), ReplayCause> {
        let challenge = <[u8; 8]>::try_from(command.data.as_slice());
        if command.ins == 0x88 && self.recording.aa_challenge.is_some() {
            self.challenged = challenge.ok() == self.recording.aa_challenge;
            if !self.challenged {
                return Err(ReplayCause::ActiveAuthentication);
            }
        }
        if answer.status.is_error() {
            return Ok(());
        }
        match command.ins {
            0xA4 => {
                self.select(command);
                Ok(())
            }
            0xB0 | 0xB1 => self.read(command, answer),
            0x88 => {
                let challenge = challenge.map_err(|_| ReplayCause::ActiveAuthentication)?;
                self.replayed.active_authentication = Some((challenge, answer.data.clone()));
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
