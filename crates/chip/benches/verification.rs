//! What a verification costs beside the bare signature checks in it, and a cold import of a list.
//!
//! `cargo bench -p chip --bench verification`; the list is found through `GENVEJ_DATA`.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use chip::active;
use chip::certificate::Certificate;
use chip::csca::{ListTrust, Store};
use chip::date::{Date, UnixTime};
use chip::passive;
use chip::sod::Sod;
use chip::verdict::{ChipPolicy, Evidence, OpenedBy, Proof, verify};
use chip_sim::{
    ActiveAuthentication, Algorithm, Curve, CurveForm, Digest, DocumentSpec, File, Issuer, KeyKind,
    KeyPair, PROFILE_VALIDITY, Scheme, Seeded, utopian_passport,
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

fn verification(name: &str, key: KeyKind, scheme: Scheme, store: &Store) {
    let mut seed = Seeded::new([7; 32]);
    let issuer = Issuer::generate("UT", Algorithm { key, scheme }, PROFILE_VALIDITY, &mut seed);
    let aa = KeyPair::generate(key, &mut seed);
    let spec = DocumentSpec {
        active_authentication: Some(ActiveAuthentication::Key(aa.clone(), Digest::Sha256)),
        ..utopian_passport()
    };
    let document = issuer.issue(&spec, &mut seed).expect("it issues");
    let challenge = [5; 8];
    // The chip's own answer is not what is measured: any signature of its key would cost the same.
    let files: Vec<(u8, &[u8])> = [1, 2, 14, 15]
        .into_iter()
        .filter_map(|number| Some((number, document.file(File::DataGroup(number))?)))
        .collect();
    let answer = match &aa {
        KeyPair::Ec(_) => {
            chip_sim::sign(&aa, Scheme::EcdsaPlain(Digest::Sha256), &challenge, &mut seed)
        }
        KeyPair::Rsa(_) => Vec::new(),
    };
    let proofs = [Proof::ActiveAuthentication { challenge, answer: &answer }];
    let evidence = Evidence {
        sod: document.file(File::Sod).expect("a SOD"),
        data_groups: &files,
        com: None,
        card_access: None,
        card_security: None,
        opened_by: OpenedBy::Bac,
        proofs: &proofs,
    };
    let mut store = store.clone();
    for der in issuer.csca_certificates() {
        store.add(Certificate::from_der(&der).expect("a certificate"));
    }
    let policy = ChipPolicy::default();
    verify(&evidence, &store, &policy, now()).expect("it verifies");

    let whole = median(|| {
        black_box(verify(&evidence, &store, &policy, now()).is_ok());
    });
    let sod = Sod::from_file(evidence.sod).expect("a SOD");
    let signed = passive::signed_by(sod.signed(), &store).expect("it is signed");
    let csca = passive::chain(&signed, &store, now()).expect("it chains").csca;
    let signer = sod.signed().signers().first().expect("a signer");
    let dg15 = evidence.data_group(15).expect("DG15");
    let aa_key = active::public_key(dg15).expect("a key");
    let bare = median(|| {
        let content = (sod.signed().content_type(), sod.signed().content());
        black_box(signer.verify(content.0, content.1, &signed.document_signer).is_ok());
        black_box(signed.document_signer.verify_signed_by(&csca).is_ok());
        black_box(active::verify(&aa_key, None, challenge, &answer).is_ok());
    });
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
    let ecdsa = Scheme::Ecdsa(Digest::Sha256);
    verification("P-256", ec(Curve::Secp256r1), ecdsa, &store);
    verification("brainpoolP256r1", ec(Curve::BrainpoolP256r1), ecdsa, &store);
    verification("P-384", ec(Curve::Secp384r1), Scheme::Ecdsa(Digest::Sha384), &store);
    verification(
        "brainpoolP512r1",
        ec(Curve::BrainpoolP512r1),
        Scheme::Ecdsa(Digest::Sha512),
        &store,
    );
}
