//! A reading by the server: this phone carries bytes, and holds none of the chip's keys.

use chip::password::PasswordKind;
use chip::reader::Plan;
use wire::Bytes;
use wire::recovery::RecoveryView;
use wire::relay::{ChipPassword, RelayAnswers, RelayPart, RelayStart, RelayView};

use super::ContactFailure;
use crate::flows::new_pin::released;
use crate::handed_in::{Card, CardLost, Progress, ReadPart};
use crate::place::{ChipExtract, Document, RelayTurn};
use crate::session::{CallError, Session};

/// Carries the server's commands as long as the contact holds, until the server has judged the document. Where
/// the contact breaks, the next one goes on there.
pub(super) fn read(
    session: &mut Session,
    case: &RecoveryView,
    document: &mut Document,
) -> Result<(RecoveryView, Option<ChipExtract>), ContactFailure> {
    let mut card = session.slot.connect().map_err(ContactFailure::NoCard)?;
    let mut fresh = true;
    let mut view = match document.relay.take() {
        Some(turn) => match hand_over(session, case, document, turn, true) {
            // It waited too long, or its server has gone: another reading costs nothing.
            Err(ContactFailure::Call(CallError::Problem(problem))) if is_over(&problem.code) => {
                begin(session, case, document)?
            }
            reply => reply?,
        },
        None => begin(session, case, document)?,
    };
    loop {
        let (turn, commands) = match view {
            RelayView::Ended { recovery, dg2, birth_date } => {
                let birth_date = birth_date.as_deref().and_then(released);
                let extract = dg2.map(|dg2| ChipExtract { birth_date, dg2 });
                return Ok((recovery, extract));
            }
            RelayView::Send { relay_id, turn, new_contact, commands, part, percent, .. } => {
                if new_contact && !fresh {
                    // The chip in the old contact is let go before it is woken up anew.
                    drop(card);
                    card = session.slot.connect().map_err(ContactFailure::NoCard)?;
                }
                let part = shown(part);
                session.report(document.reached(Progress { part, percent }));
                (RelayTurn { relay_id, turn, answers: Vec::new() }, commands)
            }
        };
        fresh = false;
        let (answers, carried) = carry(card.as_mut(), &commands);
        let turn = RelayTurn { answers, ..turn };
        if let Err(CardLost) = carried {
            document.relay = Some(turn);
            return Err(ContactFailure::Lost);
        }
        view = hand_over(session, case, document, turn, false)?;
    }
}

fn begin(
    session: &mut Session,
    case: &RecoveryView,
    document: &Document,
) -> Result<RelayView, ContactFailure> {
    let password = &document.password;
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
        p_code: session.p_code.as_ref().map(|code| code.to_string()),
    };
    let path = format!("/v1/app/recoveries/{}/chip-relays", case.case_id);
    session.post(&path, &start).map_err(failure)
}

/// Hands over the chip's answers. They are kept until the reply is here: without one, the next contact goes on there.
fn hand_over(
    session: &mut Session,
    case: &RecoveryView,
    document: &mut Document,
    turn: RelayTurn,
    lost: bool,
) -> Result<RelayView, ContactFailure> {
    let path = format!("/v1/app/recoveries/{}/chip-relays/{}", case.case_id, turn.relay_id);
    let answers = RelayAnswers { turn: turn.turn, answers: turn.answers.clone(), lost };
    let reply = session.post(&path, &answers);
    if matches!(reply, Err(CallError::Offline)) {
        document.relay = Some(turn);
    }
    reply.map_err(failure)
}

/// The failure of the contact behind an error of the relay.
fn failure(error: CallError) -> ContactFailure {
    match &error {
        CallError::Problem(problem) => match problem.code.as_str() {
            "chip-password-wrong" => ContactFailure::WrongPassword,
            "chip-needs-card-access-number" => ContactFailure::NeedsCardAccessNumber,
            "chip-unreadable" => ContactFailure::Unreadable,
            "chip-contact-lost" => ContactFailure::Lost,
            _ => ContactFailure::Call(error),
        },
        CallError::Offline | CallError::NotKnown | CallError::Fault => ContactFailure::Call(error),
    }
}

/// Sends commands in turn, stopping after the first answer that does not end in 9000.
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
