//! The read of a chip that a phone made: verified, compared with the person, decided.

use super::Progress;
use crate::caller::App;
use crate::work::Work;
use crate::{Failure, RefusalCode, Service};
use chip::date::UnixTime;
use chip::verdict::{Evidence, OpenedBy, PresenceProof, Proof, VerifiedChip, VerifyError};
use recovery::Rejection;
use recovery::case::ChipFaceEvent;
use recovery::event::JournalEvent;
use recovery::evidence::{
    ChipJudged, Circumstances, DocumentStatus, JudgedChip, PairedPCode, RegisterAnswer,
    StatusAnswer, Subject,
};
use recovery::id::{CaseId, PersonId};
use recovery::p_code::PCode;
use recovery::time::Timestamp;
use registers::{DocumentKind, DocumentNumber, IssuingState};
use sha2::{Digest, Sha256};
use store::rows::identity::Identity;
use zeroize::Zeroizing;

/// Everything that a phone says it read from a chip; nothing of it is trusted before it is verified.
#[derive(Clone)]
pub struct ChipReading {
    /// The chip session for which the phone fetched the challenge.
    pub chip_session: [u8; 16],
    /// EF.SOD.
    pub sod: Vec<u8>,
    /// The data groups, each with its number.
    pub data_groups: Vec<(u8, Zeroizing<Vec<u8>>)>,
    /// EF.COM.
    pub com: Option<Vec<u8>>,
    /// EF.CardAccess.
    pub card_access: Option<Vec<u8>>,
    /// EF.CardSecurity.
    pub card_security: Option<Vec<u8>>,
    /// The password that opened the chip.
    pub opened_by: OpenedBy,
    /// The chip's answer to the challenge of active authentication.
    pub active_authentication: Option<Vec<u8>>,
    /// The chip's answer that is protected under the keys of chip authentication.
    pub chip_authentication: Option<Vec<u8>>,
    /// The P code, as typed.
    pub p_code: Option<Zeroizing<String>>,
}

impl std::fmt::Debug for ChipReading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChipReading").field("sod_bytes", &self.sod.len()).finish_non_exhaustive()
    }
}

impl ChipReading {
    fn data_group(&self, number: u8) -> Option<&[u8]> {
        self.data_groups.iter().find(|(own, _)| *own == number).map(|(_, bytes)| bytes.as_slice())
    }
}

/// The result of verifying a document, and the P code that came with it.
#[derive(Clone, Copy)]
pub(super) struct Offered<'a> {
    /// The verified document, or why it was not verified.
    pub(super) verified: &'a Result<VerifiedChip, VerifyError>,
    /// The P code, as the person typed it.
    pub(super) p_code: Option<&'a Zeroizing<String>>,
}

/// The answers of the registers about a verified document.
pub(crate) struct Answers {
    /// What the population register knows of the holder.
    pub(crate) holder: RegisterAnswer,
    /// The status of the document.
    status: StatusAnswer,
}

