//! Issuers of other people's making: each issues a document that verifies up to its own CSCA, and
//! that fails when one bit of any part changes.
//!
//! The folders are found by `GENVEJ_MOCK_PKI`, else below `GENVEJ_DATA`.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use std::fs;
use std::path::{Path, PathBuf};

use chip::certificate::Certificate;
use chip::csca::Store;
use chip::date::UnixTime;
use chip::passive;
use chip::sod::Sod;
use chip_sim::{
    ActiveAuthentication, Curve, CurveForm, Digest, Document, DocumentSpec, File, Issuer, KeyKind,
    Seeded, utopian_passport,
};

/// 2026-11-22T12:00:00Z
const NOW: UnixTime = UnixTime::from_secs(1_795_348_800);

fn folders() -> Option<Vec<PathBuf>> {
    let root = std::env::var_os("GENVEJ_MOCK_PKI").map(PathBuf::from).unwrap_or_else(|| {
        let data = std::env::var_os("GENVEJ_DATA").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
            PathBuf::from,
        );
        data.join("chip/mock-pki")
    });
    let mut folders: Vec<PathBuf> =
        fs::read_dir(root).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.sort();
    Some(folders)
}

/// The issuer of a folder, or why there is none: a folder without a CSCA cannot vouch for anything.
fn issuer(folder: &Path) -> Result<Issuer, &'static str> {
    let file = |stem: &str, endings: &[&str]| {
        endings.iter().find_map(|ending| fs::read(folder.join(format!("{stem}.{ending}"))).ok())
    };
    let certificate = |of: &str| file(&format!("mock_{of}"), &["pem", "crt", "cer", "der"]);
    let key = |of: &str| file(&format!("mock_{of}"), &["key", "p8", "pk8", "key.pem", "key.der"]);
    let csca = certificate("csca").ok_or("no CSCA")?;
    let csca_key = key("csca").ok_or("no key of the CSCA")?;
    let signer = certificate("dsc").ok_or("no document signer")?;
    let signer_key = key("dsc").ok_or("no key of the document signer")?;
    match Issuer::from_files((&csca, &csca_key), (&signer, &signer_key)) {
        Ok(issuer) => Ok(issuer),
        Err(error) if error.is_encrypted() => Err("a key is encrypted"),
        Err(error) => panic!("{}: {error:?}", folder.display()),
    }
}

/// A day on which both certificates are valid: the middle of what they have in common.
fn signing_day(issuer: &Issuer) -> chip_sim::Date {
    let periods = [issuer.csca_der(), issuer.document_signer_der()]
        .map(|der| Certificate::from_der(der).unwrap().validity());
    let from = periods.iter().map(|period| period.from.as_secs()).max().unwrap();
    let until = periods.iter().map(|period| period.until.as_secs()).min().unwrap();
    assert!(from < until, "the certificates have no day in common");
    let middle = UnixTime::from_secs(from + (until.min(NOW.as_secs()).max(from) - from) / 2);
    let day = middle.date();
    chip_sim::Date::new(day.year(), day.month(), day.day())
}

fn store(csca: &[u8]) -> Store {
    let mut store = Store::new();
    if let Ok(certificate) = Certificate::from_der(csca) {
        store.add(certificate);
    }
    store
}

/// Passive authentication as a whole: signature, chain, hash of every data group.
fn verifies(document: &Document, store: &Store) -> Result<(), String> {
    let file = document.file(File::Sod).unwrap();
    let sod = Sod::from_file(file).map_err(|error| format!("{error:?}"))?;
    let signed = passive::signed_by(sod.signed(), store).map_err(|error| format!("{error:?}"))?;
    passive::chain(&signed, store, NOW).map_err(|error| format!("{error:?}"))?;
    for (file, content) in document.files() {
        if let File::DataGroup(number) = file
            && !sod.matches(number, content)
        {
            return Err(format!("DG{number} does not match"));
        }
    }
    Ok(())
}

fn with_bit_turned(document: &Document, file: File, at: usize) -> Document {
    let mut content = document.file(file).unwrap().to_vec();
    content[at] ^= 1 << (at % 8);
    let mut changed = document.clone();
    changed.replace_file(file, content);
    changed
}

