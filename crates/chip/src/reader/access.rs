//! Opening the chip: EF.CardAccess, PACE, or BAC where no PACE is offered.

use super::application::select_in_form;
use super::error::{Cause, Stage};
use super::flow::Flow;
use super::read_command::read_binary;
use super::reading::AccessControl;
use super::resume::Resume;
use super::selection::{begins, select_file};
use crate::apdu::{Command, Response, StatusWord};
use crate::bac::{Bac, BacError, BacRandom};
use crate::chip_authentication::prove_by_pace;
use crate::curve::Curve;
use crate::lds::file::FileId;
use crate::lds::security_info::{Group, Mapping, PaceOffer, SecurityInfos};
use crate::pace::{ChipAuthenticationData, Opened, Pace, PaceError, PaceSecrets};

impl Flow {
    /// Opens the chip; afterwards the application is selected.
    pub(super) async fn open(&mut self) -> Result<AccessControl, Cause> {
        self.card.session = None;
        self.line.enter(Stage::CardAccess, Some(FileId::CardAccess));
        let card_access = self.card_access().await?;
        let infos = card_access.as_deref().map(SecurityInfos::parse);
        // A chip that has the file offers PACE, even where the file is broken: BAC would be a way round.
        let offers = match &infos {
            Some(Ok(infos)) => infos.pace().to_vec(),
            Some(Err(_)) => return Err(Cause::NoKnownPace),
            None => Vec::new(),
        };
        if offers.is_empty() {
            self.line.enter(Stage::Application, None);
            let challenge = self.select_and_challenge().await?;
            self.line.enter(Stage::Bac, None);
            return match self.basic_access(challenge).await {
                Ok(()) => Ok(AccessControl::Bac),
                Err(error @ Cause::PaceNeeded(_)) if !self.is_open().await? => Err(error),
                Err(Cause::PaceNeeded(_)) => Ok(AccessControl::Open),
                Err(error) => Err(error),
            };
        }
        self.line.enter(Stage::Pace, None);
        let access = self.pace(&offers).await?;
        if let Some((data, curve)) = self.mapping.take() {
            self.line.memory(Resume::forget_whose);
            // Readable only now, and only while the master file is current.
            if self.plan.batch_commands_max > 1 {
                self.begin_file(FileId::CardSecurity).await?;
            }
            self.read_files(&[FileId::CardSecurity]).await?;
            self.judge_mapping(&data, curve);
        }
        self.line.enter(Stage::Application, None);
        if self.plan.batch_commands_max > 1 {
            self.select_and_begin().await?;
        } else {
            self.select_application().await?;
        }
        Ok(access)
    }

    /// Selects the application and asks for BAC's challenge, both in one message where the line is a relay.
    async fn select_and_challenge(&mut self) -> Result<Response, Cause> {
        if self.plan.batch_commands_max > 1 {
            let ahead = [select_in_form(self.application_form()), Bac::challenge_command()];
            let mut answers = self.card.plain_ahead(&ahead).await?;
            if let (Some(challenge), 1) = (answers.pop(), answers.len()) {
                return Ok(challenge);
            }
        }
        self.select_application().await?;
        self.card.plain(&Bac::challenge_command()).await
    }

    async fn basic_access(&mut self, challenge: Response) -> Result<(), Cause> {
        let mut random = BacRandom { challenge: [0; 8], key: [0; 16] };
        (self.random)(&mut random.challenge);
        (self.random)(&mut random.key);
        let failed = |error: BacError| {
            if matches!(error, BacError::NotSupported { .. }) {
                Cause::PaceNeeded(error)
            } else {
                Cause::Bac(error)
            }
        };
        let bac = Bac::new(&self.plan.password, random).map_err(failed)?;
        let (command, bac) = bac.authenticate(&challenge).map_err(failed)?;
        let answer = self.card.plain(&command).await?;
        self.card.session = Some(bac.finish(&answer).map_err(failed)?);
        Ok(())
    }

    /// Whether the chip gives its files without access control.
    async fn is_open(&mut self) -> Result<bool, Cause> {
        let is_sod =
            |first: &Response| !first.status.is_error() && begins(FileId::Sod, &first.data);
        let short = 0x80 | FileId::Sod.short_identifier();
        if is_sod(&self.card.plain(&read_binary(short, 0, 8)).await?) {
            return Ok(true);
        }
        let select = select_file(FileId::Sod, 0);
        if self.card.plain(&select).await?.status.is_error() {
            return Ok(false);
        }
        Ok(is_sod(&self.card.plain(&read_binary(0, 0, 8)).await?))
    }