impl Service {
    /// Verifies a reading and decides what it means for the case.
    ///
    /// # Errors
    ///
    /// `challenge-not-valid` where the challenge has expired: the chip has to be read again, which costs no try.
    /// `p-code-invalid`. `chip-read-by-server` where the policy accepts no reading by a phone.
    pub async fn submit_chip(
        &self,
        app: &App,
        case: CaseId,
        reading: &ChipReading,
    ) -> Result<Progress, Failure> {
        if self.parts().policy.chip_face.read_by_server {
            return Err(Failure::refused(RefusalCode::ChipReadByServer));
        }
        let (challenge, agreement) = {
            let mut work = Work::begin(self).await?;
            let loaded = work.chip_case(app, case).await?;
            if !loaded.case.awaits_chip() {
                // A reading that was sent twice: the first one has decided.
                return work.progress(&loaded.case, None).await;
            }
            let challenge = work.challenge(app, case, &reading.chip_session).await?;
            let now = work.now();
            let challenge = challenge
                .filter(|challenge| now < challenge.until)
                .ok_or_else(|| Failure::refused(RefusalCode::ChallengeNotValid))?;
            let agreement = work.agreement(app, case, &reading.chip_session).await?;
            (challenge.bytes, agreement.filter(|agreement| now < agreement.until))
        };
        let now = self.now().await?;
        let agreed = agreement.and_then(|agreement| {
            // A status word alone is a refusal and no answer.
            let answer = reading.chip_authentication.as_deref().filter(|it| it.len() > 2)?;
            Some(agreement.proven(reading.data_group(14)?, answer))
        });
        let active = reading.active_authentication.as_deref();
        let active = active.map(|answer| Proof::ActiveAuthentication { challenge, answer });
        // An answer that came and is not under the agreed keys is a proof that does not hold, whatever else holds.
        let agreed = agreed.as_ref().map(|proof| match proof {
            Some(proof) => Proof::ChipAuthentication(proof),
            None => Proof::Fails(PresenceProof::ChipAuthentication),
        });
        let proofs: Vec<Proof<'_>> = active.into_iter().chain(agreed).collect();
        let data_groups: Vec<(u8, &[u8])> =
            reading.data_groups.iter().map(|(number, bytes)| (*number, bytes.as_slice())).collect();
        let evidence = Evidence {
            sod: &reading.sod,
            data_groups: &data_groups,
            com: reading.com.as_deref(),
            card_access: reading.card_access.as_deref(),
            card_security: reading.card_security.as_deref(),
            opened_by: reading.opened_by,
            // The phone opened the chip: what it says of the zone would be its own word.
            opened_with: None,
            proofs: &proofs,
        };
        let verified = self.verify_chip(&evidence, now);
        let offered = Offered { verified: &verified, p_code: reading.p_code.as_ref() };
        self.decide_chip(app, case, offered, Some(&reading.chip_session)).await
    }

    /// Decides a case by a reading that was verified.
    pub(super) async fn decide_chip(
        &self,
        app: &App,
        case: CaseId,
        offered: Offered<'_>,
        spends: Option<&[u8; 16]>,
    ) -> Result<Progress, Failure> {
        let Offered { verified, p_code } = offered;
        let now = self.now().await?;
        let answers = match verified {
            Ok(chip) => Some(self.ask_registers(chip, now).await?),
            Err(_) => None,
        };
        let outcome = attempt!(self, |work| {
            let loaded = work.chip_case(app, case).await?;
            if !loaded.case.awaits_chip() {
                return Ok((work.progress(&loaded.case, None).await?, false));
            }
            // Taken out in the same transaction: of two readings over one challenge only one is judged.
            if let Some(session) = spends {
                let Some(challenge) = work.challenge(app, case, session).await? else {
                    return Err(Failure::refused(RefusalCode::ChallengeNotValid));
                };
                work.remove(&challenge);
                if let Some(agreement) = work.agreement(app, case, session).await? {
                    work.remove(&agreement);
                }
            }
            if let Err(error) = verified {
                work.say(app.person(), JournalEvent::ChipNotGenuine { case, code: error.code() });
            }
            let policy = self.parts().policy.clone();
            let mut wrong_p_code = false;
            let instance = match verified {
                Ok(_) => Some(work.instance(app).await?),
                Err(_) => None,
            };
            let event = match (verified, &answers, &instance) {
                (Ok(chip), Some(answers), Some(instance)) => {
                    let p_code = match p_code {
                        Some(typed) => {
                            instance.may_pair_p_code(&policy, work.now())?;
                            Some(work.p_code_typed(typed).await?)
                        }
                        None => None,
                    };
                    let judged = work.judge(app.person(), chip, answers, p_code.as_ref()).await?;
                    wrong_p_code = matches!(judged.outcome(), JudgedChip::WrongPCode);
                    ChipFaceEvent::ChipVerified { judged, app: instance }
                }
                _ => ChipFaceEvent::ChipRefused,
            };
            let step = loaded.case.apply(event, &policy, work.now())?;
            let next = work.take(app.person(), step);
            work.set(&loaded.after(next.clone()));
            let still_open = next.awaits_chip();
            Ok((work.progress(&next, None).await?, wrong_p_code && still_open))
        })?;
        if let Err(error) = verified {
            tracing::info!(case = %case, code = error.code(), "a chip was refused");
        }
        match outcome {
            (_, true) => Err(Rejection::PCodeInvalid.into()),
            (progress, false) => Ok(progress),
        }
    }

    pub(crate) fn verify_chip(
        &self,
        evidence: &Evidence<'_>,
        now: Timestamp,
    ) -> Result<VerifiedChip, VerifyError> {
        let parts = self.parts();
        chip::verdict::verify(evidence, &parts.csca, &parts.chip_policy, unix(now))
    }

