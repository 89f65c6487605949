//! Synthetic issuers of every algorithm, found through `GENVEJ_MOCK_PKI` or `GENVEJ_DATA`.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod external;

use std::path::PathBuf;

use chip::certificate::Certificate;
use chip::csca::Store;
use chip::date::Date;
use chip::verdict::{ChipPolicy, Deviation, Evidence, OpenedBy, VerifyError, verify};
use chip_sim::{DocumentSpec, File, Issuer, Seeded, utopian_passport};

fn folders() -> Vec<PathBuf> {
    let root = match std::env::var_os("GENVEJ_MOCK_PKI") {
        Some(path) => Some(PathBuf::from(path)),
        None => external::path("chip/mock-pki"),
    };
    let Some(root) = root else { return Vec::new() };
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.is_dir());
    folders.sort();
    folders
}

#[test]
fn every_document_signer_verifies_under_its_issuer_and_under_no_other() {
    let mut whole = Vec::new();
    for folder in folders() {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let read = |file: &str| std::fs::read(folder.join(file)).ok();
        let (Some(csca), Some(signer)) = (read("mock_csca.pem"), read("mock_dsc.pem")) else {
            println!("{name}: skipped, no issuer");
            continue;
        };
        let csca = Certificate::from_file(&csca).unwrap();
        let signer = Certificate::from_file(&signer).unwrap();
        whole.push((name, csca, signer));
    }
    for (name, csca, signer) in &whole {
        let verified = signer.verify_signed_by(csca);
        assert!(verified.is_ok(), "{name}: {verified:?}");
        assert_eq!(verified.unwrap(), chip::signature::Irregularities::default(), "{name}");
        assert!(csca.verify_signed_by(csca).is_ok(), "{name}");

        let mut store = Store::new();
        store.add(csca.clone());
        assert_eq!(store.issuers_of(signer), [csca], "{name}");

        for other in whole.iter().filter(|(other, ..)| other != name) {
            let same_key = other.1.key() == csca.key();
            assert!(same_key || signer.verify_signed_by(&other.1).is_err(), "{name}");
        }
    }
}

#[test]
fn a_changed_bit_anywhere_in_a_signer_certificate_is_found() {
    for folder in folders() {
        let read = |file: &str| std::fs::read(folder.join(file)).ok();
        let (Some(csca), Some(signer)) = (read("mock_csca.pem"), read("mock_dsc.pem")) else {
            continue;
        };
        let csca = Certificate::from_file(&csca).unwrap();
        let der = Certificate::from_file(&signer).unwrap().der().to_vec();
        for at in (5..der.len()).step_by(17) {
            let mut bent = der.clone();
            bent[at] ^= 1;
            let verified = Certificate::from_der(&bent).map(|one| one.verify_signed_by(&csca));
            let bits = matches!(verified, Ok(Ok(_)));
            assert!(!bits, "{}: offset {at}", folder.display());
        }
    }
}

/// These issuers are of 2025: SHA-1 is refused of them, and everything else is taken.
#[test]
fn documents_of_every_issuer_are_judged_and_sha_1_is_refused() {
    for folder in folders() {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let read = |file: &str| std::fs::read(folder.join(file)).ok();
        let (Some(csca), Some(csca_key), Some(signer), Some(signer_key)) = (
            read("mock_csca.pem"),
            read("mock_csca.key"),
            read("mock_dsc.pem"),
            read("mock_dsc.key"),
        ) else {
            println!("{name}: skipped, no issuer");
            continue;
        };
        let issuer = Issuer::from_files((&csca, &csca_key), (&signer, &signer_key)).unwrap();
        let spec = DocumentSpec {
            issuing_state: "FRA".to_owned(),
            signed_on: Some(chip_sim::Date::new(2026, 1, 15)),
            ..utopian_passport()
        };
        let document = issuer.issue(&spec, &mut Seeded::new([2; 32])).unwrap();
        let mut trust = Store::new();
        trust.add(Certificate::from_file(&csca).unwrap());
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
        let now = Date::new(2026, 11, 22).unwrap().start();

        let result = verify(&evidence, &trust, &ChipPolicy::default(), now);

        let refused =
            name.starts_with("sha1").then_some(VerifyError::Refused(Deviation::Sha1Recent));
        assert_eq!(result.err(), refused, "{name}");
    }
}
