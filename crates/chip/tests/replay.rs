//! Recordings of readings, replayed byte for byte: every way of access control, short and extended lengths, chips that
//! answer some commands without protection, recordings that begin in the middle.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::sync::{Arc, Mutex};

use chip::lds::file::{DataGroup, FileId};
use chip::password::Password;
use chip::reader::{Plan, Reader, Step};
use chip::replay::{Recorded, Recording, ReplayCause, Secrets, replay};
use chip_sim::{Card, Document, Faults, File, ReadLimit, Seeded, profile};

const CHALLENGE: [u8; 8] = [0x5A; 8];

fn document(name: &str) -> Document {
    profile(name).unwrap().issue(&mut Seeded::new([7; 32])).unwrap().1
}

fn by_mrz(document: &Document) -> Password {
    Password::from_mrz_information(document.mrz_information()).unwrap()
}

/// Reads a card and writes down what an honest recorder would: every exchange, and the terminal's secrets.
fn recorded(document: &Document, password: Password, short: bool, faults: Faults) -> Recording {
    let mut card = Card::new(document.clone(), [8; 32]).with_faults(faults);
    let drawn: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let noted = Arc::clone(&drawn);
    let random = Box::new(move |octets: &mut [u8]| {
        // Far below every order, so that reducing changes nothing and the octets are the key.
        let (high, low) = octets.split_at_mut(octets.len().min(10));
        if low.is_empty() {
            high.fill(0x3C);
        }
        let seed = u8::try_from(noted.lock().unwrap().len()).unwrap();
        low.iter_mut().zip(1_u8..).for_each(|(octet, at)| *octet = at.wrapping_mul(37) ^ seed);
        noted.lock().unwrap().push(octets.to_vec());
    });
    let answer_bytes_max = if short { 258 } else { 65_536 };
    let plan = Plan { answer_bytes_max, ..Plan::new(password.clone()) };
    let mut exchanges = Vec::new();
    let mut step = Reader::begin(plan, random, None);
    loop {
        step = match step {
            Step::Send(awaiting) => {
                let command = awaiting.command().to_vec();
                let answer = card.transmit(&command);
                exchanges.push(Recorded { command, answer: answer.clone() });
                awaiting.answer(answer)
            }
            Step::AccessGranted(granted) => granted.go_on(Some(CHALLENGE)),
            Step::Done(_) => break,
            Step::Failed(failure) => panic!("{:?}", failure.error),
        };
    }
    let drawn = drawn.lock().unwrap();
    let secrets = if drawn[0].len() == 8 {
        Secrets::Bac {
            mrz_information: document.mrz_information().to_owned(),
            rnd_ifd: drawn[0].clone().try_into().unwrap(),
            k_ifd: drawn[1].clone().try_into().unwrap(),
            rnd_ic: None,
        }
    } else {
        // The ephemeral key is drawn first.
        Secrets::Pace { password, mapping: drawn[1].clone(), agreement: drawn[0].clone() }
    };
    Recording { secrets, exchanges, session_keys: None, aa_challenge: None }
}

fn assert_replays(recording: &Recording, document: &Document, name: &str) {
    let replayed = replay(recording).unwrap_or_else(|error| panic!("{name}: {error:?}"));

    assert_eq!(replayed.commands, recording.exchanges.len(), "{name}");
    for number in [1, 2, 11, 12, 14, 15] {
        let file = FileId::DataGroup(DataGroup::new(number).unwrap());
        let own = document.file(File::DataGroup(number));
        assert_eq!(replayed.files.get(&file).map(Vec::as_slice), own, "{name} {file}");
    }
    assert_eq!(replayed.files.get(&FileId::Sod).map(Vec::as_slice), document.file(File::Sod));
}

#[test]
fn every_way_of_access_control_replays_in_both_length_forms() {
    for name in [
        "bac",
        "aa",
        "pace-gm",
        "pace-gm-3des",
        "pace-gm-dh",
        "pace-im",
        "pace-im-dh",
        "pace-cam",
        "td1",
    ] {
        let document = document(name);
        for short in [true, false] {
            let recording = recorded(&document, by_mrz(&document), short, Faults::default());
            assert_replays(&recording, &document, name);
        }
    }
}

#[test]
fn the_card_access_number_replays_too_and_so_do_keys_written_as_numbers() {
    let document = document("td1");
    let can = Password::card_access_number(document.can().unwrap()).unwrap();
    let mut recording = recorded(&document, can, false, Faults::default());
    assert_replays(&recording, &document, "as octets");

    // A big integer without the zeros that belong there, and one with a zero for its sign.
    let Secrets::Pace { mapping, agreement, .. } = &mut recording.secrets else { panic!() };
    let zeros = mapping.iter().take_while(|octet| **octet == 0).count();
    mapping.drain(..zeros);
    agreement.insert(0, 0);
    assert_replays(&recording, &document, "as numbers");
}

