//! How many commands and octets a whole reading takes, for each profile of the simulated card.
//!
//! `cargo bench -p chip --bench reading`. Nothing is timed: the counts are the same on every machine. The first table is
//! a reader and a chip that take any length; the second one with short lengths; the third a chip that gives 1,000 octets
//! at once.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it found")]

use chip::password::Password;
use chip::reader::{Plan, Reader, Reading, Step};
use chip_sim::{Card, Document, Faults, ReadLimit, Seeded, profiles};

fn read(document: &Document, answer_bytes_max: usize, batch: usize, faults: &Faults) -> Reading {
    let mut card = Card::new(document.clone(), [8; 32]).with_faults(faults.clone());
    let password = Password::from_mrz_information(document.mrz_information()).expect("a password");
    let plan = Plan { answer_bytes_max, batch_commands_max: batch, ..Plan::new(password) };
    let mut step = Reader::begin(plan, Box::new(|octets| octets.fill(7)), None);
    loop {
        step = match step {
            Step::Send(awaiting) => {
                let mut answers = Vec::new();
                for command in awaiting.commands() {
                    answers.push(card.transmit(command));
                    if answers.last().is_none_or(|answer| !answer.ends_with(&[0x90, 0x00])) {
                        break;
                    }
                }
                awaiting.answers(answers)
            }
            Step::AccessGranted(granted) => granted.go_on(Some([0x5A; 8])),
            Step::Done(done) => return done.reading,
            Step::Failed(failure) => panic!("{}", failure.error),
        };
    }
}

fn main() {
    let limit = ReadLimit { bytes_max: 1_000, status: 0x9000, naked: false, ends_session: false };
    let kilobyte = Faults { read_limit: Some(limit), ..Faults::default() };
    println!(
        "| profile | files | octets of files | any length | short | 1,000 at once | relayed: round trips |"
    );
    println!("|---|---|---|---|---|---|---|");
    for profile in profiles() {
        let (_, document) = profile.issue(&mut Seeded::new([7; 32])).expect("it issues");
        let whole = read(&document, 65_536, 1, &Faults::default());
        let short = read(&document, 258, 1, &Faults::default());
        let middle = read(&document, 65_536, 1, &kilobyte);
        let relayed = read(&document, 258, 256, &Faults::default());
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
