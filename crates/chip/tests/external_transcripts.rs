//! Recorded sessions with other cards, replayed byte for byte. The recordings lie outside the project.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a broken recording fails its test")]

use std::path::PathBuf;

use chip::lds::file::FileId;
use chip::password::Password;
use chip::replay::{Recorded, Recording, Secrets, replay};
use serde_json::Value;

fn data() -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let path = std::env::var_os("GENVEJ_DATA").map_or_else(|| default.into(), PathBuf::from);
    let found = path.join("chip/transcripts").is_dir();
    if !found {
        println!("external: not run (no data)");
    }
    found.then_some(path)
}

fn octets(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn fixed<const N: usize>(value: &Value) -> [u8; N] {
    octets(value).try_into().unwrap()
}

fn recording(value: &Value) -> Recording {
    let secrets = if value.get("rnd_ifd").is_some() {
        Secrets::Bac {
            mrz_information: value["mrz_info"].as_str().unwrap().to_owned(),
            rnd_ifd: fixed(&value["rnd_ifd"]),
            k_ifd: fixed(&value["k_ifd"]),
            rnd_ic: value.get("rnd_ic").map(fixed),
        }
    } else {
        let text = value["password"].as_str().unwrap();
        Secrets::Pace {
            password: match value["password_type"].as_str().unwrap() {
                "CAN" => Password::card_access_number(text).unwrap(),
                _ => Password::from_mrz_information(text).unwrap(),
            },
            mapping: octets(&value["terminal_mapping_private_key"]),
            agreement: octets(&value["terminal_ka_private_key"]),
        }
    };
    let exchanges = value["apdus"].as_array().unwrap().iter();
    Recording {
        secrets,
        exchanges: exchanges
            .map(|pair| Recorded { command: octets(&pair["c"]), answer: octets(&pair["r"]) })
            .collect(),
        session_keys: Some((octets(&value["ks_enc"]), octets(&value["ks_mac"]))),
        aa_challenge: value.get("aa_challenge").map(fixed),
    }
}

#[test]
fn every_transcript_replays_byte_for_byte() {
    let Some(data) = data() else { return };
    let mut count = 0;
    for entry in std::fs::read_dir(data.join("chip/transcripts")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let recording = recording(&serde_json::from_str(&text).unwrap());

        let replayed = replay(&recording).unwrap();

        assert_eq!(replayed.commands, recording.exchanges.len(), "{}", path.display());
        assert!(replayed.files.contains_key(&FileId::DG1));
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn the_recorded_bsi_card_gave_the_reference_files() {
    let Some(data) = data() else { return };
    let path = data.join("chip/transcripts/jcardsim-bsi-bac-aa-rsa1024.json");
    let text = std::fs::read_to_string(path).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();

    let replayed = replay(&recording(&value)).unwrap();

    let reference = data.join("chip/bsi-silver/tr03105-5-refset-2013");
    for (file, name) in [
        (FileId::DG1, "Datagroup1.bin"),
        (FileId::DG2, "Datagroup2.bin"),
        (FileId::DG15, "Datagroup15.bin"),
        (FileId::Sod, "EF_SOD.bin"),
    ] {
        let expected = std::fs::read(reference.join(name)).unwrap();
        assert_eq!(replayed.files.get(&file), Some(&expected), "{file}");
    }
    assert_eq!(replayed.active_authentication.unwrap().1.len(), 128);
}

#[test]
fn one_changed_bit_anywhere_ends_a_replay() {
    let Some(data) = data() else { return };
    let path = data.join("chip/transcripts/jcardsim-bsi-bac-aa-rsa1024.json");
    let text = std::fs::read_to_string(path).unwrap();
    let whole = recording(&serde_json::from_str(&text).unwrap());
    for index in [1, 2, 3, 10, 60] {
        for in_command in [true, false] {
            let mut changed = whole.clone();
            let recorded = &mut changed.exchanges[index];
            let bytes = if in_command { &mut recorded.command } else { &mut recorded.answer };
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;

            assert!(replay(&changed).is_err(), "exchange {index}, command {in_command}");
        }
    }
}
