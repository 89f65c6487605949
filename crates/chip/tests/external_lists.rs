//! Real CSCA master lists, found through `GENVEJ_DATA`.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod external;

use chip::certificate::Certificate;
use chip::csca::{ListError, ListTrust, MasterList, Statistics, Store};
use chip::date::{Date, UnixTime};

fn now() -> UnixTime {
    Date::new(2026, 11, 22).unwrap().start()
}

fn read(below: &str) -> Option<Vec<u8>> {
    external::path(below).map(|path| std::fs::read(path).unwrap())
}

fn german() -> Option<(Vec<u8>, Certificate)> {
    let list = read("chip/masterlist/DE_ML_2026-05-28-08-28-45.ml")?;
    let anchor = read("chip/masterlist/DE_ROOT_CA_CSCA07.cer")?;
    Some((list, Certificate::from_file(&anchor).unwrap()))
}

#[test]
fn the_german_list_imports_whole_with_its_anchor() {
    let Some((list, anchor)) = german() else { return };
    let mut store = Store::new();

    let import = store.import_master_list(&list, ListTrust::Anchors(&[anchor]), now()).unwrap();

    assert_eq!(import.certificates, 588);
    assert_eq!(import.unreadable, []);
    assert_eq!(store.len(), import.added);
    assert!(!import.signer.path.is_empty());
}

#[test]
fn the_german_list_is_refused_without_an_anchor_and_under_a_wrong_one() {
    let Some((list, _)) = german() else { return };
    let mut store = Store::new();
    let other = MasterList::from_ber(&list)
        .unwrap()
        .certificates()
        .iter()
        .find(|certificate| certificate.country().as_deref() == Some("FR"))
        .cloned()
        .unwrap();

    for anchors in [&[][..], &[other]] {
        let refused = store.import_master_list(&list, ListTrust::Anchors(anchors), now());
        assert_eq!(refused.unwrap_err(), ListError::NotAnchored);
    }
    assert!(store.is_empty());
}

#[test]
fn the_german_list_is_refused_when_one_bit_of_it_changes() {
    let Some((list, anchor)) = german() else { return };
    let anchors = [anchor];
    for at in [list.len() / 5, list.len() / 2, list.len() - 40] {
        let mut bent = list.clone();
        bent[at] ^= 0x10;

        let refused = Store::new().import_master_list(&bent, ListTrust::Anchors(&anchors), now());

        assert!(refused.is_err(), "offset {at}");
    }
}

#[test]
fn the_italian_list_imports_by_the_fingerprint_of_its_signer() {
    let Some(list) = read("chip/masterlist/IT_MasterListCSCA.ml") else { return };
    let mut store = Store::new();

    let refused = store.import_master_list(&list, ListTrust::UnanchoredFingerprint([0; 32]), now());
    assert_eq!(refused.unwrap_err(), ListError::Fingerprint);

    let signer = std::array::from_fn(|at| {
        u8::from_str_radix(&ITALIAN_SIGNER[2 * at..2 * at + 2], 16).unwrap()
    });
    let import =
        store.import_master_list(&list, ListTrust::UnanchoredFingerprint(signer), now()).unwrap();
    assert!(import.certificates > 100, "{}", import.certificates);
    assert_eq!(import.signer.path, Vec::<String>::new());
}

/// SHA-256 of the signer's certificate, by `openssl x509 -fingerprint -sha256`.
const ITALIAN_SIGNER: &str = "400198590b9d95bbab9058905454070834800984647fb81435ffb57112f6a10d";

#[test]
fn the_german_list_holds_what_was_counted_by_other_means() {
    let Some((list, _)) = german() else { return };
    let list = MasterList::from_ber(&list).unwrap();

    let statistics = Statistics::of(&[list], &[], now());

    println!("{statistics:#?}");
    assert_eq!(statistics.certificates, 588);
}
