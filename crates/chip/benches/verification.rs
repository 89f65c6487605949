//! What a verification costs beside the bare signature checks in it, and a cold import of a list.
//!
//! `cargo bench -p chip --bench verification`; the list is found through `GENVEJ_DATA`.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it found")]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use chip::active;
use chip::certificate::Certificate;
use chip::chip_authentication::Dg14;
use chip::csca::{ListTrust, Store};
use chip::date::{Date, UnixTime};
use chip::passive;
use chip::sod::Sod;
use chip::verdict::{ChipPolicy, Evidence, OpenedBy, Proof, verify};
use chip_sim::{
    Access, ActiveAuthentication, Algorithm, Card, ChipAuthentication, Cipher, Curve, CurveForm,
    Digest, Document, DocumentSpec, File, Group, Issuer, KeyKind, PROFILE_VALIDITY, Scheme, Seeded,
    utopian_passport,
};

const RUN: Duration = Duration::from_secs(2);

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn start() -> Instant {
    Instant::now()
}

/// Microseconds of one call, the median of many.
fn median(mut call: impl FnMut()) -> f64 {
    let (begun, mut took) = (start(), Vec::new());
    while begun.elapsed() < RUN {
        let one = start();
        call();
        took.push(one.elapsed());
    }
    took.sort_unstable();
    took.get(took.len() / 2).map_or(0.0, Duration::as_secs_f64) * 1e6
}

/// Medians of two calls in turn, so that a busy machine slows both.
fn side_by_side(mut first: impl FnMut(), mut second: impl FnMut()) -> (f64, f64) {
    let (begun, mut took) = (start(), [Vec::new(), Vec::new()]);
    while begun.elapsed() < RUN * 2 {
        let one = start();
        first();
        took[0].push(one.elapsed());
        let one = start();
        second();
        took[1].push(one.elapsed());
    }
    let [a, b] = took.map(|mut took| {
        took.sort_unstable();
        took.get(took.len() / 2).map_or(0.0, Duration::as_secs_f64) * 1e6
    });
    (a, b)
}

fn data() -> Option<(Vec<u8>, Certificate)> {
    let root = std::env::var_os("GENVEJ_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        Into::into,
    );
    let lists = root.join("chip/masterlist");
    let list = std::fs::read(lists.join("DE_ML_2026-05-28-08-28-45.ml")).ok()?;
    let anchor = std::fs::read(lists.join("DE_ROOT_CA_CSCA07.cer")).ok()?;
    Some((list, Certificate::from_file(&anchor).ok()?))
}

fn now() -> UnixTime {
    Date::new(2026, 11, 22).expect("a day").start()
}

fn import(store: &mut Store) {
    let Some((list, anchor)) = data() else {
        println!("cold import of the German list: not run (no data)");
        return;
    };
    let anchors = [anchor];
    let took = median(|| {
        let mut cold = Store::new();
        let import = cold.import_master_list(&list, ListTrust::Anchors(&anchors), now());
        black_box(import.expect("it imports"));
    });
    println!("cold import of the German list: {:.1} ms", took / 1e3);
    store.import_master_list(&list, ListTrust::Anchors(&anchors), now()).expect("it imports");
}

/// The chip's own answer to a challenge, from a card that gives its files to anybody.
fn answer(document: &Document, challenge: [u8; 8]) -> Vec<u8> {
    let mut card = Card::new(document.clone(), [9; 32]);
    let select = [0, 0xA4, 4, 0x0C, 7, 0xA0, 0, 0, 2, 0x47, 0x10, 1];
    assert_eq!(card.transmit(&select), [0x90, 0x00], "it has the application");
    let command = [&[0, 0x88, 0, 0, 8][..], &challenge, &[0]].concat();
    let mut answer = card.transmit(&command);
    assert!(answer.ends_with(&[0x90, 0x00]), "it signs");
    answer.truncate(answer.len() - 2);
    answer
}

