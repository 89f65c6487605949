//! One replay, exchange by exchange.

use super::card_access;
use super::plain;
use super::{
    BTreeMap, Bac, BacRandom, Command, EXCHANGES_MAX, FileId, OpenError, Pace, PaceSecrets,
    Password, Recorded, Recording, ReplayCause, ReplayError, Replayed, Response, Secrets,
    SecureMessaging, SecurityInfos,
};
use crate::lds::security_info::{Mapping, PaceOffer};
use crate::reader::FILE_BYTES_MAX;
use crate::secure_messaging::TakenApart;
use crate::symmetric::{Cipher, Key};
use crate::tlv::{self, Reader, Tag};

pub(super) const APPLICATION: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];

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

    /// A file that was read with gaps, or that does not begin as it must. Its end may be missing.
    fn broken_file(&mut self) -> Option<FileId> {
        for (file, pieces) in &mut self.read {
            pieces.sort_unstable();
            let whole = pieces
                .iter()
                .try_fold(0, |end, &(from, to)| (from <= end).then(|| usize::max(end, to)));
            let begins = self.replayed.files.get(file).and_then(|bytes| tlv::header(bytes).ok());
            let fits = match (begins, file.tag()) {
                (Some(header), Some(tag)) => header.tag == tag,
                (None, Some(_)) | (_, None) => true,
            };
            // No MAC stands over EF.CardAccess: it must be what it says it is, as far as it goes.
            let cut = *file == FileId::CardAccess
                && begins.is_none_or(|it| usize::try_from(it.total_bytes()).ok() > whole);
            let bytes = self.replayed.files.get(file).map(Vec::as_slice).unwrap_or_default();
            let strange = cut && !(self.full && card_access::begins(bytes, &self.offered));
            if whole.is_none() || !fits || strange {
                return Some(*file);
            }
        }
        None
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

    fn basic_access(&mut self) -> Result<(), ReplayCause> {
        let Secrets::Bac { mrz_information, rnd_ifd, k_ifd, rnd_ic } = &self.recording.secrets
        else {
            return Err(ReplayCause::NoAccess);
        };
        let password =
            Password::from_mrz_information(mrz_information).map_err(ReplayCause::Password)?;
        let random = BacRandom { challenge: *rnd_ifd, key: *k_ifd };
        let bac = Bac::new(&password, random).map_err(ReplayCause::Bac)?;
        let challenge = self.agreed(&Bac::challenge_command())?;
        if rnd_ic.is_some_and(|noted| challenge.data != noted) {
            return Err(ReplayCause::Challenge);
        }
        let (command, bac) = bac.authenticate(&challenge).map_err(ReplayCause::Bac)?;
        let answer = self.agreed(&command)?;
        // BAC is the application's own, whether or not the recording has its selection.
        self.in_application = true;
        self.opened(bac.finish(&answer).map_err(ReplayCause::Bac)?)
    }

    /// Tries the offers that MSE:Set AT may mean; without EF.CardAccess and without `DO'84'` that is every group.
    fn pace(&mut self, select: &Command) -> Result<(), ReplayCause> {
        let Secrets::Pace { password, mapping, agreement } = &self.recording.secrets else {
            return Err(ReplayCause::NoAccess);
        };
        let (start, commands) = (self.index, self.replayed.commands);
        let mut last = ReplayCause::Protocol;
        for offer in self.offers(select)? {
            (self.index, self.replayed.commands) = (start, commands);
            match self.pace_with(&offer, password, mapping, agreement) {
                Ok(messaging) => {
                    self.offered = pace_info(&offer.oid, offer.parameter_id);
                    return self.opened(messaging);
                }
                Err(cause) => last = cause,
            }
        }
        Err(last)
    }

    fn offers(&self, select: &Command) -> Result<Vec<PaceOffer>, ReplayCause> {
        let mut objects = Reader::new(&select.data);
        let mut oid = &[][..];
        let mut named = None;
        while let Ok(Some(object)) = objects.read() {
            match (object.tag().number(), object.value()) {
                (0x80, value) => oid = value,
                (0x84, [id]) => named = Some(*id),
                _ => {}
            }
        }
        // What the card listed, where the recording has the whole of it.
        if let Some(card_access) = self.card_access() {
            let infos = SecurityInfos::parse(card_access).map_err(|_| ReplayCause::Protocol)?;
            return Ok(infos
                .pace()
                .iter()
                .filter(|offer| offer.oid == oid)
                .filter(|offer| offer.parameter_id.is_none_or(|id| named.is_none_or(|it| it == id)))
                .filter(|offer| {
                    let info = pace_info(&offer.oid, offer.parameter_id);
                    card_access.windows(info.len()).any(|part| part == info)
                })
                .cloned()
                .collect());
        }
        Ok((0..=18_u8)
            .filter(|id| named.is_none_or(|named| named == *id))
            .filter_map(|id| made_up(oid, id))
            .collect())
    }

    /// EF.CardAccess, if it was read to its end.
    fn card_access(&self) -> Option<&[u8]> {
        let bytes = self.replayed.files.get(&FileId::CardAccess)?;
        let total = usize::try_from(tlv::header(bytes).ok()?.total_bytes()).ok()?;
        bytes.get(..total)
    }

    fn pace_with(
        &mut self,
        offer: &PaceOffer,
        password: &Password,
        mapping: &[u8],
        agreement: &[u8],
    ) -> Result<SecureMessaging, ReplayCause> {
        let secrets =
            PaceSecrets::recorded(offer, mapping, agreement).map_err(ReplayCause::Pace)?;
        let pace = Pace::new(offer, password, secrets).map_err(ReplayCause::Pace)?;
        // Whether parameters were named is the recording reader's choice too.
        let (recorded, _) = self.peek(0)?;
        let named = [false, true].into_iter().map(|named| pace.select_command(named));
        let select = named.into_iter().find(|command| command.data == recorded.data);
        let answer = self.agreed(&select.ok_or(ReplayCause::Command)?)?;
        let (command, pace) = pace.selected(&answer).map_err(ReplayCause::Pace)?;
        let answer = self.agreed(&command)?;
        let (command, pace) = pace.mapped(&answer).map_err(ReplayCause::Pace)?;
        let answer = self.agreed(&command)?;
        // The chip's half of integrated mapping is empty; no later step depends on how that is written.
        if offer.mapping == Mapping::Integrated
            && !matches!(answer.data.as_slice(), [] | [0x7C, 0x00] | [0x7C, 0x02, 0x82, 0x00])
        {
            return Err(ReplayCause::Status);
        }
        let (command, pace) = pace.agreed(&answer).map_err(ReplayCause::Pace)?;
        let answer = self.agreed(&command)?;
        let (command, pace) = pace.token(&answer).map_err(ReplayCause::Pace)?;
        let answer = self.agreed(&command)?;
        Ok(pace.finish(&answer).map_err(ReplayCause::Pace)?.session)
    }

    fn opened(&mut self, messaging: SecureMessaging) -> Result<(), ReplayCause> {
        if let Some((encryption, mac)) = &self.recording.session_keys {
            let keys = messaging.keys();
            if !same_key(&keys.encryption, encryption) || !same_key(&keys.mac, mac) {
                return Err(ReplayCause::SessionKeys);
            }
        }
        self.messaging = Some(messaging);
        Ok(())
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

    fn select(&mut self, command: &Command) {
        match (command.p1, command.data.as_slice()) {
            (0x04, identifier) => {
                self.in_application = identifier == APPLICATION;
                self.current = None;
            }
            (0x00, [] | [0x3F, 0x00]) => {
                self.in_application = false;
                self.current = None;
            }
            // By its identifier, alone or at the end of a path.
            (_, &[.., high, low]) => {
                let identifier = u16::from_be_bytes([high, low]);
                self.current = self.file(|file| file.identifier() == identifier);
            }
            _ => {}
        }
    }

    fn file(&self, is: impl Fn(FileId) -> bool) -> Option<FileId> {
        let here = |file: &FileId| file.is_in_master_file() != self.in_application;
        // Some cards know one application and no master file: what is not here is meant there.
        FileId::all()
            .find(|file| here(file) && is(*file))
            .or_else(|| FileId::all().find(|file| is(*file)))
    }

    fn read(&mut self, command: &Command, answer: &Response) -> Result<(), ReplayCause> {
        let (offset, data) = if command.ins == 0xB1 {
            let offset = tlv::single(&command.data, Tag::new(0x54)).ok();
            let offset = offset.map_or(0, |offset| {
                offset.value().iter().take(4).fold(0, |sum, octet| (sum << 8) | usize::from(*octet))
            });
            match u16::from_be_bytes([command.p1, command.p2]) {
                0 => {}
                short @ 1..=30 => {
                    self.current = self.file(|file| u16::from(file.short_identifier()) == short);
                }
                identifier => {
                    self.current = self.file(|file| file.identifier() == identifier);
                }
            }
            let data = tlv::single(&answer.data, Tag::new(0x53)).ok();
            (offset, data.map_or(&[][..], |data| data.value()))
        } else if command.p1 & 0x80 != 0 {
            let short = command.p1 & 0x1F;
            self.current = self.file(|file| file.short_identifier() == short);
            (usize::from(command.p2), answer.data.as_slice())
        } else {
            (usize::from(u16::from_be_bytes([command.p1, command.p2])), answer.data.as_slice())
        };
        let Some(file) = self.current else { return Ok(()) };
        let end = offset.saturating_add(data.len());
        if end > FILE_BYTES_MAX {
            return Err(ReplayCause::TooLong);
        }
        if file == FileId::CardAccess {
            let asked = command.expected.and_then(|most| usize::try_from(most).ok());
            self.full = asked == Some(data.len());
        }
        self.read.entry(file).or_default().push((offset, end));
        put(&mut self.replayed.files, file, offset, data);
        Ok(())
    }
}

/// The low bits of a 3DES key are parity, which many libraries leave as the hash gave them.
fn same_key(key: &Key, noted: &[u8]) -> bool {
    let parity = if key.cipher() == Cipher::TripleDes { 1 } else { 0 };
    let same = |(ours, theirs): (&u8, &u8)| ours | parity == theirs | parity;
    key.expose().len() == noted.len() && key.expose().iter().zip(noted).all(same)
}

fn put(files: &mut BTreeMap<FileId, Vec<u8>>, file: FileId, offset: usize, data: &[u8]) {
    let bytes = files.entry(file).or_default();
    let end = offset.saturating_add(data.len());
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    if let Some(place) = bytes.get_mut(offset..end) {
        place.copy_from_slice(data);
    }
}

/// `PACEInfo` as every card writes it.
fn pace_info(oid: &[u8], id: Option<u8>) -> Vec<u8> {
    let object = tlv::object(Tag::new(0x06), oid);
    let version = tlv::object(Tag::new(0x02), &[2]);
    let id = id.map(|id| tlv::object(Tag::new(0x02), &[id]));
    tlv::constructed(Tag::new(0x30), [object, version].into_iter().chain(id))
}

/// An offer for a protocol of which only the identifier is known.
fn made_up(oid: &[u8], id: u8) -> Option<PaceOffer> {
    let set = tlv::object(Tag::new(0x31), &pace_info(oid, Some(id)));
    let offer = SecurityInfos::parse(&set).ok()?.pace().first()?.clone();
    offer.is_supported().then_some(offer)
}
