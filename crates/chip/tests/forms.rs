//! Chips that refuse, misanswer or limit what most chips take: each is read whole, at a cable and over a relay, at about as
//! many commands as a good one.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::{Arc, Mutex};

use chip::password::Password;
use chip::reader::{Limits, Plan, Proven, ProvingReader, ReadError, Retry, Turn};
use chip_sim::{
    Card, Document, DocumentSpec, Faults, File, Portrait, QuietSelect, Random as _, ReadLimit,
    Seeded, ShortIds, profile,
};

const PROFILES: [&str; 5] = ["bac", "pace-gm", "pace-cam", "td3", "residence-card"];

fn document(name: &str) -> Document {
    let profile = profile(name).unwrap();
    let spec = DocumentSpec { portrait: Portrait::grey(413, 531, 6_000), ..profile.spec };
    chip_sim::Profile { spec, ..profile }.issue(&mut Seeded::new([1; 32])).unwrap().1
}

/// A whole reading, every command that was sent, and how often the chip was woken up.
struct Read {
    proven: Result<Proven, ReadError>,
    commands: usize,
    contacts: usize,
}

fn read(document: &Document, faults: &Faults, batch: usize, short: bool) -> Read {
    let zone = Password::from_mrz_information(document.mrz_information()).unwrap();
    read_with(zone, document, faults, batch, short)
}

fn read_with(
    password: Password,
    document: &Document,
    faults: &Faults,
    batch: usize,
    short: bool,
) -> Read {
    let mut card = Card::new(document.clone(), [2; 32]).with_faults(faults.clone());
    let answer_bytes_max = if short { 258 } else { 65_536 };
    let plan = Plan { batch_commands_max: batch, answer_bytes_max, ..Plan::new(password) };
    let source = Mutex::new(Seeded::new([41; 32]));
    let randoms = Arc::new(move |octets: &mut [u8]| source.lock().unwrap().fill(octets));
    let mut turn = ProvingReader::begin(plan, randoms, Limits { resumptions_max: 5 });
    let (mut commands, mut contacts) = (0, 0);
    let proven = loop {
        turn = match turn {
            Turn::Send(waiting) => {
                if waiting.begins_session() {
                    contacts += 1;
                    card.reset();
                }
                let mut answers = Vec::new();
                for command in waiting.commands() {
                    commands += 1;
                    let answer = card.transmit(command);
                    let stops = !answer.ends_with(&[0x90, 0x00]);
                    answers.push(answer);
                    if stops {
                        break;
                    }
                }
                waiting.answers(answers)
            }
            Turn::Done(proven) => break Ok(*proven),
            Turn::Failed(error) => break Err(error),
        };
    };
    Read { proven, commands, contacts }
}

/// Every file comes out byte for byte; the number of files.
fn assert_whole(read: &Read, document: &Document, name: &str) -> usize {
    let proven = read.proven.as_ref().unwrap_or_else(|error| panic!("{name}: {error:?}"));
    for (file, content) in document.files() {
        let File::DataGroup(number @ (1 | 2 | 11 | 12 | 14 | 15)) = file else { continue };
        let got = proven.reading.data_groups().contains(&(number, content));
        assert!(got, "{name}: DG{number}; refused {:?}", proven.reading.refused);
    }
    assert!(
        proven.reading.file(chip::lds::file::FileId::Sod) == document.file(File::Sod),
        "{name}: SOD"
    );
    proven.reading.files.len()
}

#[test]
fn a_chip_without_short_identifiers_costs_one_select_a_file_and_two_commands_more() {
    for name in PROFILES {
        let document = document(name);
        for batch in [1, 256] {
            let good = read(&document, &Faults::default(), batch, true);
            assert_whole(&good, &document, name);
            for status in [0x6A82, 0x6A86, 0x6B00, 0x6D00, 0x6A81, 0x6E00, 0x6985] {
                let case = format!("{name} {batch} {status:04X}");
                let faults = Faults { short_ids_refused: Some(status), ..Faults::default() };
                let odd = read(&document, &faults, batch, true);
                let files = assert_whole(&odd, &document, &case);
                let most = good.commands + files + 2;
                assert!(odd.commands <= most, "{case}: {} of {most}", odd.commands);
                assert_eq!(odd.contacts, 1, "{case}");
            }
        }
    }
}

#[test]
fn short_identifiers_that_are_refused_barely_misanswered_or_move_the_chip_are_given_up() {
    for name in PROFILES {
        let document = document(name);
        for batch in [1, 256] {
            let good = read(&document, &Faults::default(), batch, true);
            let odd = [
                ShortIds::RefusedBarely(0x6A82),
                ShortIds::RefusedBarely(0x6A86),
                ShortIds::RefusedBarely(0x6B00),
                ShortIds::RefusedBarely(0x6D00),
                ShortIds::RefusedElsewhere(0x6A82),
                ShortIds::RefusedElsewhere(0x6B00),
                ShortIds::OtherFile,
                ShortIds::Elsewhere,
            ];
            for short_ids in odd {
                let case = format!("{name} {batch} {short_ids:?}");
                let faults = Faults { short_ids: Some(short_ids), ..Faults::default() };
                let odd = read(&document, &faults, batch, true);
                let files = assert_whole(&odd, &document, &case);
                // A session that broke off is opened again once.
                let most = good.commands + files + 2 + 24;
                assert!(odd.commands <= most, "{case}: {} of {most}", odd.commands);
                assert_eq!(odd.contacts, 1, "{case}");
            }
        }
    }
}

