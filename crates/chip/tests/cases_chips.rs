//! The part "chips" of the cases: signers that are something else, a SOD of indefinite length, a recording that stops.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod cases;

use std::path::Path;

use chip::certificate::Certificate;
use chip::csca::Store;
use chip::date::{Date, UnixTime};
use chip::lds::file::FileId;
use chip::password::Password;
use chip::reader::{Plan, Reader, Step};
use chip::replay::{Recorded, Recording, Secrets, replay};
use chip::sod::Sod;
use chip::verdict::{ChipPolicy, Deviation, Evidence, OpenedBy, VerifyError, examine};
use chip_sim::{Card, DocumentSpec, File, Issuer, Random as _, Seeded, utopian_passport};
use serde_json::Value;

fn now() -> UnixTime {
    Date::new(2026, 11, 22).unwrap().start()
}

fn issuer(folder: &Path) -> Issuer {
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    Issuer::from_files(
        (&read("mock_csca.pem"), &read("mock_csca.key")),
        (&read("mock_dsc.pem"), &read("mock_dsc.key")),
    )
    .unwrap()
}

#[test]
fn signers_that_are_something_else_are_refused_with_a_word() {
    let Some(forge) = cases::path("chips/forge") else { return };
    for (name, deviation) in [
        ("01-tls-server", Deviation::DocumentSignerExtendedUsage),
        ("05-ca-true", Deviation::DocumentSignerMayIssue),
        ("10-rsa-1024", Deviation::WeakKeyRecent),
    ] {
        let issuer = issuer(&forge.join(name));
        let spec = DocumentSpec {
            issuing_state: "FRA".to_owned(),
            signed_on: Some(chip_sim::Date::new(2025, 6, 1)),
            ..utopian_passport()
        };
        let document = issuer.issue(&spec, &mut Seeded::new([2; 32])).unwrap();
        let mut trust = Store::new();
        trust.add(Certificate::from_der(issuer.csca_der()).unwrap());
        let groups: Vec<(u8, &[u8])> =
            [1, 2].map(|n| (n, document.file(File::DataGroup(n)).unwrap())).to_vec();
        let evidence = Evidence {
            sod: document.file(File::Sod).unwrap(),
            data_groups: &groups,
            com: None,
            card_access: None,
            card_security: None,
            opened_by: OpenedBy::Unknown,
            opened_with: None,
            proofs: &[],
        };

        let examination = examine(&evidence, &trust, &ChipPolicy::default(), now());

        assert!(examination.report.deviations.contains(&deviation), "{name}");
        assert!(matches!(examination.result, Err(VerifyError::Refused(_))), "{name}");
    }
}

#[test]
fn a_sod_of_indefinite_length_is_read_to_its_end() {
    let Some(path) = cases::path("chips/sod/sod-77-80.bin") else { return };
    let sod = std::fs::read(path).unwrap();
    assert!(Sod::from_file(&sod).is_ok());
    for batch in [1, 256] {
        for name in ["bac", "pace-gm", "td3"] {
            let profile = chip_sim::profile(name).unwrap();
            let (_, mut document) = profile.issue(&mut Seeded::new([1; 32])).unwrap();
            document.replace_file(File::Sod, sod.clone());
            let mut card = Card::new(document, [3; 32]);
            let zone = card.document().mrz_information();
            let plan = Plan {
                batch_commands_max: batch,
                ..Plan::new(Password::from_mrz_information(zone).unwrap())
            };
            let mut source = Seeded::new([4; 32]);
            let random = Box::new(move |octets: &mut [u8]| source.fill(octets));
            let mut step = Reader::begin(plan, random, None);
            let reading = loop {
                step = match step {
                    Step::Send(awaiting) => {
                        let mut answers = Vec::new();
                        for command in awaiting.commands() {
                            answers.push(card.transmit(command));
                            if !answers.last().unwrap().ends_with(&[0x90, 0x00]) {
                                break;
                            }
                        }
                        awaiting.answers(answers)
                    }
                    Step::AccessGranted(granted) => granted.go_on(None),
                    Step::Done(done) => break done.reading,
                    Step::Failed(failure) => panic!("{name} {batch}: {:?}", failure.error),
                };
            };
            assert!(reading.file(FileId::Sod) == Some(&sod), "{name} {batch}");
        }
    }
}

fn octets(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

#[test]
fn a_recording_that_stops_before_the_end_of_a_file_replays_and_says_so() {
    let name = "chips/recordings/persosim-profile01-pace-gm-aes128-mrz-extended.json";
    let Some(path) = cases::path(name) else { return };
    let value: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let whole = Recording {
        secrets: Secrets::Pace {
            password: Password::from_mrz_information(value["password"].as_str().unwrap()).unwrap(),
            mapping: octets(&value["terminal_mapping_private_key"]),
            agreement: octets(&value["terminal_ka_private_key"]),
        },
        exchanges: value["apdus"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| Recorded { command: octets(&pair["c"]), answer: octets(&pair["r"]) })
            .collect(),
        session_keys: Some((octets(&value["ks_enc"]), octets(&value["ks_mac"]))),
        aa_challenge: None,
    };

    let replayed = replay(&whole).unwrap();

    assert_eq!(replayed.unread.get(&FileId::CardAccess), Some(&20));
    assert_eq!(replayed.files.get(&FileId::CardAccess).map(Vec::len), Some(256));
    // EF.CardAccess carries no MAC, and its end is missing: each of its octets counts all the same.
    let answer = whole.exchanges[1].answer.len();
    let mut unnoticed = Vec::new();
    for at in 0..answer {
        let mut changed = whole.clone();
        changed.exchanges[1].answer[at] ^= 1;
        if replay(&changed).is_ok() {
            unnoticed.push(at);
        }
    }
    // The kind of a pseudonymous signature and what has to be shown before it: nothing else in the file repeats them.
    assert!(unnoticed.iter().all(|at| (214..=230).contains(at)), "{unnoticed:?}");
    for index in 2..whole.exchanges.len() {
        for in_command in [true, false] {
            let mut changed = whole.clone();
            let pair = &mut changed.exchanges[index];
            let bytes = if in_command { &mut pair.command } else { &mut pair.answer };
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            assert!(replay(&changed).is_err(), "exchange {index}, {in_command}");
        }
    }
}