#[test]
fn bare_errors_in_a_session_replay_however_they_were_counted() {
    let limit = ReadLimit { bytes_max: 160, status: 0x6700, naked: true, ends_session: false };
    let faults = Faults {
        read_limit: Some(limit),
        no_extended_length: true,
        naked_errors: true,
        ..Faults::default()
    };
    for name in ["bac", "pace-gm"] {
        let document = document(name);
        let recording = recorded(&document, by_mrz(&document), true, faults.clone());
        assert_replays(&recording, &document, name);
    }
}

#[test]
fn a_recording_that_begins_at_the_challenge_replays() {
    let document = document("bac");
    let mut recording = recorded(&document, by_mrz(&document), true, Faults::default());
    let begun = recording.exchanges.iter().position(|pair| pair.command[1] == 0x84).unwrap();
    recording.exchanges.drain(..begun);

    assert_replays(&recording, &document, "without selection");
}

#[test]
fn a_changed_bit_or_another_secret_ends_the_replay() {
    let document = document("pace-gm");
    let whole = recorded(&document, by_mrz(&document), true, Faults::default());
    for index in (2..whole.exchanges.len()).step_by(5) {
        for in_command in [true, false] {
            let mut changed = whole.clone();
            let pair = &mut changed.exchanges[index];
            let bytes = if in_command { &mut pair.command } else { &mut pair.answer };
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            assert!(replay(&changed).is_err(), "exchange {index}, command {in_command}");
        }
    }
    let mut other = whole;
    other.secrets = Secrets::Bac {
        mrz_information: document.mrz_information().to_owned(),
        rnd_ifd: [1; 8],
        k_ifd: [2; 16],
        rnd_ic: None,
    };
    let error = replay(&other).unwrap_err();
    assert!(matches!(error.cause, ReplayCause::NoAccess), "{error:?}");
}

#[test]
fn a_recording_without_ef_com_replays() {
    let mut spec = profile("td3").unwrap();
    spec.spec.deviations.without_com = true;
    let document = spec.issue(&mut Seeded::new([7; 32])).unwrap().1;
    assert_eq!(document.file(File::Com), None);

    let recording = recorded(&document, by_mrz(&document), false, Faults::default());

    assert_replays(&recording, &document, "no EF.COM");
    assert!(!replay(&recording).unwrap().files.contains_key(&FileId::Com));
}

/// Every octet, the plain ones before access control too. (Of a plain command that was refused nothing can be known: this
/// recording has none.)
#[test]
fn one_changed_octet_anywhere_ends_the_replay() {
    let document = document("td3");
    let whole = recorded(&document, by_mrz(&document), false, Faults::default());
    assert_replays(&whole, &document, "unchanged");
    for index in 0..whole.exchanges.len() {
        for in_command in [true, false] {
            let pair = &whole.exchanges[index];
            let length = if in_command { pair.command.len() } else { pair.answer.len() };
            // Inside a cryptogram or a point one octet is like the other.
            for at in (0..length).filter(|at| *at < 8 || at + 16 > length || *at == length / 2) {
                let mut changed = whole.clone();
                let pair = &mut changed.exchanges[index];
                let bytes = if in_command { &mut pair.command } else { &mut pair.answer };
                bytes[at] ^= 1;

                assert!(replay(&changed).is_err(), "exchange {index}, {in_command}, octet {at}");
            }
        }
    }
}

#[test]
fn a_noted_challenge_must_come_by() {
    let document = document("td3");
    let mut recording = recorded(&document, by_mrz(&document), false, Faults::default());
    recording.aa_challenge = Some(CHALLENGE);
    assert_replays(&recording, &document, "as noted");

    recording.aa_challenge = Some([0x5B; 8]);
    let error = replay(&recording).unwrap_err();
    assert!(matches!(error.cause, ReplayCause::ActiveAuthentication), "{error:?}");
    let silent = document_without_active_authentication();
    let mut recording = recorded(&silent, by_mrz(&silent), false, Faults::default());
    recording.aa_challenge = Some(CHALLENGE);
    let error = replay(&recording).unwrap_err();
    assert!(matches!(error.cause, ReplayCause::ActiveAuthentication), "{error:?}");
}

fn document_without_active_authentication() -> Document {
    document("pace-gm")
}