    pub(crate) async fn ask_registers(
        &self,
        chip: &VerifiedChip,
        now: Timestamp,
    ) -> Result<Answers, Failure> {
        let unknown = StatusAnswer { status: DocumentStatus::Unknown, asked_at: now };
        let document = chip.document();
        let (Ok(state), Ok(number)) = (
            IssuingState::parse(&document.issuing_state),
            DocumentNumber::parse(document.number.expose()),
        ) else {
            return Ok(Answers { holder: RegisterAnswer::Unknown, status: unknown });
        };
        let registers = &self.parts().registers;
        let holder = registers.passports.passport_holder(state, &number).await.map_err(away)?;
        let holder = match holder {
            Some(person) => {
                let mut work = Work::begin(self).await?;
                match work.identity_of(person.as_str()).await? {
                    Some(identity) => RegisterAnswer::IssuedTo(identity.person),
                    None => RegisterAnswer::Unknown,
                }
            }
            None => RegisterAnswer::Unknown,
        };
        let asked = jiff::Timestamp::from_millisecond(now.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let mut status = unknown;
        for kind in kinds(chip) {
            let answer = registers
                .document_status
                .document_status(kind, state, &number, asked)
                .await
                .map_err(away)?;
            if let Some(answer) = answer {
                status = StatusAnswer {
                    status: status_of(answer.status),
                    asked_at: Timestamp(answer.as_of.as_millisecond()),
                };
                break;
            }
        }
        Ok(Answers { holder, status })
    }
}

/// Converts milliseconds to the seconds that `chip` counts in.
pub(super) fn unix(now: Timestamp) -> UnixTime {
    UnixTime::from_secs(now.0.div_euclid(1_000))
}

fn away(error: registers::RegisterError) -> Failure {
    Failure::Unavailable {
        doing: "asking a register about a document",
        source: Some(Box::new(error)),
    }
}

/// The kinds under which a register may know this document: the document code of a card does not tell a permit from an
/// identity card.
fn kinds(chip: &VerifiedChip) -> Vec<DocumentKind> {
    match chip.document().kind {
        chip::verdict::DocumentKind::Td3 => vec![DocumentKind::Passport],
        chip::verdict::DocumentKind::Td1 | chip::verdict::DocumentKind::Td2 => {
            vec![DocumentKind::IdentityCard, DocumentKind::ResidencePermit]
        }
    }
}

fn status_of(status: registers::DocumentStatus) -> DocumentStatus {
    match status {
        registers::DocumentStatus::Valid => DocumentStatus::Valid,
        registers::DocumentStatus::Lost => DocumentStatus::Lost,
        registers::DocumentStatus::Stolen => DocumentStatus::Stolen,
        // The register knows it as over; the date on the chip may have been read as still good.
        registers::DocumentStatus::Revoked | registers::DocumentStatus::Expired => {
            DocumentStatus::Revoked
        }
    }
}

impl Work<'_> {
    /// Compares a verified document with a person (PROTOCOLS.md section 6). `p_code` is `None` where no code was typed, and
    /// `Some(None)` where no P code has the digits that were typed.
    pub(crate) async fn judge(
        &mut self,
        person: PersonId,
        chip: &VerifiedChip,
        answers: &Answers,
        p_code: Option<&Option<PCode>>,
    ) -> Result<ChipJudged, Failure> {
        let policy = self.service.parts().policy.clone();
        let identity = self
            .get::<Identity>(person)
            .await?
            .ok_or_else(|| Failure::fault("a person has no identity", "missing identity"))?;
        let person = self.load_person(person).await?;
        let (state, number) = crate::p_code::plain_document(
            &chip.document().issuing_state,
            chip.document().number.expose(),
        )?;
        let around = Circumstances {
            subject: Subject { person: &person, national_numbers: &identity.national_numbers },
            document: self.document_hash(state, &number),
            portrait: Sha256::digest(chip.portrait().image()).into(),
            register: answers.holder,
            p_code: match p_code {
                None => PairedPCode::NotGiven,
                Some(None) => PairedPCode::GivenUnknown,
                Some(Some(code)) => PairedPCode::Given(code),
            },
            status: answers.status,
        };
        Ok(ChipJudged::judge(chip, around, &policy, self.now()))
    }
}