    /// Takes up the offers that are known here, the best first, until one is accepted.
    async fn pace(&mut self, offers: &[PaceOffer]) -> Result<AccessControl, Cause> {
        let mut known: Vec<&PaceOffer> = offers.iter().filter(|o| o.is_supported()).collect();
        let prefer_chip = self.plan.prefer_chip_authentication_mapping;
        known.sort_by_key(|offer| rank(offer, prefer_chip));
        // Several offers of one protocol differ by their parameters only, and must be told apart by them.
        let ambiguous = offers.len() > 1;
        let mut last = Cause::NoKnownPace;
        for offer in known {
            for name_parameters in [ambiguous, !ambiguous] {
                match self.pace_once(offer, name_parameters).await {
                    Ok(opened) => {
                        self.card.session = Some(opened.session);
                        let group = offer.group.ok_or(Cause::NoKnownPace)?;
                        self.mapping = match (opened.chip_authentication, group) {
                            (Some(data), Group::Curve(curve)) => Some((data, curve)),
                            (Some(_), Group::Modp(_)) | (None, _) => None,
                        };
                        return Ok(AccessControl::Pace {
                            mapping: offer.mapping,
                            group,
                            cipher: offer.cipher,
                            password: self.plan.password.kind(),
                        });
                    }
                    // Refused before the password was tested: another form or offer may do.
                    Err(error @ Cause::Pace(PaceError::NotBegun { .. })) => last = error,
                    Err(error) => return Err(error),
                }
            }
        }
        let unknown = matches!(
            last,
            Cause::Pace(PaceError::NotBegun { status: StatusWord::REFERENCE_NOT_FOUND })
        );
        Err(if unknown { Cause::PasswordNotKnown(self.plan.password.kind()) } else { last })
    }

    /// Holds what the chip showed in PACE against the keys of EF.CardSecurity. A file that was not to be had leaves it
    /// open; a key that does not fit is a proof that does not hold.
    fn judge_mapping(&mut self, data: &ChipAuthenticationData, curve: Curve) {
        let security = self.line.part(FileId::CardSecurity);
        if !security.is_complete() {
            return;
        }
        self.mapping_proof = prove_by_pace(data, &security.bytes, curve);
        if self.mapping_proof.is_none() {
            self.line.memory(|memory| memory.mapping_fails = true);
        }
    }

    async fn pace_once(
        &mut self,
        offer: &PaceOffer,
        name_parameters: bool,
    ) -> Result<Opened, Cause> {
        match self.pace_in_form(offer, name_parameters, false).await {
            // 2048-bit groups need 260 octets at once; a chip without extended lengths takes them in a chain
            // (CHIP-CASES.md case 7).
            Err(Cause::Pace(PaceError::Refused { .. }))
                if matches!(offer.group, Some(Group::Modp(_))) =>
            {
                self.line.memory(|memory| memory.lessons.extended = Some(false));
                self.pace_in_form(offer, name_parameters, true).await
            }
            result => result,
        }
    }

    async fn pace_in_form(
        &mut self,
        offer: &PaceOffer,
        name_parameters: bool,
        chained: bool,
    ) -> Result<Opened, Cause> {
        let chained = chained || self.extended_known() == Some(false);
        let secrets = PaceSecrets::draw(offer, &mut *self.random).map_err(Cause::Pace)?;
        let pace = Pace::new(offer, &self.plan.password, secrets).map_err(Cause::Pace)?;
        let answer = self.card.plain(&pace.select_command(name_parameters)).await?;
        let (command, pace) = pace.selected(&answer).map_err(Cause::Pace)?;
        let answer = self.card.plain(&command).await?;
        let (command, pace) = pace.mapped(&answer).map_err(Cause::Pace)?;
        let answer = self.send(command, chained).await?;
        let (command, pace) = pace.agreed(&answer).map_err(Cause::Pace)?;
        let answer = self.send(command, chained).await?;
        let (command, pace) = pace.token(&answer).map_err(Cause::Pace)?;
        let answer = self.card.plain(&command).await?;
        pace.finish(&answer).map_err(Cause::Pace)
    }

    async fn send(&mut self, command: Command, chained: bool) -> Result<Response, Cause> {
        if chained && command.is_extended() {
            let short = Command { expected: Some(256), extended: false, ..command };
            self.card.chained(short).await
        } else {
            self.card.plain(&command).await
        }
    }
}

/// Which offer to take first: curves before MODP groups, generic before integrated mapping.
const fn rank(offer: &PaceOffer, prefer_chip: bool) -> (u8, u8) {
    let mapping = match offer.mapping {
        Mapping::ChipAuthentication if prefer_chip => 0,
        Mapping::Generic => 1,
        Mapping::Integrated => 2,
        Mapping::ChipAuthentication => 3,
    };
    let group = match offer.group {
        Some(Group::Curve(_)) => 0,
        Some(Group::Modp(_)) | None => 1,
    };
    (mapping, group)
}
