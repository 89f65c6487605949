//! How many commands and octets a whole reading takes, for each profile of the simulated card.
//!
//! `cargo bench -p chip --bench reading`. Nothing is timed: the counts are the same on every machine. The first table is
//! a reader and a chip that take any length; the second one with short lengths; the third a chip that gives 1,000 octets
//! at once.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it found")]

use std::sync::Arc;

use chip::password::Password;
use chip::reader::{Limits, Plan, Proven, ProvingReader, Reader, Reading, Step, Turn};
use chip_sim::{Card, Document, Faults, ReadLimit, Seeded, profiles};

fn read(document: &Document, answer_bytes_max: usize, faults: &Faults) -> Reading {
    let mut card = Card::new(document.clone(), [8; 32]).with_faults(faults.clone());
    let password = Password::from_mrz_information(document.mrz_information()).expect("a password");
    let plan = Plan { answer_bytes_max, ..Plan::new(password) };
    let mut step = Reader::begin(plan, Box::new(|octets| octets.fill(7)), None);
    loop {
        step = match step {
            Step::Send(awaiting) => {
                let answer = card.transmit(awaiting.command());
                awaiting.answer(answer)
            }
            Step::AccessGranted(granted) => granted.go_on(Some([0x5A; 8])),
            Step::Done(done) => return done.reading,
            Step::Failed(failure) => panic!("{}", failure.error),
        };
    }
}

/// Round trips of a relay with short lengths, from the first command to the last proof.
fn proven(document: &Document) -> Proven {
    let mut card = Card::new(document.clone(), [8; 32]);
    let password = Password::from_mrz_information(document.mrz_information()).expect("a password");
    let plan = Plan { answer_bytes_max: 258, batch_commands_max: 256, ..Plan::new(password) };
    let randoms = Arc::new(|octets: &mut [u8]| octets.fill(7));
    let mut turn = ProvingReader::begin(plan, randoms, Limits { resumptions_max: 0 });
    loop {
        turn = match turn {
            Turn::Send(waiting) => {
                let mut answers = Vec::new();
                for command in waiting.commands() {
                    answers.push(card.transmit(command));
                    if answers.last().is_none_or(|answer| !answer.ends_with(&[0x90, 0x00])) {
                        break;
                    }
                }
                waiting.answers(answers)
            }
            Turn::Done(proven) => return *proven,
            Turn::Failed(error) => panic!("{error}"),
        };
    }
}

fn main() {
    let limit = ReadLimit { bytes_max: 1_000, status: 0x9000, naked: false, ends_session: false };
    let kilobyte = Faults { read_limit: Some(limit), ..Faults::default() };
    println!(
        "| profile | files | octets of files | any length | short | 1,000 at once | relayed, with proof: round trips |"
    );
    println!("|---|---|---|---|---|---|---|");
    for profile in profiles() {
        let (_, document) = profile.issue(&mut Seeded::new([7; 32])).expect("it issues");
        let whole = read(&document, 65_536, &Faults::default());
        let short = read(&document, 258, &Faults::default());
        let middle = read(&document, 65_536, &kilobyte);
        let relayed = proven(&document);
        let octets: usize = whole.files.values().map(Vec::len).sum();
        let count = |reading: &Reading| format!("{} ({} octets)", reading.apdus, reading.bytes);
        println!(
            "| {} | {} | {octets} | {} | {} | {} | {} |",
            profile.name,
            whole.files.len(),
            count(&whole),
            count(&short),
            count(&middle),
            relayed.round_trips
        );
    }
}
