//! Chips that lie: every answer may be anything, and a reading must end soon, small and with a reason.

use super::on_a_card::{can, card_with, plan, random, read};
use chip::lds::file::FileId;
use chip::reader::{Cause, EXCHANGES_MAX, Failure, Reader, Retry, Step};
use chip_sim::{Faults, SpoiledResponse};

/// Talks to a chip that is a function of the command and its number; gives the end and how often it was asked.
fn against(mut chip: impl FnMut(u32, &[u8]) -> Vec<u8>) -> (Failure, u32) {
    let mut step = Reader::begin(plan(&card_with("bac", Faults::default())), random(3), None);
    let mut count = 0;
    loop {
        step = match step {
            Step::Send(awaiting) => {
                let answer = chip(count, awaiting.command());
                count += 1;
                awaiting.answer(answer)
            }
            Step::AccessGranted(granted) => granted.go_on(None),
            Step::Done(done) => panic!("{:?}", done.reading),
            Step::Failed(failure) => return (failure, count),
        };
    }
}

#[test]
fn endless_more_data_ends_and_is_not_a_lost_tag() {
    let (failure, count) = against(|_, _| vec![0xAB, 0x61, 0x01]);

    assert!(matches!(failure.error.cause, Cause::Endless));
    assert_eq!(failure.error.retry(), Retry::Never);
    assert!(count < 1_000, "{count}");
}

#[test]
fn more_data_without_data_ends_too() {
    let (failure, _) = against(|_, _| vec![0x61, 0x00]);

    assert!(matches!(failure.error.cause, Cause::Endless));
}

#[test]
fn the_right_length_is_asked_for_once() {
    let (failure, count) = against(|_, _| vec![0x6C, 0x10]);

    assert!(!matches!(failure.error.cause, Cause::TagLost));
    assert!(count < 40, "{count}");
}

#[test]
fn a_card_access_of_four_gigabytes_is_refused() {
    let (failure, count) = against(|_, command| {
        if command[1] == 0xB0 {
            [&[0x31, 0x84, 0xFF, 0xFF, 0xFF, 0xFF][..], &[0; 100], &[0x90, 0x00]].concat()
        } else {
            vec![0x90, 0x00]
        }
    });

    assert!(matches!(failure.error.cause, Cause::TooLong { claimed: 0x1_0000_0005, .. }));
    assert_eq!(count, 1);
}

#[test]
fn a_card_access_that_is_broken_is_no_way_round_pace() {
    let (failure, _) = against(|_, _| vec![0x31, 0x02, 0x30, 0x05, 0x90, 0x00]);

    assert!(matches!(failure.error.cause, Cause::NoKnownPace));
}

#[test]
fn a_data_group_of_four_gigabytes_is_refused_before_it_is_read() {
    let faults = Faults { claimed_length: Some(u32::MAX), ..Faults::default() };
    let mut card = card_with("bac", faults);
    let plan = plan(&card);

    let failure = read(&mut card, plan).failure();

    assert!(matches!(failure.error.cause, Cause::TooLong { .. }), "{:?}", failure.error);
    assert_eq!(failure.error.file, Some(FileId::Sod));
    assert!(failure.resume.bytes_done() < 4_096);
}

#[test]
fn a_data_group_as_long_as_the_limit_costs_less_than_two_mebibytes() {
    let faults = Faults { claimed_length: Some(500_000), ..Faults::default() };
    let mut card = card_with("bac", faults);
    let plan = plan(&card);

    let failure = read(&mut card, plan).failure();

    assert!(failure.resume.bytes_done() <= chip::reader::FILES_BYTES_MAX);
}

#[test]
fn endless_more_data_inside_a_session_ends() {
    let faults = Faults { endless_more_data: true, ..Faults::default() };
    let mut card = card_with("bac", faults);
    let plan = plan(&card);

    let failure = read(&mut card, plan).failure();

    assert!(!matches!(failure.error.cause, Cause::TagLost), "{:?}", failure.error);
}

#[test]
fn more_than_was_asked_for_is_refused() {
    let faults = Faults { surplus_bytes: 64, ..Faults::default() };
    let mut card = card_with("bac", faults);
    let plan = plan(&card);

    let failure = read(&mut card, plan).failure();

    assert!(!matches!(failure.error.cause, Cause::TagLost), "{:?}", failure.error);
}

#[test]
fn spoiled_answers_end_the_session_whenever_they_come() {
    for spoiled in [
        SpoiledResponse::Plain,
        SpoiledResponse::PlainStatus,
        SpoiledResponse::WithoutStatusObject,
        SpoiledResponse::WithoutMac,
        SpoiledResponse::WrongMac,
        SpoiledResponse::Replayed,
        SpoiledResponse::OtherStatusOutside,
    ] {
        for from in [2, 4, 6] {
            let faults = Faults { spoiled_from: Some((from, spoiled)), ..Faults::default() };
            let mut card = card_with("pace-gm", faults);
            let plan = plan(&card);

            let failure = read(&mut card, plan).failure();

            let broken = matches!(failure.error.cause, Cause::SecureMessaging(_));
            assert!(broken, "{spoiled:?} {from}: {:?}", failure.error);
        }
    }
}

#[test]
fn answers_at_random_end_every_reading() {
    for seed in 0..200_u8 {
        let mut source = random(seed);
        let (failure, count) = against(|_, _| {
            let mut length = [0; 1];
            source(&mut length);
            let mut answer = vec![0; usize::from(length[0] % 40)];
            source(&mut answer);
            if length[0] % 3 == 0 {
                answer.extend([0x90, 0x00]);
            }
            answer
        });

        assert!(count <= EXCHANGES_MAX);
        assert!(!matches!(failure.error.cause, Cause::TagLost | Cause::Stalled));
    }
}

#[test]
fn an_answer_without_status_word_says_that_holding_on_may_help() {
    let (failure, _) = against(|_, _| vec![0x90]);

    assert!(matches!(failure.error.cause, Cause::Answer(_)));
    assert_eq!(failure.error.retry(), Retry::HoldAgain);
}

#[test]
fn a_number_does_not_open_a_document_without_pace() {
    let mut card = card_with("bac", Faults::default());

    let failure = read(&mut card, chip::reader::Plan::new(can())).failure();

    assert!(matches!(failure.error.cause, Cause::Bac(chip::bac::BacError::Password)));
}
