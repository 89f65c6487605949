//! The whole reading from top to bottom.

use std::collections::{BTreeMap, BTreeSet};

use super::authentication::ActiveAuthentication;
use super::card::Card;
use super::error::{Cause, ReadError, Stage};
use super::line::{Incoming, Line, Outgoing};
use super::link::Link;
use super::{AccessControl, Done, Offers, Plan, Random, Reading};
use crate::apdu::StatusWord;
use crate::lds::com::Com;
use crate::lds::file::{DataGroup, FileId};
use crate::lds::security_info::SecurityInfos;
use crate::pace::ChipAuthenticationData;
use crate::sod::Sod;
use crate::tlv;

/// Sessions begun again because the chip ended them, in one reading of a tag that stayed in the field.
const REOPENED_MAX: u32 = 3;

pub(super) struct Flow {
    pub(super) plan: Plan,
    pub(super) random: Random,
    pub(super) line: Line,
    pub(super) card: Card,
    pub(super) chip_authentication: Option<ChipAuthenticationData>,
    /// Bare errors in a row.
    pub(super) naked: u32,
}

impl Flow {
    pub(super) const fn new(plan: Plan, random: Random, line: Line, card: Card) -> Self {
        Self { plan, random, line, card, chip_authentication: None, naked: 0 }
    }

    /// Reads, and opens the chip again where it ends the session without leaving the field.
    pub(super) async fn run(mut self) -> Result<Done, ReadError> {
        let mut reopened = 0;
        loop {
            match self.session().await {
                Ok(reading) => {
                    let ahead = self.plan.batch_commands_max > 1;
                    let link = Link::new(self.card, self.line, ahead);
                    return Ok(Done { reading, link });
                }
                Err(Cause::SessionLost(_)) if reopened < REOPENED_MAX => reopened += 1,
                Err(cause) => return Err(self.line.error(cause)),
            }
        }
    }

    async fn session(&mut self) -> Result<Reading, Cause> {
        self.line.memory(|memory| memory.sessions = memory.sessions.saturating_add(1));
        self.naked = 0;
        let access = self.open().await?;
        self.line.enter(Stage::Challenge, None);
        // Asked anew in every session: a challenge belongs to one (PROTOCOLS.md section 7).
        let granted = Outgoing::AccessGranted(access.clone());
        let Incoming::Challenge(challenge) = self.line.ask(granted).await else {
            return Err(Cause::Stalled);
        };
        self.line.want(vec![FileId::Com, FileId::Sod, FileId::DG1, FileId::DG2]);
        // A relay has the challenge where the answer is judged, and reads all files at once.
        let at_once = self.plan.batch_commands_max > 1;
        self.begin_file(FileId::Sod).await?;
        self.read_files(&[FileId::Sod]).await?;
        self.require(FileId::Sod)?;
        if at_once {
            self.read_listed(|_| true).await?;
        } else {
            self.read_file(FileId::Com).await?;
            // The keys first and the proof next, because a challenge lives for a minute and DG2 is slow.
            self.read_listed(|file| matches!(file, FileId::DG14 | FileId::DG15)).await?;
        }
        let has_key = !self.line.part(FileId::DG15).bytes.is_empty();
        let active_authentication = match challenge {
            Some(challenge) if has_key => Some(self.active_authentication(challenge).await?),
            Some(_) | None => None,
        };
        // By now EF.COM may have named more than the SOD.
        self.read_listed(|_| true).await?;
        if self.plan.data_groups.iter().any(|group| group.number() == 1) {
            self.require(FileId::DG1)?;
        }
        self.reading(access, active_authentication)
    }

    async fn read_listed(&mut self, chosen: impl Fn(FileId) -> bool) -> Result<(), Cause> {
        let files: Vec<FileId> =
            self.want_files().into_iter().filter(|file| chosen(*file)).collect();
        self.read_files(&files).await
    }

    /// Files still to read, EF.COM among them; says so to whoever watches the progress.
    fn want_files(&self) -> Vec<FileId> {
        let mut files = vec![FileId::Com];
        files.extend(self.wanted().into_iter().map(FileId::DataGroup));
        self.line.want([&[FileId::Sod], files.as_slice()].concat());
        files
    }

    /// Data groups that the plan wants and the chip lists: by the SOD, and by EF.COM though it is not signed, so
    /// that a verdict can name what the SOD leaves out.
    fn wanted(&self) -> BTreeSet<DataGroup> {
        let sod = Sod::from_file(&self.line.part(FileId::Sod).bytes);
        let com = Com::parse(&self.line.part(FileId::Com).bytes);
        let mut listed: BTreeSet<DataGroup> = BTreeSet::new();
        if let Ok(sod) = &sod {
            listed.extend(sod.data_groups().filter_map(DataGroup::new));
        }
        if let Ok(com) = &com {
            listed.extend(com.data_groups.iter().copied());
        }
        if sod.is_err() && com.is_err() {
            listed.clone_from(&self.plan.data_groups);
        }
        let wanted = self.plan.data_groups.intersection(&listed).copied();
        wanted.filter(|group| !group.is_biometric_secret()).collect()
    }

    /// A file without which there is no document.
    fn require(&self, file: FileId) -> Result<(), Cause> {
        self.line.enter(Stage::Reading, Some(file));
        if !self.line.part(file).bytes.is_empty() {
            return Ok(());
        }
        let status = self.line.memory(|memory| memory.refused.get(&file).copied()).flatten();
        Err(Cause::Refused(status.unwrap_or(StatusWord::FILE_NOT_FOUND)))
    }

    fn reading(
        &self,
        access: AccessControl,
        active_authentication: Option<ActiveAuthentication>,
    ) -> Result<Reading, Cause> {
        let offers = self.offers(&access);
        let chip_authentication = self.chip_authentication.clone();
        self.line
            .memory(|memory| {
                let files: BTreeMap<FileId, Vec<u8>> = memory
                    .files
                    .iter()
                    .filter(|(_, part)| part.is_complete())
                    .map(|(file, part)| (*file, part.bytes.clone()))
                    .collect();
                Reading {
                    files,
                    refused: memory.refused.clone(),
                    access,
                    offers,
                    active_authentication,
                    chip_authentication,
                    apdus: memory.apdus,
                    bytes: memory.bytes,
                    round_trips: memory.round_trips,
                    sessions: memory.sessions,
                }
            })
            .ok_or(Cause::Stalled)
    }

    fn offers(&self, access: &AccessControl) -> Offers {
        let card_access = self.line.part(FileId::CardAccess).bytes;
        let dg14 = self.line.part(FileId::DG14).bytes;
        compare_offers(access, &card_access, &dg14)
    }
}

/// EF.CardAccess against DG14, both as raw files; empty where there is none.
#[must_use]
pub fn compare_offers(access: &AccessControl, card_access: &[u8], dg14: &[u8]) -> Offers {
    let mut template = tlv::Reader::new(dg14);
    let signed = template
        .expect(tlv::Tag::new(0x6E))
        .ok()
        .and_then(|template| SecurityInfos::parse(template.value()).ok());
    let Some(signed) = signed else { return Offers::NotComparable };
    let offered = SecurityInfos::parse(card_access).unwrap_or_default();
    match access {
        AccessControl::Bac | AccessControl::Open if !signed.pace().is_empty() => Offers::PaceHidden,
        AccessControl::Bac | AccessControl::Open => Offers::Agree,
        AccessControl::Pace { .. } if offered.offers_the_same_pace_as(&signed) => Offers::Agree,
        AccessControl::Pace { .. } => Offers::Differ,
    }
}