fn position(haystack: &[u8], needle: &[u8]) -> usize {
    haystack.windows(needle.len()).position(|window| window == needle).unwrap()
}

/// Places in the SOD that must not change: the signed content, the signed attributes, the
/// signature, and the document signer's certificate.
fn places(document: &Document, issuer: &Issuer) -> Vec<(&'static str, usize)> {
    let file = document.file(File::Sod).unwrap();
    let sod = Sod::from_file(file).unwrap();
    let content = sod.signed().content();
    let mut places = Vec::new();
    let at = position(file, content);
    places.extend((at..at + content.len()).step_by(7).map(|at| ("content", at)));
    let certificate = issuer.document_signer_der();
    let at = position(file, certificate);
    places.extend((at..at + certificate.len()).step_by(41).map(|at| ("certificate", at)));
    // The message digest is the last 32 bytes or so before the signature algorithm.
    let digest = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x04];
    places.push(("message digest", position(file, &digest) + digest.len() + 6));
    places.extend((file.len() - 40..file.len()).step_by(9).map(|at| ("signature", at)));
    places
}

fn spec(signed_on: chip_sim::Date) -> DocumentSpec {
    let kind = KeyKind::Ec { curve: Curve::Secp256r1, form: CurveForm::Named };
    DocumentSpec {
        active_authentication: Some(ActiveAuthentication::Generate(kind, Digest::Sha256)),
        signed_on: Some(signed_on),
        ..utopian_passport()
    }
}

#[test]
fn every_mock_issuer_makes_documents_that_verify_and_break_with_one_bit() {
    let Some(folders) = folders() else {
        println!("external: not run (no data)");
        return;
    };
    let mut issued = 0;
    for folder in folders {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let issuer = match issuer(&folder) {
            Ok(issuer) => issuer,
            Err(reason) => {
                println!("skipped, {reason}: {name}");
                continue;
            }
        };
        let day = signing_day(&issuer);
        let document = issuer.issue(&spec(day), &mut Seeded::new([21; 32])).unwrap();
        let trusted = store(issuer.csca_der());
        assert_eq!(verifies(&document, &trusted), Ok(()), "{name}");
        assert!(verifies(&document, &Store::new()).is_err(), "{name}: without its CSCA");

        for (file, content) in document.files() {
            if matches!(file, File::DataGroup(_)) {
                for at in [0, content.len() / 2, content.len() - 1] {
                    let changed = with_bit_turned(&document, file, at);
                    assert!(verifies(&changed, &trusted).is_err(), "{name}: {file:?} at {at}");
                }
            }
        }
        for (part, at) in places(&document, &issuer) {
            let changed = with_bit_turned(&document, File::Sod, at);
            assert!(verifies(&changed, &trusted).is_err(), "{name}: {part} of the SOD at {at}");
        }
        for at in key_places(issuer.csca_der()) {
            let mut csca = issuer.csca_der().to_vec();
            csca[at] ^= 1 << (at % 8);
            assert!(verifies(&document, &store(&csca)).is_err(), "{name}: CSCA key at {at}");
        }
        issued += 1;
    }
    println!("{issued} issuers");
    assert!(issued > 0);
}

/// Places in the public key of a certificate: the modulus of RSA, the point of a curve.
fn key_places(certificate: &[u8]) -> impl Iterator<Item = usize> {
    let parsed = Certificate::from_der(certificate).unwrap();
    let (start, length) = match parsed.key().unwrap() {
        chip::key::PublicKey::Ec(key) => {
            let point = key.point().to_sec1();
            (position(certificate, point), point.len())
        }
        chip::key::PublicKey::Rsa(key) => {
            // INTEGER, length in two bytes, zero in front of the high bit.
            let length = key.modulus_bytes();
            let [high, low] = u16::try_from(length + 1).unwrap().to_be_bytes();
            (position(certificate, &[0x02, 0x82, high, low, 0x00]) + 5, length)
        }
    };
    (start..start + length).step_by(length / 7)
}
