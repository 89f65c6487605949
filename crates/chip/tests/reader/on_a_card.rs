//! A reader and a simulated card in one room.
#![expect(clippy::unwrap_used, reason = "a card that cannot be made fails its test")]

use chip::lds::file::{DataGroup, FileId};
use chip::password::Password;
use chip::reader::{Failure, Plan, Reader, Reading, Resume, Step};
use chip_sim::{Card, Faults, File, Seeded, profile};

/// How a reading ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    Read(Reading),
    Failed(Failure),
}

impl Outcome {
    pub(crate) fn reading(self) -> Reading {
        match self {
            Self::Read(reading) => reading,
            Self::Failed(failure) => panic!("{:?}", failure.error),
        }
    }

    pub(crate) fn failure(self) -> Failure {
        match self {
            Self::Read(reading) => panic!("{reading:?}"),
            Self::Failed(failure) => failure,
        }
    }
}

/// The card of a named profile.
pub(crate) fn card(name: &str) -> Card {
    let (_, document) = profile(name).unwrap().issue(&mut Seeded::new([7; 32])).unwrap();
    Card::new(document, [8; 32])
}

pub(crate) fn card_with(name: &str, faults: Faults) -> Card {
    card(name).with_faults(faults)
}

pub(crate) fn can() -> Password {
    Password::card_access_number("123456").unwrap()
}

/// The plan that opens this card by its MRZ.
pub(crate) fn plan(card: &Card) -> Plan {
    Plan::new(Password::from_mrz_information(card.document().mrz_information()).unwrap())
}

/// Random octets that a test can repeat.
pub(crate) fn random(seed: u8) -> chip::reader::Random {
    let mut state = u64::from(seed) + 1;
    Box::new(move |octets| {
        for octet in octets {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *octet = state.to_be_bytes()[0];
        }
    })
}

/// The file of the other crate's name.
pub(crate) fn file_of(file: File) -> Option<FileId> {
    Some(match file {
        File::CardAccess => FileId::CardAccess,
        File::CardSecurity => FileId::CardSecurity,
        File::Com => FileId::Com,
        File::Sod => FileId::Sod,
        File::DataGroup(number) => FileId::DataGroup(DataGroup::new(number)?),
        File::AtrInfo | File::Dir => return None,
    })
}

/// Reads to the end; an empty answer is a tag that left the field.
pub(crate) fn read(card: &mut Card, plan: Plan) -> Outcome {
    run(card, Reader::begin(plan, random(1), None), Some([0x5A; 8]))
}

/// Reads on after a lost tag.
pub(crate) fn resume(card: &mut Card, plan: Plan, resume: Resume) -> Outcome {
    card.reset();
    run(card, Reader::begin(plan, random(2), Some(resume)), Some([0xA5; 8]))
}

pub(crate) fn run(card: &mut Card, mut step: Step, challenge: Option<[u8; 8]>) -> Outcome {
    loop {
        step = match step {
            Step::Send(awaiting) => {
                let mut answers = Vec::new();
                for command in awaiting.commands() {
                    let answer = card.transmit(command);
                    if answer.is_empty() {
                        return Outcome::Failed(awaiting.tag_lost());
                    }
                    let done = answer.ends_with(&[0x90, 0x00]);
                    answers.push(answer);
                    if !done {
                        break;
                    }
                }
                awaiting.answers(answers)
            }
            Step::AccessGranted(granted) => granted.go_on(challenge),
            Step::Done(done) => return Outcome::Read(done.reading),
            Step::Failed(failure) => return Outcome::Failed(failure),
        };
    }
}