#[test]
fn limits_told_in_any_way_are_kept_to() {
    for name in ["bac", "pace-gm", "td3"] {
        let document = document(name);
        for batch in [1, 256] {
            for (status, bytes_max) in [
                (0x6988, 128),
                (0x6988, 160),
                (0x6C80, 128),
                (0x6C60, 96),
                (0x6700, 192),
                (0x6987, 160),
            ] {
                for (naked, ends_session) in [(false, false), (true, false), (true, true)] {
                    let case =
                        format!("{name} {batch} {status:04X} {bytes_max} {naked} {ends_session}");
                    let limit = ReadLimit { bytes_max, status, naked, ends_session };
                    let faults = Faults {
                        read_limit: Some(limit),
                        no_extended_length: true,
                        ..Faults::default()
                    };
                    let odd = read(&document, &faults, batch, true);
                    assert_whole(&odd, &document, &case);
                    let octets: usize = document.files().map(|(_, content)| content.len()).sum();
                    let most = octets / (bytes_max / 2) + 110;
                    assert!(odd.commands <= most, "{case}: {} of {most}", odd.commands);
                    assert_eq!(odd.contacts, 1, "{case}");
                }
            }
        }
    }
}

#[test]
fn an_application_that_is_not_selected_quietly_is_selected_in_another_form() {
    for name in ["pace-gm", "pace-cam", "td3"] {
        let document = document(name);
        for batch in [1, 256] {
            for status in [0x6C19, 0x6700, 0x6A86] {
                for (naked, ends_session) in [(false, false), (true, false), (true, true)] {
                    let case = format!("{name} {batch} {status:04X} {naked} {ends_session}");
                    let quiet_select = Some(QuietSelect { status, naked, ends_session });
                    let faults = Faults { quiet_select, ..Faults::default() };
                    assert_whole(&read(&document, &faults, batch, true), &document, &case);
                }
            }
        }
    }
}

#[test]
fn a_chip_that_wants_to_be_woken_up_anew_is() {
    for batch in [1, 256] {
        for name in ["pace-gm", "bac"] {
            let document = document(name);
            let limit =
                ReadLimit { bytes_max: 128, status: 0x6988, naked: true, ends_session: true };
            let faults = Faults { read_limit: Some(limit), wants_reset: true, ..Faults::default() };
            let case = format!("{name} {batch}");
            let odd = read(&document, &faults, batch, true);
            assert_whole(&odd, &document, &case);
            assert!(odd.contacts > 1, "{case}");
        }
    }
}

#[test]
fn bare_errors_of_every_kind_are_read_through() {
    for name in PROFILES {
        let document = document(name);
        for batch in [1, 256] {
            let faults = Faults { naked_errors: true, ..Faults::default() };
            assert_whole(&read(&document, &faults, batch, true), &document, name);
            let faults = Faults { short_ids_refused: Some(0x6A82), ..faults };
            assert_whole(&read(&document, &faults, batch, true), &document, name);
        }
    }
}

/// A document with PACE and without an access number knows the zone alone.
#[test]
fn a_number_that_the_chip_has_not_is_a_wrong_number() {
    let mut spec = profile("pace-gm").unwrap();
    spec.spec.access.can = None;
    let document = spec.issue(&mut Seeded::new([1; 32])).unwrap().1;
    for batch in [1, 256] {
        let number = Password::card_access_number("123456").unwrap();
        let error =
            read_with(number, &document, &Faults::default(), batch, true).proven.unwrap_err();
        assert_eq!(error.retry(), Retry::OtherPassword, "{error:?}");
    }
}

#[test]
fn a_chip_without_pace_never_asks_for_an_access_number() {
    let document = document("bac");
    for batch in [1, 256] {
        for wrong_key in [0x6985, 0x6300, 0x6A80, 0x6982, 0x6988, 0x6983, 0x6A88] {
            let faults = Faults { wrong_key, ..Faults::default() };
            let other = Password::mrz("L898902C4", "740812", "340415").unwrap();
            let error = read_with(other, &document, &faults, batch, true).proven.unwrap_err();
            assert_eq!(error.retry(), Retry::OtherPassword, "{wrong_key:04X}: {error:?}");
        }
        let number = Password::card_access_number("123456").unwrap();
        let error =
            read_with(number, &document, &Faults::default(), batch, true).proven.unwrap_err();
        assert_eq!(error.retry(), Retry::OtherPassword, "{error:?}");
    }
}

#[test]
fn a_number_typed_with_its_check_digit_opens_the_chip() {
    for name in ["bac", "pace-gm"] {
        let document = document(name);
        for (typed, birth, expiry) in [
            ("L898902C36", "740812", "340415"),
            ("l898902c3-6", "7408122", "340415"),
            ("L8989O2C36", "740812", "340415"),
        ] {
            for batch in [1, 256] {
                let password = Password::mrz(typed, birth, expiry).unwrap();
                let read = read_with(password, &document, &Faults::default(), batch, true);
                assert_whole(&read, &document, typed);
            }
        }
    }
}
