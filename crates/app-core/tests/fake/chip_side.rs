//! The server's side of a chip: it agrees keys behind a phone's reading, and reads through a phone.

use std::sync::Arc;

use chip::apdu::Response;
use chip::chip_authentication::{Dg14, Pending, begin_by, random_bytes};
use chip::lds::file::FileId;
use chip::password::Password;
use chip::reader::{Limits, Plan, Proven, ProvingReader, Turn, Waiting};
use wire::Bytes;
use wire::chip::ChipReading;
use wire::relay::{
    Agreement, AgreementRequest, ChipPassword, RelayAnswers, RelayPart, RelayStart, RelayView,
};

use super::service::{Reply, face_step, value};

/// What the server does with chips, and what it has seen of them.
#[derive(Default)]
pub struct ChipSide {
    pub read_by_server: bool,
    pending: Option<(u8, Pending)>,
    /// Whether the last reading's chip proved itself by agreeing keys, and in which way.
    pub agreed_in_way: Option<u8>,
    relay: Option<(u32, Box<Waiting>)>,
    /// What the server read.
    pub proven: Option<Box<Proven>>,
}

impl ChipSide {
    pub fn agree(&mut self, request: &AgreementRequest) -> Reply {
        let none = (422, "no-chip-authentication");
        let dg14 = Dg14::from_file(&request.dg14.0).map_err(|_| none)?;
        let (offer, handover) = dg14.ways().nth(request.way.into()).ok_or(none)?;
        let seed = vec![7; random_bytes(offer)];
        let (relay, pending) = begin_by(&dg14, offer, handover, &seed).unwrap();
        self.pending = Some((request.way, pending));
        let protect = relay.agree.iter().map(|command| command.encode().unwrap().into());
        Ok(value(&Agreement {
            protect: protect.collect(),
            forward: relay.read.encode().unwrap().into(),
            ways: dg14.ways().count().try_into().unwrap(),
            expires_in_secs: 60,
        }))
    }

    pub fn judge(&mut self, reading: &ChipReading) {
        let answer = reading.chip_authentication.as_ref();
        self.agreed_in_way =
            answer.zip(self.pending.take()).and_then(|(answer, (way, pending))| {
                let answer = Response::parse(&answer.0).unwrap();
                pending.finish(&answer).ok().map(|_| way)
            });
    }

    pub fn begin(&mut self, start: &RelayStart) -> Reply {
        let password = match &start.password {
            ChipPassword::Mrz { information } => Password::from_mrz_information(information),
            ChipPassword::CardAccessNumber { digits } => Password::card_access_number(digits),
        };
        let plan =
            Plan { batch_commands_max: 256, answer_bytes_max: 258, ..Plan::new(password.unwrap()) };
        let randoms = Arc::new(|octets: &mut [u8]| octets.fill(9));
        self.shown(0, ProvingReader::begin(plan, randoms, Limits { resumptions_max: 3 }))
    }

    pub fn go_on(&mut self, message: RelayAnswers) -> Reply {
        let (turn, waiting) = self.relay.take().ok_or((410, "relay-over"))?;
        assert_eq!(turn, message.turn);
        let answers = message.answers.into_iter().map(|answer| answer.0).collect();
        let next =
            if message.lost { waiting.lost_after(answers) } else { waiting.answers(answers) };
        self.shown(turn + 1, next)
    }

    /// The server was started again: it knows no relay any more.
    pub fn forget(&mut self) {
        self.relay = None;
    }

    fn shown(&mut self, turn: u32, next: Turn) -> Reply {
        match next {
            Turn::Send(waiting) => {
                let view = RelayView::Send {
                    relay_id: "e".repeat(32),
                    turn,
                    new_contact: waiting.begins_session(),
                    commands: waiting.commands().iter().cloned().map(Bytes).collect(),
                    part: RelayPart::Picture,
                    percent: waiting.progress().percent(),
                    expires_in_secs: 90,
                };
                self.relay = Some((turn, waiting));
                Ok(value(&view))
            }
            Turn::Done(proven) => {
                let dg2 = proven.reading.file(FileId::DG2).map(Bytes::from);
                self.proven = Some(proven);
                let birth_date = Some("1968-04-17".to_owned());
                Ok(value(&RelayView::Ended { recovery: face_step(5), dg2, birth_date }))
            }
            Turn::Failed(error) => Err(match error.retry() {
                chip::reader::Retry::OtherPassword => (422, "chip-password-wrong"),
                chip::reader::Retry::HoldAgain => (422, "chip-contact-lost"),
                chip::reader::Retry::CardAccessNumber | chip::reader::Retry::Never => {
                    (422, "chip-unreadable")
                }
            }),
        }
    }
}
