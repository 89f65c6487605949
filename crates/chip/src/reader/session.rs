//! The whole reading from top to bottom.

use std::collections::{BTreeMap, BTreeSet};

use super::Done;
use super::error::{Cause, ReadError, Stage};
use super::flow::Flow;
use super::line::{Incoming, Outgoing};
use super::link::Link;
use super::reading::{AccessControl, ActiveAuthentication, Offers, Reading, compare_offers};
use super::resume::Resume;
use crate::apdu::StatusWord;
use crate::lds::com::Com;
use crate::lds::file::{DataGroup, FileId};
use crate::password::Password;
use crate::sod::Sod;

/// Sessions begun again because the chip ended them, in one reading of a tag that stayed in the field.
const REOPENED_MAX: u32 = 3;

/// Sessions of one reading of a tag that stayed in the field, whatever they taught.
const SESSIONS_MAX: u32 = 12;

impl Flow {
    /// Reads, and opens the chip again where it ends the session without leaving the field.
    pub(super) async fn run(mut self) -> Result<Done, ReadError> {
        let (mut reopened, mut lost) = (0, None);
        let other = self.plan.password.alternative();
        if self.lessons().is_some_and(|lessons| lessons.other_password) {
            self.plan.password = other.clone().unwrap_or(self.plan.password);
        }
        for _ in 0..SESSIONS_MAX {
            let before = self.lessons();
            match self.session().await {
                Ok(reading) => {
                    let ahead = self.plan.batch_commands_max > 1;
                    let link = Link::new(self.card, self.line, ahead);
                    return Ok(Done { reading, link });
                }
                Err(Cause::SessionLost(status)) => {
                    lost = Some(status);
                    self.shorten_doubtful();
                    // A session that was lost over something that the next one does otherwise is none too many.
                    reopened += u32::from(self.lessons() == before);
                    if reopened > REOPENED_MAX {
                        break;
                    }
                }
                // Two chips in the field, or one put there in place of the other: nothing is wrong with what was typed.
                Err(cause) if cause.is_wrong_password() && self.has_opened() => {
                    return Err(self.line.error(Cause::OtherChip));
                }
                Err(cause) if lost.is_none() && cause.is_wrong_password() && self.takes(&other) => {
                }
                // A chip that ended a session may want to be woken up anew before it begins another: that is for whoever
                // holds it, and no fault of what was typed.
                Err(cause) => {
                    let cause = match lost {
                        Some(status) if cause.may_be_of_the_session() => Cause::SessionLost(status),
                        Some(_) | None => cause,
                    };
                    return Err(self.line.error(cause));
                }
            }
        }
        Err(self.line.error(Cause::SessionLost(lost.unwrap_or(StatusWord::CONDITIONS))))
    }

    fn has_opened(&self) -> bool {
        self.line.memory(|memory| memory.opened) == Some(true)
    }

    /// Goes on with what else the typed number may have meant; `false` where it was tried, or meant nothing else.
    fn takes(&mut self, other: &Option<Password>) -> bool {
        let tried =
            self.line.memory(|memory| std::mem::replace(&mut memory.lessons.other_password, true));
        match other {
            Some(other) if tried == Some(false) => {
                self.plan.password = other.clone();
                true
            }
            Some(_) | None => {
                self.line.memory(|memory| memory.lessons.other_password = false);
                false
            }
        }
    }

    async fn session(&mut self) -> Result<Reading, Cause> {
        self.line.memory(|memory| memory.sessions = memory.sessions.saturating_add(1));
        self.naked = 0;
        (self.mapping, self.mapping_proof, self.current) = (None, None, None);
        (self.strayed, self.by_short, self.doubtful_length) = (false, false, None);
        let access = self.open().await?;
        self.line.memory(|memory| memory.opened = true);
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
        self.line.memory(Resume::compare_documents);
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
        let sod = self.line.part(FileId::Sod);
        // Forgotten when the session was opened by mapping, so that it was read in this one.
        let mapping_proof = self.mapping_proof.clone().map(|proof| {
            if sod.is_complete() { proof.with_sod_of_session(&sod.bytes) } else { proof }
        });
        let password = self.plan.password.clone();
        self.line
            .memory(|memory| {
                let files: BTreeMap<FileId, Vec<u8>> = memory
                    .files
                    .iter()
                    .filter(|(_, part)| part.is_complete())
                    .map(|(file, part)| (*file, part.bytes.clone()))
                    .collect();
                let last = active_authentication.as_ref().map(|last| last.challenge);
                let earlier = memory.signatures.iter();
                Reading {
                    files,
                    refused: memory.refused.clone(),
                    access,
                    password,
                    offers,
                    earlier_signatures: earlier
                        .filter(|given| Some(given.challenge) != last)
                        .cloned()
                        .collect(),
                    active_authentication,
                    mapping_proof,
                    mapping_fails: memory.mapping_fails,
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
