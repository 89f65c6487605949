//! A document that the server reads: this phone carries bytes, and holds none of the chip's keys.

use chip::password::PasswordKind;
use chip::reader::Plan;
use wire::Bytes;
use wire::recovery::RecoveryView;
use wire::relay::{ChipPassword, RelayAnswers, RelayPart, RelayStart, RelayView};

use super::drive::{Broken, Document};
use super::{Progress, ReadPart};
use crate::app::App;
use crate::handed_in::{Card, CardLost};
use crate::new_pin::released;
use crate::place::FromChip;
use crate::session::{CallError, Command};

/// A turn of the relay as far as it was carried when the contact broke.
#[derive(Debug, Clone)]
pub(crate) struct Carried {
    relay_id: String,
    turn: u32,
    answers: Vec<Bytes>,
}

/// The server has read and judged.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) case: RecoveryView,
    pub(super) from_chip: Option<FromChip>,
}

impl App {
    /// Carries the server's commands as long as the contact holds. Where it breaks, the next contact goes on there.
    pub(super) fn relay_once(
        &mut self,
        case: &RecoveryView,
        document: &mut Document,
    ) -> Result<Judged, Broken> {
        let mut card = self.slot.connect().map_err(Broken::NoCard)?;
        let mut fresh = true;
        let mut view = match document.relay.take() {
            Some(carried) => match self.hand_over(case, document, carried, true) {
                // It waited too long, or its server has gone: another reading costs nothing.
                Err(Broken::Call(CallError::Problem(problem))) if is_over(&problem.code) => {
                    self.begin_relay(case, document)?
                }
                reply => reply?,
            },
            None => self.begin_relay(case, document)?,
        };
        loop {
            let (carried, commands) = match view {
                RelayView::Ended { recovery, dg2, birth_date } => {
                    let birth_date = birth_date.as_deref().and_then(released);
                    let from_chip = dg2.map(|dg2| FromChip { birth_date, dg2 });
                    return Ok(Judged { case: recovery, from_chip });
                }
                RelayView::Send {
                    relay_id, turn, new_contact, commands, part, percent, ..
                } => {
                    if new_contact && !fresh {
                        // The chip in the old contact is let go before it is woken up anew.
                        drop(card);
                        card = self.slot.connect().map_err(Broken::NoCard)?;
                    }
                    let part = shown(part);
                    (self.progress)(document.reached(Progress { part, percent }));
                    (Carried { relay_id, turn, answers: Vec::new() }, commands)
                }
            };
            fresh = false;
            match carry(card.as_mut(), &commands) {
                (answers, Ok(())) => {
                    view = self.hand_over(case, document, Carried { answers, ..carried }, false)?;
                }
                (answers, Err(CardLost)) => {
                    document.relay = Some(Carried { answers, ..carried });
                    return Err(Broken::Lost);
                }
            }
        }
    }

    fn begin_relay(
        &mut self,
        case: &RecoveryView,
        document: &Document,
    ) -> Result<RelayView, Broken> {
        let password = document.password();
        let text = password.expose().to_owned();
        let start = RelayStart {
            password: match password.kind() {
                PasswordKind::Mrz => ChipPassword::Mrz { information: text },
                PasswordKind::CardAccessNumber | PasswordKind::Pin | PasswordKind::Puk => {
                    ChipPassword::CardAccessNumber { digits: text }
                }
            },
            answer_bytes_max: u32::try_from(Plan::new(password.clone()).answer_bytes_max)
                .unwrap_or(u32::MAX),
            p_code: self.p_code.as_ref().map(|code| code.to_string()),
        };
        let path = format!("/v1/app/recoveries/{}/chip-relays", case.case_id);
        self.post(&path, &start)
    }

    /// Hands over what the chip answered. Kept until the reply is here: without one, the next contact goes on there.
    fn hand_over(
        &mut self,
        case: &RecoveryView,
        document: &mut Document,
        carried: Carried,
        lost: bool,
    ) -> Result<RelayView, Broken> {
        let path = format!("/v1/app/recoveries/{}/chip-relays/{}", case.case_id, carried.relay_id);
        let answers = RelayAnswers { turn: carried.turn, answers: carried.answers.clone(), lost };
        let reply = self.post(&path, &answers);
        if matches!(reply, Err(Broken::Call(CallError::Offline))) {
            document.relay = Some(carried);
        }
        reply
    }

    fn post(&mut self, path: &str, body: &impl serde::Serialize) -> Result<RelayView, Broken> {
        let sent = self.signer().map_err(|_| CallError::Fault).and_then(|signer| {
            let idempotency_key = self.line.fresh_id();
            let command = Command::new("POST", path, body, &idempotency_key)?;
            self.line.command(&signer, &command)
        });
        sent.map_err(|error| match &error {
            CallError::Problem(problem) => match problem.code.as_str() {
                "chip-password-wrong" => Broken::WrongPassword,
                "chip-needs-card-access-number" => Broken::NeedsCardAccessNumber,
                "chip-unreadable" => Broken::Unreadable,
                "chip-contact-lost" => Broken::Lost,
                _ => Broken::Call(error),
            },
            CallError::Offline | CallError::NotKnown | CallError::Fault => Broken::Call(error),
        })
    }
}

/// Commands in turn, stopping after the first answer that does not end in 9000.
fn carry(card: &mut dyn Card, commands: &[Bytes]) -> (Vec<Bytes>, Result<(), CardLost>) {
    let mut answers = Vec::with_capacity(commands.len());
    for command in commands {
        match card.transmit(&command.0) {
            Ok(answer) => {
                let goes_on = answer.ends_with(&[0x90, 0x00]);
                answers.push(Bytes(answer.to_vec()));
                if !goes_on {
                    break;
                }
            }
            Err(CardLost) => return (answers, Err(CardLost)),
        }
    }
    (answers, Ok(()))
}

fn is_over(code: &str) -> bool {
    matches!(code, "relay-over" | "relay-out-of-turn")
}

const fn shown(part: RelayPart) -> ReadPart {
    match part {
        RelayPart::Opening => ReadPart::Opening,
        RelayPart::Data => ReadPart::Data,
        RelayPart::Picture => ReadPart::Picture,
        RelayPart::Proof => ReadPart::Proof,
    }
}
