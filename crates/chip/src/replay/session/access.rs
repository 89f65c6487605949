//! Access control with the recorded randomness, and the offers that a recording may mean.

use super::Session;
use crate::apdu::Command;
use crate::bac::{Bac, BacRandom};
use crate::lds::file::FileId;
use crate::lds::security_info::{Mapping, PaceOffer, SecurityInfos};
use crate::pace::{Pace, PaceSecrets};
use crate::password::Password;
use crate::replay::{ReplayCause, Secrets};
use crate::secure_messaging::SecureMessaging;
use crate::symmetric::{Cipher, Key};
use crate::tlv::{self, Reader, Tag};

impl Session<'_> {
    pub(super) fn basic_access(&mut self) -> Result<(), ReplayCause> {
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
    pub(super) fn pace(&mut self, select: &Command) -> Result<(), ReplayCause> {
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
}

/// The low bits of a 3DES key are parity, which many libraries leave as the hash gave them.
fn same_key(key: &Key, noted: &[u8]) -> bool {
    let parity = if key.cipher() == Cipher::TripleDes { 1 } else { 0 };
    let same = |(ours, theirs): (&u8, &u8)| ours | parity == theirs | parity;
    key.expose().len() == noted.len() && key.expose().iter().zip(noted).all(same)
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