/// A document with DG1, DG2, DG14 and DG15, verified whole; and the three signatures in that alone.
fn verification(name: &str, key: KeyKind, scheme: Scheme, digest: Digest, store: &Store) {
    let mut seed = Seeded::new([7; 32]);
    let issuer = Issuer::generate("UT", Algorithm { key, scheme }, PROFILE_VALIDITY, &mut seed);
    let group = Group::Curve(Curve::BrainpoolP256r1);
    let spec = DocumentSpec {
        access: Access::default(),
        active_authentication: Some(ActiveAuthentication::Generate(key, digest)),
        chip_authentication: vec![ChipAuthentication::new(group, Cipher::Aes128)],
        ..utopian_passport()
    };
    let document = issuer.issue(&spec, &mut seed).expect("it issues");
    let challenge = [5; 8];
    let files: Vec<(u8, &[u8])> = [1, 2, 14, 15]
        .into_iter()
        .map(|number| (number, document.file(File::DataGroup(number)).expect("a data group")))
        .collect();
    let answer = answer(&document, challenge);
    let proofs = [Proof::ActiveAuthentication { challenge, answer: &answer }];
    let evidence = Evidence {
        sod: document.file(File::Sod).expect("a SOD"),
        data_groups: &files,
        com: document.file(File::Com),
        card_access: None,
        card_security: None,
        opened_by: OpenedBy::Bac,
        opened_with: None,
        proofs: &proofs,
    };
    let mut store = store.clone();
    for der in issuer.csca_certificates() {
        store.add(Certificate::from_der(&der).expect("a certificate"));
    }
    let policy = ChipPolicy::default();
    verify(&evidence, &store, &policy, now()).expect("it verifies");

    let sod = Sod::from_file(evidence.sod).expect("a SOD");
    let signed = passive::signed_by(sod.signed(), &store).expect("it is signed");
    let csca = passive::chain(&signed, &store, now()).expect("it chains").csca;
    let signer = sod.signed().signers().first().expect("a signer");
    let dg15 = evidence.data_group(15).expect("DG15");
    let aa_key = active::public_key(dg15).expect("a key");
    let dg14 = Dg14::from_file(evidence.data_group(14).expect("DG14")).expect("it parses");
    let declared = dg14.active_authentication();
    let (whole, bare) = side_by_side(
        || {
            black_box(verify(&evidence, &store, &policy, now()).is_ok());
        },
        || {
            let content = (sod.signed().content_type(), sod.signed().content());
            black_box(signer.verify(content.0, content.1, &signed.document_signer).is_ok());
            black_box(signed.document_signer.verify_signed_by(&csca).is_ok());
            black_box(active::verify(&aa_key, declared, challenge, &answer).is_ok());
        },
    );
    println!(
        "{name}: verification {whole:.0} µs, bare signature checks {bare:.0} µs, ratio {:.2}",
        whole / bare
    );
}

fn main() {
    let mut store = Store::new();
    import(&mut store);
    println!("certificates in the store: {}", store.len());
    let ec = |curve| KeyKind::Ec { curve, form: CurveForm::Explicit };
    let rsa = KeyKind::Rsa { modulus_bits: 2048, public_exponent: 65_537 };
    let pss = Scheme::RsaPss { digest: Digest::Sha256, salt_bytes: 32 };
    verification("RSA-PSS 2048", rsa, pss, Digest::Sha256, &store);
    verification("RSA 2048", rsa, Scheme::RsaPkcs1(Digest::Sha256), Digest::Sha1, &store);
    for (name, curve, digest) in [
        ("P-256", Curve::Secp256r1, Digest::Sha256),
        ("brainpoolP256r1", Curve::BrainpoolP256r1, Digest::Sha256),
        ("P-384", Curve::Secp384r1, Digest::Sha384),
        ("brainpoolP512r1", Curve::BrainpoolP512r1, Digest::Sha512),
    ] {
        verification(name, ec(curve), Scheme::Ecdsa(digest), digest, &store);
    }
}
