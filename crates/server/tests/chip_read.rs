//! `genvej chip read` through a real pcscd with vsmartcard's virtual reader, and simulated cards on it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::process::{Command, Output};

use chip_sim::{
    Card, Document, Issuer, Profile, Seeded, VirtualReader, profile, with_virtual_reader,
};
use serde_json::Value;

fn genvej(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_genvej"))
        .args(["chip", "read", "--wait-secs", "20"])
        .args(arguments)
        .output()
        .unwrap()
}

fn issued(name: &str, seed: u8) -> (Issuer, Document) {
    let profile: Profile = profile(name).unwrap();
    profile.issue(&mut Seeded::new([seed; 32])).unwrap()
}

fn json(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr))
    })
}

#[test]
fn documents_on_a_real_reader_are_read_whole_and_judged() {
    let name = "documents_on_a_real_reader_are_read_whole_and_judged";
    with_virtual_reader(name, play).unwrap_or_else(|error| panic!("{error}"));
}

fn play(desk: &mut VirtualReader) {
    let (passport_issuer, passport) = issued("td3", 1);
    let (card_issuer, card) = issued("residence-card", 2);
    let folder = tempfile::tempdir().unwrap();
    let csca = |name: &str, issuer: &Issuer| {
        let path = folder.path().join(name);
        std::fs::write(&path, issuer.csca_der()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let passport_csca = csca("passport.cer", &passport_issuer);
    let card_csca = csca("card.cer", &card_issuer);
    let saved = folder.path().join("saved");
    desk.insert(0, Card::new(passport.clone(), [3; 32]));
    desk.insert(1, Card::new(card.clone(), [4; 32]));

    // A passport by its zone, with active authentication.
    let zone = ["--reader", "vpcd", "--mrz", passport.mrz()];
    let kept = ["--csca", &passport_csca, "--json", "--save", saved.to_str().unwrap()];
    let output = genvej(&[&zone[..], &kept[..]].concat());
    let read = json(&output);
    assert!(output.status.success(), "{read}");
    assert_eq!(read["examination"]["verdict"], "genuine");
    assert_eq!(read["active_authentication"], true);
    assert!(read["access_control"].as_str().unwrap().starts_with("PACE by the MRZ"));
    let dg2 = passport.file(chip_sim::File::DataGroup(2)).unwrap();
    assert_eq!(std::fs::read(saved.join("dg2.bin")).unwrap(), dg2);
    assert!(read["apdus"].as_u64().unwrap() < 40, "{read}");

    // The residence card in the second slot, by its card access number, with chip authentication.
    let number = ["--reader", "pcd 00 01", "--can", card.can().unwrap()];
    let output = genvej(&[&number[..], &["--csca", &card_csca, "--json"]].concat());
    let read = json(&output);
    assert!(output.status.success(), "{read}");
    assert_eq!(read["examination"]["verdict"], "genuine");
    assert_eq!(read["chip_authentication"], true);

    // Judged by the other state's certificate, the text says so and so does the exit status.
    let output = genvej(&[&zone[..], &["--csca", &card_csca]].concat());
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success());
    assert!(text.contains("verdict: issuer unknown (issuer-unknown)"), "{text}");
    assert!(text.contains("0 resumptions"), "{text}");

    // A wrong key is told apart from a chip that left.
    let output = genvej(&["--reader", "vpcd", "--can", "999999"]);
    assert!(!output.status.success());
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.contains("password"), "{complaint}");
}
